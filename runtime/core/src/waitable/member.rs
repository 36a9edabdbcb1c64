//! The members of a set of the host.

use crate::machine::{EndId, SubtaskId, WaitableId, WaitableSetId};

/// A thing that the host can wait for. This is a **host extension**, because a set can be one;
/// the others are the spec's waitables.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Waitable {
    /// A call that the host made, or a [host task](crate::task).
    Task(SubtaskId),
    /// An end of a stream or future that the host holds.
    End(EndId),
    /// Another set of the host, which is ready when one of its members is.
    Set(WaitableSetId),
}

impl From<SubtaskId> for Waitable {
    fn from(task: SubtaskId) -> Self {
        Self::Task(task)
    }
}

impl From<EndId> for Waitable {
    fn from(end: EndId) -> Self {
        Self::End(end)
    }
}

impl From<WaitableSetId> for Waitable {
    fn from(set: WaitableSetId) -> Self {
        Self::Set(set)
    }
}

impl From<WaitableId> for Waitable {
    fn from(waitable: WaitableId) -> Self {
        match waitable {
            WaitableId::Subtask(task) => Self::Task(task),
            WaitableId::End(end) => Self::End(end),
        }
    }
}
