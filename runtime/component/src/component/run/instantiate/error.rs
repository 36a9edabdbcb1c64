//! The errors of instantiation.

use alloc::vec::Vec;
use core::error::Error as _;
use core::fmt;

use thiserror::Error;

use crate::component::definition::import_error::ImportError;
use crate::component::store::call_error::CallError;
use crate::component::store::fault::Fault;
use crate::error::{Error, Failure};

/// A component can't be instantiated.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum InstantiateError {
    /// Something is wrong with what is given for its imports. The message has a line for each error,
    /// with its causes.
    #[error("{}", Lines(.0))]
    Imports(
        /// What, of every import that something is wrong with.
        Vec<ImportError>,
    ),
    /// It was loaded for another engine than the store's.
    #[error("the component was loaded for another engine")]
    OtherEngine,
    /// There would be more instances, of components and of core modules, than is allowed at a time.
    #[error("a component may have at most {0} instances within it")]
    TooManyInstances(u32),
    /// Components would instantiate one another too deeply.
    #[error("components instantiate one another at most {0} levels deep")]
    TooDeep(u32),
    /// Components are defined in so many places, each of which sees so many others, that
    /// instantiation would take too long.
    #[error("there are too many components within components to instantiate them all")]
    TooMuchWork,
    /// An initialisation trapped, or Weft failed.
    #[error(transparent)]
    Call(#[from] CallError),
}

struct Lines<'a>(&'a [ImportError]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, error) in self.0.iter().enumerate() {
            f.write_str(if position == 0 { "" } else { "\n" })?;
            error.fmt(f)?;
            let mut cause = error.source();
            while let Some(error) = cause {
                write!(f, ": {error}")?;
                cause = error.source();
            }
        }
        Ok(())
    }
}

impl From<Fault> for InstantiateError {
    fn from(fault: Fault) -> Self {
        Self::Call(fault.into())
    }
}

impl From<Error> for InstantiateError {
    fn from(error: Error) -> Self {
        Self::Call(error.into())
    }
}

impl From<Failure> for InstantiateError {
    fn from(failure: Failure) -> Self {
        Self::Call(Fault::from(failure).into())
    }
}
