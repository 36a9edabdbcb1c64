//! A copy of the lifted values on the host, for two guests that share a memory.

use alloc::vec::Vec;

use crate::abi::{LiftHandles, LowerContext, NanBits, Options, Resource};
use crate::builtin::TypeIndex;
use crate::error::{AbiError, Failure};
use crate::id::{EndId, ErrorContextId};
use crate::trap::EndKind;

use super::context::TransferContext;
use crate::abi::memory::{range, range_mut};

/// The number of ranges that are kept before they are joined for the first time.
const FEW: usize = 1024;

/// Ranges of bytes in the source's memory, which may overlap.
#[derive(Debug, Default)]
pub(super) struct Ranges {
    all: Vec<ByteRange>,
    /// The number of ranges after which they are joined.
    limit: usize,
}

/// Bytes from `start` to before `end`.
#[derive(Clone, Copy, Debug)]
struct ByteRange {
    start: u64,
    end: u64,
}

impl Ranges {
    /// Adds a range.
    #[cold]
    pub(super) fn add(&mut self, start: u64, length: u64) {
        if length == 0 {
            return;
        }
        if self.all.len() >= self.limit.max(FEW) {
            // Lists may share their places, so that there are far more ranges than bytes.
            self.join();
            self.limit = self.all.len().saturating_mul(2);
        }
        self.all.push(ByteRange { start, end: start.saturating_add(length) });
    }

    /// Sorts the ranges, and joins those that overlap or touch.
    fn join(&mut self) {
        self.all.sort_unstable_by_key(|range| range.start);
        self.all.dedup_by(|next, before| {
            let is_joined = next.start <= before.end;
            if is_joined {
                before.end = before.end.max(next.end);
            }
            is_joined
        });
    }
}

/// A copy of some ranges of a memory.
struct Image {
    /// The ranges, in their order, each with the position of its first byte in `bytes`.
    ranges: Vec<(ByteRange, u64)>,
    bytes: Vec<u8>,
}

impl Image {
    fn new(mut ranges: Ranges, memory: &[u8]) -> Result<Self, Failure> {
        ranges.join();
        let total = ranges.all.iter().map(|range| range.end - range.start).sum::<u64>();
        let mut bytes = Vec::new();
        let reserved = bytes.try_reserve_exact(usize::try_from(total).unwrap_or(usize::MAX));
        reserved.map_err(|_| AbiError::LiftedTooLarge)?;
        let mut places = Vec::with_capacity(ranges.all.len());
        for found in ranges.all {
            let position = u64::try_from(bytes.len()).map_err(|_| AbiError::LiftedTooLarge)?;
            let copied = range(memory, found.start, found.end - found.start);
            bytes.extend_from_slice(copied.ok_or(AbiError::UncheckedAddress)?);
            places.push((found, position));
        }
        Ok(Self { ranges: places, bytes })
    }

    fn get(&self, address: u64, length: u64) -> Option<&[u8]> {
        if length == 0 {
            return Some(&[]);
        }
        let after = self.ranges.partition_point(|(range, _)| range.start <= address);
        let (found, position) = self.ranges.get(after.checked_sub(1)?)?;
        let end = address.checked_add(length)?;
        let offset = position.checked_add(address.checked_sub(found.start)?)?;
        range(&self.bytes, offset, length).filter(|_| end <= found.end)
    }
}

/// The context of the second pass if the guests share a memory: the values come from a copy.
pub(super) struct Copied<'a, C: ?Sized> {
    cx: &'a mut C,
    image: Image,
}

impl<'a, C: TransferContext + ?Sized> Copied<'a, C> {
    /// Copies the values at `ranges`.
    pub(super) fn new(cx: &'a mut C, ranges: Ranges) -> Result<Self, Failure> {
        let image = Image::new(ranges, cx.source_memory())?;
        Ok(Self { cx, image })
    }
}

impl<C: TransferContext + ?Sized> TransferContext for Copied<'_, C> {
    fn source_options(&self) -> &Options {
        self.cx.source_options()
    }

    /// Returns the memory itself, which has other bytes now, but the same bounds or wider ones.
    fn source_memory(&self) -> &[u8] {
        self.cx.source_memory()
    }

    fn shares_memory(&self) -> bool {
        false
    }

    fn source_bytes(&self, address: u64, length: u64) -> Option<&[u8]> {
        self.image.get(address, length)
    }

    fn budget(&self) -> u64 {
        self.cx.budget()
    }

    fn nan_bits(&mut self) -> Result<NanBits, Failure> {
        self.cx.nan_bits()
    }

    fn copy(&mut self, from: u64, to: u64, length: u64) -> Result<(), Failure> {
        let bytes = self.image.get(from, length).ok_or(AbiError::UncheckedAddress)?;
        if !bytes.is_empty() {
            let place = range_mut(self.cx.memory_mut(), to, length);
            place.ok_or(AbiError::UncheckedAddress)?.copy_from_slice(bytes);
        }
        Ok(())
    }
}

impl<C: TransferContext + ?Sized> LowerContext for Copied<'_, C> {
    fn options(&self) -> &Options {
        self.cx.options()
    }

    fn memory_mut(&mut self) -> &mut [u8] {
        self.cx.memory_mut()
    }

    fn realloc(
        &mut self,
        old_address: u64,
        old_byte_length: u64,
        alignment: u32,
        new_byte_length: u64,
    ) -> Result<u64, Failure> {
        self.cx.realloc(old_address, old_byte_length, alignment, new_byte_length)
    }

    fn lower_own(&mut self, ty: TypeIndex, resource: Resource) -> Result<u32, Failure> {
        self.cx.lower_own(ty, resource)
    }

    fn lower_borrow(&mut self, ty: TypeIndex, resource: Resource) -> Result<u32, Failure> {
        self.cx.lower_borrow(ty, resource)
    }

    fn lower_end(&mut self, kind: EndKind, ty: TypeIndex, end: EndId) -> Result<u32, Failure> {
        self.cx.lower_end(kind, ty, end)
    }

    fn lower_error_context(&mut self, error_context: ErrorContextId) -> Result<u32, Failure> {
        self.cx.lower_error_context(error_context)
    }
}

impl<C: TransferContext + ?Sized> LiftHandles for Copied<'_, C> {
    fn lift_own(&mut self, ty: TypeIndex, index: u32) -> Result<Resource, Failure> {
        self.cx.lift_own(ty, index)
    }

    fn lift_borrow(&mut self, ty: TypeIndex, index: u32) -> Result<Resource, Failure> {
        self.cx.lift_borrow(ty, index)
    }

    fn lift_end(&mut self, kind: EndKind, ty: TypeIndex, index: u32) -> Result<EndId, Failure> {
        self.cx.lift_end(kind, ty, index)
    }

    fn lift_error_context(&mut self, index: u32) -> Result<ErrorContextId, Failure> {
        self.cx.lift_error_context(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_has_the_ranges_and_nothing_else() {
        let memory: Vec<u8> = (0..100).collect();
        let mut ranges = Ranges::default();
        for (start, length) in [(10, 4), (50, 0), (12, 6), (18, 2), (60, 1), (60, 1), (30, 5)] {
            ranges.add(start, length);
        }
        let image = Image::new(ranges, &memory).unwrap();
        assert_eq!(image.bytes.len(), 10 + 5 + 1);
        assert_eq!(image.get(10, 10), memory.get(10..20));
        assert_eq!(image.get(13, 3), memory.get(13..16));
        assert_eq!(image.get(60, 1), memory.get(60..61));
        assert_eq!(image.get(77, 0), Some(&[][..]));
        for (start, length) in [(9, 1), (9, 2), (19, 2), (20, 1), (60, 2), (34, 2), (u64::MAX, 2)] {
            assert_eq!(image.get(start, length), None, "{start}, {length}");
        }
    }

    #[test]
    fn ranges_in_one_place_are_joined_before_they_are_many() {
        let mut ranges = Ranges::default();
        for number in 0..100_000 {
            ranges.add(number % 100, 8);
        }
        assert!(ranges.all.len() <= FEW);
        ranges.join();
        assert_eq!(ranges.all.len(), 1);
    }

    #[test]
    fn ranges_beyond_the_memory_are_mistakes_of_the_host() {
        let mut ranges = Ranges::default();
        ranges.add(99, 2);
        let unchecked = Failure::from(AbiError::UncheckedAddress);
        assert_eq!(Image::new(ranges, &[0; 100]).map(|_| ()), Err(unchecked));
    }
}
