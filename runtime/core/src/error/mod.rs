//! Errors: a guest's [`Trap`], and the host's [`enum@Error`].
//!
//! A trap names the rule that a guest broke. An error says how the host misused the API, or which
//! limit is reached. [`Failure`] is one of the two.
//!
//! ```
//! # use weft_core as weft;
//! use weft::error::{Error, Failure, MachineError};
//! use weft::trap::Trap;
//!
//! fn report(failure: Failure) -> &'static str {
//!     match failure {
//!         Failure::Trap(Trap::CannotEnterComponentInstance) => "start the guest again",
//!         Failure::Trap(_) => "the guest has a fault",
//!         Failure::Error(Error::Full(_)) => "try again later",
//!         Failure::Error(_) => "the host has a fault",
//!     }
//! }
//!
//! assert_eq!(report(MachineError::NotStarted.into()), "the host has a fault");
//! ```
//!
//! Each layer has a type for the mistakes that only it can find. [`enum@Error`] contains all of
//! these mistakes, and the few that all layers share:
//!
//! | type | mistakes |
//! |---|---|
//! | [`enum@Error`] | shared: a full table, an unknown id, a chooser's answer out of range |
//! | [`BuiltinCallError`] | of an engine's adapter, in a call of a built-in |
//! | [`MachineError`] | in the use of the machine: steps, calls, ends and handles |
//! | [`AbiError`] | in the values that the canonical ABI lifts and lowers |
//! | [`ExtensionError`] | in the use of the host extensions |
//!
//! Each of these types converts into [`enum@Error`] and [`Failure`], so `?` works in functions that
//! return one of the two. [`WithCauses`] shows an error and its causes as one text. [`OneLine`]
//! shows the text of a guest in a message.

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

/// The failure of a call into Weft: a trap of the guest, or an error of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
pub enum Failure {
    /// The guest broke a rule of the Component Model.
    #[error(transparent)]
    Trap(#[from] Trap),
    /// The host misused the API, or a limit is reached.
    #[error(transparent)]
    Error(#[from] Error),
}

/// A mistake of the host, or a limit that is reached.
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
    /// A table has no room. Nothing has changed, and there is room again after an entry is
    /// removed.
    #[error("there is no room for more {0}: remove some, or allow more `{size}`", size = .0.size_name())]
    Full(Table),
    /// The table has no entry with this id: it was removed, or the id belongs to something else.
    #[error(
        "the id is that of none of the {0}: it was removed, or the id belongs to something else"
    )]
    Unknown(Table),
    /// A link inside of the machine leads nowhere. This is a fault in Weft.
    #[error("the machine's {0} are inconsistent: this is a bug in Weft, please report it")]
    Inconsistent(Table),
    /// The chooser returned a possibility that does not exist.
    #[error(
        "the chooser returned {chosen} for `{choice}`, which has {count} possibilities, counted from 0"
    )]
    ChoiceOutOfRange {
        /// The decision.
        choice: Choice,
        /// The returned number.
        chosen: u32,
        /// The number of possibilities.
        count: u32,
    },
    /// The chooser refused to choose. It knows the reason.
    #[error("the chooser refused to choose one of the {count} possibilities of `{choice}`")]
    ChoiceRefused {
        /// The decision.
        choice: Choice,
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

    /// Checks a size: nearly every call of the machine returns one of them, or a little more, and
    /// so returns it in registers. The error of a layer has at most 8 bytes, and its tag fits
    /// beside it.
    #[test]
    fn errors_take_at_most_two_registers() {
        assert_eq!((size_of::<Error>(), size_of::<Failure>()), (12, 12));
        assert_eq!(size_of::<Result<u64, Failure>>(), 16);
    }
}
