//! Mistakes in the use of the host extensions.

use thiserror::Error;

use super::key::InvalidContextKey;

/// A mistake in the use of a host extension: contexts, host tasks, host threads, joins, waitable
/// sets of the host, and the sources of error contexts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
#[non_exhaustive]
pub enum ExtensionError {
    /// A text or value, or a name, is longer than the room that is set aside for one. Nothing was
    /// cut, and nothing has changed.
    #[error("there is no room for {bytes} bytes in one text or value")]
    ValueTooLong {
        /// Its length in bytes; the highest number if it is longer than that.
        bytes: u32,
    },
    /// A text can't be the key of metadata.
    #[error("this is no key of metadata: {0}")]
    InvalidKey(#[from] InvalidContextKey),
    /// The context is that of a scope, which takes it away itself when it is left.
    #[error("the context is that of a scope, and is there until the scope is left")]
    ContextScopeEntered,
    /// An error context would be among its own sources.
    #[error("an error context would be among its own sources")]
    SourceCycle,
    /// An error has more sources than are followed.
    #[error("an error has a chain of more than {max} sources")]
    TooManySources {
        /// The number of sources that are followed.
        max: u32,
    },
    /// The end of the thread is waited for already, or was told.
    #[error("the thread was joined already")]
    AlreadyJoined,
    /// Nobody waits for the end of the thread.
    #[error("nobody joins the thread")]
    NotJoined,
    /// A thread would wait for its own end, directly or because others do.
    #[error("a thread would wait for its own end")]
    JoinCycle,
    /// The thread is over: it takes no values any more, and waits for nobody.
    #[error("the thread is over")]
    ThreadEnded,
    /// There is no destructor with the number.
    #[error("there is no destructor with the number {number}: make it first")]
    NoDestructor {
        /// The number.
        number: u32,
    },
    /// A task is dropped only when it is over. Return from it, fail it, or cancel it first.
    #[error("the task is not over")]
    NotFinished,
    /// A call or task is bound to one cancellation token at a time.
    #[error("the task is bound to a cancellation token already")]
    AlreadyBound,
    /// The call or task is bound to no cancellation token.
    #[error("the task is bound to no cancellation token")]
    NotBound,
    /// Only a member of a waitable set can be removed from it.
    #[error("this is not a member of the waitable set")]
    NotMember,
    /// A waitable set that is dropped has no members, as the spec says of guests' sets.
    #[error("the waitable set has members")]
    SetNotEmpty,
    /// Nothing is added to a waitable set that was closed.
    #[error("the waitable set is closed")]
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
