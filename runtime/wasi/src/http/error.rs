//! Errors of HTTP, for guests.

use core::error::Error;
use std::io;
use std::string::ToString as _;

use ::http::StatusCode;
use weft::binding::{HostError, WitError};

use super::code::ErrorCode;
use super::tls_error;

/// The error of a function of `wasi:http`.
#[derive(Debug)]
pub enum HttpFailure {
    /// The guest gets the code.
    Code(ErrorCode),
    /// The guest traps.
    Trap(HostError),
}

impl WitError<ErrorCode> for HttpFailure {
    fn into_wit(self) -> Result<ErrorCode, HostError> {
        match self {
            Self::Code(code) => Ok(code),
            Self::Trap(error) => Err(error),
        }
    }
}

impl From<ErrorCode> for HttpFailure {
    fn from(code: ErrorCode) -> Self {
        Self::Code(code)
    }
}

impl From<HostError> for HttpFailure {
    fn from(error: HostError) -> Self {
        Self::Trap(error)
    }
}

/// Returns the code among an error and its causes.
fn code_among<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e ErrorCode> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

fn causes<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    core::iter::successors(Some(error), |error| (*error).source())
}

/// Returns the last of hyper's errors, which is the reason of the others.
fn hyper_among<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e hyper::Error> {
    causes(error).filter_map(|cause| cause.downcast_ref()).last()
}

fn io_among<'e>(error: &'e (dyn Error + 'static)) -> Option<&'e io::Error> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// Returns the code for an error of a body or of a connection.
pub(crate) fn code_of(error: &(dyn Error + 'static)) -> ErrorCode {
    if let Some(code) = code_among(error) {
        return code.clone();
    }
    match (hyper_among(error), io_among(error)) {
        (_, Some(error)) => code_of_io(error),
        (Some(error), None) => code_of_hyper(error),
        (None, None) => ErrorCode::InternalError(Some(error.to_string())),
    }
}

/// Returns the code for an error of a received response, or of its connection.
pub(super) fn code_of_response(error: &(dyn Error + 'static)) -> ErrorCode {
    let is_told = code_among(error).is_some();
    let by_hyper = |is_so: fn(&hyper::Error) -> bool| hyper_among(error).is_some_and(is_so);
    let is_end = || io_among(error).is_some_and(|it| it.kind() == io::ErrorKind::UnexpectedEof);
    if !is_told && by_hyper(hyper::Error::is_parse_too_large) {
        ErrorCode::HttpResponseHeaderSectionSize(None)
    } else if !is_told && (by_hyper(hyper::Error::is_incomplete_message) || is_end()) {
        ErrorCode::HttpResponseIncomplete
    } else {
        code_of(error)
    }
}

fn code_of_hyper(error: &hyper::Error) -> ErrorCode {
    if error.is_timeout() {
        ErrorCode::ConnectionReadTimeout
    } else if error.is_incomplete_message()
        || error.is_canceled()
        || error.is_closed()
        || error.is_body_write_aborted()
    {
        ErrorCode::ConnectionTerminated
    } else {
        ErrorCode::HttpProtocolError
    }
}

/// Returns the code for an error of an existing connection.
pub(super) fn code_of_io(error: &io::Error) -> ErrorCode {
    match error.kind() {
        io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe
        | io::ErrorKind::NotConnected
        | io::ErrorKind::UnexpectedEof => ErrorCode::ConnectionTerminated,
        io::ErrorKind::TimedOut => ErrorCode::ConnectionReadTimeout,
        _ => tls_error::code_of(error).unwrap_or(ErrorCode::HttpProtocolError),
    }
}

/// Returns the code for an error while connecting.
pub(crate) fn code_of_connecting(error: &io::Error) -> ErrorCode {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => ErrorCode::ConnectionRefused,
        io::ErrorKind::TimedOut => ErrorCode::ConnectionTimeout,
        io::ErrorKind::NetworkUnreachable | io::ErrorKind::HostUnreachable => {
            ErrorCode::DestinationIpUnroutable
        }
        io::ErrorKind::PermissionDenied => ErrorCode::DestinationIpProhibited,
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => {
            ErrorCode::ConnectionTerminated
        }
        _ => ErrorCode::DestinationUnavailable,
    }
}

/// Returns the status with which a proxy reports a code, from the register of HTTP proxy error
/// types.
pub(crate) const fn status_of(code: &ErrorCode) -> StatusCode {
    match code {
        ErrorCode::DnsTimeout
        | ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::HttpResponseTimeout => StatusCode::GATEWAY_TIMEOUT,
        ErrorCode::DestinationUnavailable | ErrorCode::ConnectionLimitReached => {
            StatusCode::SERVICE_UNAVAILABLE
        }
        ErrorCode::HttpRequestDenied => StatusCode::FORBIDDEN,
        ErrorCode::HttpRequestLengthRequired => StatusCode::LENGTH_REQUIRED,
        ErrorCode::HttpRequestBodySize(_) => StatusCode::PAYLOAD_TOO_LARGE,
        ErrorCode::HttpRequestMethodInvalid => StatusCode::METHOD_NOT_ALLOWED,
        ErrorCode::HttpRequestUriInvalid => StatusCode::BAD_REQUEST,
        ErrorCode::HttpRequestUriTooLong => StatusCode::URI_TOO_LONG,
        ErrorCode::HttpRequestHeaderSectionSize(_)
        | ErrorCode::HttpRequestHeaderSize(_)
        | ErrorCode::HttpRequestTrailerSectionSize(_)
        | ErrorCode::HttpRequestTrailerSize(_) => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
        ErrorCode::DestinationNotFound
        | ErrorCode::ConfigurationError
        | ErrorCode::InternalError(_) => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_GATEWAY,
    }
}
