//! The call of a host function for which code of the host runs.

use crate::machine::{SubtaskId, TaskId};

/// The call for which code of the host runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Acting {
    /// The call of a host function.
    pub(crate) call: Option<SubtaskId>,
    /// The task of the guest that made the call, if that task doesn't run.
    pub(crate) task: Option<TaskId>,
}
