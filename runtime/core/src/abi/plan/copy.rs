//! A copy between two memories that can't be had at the same time.

use crate::error::{AbiError, Failure};

use super::context::TransferContext;
use crate::abi::memory::{range, range_mut};

/// As many bytes are copied at a time; and of a copy that is short.
const CHUNK: usize = 4096;
const SHORT: usize = 64;

/// Copies bytes from memory to memory as `memmove` does: if the two are one memory and the places
/// overlap, what arrives is what was there before.
pub(super) fn copy_in_chunks<C: TransferContext + ?Sized>(
    cx: &mut C,
    from: u64,
    to: u64,
    length: u64,
) -> Result<(), Failure> {
    match usize::try_from(length) {
        // Where there is nothing to copy, no address was checked.
        Ok(0) => Ok(()),
        // Most copies are short, and to clear a large buffer takes longer than they do.
        Ok(size @ ..=SHORT) => {
            let mut buffer = [0; SHORT];
            let buffer = buffer.get_mut(..size).unwrap_or_default();
            let source = range(cx.source_memory(), from, length);
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
        // Nobody knows here whether the memories are one. If they are, no chunk is written over
        // what is still to be read.
        let done = if to > from { rest.saturating_sub(count) } else { length - rest };
        let source = range(cx.source_memory(), from.saturating_add(done), count);
        buffer.copy_from_slice(source.ok_or(AbiError::UncheckedAddress)?);
        let place = range_mut(cx.memory_mut(), to.saturating_add(done), count);
        place.ok_or(AbiError::UncheckedAddress)?.copy_from_slice(buffer);
        rest = rest.saturating_sub(count);
    }
    Ok(())
}
