//! The errors of instantiation.

use alloc::vec::Vec;
use core::fmt;

use thiserror::Error;

use crate::component::definition::import_error::ImportError;
use crate::component::definition::wrapped::Wrapped;
use crate::component::store::call_error::CallError;
use crate::component::store::fault::Fault;
use crate::component::store::store_limits::LimitReached;
use crate::error::{Error, Failure, WithCauses};

/// The reasons why a component can't be instantiated.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InstantiateError {
    /// The linker lacks items for its imports, or has items that can't be used for them. The message
    /// has a line for each error, with its causes.
    #[error("{}", Lines(.0))]
    Imports(
        /// The errors of all imports.
        Vec<ImportError>,
    ),
    /// The component was loaded for another engine than the store's.
    #[error("the component was loaded for another engine than that of the store")]
    OtherEngine,
    /// A limit of the store is reached. [`StoreLimits`](crate::component::StoreLimits) sets it.
    #[error(transparent)]
    Limit(LimitReached),
    /// The initialization trapped, or Weft failed.
    #[error(transparent)]
    Call(CallError),
}

struct Lines<'a>(&'a [ImportError]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, error) in self.0.iter().enumerate() {
            f.write_str(if position == 0 { "" } else { "\n" })?;
            Wrapped(WithCauses(error)).fmt(f)?;
        }
        Ok(())
    }
}

impl From<CallError> for InstantiateError {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Limit(limit) => Self::Limit(limit),
            error => Self::Call(error),
        }
    }
}

impl From<Fault> for InstantiateError {
    fn from(fault: Fault) -> Self {
        CallError::from(fault).into()
    }
}

impl From<Error> for InstantiateError {
    fn from(error: Error) -> Self {
        CallError::from(error).into()
    }
}

impl From<Failure> for InstantiateError {
    fn from(failure: Failure) -> Self {
        Fault::from(failure).into()
    }
}
