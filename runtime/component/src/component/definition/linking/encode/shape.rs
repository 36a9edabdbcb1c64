//! The types that code is generated for. Native code moves values of other types.

use alloc::vec::Vec;

use crate::abi::{
    Abi, Case, Field, ListShape, Offset, StringEncoding, Type, TypeList, VariantType,
};
use crate::component::definition::linking::link_input::LinkInput;
use crate::limit::MAX_FLAT_PARAMS;

/// The largest number of parts of values that code is generated for. Each element of a fixed-length
/// list is a part.
const MAX_PARTS: u32 = 200;

/// Returns `true` if code is generated that moves values of these types.
pub(super) fn is_code_made(input: &LinkInput<'_>, types: &TypeList) -> bool {
    let encodings = [input.caller, input.callee].map(|side| side.options.string_encoding);
    let copies_strings = matches!(
        encodings,
        [StringEncoding::Utf8, StringEncoding::Utf8]
            | [StringEncoding::Utf16, StringEncoding::Utf16]
    );
    let parts = types.types().fold(0, |sum: u32, ty| sum.saturating_add(parts(ty)));
    parts <= MAX_PARTS && types.types().all(|ty| is_simple(ty, copies_strings))
}

/// Returns the number of parts of a value of a type.
fn parts(ty: &Type) -> u32 {
    let all = |parts: &mut dyn Iterator<Item = &Type>| {
        parts.fold(1, |sum: u32, ty| sum.saturating_add(self::parts(ty)))
    };
    match ty {
        Type::List(list) => match list.shape() {
            // A list that is not longer may be passed as core values.
            ListShape::FixedLength(length) if is_copied(ty) => length.min(MAX_FLAT_PARAMS),
            ListShape::FixedLength(length) => parts(list.element()).saturating_mul(length),
            ListShape::List | ListShape::Map => 1,
        },
        Type::Record(record) => all(&mut record.fields().iter().map(Field::ty)),
        Type::Variant(variant) => all(&mut variant.cases().iter().filter_map(Case::payload)),
        _ => 1,
    }
}

fn is_simple(ty: &Type, copies_strings: bool) -> bool {
    match ty {
        Type::String => copies_strings,
        Type::List(list) => match list.shape() {
            ListShape::List | ListShape::Map => is_copied(list.element()),
            ListShape::FixedLength(_) => is_simple(list.element(), copies_strings),
        },
        Type::Record(record) => {
            record.fields().iter().all(|field| is_simple(field.ty(), copies_strings))
        }
        Type::Variant(variant) => {
            let mut payloads = variant.cases().iter().filter_map(Case::payload);
            payloads.all(|payload| is_simple(payload, copies_strings))
        }
        _ => true,
    }
}

/// Returns `true` if a value is moved by copying its bytes.
pub(super) fn is_copied(ty: &Type) -> bool {
    ty.is_plain() && !ty.contains_float()
}

/// Returns `true` if lifting a value may trap.
pub(super) fn may_trap(ty: &Type) -> bool {
    match ty {
        Type::Char | Type::String | Type::Variant(_) => true,
        Type::List(list) => match list.shape() {
            ListShape::FixedLength(_) => may_trap(list.element()),
            ListShape::List | ListShape::Map => true,
        },
        Type::Record(record) => record.fields().iter().any(|field| may_trap(field.ty())),
        _ => false,
    }
}

/// Returns the largest number of lists and strings in values of these types; 2 if there are more.
pub(super) fn num_buffers(types: &TypeList) -> u32 {
    types.types().fold(0, |sum, ty| buffers(ty).saturating_add(sum).min(2))
}

fn buffers(ty: &Type) -> u32 {
    match ty {
        Type::String => 1,
        Type::List(list) => match list.shape() {
            ListShape::FixedLength(length) => buffers(list.element()).saturating_mul(length),
            ListShape::List | ListShape::Map => 1,
        },
        Type::Record(record) => {
            record.fields().iter().fold(0, |sum, field| buffers(field.ty()).saturating_add(sum))
        }
        Type::Variant(variant) => {
            let payloads = variant.cases().iter().filter_map(Case::payload);
            payloads.map(buffers).max().unwrap_or_default()
        }
        _ => 0,
    }
}

/// Returns the layout that the payloads of a variant share, and its offset.
pub(super) fn payload_of(variant: &VariantType) -> (Abi, Offset) {
    let nothing = Abi::NOTHING;
    let payloads: Vec<Abi> =
        variant.cases().iter().map(|case| case.payload().map_or(nothing, Type::abi)).collect();
    let shared = Abi::payload(&payloads);
    (shared, shared.payload_offset(payloads.len()))
}

/// Returns the offsets in memory of the values of a list of types.
pub(super) fn offsets(types: &TypeList) -> Vec<Offset> {
    let mut record = Abi::NOTHING;
    let mut offsets = Vec::new();
    for ty in types.types() {
        let (offset, next) = record.field(ty.abi());
        offsets.push(offset);
        record = next;
    }
    offsets
}
