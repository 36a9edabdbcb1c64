//! Stacks of calls that are held while a host function waits: their entries.

use crate::machine::arena::Key;

use super::frame::Frame;
use super::held_stack::HeldStack;
use super::task::{Continuation, Thread};

/// An entry of a held stack. The first one is its bottom.
#[derive(Debug)]
pub(crate) struct HeldFrame {
    pub(crate) entry: HeldEntry,
    /// The entry above it.
    pub(crate) above: Option<Key<HeldFrame>>,
}

/// The content of an entry of a held stack.
#[derive(Clone, Copy, Debug)]
pub(crate) enum HeldEntry {
    /// The bottom of the stack.
    Bottom(Bottom),
    /// A frame, as it was on the stack of nested calls.
    Frame(Frame),
    /// The continuation of the thread at the top, which waits to enter its instance.
    Enter(Continuation),
}

/// The bottom of a held stack.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bottom {
    /// The thread at the top of the held stack whose host function has begun this one.
    pub(crate) inside_of: Option<Key<Thread>>,
    /// The number of held stacks that its own host function has begun.
    pub(crate) held_inside: u32,
    /// The number of calls that its own host function has begun, that wait to enter, and whose
    /// callers aren't held.
    pub(crate) entering_inside: u32,
}

impl Bottom {
    /// Returns the counter of the stacks inside that have held frames, or of those that have
    /// none.
    pub(crate) const fn count(&mut self, has_frames: bool) -> &mut u32 {
        if has_frames { &mut self.held_inside } else { &mut self.entering_inside }
    }
}

impl From<Key<HeldFrame>> for HeldStack {
    fn from(bottom: Key<HeldFrame>) -> Self {
        Self(bottom.number())
    }
}

impl From<HeldStack> for Key<HeldFrame> {
    fn from(stack: HeldStack) -> Self {
        Self::from_number(stack.0)
    }
}
