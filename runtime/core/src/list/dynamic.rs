//! Fixed-length lists whose type is known only when the program runs.

use core::fmt;

use crate::abi::Abi;
use crate::context::{ContextValue, ContextValueRef, ContextValueType, IntoContextValue};
use crate::error::Error;
use crate::host::limits::{ExtensionLimits, NoCompound};

use super::element::{CompoundType, ElementType};
use super::elements::Elements;
use super::error::ListError;

/// The result of an operation on lists.
pub type ListResult<T, L> = Result<T, ListError<<L as ExtensionLimits>::CompoundType>>;

/// The type of a [`FixedLengthList`]: the type of its elements, their number, and whether they
/// can be changed.
///
/// Immutable lists are a **host extension**: a guest knows only `list<t, n>`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FixedLengthListType<C: CompoundType = NoCompound> {
    element: ElementType<C>,
    length: u32,
    is_mutable: bool,
    /// The type of the whole list, in the form of the limits.
    pub(super) list: C::List,
}

impl<C: CompoundType> FixedLengthListType<C> {
    /// Creates the type `list<element, length>`. Elements of its lists can be changed.
    ///
    /// # Errors
    ///
    /// - [`ListError::NoLength`] if `length` is 0.
    /// - [`ListError::TooLarge`] if a list would be larger than the canonical ABI allows.
    /// - [`ListError::TooComplex`] if the type would be nested too deeply, or have too many
    ///   parts.
    pub fn new(element: impl Into<ElementType<C>>, length: u32) -> Result<Self, ListError<C>> {
        let element = element.into().canonical();
        if length == 0 {
            return Err(ListError::NoLength);
        }
        let abi = element.abi().fixed_length_list(length);
        if abi.is_too_large() {
            return Err(ListError::TooLarge { element, length, bytes: abi.wide.size });
        }
        let list = C::list_of(&element, length)?;
        Ok(Self { element, length, is_mutable: true, list })
    }

    /// Creates the type `list<element, length>`. Its lists are filled once, and elements can't be
    /// changed.
    ///
    /// # Errors
    ///
    /// - [`ListError::NoLength`] if `length` is 0.
    /// - [`ListError::TooLarge`] if a list would be larger than the canonical ABI allows.
    /// - [`ListError::TooComplex`] if the type would be nested too deeply, or have too many parts.
    pub fn new_immutable(
        element: impl Into<ElementType<C>>,
        length: u32,
    ) -> Result<Self, ListError<C>> {
        Ok(Self { is_mutable: false, ..Self::new(element, length)? })
    }

    /// Returns the type of the elements.
    pub const fn element_type(&self) -> &ElementType<C> {
        &self.element
    }

    /// Returns the number of elements.
    pub const fn length(&self) -> u32 {
        self.length
    }

    /// Returns `true` if elements can be changed.
    pub const fn is_mutable(&self) -> bool {
        self.is_mutable
    }

    /// Returns the size, alignment and flat form of a list: those of its elements, one after the
    /// other.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#element-size)
    pub fn abi(&self) -> Abi {
        self.element.abi().fixed_length_list(self.length)
    }

    /// Returns the size of a list in bytes, in a memory with 32-bit addresses. [`abi`](Self::abi)
    /// returns both sizes.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#element-size)
    pub fn size_in_bytes(&self) -> u64 {
        self.abi().narrow.size
    }
}

/// Shows the type as WIT writes it.
impl<C: CompoundType> fmt::Display for FixedLengthListType<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "list<{}, {}>", self.element, self.length)
    }
}

/// A list of a [`FixedLengthListType`], full or being filled.
///
/// The limits `L` decide where its elements are kept: in one of their
/// [`ListElements`](ExtensionLimits::ListElements). On [`Heap`](crate::limits::Heap), a scalar
/// takes its own size: a `u8` has one byte, and a `char` has four. A text, or a value that is made
/// of others, takes the size of a [`ContextValue`]. Where tables are arrays, a list has room for
/// `list_elements` elements of any type.
///
/// [`get`](Self::get) and the iterator return a [`ContextValueRef`]: they copy a scalar, and borrow
/// all else.
///
/// ```
/// # use weft_core as weft;
/// use weft::list::{ElementType, FixedLengthList, FixedLengthListType};
///
/// weft::limits! {
///     struct Small { ..MachineSizes::NONE }
///     extensions { list_elements: 2 }
/// }
///
/// let ty = FixedLengthListType::new(ElementType::S32, 2)?;
/// let mut list = FixedLengthList::<Small>::new(ty);
/// list.push(10_i32)?;
/// assert_eq!((list.is_full(), list.remaining()), (false, 1));
/// list.push(20_i32)?;
/// list.set(0, 5_i32)?;
/// assert_eq!(list.get(0), Some(5_i32.into()));
/// assert_eq!(list.get_as::<i32>(1), Some(20));
///
/// let refused = list.push(30_i32).unwrap_err();
/// assert_eq!(refused.to_string(), "the list is full: it has all of its 2 elements");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct FixedLengthList<L: ExtensionLimits> {
    ty: FixedLengthListType<L::CompoundType>,
    elements: Elements<L>,
}

impl<L: ExtensionLimits> FixedLengthList<L> {
    /// Creates a list without elements, to be filled.
    #[must_use]
    pub fn new(ty: FixedLengthListType<L::CompoundType>) -> Self {
        let elements = Elements::new(&ty.element);
        Self { ty, elements }
    }

    /// Creates a list with these elements. If they are fewer than the length of the type, more can
    /// be added later.
    ///
    /// # Errors
    ///
    /// - [`ListError::Full`] if there are more elements than the length.
    /// - [`ListError::Element`] or [`ListError::Compound`] if an element is of another type.
    /// - [`Error::Full`](crate::error::Error::Full) if the table
    ///   [`ListElements`](crate::limits::Table::ListElements) is full.
    /// - [`ExtensionError::ValueTooLong`](crate::error::ExtensionError::ValueTooLong) if an element
    ///   is a string that is too long for its storage.
    pub fn with_elements<V: IntoContextValue<L>>(
        ty: FixedLengthListType<L::CompoundType>,
        elements: impl IntoIterator<Item = V>,
    ) -> ListResult<Self, L> {
        let mut list = Self::new(ty);
        let mut elements = elements.into_iter();
        // If there is no room for them all, `push` fails with the first element that has none.
        let _ = list.elements.reserve(elements.size_hint().0.min(list.remaining()));
        elements.try_for_each(|element| list.push(element))?;
        Ok(list)
    }

    /// Returns the list's type.
    #[must_use]
    pub const fn list_type(&self) -> &FixedLengthListType<L::CompoundType> {
        &self.ty
    }

    /// Returns the length of the type. [`count`](Self::count) returns the number of elements so
    /// far.
    #[must_use]
    pub const fn length(&self) -> u32 {
        self.ty.length
    }

    /// Returns the number of elements so far.
    #[must_use]
    pub fn count(&self) -> usize {
        self.elements.len()
    }

    /// Returns `true` if there are as many elements as the length.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.remaining() == 0
    }

    /// Returns the number of elements that are missing.
    #[must_use]
    pub fn remaining(&self) -> usize {
        (self.ty.length as usize).saturating_sub(self.elements.len())
    }

    /// Returns the element at `index`, if it is there. Scalars are copied, others are borrowed.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<ContextValueRef<'_, L>> {
        self.elements.get(index)
    }

    /// Returns the element at `index` as this type, if it is there and of the type.
    #[must_use]
    pub fn get_as<T: ContextValueType<L>>(&self, index: usize) -> Option<T::View<'_>> {
        self.get(index)?.get::<T>()
    }

    /// Replaces the element at `index`, and returns the old one.
    ///
    /// # Errors
    ///
    /// The list is not changed.
    ///
    /// - [`ListError::Immutable`] if the list's type is immutable.
    /// - [`ListError::NoElement`] if there is no element at `index`.
    /// - [`ListError::Element`] or [`ListError::Compound`] if the element is of another type.
    /// - [`ExtensionError::ValueTooLong`] if the element is a string that is too long for its
    ///   storage.
    ///
    /// [`ExtensionError::ValueTooLong`]: crate::error::ExtensionError::ValueTooLong
    pub fn set(
        &mut self,
        index: usize,
        element: impl IntoContextValue<L>,
    ) -> ListResult<ContextValue<L>, L> {
        if !self.ty.is_mutable {
            return Err(ListError::Immutable);
        }
        let element = element.into_context_value()?;
        self.ty.element.check(&element)?;
        let old = self.elements.replace(&self.ty.element, index, element)?;
        old.ok_or(ListError::NoElement { index, count: self.count() })
    }

    /// Adds an element. This also works on a list of an immutable type, until the list is full.
    ///
    /// # Errors
    ///
    /// The list is not changed.
    ///
    /// - [`ListError::Full`] if there are as many elements as the length.
    /// - [`ListError::Element`] or [`ListError::Compound`] if the element is of another type.
    /// - [`Error::Full`] if the table [`ListElements`](crate::limits::Table::ListElements) is full.
    /// - [`ExtensionError::ValueTooLong`] if the element is a string that is too long for its
    ///   storage.
    ///
    /// [`ExtensionError::ValueTooLong`]: crate::error::ExtensionError::ValueTooLong
    pub fn push(&mut self, element: impl IntoContextValue<L>) -> ListResult<(), L> {
        if self.is_full() {
            return Err(ListError::Full { length: self.ty.length });
        }
        let element = element.into_context_value()?;
        self.ty.element.check(&element)?;
        self.push_checked(element)
    }

    /// Adds an element of the right type to a list that isn't full.
    pub(super) fn push_checked(&mut self, element: ContextValue<L>) -> ListResult<(), L> {
        self.elements.push(&self.ty.element, element)
    }

    /// Reserves room for all elements.
    pub(super) fn reserve(&mut self) -> Result<(), Error> {
        self.elements.reserve(self.remaining())
    }

    /// Returns the elements, in their order.
    #[must_use]
    pub const fn iter(&self) -> FixedLengthListIter<'_, L> {
        FixedLengthListIter { list: self, next: 0 }
    }

    /// Returns a copy of the elements, each as a value: a `Vec` on [`Heap`](crate::limits::Heap),
    /// an [`Array`](crate::limits::Array) where tables are arrays.
    ///
    /// # Errors
    ///
    /// - [`Error::Full`] with [`ListElements`](crate::limits::Table::ListElements) if there is not
    ///   enough memory.
    pub fn to_vec(&self) -> Result<L::ListElements<ContextValue<L>>, Error> {
        self.elements.to_values()
    }

    /// Returns a copy of the list.
    ///
    /// # Errors
    ///
    /// - [`Error::Full`] with [`ListElements`](crate::limits::Table::ListElements) if there is not
    ///   enough memory.
    pub fn try_clone(&self) -> Result<Self, Error> {
        Ok(Self { ty: self.ty.clone(), elements: self.elements.try_clone()? })
    }

    /// Returns the elements of a full list, each as a value.
    ///
    /// # Errors
    ///
    /// - [`ListError::NotFull`] if there are fewer elements than the length.
    /// - [`Error::Full`] with [`ListElements`](crate::limits::Table::ListElements) if there is not
    ///   enough memory.
    pub fn into_elements(self) -> ListResult<L::ListElements<ContextValue<L>>, L> {
        self.check_full()?;
        Ok(self.elements.into_values()?)
    }

    /// Fails if there are fewer elements than the length.
    pub(super) fn check_full(&self) -> ListResult<(), L> {
        if self.is_full() {
            return Ok(());
        }
        Err(ListError::NotFull { count: self.count(), length: self.length() })
    }
}

/// Compares types and elements.
impl<L: ExtensionLimits> PartialEq for FixedLengthList<L> {
    fn eq(&self, other: &Self) -> bool {
        self.ty == other.ty && self.count() == other.count() && self.iter().eq(other)
    }
}

impl<L: ExtensionLimits> fmt::Debug for FixedLengthList<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.ty)?;
        f.debug_list().entries(self).finish()
    }
}

impl<'a, L: ExtensionLimits> IntoIterator for &'a FixedLengthList<L> {
    type Item = ContextValueRef<'a, L>;
    type IntoIter = FixedLengthListIter<'a, L>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// The iterator over the elements of a list.
pub struct FixedLengthListIter<'a, L: ExtensionLimits> {
    list: &'a FixedLengthList<L>,
    next: usize,
}

impl<'a, L: ExtensionLimits> Iterator for FixedLengthListIter<'a, L> {
    type Item = ContextValueRef<'a, L>;

    fn next(&mut self) -> Option<Self::Item> {
        let element = self.list.get(self.next)?;
        self.next += 1;
        Some(element)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.list.count().saturating_sub(self.next);
        (left, Some(left))
    }
}

impl<L: ExtensionLimits> ExactSizeIterator for FixedLengthListIter<'_, L> {}

impl<L: ExtensionLimits> Clone for FixedLengthListIter<'_, L> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<L: ExtensionLimits> fmt::Debug for FixedLengthListIter<'_, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.clone()).finish()
    }
}
