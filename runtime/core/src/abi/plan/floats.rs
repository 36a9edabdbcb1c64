//! Floats: a NaN arrives with other bits, in its place among bytes that were copied.

use crate::error::{AbiError, Failure};

use super::context::TransferContext;
use super::handles::Lifted;
use crate::abi::memory::range_mut;
use crate::abi::{NanBits, Type};

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
        (None, _) => has_nan_among(ty, bytes, 0, size(ty)),
    }
}

/// Returns `true` if there is a NaN among plain values of type `ty`, the first of which is at
/// `offset`, and each other one `stride` bytes after the one before.
fn has_nan_among(ty: &Type, bytes: &[u8], offset: usize, stride: usize) -> bool {
    let values = bytes.get(offset..).unwrap_or_default().chunks(stride);
    match ty {
        Type::F32 => {
            let mut floats = values.filter_map(|value| value.first_chunk());
            floats.any(|float| f32::from_le_bytes(*float).is_nan())
        }
        Type::F64 => {
            let mut floats = values.filter_map(|value| value.first_chunk());
            floats.any(|float| f64::from_le_bytes(*float).is_nan())
        }
        _ => parts(ty).any(|(ty, at)| has_nan_among(ty, bytes, offset.saturating_add(at), stride)),
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
        (None, _) => replace_among(ty, bytes, (0, size(ty)), nan),
    }
}

/// Replaces the NaNs among plain values of type `ty`, which lie as in [`has_nan_among`].
fn replace_among(ty: &Type, bytes: &mut [u8], (offset, stride): (usize, usize), nan: NanBits) {
    let values = bytes.get_mut(offset..).unwrap_or_default().chunks_mut(stride);
    match ty {
        Type::F32 => {
            for float in values.filter_map(|value| value.first_chunk_mut()) {
                *float = nan.encode_f32(f32::from_le_bytes(*float)).to_le_bytes();
            }
        }
        Type::F64 => {
            for float in values.filter_map(|value| value.first_chunk_mut()) {
                *float = nan.encode_f64(f64::from_le_bytes(*float)).to_le_bytes();
            }
        }
        _ => {
            for (ty, at) in parts(ty) {
                replace_among(ty, bytes, (offset.saturating_add(at), stride), nan);
            }
        }
    }
}

/// Returns the fields of a record, or the elements of a fixed-length list, that contain floats, with
/// their offsets.
fn parts(ty: &Type) -> impl Iterator<Item = (&Type, usize)> {
    let (fields, element) = match ty {
        Type::Record(record) => (record.fields(), None),
        Type::List(list) => (&[][..], Some(list.element())),
        _ => (&[][..], None),
    };
    let fields = fields.iter().filter(|field| field.ty().contains_float());
    let fields =
        fields.filter_map(|field| Some((field.ty(), usize::try_from(field.offset().narrow).ok()?)));
    let elements = element.into_iter().flat_map(move |element| {
        (0..size(ty)).step_by(size(element)).map(move |offset| (element, offset))
    });
    fields.chain(elements)
}

/// Returns the size of a plain value, which is the same in memories of both widths.
fn size(ty: &Type) -> usize {
    usize::try_from(ty.abi().narrow.size).unwrap_or(usize::MAX).max(1)
}
