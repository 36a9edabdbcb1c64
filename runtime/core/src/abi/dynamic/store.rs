//! Lowering of values whose types are known at run time: the reference's `store` and `lower_flat`.
//!
//! Values were checked before. If one doesn't have its type, that is [`AbiError::ValueMismatch`].

use crate::error::{AbiError, Error, Failure};
use crate::trap::EndKind;

use super::ty::{Case, ListShape, ListType, RecordType, Type, VariantType};
use super::val::Val;
use crate::abi::context::{LowerContextExt as _, LoweringSteps as _};
use crate::abi::{FlatValues, Lower, LowerContext};

const MISMATCH: Failure = Failure::Error(Error::Abi(AbiError::ValueMismatch));

/// Lowers a value of any type. `$lower` lowers `$it`, if the value is one of a Rust type; the
/// other arms lower other values.
macro_rules! lowered {
    ($ty_and_val:expr, $it:ident => $lower:expr, { $($others:tt)* }) => {
        match $ty_and_val {
            (Type::Bool, Val::Bool($it)) => $lower,
            (Type::S8, Val::S8($it)) => $lower,
            (Type::U8, Val::U8($it)) => $lower,
            (Type::S16, Val::S16($it)) => $lower,
            (Type::U16, Val::U16($it)) => $lower,
            (Type::S32, Val::S32($it)) => $lower,
            (Type::U32, Val::U32($it)) => $lower,
            (Type::S64, Val::S64($it)) => $lower,
            (Type::U64, Val::U64($it)) => $lower,
            (Type::F32, Val::F32($it)) => $lower,
            (Type::F64, Val::F64($it)) => $lower,
            (Type::Char, Val::Char($it)) => $lower,
            (Type::String, Val::String($it)) => $lower,
            $($others)*
        }
    };
}

/// Writes a value of type `ty` at `address`, where there is room for it: `store`.
///
/// # Errors
///
/// The traps and errors of [`Lower`].
///
/// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#storing)
pub(super) fn store<C: LowerContext + ?Sized>(
    cx: &mut C,
    val: &Val,
    ty: &Type,
    address: u64,
) -> Result<(), Failure> {
    lowered!((ty, val), it => it.store(cx, address), {
        (Type::List(list), Val::List(elements)) => store_list(cx, elements, list, address),
        (Type::Record(record), Val::Record(fields)) => store_record(cx, fields, record, address),
        (Type::Variant(variant), Val::Variant(case, payload)) => {
            store_variant(cx, *case, payload.as_deref(), variant, address)
        }
        (Type::Flags(flags), Val::Flags(bits)) => flags.abi().store(cx, address, *bits),
        _ => lower_handle(cx, val, ty)?.store(cx, address),
    })
}

/// Lowers a handle: `lower_own`, `lower_borrow`, `lower_stream`, `lower_future` and
/// `lower_error_context`.
fn lower_handle<C: LowerContext + ?Sized>(
    cx: &mut C,
    val: &Val,
    ty: &Type,
) -> Result<u32, Failure> {
    match (ty, val) {
        (Type::Own(ty), Val::Own(resource)) => cx.lower_own(*ty, *resource),
        (Type::Borrow(ty), Val::Borrow(resource)) => cx.lower_borrow(*ty, *resource),
        (Type::Stream(ty), Val::Stream(end)) => cx.lower_end(EndKind::Stream, ty.index(), *end),
        (Type::Future(ty), Val::Future(end)) => cx.lower_end(EndKind::Future, ty.index(), *end),
        (Type::ErrorContext, Val::ErrorContext(it)) => cx.lower_error_context(*it),
        _ => Err(MISMATCH),
    }
}

fn store_list<C: LowerContext + ?Sized>(
    cx: &mut C,
    elements: &[Val],
    list: &ListType,
    address: u64,
) -> Result<(), Failure> {
    if let ListShape::FixedLength(_) = list.shape() {
        return store_list_into_valid_range(cx, elements, list.element(), address);
    }
    let pair = store_list_into_range(cx, elements, list)?;
    cx.write_pair(address, pair)
}

fn store_list_into_range<C: LowerContext + ?Sized>(
    cx: &mut C,
    elements: &[Val],
    list: &ListType,
) -> Result<(u64, u64), Failure> {
    let layout = list.element().abi().of(cx.options().address_type);
    let address = cx.allocate_list(elements.len(), layout)?;
    store_list_into_valid_range(cx, elements, list.element(), address)?;
    Ok((address, u64::try_from(elements.len()).map_err(|_| AbiError::TooLong)?))
}

/// Writes values of type `ty` one after the other: `store_list_into_valid_range`.
pub(super) fn store_list_into_valid_range<C: LowerContext + ?Sized>(
    cx: &mut C,
    elements: &[Val],
    ty: &Type,
    mut address: u64,
) -> Result<(), Failure> {
    let size = ty.abi().of(cx.options().address_type).size;
    for val in elements {
        store(cx, val, ty, address)?;
        address = address.saturating_add(size);
    }
    Ok(())
}

pub(super) fn store_record<C: LowerContext + ?Sized>(
    cx: &mut C,
    fields: &[Val],
    record: &RecordType,
    address: u64,
) -> Result<(), Failure> {
    record.fields().iter().zip(fields).try_for_each(|(field, val)| {
        let offset = field.offset().of(cx.options().address_type);
        store(cx, val, field.ty(), address.saturating_add(offset))
    })
}

fn store_variant<C: LowerContext + ?Sized>(
    cx: &mut C,
    case: u32,
    payload: Option<&Val>,
    variant: &VariantType,
    address: u64,
) -> Result<(), Failure> {
    variant.variant.store(cx, address, case, &())?;
    let offset = variant.variant.payload_offset().of(cx.options().address_type);
    match (payload, variant.case(case).and_then(Case::payload)) {
        (Some(val), Some(ty)) => store(cx, val, ty, address.saturating_add(offset)),
        (None, None) => Ok(()),
        _ => Err(MISMATCH),
    }
}

/// Adds the core values of a value of type `ty` to `flat`: `lower_flat`.
///
/// # Errors
///
/// The traps and errors of [`Lower`].
///
/// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#flat-lowering)
pub(super) fn lower_flat<C: LowerContext + ?Sized>(
    cx: &mut C,
    val: &Val,
    ty: &Type,
    flat: &mut FlatValues,
) -> Result<(), Failure> {
    lowered!((ty, val), it => it.lower_flat(cx, flat), {
        (Type::List(list), Val::List(elements)) => lower_flat_list(cx, elements, list, flat),
        (Type::Record(record), Val::Record(fields)) => lower_flat_record(cx, fields, record, flat),
        (Type::Variant(variant), Val::Variant(case, payload)) => {
            lower_flat_variant(cx, *case, payload.as_deref(), variant, flat)
        }
        (Type::Flags(flags), Val::Flags(bits)) => flags.abi().lower_flat(flat, *bits),
        _ => lower_handle(cx, val, ty)?.lower_flat(cx, flat),
    })
}

fn lower_flat_list<C: LowerContext + ?Sized>(
    cx: &mut C,
    elements: &[Val],
    list: &ListType,
    flat: &mut FlatValues,
) -> Result<(), Failure> {
    if let ListShape::FixedLength(_) = list.shape() {
        return elements.iter().try_for_each(|val| lower_flat(cx, val, list.element(), flat));
    }
    let (address, length) = store_list_into_range(cx, elements, list)?;
    flat.push(address)?;
    flat.push(length)
}

pub(super) fn lower_flat_record<C: LowerContext + ?Sized>(
    cx: &mut C,
    fields: &[Val],
    record: &RecordType,
    flat: &mut FlatValues,
) -> Result<(), Failure> {
    let fields = record.fields().iter().zip(fields);
    fields.into_iter().try_for_each(|(field, val)| lower_flat(cx, val, field.ty(), flat))
}

fn lower_flat_variant<C: LowerContext + ?Sized>(
    cx: &mut C,
    case: u32,
    payload: Option<&Val>,
    variant: &VariantType,
    flat: &mut FlatValues,
) -> Result<(), Failure> {
    let end = variant.variant.begin_flat(cx, flat, case)?;
    match (payload, variant.case(case).and_then(Case::payload)) {
        (Some(val), Some(ty)) => lower_flat(cx, val, ty, flat)?,
        (None, None) => {}
        _ => return Err(MISMATCH),
    }
    flat.pad_to(end)
}
