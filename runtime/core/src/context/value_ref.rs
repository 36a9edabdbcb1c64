//! Values that the host stores, borrowed.

use core::fmt;

use crate::error::Error;
use crate::host::limits::{Bytes as _, ExtensionLimits, Text as _};

use super::value::{ContextValue, ContextValueType, IntoContextValue};

/// A borrowed [`ContextValue`]. A scalar is copied, and all else is borrowed. This is a **host
/// extension**.
///
/// [`ContextValue::as_ref`] returns it, and so does a
/// [`FixedLengthList`](struct@crate::list::FixedLengthList), which stores no `ContextValue` for a
/// scalar. [`get`](Self::get) returns the Rust value.
///
/// ```
/// # use weft_core as weft;
/// # #[cfg(feature = "alloc")] {
/// use weft::context::{ContextValue, ContextValueRef};
/// use weft::limits::Heap;
///
/// let value = ContextValue::<Heap>::from_component_value("ten")?;
/// assert_eq!(value.as_ref(), ContextValueRef::String("ten"));
/// assert_eq!(value.as_ref().get::<&str>(), Some("ten"));
/// assert_eq!(ContextValueRef::<Heap>::from(10_u8).get::<u8>(), Some(10));
/// # }
/// # Ok::<(), weft::error::Error>(())
/// ```
pub enum ContextValueRef<'a, L: ExtensionLimits> {
    /// `bool`
    Bool(bool),
    /// `s8`
    S8(i8),
    /// `u8`
    U8(u8),
    /// `s16`
    S16(i16),
    /// `u16`
    U16(u16),
    /// `s32`
    S32(i32),
    /// `u32`
    U32(u32),
    /// `s64`
    S64(i64),
    /// `u64`
    U64(u64),
    /// `f32`
    F32(f32),
    /// `f64`
    F64(f64),
    /// `char`
    Char(char),
    /// `string`
    String(&'a str),
    /// Any other value of the Component Model.
    Compound(&'a L::Compound),
    /// Bytes, whose meaning the host defines.
    Bytes(&'a [u8]),
    /// A value of any Rust type, which need not be a type of the Component Model.
    Shared(&'a L::Shared),
}

impl<'a, L: ExtensionLimits> ContextValueRef<'a, L> {
    /// Returns the value as this type, or `None` if it has another type.
    pub fn get<T: ContextValueType<L>>(self) -> Option<T::View<'a>> {
        T::view(self)
    }

    /// Returns the text, if it is one.
    #[must_use]
    pub const fn as_text(self) -> Option<&'a str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the bytes, if it is bytes.
    #[must_use]
    pub const fn as_bytes(self) -> Option<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }
}

impl<L: ExtensionLimits> ContextValue<L> {
    /// Returns the value, borrowed. A scalar is copied.
    // Inlined: most callers look at one case.
    #[inline]
    pub fn as_ref(&self) -> ContextValueRef<'_, L> {
        match self {
            Self::Bool(value) => ContextValueRef::Bool(*value),
            Self::S8(value) => ContextValueRef::S8(*value),
            Self::U8(value) => ContextValueRef::U8(*value),
            Self::S16(value) => ContextValueRef::S16(*value),
            Self::U16(value) => ContextValueRef::U16(*value),
            Self::S32(value) => ContextValueRef::S32(*value),
            Self::U32(value) => ContextValueRef::U32(*value),
            Self::S64(value) => ContextValueRef::S64(*value),
            Self::U64(value) => ContextValueRef::U64(*value),
            Self::F32(value) => ContextValueRef::F32(*value),
            Self::F64(value) => ContextValueRef::F64(*value),
            Self::Char(value) => ContextValueRef::Char(*value),
            Self::String(text) => ContextValueRef::String(text.as_text()),
            Self::Compound(value) => ContextValueRef::Compound(value),
            Self::Bytes(bytes) => ContextValueRef::Bytes(bytes.as_bytes()),
            Self::Shared(value) => ContextValueRef::Shared(value),
        }
    }
}

impl<L: ExtensionLimits> Copy for ContextValueRef<'_, L> {}

impl<L: ExtensionLimits> Clone for ContextValueRef<'_, L> {
    fn clone(&self) -> Self {
        *self
    }
}

/// Copies the value.
impl<L: ExtensionLimits> IntoContextValue<L> for ContextValueRef<'_, L> {
    fn into_context_value(self) -> Result<ContextValue<L>, Error> {
        Ok(match self {
            Self::Bool(value) => ContextValue::Bool(value),
            Self::S8(value) => ContextValue::S8(value),
            Self::U8(value) => ContextValue::U8(value),
            Self::S16(value) => ContextValue::S16(value),
            Self::U16(value) => ContextValue::U16(value),
            Self::S32(value) => ContextValue::S32(value),
            Self::U32(value) => ContextValue::U32(value),
            Self::S64(value) => ContextValue::S64(value),
            Self::U64(value) => ContextValue::U64(value),
            Self::F32(value) => ContextValue::F32(value),
            Self::F64(value) => ContextValue::F64(value),
            Self::Char(value) => ContextValue::Char(value),
            Self::String(text) => return text.into_context_value(),
            Self::Compound(value) => ContextValue::Compound(value.clone()),
            Self::Bytes(bytes) => return bytes.into_context_value(),
            Self::Shared(value) => ContextValue::Shared(value.clone()),
        })
    }
}

impl<'a, L: ExtensionLimits> From<&'a ContextValue<L>> for ContextValueRef<'a, L> {
    fn from(value: &'a ContextValue<L>) -> Self {
        value.as_ref()
    }
}

impl<'a, L: ExtensionLimits> From<&'a str> for ContextValueRef<'a, L> {
    fn from(text: &'a str) -> Self {
        Self::String(text)
    }
}

/// Compares as the Component Model does: all NaNs are one value, and 0 and −0 are two.
impl<L: ExtensionLimits> PartialEq for ContextValueRef<'_, L> {
    fn eq(&self, other: &Self) -> bool {
        match (*self, *other) {
            (Self::Bool(one), Self::Bool(other)) => one == other,
            (Self::S8(one), Self::S8(other)) => one == other,
            (Self::U8(one), Self::U8(other)) => one == other,
            (Self::S16(one), Self::S16(other)) => one == other,
            (Self::U16(one), Self::U16(other)) => one == other,
            (Self::S32(one), Self::S32(other)) => one == other,
            (Self::U32(one), Self::U32(other)) => one == other,
            (Self::S64(one), Self::S64(other)) => one == other,
            (Self::U64(one), Self::U64(other)) => one == other,
            (Self::F32(one), Self::F32(other)) => {
                one.to_bits() == other.to_bits() || one.is_nan() && other.is_nan()
            }
            (Self::F64(one), Self::F64(other)) => {
                one.to_bits() == other.to_bits() || one.is_nan() && other.is_nan()
            }
            (Self::Char(one), Self::Char(other)) => one == other,
            (Self::String(one), Self::String(other)) => one == other,
            (Self::Compound(one), Self::Compound(other)) => one == other,
            (Self::Bytes(one), Self::Bytes(other)) => one == other,
            (Self::Shared(one), Self::Shared(other)) => one == other,
            _ => false,
        }
    }
}

impl<L: ExtensionLimits> fmt::Debug for ContextValueRef<'_, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(value) => value.fmt(f),
            Self::S8(value) => value.fmt(f),
            Self::U8(value) => value.fmt(f),
            Self::S16(value) => value.fmt(f),
            Self::U16(value) => value.fmt(f),
            Self::S32(value) => value.fmt(f),
            Self::U32(value) => value.fmt(f),
            Self::S64(value) => value.fmt(f),
            Self::U64(value) => value.fmt(f),
            Self::F32(value) => value.fmt(f),
            Self::F64(value) => value.fmt(f),
            Self::Char(value) => value.fmt(f),
            Self::String(text) => text.fmt(f),
            Self::Compound(value) => value.fmt(f),
            Self::Bytes(bytes) => bytes.fmt(f),
            Self::Shared(value) => value.fmt(f),
        }
    }
}
