//! Ctrl-C: the server stops after all requests under way are answered. A second Ctrl-C ends the
//! process.

use std::process;

use tokio::sync::watch;

use crate::exit_code::{INTERRUPTED, TERMINATED};
use crate::failure::Failure;
use crate::guest::{EndSignal, Signals, on_signals};
use crate::output;

/// The stages of the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Files are read, and components loaded.
    Starting,
    /// Requests are answered.
    Serving,
    /// New requests are refused.
    Stopping,
}

/// Stops a server on Ctrl-C.
#[derive(Debug)]
pub(super) struct Stopping(watch::Sender<Stage>);

impl Stopping {
    /// Begins to wait for Ctrl-C.
    ///
    /// # Errors
    ///
    /// The system can't start the thread, or listen to signals.
    pub(super) fn watch() -> Result<Self, Failure> {
        let stage = watch::Sender::new(Stage::Starting);
        let watched = stage.clone();
        on_signals(move |signals| wait(signals, watched))?;
        Ok(Self(stage))
    }

    /// Waits until the server has to stop, and prints the number of requests left.
    pub(super) async fn wait(&self, requests: impl Fn() -> usize) {
        self.0.send_replace(Stage::Serving);
        let mut stages = self.0.subscribe();
        // The sender is in `self`, so that there is no error.
        let _ = stages.wait_for(|stage| *stage == Stage::Stopping).await;
        let left = match requests() {
            0 => return output::complain("stopping"),
            1 => "one request is".to_owned(),
            number => format!("{number} requests are"),
        };
        output::complain(&format!(
            "stopping after {left} answered; press Ctrl-C again to stop at once"
        ));
    }
}

async fn wait(mut signals: Signals, stage: watch::Sender<Stage>) {
    let first = signals.next().await;
    if stage.send_replace(Stage::Stopping) == Stage::Starting {
        process::exit(code(first));
    }
    let second = signals.next().await;
    process::exit(code(second));
}

fn code(signal: EndSignal) -> i32 {
    match signal {
        EndSignal::Interrupt => INTERRUPTED.into(),
        EndSignal::Terminate => TERMINATED.into(),
    }
}
