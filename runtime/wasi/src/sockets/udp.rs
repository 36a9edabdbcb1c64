//! UDP sockets.

use core::fmt;
use core::future::poll_fn;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use rustix::fd::AsFd;
use rustix::io::Errno;
use rustix::net::{send, sendto};
use socket2::{Protocol, Type};
use spin::Mutex;

use core::task::{Context, Poll};

use super::address::Family;
use super::error::SocketError;
use super::options;
use super::permissions::{Permissions, SocketAddrUse};
use super::readiness::{Direction, poll_operation, poll_ready};
use super::tcp::{bind_socket, new_socket};
use super::tcp_halves::SEND_FLAGS;
use super::udp_receiving::Incoming;
use crate::bytes::Waiters;
use crate::runtime::enter;

type Result<R> = core::result::Result<R, SocketError>;

/// The largest number of bytes of a datagram. Networks accept less.
pub(crate) const MAX_DATAGRAM: usize = 65_535;

/// The resource `udp-socket` of WASI 0.3, and the implementation of that of WASI 0.2.
pub struct UdpSocket {
    pub(super) socket: tokio::net::UdpSocket,
    family: Family,
    pub(super) permissions: Arc<Permissions>,
    state: Mutex<State>,
    pub(super) incoming: Mutex<Incoming>,
    /// The tasks that wait for a datagram.
    pub(super) receivers: Arc<Waiters>,
    /// The tasks that wait until a datagram can be sent.
    senders: Arc<Waiters>,
}

#[derive(Clone, Copy, Debug, Default)]
struct State {
    /// `true` if the socket is known to be bound.
    is_bound: bool,
    /// The local address that the guest has chosen.
    explicit: Option<IpAddr>,
    /// `true` if a list allowed its bind. It then receives from all addresses.
    is_listed: bool,
    /// The address that it is connected to.
    remote: Option<SocketAddr>,
}

/// The destination of a datagram.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// The address that the socket is connected to.
    Connected,
    Address(SocketAddr),
}

impl UdpSocket {
    /// Makes a socket that is not bound.
    pub(crate) fn create(permissions: &Arc<Permissions>, family: Family) -> Result<Self> {
        if !permissions.udp {
            return Err(SocketError::AccessDenied);
        }
        let socket = new_socket(family, Type::DGRAM, Protocol::UDP)?;
        Ok(Self {
            socket: enter(|| tokio::net::UdpSocket::from_std(socket.into()))?,
            family,
            permissions: Arc::clone(permissions),
            state: Mutex::default(),
            incoming: Mutex::default(),
            receivers: Arc::default(),
            senders: Arc::default(),
        })
    }

    pub(crate) const fn family(&self) -> Family {
        self.family
    }

    pub(crate) fn is_bound(&self) -> bool {
        let mut state = self.state.lock();
        if !state.is_bound {
            state.is_bound = self.socket.local_addr().is_ok_and(|address| address.port() != 0);
        }
        state.is_bound
    }

    pub(super) fn is_listed(&self) -> bool {
        self.state.lock().is_listed
    }

    pub(crate) fn local_address(&self) -> Result<SocketAddr> {
        if !self.is_bound() {
            return Err(SocketError::InvalidState);
        }
        Ok(self.socket.local_addr()?)
    }

    pub(crate) fn remote_address(&self) -> Result<SocketAddr> {
        self.state.lock().remote.ok_or(SocketError::InvalidState)
    }

    /// Binds it. If the future is dropped before its end, the socket does not change.
    pub(crate) async fn bind(&self, address: SocketAddr) -> Result<()> {
        if self.is_bound() {
            return Err(SocketError::InvalidState);
        }
        self.family.check_udp_bind(address)?;
        let is_listed = self.permissions.lists_udp_bind(address);
        if !is_listed && !self.permissions.lists_udp_source(address) {
            self.permissions.ask(address, SocketAddrUse::UdpBind).await?;
        }
        bind_socket(&self.socket, address)?;
        let mut state = self.state.lock();
        (state.is_bound, state.is_listed) = (true, is_listed);
        state.explicit = Some(address.ip());
        Ok(())
    }

    /// Connects it to a peer. If the future is dropped before its end, the socket does not change.
    pub(crate) async fn connect(&self, address: SocketAddr) -> Result<()> {
        self.family.check_udp_remote(address)?;
        if !self.permissions.lists_udp_send(address) {
            self.ask_implicit_bind().await?;
            // Permission to send or to receive is enough.
            let sends = self.permissions.ask(address, SocketAddrUse::UdpSend).await;
            if sends.is_err() {
                self.permissions.ask(address, SocketAddrUse::UdpReceive).await?;
            }
        }
        let mut state = self.state.lock();
        let is_stuck =
            state.remote.is_some() && state.explicit.is_none() && self.is_elsewhere(address);
        if is_stuck {
            self.dissociate(&state)?;
        }
        let connected = match rustix::net::connect(&self.socket, &address) {
            // Linux doesn't change the interface of a connected socket.
            Err(Errno::INVAL) => {
                self.dissociate(&state)?;
                rustix::net::connect(&self.socket, &address)
            }
            connected => connected,
        };
        // Even if it failed, the system may have changed the peer.
        state.remote = self.socket.peer_addr().ok().filter(|peer| peer.port() != 0);
        state.is_bound |= connected.is_ok();
        connected.map_err(|errno| match errno {
            // Linux reports in this way that no port is free.
            Errno::AGAIN => SocketError::AddressInUse,
            Errno::AFNOSUPPORT => SocketError::InvalidArgument,
            errno => errno.into(),
        })
    }

    /// Returns `true` if its current interface does not lead to an address. Linux reports that only
    /// for IPv4, and never changes the interface.
    fn is_elsewhere(&self, address: SocketAddr) -> bool {
        let local = self.socket.local_addr();
        local.is_ok_and(|local| local.ip().is_loopback() != address.ip().is_loopback())
    }

    /// Disconnects it from its peer.
    pub(crate) fn disconnect(&self) -> Result<()> {
        let mut state = self.state.lock();
        if state.remote.is_none() {
            return Err(SocketError::InvalidState);
        }
        self.dissociate(&state)?;
        state.remote = None;
        state.is_bound = true;
        Ok(())
    }

    /// Makes the system forget its peer, without further changes.
    fn dissociate(&self, state: &State) -> Result<()> {
        let port = self.socket.local_addr()?.port();
        match rustix::net::connect_unspec(&self.socket) {
            // Some systems return this error and have done it.
            Ok(()) | Err(Errno::AFNOSUPPORT | Errno::INVAL) => {}
            Err(errno) => return Err(errno.into()),
        }
        // Linux releases a port that it has chosen itself.
        if self.socket.local_addr()?.port() == 0 {
            let address = state.explicit.unwrap_or_else(|| self.family.unspecified().ip());
            bind_socket(&self.socket, SocketAddr::new(address, port))?;
        }
        Ok(())
    }

    /// Checks that a datagram may be sent, and returns its destination.
    pub(crate) async fn target(&self, length: usize, remote: Option<SocketAddr>) -> Result<Target> {
        if length > MAX_DATAGRAM {
            return Err(SocketError::DatagramTooLarge);
        }
        let connected = self.state.lock().remote;
        let address = match (remote, connected) {
            (Some(remote), None) => remote,
            (Some(remote), Some(connected)) if remote == connected => remote,
            (None, Some(connected)) => connected,
            _ => return Err(SocketError::InvalidArgument),
        };
        self.family.check_udp_remote(address)?;
        if !self.permissions.lists_udp_send(address) {
            self.ask_implicit_bind().await?;
            self.permissions.ask(address, SocketAddrUse::UdpSend).await?;
        }
        Ok(match connected {
            Some(_) => Target::Connected,
            None => Target::Address(address),
        })
    }

    /// Asks if the system may bind it, if it isn't bound.
    async fn ask_implicit_bind(&self) -> Result<()> {
        let address = self.family.unspecified();
        if self.is_bound() || self.permissions.lists_udp_source(address) {
            return Ok(());
        }
        self.permissions.ask(address, SocketAddrUse::UdpBind).await
    }

    /// Sends a datagram, if the system takes it at once.
    ///
    /// # Errors
    ///
    /// An error of the kind [`WouldBlock`](io::ErrorKind::WouldBlock), among others.
    pub(crate) fn try_send(&self, data: &[u8], target: Target) -> io::Result<()> {
        match target {
            Target::Connected => send(&self.socket, data, SEND_FLAGS)?,
            Target::Address(address) => sendto(&self.socket, data, SEND_FLAGS, &address)?,
        };
        Ok(())
    }

    /// Waits until a datagram can be sent.
    pub(crate) fn poll_send_ready(&self, context: &Context<'_>) -> Poll<()> {
        self.senders.poll(context, |context| poll_ready(&self.socket, Direction::Write, context))
    }

    /// Sends a datagram. If the future is dropped before its end, the datagram is not sent.
    pub(crate) async fn send(&self, data: &[u8], remote: Option<SocketAddr>) -> Result<()> {
        let target = self.target(data.len(), remote).await?;
        let sent = poll_fn(|context| {
            self.senders.poll(context, |context| {
                poll_operation(&self.socket, Direction::Write, context, || {
                    self.try_send(data, target)
                })
            })
        });
        Ok(sent.await?)
    }

    pub(crate) fn hop_limit(&self) -> Result<u8> {
        options::hop_limit(self.socket.as_fd(), self.family)
    }

    pub(crate) fn set_hop_limit(&self, value: u8) -> Result<()> {
        options::set_hop_limit(self.socket.as_fd(), self.family, value)
    }

    pub(crate) fn receive_buffer_size(&self) -> Result<u64> {
        options::receive_buffer_size(self.socket.as_fd())
    }

    pub(crate) fn set_receive_buffer_size(&self, value: u64) -> Result<()> {
        options::set_receive_buffer_size(self.socket.as_fd(), value)
    }

    pub(crate) fn send_buffer_size(&self) -> Result<u64> {
        options::send_buffer_size(self.socket.as_fd())
    }

    pub(crate) fn set_send_buffer_size(&self, value: u64) -> Result<()> {
        options::set_send_buffer_size(self.socket.as_fd(), value)
    }
}

impl fmt::Debug for UdpSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UdpSocket").finish_non_exhaustive()
    }
}
