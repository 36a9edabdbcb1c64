//! Stacks of calls that are held while a host function waits, as they are kept.

use crate::machine::arena::Key;

use super::frame::Frame;
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
    Bottom {
        /// The thread at the top of the held stack whose host function has begun this one.
        inside_of: Option<Key<Thread>>,
        /// How many held stacks its own host function has begun.
        held_inside: u32,
    },
    /// A frame, as it was on the stack of nested calls.
    Frame(Frame),
    /// The thread at the top waits to enter its instance; then it goes on so.
    Enter(Continuation),
}
