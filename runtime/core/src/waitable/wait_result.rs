//! What waiting on a set gives.

use crate::machine::{ErrorContextId, HostEvent, SubtaskId};

/// What waiting on a set gives: a **host extension**.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "what is taken out of a set does not come again"]
pub enum WaitResult {
    /// A member has an event, which is taken now.
    Ready(HostEvent),
    /// No member has an event yet: who doesn't wait gets this.
    Pending,
    /// The time has passed that somebody was to wait, and no member has an event.
    Timeout,
    /// The set was closed.
    Cancelled,
    /// A member that is a task has failed, which is its event.
    Error(FailedTask),
}

/// A host task or call that has failed: a **host extension**.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FailedTask {
    /// Which.
    pub task: SubtaskId,
    /// Why, if that was said. The task holds the error.
    pub error: Option<ErrorContextId>,
}

impl WaitResult {
    /// Whether waiting has come to an end: a member has an event, or none ever will, as the set was
    /// closed.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::Timeout)
    }
}
