//! The command `weft`: runs, serves and inspects WebAssembly components. See `weft --help`.
//!
//! | file | contents |
//! |---|---|
//! | `command_line` | the command line |
//! | `exit_code` | the exit codes, and the table of them in the help |
//! | `failure` | failures of commands, for people and for tools |
//! | `format` | the formats of output |
//! | `output` | writing to standard output and standard error |
//! | `progress` | progress of long work |
//! | `input` | files that are read: components in both formats, and other texts |
//! | `guest` | guests of `weft run` and `weft serve` |
//! | `timeline` | files with timelines of guests |
//! | `run` | `weft run` |
//! | `serve` | `weft serve` |
//! | `inspect` | `weft inspect` |
//! | `wast` | `weft wast` |
//! | `explore` | `weft explore` |
//! | `completions` | `weft completions` |

#![forbid(unsafe_code)]

mod command_line;
mod completions;
mod exit_code;
mod explore;
mod failure;
mod format;
mod guest;
mod input;
mod inspect;
mod output;
mod progress;
mod run;
mod serve;
mod timeline;
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
        Command::Explore(arguments) => explore::explore(arguments, format),
        Command::Completions(arguments) => {
            completions::completions(arguments, &mut CommandLine::command())
        }
    };
    let code = done.unwrap_or_else(|failure| failure.print(format));
    ExitCode::from(code)
}
