//! How the host names what is in a machine.
//!
//! An id carries the generation of its slot, so that one of something gone is an
//! [`Error::Unknown`], and never somebody else's task.

use core::num::NonZeroU32;

use crate::error::Error;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name {
            pub(crate) number: NonZeroU32,
            pub(crate) generation: u32,
        }
    )*};
}

ids! {
    /// A component instance.
    InstanceId;
    /// A task: a call of a guest's export.
    TaskId;
    /// A thread.
    ThreadId;
    /// A subtask: a call as its caller sees it.
    SubtaskId;
    /// An end of a stream or future.
    EndId;
    /// An error context.
    ErrorContextId;
    /// A waitable set.
    WaitableSetId;
}

/// A function that can be called: one that a guest exports, lifted, or one of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionId(pub(crate) NonZeroU32);

impl FunctionId {
    pub(crate) fn from_position(position: usize) -> Result<Self, Error> {
        u32::try_from(position)
            .ok()
            .and_then(|position| position.checked_add(1))
            .and_then(NonZeroU32::new)
            .map(Self)
            .ok_or(Error::Full(crate::limits::Table::Functions))
    }

    pub(crate) const fn position(self) -> usize {
        (self.0.get() - 1) as usize
    }
}

/// Something that can be waited for: a call, or a read or write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WaitableId {
    /// A subtask.
    Subtask(SubtaskId),
    /// An end of a stream or future.
    End(EndId),
}
