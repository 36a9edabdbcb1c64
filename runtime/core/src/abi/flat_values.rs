//! The core values that a value is flattened to, as bits.
//!
//! Each is stored in a `u64`: an integer zero-extended, a float as its bits. Then the coercions
//! between a case's own core type and the joined type are always the same: the needed value is in
//! the low bits. The reference's `CoerceValueIter` and `lower_flat_variant` list these coercions
//! case by case.

use crate::core_value::IntegerType;
use crate::error::{AbiError, Error, Failure};

use super::FlatTypes;

/// Returns the low half, which has an `i32` or the bits of an `f32`.
pub(super) const fn low_half(bits: u64) -> u32 {
    let [a, b, c, d, ..] = bits.to_le_bytes();
    u32::from_le_bytes([a, b, c, d])
}

/// Core values that were lowered, as bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlatValues {
    bits: [u64; FlatTypes::CAPACITY],
    count: usize,
}

impl FlatValues {
    /// No core values.
    pub const EMPTY: Self = Self { bits: [0; FlatTypes::CAPACITY], count: 0 };

    /// Adds a core value.
    ///
    /// # Errors
    ///
    /// [`AbiError::FlatValueCount`] if there are [`FlatTypes::CAPACITY`] already. More values
    /// have to be lowered into memory.
    #[inline]
    pub const fn push(&mut self, bits: u64) -> Result<(), Failure> {
        let Some((place, _)) = self.bits.split_at_mut(self.count).1.split_first_mut() else {
            return Err(Failure::Error(Error::Abi(AbiError::FlatValueCount)));
        };
        *place = bits;
        self.count += 1;
        Ok(())
    }

    /// Removes all core values.
    pub const fn clear(&mut self) {
        self.count = 0;
    }

    /// Adds zeros until there are `count` core values: the positions that a variant's case
    /// doesn't use.
    ///
    /// # Errors
    ///
    /// [`AbiError::FlatValueCount`] if `count` is above [`FlatTypes::CAPACITY`].
    pub fn pad_to(&mut self, count: usize) -> Result<(), Failure> {
        while self.count < count {
            self.push(0)?;
        }
        Ok(())
    }

    /// Returns the number of core values.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// Returns the core values so far.
    #[must_use]
    pub fn as_slice(&self) -> &[u64] {
        self.bits.get(..self.count).unwrap_or_default()
    }
}

/// Core values for lifting, in their order: the reference's `CoreValueIter`.
#[derive(Clone, Debug)]
pub struct CoreValueIter<'a> {
    bits: &'a [u64],
}

impl<'a> CoreValueIter<'a> {
    /// Creates an iterator of core values, as the bits of [`FlatValues`].
    #[must_use]
    pub const fn new(bits: &'a [u64]) -> Self {
        Self { bits }
    }

    /// Returns the number of core values that are left.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.bits.len()
    }

    /// Takes the next core value: an `i64`, or the bits of an `f64`.
    ///
    /// # Errors
    ///
    /// [`AbiError::FlatValueCount`] if there is none.
    #[inline]
    pub const fn next_u64(&mut self) -> Result<u64, Failure> {
        let Some((first, rest)) = self.bits.split_first() else {
            return Err(Failure::Error(Error::Abi(AbiError::FlatValueCount)));
        };
        self.bits = rest;
        Ok(*first)
    }

    /// Takes the next core value: an `i32`, or the bits of an `f32`.
    ///
    /// # Errors
    ///
    /// [`AbiError::FlatValueCount`] if there is none.
    #[inline]
    pub const fn next_u32(&mut self) -> Result<u32, Failure> {
        match self.next_u64() {
            Ok(bits) => Ok(low_half(bits)),
            Err(error) => Err(error),
        }
    }

    /// Takes the next core value: an address or a length.
    ///
    /// # Errors
    ///
    /// [`AbiError::FlatValueCount`] if there is none.
    #[inline]
    pub fn next_address(&mut self, address_type: IntegerType) -> Result<u64, Failure> {
        match address_type {
            IntegerType::I32 => Ok(u64::from(self.next_u32()?)),
            IntegerType::I64 => self.next_u64(),
        }
    }

    /// Takes the next `count` core values, which are lifted on their own.
    ///
    /// # Errors
    ///
    /// [`AbiError::FlatValueCount`] if there are fewer.
    pub fn take(&mut self, count: usize) -> Result<Self, Failure> {
        let (taken, rest) = self.bits.split_at_checked(count).ok_or(AbiError::FlatValueCount)?;
        self.bits = rest;
        Ok(Self { bits: taken })
    }
}
