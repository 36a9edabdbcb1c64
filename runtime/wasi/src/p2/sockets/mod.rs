//! The resources of `wasi:sockets` 0.2, for hosts that replace parts of it.
//!
//! [`weft_wasi::sockets`](crate::sockets) shows how a host allows the use of the network.

mod begun;
mod datagrams;
mod host;
mod lookup;
mod network;
mod tcp;
mod udp;

pub use datagrams::{IncomingDatagramStream, OutgoingDatagramStream};
pub use lookup::ResolveAddressStream;
pub use network::Network;
pub use tcp::TcpSocket;
pub use udp::UdpSocket;

use weft::component::Linker;
use weft::engine::CoreEngine;

use crate::WasiCtx;

/// Adds `wasi:sockets` 0.2 to a linker.
pub(super) fn add_to_linker<E: CoreEngine, T: 'static>(
    linker: &mut Linker<E, T>,
    find: impl Fn(&mut T) -> &mut WasiCtx + Clone + Send + Sync + 'static,
) {
    super::bindings::sockets::add_to_linker(linker, find);
}
