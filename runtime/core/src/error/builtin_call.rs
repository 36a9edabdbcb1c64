//! Mistakes of an engine's adapter in a call of a built-in.

use core::fmt;

use thiserror::Error;

use crate::builtin::Builtin;
use crate::core_value::CoreType;

/// A mistake of an engine's adapter in a call of a built-in.
///
/// An engine checks the types of its calls, so a guest cannot cause any of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum BuiltinCallError {
    /// The call passes more or fewer core values than the signature of the built-in has.
    #[error("`{builtin}` takes {expected} core arguments, but the engine passed {given}")]
    ArgumentCount {
        /// The built-in.
        builtin: Builtin,
        /// The number of arguments in its signature.
        expected: u8,
        /// The number of arguments that were passed.
        given: u32,
    },
    /// The call passes a core value of another type than the signature of the built-in has.
    #[error(
        "argument {position} of `{builtin}` has the type {expected}, but the engine passed a value of type {given}"
    )]
    ArgumentType {
        /// The built-in.
        builtin: Builtin,
        /// The position of the argument, from 0.
        position: u32,
        /// The type of the argument in the signature.
        expected: CoreType,
        /// The type of the value that was passed.
        given: CoreType,
    },
    /// The result of a built-in does not fit the core type in its definition.
    #[error("the result of `{builtin}` does not fit the core type in its definition")]
    ResultTooLarge {
        /// The built-in.
        builtin: Builtin,
    },
    /// The definition names a context slot that does not exist. There are two slots.
    #[error("there is no context slot {slot}: the slots are 0 and 1")]
    NoContextSlot {
        /// The slot.
        slot: u32,
    },
    /// The built-in needs a capability that the engine lacks.
    #[error("`{builtin}` needs {capability}, which the engine does not have")]
    EngineCapability {
        /// The built-in.
        builtin: Builtin,
        /// The capability that the engine lacks.
        capability: MissingCapability,
    },
}

/// A capability that an engine can have or lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum MissingCapability {
    /// Shared functions, whose threads run in parallel.
    SharedFunctions,
}

impl fmt::Display for MissingCapability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::SharedFunctions => "shared functions",
        })
    }
}
