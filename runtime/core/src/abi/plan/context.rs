//! The two guests of a transfer.

use crate::abi::{LiftContext, LiftHandles, LowerContext, NanBits, Options};
use crate::error::Failure;

use super::copy::copy_in_chunks;

/// Two guests: what values are lifted from, with [`LiftHandles`], and what they are lowered into,
/// with [`LowerContext`]. Both are given with [`Peer::Guest`](crate::abi::Peer::Guest).
///
/// The two memories may be one, and `realloc` may change both.
pub trait TransferContext: LowerContext + LiftHandles {
    /// The options of the definition that values are lifted by.
    fn source_options(&self) -> &Options;

    /// The memory that values are lifted from, as it is now.
    fn source_memory(&self) -> &[u8];

    /// Returns how many bytes of lists and strings may be moved in addition to the size of the
    /// source's memory.
    fn budget(&self) -> u64 {
        LiftContext::DEFAULT_BUDGET
    }

    /// Returns the bits that a NaN arrives with; nothing if it keeps its own. The spec leaves that open.
    fn nan_bits(&self) -> Option<NanBits> {
        None
    }

    /// Copies bytes from the source's memory to the destination's. Both lie in their memories. If
    /// these are one, the places may overlap, and what arrives is what was there before.
    ///
    /// Whoever can have both memories at a time does better than this, which copies everything
    /// twice.
    ///
    /// # Errors
    ///
    /// [`AbiError::UncheckedAddress`](crate::error::AbiError::UncheckedAddress) if they don't lie
    /// in their memories after all.
    fn copy(&mut self, from: u64, to: u64, length: u64) -> Result<(), Failure> {
        copy_in_chunks(self, from, to, length)
    }

    /// All values are lifted, and none is lowered yet: what the spec does in between, such as
    /// [`Task.return_`](crate::machine::Machine::return_), belongs here.
    ///
    /// # Errors
    ///
    /// Whatever keeps the values from being lowered.
    fn lifted(&mut self) -> Result<(), Failure> {
        Ok(())
    }
}

/// The most core values that parameters or results are passed as, on each side; more are in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlatLimits {
    /// Of the side that they are lifted from.
    pub source: usize,
    /// Of the side that they are lowered into.
    pub destination: usize,
}

/// Returns the source's memory, to be looked at.
pub(super) fn source<C: TransferContext + ?Sized>(cx: &C) -> LiftContext<'_, ()> {
    LiftContext::with_handles(cx.source_memory(), *cx.source_options(), ())
}
