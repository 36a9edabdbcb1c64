//! `weft run`.
//!
//! | file | contents |
//! |---|---|
//! | `standard_output` | standard output, which ends the guest if its reader is gone |
//! | `entry` | the entry to a component: a program, or a call |
//! | `functions` | the exported functions of a component, and finding one by its name |
//! | `invocation` | calls as text, and making them |
//! | `program` | running a program |
//! | `running` | a component in a store, and the ways to end it |
//! | `ending` | ending a guest from outside: Ctrl-C and time-outs |
//! | `stopped` | the reasons why a call has no result, for people |

mod ending;
mod entry;
pub(crate) mod functions;
pub(crate) mod invocation;
mod program;
mod running;
mod standard_output;
mod stopped;

use std::io::{IsTerminal as _, stderr, stdin, stdout};
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use weft_wasi::WasiCtx;

use crate::failure::Failure;
use crate::format::Format;
use crate::guest::{self, LimitArguments, SystemArguments};
use crate::input::Input;
use crate::timeline::TimelineArguments;

use self::ending::Ending;
use self::entry::Entry;
use self::running::Running;
use self::standard_output::StandardOutput;

/// Run a component: a program (`wasi:cli/run` of WASI 0.2 or 0.3), or one of its functions.
///
/// A program has only the permissions that the options grant: by default no files, no environment
/// and no network. It ends if it writes to a pipe whose reader is gone, as other programs do.
///
/// With `--invoke`, arguments and results are written in WAVE, the WebAssembly Value Encoding: `1`,
/// `"text"`, `'c'`, `[1, 2]`, `(1, true)`, `{name: "a", age: 3}`, `some(1)`, `none`, `ok(2)`,
/// `err("no")`. Options at the end of the arguments, and those in records, may be left out. A result
/// that is an `err` ends with exit code 1. Handles, streams, futures and error contexts can't be
/// written: a function that needs one, or whose result may have one, is not called.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  weft run app.wasm
  weft run --dir . --dir /var/log::/logs:ro --env LANG=C app.wasm copy --verbose /logs/a a
  weft run app.wasm --invoke 'add(1, 2)'
  weft run app.wasm --timeline app.html
  weft run app.wasm --invoke 'shop#buy(\"bread\", {count: 2})' --timeout 5s
  weft run app.wasm --invoke 'example:words/count@1.0.0#count(\"a b\")' --max-memory 64MiB")]
pub(crate) struct RunArguments {
    /// The file: a component in the binary or in the text format.
    file: PathBuf,
    /// The arguments of the program. If the first one begins with `-`, write `--` before it.
    #[arg(trailing_var_arg = true)]
    arguments: Vec<String>,
    /// Call this exported function, and print its result. For a function in an interface, write
    /// `interface#function` or `interface.function`.
    #[arg(long, value_name = "CALL")]
    invoke: Option<String>,
    #[command(flatten)]
    system: SystemArguments,
    #[command(flatten)]
    limits: LimitArguments,
    /// Stop the guest after a time, such as `500ms`, `5s`, `2m` or `1h`.
    #[arg(long, value_name = "TIME", value_parser = guest::time, help_heading = "Limits")]
    timeout: Option<Duration>,
    #[command(flatten)]
    timeline: TimelineArguments,
}

/// Runs a component.
pub(crate) fn run(run: &RunArguments, format: Format) -> Result<u8, Failure> {
    let RunArguments { file, arguments, invoke, system, limits, timeout, timeline } = run;
    let ending = Ending::watch(*timeout, timeline.is_wanted())?;
    let input = Input::read(file)?;
    let engine = limits.engine();
    let component = guest::load(&engine, &input)?;
    let entry = Entry::of(&component, &input.path, invoke.as_deref())?;
    let linker = guest::link(&component, &input.path)?;
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
    // The only guest waits for its files anyway.
    let builder = WasiCtx::builder().allow_blocking_current_thread(true);
    let wasi = system
        .give(builder.inherit_stdin().inherit_stderr())?
        .stdout(StandardOutput::new(&ending))
        .terminals(stdin().is_terminal(), stdout().is_terminal(), stderr().is_terminal())
        .arg(name)
        .args(arguments)
        .build();
    let title = match invoke {
        Some(call) => format!("{}: {call}", input.path),
        None => input.path.clone(),
    };
    let timeline = timeline.file()?;
    let running = Running { engine, component, linker, wasi, limits, ending, timeline, title };
    running.run(&entry, format)
}
