//! `wasi:sockets` 0.2.

mod begun;
mod conversions;
mod datagrams;
mod lookup;
mod network;
mod tcp;
mod udp;

pub use datagrams::{IncomingDatagramStream, OutgoingDatagramStream};
pub use lookup::ResolveAddressStream;
pub use network::Network;
pub use tcp::TcpSocket;
pub use udp::UdpSocket;
