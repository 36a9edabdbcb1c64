//! The two kinds of bad news: a guest's [`Trap`], and the host's [`enum@Error`].

use thiserror::Error;

use crate::builtin::Builtin;
use crate::core_value::CoreType;
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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum Error {
    /// A built-in was called with more or fewer core values than its signature has.
    ///
    /// The engine checks the types of what it calls, so this is a mistake of its adapter.
    #[error("`{builtin}` takes {expected} core arguments and was given {given}")]
    ArgumentCount {
        /// The built-in.
        builtin: Builtin,
        /// How many its signature has.
        expected: usize,
        /// How many there were.
        given: usize,
    },
    /// A built-in was called with a core value of another type than its signature has.
    #[error("argument {position} of `{builtin}` is of type {expected}, and was given as {given}")]
    ArgumentType {
        /// The built-in.
        builtin: Builtin,
        /// Which argument, from 0.
        position: usize,
        /// Its type.
        expected: CoreType,
        /// The type of what was given.
        given: CoreType,
    },
    /// A result of a built-in does not fit the core type that its definition says.
    #[error("the result of `{builtin}` does not fit its core type")]
    ResultTooLarge {
        /// The built-in.
        builtin: Builtin,
    },
    /// A value does not fit its bits of a packed integer.
    #[error(transparent)]
    FieldTooLarge(#[from] FieldTooLarge),
}

/// A value does not fit its bits of a packed integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[error("{value} does not fit the field `{field}` of a `{packing}`")]
pub struct FieldTooLarge {
    /// The packing, as `spec/abi.toml` calls it.
    pub packing: &'static str,
    /// The field.
    pub field: &'static str,
    /// The value.
    pub value: u32,
}

/// A packed integer holds a code that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[error("{value} is no `{code}`")]
pub struct UnknownCode {
    /// The enumeration, as `spec/abi.toml` calls it.
    pub code: &'static str,
    /// The number.
    pub value: u32,
}
