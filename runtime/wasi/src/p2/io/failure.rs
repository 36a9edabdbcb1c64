//! Errors of streams: values for guests, and traps.

use weft::binding::{HostError, Own, WitError};

use crate::bytes::{BytesError, InputError, OutputError};
use crate::p2::bindings::io::wasi::io::streams::StreamError;

/// The error of a function of `wasi:io/streams`.
#[derive(Debug)]
pub enum StreamFailure {
    /// The guest gets the error.
    Failed(BytesError),
    /// The guest learns that the stream is closed.
    Closed,
    /// The guest traps.
    Trap(HostError),
}

impl WitError<StreamError> for StreamFailure {
    fn into_wit(self) -> Result<StreamError, HostError> {
        match self {
            Self::Failed(error) => Ok(StreamError::LastOperationFailed(Own::new(error))),
            Self::Closed => Ok(StreamError::Closed),
            Self::Trap(error) => Err(error),
        }
    }
}

impl From<InputError> for StreamFailure {
    fn from(error: InputError) -> Self {
        match error {
            InputError::Failed(error) => Self::Failed(error),
            InputError::Closed => Self::Closed,
        }
    }
}

impl From<OutputError> for StreamFailure {
    fn from(error: OutputError) -> Self {
        match error {
            OutputError::Failed(error) => Self::Failed(error),
            OutputError::Closed => Self::Closed,
        }
    }
}

impl From<HostError> for StreamFailure {
    fn from(error: HostError) -> Self {
        Self::Trap(error)
    }
}
