//! Ending a guest from outside: Ctrl-C, a time-out, and output whose reader is gone.
//!
//! A separate thread waits for these events, so that the guest can't block it. The guest is
//! interrupted: its call ends, and the store is dropped. If the engine counts no fuel, a guest that
//! computes without a pause can't be interrupted. It ends together with the process, after a moment
//! or after a second Ctrl-C.

use std::process;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::sleep;
use weft::component::InterruptHandle;
use weft_spec::Diagnostic;

use crate::exit_code::{INTERRUPTED, NOBODY_READS, TERMINATED, TIME_OUT};
use crate::failure::Failure;
use crate::format::Format;
use crate::guest::{EndSignal, Signals, on_signals};

/// The time that a guest has to end after it was interrupted.
const GRACE: Duration = Duration::from_millis(500);

/// A reason from outside to end a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Ctrl-C.
    Interrupted,
    /// The signal that `kill` sends.
    Terminated,
    /// The time-out.
    TimedOut(Duration),
    /// The reader of its output is gone.
    NobodyReads,
}

impl Reason {
    /// Returns the exit code.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Interrupted => INTERRUPTED,
            Self::Terminated => TERMINATED,
            Self::TimedOut(_) => TIME_OUT,
            Self::NobodyReads => NOBODY_READS,
        }
    }

    /// Returns the failure for this reason.
    pub(crate) fn failure(self) -> Failure {
        let (code, message) = match self {
            Self::Interrupted => ("interrupted", "the guest was interrupted".to_owned()),
            Self::Terminated => ("terminated", "the guest was terminated".to_owned()),
            Self::TimedOut(time) => {
                ("timeout", format!("the guest ran for longer than {time:?}, and was stopped"))
            }
            // Like `SIGPIPE`, which is the usual end in a pipeline.
            Self::NobodyReads => return Failure::without_words(self.code()),
        };
        Failure::new(self.code(), Diagnostic::error(code, message))
    }
}

/// The data that the waiting thread and the guest's thread share.
#[derive(Debug, Default)]
struct Shared {
    guest: Option<InterruptHandle>,
    reason: Option<Reason>,
}

/// The end of a guest on Ctrl-C or a time-out.
#[derive(Clone, Debug)]
pub(crate) struct Ending {
    shared: Arc<Mutex<Shared>>,
    reasons: UnboundedSender<Reason>,
}

impl Ending {
    /// Starts to wait for Ctrl-C, and for a time-out.
    ///
    /// # Errors
    ///
    /// The system can't start the thread, or listen to signals.
    pub(crate) fn watch(timeout: Option<Duration>) -> Result<Self, Failure> {
        let (reasons, received) = unbounded_channel();
        let ending = Self { shared: Arc::default(), reasons };
        let watching = ending.clone();
        on_signals(move |signals| watching.wait(signals, timeout, received))?;
        Ok(ending)
    }

    /// Sets the guest to end.
    pub(crate) fn of_guest(&self, guest: InterruptHandle) {
        let mut shared = self.shared();
        if shared.reason.is_some() {
            guest.interrupt();
        }
        shared.guest = Some(guest);
    }

    /// Returns the reason why the guest was ended, if it was.
    pub(crate) fn reason(&self) -> Option<Reason> {
        self.shared().reason
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Stops the guest.
    pub(crate) fn end(&self, reason: Reason) {
        self.interrupt(reason);
        // This fails only if the process is ending already.
        let _ = self.reasons.send(reason);
    }

    async fn wait(
        self,
        mut signals: Signals,
        timeout: Option<Duration>,
        mut reasons: UnboundedReceiver<Reason>,
    ) {
        let reason = tokio::select! {
            signal = signals.next() => signal.into(),
            time = time_over(timeout) => Reason::TimedOut(time),
            Some(reason) = reasons.recv() => reason,
        };
        if self.interrupt(reason) {
            tokio::select! {
                _ = signals.next() => {}
                () = sleep(GRACE) => {}
            }
        }
        reason.failure().print(Format::Human);
        process::exit(reason.code().into());
    }

    /// Interrupts the guest. Returns `false` if there is no guest yet.
    fn interrupt(&self, reason: Reason) -> bool {
        let mut shared = self.shared();
        shared.reason.get_or_insert(reason);
        match &shared.guest {
            Some(guest) => {
                guest.interrupt();
                true
            }
            None => false,
        }
    }
}

impl From<EndSignal> for Reason {
    fn from(signal: EndSignal) -> Self {
        match signal {
            EndSignal::Interrupt => Self::Interrupted,
            EndSignal::Terminate => Self::Terminated,
        }
    }
}

/// Waits for a time; forever if there is none.
async fn time_over(time: Option<Duration>) -> Duration {
    match time {
        Some(time) => {
            sleep(time).await;
            time
        }
        None => std::future::pending().await,
    }
}
