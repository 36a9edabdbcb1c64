//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Generates Weft's tables and reference from spec/, and Rust bindings from WIT.
///
/// Without a command: writes every generated file of the workspace that is not up to date.
#[derive(Debug, Parser)]
#[command(name = "codegen", version)]
pub struct CommandLine {
    /// What to do; without it, write the generated files.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to print: for people, or as one JSON value for tools.
    #[arg(long, global = true, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// The root of the workspace.
    #[arg(long, global = true, value_name = "FOLDER")]
    pub root: Option<PathBuf>,
}

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Human,
    /// One JSON value on standard output.
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say which generated files are stale, missing or orphaned, with diffs.
    Check,
    /// List the built-ins.
    List,
    /// Explain a built-in, `lift` or `lower`, a trap, guard, gate, option, constant, code, packing or type.
    Explain {
        /// Its name, such as `waitable-set.wait`, or an opcode, such as `0x20`.
        name: String,
    },
    /// Compare spec/ with the spec's text, its reference code, its tests and the validator.
    DiffSpec {
        /// A checkout of the Component Model repository; the pinned revision if not given.
        path: Option<PathBuf>,
    },
    /// Generate Rust bindings for a world from WIT.
    Bind(Bind),
}

/// The arguments of `bind`.
#[derive(Debug, Args)]
pub struct Bind {
    /// A WIT file, or a folder of a package with its `deps`.
    #[arg(long, value_name = "PATH")]
    pub wit: PathBuf,
    /// The world; may be left out where there is only one.
    #[arg(long, value_name = "NAME")]
    pub world: Option<String>,
    /// Where to write the Rust file; `-` for standard output.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// An unstable feature of the WIT (`@unstable(feature = …)`) to include; may be repeated.
    #[arg(long = "feature", value_name = "NAME")]
    pub features: Vec<String>,
    /// Include every unstable feature of the WIT.
    #[arg(long)]
    pub all_features: bool,
}
