//! Fixed-length lists of types that are known when the program runs.

use alloc::vec::Vec;
use core::fmt;

use thiserror::Error;

use crate::abi::{InvalidType, Mismatch, Type, Val};

/// The type of a [`FixedLengthList`]: what its elements are, how many, and whether they can be
/// changed.
///
/// Whether a list can be changed is a **host extension**: a guest knows only `list<t, n>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FixedLengthListType {
    element: Type,
    length: u32,
    is_mutable: bool,
    list: Type,
}

impl FixedLengthListType {
    /// `list<element, length>`; lists of it can be changed.
    ///
    /// # Errors
    ///
    /// [`InvalidType::NoLength`], [`InvalidType::TooLarge`], [`InvalidType::TooDeep`]
    pub fn new(element: Type, length: u32) -> Result<Self, InvalidType> {
        let list = Type::fixed_length_list(element.clone(), length)?;
        Ok(Self { element, length, is_mutable: true, list })
    }

    /// The same; lists of it are filled once and then stay as they are.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn new_immutable(element: Type, length: u32) -> Result<Self, InvalidType> {
        Ok(Self { is_mutable: false, ..Self::new(element, length)? })
    }

    /// The type of the elements.
    #[must_use]
    pub const fn element_type(&self) -> &Type {
        &self.element
    }

    /// How many elements there are.
    #[must_use]
    pub const fn length(&self) -> u32 {
        self.length
    }

    /// Whether elements can be changed.
    #[must_use]
    pub const fn is_mutable(&self) -> bool {
        self.is_mutable
    }

    /// The type of the Component Model.
    #[must_use]
    pub const fn as_type(&self) -> &Type {
        &self.list
    }

    /// How many bytes a list takes in memory, with 32-bit addresses.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#element-size)
    #[must_use]
    pub fn size_in_bytes(&self) -> u64 {
        self.list.abi().narrow.size
    }
}

impl fmt::Display for FixedLengthListType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.list.fmt(f)
    }
}

/// A list that can't be made, or changed in this way.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum ListError {
    /// There is no such type.
    #[error(transparent)]
    Type(#[from] InvalidType),
    /// An element is not of the list's element type.
    #[error(transparent)]
    Element(#[from] Mismatch),
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
    NoZero(Type),
    /// There are no numbers from the one to the other, or too many for a list.
    #[error("there is no list of the numbers from {start} up to {end}")]
    NoRange {
        /// The first.
        start: i64,
        /// The one behind the last.
        end: i64,
    },
    /// Two lists have different element types.
    #[error("one list has elements of type `{0}`, the other of type `{1}`")]
    DifferentElements(Type, Type),
}

/// A list of a [`FixedLengthListType`], full or being filled.
///
/// ```
/// use weft::abi::{Type, Val};
/// use weft::list::{FixedLengthList, FixedLengthListType};
///
/// let ty = FixedLengthListType::new(Type::S32, 2)?;
/// let mut list = FixedLengthList::new(ty);
/// list.push(Val::S32(10))?;
/// assert_eq!((list.is_full(), list.remaining()), (false, 1));
/// list.push(Val::S32(20))?;
/// list.set(0, Val::S32(5))?;
/// assert_eq!(list.get(0), Some(&Val::S32(5)));
/// assert_eq!(list.to_val()?, Val::list([Val::S32(5), Val::S32(20)]));
///
/// let refused = list.push(Val::S32(30)).unwrap_err();
/// assert_eq!(refused.to_string(), "the list has its 2 elements");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FixedLengthList {
    ty: FixedLengthListType,
    elements: Vec<Val>,
}

impl FixedLengthList {
    /// A list without elements, to be filled.
    #[must_use]
    pub const fn new(ty: FixedLengthListType) -> Self {
        Self { ty, elements: Vec::new() }
    }

    /// A list with these elements, and room for more if they are fewer than its length.
    ///
    /// # Errors
    ///
    /// [`ListError::Element`], [`ListError::Full`]
    pub fn with_elements(
        ty: FixedLengthListType,
        elements: impl IntoIterator<Item = Val>,
    ) -> Result<Self, ListError> {
        let mut list = Self::new(ty);
        elements.into_iter().try_for_each(|element| list.push(element))?;
        Ok(list)
    }

    /// The list that a value is.
    ///
    /// # Errors
    ///
    /// [`ListError::Element`]
    pub fn from_val(ty: FixedLengthListType, val: Val) -> Result<Self, ListError> {
        ty.list.check(&val)?;
        let elements = match val {
            Val::List(elements) => elements,
            _ => Vec::new(),
        };
        Ok(Self { ty, elements })
    }

    /// The list's type.
    #[must_use]
    pub const fn list_type(&self) -> &FixedLengthListType {
        &self.ty
    }

    /// The length that the type says.
    #[must_use]
    pub const fn length(&self) -> u32 {
        self.ty.length
    }

    /// How many elements there are so far.
    #[must_use]
    pub const fn count(&self) -> usize {
        self.elements.len()
    }

    /// Whether there are as many elements as the length.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.remaining() == 0
    }

    /// How many elements are still to come.
    #[must_use]
    pub const fn remaining(&self) -> usize {
        (self.ty.length as usize).saturating_sub(self.elements.len())
    }

    /// The element at `index`, if it is there.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&Val> {
        self.elements.get(index)
    }

    /// Replaces the element at `index`, and gives what was there.
    ///
    /// # Errors
    ///
    /// [`ListError::Immutable`], [`ListError::NoElement`], [`ListError::Element`]. The list stays
    /// as it is.
    pub fn set(&mut self, index: usize, element: Val) -> Result<Val, ListError> {
        if !self.ty.is_mutable {
            return Err(ListError::Immutable);
        }
        self.ty.element.check(&element)?;
        let count = self.elements.len();
        let place = self.elements.get_mut(index).ok_or(ListError::NoElement { index, count })?;
        Ok(core::mem::replace(place, element))
    }

    /// Adds an element; also to a list of an immutable type, until it is full.
    ///
    /// # Errors
    ///
    /// [`ListError::Full`], [`ListError::Element`]. The list stays as it is.
    pub fn push(&mut self, element: Val) -> Result<(), ListError> {
        if self.is_full() {
            return Err(ListError::Full { length: self.ty.length });
        }
        self.ty.element.check(&element)?;
        self.elements.push(element);
        Ok(())
    }

    /// The elements.
    pub fn iter(&self) -> core::slice::Iter<'_, Val> {
        self.elements.iter()
    }

    /// A copy of the elements.
    #[must_use]
    pub fn to_vec(&self) -> Vec<Val> {
        self.elements.clone()
    }

    /// The value that the list is.
    ///
    /// # Errors
    ///
    /// [`ListError::NotFull`]
    pub fn to_val(&self) -> Result<Val, ListError> {
        self.clone().into_val()
    }

    /// The value that the list is, without a copy.
    ///
    /// # Errors
    ///
    /// [`ListError::NotFull`]
    pub fn into_val(self) -> Result<Val, ListError> {
        if !self.is_full() {
            let (count, length) = (self.elements.len(), self.ty.length);
            return Err(ListError::NotFull { count, length });
        }
        Ok(Val::List(self.elements))
    }
}

impl<'a> IntoIterator for &'a FixedLengthList {
    type Item = &'a Val;
    type IntoIter = core::slice::Iter<'a, Val>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
