//! Floats: a NaN arrives with other bits, in its place among bytes that were copied.

use crate::error::{AbiError, Failure};

use super::context::TransferContext;
use super::handles::Lifted;
use crate::abi::memory::range_mut;
use crate::abi::{NanBits, RecordType, Type};

/// The number of floats that are searched at a time.
const BLOCK: usize = 1024;

/// Returns the bits that an `f32` arrives with: `maybe_scramble_nan32`.
pub(super) fn f32_bits<C: TransferContext + ?Sized>(
    cx: &mut C,
    lifted: &mut Lifted,
    bits: u64,
) -> Result<u64, Failure> {
    let value = f32::from_bits(crate::abi::flat_values::low_half(bits));
    if value.is_nan() { Ok(lifted.nan_bits(cx)?.encode_f32(value).into()) } else { Ok(bits) }
}

/// Returns the bits that an `f64` arrives with: `maybe_scramble_nan64`.
pub(super) fn f64_bits<C: TransferContext + ?Sized>(
    cx: &mut C,
    lifted: &mut Lifted,
    bits: u64,
) -> Result<u64, Failure> {
    let value = f64::from_bits(bits);
    if value.is_nan() { Ok(lifted.nan_bits(cx)?.encode_f64(value)) } else { Ok(bits) }
}

/// Replaces the NaNs among `length` plain values of type `ty`, which were copied to `to`.
pub(super) fn lower<C: TransferContext + ?Sized>(
    cx: &mut C,
    lifted: &mut Lifted,
    ty: &Type,
    to: u64,
    length: u64,
) -> Result<(), Failure> {
    if !ty.contains_float() || length == 0 {
        return Ok(());
    }
    let bytes = ty.abi().of(cx.options().address_type).size.saturating_mul(length);
    let copied = range_mut(cx.memory_mut(), to, bytes).ok_or(AbiError::UncheckedAddress)?;
    if !has_nan(ty, copied) {
        return Ok(());
    }
    let nan = lifted.nan_bits(cx)?;
    let copied = range_mut(cx.memory_mut(), to, bytes).ok_or(AbiError::UncheckedAddress)?;
    replace(ty, copied, nan);
    Ok(())
}

/// Returns the type of the floats that a value consists of, if it consists of floats of one type.
fn only_floats(ty: &Type) -> Option<&Type> {
    match ty {
        Type::F32 | Type::F64 => Some(ty),
        Type::List(list) => only_floats(list.element()),
        Type::Record(record) => {
            let mut kinds = record.fields().iter().map(|field| only_floats(field.ty()));
            let first = kinds.next()??;
            kinds.all(|kind| kind == Some(first)).then_some(first)
        }
        _ => None,
    }
}

/// Returns `true` if there is a NaN among plain values of type `ty`.
fn has_nan(ty: &Type, bytes: &[u8]) -> bool {
    match (only_floats(ty), ty) {
        // A block is searched to its end, so that several floats are looked at at once.
        (Some(Type::F32), _) => bytes.as_chunks().0.chunks(BLOCK).any(|block| {
            block.iter().fold(false, |found, float| found | f32::from_le_bytes(*float).is_nan())
        }),
        (Some(_), _) => bytes.as_chunks().0.chunks(BLOCK).any(|block| {
            block.iter().fold(false, |found, float| found | f64::from_le_bytes(*float).is_nan())
        }),
        (None, Type::Record(record)) => bytes.chunks_exact(size(ty)).any(|value| {
            parts(record)
                .any(|(ty, start, end)| value.get(start..end).is_some_and(|it| has_nan(ty, it)))
        }),
        (None, Type::List(list)) => has_nan(list.element(), bytes),
        (None, _) => false,
    }
}

/// Replaces the NaNs among plain values of type `ty`.
fn replace(ty: &Type, bytes: &mut [u8], nan: NanBits) {
    match (only_floats(ty), ty) {
        (Some(Type::F32), _) => {
            for float in bytes.as_chunks_mut().0 {
                *float = nan.encode_f32(f32::from_le_bytes(*float)).to_le_bytes();
            }
        }
        (Some(_), _) => {
            for float in bytes.as_chunks_mut().0 {
                *float = nan.encode_f64(f64::from_le_bytes(*float)).to_le_bytes();
            }
        }
        (None, Type::Record(record)) => {
            for value in bytes.chunks_exact_mut(size(ty)) {
                for (ty, start, end) in parts(record) {
                    if let Some(part) = value.get_mut(start..end) {
                        replace(ty, part, nan);
                    }
                }
            }
        }
        (None, Type::List(list)) => replace(list.element(), bytes, nan),
        (None, _) => {}
    }
}

/// Returns the fields that contain floats, with the places of their bytes.
fn parts(record: &RecordType) -> impl Iterator<Item = (&Type, usize, usize)> {
    let fields = record.fields().iter().filter(|field| field.ty().contains_float());
    fields.filter_map(|field| {
        let start = usize::try_from(field.offset().narrow).ok()?;
        Some((field.ty(), start, start.checked_add(size(field.ty()))?))
    })
}

/// Returns the size of a plain value, which is the same in memories of both widths.
fn size(ty: &Type) -> usize {
    usize::try_from(ty.abi().narrow.size).unwrap_or(usize::MAX).max(1)
}
