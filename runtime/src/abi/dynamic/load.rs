//! Lifting: the reference's `load` and `lift_flat`.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::error::{Error, Failure};
use crate::trap::{EndKind, Trap};

use super::super::string::load_string_from_range;
use super::super::typed::{load_pair, next_pair, owned};
use super::super::{CoreValueIter, Lift, LiftContext, LiftHandles};
use super::ty::{Case, EndType, Field, ListShape, ListType, RecordType, Type, VariantType};
use super::val::Val;

/// `load`: the value of type `ty` that lies in `bytes`, which may be longer.
///
/// # Errors
///
/// The traps of [`Lift`].
///
/// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#loading)
pub(super) fn load<'a, H: LiftHandles>(
    cx: &mut LiftContext<'a, H>,
    bytes: &'a [u8],
    ty: &Type,
) -> Result<Val, Failure> {
    Ok(match ty {
        Type::Bool => Val::Bool(Lift::load(cx, bytes)?),
        Type::S8 => Val::S8(Lift::load(cx, bytes)?),
        Type::U8 => Val::U8(Lift::load(cx, bytes)?),
        Type::S16 => Val::S16(Lift::load(cx, bytes)?),
        Type::U16 => Val::U16(Lift::load(cx, bytes)?),
        Type::S32 => Val::S32(Lift::load(cx, bytes)?),
        Type::U32 => Val::U32(Lift::load(cx, bytes)?),
        Type::S64 => Val::S64(Lift::load(cx, bytes)?),
        Type::U64 => Val::U64(Lift::load(cx, bytes)?),
        Type::F32 => Val::F32(Lift::load(cx, bytes)?),
        Type::F64 => Val::F64(Lift::load(cx, bytes)?),
        Type::Char => Val::Char(Lift::load(cx, bytes)?),
        Type::String => {
            let (address, length) = load_pair(cx, bytes)?;
            load_string(cx, address, length)?
        }
        Type::ErrorContext | Type::Own(_) | Type::Borrow(_) | Type::Stream(_) | Type::Future(_) => {
            let index = u32::load(cx, bytes)?;
            lift_handle(cx, index, ty)?
        }
        Type::List(list) => load_list(cx, bytes, list)?,
        Type::Record(record) => Val::Record(load_record(cx, bytes, record)?),
        Type::Variant(variant) => load_variant(cx, bytes, variant)?,
        Type::Flags(flags) => Val::Flags(flags.abi().load(bytes)?),
    })
}

fn load_string<H>(
    cx: &LiftContext<'_, H>,
    address: u64,
    tagged_code_units: u64,
) -> Result<Val, Failure> {
    let (text, _) = load_string_from_range(cx, address, tagged_code_units)?;
    Ok(Val::String(owned(text).into()))
}

/// `lift_own`, `lift_borrow`, `lift_stream`, `lift_future` and `lift_error_context`
fn lift_handle<H: LiftHandles>(
    cx: &mut LiftContext<'_, H>,
    index: u32,
    ty: &Type,
) -> Result<Val, Failure> {
    let handles = &mut cx.handles;
    let mut end = |kind, end: &EndType| handles.lift_end(kind, end.index(), index);
    Ok(match ty {
        Type::Stream(stream) => Val::Stream(end(EndKind::Stream, stream)?),
        Type::Future(future) => Val::Future(end(EndKind::Future, future)?),
        Type::Own(ty) => Val::Own(handles.lift_own(*ty, index)?),
        Type::Borrow(ty) => Val::Borrow(handles.lift_borrow(*ty, index)?),
        _ => Val::ErrorContext(handles.lift_error_context(index)?),
    })
}

fn load_list<'a, H: LiftHandles>(
    cx: &mut LiftContext<'a, H>,
    bytes: &'a [u8],
    list: &ListType,
) -> Result<Val, Failure> {
    if let ListShape::FixedLength(_) = list.shape() {
        let size = list.facts.abi.of(cx.options.address_type).size;
        let bytes = usize::try_from(size).ok().and_then(|size| bytes.get(..size));
        return load_list_from_valid_range(cx, bytes.ok_or(Trap::PointerOutOfBounds)?, list);
    }
    let (address, length) = load_pair(cx, bytes)?;
    load_list_from_range(cx, address, length, list)
}

fn load_list_from_range<H: LiftHandles>(
    cx: &mut LiftContext<'_, H>,
    address: u64,
    length: u64,
    list: &ListType,
) -> Result<Val, Failure> {
    let layout = list.element().abi().of(cx.options.address_type);
    let bytes = cx.load_list_from_range(address, length, layout)?;
    load_list_from_valid_range(cx, bytes, list)
}

fn load_list_from_valid_range<'a, H: LiftHandles>(
    cx: &mut LiftContext<'a, H>,
    bytes: &'a [u8],
    list: &ListType,
) -> Result<Val, Failure> {
    let size = list.element().abi().of(cx.options.address_type).size;
    let stride = usize::try_from(size).unwrap_or(usize::MAX).max(1);
    let mut elements = Vec::with_capacity(bytes.len() / stride);
    for bytes in bytes.chunks_exact(stride) {
        elements.push(load(cx, bytes, list.element())?);
    }
    Ok(Val::List(elements))
}

pub(super) fn load_record<'a, H: LiftHandles>(
    cx: &mut LiftContext<'a, H>,
    bytes: &'a [u8],
    record: &RecordType,
) -> Result<Vec<Val>, Failure> {
    let mut fields = Vec::with_capacity(record.fields().len());
    for field in record.fields() {
        let offset = usize::try_from(field.offset().of(cx.options.address_type)).ok();
        let bytes = offset.and_then(|offset| bytes.get(offset..));
        fields.push(load(cx, bytes.ok_or(Trap::PointerOutOfBounds)?, field.ty())?);
    }
    Ok(fields)
}

fn load_variant<'a, H: LiftHandles>(
    cx: &mut LiftContext<'a, H>,
    bytes: &'a [u8],
    variant: &VariantType,
) -> Result<Val, Failure> {
    let (case, bytes) = variant.variant.load(cx, bytes)?;
    let payload = match variant.case(case).and_then(Case::payload) {
        None => None,
        Some(ty) => Some(Box::new(load(cx, bytes, ty)?)),
    };
    Ok(Val::Variant(case, payload))
}

/// `lift_flat`: the value of type `ty` that the next core values are.
///
/// # Errors
///
/// The traps of [`Lift`].
///
/// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#flat-lifting)
pub(super) fn lift_flat<H: LiftHandles>(
    cx: &mut LiftContext<'_, H>,
    values: &mut CoreValueIter<'_>,
    ty: &Type,
) -> Result<Val, Failure> {
    Ok(match ty {
        Type::Bool => Val::Bool(Lift::lift_flat(cx, values)?),
        Type::S8 => Val::S8(Lift::lift_flat(cx, values)?),
        Type::U8 => Val::U8(Lift::lift_flat(cx, values)?),
        Type::S16 => Val::S16(Lift::lift_flat(cx, values)?),
        Type::U16 => Val::U16(Lift::lift_flat(cx, values)?),
        Type::S32 => Val::S32(Lift::lift_flat(cx, values)?),
        Type::U32 => Val::U32(Lift::lift_flat(cx, values)?),
        Type::S64 => Val::S64(Lift::lift_flat(cx, values)?),
        Type::U64 => Val::U64(Lift::lift_flat(cx, values)?),
        Type::F32 => Val::F32(Lift::lift_flat(cx, values)?),
        Type::F64 => Val::F64(Lift::lift_flat(cx, values)?),
        Type::Char => Val::Char(Lift::lift_flat(cx, values)?),
        Type::String => {
            let (address, length) = next_pair(cx, values)?;
            load_string(cx, address, length)?
        }
        Type::ErrorContext | Type::Own(_) | Type::Borrow(_) | Type::Stream(_) | Type::Future(_) => {
            lift_handle(cx, values.next_u32()?, ty)?
        }
        Type::List(list) => lift_flat_list(cx, values, list)?,
        Type::Record(record) => Val::Record(lift_flat_record(cx, values, record)?),
        Type::Variant(variant) => lift_flat_variant(cx, values, variant)?,
        Type::Flags(flags) => Val::Flags(flags.abi().lift_flat(values)?),
    })
}

fn lift_flat_list<H: LiftHandles>(
    cx: &mut LiftContext<'_, H>,
    values: &mut CoreValueIter<'_>,
    list: &ListType,
) -> Result<Val, Failure> {
    let ListShape::FixedLength(length) = list.shape() else {
        let (address, length) = next_pair(cx, values)?;
        return load_list_from_range(cx, address, length, list);
    };
    // Never more than the core values that there are.
    if u64::from(length) > u64::try_from(values.remaining()).unwrap_or(u64::MAX) {
        return Err(Error::FlatValueCount.into());
    }
    (0..length)
        .map(|_| lift_flat(cx, values, list.element()))
        .collect::<Result<_, _>>()
        .map(Val::List)
}

pub(super) fn lift_flat_record<H: LiftHandles>(
    cx: &mut LiftContext<'_, H>,
    values: &mut CoreValueIter<'_>,
    record: &RecordType,
) -> Result<Vec<Val>, Failure> {
    record.fields().iter().map(Field::ty).map(|ty| lift_flat(cx, values, ty)).collect()
}

fn lift_flat_variant<H: LiftHandles>(
    cx: &mut LiftContext<'_, H>,
    values: &mut CoreValueIter<'_>,
    variant: &VariantType,
) -> Result<Val, Failure> {
    let (case, mut values) = variant.variant.lift_flat(cx, values)?;
    let payload = match variant.case(case).and_then(Case::payload) {
        None => None,
        Some(ty) => Some(Box::new(lift_flat(cx, &mut values, ty)?)),
    };
    Ok(Val::Variant(case, payload))
}
