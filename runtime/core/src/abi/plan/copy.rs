//! Copies between two memories that are not accessible at the same time.

use crate::error::{AbiError, Failure};

use super::context::TransferContext;
use crate::abi::memory::range_mut;

/// The number of bytes that are copied at a time.
const CHUNK: usize = 4096;
/// The greatest number of bytes of a short copy.
const SHORT: usize = 64;

/// Copies bytes from memory to memory as `memmove` does. If the two memories are the same and the
/// places overlap, the bytes arrive as they were before.
pub(super) fn copy_in_chunks<C: TransferContext + ?Sized>(
    cx: &mut C,
    from: u64,
    to: u64,
    length: u64,
) -> Result<(), Failure> {
    match usize::try_from(length) {
        // With nothing to copy, no address was checked.
        Ok(0) => Ok(()),
        // Most copies are short, and clearing a large buffer takes longer than they do.
        Ok(size @ ..=SHORT) => {
            let mut buffer = [0; SHORT];
            let buffer = buffer.get_mut(..size).unwrap_or_default();
            let source = cx.source_bytes(from, length);
            buffer.copy_from_slice(source.ok_or(AbiError::UncheckedAddress)?);
            let place = range_mut(cx.memory_mut(), to, length);
            place.ok_or(AbiError::UncheckedAddress)?.copy_from_slice(buffer);
            Ok(())
        }
        _ => copy_long(cx, from, to, length),
    }
}

fn copy_long<C: TransferContext + ?Sized>(
    cx: &mut C,
    from: u64,
    to: u64,
    length: u64,
) -> Result<(), Failure> {
    let mut buffer = [0; CHUNK];
    let mut rest = length;
    while rest > 0 {
        let size = usize::try_from(rest).unwrap_or(CHUNK).min(CHUNK);
        let buffer = buffer.get_mut(..size).unwrap_or_default();
        let count = u64::try_from(size).unwrap_or(rest);
        // It isn't known here if the memories are the same. If they are, no chunk overwrites
        // bytes that are still to be read.
        let done = if to > from { rest.saturating_sub(count) } else { length - rest };
        let source = cx.source_bytes(from.saturating_add(done), count);
        buffer.copy_from_slice(source.ok_or(AbiError::UncheckedAddress)?);
        let place = range_mut(cx.memory_mut(), to.saturating_add(done), count);
        place.ok_or(AbiError::UncheckedAddress)?.copy_from_slice(buffer);
        rest = rest.saturating_sub(count);
    }
    Ok(())
}
