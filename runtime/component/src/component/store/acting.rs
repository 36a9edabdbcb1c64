//! The call of a host function that code of the host's runs for.

use crate::machine::{SubtaskId, TaskId};

/// What code of the host's runs for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Acting {
    /// The call of a host function.
    pub(crate) call: Option<SubtaskId>,
    /// The task of the guest that made the call, where that doesn't run.
    pub(crate) task: Option<TaskId>,
}
