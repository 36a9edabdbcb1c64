//! Frames of the stack of nested calls, and the step that was returned and has not ended.

use crate::id::{EndId, TaskId};

use crate::machine::arena::Key;

use super::definition::DefinedFunction;
use super::instance::Instance;
use super::task::Thread;
use super::waitable::{FlatResult, Waitable};
use super::words::words;

/// An action that resumed a thread, and that goes on when the thread stops.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Frame {
    /// The host: `Store.invoke`, or `Store.tick` if `is_tick`. If it is in a host function whose
    /// callers are held, `holder` is the thread at the top of their stack.
    Host { holder: Option<Key<Thread>>, is_tick: bool },
    /// A read or write of `end` by the host, which moves values.
    HostCopy { end: EndId },
    /// `canon_lower` on `thread`, after the callee.
    Lower { thread: Key<Thread>, subtask: Key<Waitable>, is_async: bool },
    /// `canon_lift` of a function that isn't `async`, in its loop.
    Lift { task: TaskId, instance: Key<Instance> },
    /// `canon_subtask_cancel` on `thread`, after `on_cancel`.
    CancelSubtask { thread: Key<Thread>, subtask: Key<Waitable>, is_async: bool },
    /// `Task.request_cancellation`, in its loop. `has_resumed` is `true` after a thread has run.
    RequestCancellation { task: TaskId, instance: Key<Instance>, has_resumed: bool },
    /// `LiftLowerContext.reallocate`: `realloc` runs on the current thread, during a step of
    /// `previous`.
    Realloc { previous: Option<Key<Thread>>, outstanding: Outstanding },
    /// A frame of a call whose records were put off. The frames above it are of such calls, too.
    Deferred(Deferred),
}

/// A frame of a call whose records were put off.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deferred {
    /// [`Frame::Lower`] of a call of `function`. The caller is the thread that runs below. If the
    /// callee is a guest, it has its own frame above.
    Lower { function: Key<DefinedFunction>, is_async: bool },
    /// [`Frame::Lift`]. A function with an `async` type that is lifted with a callback also has
    /// this frame, until its records are made: it holds the instance's exclusive lock.
    Lift { function: Key<DefinedFunction>, instance: Key<Instance>, is_async: bool },
    /// [`Deferred::Lift`] of a call that has resolved with this result, and whose callee has not
    /// returned. It runs `post-return`, or has called `task.return`.
    Resolved { function: Key<DefinedFunction>, instance: Key<Instance>, result: FlatResult },
    /// [`Frame::Realloc`], during a step of the thread that runs below.
    Realloc { instance: Key<Instance>, outstanding: Outstanding },
}

impl Deferred {
    /// Returns the instance that runs in the frame, or `None` if the caller's frame is below.
    pub(crate) const fn instance(self) -> Option<Key<Instance>> {
        match self {
            Self::Lower { .. } => None,
            Self::Lift { instance, .. }
            | Self::Resolved { instance, .. }
            | Self::Realloc { instance, .. } => Some(instance),
        }
    }

    /// Returns the lifted function that runs in the frame, if there is one.
    pub(crate) const fn function(self) -> Option<Key<DefinedFunction>> {
        match self {
            Self::Lift { function, .. } | Self::Resolved { function, .. } => Some(function),
            Self::Lower { .. } | Self::Realloc { .. } => None,
        }
    }
}

/// The next thing that the machine has to be told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Outstanding {
    /// The action of a guest, if one runs, or of the host.
    #[default]
    Nothing,
    /// The end of the step whose token has this number, as `words`.
    Token([u32; 2]),
    /// The end of [`Step::LoadDebugMessage`](crate::machine::Step::LoadDebugMessage).
    LoadDebugMessage,
    /// The end of [`Step::StoreDebugMessage`](crate::machine::Step::StoreDebugMessage).
    StoreDebugMessage,
    /// The end of [`Step::DropHostResource`](crate::machine::Step::DropHostResource).
    DropHostResource,
}

impl Outstanding {
    /// Returns the end of the step whose token has this number.
    pub(crate) const fn token(number: u64) -> Self {
        Self::Token(words(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_takes_20_bytes() {
        assert_eq!(size_of::<Frame>(), 20);
    }
}
