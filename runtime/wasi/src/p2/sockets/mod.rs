//! The resources of `wasi:sockets` 0.2, for hosts that replace parts of it.
//!
//! [`weft_wasi::sockets`](crate::sockets) shows how a host allows the use of the network. This host
//! also limits the number of sockets that a guest makes. The second definition of an interface in a
//! linker replaces the first:
//!
//! ```
//! use weft::binding::Own;
//! use weft::component::Linker;
//! use weft::engine::wasmi::Wasmi;
//! use weft_wasi::WasiCtx;
//! use weft_wasi::p2::bindings::sockets::wasi::sockets::tcp_create_socket::{self, Host as _};
//! use weft_wasi::p2::bindings::sockets::wasi::sockets::tcp_create_socket::{
//!     ErrorCode, IpAddressFamily, TcpSocket,
//! };
//!
//! struct State {
//!     wasi: WasiCtx,
//!     sockets_left: u32,
//! }
//!
//! impl tcp_create_socket::Host for State {
//!     fn create_tcp_socket(&mut self, family: IpAddressFamily) -> Result<Own<TcpSocket>, ErrorCode> {
//!         let left = self.sockets_left.checked_sub(1).ok_or(ErrorCode::NewSocketLimit)?;
//!         self.sockets_left = left;
//!         self.wasi.create_tcp_socket(family)
//!     }
//! }
//!
//! let mut linker: Linker<Wasmi, State> = Linker::new();
//! weft_wasi::add_to_linker(&mut linker, |state| &mut state.wasi);
//! tcp_create_socket::add_to_linker(&mut linker, |state: &mut State| state);
//!
//! let mut state = State { wasi: WasiCtx::builder().build(), sockets_left: 1 };
//! assert!(state.create_tcp_socket(IpAddressFamily::Ipv4).is_ok());
//! let refused = state.create_tcp_socket(IpAddressFamily::Ipv4);
//! assert!(matches!(refused, Err(ErrorCode::NewSocketLimit)));
//! ```

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
