//! No connections by TLS: the feature `http-tls` is off.

use std::boxed::Box;

use tokio::net::TcpStream;

use super::client::Connection;
use super::code::ErrorCode;

/// Fails.
pub(super) async fn secure(_: &str, _: TcpStream) -> Result<Box<dyn Connection>, ErrorCode> {
    let message = "this host was built without TLS: weft-wasi has a feature `http-tls`";
    Err(ErrorCode::InternalError(Some(message.into())))
}
