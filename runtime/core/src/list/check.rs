//! The check of a value against the type of a list's elements.

use crate::context::ContextValue;
use crate::host::limits::ExtensionLimits;

use super::element::{CompoundType, ElementType};
use super::error::ListError;

impl<C: CompoundType> ElementType<C> {
    /// Checks that `value` is of this type.
    ///
    /// # Errors
    ///
    /// - [`ListError::Element`] if the value is of another type.
    /// - [`ListError::Compound`] if the type is a compound one, and a part of the value is of
    ///   another type.
    // Inlined: most callers know which case the value has, and then little of this is left.
    #[inline]
    pub fn check<L>(&self, value: &ContextValue<L>) -> Result<(), ListError<C>>
    where
        L: ExtensionLimits<CompoundType = C, Compound = C::Value>,
    {
        match (self, value) {
            (Self::Bool, ContextValue::Bool(_))
            | (Self::S8, ContextValue::S8(_))
            | (Self::U8, ContextValue::U8(_))
            | (Self::S16, ContextValue::S16(_))
            | (Self::U16, ContextValue::U16(_))
            | (Self::S32, ContextValue::S32(_))
            | (Self::U32, ContextValue::U32(_))
            | (Self::S64, ContextValue::S64(_))
            | (Self::U64, ContextValue::U64(_))
            | (Self::F32, ContextValue::F32(_))
            | (Self::F64, ContextValue::F64(_))
            | (Self::Char, ContextValue::Char(_))
            | (Self::String, ContextValue::String(_)) => Ok(()),
            _ => self.check_compound(value),
        }
    }

    /// Checks a value that is not of the same scalar case as the type, nor a string as the type
    /// is.
    fn check_compound<L>(&self, value: &ContextValue<L>) -> Result<(), ListError<C>>
    where
        L: ExtensionLimits<CompoundType = C, Compound = C::Value>,
    {
        match (self, value) {
            (Self::Compound(ty), ContextValue::Compound(value)) => {
                ty.check(value).map_err(|mismatch| {
                    let expected = self.clone();
                    ListError::Compound { expected, mismatch }
                })
            }
            (expected, value) => Err(expected.refusal(value)),
        }
    }

    /// Returns the error for a value of another type.
    pub(super) fn refusal<L: ExtensionLimits>(&self, value: &ContextValue<L>) -> ListError<C> {
        ListError::Element { expected: self.clone(), found: kind(value) }
    }
}

/// Returns a phrase for the kind of a value, for errors.
const fn kind<L: ExtensionLimits>(value: &ContextValue<L>) -> &'static str {
    match value {
        ContextValue::Bool(_) => "a bool",
        ContextValue::S8(_) => "an s8",
        ContextValue::U8(_) => "a u8",
        ContextValue::S16(_) => "an s16",
        ContextValue::U16(_) => "a u16",
        ContextValue::S32(_) => "an s32",
        ContextValue::U32(_) => "a u32",
        ContextValue::S64(_) => "an s64",
        ContextValue::U64(_) => "a u64",
        ContextValue::F32(_) => "an f32",
        ContextValue::F64(_) => "an f64",
        ContextValue::Char(_) => "a char",
        ContextValue::String(_) => "a string",
        ContextValue::Compound(_) => "a value made of others",
        ContextValue::Bytes(_) => "bytes",
        ContextValue::Shared(_) => "an `Arc` of the host",
    }
}
