//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::bind::Bind;

/// Generates Rust bindings from WIT; in Weft's own workspace, also its tables and reference.
///
/// Without a command: writes every generated file of the project that is not up to date. A
/// project's generated files are the bindings that its `codegen.toml` lists.
#[derive(Debug, Parser)]
#[command(name = "codegen", version)]
pub struct CommandLine {
    /// The command; without one, the generated files are written.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// The output format: text for people, or one JSON value for tools.
    #[arg(long, global = true, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// The root of the project; by default the nearest folder upward with a `codegen.toml`.
    #[arg(long, global = true, value_name = "FOLDER")]
    pub root: Option<PathBuf>,
}

/// The output formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    Human,
    /// One JSON value on standard output.
    Json,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List generated files that are stale, edited by hand, missing or orphaned, with diffs.
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
        /// A checkout of the Component Model repository; by default the pinned revision.
        path: Option<PathBuf>,
    },
    /// Generate Rust bindings for a world from WIT into one file.
    Bind(Box<Bind>),
}
