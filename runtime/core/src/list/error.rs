//! Errors of fixed-length lists.

use thiserror::Error;

use crate::error::Error;
use crate::limit::MAX_VALUE_BYTE_LENGTH;

use super::element::{CompoundType, ElementType};

/// An error of an operation on a fixed-length list.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ListError<C: CompoundType> {
    /// A fixed-length list has at least one element.
    #[error("the length of a fixed-length list is at least 1")]
    NoLength,
    /// A list would be larger than the canonical ABI allows.
    #[error(
        "a value has at most {MAX_VALUE_BYTE_LENGTH} bytes, and a `list<{element}, {length}>` has {bytes}"
    )]
    TooLarge {
        /// The type of its elements.
        element: ElementType<C>,
        /// Its length.
        length: u32,
        /// Its size.
        bytes: u64,
    },
    /// The element type is nested too deeply, or has too many parts.
    #[error("the type of the elements is nested too deeply, or has too many parts")]
    TooComplex,
    /// An element is of another type than the list's elements.
    #[error("expected an element of type `{expected}`, and found {found}")]
    Element {
        /// The element type of the list.
        expected: ElementType<C>,
        /// The kind of the element, as a phrase.
        found: &'static str,
    },
    /// An element, or a value to be turned into a list, has a part of another type.
    #[error("expected a value of type `{expected}`, and found another")]
    Compound {
        /// The expected type.
        expected: ElementType<C>,
        /// The difference, and its place.
        #[source]
        mismatch: C::Mismatch,
    },
    /// The list has as many elements as its length.
    #[error("the list is full: it has all of its {length} elements")]
    Full {
        /// The length.
        length: u32,
    },
    /// The list has no element at this index, or not yet.
    #[error("the list has no element {index}: it has {count} so far")]
    NoElement {
        /// The index.
        index: usize,
        /// The number of elements.
        count: usize,
    },
    /// Elements of a list of an immutable type can't be changed.
    #[error("elements of a list of an immutable type can't be changed")]
    Immutable,
    /// A list can be used as a value only when it has all of its elements.
    #[error("the list has {count} of {length} elements: add the others first")]
    NotFull {
        /// The number of elements so far.
        count: usize,
        /// The length.
        length: u32,
    },
    /// The type has no value whose bits are all 0.
    #[error("a list of `{0}` can't be filled with zeros: the type has no value that is zero")]
    NoZero(ElementType<C>),
    /// The range is empty, or too long for a list, or one of its numbers is not of the element
    /// type.
    #[error(
        "expected a range of one or more numbers, all of type `{element}`, and found {start}..{end}"
    )]
    NoRange {
        /// The element type.
        element: ElementType<C>,
        /// The first number.
        start: i64,
        /// The number after the last.
        end: i64,
    },
    /// Two lists have different element types.
    #[error("one list has elements of type `{0}`, the other of type `{1}`")]
    DifferentElements(ElementType<C>, ElementType<C>),
    /// There is no room: [`Error::Full`] for another element or type,
    /// [`ExtensionError::ValueTooLong`] for a text.
    ///
    /// [`ExtensionError::ValueTooLong`]: crate::error::ExtensionError::ValueTooLong
    #[error(transparent)]
    Error(#[from] Error),
}
