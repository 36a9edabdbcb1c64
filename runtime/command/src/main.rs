//! The command `weft`: runs, serves and inspects WebAssembly components. See `weft --help`.
//!
//! | file | contents |
//! |---|---|
//! | `command_line` | the command line |
//! | `exit_code` | the exit codes, and the table of them in the help |
//! | `failure` | why a command has not done its work, as people and tools read it |
//! | `format` | how output is printed |
//! | `output` | writing to standard output and standard error |
//! | `progress` | a sign of life where something takes long |
//! | `input` | files with components, as binary or as text |
//! | `guest` | guests, as `weft run` and `weft serve` have them |
//! | `run` | `weft run` |
//! | `serve` | `weft serve` |
//! | `inspect` | `weft inspect` |
//! | `wast` | `weft wast` |
//! | `completions` | `weft completions` |

#![forbid(unsafe_code)]

mod command_line;
mod completions;
mod exit_code;
mod failure;
mod format;
mod guest;
mod input;
mod inspect;
mod output;
mod progress;
mod run;
mod serve;
mod wast;

use std::process::ExitCode;

use clap::{CommandFactory as _, Parser as _};

use crate::command_line::{Command, CommandLine};

fn main() -> ExitCode {
    let command_line = CommandLine::parse();
    let format = command_line.format;
    let done = match &command_line.command {
        Command::Run(arguments) => run::run(arguments, format),
        Command::Serve(arguments) => serve::serve(arguments, format),
        Command::Inspect(arguments) => inspect::inspect(arguments, format),
        Command::Wast(arguments) => wast::wast(arguments, format),
        Command::Completions(arguments) => {
            completions::completions(arguments, &mut CommandLine::command())
        }
    };
    let code = done.unwrap_or_else(|failure| failure.print(format));
    ExitCode::from(code)
}
