//! The error of functions that change fields.

use weft::binding::{HostError, WitError};

use crate::http::FieldsError;
use crate::p2::bindings::http::wasi::http::types::HeaderError;

/// The error of a function that changes fields.
#[derive(Debug)]
pub enum HeaderFailure {
    /// The guest gets the error.
    Error(HeaderError),
    /// The guest traps.
    Trap(HostError),
}

impl WitError<HeaderError> for HeaderFailure {
    fn into_wit(self) -> Result<HeaderError, HostError> {
        match self {
            Self::Error(error) => Ok(error),
            Self::Trap(error) => Err(error),
        }
    }
}

impl From<HostError> for HeaderFailure {
    fn from(error: HostError) -> Self {
        Self::Trap(error)
    }
}

impl From<FieldsError> for HeaderFailure {
    fn from(error: FieldsError) -> Self {
        match error {
            FieldsError::InvalidSyntax => Self::Error(HeaderError::InvalidSyntax),
            FieldsError::Forbidden => Self::Error(HeaderError::Forbidden),
            FieldsError::Immutable => Self::Error(HeaderError::Immutable),
            // This version has no error for this case.
            FieldsError::TooLarge => {
                Self::Trap("the fields are larger than the host allows".into())
            }
        }
    }
}
