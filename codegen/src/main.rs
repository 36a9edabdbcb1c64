//! `cargo run -p codegen`: see `codegen --help`.

use std::process::ExitCode;

use clap::Parser as _;
use codegen::command::CommandLine;

fn main() -> ExitCode {
    codegen::run(&CommandLine::parse())
}
