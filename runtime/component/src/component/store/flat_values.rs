//! Core values as bits.

use crate::abi::FlatValues;
use crate::core_value::CoreValue;
use crate::error::Failure;

/// Replaces the contents of `flat` by the bits of core values. It writes in place, as `flat` has
/// room for many values and most calls have few.
pub(crate) fn set_flat_values(flat: &mut FlatValues, values: &[CoreValue]) -> Result<(), Failure> {
    flat.clear();
    for value in values {
        flat.push(bits(value))?;
    }
    Ok(())
}

/// Returns the bits of a core value.
#[inline]
pub(crate) fn bits(value: &CoreValue) -> u64 {
    match *value {
        CoreValue::I32(bits) | CoreValue::F32(bits) => bits.into(),
        CoreValue::I64(bits) | CoreValue::F64(bits) => bits,
        CoreValue::Function(number) => number.map_or(u64::MAX, u64::from),
    }
}
