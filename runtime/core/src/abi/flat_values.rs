//! The core values that a value is flattened to, as bits.
//!
//! Each is carried in a `u64`: an integer zero-extended, a float as its bits. The coercions
//! between a case's own core type and the joined one are then always the same: what is wanted
//! is in the low bits. That is what the reference's `CoerceValueIter` and `lower_flat_variant`
//! say case by case.

use crate::core_value::IntegerType;
use crate::error::{AbiError, Error, Failure};

use super::FlatTypes;

/// Returns the low half, which carries an `i32` or the bits of an `f32`.
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
    /// No core value.
    pub const EMPTY: Self = Self { bits: [0; FlatTypes::CAPACITY], count: 0 };

    /// Adds one.
    ///
    /// # Errors
    ///
    /// [`AbiError::FlatValueCount`] if there are [`FlatTypes::CAPACITY`] already: whoever lowers
    /// more than that was to lower them into memory.
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

    /// Adds zeros until there are `count`: the positions that a variant's case doesn't use.
    ///
    /// # Errors
    ///
    /// As for [`push`](Self::push).
    pub fn pad_to(&mut self, count: usize) -> Result<(), Failure> {
        while self.count < count {
            self.push(0)?;
        }
        Ok(())
    }

    /// How many there are.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.count
    }

    /// What is there so far.
    #[must_use]
    pub fn as_slice(&self) -> &[u64] {
        self.bits.get(..self.count).unwrap_or_default()
    }
}

/// Core values that are to be lifted, in their order: the reference's `CoreValueIter`.
#[derive(Clone, Debug)]
pub struct CoreValueIter<'a> {
    bits: &'a [u64],
}

impl<'a> CoreValueIter<'a> {
    /// Core values as bits, as [`FlatValues`] has them.
    #[must_use]
    pub const fn new(bits: &'a [u64]) -> Self {
        Self { bits }
    }

    /// How many are left.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        self.bits.len()
    }

    /// The next one: an `i64`, or the bits of an `f64`.
    ///
    /// # Errors
    ///
    /// [`AbiError::FlatValueCount`] if there is none.
    pub const fn next_u64(&mut self) -> Result<u64, Failure> {
        let Some((first, rest)) = self.bits.split_first() else {
            return Err(Failure::Error(Error::Abi(AbiError::FlatValueCount)));
        };
        self.bits = rest;
        Ok(*first)
    }

    /// The next one: an `i32`, or the bits of an `f32`.
    ///
    /// # Errors
    ///
    /// [`AbiError::FlatValueCount`] if there is none.
    pub const fn next_u32(&mut self) -> Result<u32, Failure> {
        match self.next_u64() {
            Ok(bits) => Ok(low_half(bits)),
            Err(error) => Err(error),
        }
    }

    /// The next one: an address or a length.
    ///
    /// # Errors
    ///
    /// [`AbiError::FlatValueCount`] if there is none.
    pub fn next_address(&mut self, address_type: IntegerType) -> Result<u64, Failure> {
        match address_type {
            IntegerType::I32 => Ok(u64::from(self.next_u32()?)),
            IntegerType::I64 => self.next_u64(),
        }
    }

    /// Takes the next `count` away, as ones to be lifted on their own.
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
