//! The command line.

use clap::{Parser, Subcommand};

use crate::completions::CompletionsArguments;
use crate::exit_code::TABLE;
use crate::explore::ExploreArguments;
use crate::format::Format;
use crate::inspect::InspectArguments;
use crate::run::RunArguments;
use crate::serve::ServeArguments;
use crate::wast::WastArguments;

/// Run, serve and inspect WebAssembly components.
#[derive(Debug, Parser)]
#[command(name = "weft", version, after_help = TABLE, subcommand_required = true, arg_required_else_help = true)]
pub(crate) struct CommandLine {
    /// The command.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// The format of the output.
    #[arg(long, global = true, value_enum, default_value_t = Format::Human)]
    pub(crate) format: Format,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(Box<RunArguments>),
    Serve(Box<ServeArguments>),
    Inspect(InspectArguments),
    Wast(WastArguments),
    Explore(Box<ExploreArguments>),
    Completions(CompletionsArguments),
}
