//! The address that is listened at.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use serde_json::json;
use tokio::net::TcpListener;
use weft_spec::Diagnostic;

use crate::exit_code::WEFT_FAILED;
use crate::failure::Failure;
use crate::format::Format;
use crate::output;

/// Listens at an address, and says so.
///
/// # Errors
///
/// It is in use, or not this machine's.
pub(super) async fn listen(
    address: SocketAddr,
    path: &str,
    format: Format,
) -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind(address).await.map_err(|error| failure(address, &error))?;
    // With port 0 it is another one.
    let address = listener.local_addr().unwrap_or(address);
    match format {
        Format::Human => output::complain(&format!("serving {path} at http://{address}/")),
        Format::Json => output::print_json(&json!({ "address": address.to_string() }))?,
    }
    Ok(listener)
}

fn failure(address: SocketAddr, error: &io::Error) -> Failure {
    let diagnostic = match error.kind() {
        ErrorKind::AddrInUse => {
            let message = format!("port {} of {} is in use already", address.port(), address.ip());
            let free = SocketAddr::new(address.ip(), 0);
            Diagnostic::error("address-in-use", message).help(format!(
                "choose another one by `--addr`; `--addr {free}` is any that is free"
            ))
        }
        ErrorKind::PermissionDenied => {
            let message = format!("port {} may not be listened at: {error}", address.port());
            Diagnostic::error("address", message).help("ports from 1024 on need no permission")
        }
        _ => Diagnostic::error("address", format!("{address} can't be listened at: {error}")),
    };
    Failure::new(WEFT_FAILED, diagnostic)
}
