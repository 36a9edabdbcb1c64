//! Listening on an address.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;

use serde_json::json;
use tokio::net::TcpListener;
use weft_spec::Diagnostic;

use crate::exit_code::WEFT_FAILED;
use crate::failure::Failure;
use crate::format::Format;
use crate::output;

/// Listens on an address, and prints it.
///
/// # Errors
///
/// The address is in use, or does not belong to this machine.
pub(super) async fn listen(
    address: SocketAddr,
    path: &str,
    format: Format,
) -> Result<TcpListener, Failure> {
    let listener = TcpListener::bind(address).await.map_err(|error| failure(address, &error))?;
    // With port 0, the system chooses the port.
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
            let message = format!("port {} of {} is already in use", address.port(), address.ip());
            let free = SocketAddr::new(address.ip(), 0);
            Diagnostic::error("address-in-use", message).help(format!(
                "choose another one with `--addr`; with `--addr {free}`, the system chooses one"
            ))
        }
        ErrorKind::PermissionDenied => {
            let message = format!("listening on port {} is not permitted: {error}", address.port());
            Diagnostic::error("address", message).help("ports from 1024 on need no permission")
        }
        _ => Diagnostic::error("address", format!("cannot listen on {address}: {error}")),
    };
    Failure::new(WEFT_FAILED, diagnostic)
}
