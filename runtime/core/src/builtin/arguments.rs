//! Decoding of the core arguments of a built-in, and encoding of its result.

use crate::builtin::Builtin;
use crate::core_value::{CoreType, CoreValue, IntegerType};
use crate::error::BuiltinCallError;

/// Converts a number of arguments for an error.
fn count(arguments: usize) -> u32 {
    u32::try_from(arguments).unwrap_or(u32::MAX)
}

/// Converts a number of arguments in a signature for an error.
fn signature_count(arguments: usize) -> u8 {
    u8::try_from(arguments).unwrap_or(u8::MAX)
}

/// The core arguments of a call of a built-in, taken one by one.
#[derive(Debug)]
pub(crate) struct Arguments<'a> {
    builtin: Builtin,
    values: &'a [CoreValue],
    next: usize,
}

impl<'a> Arguments<'a> {
    /// Checks the number of arguments of a call of `builtin`, whose signature has `expected` of
    /// them.
    pub(crate) fn new(
        builtin: Builtin,
        values: &'a [CoreValue],
        expected: usize,
    ) -> Result<Self, BuiltinCallError> {
        if values.len() == expected {
            Ok(Self { builtin, values, next: 0 })
        } else {
            let (expected, given) = (signature_count(expected), count(values.len()));
            Err(BuiltinCallError::ArgumentCount { builtin, expected, given })
        }
    }

    /// Takes the next argument. `read` returns `None` for a value of another type than
    /// `expected`.
    fn take<T>(
        &mut self,
        expected: CoreType,
        read: impl FnOnce(CoreValue) -> Option<T>,
    ) -> Result<T, BuiltinCallError> {
        let (builtin, position) = (self.builtin, self.next);
        self.next += 1;
        let Some(value) = self.values.get(position).copied() else {
            let (expected, given) = (signature_count(self.next), count(self.values.len()));
            return Err(BuiltinCallError::ArgumentCount { builtin, expected, given });
        };
        let given = value.ty();
        let position = count(position);
        read(value).ok_or(BuiltinCallError::ArgumentType { builtin, position, expected, given })
    }

    /// Takes the next argument, an `i32`.
    pub(crate) fn i32(&mut self) -> Result<u32, BuiltinCallError> {
        self.take(CoreType::I32, |value| match value {
            CoreValue::I32(value) => Some(value),
            _ => None,
        })
    }

    /// Takes the next argument, an integer of type `ty`, zero-extended.
    pub(crate) fn integer(&mut self, ty: IntegerType) -> Result<u64, BuiltinCallError> {
        self.take(ty.into(), |value| match (ty, value) {
            (IntegerType::I32, CoreValue::I32(value)) => Some(value.into()),
            (IntegerType::I64, CoreValue::I64(value)) => Some(value),
            _ => None,
        })
    }

    /// Takes the next argument, a nullable reference to a function.
    pub(crate) fn function(&mut self) -> Result<Option<u32>, BuiltinCallError> {
        self.take(CoreType::Function, |value| match value {
            CoreValue::Function(function) => Some(function),
            _ => None,
        })
    }
}

/// Returns `value` as the result of `builtin`, with the integer type in its definition.
pub(crate) fn integer_result(
    builtin: Builtin,
    ty: IntegerType,
    value: u64,
) -> Result<Option<CoreValue>, BuiltinCallError> {
    match CoreValue::integer(ty, value) {
        Some(value) => Ok(Some(value)),
        None => Err(BuiltinCallError::ResultTooLarge { builtin }),
    }
}
