//! Why there is no response.

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
    /// The guest has answered with a code.
    Code(ErrorCode),
    /// The guest has returned without an answer.
    NoResponse,
    /// The call has ended otherwise: the guest has trapped, for example.
    Call(Arc<CallError>),
    /// There is no instance.
    Instance(Arc<WorldError>),
    /// There is no store.
    Store(SharedHostError),
    /// The guest has taken longer than it may.
    TimedOut,
    /// As many requests are under way as there may be.
    Overloaded,
    /// The store was dropped.
    Gone,
}

impl ServiceError {
    /// Returns the response that a server answers with, which has no body. It tells the client nothing
    /// of the guest.
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
            Self::TimedOut => f.write_str("the guest took longer than it may"),
            Self::Overloaded => f.write_str("as many requests are under way as there may be"),
            Self::Gone => f.write_str("the store was dropped before there was a response"),
        }
    }
}

impl Error for ServiceError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // The messages of these are theirs already.
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
