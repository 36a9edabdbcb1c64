//! The signals by which a user ends a program.

#[cfg(not(unix))]
mod elsewhere;
#[cfg(unix)]
mod unix;

use std::io;
use std::thread;

use tokio::runtime::{Builder, Runtime};
use weft_spec::Diagnostic;

use crate::exit_code::WEFT_FAILED;
use crate::failure::Failure;

#[cfg(not(unix))]
pub(crate) use elsewhere::Signals;
#[cfg(unix)]
pub(crate) use unix::Signals;

/// A signal by which a user ends a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EndSignal {
    /// Ctrl-C.
    Interrupt,
    /// The signal that `kill` sends.
    Terminate,
}

/// Waits for signals on a separate thread, so that guests can't block it.
///
/// # Errors
///
/// The system can't start the thread, or listen to signals.
pub(crate) fn on_signals<F: Future<Output = ()>>(
    wait: impl FnOnce(Signals) -> F + Send + 'static,
) -> Result<(), Failure> {
    let spawned = runtime_with_signals().and_then(|(runtime, signals)| {
        let run = move || runtime.block_on(wait(signals));
        thread::Builder::new().name("weft-signals".to_owned()).spawn(run)
    });
    spawned.map(drop).map_err(|error| {
        let message = format!("cannot listen for Ctrl-C: {error}");
        Failure::new(WEFT_FAILED, Diagnostic::error("system", message))
    })
}

fn runtime_with_signals() -> io::Result<(Runtime, Signals)> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let signals = {
        let _guard = runtime.enter();
        Signals::listen()?
    };
    Ok((runtime, signals))
}
