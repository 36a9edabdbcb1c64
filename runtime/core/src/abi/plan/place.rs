//! The places that a value comes from and goes to: memory, or core values.

use crate::error::{AbiError, Failure};

use super::context::{TransferContext, source};
use crate::abi::context::LoweringSteps as _;
use crate::abi::memory::range_mut;
use crate::abi::typed::{load_pair, next_pair};
use crate::abi::{Abi, CoreValueIter, FlatValues, Offset, Type, VariantAbi};

/// The place that a value comes from.
pub(super) enum From<'p, 'v> {
    /// An address in the source's memory.
    Memory(u64),
    /// The next core values.
    Flat(&'p mut CoreValueIter<'v>),
}

/// The place that the payload of a variant comes from.
pub(super) enum Payload<'v> {
    /// An address in the source's memory.
    Memory(u64),
    /// The core values of the variant after the first.
    Flat(CoreValueIter<'v>),
}

impl<'v> Payload<'v> {
    pub(super) const fn from(&mut self) -> From<'_, 'v> {
        match self {
            Self::Memory(address) => From::Memory(*address),
            Self::Flat(values) => From::Flat(values),
        }
    }
}

/// The place that a value goes to.
pub(super) enum To<'p> {
    /// An address in the destination's memory.
    Memory(u64),
    /// The end of the core values that are there.
    Flat(&'p mut FlatValues),
}

impl<'v> From<'_, 'v> {
    /// Returns the place of a part of the value.
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

    /// Skips a value of type `ty`.
    pub(super) fn skip<C: TransferContext + ?Sized>(
        &mut self,
        cx: &C,
        ty: &Type,
    ) -> Result<(), Failure> {
        let Self::Flat(values) = self else { return Ok(()) };
        let count = ty.abi().of(cx.source_options().address_type).flat.count();
        values.take(count.ok_or(AbiError::FlatValueCount)?).map(|_| ())
    }

    /// Returns the case of a variant, and the place that its payload comes from.
    pub(super) fn case<C: TransferContext + ?Sized>(
        &mut self,
        cx: &C,
        variant: &VariantAbi,
    ) -> Result<(u32, Payload<'v>), Failure> {
        match self {
            Self::Memory(address) => {
                let address_type = cx.source_options().address_type;
                let size = variant.abi().of(address_type).size;
                let bytes = cx.source_bytes(*address, size);
                let bytes = bytes.ok_or(AbiError::UncheckedAddress)?;
                let (case, _) = variant.load(&source(cx), bytes)?;
                let offset = variant.payload_offset().of(address_type);
                Ok((case, Payload::Memory(address.saturating_add(offset))))
            }
            Self::Flat(values) => {
                let (case, payload) = variant.lift_flat(&source(cx), values)?;
                Ok((case, Payload::Flat(payload)))
            }
        }
    }

    /// Returns the bits of a scalar of `size` bytes, zero-extended.
    pub(super) fn bits<C: TransferContext + ?Sized>(
        &mut self,
        cx: &C,
        size: u64,
    ) -> Result<u64, Failure> {
        let mut bytes = match self {
            Self::Memory(address) => {
                let source = cx.source_bytes(*address, size);
                let mut bytes = [0; 8];
                let source = source.ok_or(AbiError::UncheckedAddress)?;
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

    /// Returns the low half of [`bits`](Self::bits).
    pub(super) fn word<C: TransferContext + ?Sized>(
        &mut self,
        cx: &C,
        size: u32,
    ) -> Result<u32, Failure> {
        self.bits(cx, u64::from(size)).map(crate::abi::flat_values::low_half)
    }

    /// Returns an address and a length.
    #[inline]
    pub(super) fn pair<C: TransferContext + ?Sized>(
        &mut self,
        cx: &C,
    ) -> Result<(u64, u64), Failure> {
        match self {
            Self::Memory(address) => {
                let size = Abi::STRING.of(cx.source_options().address_type).size;
                let bytes = cx.source_bytes(*address, size);
                load_pair(&source(cx), bytes.ok_or(AbiError::UncheckedAddress)?)
            }
            Self::Flat(values) => next_pair(&source(cx), values),
        }
    }
}

impl To<'_> {
    /// Returns the place of a part of the value.
    pub(super) fn part<C: TransferContext + ?Sized>(&mut self, cx: &C, offset: Offset) -> To<'_> {
        match self {
            Self::Memory(address) => {
                let offset = offset.of(cx.options().address_type);
                To::Memory(address.saturating_add(offset))
            }
            Self::Flat(flat) => To::Flat(flat),
        }
    }

    /// Writes a scalar of `size` bytes. As a core value, it is `flat_bits`.
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
                let place = place.ok_or(AbiError::UncheckedAddress)?;
                for (place, byte) in place.iter_mut().zip(bits.to_le_bytes()) {
                    *place = byte;
                }
                Ok(())
            }
            Self::Flat(flat) => flat.push(flat_bits),
        }
    }

    /// Writes an address and a length.
    #[inline]
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
