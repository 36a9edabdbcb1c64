//! A placeholder for TLS: the feature `http-tls` is off.

use std::boxed::Box;

use tokio::net::TcpStream;

use super::code::ErrorCode;
use super::watched::Connection;

/// A placeholder for the TLS settings.
#[derive(Clone, Debug)]
pub(super) struct Tls;

impl Tls {
    pub(super) const fn new() -> Self {
        Self
    }

    /// Returns an error.
    #[expect(clippy::unused_async, reason = "as with TLS")]
    pub(super) async fn secure(
        &self,
        _: &str,
        _: TcpStream,
    ) -> Result<Box<dyn Connection>, ErrorCode> {
        let message = "this host was built without TLS: enable the feature `http-tls` of weft-wasi";
        Err(ErrorCode::InternalError(Some(message.into())))
    }
}
