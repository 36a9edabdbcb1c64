//! The two kinds of bad news: a guest's [`Trap`], and the host's [`enum@Error`].
//!
//! Each layer has the mistakes that only it can find in a type of its own. [`enum@Error`] is any of
//! them, or one of the few that every layer shares.
//!
//! | type | mistakes |
//! |---|---|
//! | [`enum@Error`] | shared: a full table, an unknown id, a chooser out of range |
//! | [`BuiltinCallError`] | of an engine's adapter, in a call of a built-in |
//! | [`MachineError`] | in the use of the machine: steps, calls, ends and handles |
//! | [`AbiError`] | in the values that the canonical ABI lifts and lowers |
//! | [`ExtensionError`] | in the use of the host extensions |
//!
//! [`WithCauses`] makes one text of an error and its causes. [`OneLine`] shows a guest's text in a
//! message.
//!
//! Each type of a layer converts into [`enum@Error`] and [`Failure`], so `?` works in functions that
//! return one of these.

mod abi;
mod builtin_call;
mod extension;
pub(crate) mod key;
mod machine;
mod one_line;
mod packed;
mod with_causes;

use thiserror::Error;

pub use self::abi::AbiError;
pub use self::builtin_call::{BuiltinCallError, MissingCapability};
pub use self::extension::ExtensionError;
pub use self::key::InvalidContextKey;
pub use self::machine::MachineError;
pub use self::one_line::OneLine;
pub use self::packed::{FieldTooLarge, UnknownCode};
pub use self::with_causes::WithCauses;
use crate::chooser::Choice;
use crate::limits::Table;
use crate::trap::Trap;

/// What went wrong in a call into Weft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum Failure {
    /// The guest broke a rule of the Component Model.
    #[error(transparent)]
    Trap(#[from] Trap),
    /// The host misused the API, or a limit is reached.
    #[error(transparent)]
    Error(#[from] Error),
}

/// The host misused the API, or a limit is reached.
///
/// ```
/// use weft_core::error::{Error, Failure, MachineError};
///
/// let error = Error::from(MachineError::NotStarted);
/// assert_eq!(error, Error::Machine(MachineError::NotStarted));
/// assert_eq!(error.to_string(), MachineError::NotStarted.to_string());
/// assert_eq!(Failure::from(MachineError::NotStarted), Failure::Error(error));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum Error {
    /// A table has no room. Nothing has changed, and there is room again when something is freed.
    #[error("there is no room for more {0}")]
    Full(Table),
    /// The id is of nothing in the table, or of something that was removed, or of another kind.
    #[error("there is no such entry among the {0}, or there is none any more")]
    Unknown(Table),
    /// A link inside of the machine leads nowhere: this is a bug in Weft.
    #[error("the machine's {0} are inconsistent: this is a bug in Weft, please report it")]
    Inconsistent(Table),
    /// The chooser chose a possibility that does not exist.
    #[error("of {count} possibilities of `{choice}`, {chosen} was chosen")]
    ChoiceOutOfRange {
        /// What was to be decided.
        choice: Choice,
        /// The number of the chosen possibility, from 0.
        chosen: u32,
        /// The number of possibilities.
        count: u32,
    },
    /// A value does not fit its bits of a packed integer.
    #[error(transparent)]
    FieldTooLarge(#[from] FieldTooLarge),
    /// A mistake of an engine's adapter in a call of a built-in.
    #[error(transparent)]
    BuiltinCall(#[from] BuiltinCallError),
    /// A mistake in the use of the machine.
    #[error(transparent)]
    Machine(#[from] MachineError),
    /// A mistake in the values that the canonical ABI lifts and lowers.
    #[error(transparent)]
    Abi(#[from] AbiError),
    /// A mistake in the use of a host extension.
    #[error(transparent)]
    Extension(#[from] ExtensionError),
}

/// Converts the error of a layer, through [`enum@Error`], into a [`Failure`].
macro_rules! into_failure {
    ($($layer:ident)*) => {
        $(impl From<$layer> for Failure {
            fn from(error: $layer) -> Self {
                Self::Error(error.into())
            }
        })*
    };
}

into_failure! { BuiltinCallError MachineError AbiError ExtensionError FieldTooLarge }

#[cfg(test)]
mod tests {
    use super::*;

    /// Nearly all that the machine does ends with one of them or a little more, which then is
    /// returned in registers. The error of a layer has 8 bytes at most, so that its tag fits beside.
    #[test]
    fn errors_take_no_more_than_two_registers() {
        assert_eq!((size_of::<Error>(), size_of::<Failure>()), (12, 12));
        assert_eq!(size_of::<Result<u64, Failure>>(), 16);
    }
}
