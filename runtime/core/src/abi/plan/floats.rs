//! Floats, and NaNs that don't keep their bits.

use crate::error::{AbiError, Failure};

use super::context::TransferContext;
use crate::abi::Type;
use crate::abi::memory::range_mut;

/// Returns `true` if a value of type `ty` arrives as the same bytes.
pub(super) fn is_copied<C: TransferContext + ?Sized>(cx: &C, ty: &Type) -> bool {
    ty.is_plain() && (!ty.contains_float() || cx.nan_bits().is_none())
}

/// Returns the bits that an `f32` arrives with.
pub(super) fn f32_bits<C: TransferContext + ?Sized>(cx: &C, bits: u64) -> u64 {
    let value = f32::from_bits(crate::abi::flat_values::low_half(bits));
    cx.nan_bits().map_or(bits, |nan| nan.encode_f32(value).into())
}

/// Returns the bits that an `f64` arrives with.
pub(super) fn f64_bits<C: TransferContext + ?Sized>(cx: &C, bits: u64) -> u64 {
    cx.nan_bits().map_or(bits, |nan| nan.encode_f64(f64::from_bits(bits)))
}

/// Copies floats, and replaces the NaNs among them.
pub(super) fn copy<C: TransferContext + ?Sized>(
    cx: &mut C,
    element: &Type,
    from: u64,
    to: u64,
    bytes: u64,
) -> Result<(), Failure> {
    cx.copy(from, to, bytes)?;
    let Some(nan) = cx.nan_bits() else { return Ok(()) };
    let copied = range_mut(cx.memory_mut(), to, bytes).ok_or(AbiError::UncheckedAddress)?;
    if matches!(element, Type::F32) {
        for place in copied.as_chunks_mut().0 {
            let value = f32::from_le_bytes(*place);
            if value.is_nan() {
                *place = nan.encode_f32(value).to_le_bytes();
            }
        }
    } else {
        for place in copied.as_chunks_mut().0 {
            let value = f64::from_le_bytes(*place);
            if value.is_nan() {
                *place = nan.encode_f64(value).to_le_bytes();
            }
        }
    }
    Ok(())
}
