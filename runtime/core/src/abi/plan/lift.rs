//! The first pass: it lifts values as far as lifting can trap, and lowers nothing.
//!
//! After it, only faults of the destination can trap. This is as in the reference, which lifts
//! all values before it lowers the first. Handles are lifted here, and not again. The pass skips
//! values that can't be malformed, a list of any length in one step.

use crate::error::{AbiError, Failure};

use super::context::{TransferContext, source};
use super::elements::numbers;
use super::handles::Lifted;
use super::place::From;
use crate::abi::scalar::{check_case_index, convert_i32_to_char};
use crate::abi::string::load_string_from_range;
use crate::abi::typed::load_pair;
use crate::abi::{Case, ListShape, ListType, RecordType, Type, VariantType, discriminant_size};

/// Checks a value of type `ty`: `load` or `lift_flat`.
fn value<C: TransferContext + ?Sized>(
    cx: &mut C,
    lifted: &mut Lifted,
    ty: &Type,
    from: &mut From<'_, '_>,
) -> Result<(), Failure> {
    match ty {
        Type::Char => convert_i32_to_char(from.word(cx, 4)?).map(|_| ()),
        Type::String => {
            let (address, length) = from.pair(cx)?;
            let (_, form) = load_string_from_range(&source(cx), address, length)?;
            lifted.charge(cx, address, form.byte_length())
        }
        Type::ErrorContext | Type::Own(_) | Type::Borrow(_) | Type::Stream(_) | Type::Future(_) => {
            let index = from.word(cx, 4)?;
            lifted.lift(cx, ty, index)
        }
        Type::List(list) => self::list(cx, lifted, list, from),
        Type::Record(record) => self::record(cx, lifted, record, from),
        Type::Variant(variant) => self::variant(cx, lifted, variant, from),
        Type::Bool
        | Type::S8
        | Type::U8
        | Type::S16
        | Type::U16
        | Type::S32
        | Type::U32
        | Type::S64
        | Type::U64
        | Type::F32
        | Type::F64
        | Type::Flags(_) => from.skip(cx, ty),
    }
}

fn list<C: TransferContext + ?Sized>(
    cx: &mut C,
    lifted: &mut Lifted,
    list: &ListType,
    from: &mut From<'_, '_>,
) -> Result<(), Failure> {
    let element = list.element();
    if let ListShape::FixedLength(length) = list.shape() {
        return match from {
            From::Memory(address) => elements(cx, lifted, element, *address, length.into()),
            From::Flat(_) => (0..length).try_for_each(|_| value(cx, lifted, element, from)),
        };
    }
    let (address, length) = from.pair(cx)?;
    let layout = element.abi().of(cx.source_options().address_type);
    source(cx).load_list_from_range(address, length, layout)?;
    lifted.charge(cx, address, layout.size.saturating_mul(length))?;
    elements(cx, lifted, element, address, length)
}

/// Checks `length` values of type `element`, one after the other: `load_list_from_valid_range`.
pub(super) fn elements<C: TransferContext + ?Sized>(
    cx: &mut C,
    lifted: &mut Lifted,
    element: &Type,
    address: u64,
    length: u64,
) -> Result<(), Failure> {
    if !element.lifting_traps() {
        return Ok(());
    }
    let size = element.abi().of(cx.source_options().address_type).size;
    let bytes = || {
        let bytes = cx.source_bytes(address, size.saturating_mul(length));
        bytes.ok_or(AbiError::UncheckedAddress)
    };
    match element {
        Type::Char => {
            let (characters, _) = bytes()?.as_chunks();
            let mut numbers = characters.iter().map(|bytes| u32::from_le_bytes(*bytes));
            numbers.try_for_each(|number| convert_i32_to_char(number).map(|_| ()))
        }
        Type::String => {
            let source = source(cx);
            for pair in bytes()?.chunks_exact(usize::try_from(size).unwrap_or(1).max(1)) {
                let (address, length) = load_pair(&source, pair)?;
                let (_, form) = load_string_from_range(&source, address, length)?;
                lifted.charge(cx, address, form.byte_length())?;
            }
            Ok(())
        }
        Type::Variant(variant) if variant.has_no_payloads() => {
            let cases = variant.cases().len();
            let mut all = numbers(bytes()?, discriminant_size(cases));
            all.try_for_each(|index| check_case_index(index, cases).map(|_| ()))
        }
        _ => {
            let mut address = address;
            for _ in 0..length {
                value(cx, lifted, element, &mut From::Memory(address))?;
                address = address.saturating_add(size);
            }
            Ok(())
        }
    }
}

/// Checks the fields of a record, or the values of a list of types.
pub(super) fn record<C: TransferContext + ?Sized>(
    cx: &mut C,
    lifted: &mut Lifted,
    record: &RecordType,
    from: &mut From<'_, '_>,
) -> Result<(), Failure> {
    for field in record.fields() {
        let mut from = from.part(cx, field.offset());
        if field.ty().lifting_traps() {
            value(cx, lifted, field.ty(), &mut from)?;
        } else {
            from.skip(cx, field.ty())?;
        }
    }
    Ok(())
}

fn variant<C: TransferContext + ?Sized>(
    cx: &mut C,
    lifted: &mut Lifted,
    variant: &VariantType,
    from: &mut From<'_, '_>,
) -> Result<(), Failure> {
    let (case, mut payload) = from.case(cx, variant.variant())?;
    match variant.case(case).and_then(Case::payload) {
        Some(ty) if ty.lifting_traps() => value(cx, lifted, ty, &mut payload.from()),
        _ => Ok(()),
    }
}
