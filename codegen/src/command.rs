//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

use crate::bind::Bind;

/// Generates Rust bindings from WIT; in Weft's own workspace, its tables and reference as well.
///
/// Without a command: writes every generated file of the project that is not up to date, which are
/// the bindings that its `codegen.toml` lists.
#[derive(Debug, Parser)]
#[command(name = "codegen", version)]
pub struct CommandLine {
    /// What to do; without it, write the generated files.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to print: for people, or as one JSON value for tools.
    #[arg(long, global = true, value_enum, default_value_t = Format::Human)]
    pub format: Format,
    /// The root of the project; the nearest folder upward with a `codegen.toml` if not given.
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
    /// Say which generated files are stale or edited by hand, missing or orphaned, with diffs.
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
    /// Generate Rust bindings for a world from WIT into one file.
    Bind(Box<Bind>),
}
