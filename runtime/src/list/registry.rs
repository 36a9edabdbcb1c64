//! Fixed-length list types by number.

use alloc::vec::Vec;

use crate::abi::Type;

use super::dynamic::FixedLengthListType;

/// Types of fixed-length lists, each with an index; the same type has the same index.
///
/// ```
/// use weft::abi::Type;
/// use weft::list::{FixedLengthListType, FixedLengthListTypeRegistry};
///
/// let mut registry = FixedLengthListTypeRegistry::new();
/// let pair = FixedLengthListType::new(Type::U8, 2)?;
/// let index = registry.register_type(pair.clone());
/// assert_eq!(registry.register_type(pair.clone()), index);
/// assert_eq!(registry.get_type(index), Some(&pair));
/// assert_eq!(registry.find_type(&Type::U8, 2), Some(index));
/// assert_eq!(registry.type_count(), 1);
/// # Ok::<(), weft::abi::InvalidType>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FixedLengthListTypeRegistry {
    types: Vec<FixedLengthListType>,
}

impl FixedLengthListTypeRegistry {
    /// A registry without types.
    #[must_use]
    pub const fn new() -> Self {
        Self { types: Vec::new() }
    }

    /// The index of a type, which is registered if it isn't yet.
    pub fn register_type(&mut self, ty: FixedLengthListType) -> usize {
        let known = self.types.iter().position(|it| *it == ty);
        known.unwrap_or_else(|| {
            self.types.push(ty);
            self.types.len() - 1
        })
    }

    /// The type with this index.
    #[must_use]
    pub fn get_type(&self, index: usize) -> Option<&FixedLengthListType> {
        self.types.get(index)
    }

    /// The index of the first type with such elements and such a length.
    #[must_use]
    pub fn find_type(&self, element: &Type, length: u32) -> Option<usize> {
        self.types.iter().position(|it| it.element_type() == element && it.length() == length)
    }

    /// How many types there are.
    #[must_use]
    pub const fn type_count(&self) -> usize {
        self.types.len()
    }
}

/// A type of a value, or a fixed-length list type by its index in a registry.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ExtendedValueType {
    /// Any type.
    Standard(Type),
    /// The fixed-length list type with this index.
    FixedLengthList(usize),
}

impl ExtendedValueType {
    /// The type; `None` if the registry has none with the index.
    #[must_use]
    pub fn resolve<'a>(&'a self, registry: &'a FixedLengthListTypeRegistry) -> Option<&'a Type> {
        match self {
            Self::Standard(ty) => Some(ty),
            Self::FixedLengthList(index) => {
                registry.get_type(*index).map(FixedLengthListType::as_type)
            }
        }
    }
}
