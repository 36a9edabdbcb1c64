//! Lifting of values whose types are known at run time: the reference's `load` and `lift_flat`.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::error::{AbiError, Failure};
use crate::trap::{EndKind, Trap};

use super::ty::{Case, EndType, ListShape, ListType, RecordType, Type, VariantType};
use super::val::Val;
use crate::abi::string::load_string_from_range;
use crate::abi::typed::{charge, load_pair, next_pair, owned, reserve, reserved};
use crate::abi::{CoreValueIter, Lift, LiftContext, LiftHandles};

/// Lifts a value of any type. `$lifted` lifts it, if it is one of a Rust type, whatever that is;
/// the other arms lift other values.
macro_rules! lifted {
    ($ty:expr, $lifted:expr, { $($others:tt)* }) => {
        match $ty {
            Type::Bool => Val::Bool($lifted),
            Type::S8 => Val::S8($lifted),
            Type::U8 => Val::U8($lifted),
            Type::S16 => Val::S16($lifted),
            Type::U16 => Val::U16($lifted),
            Type::S32 => Val::S32($lifted),
            Type::U32 => Val::U32($lifted),
            Type::S64 => Val::S64($lifted),
            Type::U64 => Val::U64($lifted),
            Type::F32 => Val::F32($lifted),
            Type::F64 => Val::F64($lifted),
            Type::Char => Val::Char($lifted),
            $($others)*
        }
    };
}

/// Loads the value of type `ty` in `bytes`, which may be longer: `load`.
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
    Ok(lifted!(ty, Lift::load(cx, bytes)?, {
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
    }))
}

fn load_string<H>(
    cx: &mut LiftContext<'_, H>,
    address: u64,
    tagged_code_units: u64,
) -> Result<Val, Failure> {
    let (text, _) = load_string_from_range(cx, address, tagged_code_units)?;
    Ok(Val::String(owned(cx, text)?.into()))
}

/// Lifts a handle: `lift_own`, `lift_borrow`, `lift_stream`, `lift_future` and
/// `lift_error_context`.
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
        let bytes = bytes.ok_or(Trap::PointerOutOfBounds)?;
        return load_list_from_valid_range(cx, bytes, list.element()).map(Val::List);
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
    load_list_from_valid_range(cx, bytes, list.element()).map(Val::List)
}

/// Loads the values of type `ty` that fill `bytes`: `load_list_from_valid_range`.
pub(super) fn load_list_from_valid_range<'a, H: LiftHandles>(
    cx: &mut LiftContext<'a, H>,
    bytes: &'a [u8],
    ty: &Type,
) -> Result<Vec<Val>, Failure> {
    let size = ty.abi().of(cx.options.address_type).size;
    let stride = usize::try_from(size).unwrap_or(usize::MAX).max(1);
    let mut elements = reserved(cx, bytes.len() / stride)?;
    for bytes in bytes.chunks_exact(stride) {
        elements.push(load(cx, bytes, ty)?);
    }
    Ok(elements)
}

pub(super) fn load_record<'a, H: LiftHandles>(
    cx: &mut LiftContext<'a, H>,
    bytes: &'a [u8],
    record: &RecordType,
) -> Result<Vec<Val>, Failure> {
    let mut fields = Vec::new();
    load_fields(cx, bytes, record, &mut fields)?;
    Ok(fields)
}

/// Adds the fields of a record to `fields`.
pub(super) fn load_fields<'a, H: LiftHandles>(
    cx: &mut LiftContext<'a, H>,
    bytes: &'a [u8],
    record: &RecordType,
    fields: &mut Vec<Val>,
) -> Result<(), Failure> {
    reserve(cx, fields, record.fields().len())?;
    for field in record.fields() {
        let offset = usize::try_from(field.offset().of(cx.options.address_type)).ok();
        let bytes = offset.and_then(|offset| bytes.get(offset..));
        fields.push(load(cx, bytes.ok_or(Trap::PointerOutOfBounds)?, field.ty())?);
    }
    Ok(())
}

fn load_variant<'a, H: LiftHandles>(
    cx: &mut LiftContext<'a, H>,
    bytes: &'a [u8],
    variant: &VariantType,
) -> Result<Val, Failure> {
    let (case, bytes) = variant.variant.load(cx, bytes)?;
    let payload = match variant.case(case).and_then(Case::payload) {
        None => None,
        Some(ty) => {
            charge::<Val, H>(cx, 1)?;
            Some(Box::new(load(cx, bytes, ty)?))
        }
    };
    Ok(Val::Variant(case, payload))
}

/// Lifts a value of type `ty` from the next core values: `lift_flat`.
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
    Ok(lifted!(ty, Lift::lift_flat(cx, values)?, {
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
    }))
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
    // Each element has at least one core value, so that there are at most as many elements as
    // core values.
    let length = usize::try_from(length).ok().filter(|it| *it <= values.remaining());
    let length = length.ok_or(AbiError::FlatValueCount)?;
    let mut elements = reserved(cx, length)?;
    for _ in 0..length {
        elements.push(lift_flat(cx, values, list.element())?);
    }
    Ok(Val::List(elements))
}

pub(super) fn lift_flat_record<H: LiftHandles>(
    cx: &mut LiftContext<'_, H>,
    values: &mut CoreValueIter<'_>,
    record: &RecordType,
) -> Result<Vec<Val>, Failure> {
    let mut fields = Vec::new();
    lift_flat_fields(cx, values, record, &mut fields)?;
    Ok(fields)
}

/// Adds the fields of a record to `fields`.
pub(super) fn lift_flat_fields<H: LiftHandles>(
    cx: &mut LiftContext<'_, H>,
    values: &mut CoreValueIter<'_>,
    record: &RecordType,
    fields: &mut Vec<Val>,
) -> Result<(), Failure> {
    reserve(cx, fields, record.fields().len())?;
    for field in record.fields() {
        fields.push(lift_flat(cx, values, field.ty())?);
    }
    Ok(())
}

fn lift_flat_variant<H: LiftHandles>(
    cx: &mut LiftContext<'_, H>,
    values: &mut CoreValueIter<'_>,
    variant: &VariantType,
) -> Result<Val, Failure> {
    let (case, mut values) = variant.variant.lift_flat(cx, values)?;
    let payload = match variant.case(case).and_then(Case::payload) {
        None => None,
        Some(ty) => {
            charge::<Val, H>(cx, 1)?;
            Some(Box::new(lift_flat(cx, &mut values, ty)?))
        }
    };
    Ok(Val::Variant(case, payload))
}
