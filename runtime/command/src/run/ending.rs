//! Ending a guest from outside: Ctrl-C, a time-out, and output whose reader is gone.
//!
//! A separate thread waits for these events, so that the guest can't block it. The guest is
//! interrupted: its call ends, and the store is dropped. If the engine counts no fuel, a guest that
//! computes without a pause can't be interrupted. It ends together with the process, after a moment
//! or after a second signal. No timeline is written then, and the error says so.

use std::future::pending;
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

/// The time that a guest has to end after it was interrupted: [`GRACE_PARTS`] waits of this time.
/// On a busy machine each wait takes longer, so that the guest also has longer.
const GRACE_PART: Duration = Duration::from_millis(10);

/// The number of waits.
const GRACE_PARTS: u32 = 50;

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
        match self.diagnostic() {
            Some(diagnostic) => Failure::new(self.code(), diagnostic),
            None => Failure::without_words(self.code()),
        }
    }

    fn diagnostic(self) -> Option<Diagnostic> {
        let (code, message) = match self {
            Self::Interrupted => ("interrupted", "the guest was interrupted".to_owned()),
            Self::Terminated => ("terminated", "the guest was terminated".to_owned()),
            Self::TimedOut(time) => {
                ("timeout", format!("the guest ran for longer than {time:?}, and was stopped"))
            }
            // Like `SIGPIPE`, which is the usual end in a pipeline.
            Self::NobodyReads => return None,
        };
        Some(Diagnostic::error(code, message))
    }
}

/// The data that the waiting thread and the guest's thread share.
#[derive(Debug, Default)]
struct Shared {
    guest: Option<InterruptHandle>,
    reason: Option<Reason>,
    /// `true` if the guest has ended, and its timeline is written.
    is_writing: bool,
}

/// The end of a guest on Ctrl-C or a time-out.
#[derive(Clone, Debug)]
pub(crate) struct Ending {
    shared: Arc<Mutex<Shared>>,
    reasons: UnboundedSender<Reason>,
    has_timeline: bool,
}

impl Ending {
    /// Starts to wait for Ctrl-C, and for a time-out. If the timeline is lost by that, the error
    /// says so.
    ///
    /// # Errors
    ///
    /// The system can't start the thread, or listen to signals.
    pub(crate) fn watch(timeout: Option<Duration>, has_timeline: bool) -> Result<Self, Failure> {
        let (reasons, received) = unbounded_channel();
        let ending = Self { shared: Arc::default(), reasons, has_timeline };
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

    /// Notes that the guest has ended, and that its timeline is written from now on. That may take
    /// longer than a guest has to end. Only a second signal cuts it.
    pub(crate) fn timeline_is_written(&self) {
        self.shared().is_writing = true;
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
        let lost = if self.interrupt(reason) {
            tokio::select! {
                _ = signals.next() => "a second signal came before the timeline was written",
                () = self.grace() => "no timeline is written, as the guest did not stop",
            }
        } else {
            "no timeline is written, as no guest was there"
        };
        if let Some(diagnostic) = reason.diagnostic() {
            let told = if self.has_timeline { diagnostic.help(lost) } else { diagnostic };
            Failure::new(reason.code(), told).print(Format::Human);
        }
        process::exit(reason.code().into());
    }

    /// Waits while the guest may still end. Does not return if its timeline is written after that.
    async fn grace(&self) {
        for _ in 0..GRACE_PARTS {
            sleep(GRACE_PART).await;
        }
        if self.shared().is_writing {
            pending::<()>().await;
        }
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
        None => pending().await,
    }
}
