//! The name of a held stack, which the thread at its top has.

use core::num::NonZeroU32;

/// The number of the entry at the bottom of a held stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct HeldStack(pub(super) NonZeroU32);
