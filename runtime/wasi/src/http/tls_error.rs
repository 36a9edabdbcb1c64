//! Errors of TLS.

use std::io;

use super::code::ErrorCode;

/// Returns the code for an error of TLS, during or after the handshake. Returns `None` for another
/// error.
#[cfg(feature = "http-tls")]
pub(super) fn code_of(error: &io::Error) -> Option<ErrorCode> {
    use tokio_rustls::rustls::Error as TlsError;

    use super::code::TlsAlertReceivedPayload;

    Some(match error.get_ref()?.downcast_ref()? {
        TlsError::InvalidCertificate(_) => ErrorCode::TlsCertificateError,
        TlsError::AlertReceived(alert) => ErrorCode::TlsAlertReceived(TlsAlertReceivedPayload {
            alert_id: Some(u8::from(*alert)),
            alert_message: Some(std::format!("{alert:?}")),
        }),
        _ => ErrorCode::TlsProtocolError,
    })
}

/// Returns `None`: there are no errors of TLS without it.
#[cfg(not(feature = "http-tls"))]
pub(super) const fn code_of(_: &io::Error) -> Option<ErrorCode> {
    None
}
