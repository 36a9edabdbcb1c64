//! Making fixed-length lists. The module has the name that the guide gives it.
//!
//! ```
//! use weft::abi::{Type, Val};
//! use weft::list::fixed_list_utils::{concatenate, from_range, repeat_element, slice, zero_filled};
//!
//! let zeros = zero_filled(Type::S32, 10)?;
//! assert_eq!(zeros.count(), 10);
//!
//! let range = from_range(Type::S32, 0, 5)?;
//! assert_eq!(range.get(4), Some(&Val::S32(4)));
//!
//! let both = concatenate(&zeros, &range)?;
//! assert_eq!(both.list_type().to_string(), "list<s32, 15>");
//! assert_eq!(slice(&both, 10, 5)?, range);
//!
//! let text = repeat_element(Type::String, Val::from("x"), 3)?;
//! assert!(text.is_full());
//! # Ok::<(), weft::list::ListError>(())
//! ```

use alloc::boxed::Box;
use alloc::vec;

use crate::abi::{Case, Field, ListShape, Type, Val};

use super::dynamic::{FixedLengthList, FixedLengthListType, ListError};

/// A list of one element, `length` times.
///
/// # Errors
///
/// [`ListError::Type`], [`ListError::Element`]
pub fn repeat_element(
    element_type: Type,
    element: Val,
    length: u32,
) -> Result<FixedLengthList, ListError> {
    let ty = FixedLengthListType::new(element_type, length)?;
    ty.element_type().check(&element)?;
    FixedLengthList::from_val(ty, Val::List(vec![element; length as usize]))
}

/// A list of zeros: what all bits 0 stand for. That is `false`, the character U+0000, the empty
/// string and list, no flags, the first case of a variant, and all of it in a record.
///
/// # Errors
///
/// [`ListError::Type`]; [`ListError::NoZero`] for handles, of which there is none that is 0.
pub fn zero_filled(element_type: Type, length: u32) -> Result<FixedLengthList, ListError> {
    let zero = zero(&element_type)?;
    repeat_element(element_type, zero, length)
}

fn zero(ty: &Type) -> Result<Val, ListError> {
    Ok(match ty {
        Type::Bool => Val::Bool(false),
        Type::S8 => Val::S8(0),
        Type::U8 => Val::U8(0),
        Type::S16 => Val::S16(0),
        Type::U16 => Val::U16(0),
        Type::S32 => Val::S32(0),
        Type::U32 => Val::U32(0),
        Type::S64 => Val::S64(0),
        Type::U64 => Val::U64(0),
        Type::F32 => Val::F32(0.0),
        Type::F64 => Val::F64(0.0),
        Type::Char => Val::Char('\0'),
        Type::String => Val::from(""),
        Type::Flags(_) => Val::Flags(0),
        Type::List(list) => match list.shape() {
            ListShape::List | ListShape::Map => Val::list([]),
            ListShape::FixedLength(length) => {
                Val::List(vec![zero(list.element())?; length as usize])
            }
        },
        Type::Record(record) => {
            let fields = record.fields().iter().map(Field::ty).map(zero);
            Val::Record(fields.collect::<Result<_, _>>()?)
        }
        Type::Variant(variant) => {
            let payload = variant.cases().first().and_then(Case::payload).map(zero);
            Val::Variant(0, payload.transpose()?.map(Box::new))
        }
        Type::ErrorContext | Type::Own(_) | Type::Borrow(_) | Type::Stream(_) | Type::Future(_) => {
            return Err(ListError::NoZero(ty.clone()));
        }
    })
}

/// The numbers from `start` up to `end`, which is not in the list. The elements are of any type of
/// integers or floats, or characters.
///
/// # Errors
///
/// [`ListError::Type`]; [`ListError::NoRange`] if `end` is not above `start`, if there are too
/// many, or if one of them is not of the element type.
pub fn from_range(element_type: Type, start: i64, end: i64) -> Result<FixedLengthList, ListError> {
    let no_range = ListError::NoRange { start, end };
    let length = end.checked_sub(start).and_then(|length| u32::try_from(length).ok());
    let length = length.filter(|length| *length > 0).ok_or_else(|| no_range.clone())?;
    let ty = FixedLengthListType::new(element_type, length)?;
    let numbers = (start..end).map(|number| nth(ty.element_type(), number));
    let elements = numbers.collect::<Option<_>>().ok_or(no_range)?;
    FixedLengthList::from_val(ty, Val::List(elements))
}

/// A number as a value of `ty`, if it is one.
fn nth(ty: &Type, number: i64) -> Option<Val> {
    Some(match ty {
        Type::S8 => Val::S8(number.try_into().ok()?),
        Type::U8 => Val::U8(number.try_into().ok()?),
        Type::S16 => Val::S16(number.try_into().ok()?),
        Type::U16 => Val::U16(number.try_into().ok()?),
        Type::S32 => Val::S32(number.try_into().ok()?),
        Type::U32 => Val::U32(number.try_into().ok()?),
        Type::S64 => Val::S64(number),
        Type::U64 => Val::U64(number.try_into().ok()?),
        // Only what a float has exactly: 24 bits and 53 bits.
        Type::F32 if number.unsigned_abs() <= 1 << 24 => {
            let low = i16::try_from(number & 0xfff).ok()?;
            let high = i16::try_from(number >> 12).ok()?;
            Val::F32(f32::from(high) * 4096.0 + f32::from(low))
        }
        Type::F64 if number.unsigned_abs() <= 1 << 53 => {
            let low = u32::try_from(number & 0xffff_ffff).ok()?;
            let high = i32::try_from(number >> 32).ok()?;
            Val::F64(f64::from(high) * 4_294_967_296.0 + f64::from(low))
        }
        Type::Char => Val::Char(char::from_u32(number.try_into().ok()?)?),
        _ => return None,
    })
}

/// The elements of two lists, one list after the other. It can be changed if both can.
///
/// # Errors
///
/// [`ListError::DifferentElements`], [`ListError::NotFull`], [`ListError::Type`]
pub fn concatenate(
    first: &FixedLengthList,
    second: &FixedLengthList,
) -> Result<FixedLengthList, ListError> {
    let [a, b] = [first, second].map(FixedLengthList::list_type);
    if a.element_type() != b.element_type() {
        let elements = [a, b].map(|ty| ty.element_type().clone());
        let [a, b] = elements;
        return Err(ListError::DifferentElements(a, b));
    }
    for list in [first, second] {
        if !list.is_full() {
            return Err(ListError::NotFull { count: list.count(), length: list.length() });
        }
    }
    let length = a.length().saturating_add(b.length());
    let ty = of_length(a, length, a.is_mutable() && b.is_mutable())?;
    FixedLengthList::with_elements(ty, first.iter().chain(second).cloned())
}

/// `length` elements of a list, from `start` on.
///
/// # Errors
///
/// [`ListError::NoElement`] if there are fewer, [`ListError::Type`] if `length` is 0.
pub fn slice(
    list: &FixedLengthList,
    start: usize,
    length: u32,
) -> Result<FixedLengthList, ListError> {
    let ty = of_length(list.list_type(), length, list.list_type().is_mutable())?;
    let end = start.saturating_add(length as usize);
    if end > list.count() {
        return Err(ListError::NoElement { index: end - 1, count: list.count() });
    }
    FixedLengthList::with_elements(ty, list.iter().skip(start).take(length as usize).cloned())
}

fn of_length(
    ty: &FixedLengthListType,
    length: u32,
    is_mutable: bool,
) -> Result<FixedLengthListType, ListError> {
    let element = ty.element_type().clone();
    Ok(if is_mutable {
        FixedLengthListType::new(element, length)?
    } else {
        FixedLengthListType::new_immutable(element, length)?
    })
}
