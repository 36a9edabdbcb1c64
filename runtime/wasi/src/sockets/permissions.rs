//! Permissions: the addresses that a guest may use.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::boxed::Box;
use std::net::SocketAddr;
use std::sync::Arc;
use std::vec::Vec;

use super::error::SocketError;
use super::pattern::AddressPattern;

/// The use of an address that a host is asked to allow: see
/// [`socket_addr_check`](crate::WasiCtxBuilder::socket_addr_check).
///
/// A bind is *implicit* if a socket connects, listens or sends without having been bound. Its
/// address is `0.0.0.0:0` or `[::]:0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SocketAddrUse {
    /// A TCP socket is bound to the address, explicitly or implicitly.
    TcpBind,
    /// A TCP socket listens on the address: the one that it is bound to, or that of an implicit
    /// bind.
    TcpListen,
    /// A TCP socket accepts a connection from the address. If that is refused, the connection is
    /// reset, and the guest does not see it.
    TcpAccept,
    /// A TCP socket connects to the address.
    TcpConnect,
    /// A UDP socket is bound to the address, explicitly or implicitly.
    UdpBind,
    /// A UDP socket sends to the address.
    UdpSend,
    /// A UDP socket receives from the address. If that is refused, the datagram is dropped, and the
    /// guest does not see it.
    UdpReceive,
}

type Asked = Pin<Box<dyn Future<Output = bool> + Send>>;
type Ask = dyn Fn(SocketAddr, SocketAddrUse) -> Asked + Send + Sync;

/// The host's answer for addresses that are not in a list.
#[derive(Clone)]
pub(super) enum Others {
    Denied,
    Allowed,
    Asked(Arc<Ask>),
}

/// The addresses that a guest may use.
#[derive(Clone)]
pub(crate) struct Permissions {
    pub(super) tcp: bool,
    pub(super) udp: bool,
    pub(super) tcp_bind: Vec<AddressPattern>,
    pub(super) tcp_connect: Vec<AddressPattern>,
    pub(super) udp_bind: Vec<AddressPattern>,
    pub(super) udp_send: Vec<AddressPattern>,
    pub(super) others: Others,
}

impl Default for Permissions {
    fn default() -> Self {
        Self {
            tcp: true,
            udp: true,
            tcp_bind: Vec::new(),
            tcp_connect: Vec::new(),
            udp_bind: Vec::new(),
            udp_send: Vec::new(),
            others: Others::Denied,
        }
    }
}

impl Permissions {
    /// Returns `true` if a list allows a TCP socket to be bound to an address. It may then listen
    /// there, and accept connections from all addresses.
    pub(super) fn lists_tcp_bind(&self, address: SocketAddr) -> bool {
        contain(&self.tcp_bind, address)
    }

    /// Returns `true` if a list allows a TCP socket to connect to an address, from a port that the
    /// system chooses.
    pub(super) fn lists_tcp_connect(&self, address: SocketAddr) -> bool {
        contain(&self.tcp_connect, address)
    }

    /// Returns `true` if a list allows a UDP socket to be bound to an address. It may then receive
    /// from all addresses.
    pub(super) fn lists_udp_bind(&self, address: SocketAddr) -> bool {
        contain(&self.udp_bind, address)
    }

    /// Returns `true` if a list allows a UDP socket to send to an address, and to receive from it.
    pub(super) fn lists_udp_send(&self, address: SocketAddr) -> bool {
        contain(&self.udp_send, address)
    }

    /// Returns `true` if a socket may be bound to this address because it may send somewhere, for
    /// which it needs a port.
    pub(super) fn lists_udp_source(&self, address: SocketAddr) -> bool {
        !self.udp_send.is_empty() && address.ip().is_unspecified() && address.port() == 0
    }

    /// Asks the host to allow a use of an address that is not in a list.
    pub(super) fn ask(&self, address: SocketAddr, reason: SocketAddrUse) -> Permission {
        match &self.others {
            Others::Denied => Permission::Known(false),
            Others::Allowed => Permission::Known(true),
            Others::Asked(ask) => Permission::Asked(ask(address, reason)),
        }
    }
}

fn contain(patterns: &[AddressPattern], address: SocketAddr) -> bool {
    patterns.iter().any(|pattern| pattern.matches(address))
}

/// The answer of a host, which can be awaited.
pub(super) enum Permission {
    Known(bool),
    Asked(Asked),
}

impl Future for Permission {
    type Output = Result<(), SocketError>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let is_allowed = match Pin::into_inner(self) {
            Self::Known(is_allowed) => *is_allowed,
            Self::Asked(asked) => ready!(asked.as_mut().poll(context)),
        };
        Poll::Ready(if is_allowed { Ok(()) } else { Err(SocketError::AccessDenied) })
    }
}

impl fmt::Debug for Permissions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permissions")
            .field("tcp", &self.tcp)
            .field("udp", &self.udp)
            .field("tcp_bind", &self.tcp_bind)
            .field("tcp_connect", &self.tcp_connect)
            .field("udp_bind", &self.udp_bind)
            .field("udp_send", &self.udp_send)
            .finish_non_exhaustive()
    }
}
