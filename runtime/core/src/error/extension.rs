//! Mistakes in the use of the host extensions.

use thiserror::Error;

use super::key::InvalidContextKey;

/// A mistake in the use of a host extension: contexts, host tasks, host threads, joins, waitable
/// sets of the host, and the sources of error contexts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum ExtensionError {
    /// A text, a value or a name is longer than a bounded machine has room for. Nothing was cut,
    /// and nothing has changed.
    #[error("a text or value of {bytes} bytes is longer than the limits of the machine allow")]
    ValueTooLong {
        /// Its length in bytes, or `u32::MAX` if the length is greater.
        bytes: u32,
    },
    /// A value has a handle in it, so that the host can't keep it.
    #[error("a value that the host keeps is a value of the Component Model without handles")]
    NoContextValue,
    /// A text can't be the key of metadata.
    #[error("a text can't be a key of metadata: {0}")]
    InvalidKey(#[from] InvalidContextKey),
    /// The context belongs to a scope, which removes it itself when it is left.
    #[error("the context belongs to a scope, which removes it when it is left")]
    ContextScopeEntered,
    /// An error context would be among its own sources.
    #[error("an error context would be among its own sources: give it another source")]
    SourceCycle,
    /// An error has more sources than a chain may have.
    #[error("the chain of an error's sources is longer than {max}")]
    TooManySources {
        /// The greatest length of the chain.
        max: u32,
    },
    /// The end of the thread is waited for, or was returned.
    #[error("the thread was joined already: its end is returned once")]
    AlreadyJoined,
    /// The end of the thread is not waited for.
    #[error("the thread is not being joined: begin with `begin_join`")]
    NotJoined,
    /// A thread would wait for its own end, directly or through others.
    #[error("a thread would wait for its own end, directly or through others")]
    JoinCycle,
    /// The thread has ended. It can't have values any longer, and can't wait for others.
    #[error("the thread has ended: it can't have values, and can't wait for others")]
    ThreadEnded,
    /// No destructor has this number.
    #[error("there is no destructor with the number {number}: create it first")]
    UnknownDestructor {
        /// The number.
        number: u32,
    },
    /// A task can be dropped only after it has ended. Return from it, fail it, or cancel it
    /// first.
    #[error("the task has not ended: complete, fail or cancel it first")]
    NotFinished,
    /// A call or task is bound to one cancellation token at a time.
    #[error("the task is bound to a cancellation token already: unbind it first")]
    AlreadyBound,
    /// The call or task is not bound to a cancellation token.
    #[error("the task is not bound to a cancellation token")]
    NotBound,
    /// Only a member of a waitable set can be removed from it.
    #[error("the waitable is not a member of the waitable set")]
    NotMember,
    /// A waitable set can be dropped only without members, as guests' sets can.
    #[error("the waitable set has members: remove them first")]
    SetNotEmpty,
    /// Nothing can be added to a waitable set that was closed.
    #[error("the waitable set is closed: nothing can be added to it")]
    SetClosed,
    /// A waitable set would be among its own members.
    #[error("a waitable set would be among its own members")]
    SetCycle,
}

impl ExtensionError {
    /// Returns [`ValueTooLong`](Self::ValueTooLong) of a value of `bytes` bytes.
    pub(crate) fn value_too_long(bytes: usize) -> Self {
        Self::ValueTooLong { bytes: u32::try_from(bytes).unwrap_or(u32::MAX) }
    }
}
