//! What can go wrong with a list.

use thiserror::Error;

use crate::error::Error;
use crate::limit::MAX_VALUE_BYTE_LENGTH;

use super::element::{CompoundType, ElementType};

/// A list that can't be made, or changed in this way.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ListError<C: CompoundType> {
    /// A fixed-length list is not empty.
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
    /// The element type is nested too deeply, or has too many parts, to be one.
    #[error("the type of the elements is nested too deeply, or has too many parts")]
    TooComplex,
    /// An element is not of the list's element type.
    #[error("an element is to be of type `{expected}`, and is {found}")]
    Element {
        /// What it is to be.
        expected: ElementType<C>,
        /// What it is.
        found: &'static str,
    },
    /// Something in an element, or in a value that is to be a list, is not of its type.
    #[error("a value is to be of type `{expected}`, and is not")]
    Compound {
        /// What it is to be.
        expected: ElementType<C>,
        /// The difference, and its place.
        #[source]
        mismatch: C::Mismatch,
    },
    /// There are as many elements as the length.
    #[error("the list has its {length} elements")]
    Full {
        /// The length.
        length: u32,
    },
    /// There is no such element, or not yet.
    #[error("the list has no element {index}: it has {count}")]
    NoElement {
        /// Which one.
        index: usize,
        /// How many there are.
        count: usize,
    },
    /// A list of an immutable type does not change.
    #[error("a list of an immutable type does not change")]
    Immutable,
    /// A list is a value when it has all of its elements.
    #[error("the list has {count} of {length} elements")]
    NotFull {
        /// How many there are.
        count: usize,
        /// How many there must be.
        length: u32,
    },
    /// There is no zero of such a type.
    #[error("`{0}` has no zero")]
    NoZero(ElementType<C>),
    /// There are no numbers from the one to the other, or too many for a list, or not all of them
    /// are of the element type.
    #[error("there is no list of `{element}` of the numbers from {start} up to {end}")]
    NoRange {
        /// The element type.
        element: ElementType<C>,
        /// The first.
        start: i64,
        /// The one behind the last.
        end: i64,
    },
    /// Two lists have different element types.
    #[error("one list has elements of type `{0}`, the other of type `{1}`")]
    DifferentElements(ElementType<C>, ElementType<C>),
    /// There is no room for it: [`Error::Full`] for another element or type,
    /// [`ExtensionError::ValueTooLong`] for a text.
    ///
    /// [`ExtensionError::ValueTooLong`]: crate::error::ExtensionError::ValueTooLong
    #[error(transparent)]
    Error(#[from] Error),
}
