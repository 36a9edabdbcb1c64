//! Functions that create fixed-length lists: zeros, ranges, repeated elements, parts of lists,
//! and lists joined together.
//!
//! ```
//! # use weft_core as weft;
//! # #[cfg(feature = "alloc")] {
//! use weft::limits::Heap;
//! use weft::list::ElementType;
//! use weft::list::fixed_list_utils::{concatenate, from_range, repeat_element, slice, zero_filled};
//!
//! let zeros = zero_filled::<Heap>(ElementType::S32, 10)?;
//! assert_eq!(zeros.count(), 10);
//!
//! let range = from_range(ElementType::S32, 0, 5)?;
//! assert_eq!(range.get_as::<i32>(4), Some(4));
//!
//! let both = concatenate(&zeros, &range)?;
//! assert_eq!(both.list_type().to_string(), "list<s32, 15>");
//! assert_eq!(slice(&both, 10, 5)?, range);
//!
//! let text = repeat_element::<Heap>(ElementType::String, "x", 3)?;
//! assert!(text.is_full());
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::context::{ContextValue, ContextValueRef, IntoContextValue};
use crate::host::limits::{ExtensionLimits, Text};

use super::dynamic::{FixedLengthList, FixedLengthListType, ListResult};
use super::element::{CompoundType, ElementType};
use super::error::ListError;

/// Creates a list of one element, `length` times.
///
/// # Errors
///
/// - [`ListError::NoLength`], [`ListError::TooLarge`] or [`ListError::TooComplex`] if there is no
///   list type of this length.
/// - [`ListError::Element`] or [`ListError::Compound`] if an element is of another type.
/// - [`Error::Full`](crate::error::Error::Full) if the table
///   [`ListElements`](crate::limits::Table::ListElements) is full.
/// - [`ExtensionError::ValueTooLong`](crate::error::ExtensionError::ValueTooLong) if an element is
///   a string that is too long for its storage.
pub fn repeat_element<L: ExtensionLimits>(
    element_type: impl Into<ElementType<L::CompoundType>>,
    element: impl IntoContextValue<L>,
    length: u32,
) -> ListResult<FixedLengthList<L>, L> {
    let ty = FixedLengthListType::new(element_type, length)?;
    let element = element.into_context_value()?;
    ty.element_type().check(&element)?;
    let mut list = FixedLengthList::new(ty);
    list.reserve()?;
    for _ in 0..length {
        list.push_checked(element.clone())?;
    }
    Ok(list)
}

/// Creates a list of zeros. An element is the value whose bits in memory are all 0: `false`, the
/// character U+0000, the empty string or list, no flags, the first case of a variant, and a
/// record of such fields.
///
/// # Errors
///
/// - [`ListError::NoZero`] if the elements are handles, or have handles in them.
/// - [`ListError::NoLength`], [`ListError::TooLarge`] or [`ListError::TooComplex`] if there is no
///   list type of this length.
/// - [`Error::Full`](crate::error::Error::Full) if the table
///   [`ListElements`](crate::limits::Table::ListElements) is full.
pub fn zero_filled<L: ExtensionLimits>(
    element_type: impl Into<ElementType<L::CompoundType>>,
    length: u32,
) -> ListResult<FixedLengthList<L>, L> {
    let element_type = element_type.into().canonical();
    match zero(&element_type) {
        Some(zero) => repeat_element(element_type, zero, length),
        None => Err(ListError::NoZero(element_type)),
    }
}

fn zero<L: ExtensionLimits>(ty: &ElementType<L::CompoundType>) -> Option<ContextValue<L>> {
    Some(match ty {
        ElementType::Bool => ContextValue::Bool(false),
        ElementType::S8 => ContextValue::S8(0),
        ElementType::U8 => ContextValue::U8(0),
        ElementType::S16 => ContextValue::S16(0),
        ElementType::U16 => ContextValue::U16(0),
        ElementType::S32 => ContextValue::S32(0),
        ElementType::U32 => ContextValue::U32(0),
        ElementType::S64 => ContextValue::S64(0),
        ElementType::U64 => ContextValue::U64(0),
        ElementType::F32 => ContextValue::F32(0.0),
        ElementType::F64 => ContextValue::F64(0.0),
        ElementType::Char => ContextValue::Char('\0'),
        ElementType::String => ContextValue::String(L::Text::copy_of("")?),
        ElementType::Compound(compound) => ContextValue::Compound(compound.zero()?),
    })
}

/// Creates a list of the numbers from `start` up to, but not including, `end`. The element type can
/// be any type of integers or floats, or `char`.
///
/// # Errors
///
/// - [`ListError::NoRange`] if `end` is not above `start`, if there are too many numbers, or if
///   one of them is not of the element type.
/// - [`ListError::TooLarge`] if there is no list type of this length.
/// - [`Error::Full`](crate::error::Error::Full) if the table
///   [`ListElements`](crate::limits::Table::ListElements) is full.
pub fn from_range<L: ExtensionLimits>(
    element_type: impl Into<ElementType<L::CompoundType>>,
    start: i64,
    end: i64,
) -> ListResult<FixedLengthList<L>, L> {
    let element = element_type.into().canonical();
    let no_range = || ListError::NoRange { element: element.clone(), start, end };
    let length = end.checked_sub(start).and_then(|length| u32::try_from(length).ok());
    let length = length.filter(|length| *length > 0).ok_or_else(no_range)?;
    let mut list = FixedLengthList::new(FixedLengthListType::new(element.clone(), length)?);
    // Both ends are checked first, so that a wrong range takes no time and no room.
    for number in [start, end - 1] {
        nth::<L>(list.list_type().element_type(), number).ok_or_else(no_range)?;
    }
    list.reserve()?;
    for number in start..end {
        let number = nth::<L>(list.list_type().element_type(), number).ok_or_else(no_range)?;
        list.push_checked(number)?;
    }
    Ok(list)
}

/// Returns a number as a value of `ty`, if it is one.
fn nth<L: ExtensionLimits>(
    ty: &ElementType<L::CompoundType>,
    number: i64,
) -> Option<ContextValue<L>> {
    Some(match ty {
        ElementType::S8 => ContextValue::S8(number.try_into().ok()?),
        ElementType::U8 => ContextValue::U8(number.try_into().ok()?),
        ElementType::S16 => ContextValue::S16(number.try_into().ok()?),
        ElementType::U16 => ContextValue::U16(number.try_into().ok()?),
        ElementType::S32 => ContextValue::S32(number.try_into().ok()?),
        ElementType::U32 => ContextValue::U32(number.try_into().ok()?),
        ElementType::S64 => ContextValue::S64(number),
        ElementType::U64 => ContextValue::U64(number.try_into().ok()?),
        // Only numbers that a float holds exactly: up to 24 and 53 bits.
        ElementType::F32 if number.unsigned_abs() <= 1 << 24 => {
            let low = i16::try_from(number & 0xfff).ok()?;
            let high = i16::try_from(number >> 12).ok()?;
            ContextValue::F32(f32::from(high) * 4096.0 + f32::from(low))
        }
        ElementType::F64 if number.unsigned_abs() <= 1 << 53 => {
            let low = u32::try_from(number & 0xffff_ffff).ok()?;
            let high = i32::try_from(number >> 32).ok()?;
            ContextValue::F64(f64::from(high) * 4_294_967_296.0 + f64::from(low))
        }
        ElementType::Char => ContextValue::Char(char::from_u32(number.try_into().ok()?)?),
        _ => return None,
    })
}

/// Creates a list of the elements of two lists, one list after the other. The new list can be
/// changed if both can.
///
/// # Errors
///
/// - [`ListError::DifferentElements`] if the lists have different element types.
/// - [`ListError::NotFull`] if one of them isn't full.
/// - [`ListError::TooLarge`] or [`ListError::TooComplex`] if there is no list type of this length.
/// - [`Error::Full`](crate::error::Error::Full) if the table
///   [`ListElements`](crate::limits::Table::ListElements) is full.
pub fn concatenate<L: ExtensionLimits>(
    first: &FixedLengthList<L>,
    second: &FixedLengthList<L>,
) -> ListResult<FixedLengthList<L>, L> {
    let [a, b] = [first, second].map(FixedLengthList::list_type);
    if a.element_type() != b.element_type() {
        let [a, b] = [a, b].map(|ty| ty.element_type().clone());
        return Err(ListError::DifferentElements(a, b));
    }
    first.check_full()?;
    second.check_full()?;
    let length = a.length().saturating_add(b.length());
    let ty = of_length(a, length, a.is_mutable() && b.is_mutable())?;
    copy_of(ty, first.iter().chain(second))
}

/// Creates a list of `length` elements of another list, from the index `start` on.
///
/// # Errors
///
/// - [`ListError::NoElement`] if the list has fewer elements.
/// - [`ListError::NoLength`] if `length` is 0.
/// - [`ListError::Error`] if there is no room for the elements.
pub fn slice<L: ExtensionLimits>(
    list: &FixedLengthList<L>,
    start: usize,
    length: u32,
) -> ListResult<FixedLengthList<L>, L> {
    if length == 0 {
        return Err(ListError::NoLength);
    }
    let end = start.saturating_add(length as usize);
    if end > list.count() {
        return Err(ListError::NoElement { index: end - 1, count: list.count() });
    }
    let ty = of_length(list.list_type(), length, list.list_type().is_mutable())?;
    copy_of(ty, list.iter().skip(start).take(length as usize))
}

/// Creates a list with copies of these elements. They are of its type, and as many as its length.
fn copy_of<'a, L: ExtensionLimits>(
    ty: FixedLengthListType<L::CompoundType>,
    mut elements: impl Iterator<Item = ContextValueRef<'a, L>>,
) -> ListResult<FixedLengthList<L>, L> {
    let mut list = FixedLengthList::new(ty);
    list.reserve()?;
    elements.try_for_each(|element| list.push_checked(element.into_context_value()?))?;
    Ok(list)
}

fn of_length<C: CompoundType>(
    ty: &FixedLengthListType<C>,
    length: u32,
    is_mutable: bool,
) -> Result<FixedLengthListType<C>, ListError<C>> {
    let element = ty.element_type().clone();
    if is_mutable {
        FixedLengthListType::new(element, length)
    } else {
        FixedLengthListType::new_immutable(element, length)
    }
}
