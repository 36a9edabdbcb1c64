//! The place where blocking work is done.

use crate::runtime::blocking;

/// The place where blocking work is done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Place {
    /// A thread of its own.
    #[default]
    Thread,
    /// The thread that drives the store.
    Here,
}

impl Place {
    /// Does some work. If the future is dropped, work on another thread goes on to its end.
    pub(super) async fn run<R: Send + 'static>(
        self,
        work: impl FnOnce() -> R + Send + 'static,
    ) -> R {
        match self {
            Self::Thread => blocking(work).await,
            Self::Here => work(),
        }
    }
}
