//! Sockets and the look-up of names: the common part of both versions of `wasi:sockets`.
//!
//! By default, a guest has no network. The methods of [`WasiCtxBuilder`](crate::WasiCtxBuilder)
//! allow addresses and ports:
//!
//! ```
//! use weft_wasi::WasiCtx;
//! use weft_wasi::sockets::AddressPattern;
//!
//! // It may connect to one service, and listen on a port that the system chooses.
//! let database: AddressPattern = "127.0.0.1:5432".parse()?;
//! let any_port: AddressPattern = "127.0.0.1:0".parse()?;
//! let wasi = WasiCtx::builder().allow_tcp_connect([database]).allow_tcp_bind([any_port]).build();
//! # Ok::<(), weft_wasi::sockets::ParseAddressPatternError>(())
//! ```
//!
//! Operations that wait suspend the guest, not the thread. Sockets are those of tokio. If the host
//! has no tokio runtime, one runs in the background. The sockets can be polled by any executor.

mod address;
mod building;
mod context;
mod error;
mod lookup;
mod options;
mod pattern;
mod permissions;
mod readiness;
mod tcp;
mod tcp_halves;
mod tcp_listener;
mod tcp_options;
#[cfg(test)]
mod tests;
mod udp;
mod udp_receiving;

pub(crate) use address::Family;
pub(crate) use context::Sockets;
pub use error::SocketError;
pub(crate) use lookup::{LookupError, resolve};
pub use pattern::{AddressPattern, ParseAddressPatternError};
pub use permissions::SocketAddrUse;
pub use tcp::TcpSocket;
pub(crate) use tcp_listener::TcpListener;
pub(crate) use udp::MAX_DATAGRAM;
pub use udp::UdpSocket;
pub(crate) use udp_receiving::Datagram;
