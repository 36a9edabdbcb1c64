//! Rust types that can be stored as a [`ContextValue`], and returned again.

use crate::error::{Error, ExtensionError};
use crate::host::limits::{ExtensionLimits, Text};
use crate::limits::{Array, ArrayText};

use super::value::{ContextValue, ContextValueType, IntoContextValue};
use super::value_ref::ContextValueRef;

macro_rules! scalars {
    ($($ty:ident: $case:ident,)*) => {$(
        impl<L: ExtensionLimits> IntoContextValue<L> for $ty {
            fn into_context_value(self) -> Result<ContextValue<L>, Error> {
                Ok(ContextValue::$case(self))
            }
        }

        impl<L: ExtensionLimits> ContextValueType<L> for $ty {
            type View<'a> = Self;

            fn view(value: ContextValueRef<'_, L>) -> Option<Self> {
                match value {
                    ContextValueRef::$case(value) => Some(value),
                    _ => None,
                }
            }
        }

        impl<L: ExtensionLimits> From<$ty> for ContextValue<L> {
            fn from(value: $ty) -> Self {
                Self::$case(value)
            }
        }

        impl<L: ExtensionLimits> From<$ty> for ContextValueRef<'_, L> {
            fn from(value: $ty) -> Self {
                Self::$case(value)
            }
        }
    )*};
}

scalars! {
    bool: Bool, i8: S8, u8: U8, i16: S16, u16: U16, i32: S32, u32: U32, i64: S64, u64: U64,
    f32: F32, f64: F64, char: Char,
}

/// Converts to itself.
impl<L: ExtensionLimits> IntoContextValue<L> for ContextValue<L> {
    fn into_context_value(self) -> Result<Self, Error> {
        Ok(self)
    }
}

/// Converts a `string`.
impl<L: ExtensionLimits> IntoContextValue<L> for &str {
    fn into_context_value(self) -> Result<ContextValue<L>, Error> {
        let too_long = ExtensionError::value_too_long(self.len()).into();
        L::Text::copy_of(self).map(ContextValue::String).ok_or(too_long)
    }
}

/// Converts bytes.
impl<L: ExtensionLimits> IntoContextValue<L> for &[u8] {
    fn into_context_value(self) -> Result<ContextValue<L>, Error> {
        ContextValue::from_bytes(self)
    }
}

/// Converts bytes.
impl<L: ExtensionLimits, const N: usize> IntoContextValue<L> for &[u8; N] {
    fn into_context_value(self) -> Result<ContextValue<L>, Error> {
        ContextValue::from_bytes(self)
    }
}

/// Converts a fixed number of bytes.
impl<L: ExtensionLimits, const N: usize> IntoContextValue<L> for [u8; N] {
    fn into_context_value(self) -> Result<ContextValue<L>, Error> {
        ContextValue::from_bytes(&self)
    }
}

impl<L: ExtensionLimits, const N: usize> ContextValueType<L> for [u8; N] {
    type View<'a> = Self;

    fn view(value: ContextValueRef<'_, L>) -> Option<Self> {
        value.as_bytes()?.try_into().ok()
    }
}

macro_rules! texts_and_bytes {
    ($([$($parameter:tt)*] $ty:ty: $view:ty, $view_of:ident;)*) => {$(
        impl<L: ExtensionLimits, $($parameter)*> IntoContextValue<L> for $ty {
            fn into_context_value(self) -> Result<ContextValue<L>, Error> {
                let borrowed: &$view = &self;
                borrowed.into_context_value()
            }
        }

        texts_and_bytes!(type [$($parameter)*] $ty: $view, $view_of);
    )*};
    (type [$($parameter:tt)*] $ty:ty: $view:ty, $view_of:ident) => {
        impl<L: ExtensionLimits, $($parameter)*> ContextValueType<L> for $ty {
            type View<'a> = &'a $view;

            fn view(value: ContextValueRef<'_, L>) -> Option<&$view> {
                value.$view_of()
            }
        }
    };
}

texts_and_bytes! {
    [const N: usize] ArrayText<N>: str, as_text;
    [const N: usize] Array<u8, N>: [u8], as_bytes;
}

texts_and_bytes!(type [] &'static str: str, as_text);
texts_and_bytes!(type [] &'static [u8]: [u8], as_bytes);

/// Types that need an allocator.
#[cfg(feature = "alloc")]
mod owned {
    use alloc::string::String;
    use alloc::vec::Vec;

    use super::{
        ContextValue, ContextValueRef, ContextValueType, Error, ExtensionLimits, IntoContextValue,
    };
    use crate::abi::Val;

    texts_and_bytes! {
        [] String: str, as_text;
        [] Vec<u8>: [u8], as_bytes;
    }

    impl<L: ExtensionLimits<Text = String, Compound = Val>> From<Val> for ContextValue<L> {
        fn from(value: Val) -> Self {
            match value {
                Val::Bool(value) => Self::Bool(value),
                Val::S8(value) => Self::S8(value),
                Val::U8(value) => Self::U8(value),
                Val::S16(value) => Self::S16(value),
                Val::U16(value) => Self::U16(value),
                Val::S32(value) => Self::S32(value),
                Val::U32(value) => Self::U32(value),
                Val::S64(value) => Self::S64(value),
                Val::U64(value) => Self::U64(value),
                Val::F32(value) => Self::F32(value),
                Val::F64(value) => Self::F64(value),
                Val::Char(value) => Self::Char(value),
                Val::String(text) => Self::String(text.into()),
                compound => Self::Compound(compound),
            }
        }
    }

    impl<L: ExtensionLimits<Text = String, Compound = Val>> IntoContextValue<L> for Val {
        fn into_context_value(self) -> Result<ContextValue<L>, Error> {
            Ok(self.into())
        }
    }

    impl<L: ExtensionLimits<Text = String, Compound = Val>> ContextValueType<L> for Val {
        type View<'a> = Self;

        fn view(value: ContextValueRef<'_, L>) -> Option<Self> {
            Some(match value {
                ContextValueRef::Bool(value) => Self::Bool(value),
                ContextValueRef::S8(value) => Self::S8(value),
                ContextValueRef::U8(value) => Self::U8(value),
                ContextValueRef::S16(value) => Self::S16(value),
                ContextValueRef::U16(value) => Self::U16(value),
                ContextValueRef::S32(value) => Self::S32(value),
                ContextValueRef::U32(value) => Self::U32(value),
                ContextValueRef::S64(value) => Self::S64(value),
                ContextValueRef::U64(value) => Self::U64(value),
                ContextValueRef::F32(value) => Self::F32(value),
                ContextValueRef::F64(value) => Self::F64(value),
                ContextValueRef::Char(value) => Self::Char(value),
                ContextValueRef::String(text) => Self::String(text.into()),
                ContextValueRef::Compound(value) => value.clone(),
                ContextValueRef::Bytes(_) | ContextValueRef::Shared(_) => return None,
            })
        }
    }
}
