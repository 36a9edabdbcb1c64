//! Truth values, characters, floats and discriminants: the types of one core value that have
//! rules of their own.

use crate::error::Failure;
use crate::limit::{CANONICAL_FLOAT32_NAN, CANONICAL_FLOAT64_NAN};
use crate::trap::Trap;

/// Converts an integer to a truth value, which is true for all but 0: `convert_int_to_bool`.
pub(crate) const fn convert_int_to_bool(value: u32) -> bool {
    value != 0
}

/// Converts an integer to a character: `convert_i32_to_char`.
///
/// Traps: `invalid-char`.
pub(crate) fn convert_i32_to_char(value: u32) -> Result<char, Failure> {
    Ok(char::from_u32(value).ok_or(Trap::InvalidChar)?)
}

/// Converts bits to a float: `decode_i32_as_float`. Every NaN becomes the canonical one.
pub(crate) const fn decode_i32_as_float(bits: u32) -> f32 {
    let value = f32::from_bits(bits);
    if value.is_nan() { f32::from_bits(CANONICAL_FLOAT32_NAN) } else { value }
}

/// Converts bits to a float: `decode_i64_as_float`. Every NaN becomes the canonical one.
pub(crate) const fn decode_i64_as_float(bits: u64) -> f64 {
    let value = f64::from_bits(bits);
    if value.is_nan() { f64::from_bits(CANONICAL_FLOAT64_NAN) } else { value }
}

/// Checks that a discriminant is that of a case.
///
/// Traps: `invalid-discriminant`.
pub(crate) fn check_case_index(index: u32, cases: usize) -> Result<u32, Failure> {
    match usize::try_from(index) {
        Ok(position) if position < cases => Ok(index),
        _ => Err(Trap::InvalidDiscriminant.into()),
    }
}

/// Loads one, two or four bytes of a discriminant or of flags: `load_int`.
pub(crate) fn load_small(bytes: &[u8], size: u32) -> Option<u32> {
    Some(match size {
        1 => u32::from(*bytes.first()?),
        2 => u32::from(u16::from_le_bytes(*bytes.first_chunk()?)),
        _ => u32::from_le_bytes(*bytes.first_chunk()?),
    })
}

/// Stores one, two or four bytes of a discriminant or of flags: `store_int`.
pub(crate) fn store_small(bytes: &mut [u8], size: u32, value: u32) -> Option<()> {
    let size = usize::try_from(size).ok()?;
    bytes.get_mut(..size)?.copy_from_slice(value.to_le_bytes().get(..size)?);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_a_char_or_traps() {
        for value in (0..0x11_0100).chain([u32::MAX, 1 << 31]) {
            let scalar = value < 0xd800 || (0xe000..0x11_0000).contains(&value);
            match convert_i32_to_char(value) {
                Ok(it) => assert!(scalar && u32::from(it) == value),
                Err(failure) => assert!(!scalar && failure == Trap::InvalidChar.into()),
            }
        }
    }

    #[test]
    fn every_nan_is_lifted_as_the_canonical_one_and_nothing_else_changes() {
        for sign in [0, 1_u32 << 31] {
            for payload in [0, 1, 0x3f_ffff, 0x40_0000, 0x7f_ffff] {
                let bits = sign | 0x7f80_0000 | payload;
                let expected = if payload == 0 { bits } else { CANONICAL_FLOAT32_NAN };
                assert_eq!(decode_i32_as_float(bits).to_bits(), expected);
            }
            for payload in [0, 1, 0x7_ffff_ffff_ffff, 0xf_ffff_ffff_ffff] {
                let bits = u64::from(sign) << 32 | 0x7ff0_0000_0000_0000 | payload;
                let expected = if payload == 0 { bits } else { CANONICAL_FLOAT64_NAN };
                assert_eq!(decode_i64_as_float(bits).to_bits(), expected);
            }
        }
        assert_eq!(decode_i32_as_float(1).to_bits(), 1);
        assert_eq!(decode_i64_as_float(1 << 63).to_bits(), 1 << 63);
    }

    #[test]
    fn every_discriminant_is_a_case_or_traps() {
        for cases in [1, 2, 255, 256] {
            for index in 0..=256 {
                let checked = check_case_index(index, cases);
                assert_eq!(checked.is_ok(), (index as usize) < cases);
            }
            assert!(check_case_index(u32::MAX, cases).is_err());
        }
    }
}
