//! The reasons why there is no response.

use core::error::Error;
use core::fmt;
use std::sync::Arc;

use ::http::{Response, StatusCode};
use weft::binding::WorldError;
use weft::component::{CallError, HostError, SharedHostError};

use crate::http::error::status_of;
use crate::http::{Body, ErrorCode};

/// The reason why a component has not answered a request.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ServiceError {
    /// The guest has answered with an error code.
    Code(ErrorCode),
    /// The guest has returned without an answer.
    NoResponse,
    /// The call has ended in another way: for example, the guest has trapped.
    Call(Arc<CallError>),
    /// The instance can't be made.
    Instance(Arc<WorldError>),
    /// The store can't be made.
    Store(SharedHostError),
    /// The guest has exceeded the time limit.
    TimedOut,
    /// The limit of requests under way is reached.
    Overloaded,
    /// The store was dropped.
    Gone,
}

impl ServiceError {
    /// Returns the response of a server to its client. It has no body, and reveals nothing about
    /// the guest.
    #[must_use]
    pub fn to_response(&self) -> Response<Body> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = match self {
            Self::Code(code) => status_of(code),
            Self::TimedOut => StatusCode::GATEWAY_TIMEOUT,
            Self::Overloaded => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::INTERNAL_SERVER_ERROR,
        };
        response
    }

    pub(super) fn is_cancelled(&self) -> bool {
        matches!(self, Self::Call(error) if matches!(**error, CallError::Cancelled))
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "the guest answered with an error: {code}"),
            Self::NoResponse => f.write_str("the guest returned without a response"),
            Self::Call(error) => error.fmt(f),
            Self::Instance(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
            Self::TimedOut => f.write_str("the guest exceeded the time limit"),
            Self::Overloaded => f.write_str("the limit of requests under way is reached"),
            Self::Gone => f.write_str("the store was dropped before there was a response"),
        }
    }
}

impl Error for ServiceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // The messages of these variants already include the cause.
        match self {
            Self::Call(error) => error.source(),
            Self::Instance(error) => error.source(),
            Self::Code(code) => Some(code),
            _ => None,
        }
    }
}

impl From<ErrorCode> for ServiceError {
    fn from(code: ErrorCode) -> Self {
        Self::Code(code)
    }
}

impl From<CallError> for ServiceError {
    fn from(error: CallError) -> Self {
        Self::Call(Arc::new(error))
    }
}

impl From<WorldError> for ServiceError {
    fn from(error: WorldError) -> Self {
        Self::Instance(Arc::new(error))
    }
}

impl From<HostError> for ServiceError {
    fn from(error: HostError) -> Self {
        Self::Store(error.into())
    }
}
