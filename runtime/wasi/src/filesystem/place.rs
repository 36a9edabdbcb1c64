//! The place where blocking work runs.

use crate::runtime::blocking;

/// The place where blocking work runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Place {
    /// A separate thread.
    #[default]
    Thread,
    /// The thread that drives the store.
    Here,
}

impl Place {
    /// Runs some work. If the future is dropped, work on another thread continues to its end.
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
