//! No connections by TLS: the feature `http-tls` is off.

use std::boxed::Box;

use tokio::net::TcpStream;

use super::code::ErrorCode;
use super::watched::Connection;

/// TLS that there isn't.
#[derive(Clone, Debug)]
pub(super) struct Tls;

impl Tls {
    pub(super) const fn new() -> Self {
        Self
    }

    /// Fails.
    #[expect(clippy::unused_async, reason = "as with TLS")]
    pub(super) async fn secure(
        &self,
        _: &str,
        _: TcpStream,
    ) -> Result<Box<dyn Connection>, ErrorCode> {
        let message = "this host was built without TLS: weft-wasi has a feature `http-tls`";
        Err(ErrorCode::InternalError(Some(message.into())))
    }
}
