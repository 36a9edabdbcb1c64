//! Where a value comes from and goes to: memory, or core values.

use crate::error::Failure;
use crate::trap::Trap;

use super::super::context::LowerContextExt as _;
use super::super::memory::{range, range_mut};
use super::super::typed::{load_pair, next_pair};
use super::super::{CoreValueIter, FlatValues, Offset};
use super::{TransferContext, source};

/// Where a value comes from.
pub(super) enum From<'p, 'v> {
    /// An address in the source's memory.
    Memory(u64),
    /// The next core values.
    Flat(&'p mut CoreValueIter<'v>),
}

/// Where a value goes to.
pub(super) enum To<'p> {
    /// An address in the destination's memory.
    Memory(u64),
    /// Behind the core values that are there.
    Flat(&'p mut FlatValues),
}

impl<'v> From<'_, 'v> {
    /// A part of the value.
    pub(super) fn part<C: TransferContext + ?Sized>(
        &mut self,
        cx: &C,
        offset: Offset,
    ) -> From<'_, 'v> {
        match self {
            Self::Memory(address) => {
                let offset = offset.of(cx.source_options().address_type);
                From::Memory(address.saturating_add(offset))
            }
            Self::Flat(values) => From::Flat(values),
        }
    }

    /// The bits of a scalar of `N` bytes, extended with zeros.
    pub(super) fn bits<C: TransferContext + ?Sized>(
        &mut self,
        cx: &C,
        size: u64,
    ) -> Result<u64, Failure> {
        let mut bytes = match self {
            Self::Memory(address) => {
                let source = range(cx.source_memory(), *address, size);
                let mut bytes = [0; 8];
                let source = source.ok_or(Trap::PointerOutOfBounds)?;
                for (place, byte) in bytes.iter_mut().zip(source) {
                    *place = *byte;
                }
                return Ok(u64::from_le_bytes(bytes));
            }
            Self::Flat(values) => values.next_u64()?.to_le_bytes(),
        };
        let kept = usize::try_from(size).unwrap_or(8);
        for byte in bytes.iter_mut().skip(kept) {
            *byte = 0;
        }
        Ok(u64::from_le_bytes(bytes))
    }

    /// The low half of [`bits`](Self::bits).
    pub(super) fn word<C: TransferContext + ?Sized>(
        &mut self,
        cx: &C,
        size: u32,
    ) -> Result<u32, Failure> {
        self.bits(cx, u64::from(size)).map(super::super::flat_values::low_half)
    }

    /// An address and a length.
    pub(super) fn pair<C: TransferContext + ?Sized>(
        &mut self,
        cx: &C,
    ) -> Result<(u64, u64), Failure> {
        match self {
            Self::Memory(address) => {
                let start = usize::try_from(*address).ok();
                let bytes = start.and_then(|start| cx.source_memory().get(start..));
                load_pair(&source(cx), bytes.ok_or(Trap::PointerOutOfBounds)?)
            }
            Self::Flat(values) => next_pair(&source(cx), values),
        }
    }
}

impl To<'_> {
    /// A part of the value.
    pub(super) fn part<C: TransferContext + ?Sized>(&mut self, cx: &C, offset: Offset) -> To<'_> {
        match self {
            Self::Memory(address) => {
                let offset = offset.of(cx.options().address_type);
                To::Memory(address.saturating_add(offset))
            }
            Self::Flat(flat) => To::Flat(flat),
        }
    }

    /// Writes a scalar of `size` bytes; as a core value, an integer is extended as `flat` says.
    pub(super) fn put<C: TransferContext + ?Sized>(
        &mut self,
        cx: &mut C,
        size: u64,
        bits: u64,
        flat_bits: u64,
    ) -> Result<(), Failure> {
        match self {
            Self::Memory(address) => {
                let place = range_mut(cx.memory_mut(), *address, size);
                let place = place.ok_or(Trap::PointerOutOfBounds)?;
                for (place, byte) in place.iter_mut().zip(bits.to_le_bytes()) {
                    *place = byte;
                }
                Ok(())
            }
            Self::Flat(flat) => flat.push(flat_bits),
        }
    }

    /// Writes an address and a length.
    pub(super) fn put_pair<C: TransferContext + ?Sized>(
        &mut self,
        cx: &mut C,
        pair: (u64, u64),
    ) -> Result<(), Failure> {
        match self {
            Self::Memory(address) => cx.write_pair(*address, pair),
            Self::Flat(flat) => {
                flat.push(pair.0)?;
                flat.push(pair.1)
            }
        }
    }
}
