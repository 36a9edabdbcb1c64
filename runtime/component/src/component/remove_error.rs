//! The reasons why an instance can't be removed.

use thiserror::Error;

use crate::error::Error;

/// An instance can't be removed from a store.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RemoveError {
    /// The instance is in another store.
    #[error("the instance is in another store")]
    OtherStore,
    /// The instance was removed before.
    #[error("the instance was removed before")]
    Removed,
    /// It is an instance that another one exports. It is removed with the one that exports it.
    #[error("the instance is part of another one, with which it is removed")]
    Part,
    /// The engine has interrupted a call that the instance is part of.
    /// [`stop_interrupted`](crate::component::Store::stop_interrupted) and
    /// [`abandon`](crate::component::Store::abandon) end the call.
    #[error("the engine has interrupted a call that the instance is part of")]
    Runs,
    /// Weft was misused.
    #[error(transparent)]
    Error(#[from] Error),
}
