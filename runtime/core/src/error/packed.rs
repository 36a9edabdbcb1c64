//! Mistakes in enumerations and packed integers that cross the boundary.

use thiserror::Error;

use crate::code::PackedField;

/// A value does not fit its bits of a packed integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[error("{value} does not fit the field `{}` of a `{}`", field.name(), field.packing())]
pub struct FieldTooLarge {
    /// The field.
    pub field: PackedField,
    /// The value.
    pub value: u32,
}

/// A packed integer holds a code that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[error("{value} is not a `{code}`")]
pub struct UnknownCode {
    /// The enumeration, by its name in `spec/abi.toml`.
    pub code: &'static str,
    /// The number.
    pub value: u32,
}
