//! Connecting to servers.

use std::boxed::Box;
use std::net::SocketAddr;
use std::string::{String, ToString as _};
use std::sync::Arc;
use std::vec::Vec;

use ::http::uri::Authority;
use tokio::net::{TcpStream, lookup_host};

use super::ErrorCode;
use super::code::DnsErrorPayload;
use super::error::code_of_connecting;
use super::tls::Tls;
use super::watched::Connection;

/// A function that allows connections to addresses.
pub(super) type AddressCheck = Arc<dyn Fn(&SocketAddr) -> bool + Send + Sync>;

/// Connects to an authority; with TLS, if `tls` is `Some`.
pub(super) async fn connect(
    authority: &Authority,
    tls: Option<&Tls>,
    is_allowed: &AddressCheck,
) -> Result<Box<dyn Connection>, ErrorCode> {
    let host = authority.host();
    let host = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    let port = authority.port_u16().unwrap_or(if tls.is_some() { 443 } else { 80 });
    let found = lookup_host((host, port)).await.map_err(|error| dns_error(error.to_string()))?;
    let found: Vec<SocketAddr> = found.collect();
    if found.is_empty() {
        return Err(dns_error("the name has no address".to_string()));
    }
    let mut failure = ErrorCode::DestinationIpProhibited;
    for address in found.iter().filter(|address| is_allowed(address)) {
        match TcpStream::connect(address).await {
            Ok(stream) => {
                // A request is written as a whole, so that waiting for more bytes gains nothing.
                let _ = stream.set_nodelay(true);
                return match tls {
                    Some(tls) => tls.secure(host, stream).await,
                    None => Ok(Box::new(stream)),
                };
            }
            Err(error) => failure = code_of_connecting(&error),
        }
    }
    Err(failure)
}

const fn dns_error(message: String) -> ErrorCode {
    ErrorCode::DnsError(DnsErrorPayload { rcode: Some(message), info_code: None })
}
