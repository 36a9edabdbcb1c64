//! The error codes of HTTP.

use core::fmt;
use std::string::String;

use weft::binding::Value;

/// The error code of an HTTP request or response, from the register of HTTP proxy error types.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Value)]
pub enum ErrorCode {
    /// The look-up of the name took too long.
    #[component(name = "DNS-timeout")]
    DnsTimeout,
    /// The look-up of the name failed.
    #[component(name = "DNS-error")]
    DnsError(DnsErrorPayload),
    /// The destination of the request is unknown.
    DestinationNotFound,
    /// The destination can't be reached.
    DestinationUnavailable,
    /// The address of the destination is not allowed.
    #[component(name = "destination-IP-prohibited")]
    DestinationIpProhibited,
    /// There is no route to the address of the destination.
    #[component(name = "destination-IP-unroutable")]
    DestinationIpUnroutable,
    /// The connection was refused.
    ConnectionRefused,
    /// The connection ended too early.
    ConnectionTerminated,
    /// The connection took too long to be made.
    ConnectionTimeout,
    /// No bytes were received for too long.
    ConnectionReadTimeout,
    /// No bytes could be sent for too long.
    ConnectionWriteTimeout,
    /// The limit of connections is reached.
    ConnectionLimitReached,
    /// TLS failed.
    #[component(name = "TLS-protocol-error")]
    TlsProtocolError,
    /// The certificate of the server is not trusted.
    #[component(name = "TLS-certificate-error")]
    TlsCertificateError,
    /// The server sent an alert of TLS.
    #[component(name = "TLS-alert-received")]
    TlsAlertReceived(TlsAlertReceivedPayload),
    /// The request is not allowed.
    #[component(name = "HTTP-request-denied")]
    HttpRequestDenied,
    /// The request needs a length.
    #[component(name = "HTTP-request-length-required")]
    HttpRequestLengthRequired,
    /// The body of the request is too long or too short.
    #[component(name = "HTTP-request-body-size")]
    HttpRequestBodySize(Option<u64>),
    /// The method of the request is invalid.
    #[component(name = "HTTP-request-method-invalid")]
    HttpRequestMethodInvalid,
    /// The URI of the request is invalid.
    #[component(name = "HTTP-request-URI-invalid")]
    HttpRequestUriInvalid,
    /// The URI of the request is too long.
    #[component(name = "HTTP-request-URI-too-long")]
    HttpRequestUriTooLong,
    /// The headers of the request are too large.
    #[component(name = "HTTP-request-header-section-size")]
    HttpRequestHeaderSectionSize(Option<u32>),
    /// A header of the request is too large.
    #[component(name = "HTTP-request-header-size")]
    HttpRequestHeaderSize(Option<FieldSizePayload>),
    /// The trailers of the request are too large.
    #[component(name = "HTTP-request-trailer-section-size")]
    HttpRequestTrailerSectionSize(Option<u32>),
    /// A trailer of the request is too large.
    #[component(name = "HTTP-request-trailer-size")]
    HttpRequestTrailerSize(FieldSizePayload),
    /// The response ended too early.
    #[component(name = "HTTP-response-incomplete")]
    HttpResponseIncomplete,
    /// The headers of the response are too large.
    #[component(name = "HTTP-response-header-section-size")]
    HttpResponseHeaderSectionSize(Option<u32>),
    /// A header of the response is too large.
    #[component(name = "HTTP-response-header-size")]
    HttpResponseHeaderSize(FieldSizePayload),
    /// The body of the response is too long or too short.
    #[component(name = "HTTP-response-body-size")]
    HttpResponseBodySize(Option<u64>),
    /// The trailers of the response are too large.
    #[component(name = "HTTP-response-trailer-section-size")]
    HttpResponseTrailerSectionSize(Option<u32>),
    /// A trailer of the response is too large.
    #[component(name = "HTTP-response-trailer-size")]
    HttpResponseTrailerSize(FieldSizePayload),
    /// The transfer coding of the response is unknown.
    #[component(name = "HTTP-response-transfer-coding")]
    HttpResponseTransferCoding(Option<String>),
    /// The content coding of the response is unknown.
    #[component(name = "HTTP-response-content-coding")]
    HttpResponseContentCoding(Option<String>),
    /// The response took too long.
    #[component(name = "HTTP-response-timeout")]
    HttpResponseTimeout,
    /// The connection could not be upgraded.
    #[component(name = "HTTP-upgrade-failed")]
    HttpUpgradeFailed,
    /// A rule of HTTP was broken.
    #[component(name = "HTTP-protocol-error")]
    HttpProtocolError,
    /// The request goes in a circle.
    LoopDetected,
    /// The host is not configured for the request.
    ConfigurationError,
    /// Any other error, as text.
    InternalError(Option<String>),
}

/// The details of a failed look-up of a name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Value)]
pub struct DnsErrorPayload {
    /// The code of the answer.
    pub rcode: Option<String>,
    /// The code of further information.
    pub info_code: Option<u16>,
}

/// An alert of TLS.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Value)]
pub struct TlsAlertReceivedPayload {
    /// The number of the alert.
    pub alert_id: Option<u8>,
    /// The name of the alert.
    pub alert_message: Option<String>,
}

/// A header or trailer that is too large.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Value)]
pub struct FieldSizePayload {
    /// The name of the field.
    pub field_name: Option<String>,
    /// The size of the field in bytes.
    pub field_size: Option<u32>,
}

impl ErrorCode {
    /// Returns the message, without the details of a single case.
    const fn message(&self) -> &'static str {
        match self {
            Self::DnsTimeout => "the look-up of the name took too long",
            Self::DnsError(_) => "the look-up of the name failed",
            Self::DestinationNotFound => "the destination of the request is unknown",
            Self::DestinationUnavailable => "the destination can't be reached",
            Self::DestinationIpProhibited => "the address of the destination is not allowed",
            Self::DestinationIpUnroutable => "there is no route to the address of the destination",
            Self::ConnectionRefused => "the connection was refused",
            Self::ConnectionTerminated => "the connection ended too early",
            Self::ConnectionTimeout => "the connection took too long to be made",
            Self::ConnectionReadTimeout => "no bytes were received for too long",
            Self::ConnectionWriteTimeout => "no bytes could be sent for too long",
            Self::ConnectionLimitReached => "the limit of connections is reached",
            Self::TlsProtocolError => "TLS failed",
            Self::TlsCertificateError => "the certificate of the server is not trusted",
            Self::TlsAlertReceived(_) => "the server sent an alert of TLS",
            Self::HttpRequestDenied => "the request is not allowed",
            Self::HttpRequestLengthRequired => "the request needs a length",
            Self::HttpRequestBodySize(_) => "the body of the request is too long or too short",
            Self::HttpRequestMethodInvalid => "the method of the request is invalid",
            Self::HttpRequestUriInvalid => "the URI of the request is invalid",
            Self::HttpRequestUriTooLong => "the URI of the request is too long",
            Self::HttpRequestHeaderSectionSize(_) => "the headers of the request are too large",
            Self::HttpRequestHeaderSize(_) => "a header of the request is too large",
            Self::HttpRequestTrailerSectionSize(_) => "the trailers of the request are too large",
            Self::HttpRequestTrailerSize(_) => "a trailer of the request is too large",
            Self::HttpResponseIncomplete => "the response ended too early",
            Self::HttpResponseHeaderSectionSize(_) => "the headers of the response are too large",
            Self::HttpResponseHeaderSize(_) => "a header of the response is too large",
            Self::HttpResponseBodySize(_) => "the body of the response is too long or too short",
            Self::HttpResponseTrailerSectionSize(_) => "the trailers of the response are too large",
            Self::HttpResponseTrailerSize(_) => "a trailer of the response is too large",
            Self::HttpResponseTransferCoding(_) => "the transfer coding of the response is unknown",
            Self::HttpResponseContentCoding(_) => "the content coding of the response is unknown",
            Self::HttpResponseTimeout => "the response took too long",
            Self::HttpUpgradeFailed => "the connection could not be upgraded",
            Self::HttpProtocolError => "a rule of HTTP was broken",
            Self::LoopDetected => "the request goes in a circle",
            Self::ConfigurationError => "the host is not configured for the request",
            Self::InternalError(_) => "the host failed",
        }
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())?;
        match self {
            Self::DnsError(DnsErrorPayload { rcode: Some(detail), .. })
            | Self::TlsAlertReceived(TlsAlertReceivedPayload {
                alert_message: Some(detail), ..
            })
            | Self::HttpResponseTransferCoding(Some(detail))
            | Self::HttpResponseContentCoding(Some(detail))
            | Self::InternalError(Some(detail)) => write!(f, ": {detail}"),
            Self::HttpRequestBodySize(Some(size)) | Self::HttpResponseBodySize(Some(size)) => {
                write!(f, ": {size} bytes")
            }
            _ => Ok(()),
        }
    }
}

impl core::error::Error for ErrorCode {}
