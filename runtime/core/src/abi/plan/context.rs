//! The two guests of a transfer.

use crate::abi::{LiftContext, LiftHandles, LowerContext, NanBits, Options};
use crate::error::Failure;

use super::copy::copy_in_chunks;
use super::handles::LiftedHandle;
use crate::abi::memory::range;

/// Two guests: one that values are lifted from, with [`LiftHandles`], and one that they are
/// lowered into, with [`LowerContext`]. The options of both have
/// [`Peer::Guest`](crate::abi::Peer::Guest).
pub trait TransferContext: LowerContext + LiftHandles {
    /// Returns the options of the definition that values are lifted by.
    fn source_options(&self) -> &Options;

    /// Returns the memory that values are lifted from, as it is now.
    fn source_memory(&self) -> &[u8];

    /// Returns `true` if the two memories may be one memory. Then a copy of the lifted values is
    /// kept on the host until they are lowered, because lowering and `realloc` may overwrite them.
    fn shares_memory(&self) -> bool;

    /// Returns the `length` bytes of the lifted values at `address`, or `None` if they don't lie
    /// inside the source's memory.
    fn source_bytes(&self, address: u64, length: u64) -> Option<&[u8]> {
        range(self.source_memory(), address, length)
    }

    /// Returns the number of bytes of lists and strings that may be moved in addition to the size
    /// of the source's memory.
    fn budget(&self) -> u64 {
        LiftContext::DEFAULT_BUDGET
    }

    /// Returns the bits that NaNs arrive with: those of the [`options`](LowerContext::options), if
    /// the context doesn't choose others.
    ///
    /// It is called at the first NaN among the values. All NaNs of a transfer have the same bits.
    ///
    /// # Errors
    ///
    /// Those of [`NanBits::choose`].
    fn nan_bits(&mut self) -> Result<NanBits, Failure> {
        Ok(self.options().nan)
    }

    /// Copies bytes from the source's memory to the destination's. Both places lie inside their
    /// memories. If the memories are the same, the places may overlap, and the bytes arrive as
    /// they were before.
    ///
    /// This default copies all bytes twice. Implement it if both memories are accessible at the
    /// same time.
    ///
    /// # Errors
    ///
    /// [`AbiError::UncheckedAddress`](crate::error::AbiError::UncheckedAddress) if the places
    /// don't lie inside their memories.
    fn copy(&mut self, from: u64, to: u64, length: u64) -> Result<(), Failure> {
        copy_in_chunks(self, from, to, length)
    }

    /// Acts between the two passes, after all values are lifted and before any is lowered. The
    /// spec does something here, for example in
    /// [`Task.return_`](crate::machine::Machine::return_).
    ///
    /// # Errors
    ///
    /// Any error, after which the values are not lowered.
    fn lifted(&mut self) -> Result<(), Failure> {
        Ok(())
    }

    /// Drops a handle that was lifted and will not be lowered, because the transfer has failed.
    ///
    /// The host holds an end or an error context now, and drops it by
    /// [`drop_host_end`](crate::machine::Machine::drop_host_end) or
    /// [`drop_error_context`](crate::machine::Machine::drop_error_context). This default keeps it.
    fn give_up(&mut self, handle: LiftedHandle) {
        let _ = handle;
    }
}

/// The greatest numbers of core values that parameters or results are passed as. If there are
/// more, the values are in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlatLimits {
    /// The number for the side that the values are lifted from.
    pub source: usize,
    /// The number for the side that the values are lowered into.
    pub destination: usize,
}

/// Returns the source's memory for reading.
pub(super) fn source<C: TransferContext + ?Sized>(cx: &C) -> LiftContext<'_, ()> {
    LiftContext::with_handles(cx.source_memory(), *cx.source_options(), ())
}
