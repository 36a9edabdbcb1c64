//! Types of fixed-length lists by index.

use core::fmt;

use crate::abi::Abi;
use crate::error::Error;
use crate::host::limits::ExtensionLimits;
use crate::limits::{Storage, Table};

use super::dynamic::FixedLengthListType;
use super::element::{CompoundType, ElementType};

/// A registry of types of fixed-length lists: each type has one index. The limits `L` decide
/// where the types are kept: in one of their [`ListTypes`](ExtensionLimits::ListTypes).
///
/// ```
/// # use weft_core as weft;
/// # #[cfg(feature = "alloc")] {
/// use weft::limits::Heap;
/// use weft::list::{ElementType, FixedLengthListType, FixedLengthListTypeRegistry};
///
/// let mut registry = FixedLengthListTypeRegistry::<Heap>::new();
/// let pair = FixedLengthListType::new(ElementType::U8, 2)?;
/// let index = registry.register_type(pair.clone())?;
/// assert_eq!(registry.register_type(pair.clone())?, index);
/// assert_eq!(registry.get_type(index), Some(&pair));
/// assert_eq!(registry.find_type(ElementType::U8, 2), Some(index));
/// assert_eq!(registry.type_count(), 1);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct FixedLengthListTypeRegistry<L: ExtensionLimits> {
    types: L::ListTypes<FixedLengthListType<L::CompoundType>>,
}

impl<L: ExtensionLimits> FixedLengthListTypeRegistry<L> {
    /// Creates a registry without types.
    #[must_use]
    pub fn new() -> Self {
        Self { types: L::ListTypes::EMPTY }
    }

    /// Returns the index of a type. Registers the type first if it isn't registered yet.
    ///
    /// # Errors
    ///
    /// - [`Error::Full`] if the table [`Table::ListTypes`] is full.
    pub fn register_type(
        &mut self,
        ty: FixedLengthListType<L::CompoundType>,
    ) -> Result<usize, Error> {
        if let Some(known) = self.position(|it| *it == ty) {
            return Ok(known);
        }
        let index = self.types.len();
        self.types.push(ty).map_err(|_| Error::Full(Table::ListTypes))?;
        Ok(index)
    }

    /// Returns the type with this index.
    #[must_use]
    pub fn get_type(&self, index: usize) -> Option<&FixedLengthListType<L::CompoundType>> {
        self.types.get(index)
    }

    /// Returns the index of the first type with this element type and length.
    #[must_use]
    pub fn find_type(
        &self,
        element: impl Into<ElementType<L::CompoundType>>,
        length: u32,
    ) -> Option<usize> {
        let element = element.into().canonical();
        self.position(|it| *it.element_type() == element && it.length() == length)
    }

    /// Returns the number of types.
    #[must_use]
    pub fn type_count(&self) -> usize {
        self.types.len()
    }

    fn position(
        &self,
        is_it: impl Fn(&FixedLengthListType<L::CompoundType>) -> bool,
    ) -> Option<usize> {
        (0..self.types.len()).find(|index| self.types.get(*index).is_some_and(&is_it))
    }
}

impl<L: ExtensionLimits> Default for FixedLengthListTypeRegistry<L> {
    fn default() -> Self {
        Self::new()
    }
}

impl<L: ExtensionLimits> fmt::Debug for FixedLengthListTypeRegistry<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let types = (0..self.types.len()).filter_map(|index| self.types.get(index));
        f.debug_list().entries(types).finish()
    }
}

/// A type of a value: any type, or a fixed-length list type by its index in a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExtendedValueType<C> {
    /// Any type.
    Standard(ElementType<C>),
    /// The fixed-length list type with this index.
    FixedLengthList(usize),
}

impl<C: CompoundType> ExtendedValueType<C> {
    /// Returns the type, or `None` if the registry has no type with this index.
    pub fn resolve<'a, L: ExtensionLimits<CompoundType = C>>(
        &'a self,
        registry: &'a FixedLengthListTypeRegistry<L>,
    ) -> Option<ResolvedValueType<'a, C>> {
        match self {
            Self::Standard(ty) => Some(ResolvedValueType::Standard(ty)),
            Self::FixedLengthList(index) => {
                registry.get_type(*index).map(ResolvedValueType::FixedLengthList)
            }
        }
    }
}

/// A type that an [`ExtendedValueType`] stands for in a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ResolvedValueType<'a, C: CompoundType> {
    /// Any type.
    Standard(&'a ElementType<C>),
    /// A fixed-length list type.
    FixedLengthList(&'a FixedLengthListType<C>),
}

impl<C: CompoundType> ResolvedValueType<'_, C> {
    /// Returns the size, alignment and flat form.
    pub fn abi(&self) -> Abi {
        match self {
            Self::Standard(ty) => ty.abi(),
            Self::FixedLengthList(ty) => ty.abi(),
        }
    }
}

/// Shows the type as WIT writes it.
impl<C: CompoundType> fmt::Display for ResolvedValueType<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Standard(ty) => ty.fmt(f),
            Self::FixedLengthList(ty) => ty.fmt(f),
        }
    }
}
