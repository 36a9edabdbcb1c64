//! A copy between two memories that can't be had at the same time.

use crate::error::{Error, Failure};

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
    // Most copies are short, and to clear a large buffer takes longer than they do.
    match usize::try_from(length) {
        Ok(..=SHORT) => copy::<SHORT, C>(cx, from, to, length),
        _ => copy::<CHUNK, C>(cx, from, to, length),
    }
}

fn copy<const N: usize, C: TransferContext + ?Sized>(
    cx: &mut C,
    from: u64,
    to: u64,
    length: u64,
) -> Result<(), Failure> {
    let mut buffer = [0; N];
    let mut rest = length;
    while rest > 0 {
        let size = usize::try_from(rest).unwrap_or(N).min(N);
        let buffer = buffer.get_mut(..size).unwrap_or_default();
        let count = u64::try_from(size).unwrap_or(rest);
        // Nobody knows here whether the memories are one. If they are, no chunk is written over
        // what is still to be read.
        let done = if to > from { rest.saturating_sub(count) } else { length - rest };
        let source = range(cx.source_memory(), from.saturating_add(done), count);
        buffer.copy_from_slice(source.ok_or(Error::UncheckedAddress)?);
        let place = range_mut(cx.memory_mut(), to.saturating_add(done), count);
        place.ok_or(Error::UncheckedAddress)?.copy_from_slice(buffer);
        rest = rest.saturating_sub(count);
    }
    Ok(())
}
