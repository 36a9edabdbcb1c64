//! `weft run`.
//!
//! | file | contents |
//! |---|---|
//! | `limits` | the options that limit guests |
//! | `loading` | from a file to a component that the engine has compiled |
//! | `imports` | the imports that `weft` can't give |
//! | `functions` | the functions that a component exports, and finding one by its name |
//! | `invocation` | the text of a call, and calling |
//! | `ending` | the end of a guest from outside: Ctrl-C and time-outs |
//! | `signals` | signals of the system |
//! | `stopped` | why a call has no result, as people read it |

mod ending;
mod functions;
mod imports;
mod invocation;
mod limits;
mod loading;
mod signals;
mod stopped;

use std::path::PathBuf;

use clap::Args;
use tokio::runtime::Builder;
use weft::component::{Linker, Store};
use weft_spec::Diagnostic;

use crate::exit_code::WEFT_FAILED;
use crate::failure::Failure;
use crate::format::Format;
use crate::input::Input;

use self::ending::Ending;
use self::invocation::Invocation;
use self::limits::LimitArguments;

/// Run a component: call one of the functions that it exports.
///
/// Arguments and results are written in WAVE, the WebAssembly Value Encoding: `1`, `"text"`, `'c'`,
/// `[1, 2]`, `(1, true)`, `{name: "a", age: 3}`, `some(1)`, `none`, `ok(2)`, `err("no")`. A result that
/// is an `err` ends with exit code 1.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  weft run app.wasm --invoke 'add(1, 2)'
  weft run app.wasm --invoke 'shop#buy(\"bread\", {count: 2})' --timeout 5s
  weft run app.wasm --invoke 'example:words/count@1.0.0#count(\"a b\")' --max-memory 64MiB")]
pub(crate) struct RunArguments {
    /// The file: a component in the binary or in the text format.
    file: PathBuf,
    /// Call this exported function, and print its result. One of an interface is named with it, as
    /// `interface#function` or `interface.function`.
    #[arg(long, value_name = "CALL", required = true)]
    invoke: String,
    #[command(flatten)]
    limits: LimitArguments,
}

/// Runs a component.
pub(crate) fn run(arguments: &RunArguments, format: Format) -> Result<u8, Failure> {
    let ending = Ending::watch(arguments.limits.timeout)?;
    let input = Input::read(&arguments.file)?;
    let invocation = Invocation::of(&arguments.invoke)?;
    let engine = arguments.limits.engine();
    let component = loading::load(&engine, &input)?;
    let function = invocation.find(&component, &input.path)?;
    let values = invocation.arguments(&function)?;
    let linker = Linker::new();
    imports::check(&linker, &component, &input.path)?;
    let mut store = Store::new(&engine, ());
    arguments.limits.limit(&mut store);
    ending.of_guest(store.interrupt_handle());
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| {
        let message = format!("the timers and sockets of the system can't be used: {error}");
        Failure::new(WEFT_FAILED, Diagnostic::error("system", message))
    })?;
    runtime.block_on(async {
        let instance = store.instantiate_async(&component, &linker).await;
        let instance = instance.map_err(|error| {
            stopped::not_instantiated(&error, &store, &ending, &arguments.limits)
        })?;
        function.call(&mut store, &instance, &values, format).await.unwrap_or_else(|error| {
            Err(stopped::stopped(&error, &store, &ending, &arguments.limits))
        })
    })
}
