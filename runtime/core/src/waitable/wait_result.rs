//! The result of waiting on a set.

use crate::machine::{ErrorContextId, HostEvent, SubtaskId};

/// The result of waiting on a set. This is a **host extension**.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "an event that was taken from a set does not come again"]
pub enum WaitResult {
    /// A member had this event, which is taken.
    Ready(HostEvent),
    /// No member has an event. Methods that don't wait return this.
    Pending,
    /// The time to wait has passed, and no member has an event.
    Timeout,
    /// The set was closed.
    Cancelled,
    /// A member that is a task has failed, which is its event.
    Error(FailedTask),
}

/// A host task or call that has failed: a **host extension**.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FailedTask {
    /// The task or call.
    pub task: SubtaskId,
    /// The error that says why, if there is one. The task holds it.
    pub error: Option<ErrorContextId>,
}

impl WaitResult {
    /// Returns `true` if waiting has ended: a member had an event, or the set was closed.
    #[must_use]
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::Timeout)
    }
}
