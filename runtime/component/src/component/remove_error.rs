//! The reasons why an instance can't be removed.

use thiserror::Error;

use crate::error::Error;

/// The reasons why an instance can't be removed from a store.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RemoveError {
    /// The instance is in another store.
    #[error("the instance is in another store: remove it there")]
    OtherStore,
    /// The instance was removed before.
    #[error("the instance was removed before")]
    Removed,
    /// The instance is one that another instance exports. Remove the instance that exports it.
    #[error("the instance is part of another one: remove the instance that exports it")]
    Part,
    /// The engine has interrupted a call in which the instance takes part. To end the call, use
    /// [`stop_interrupted`](crate::component::Store::stop_interrupted) or
    /// [`abandon`](crate::component::Store::abandon).
    #[error(
        "the engine has interrupted a call in which the instance takes part: end the call with \
         `Store::stop_interrupted` or `Store::abandon` first"
    )]
    Runs,
    /// Weft was misused.
    #[error(transparent)]
    Error(#[from] Error),
}
