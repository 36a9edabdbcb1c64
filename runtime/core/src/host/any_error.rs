//! One error type for all that a host does.

use thiserror::Error;

use crate::context::{ContextError, ContextKeyCollision};
use crate::error::{
    AbiError, BuiltinCallError, Error, ExtensionError, Failure, FieldTooLarge, InvalidContextKey,
    MachineError,
};
use crate::error_context::UnknownSeverity;
use crate::host::limits::NoCompound;
use crate::list::{CompoundType, ListError};
use crate::trap::Trap;

/// An error of any action of a host on a machine, its extensions or lists. The errors of all these
/// convert into it, so `?` works in a function that returns it. It needs no `alloc`.
///
/// `C` is the type of compound elements of lists, as in [`ListError`]. On
/// [`Heap`](crate::limits::Heap) it is `Type`.
///
/// ```
/// # use weft_core as weft;
/// use weft::context::ContextKey;
/// use weft::host::{AnyError, ExtendedMachine};
/// use weft::list::fixed_list_utils::from_range;
/// use weft::list::ElementType;
///
/// weft::limits! {
///     struct Small { ..MachineSizes::SMALL }
///     extensions { list_elements: 4, ..ExtensionSizes::SMALL }
/// }
///
/// fn count(machine: &mut ExtendedMachine<Small>) -> Result<u32, AnyError> {
///     machine.contexts().set_value(ContextKey::new("limit")?, 3_u32)?;
///     let numbers = from_range::<Small>(ElementType::U8, 0, 3)?;
///     let task = machine.tasks().start()?;
///     machine.tasks().complete(task, true)?;
///     Ok(numbers.length())
/// }
///
/// assert_eq!(count(&mut ExtendedMachine::default()), Ok(3));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AnyError<C: CompoundType = NoCompound> {
    /// A trap, or a mistake in the use of the API.
    #[error(transparent)]
    Failure(#[from] Failure),
    /// A value can't be kept in a context.
    #[error(transparent)]
    Context(#[from] ContextError),
    /// A list can't be made or changed.
    #[error(transparent)]
    List(#[from] ListError<C>),
    /// A number stands for no severity.
    #[error(transparent)]
    Severity(#[from] UnknownSeverity),
}

/// Converts an error through another one.
macro_rules! through {
    ($($through:ident: $($error:ident)*;)*) => {$($(
        impl<C: CompoundType> From<$error> for AnyError<C> {
            fn from(error: $error) -> Self {
                $through::from(error).into()
            }
        }
    )*)*};
}

through! {
    Failure: Error Trap AbiError BuiltinCallError ExtensionError FieldTooLarge MachineError;
    ContextError: ContextKeyCollision InvalidContextKey;
}

#[cfg(test)]
mod tests {
    use std::string::ToString as _;

    use super::*;
    use crate::context::ContextKey;
    use crate::error_context::ErrorSeverity;
    use crate::limits::Table;

    fn all(number: u32) -> Result<(), AnyError> {
        match number {
            0 => Err(Error::Full(Table::Tasks))?,
            1 => Err(Failure::Error(Error::Full(Table::Tasks)))?,
            2 => Err(MachineError::NotHeld)?,
            3 => Err(ExtensionError::SetClosed)?,
            4 => drop(ContextKey::new("")?),
            5 => Err(ContextError::from(Error::Full(Table::Contexts)))?,
            6 => Err(ListError::Immutable)?,
            _ => drop(ErrorSeverity::from_u32(4)?),
        }
        Ok(())
    }

    #[test]
    fn all_errors_convert_and_keep_their_messages() {
        let messages: [&dyn core::fmt::Display; 8] = [
            &Error::Full(Table::Tasks),
            &Error::Full(Table::Tasks),
            &MachineError::NotHeld,
            &ExtensionError::SetClosed,
            &InvalidContextKey::Empty,
            &Error::Full(Table::Contexts),
            &ListError::<NoCompound>::Immutable,
            &UnknownSeverity(4),
        ];
        for (number, message) in (0..).zip(messages) {
            assert_eq!(all(number).unwrap_err().to_string(), message.to_string());
        }
    }
}
