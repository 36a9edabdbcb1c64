//! The layout of flags, for derives.

use crate::error::{AbiError, Failure};

use crate::abi::memory::range_mut;
use crate::abi::scalar::{load_small, store_small};
use crate::abi::{Abi, CoreValueIter, FlatValues, LowerContext};

/// The layout of flags with a number of labels.
///
/// Flags are a number with a bit for each label, the first in the lowest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FlagsAbi {
    size: u32,
    mask: u32,
    abi: Abi,
}

impl FlagsAbi {
    /// Creates the layout of flags with this many labels, at most 32.
    #[must_use]
    pub const fn new(labels: usize) -> Self {
        let size = match labels {
            0..=8 => 1,
            9..=16 => 2,
            _ => 4,
        };
        let mask = if labels >= 32 { u32::MAX } else { (1 << labels) - 1 };
        Self { size, mask, abi: Abi::flags(labels) }
    }

    /// Returns a number with the bit at `position`, if `flag` is `true`.
    // Hidden. The derive calls it, so that the compiler reports a flag that is not a `bool`.
    #[doc(hidden)]
    #[must_use]
    pub const fn bit(flag: bool, position: u32) -> u32 {
        (flag as u32) << position
    }

    /// Returns the layout.
    #[must_use]
    pub const fn abi(&self) -> Abi {
        self.abi
    }

    /// Returns the bits that have a label.
    #[must_use]
    pub const fn mask(&self) -> u32 {
        self.mask
    }

    /// Returns the size in bytes.
    #[must_use]
    pub const fn size(&self) -> u32 {
        self.size
    }

    /// Lowers flags to core values: `lower_flat_flags`.
    ///
    /// # Errors
    ///
    /// [`AbiError::FlatValueCount`] if `flat` has no room.
    pub const fn lower_flat(&self, flat: &mut FlatValues, bits: u32) -> Result<(), Failure> {
        flat.push(bits as u64)
    }

    /// Stores flags: `store_flags`.
    ///
    /// # Errors
    ///
    /// [`AbiError::ByteCount`] if there are too few bytes for them.
    pub fn store<C: LowerContext + ?Sized>(
        &self,
        cx: &mut C,
        address: u64,
        bits: u32,
    ) -> Result<(), Failure> {
        let place = range_mut(cx.memory_mut(), address, u64::from(self.size));
        let stored = place.and_then(|place| store_small(place, self.size, bits));
        Ok(stored.ok_or(AbiError::ByteCount)?)
    }

    /// Lifts flags from core values: `lift_flat_flags`. Bits without a label are ignored.
    ///
    /// # Errors
    ///
    /// [`AbiError::FlatValueCount`] if there are too few values.
    pub fn lift_flat(&self, values: &mut CoreValueIter<'_>) -> Result<u32, Failure> {
        Ok(values.next_u32()? & self.mask)
    }

    /// Loads flags: `load_flags`. Bits without a label are ignored.
    ///
    /// # Errors
    ///
    /// [`AbiError::ByteCount`] if there are fewer bytes than they take.
    pub fn load(&self, bytes: &[u8]) -> Result<u32, Failure> {
        let bits = load_small(bytes, self.size).ok_or(AbiError::ByteCount)?;
        Ok(bits & self.mask)
    }
}
