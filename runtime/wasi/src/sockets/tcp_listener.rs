//! TCP sockets that listen.

use core::task::{Context, Poll, ready};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;

use core::pin::Pin;
use rustix::fd::{AsFd as _, BorrowedFd};
use rustix::io::Errno;
use socket2::{SockRef, Socket};
use spin::{Mutex, MutexGuard};
use tokio::net::TcpStream;

use super::address::Family;
use super::error::SocketError;
use super::permissions::{Permission, Permissions, SocketAddrUse};
use super::tcp::{TcpSocket, watch};
use super::tcp_options::Inherited;
use crate::bytes::Waiters;
use crate::runtime::enter;

type Result<R> = core::result::Result<R, SocketError>;

/// The largest number of connections that are refused at a time, before others have their turn.
const MOST_AT_ONCE: usize = 64;

/// A listening socket. It stays open as long as its socket or the stream of its connections.
pub(crate) struct TcpListener {
    listener: tokio::net::TcpListener,
    family: Family,
    permissions: Arc<Permissions>,
    /// `true` if a list allows it to listen. It then accepts connections from all addresses.
    is_listed: bool,
    inherited: Mutex<Inherited>,
    incoming: Mutex<Incoming>,
    /// The tasks that wait for a connection.
    waiters: Arc<Waiters>,
}

/// The connections that have arrived and that no guest has yet.
#[derive(Default)]
struct Incoming {
    /// A connection that the host was asked to allow.
    asked: Option<(TcpStream, Permission)>,
    next: Option<Result<TcpStream>>,
}

impl TcpListener {
    pub(super) fn new(
        socket: Socket,
        family: Family,
        permissions: &Arc<Permissions>,
        is_listed: bool,
        inherited: Inherited,
    ) -> Result<Self> {
        Ok(Self {
            listener: enter(|| tokio::net::TcpListener::from_std(socket.into()))?,
            family,
            permissions: Arc::clone(permissions),
            is_listed,
            inherited: Mutex::new(inherited),
            incoming: Mutex::default(),
            waiters: Arc::default(),
        })
    }

    pub(super) fn socket(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }

    pub(super) fn local_address(&self) -> Result<SocketAddr> {
        Ok(self.listener.local_addr()?)
    }

    /// Returns the options for accepted connections.
    pub(super) fn inherited(&self) -> MutexGuard<'_, Inherited> {
        self.inherited.lock()
    }

    /// Waits until there is a connection, or an error.
    pub(crate) fn poll_ready(&self, context: &Context<'_>) -> Poll<()> {
        self.waiters.poll(context, |context| self.poll_next(&mut self.incoming.lock(), context))
    }

    /// Waits for a connection, and returns it.
    ///
    /// # Errors
    ///
    /// [`SocketError::ConnectionAborted`] for a single connection; the error of the system if it
    /// has no room for one. The listener goes on.
    pub(crate) fn poll_accept(&self, context: &Context<'_>) -> Poll<Result<TcpSocket>> {
        let next = self.waiters.poll(context, |context| {
            let mut incoming = self.incoming.lock();
            ready!(self.poll_next(&mut incoming, context));
            Poll::Ready(incoming.next.take())
        });
        match ready!(next) {
            Some(Ok(stream)) => {
                self.inherited().apply(stream.as_fd(), self.family);
                Poll::Ready(Ok(TcpSocket::connected(self.family, &self.permissions, stream)))
            }
            Some(Err(error)) => Poll::Ready(Err(error)),
            None => Poll::Pending,
        }
    }

    fn poll_next(&self, incoming: &mut Incoming, context: &mut Context<'_>) -> Poll<()> {
        for _ in 0..MOST_AT_ONCE {
            if incoming.next.is_some() {
                return Poll::Ready(());
            }
            if let Some((_, permission)) = &mut incoming.asked {
                let permitted = ready!(Pin::new(permission).poll(context));
                match (incoming.asked.take(), permitted) {
                    (Some((stream, _)), Ok(())) => incoming.next = Some(Ok(stream)),
                    (Some((stream, _)), Err(_)) => reset(&stream),
                    (None, _) => {}
                }
                continue;
            }
            match ready!(self.poll_system(context)) {
                Ok((stream, _)) if self.is_listed => incoming.next = Some(Ok(stream)),
                Ok((stream, address)) => {
                    let permission = self.permissions.ask(address, SocketAddrUse::TcpAccept);
                    incoming.asked = Some((stream, permission));
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => incoming.next = Some(Err(accept_error(error))),
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    /// Accepts a connection. The system is asked first, and not the runtime: see
    /// [`poll_operation`](super::readiness::poll_operation).
    fn poll_system(&self, context: &mut Context<'_>) -> Poll<io::Result<(TcpStream, SocketAddr)>> {
        match accept(&self.listener) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                enter(|| self.listener.poll_accept(context))
            }
            accepted => Poll::Ready(accepted),
        }
    }
}

fn accept(listener: &tokio::net::TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    let (socket, address) = SockRef::from(listener).accept()?;
    socket.set_nonblocking(true)?;
    let address = address.as_socket().ok_or(ErrorKind::ConnectionAborted)?;
    Ok((watch(socket)?, address))
}

/// Refuses a connection, so that the peer learns of it at once.
fn reset(stream: &TcpStream) {
    // If this fails, it is closed as any other.
    let _ = SockRef::from(stream).set_linger(Some(core::time::Duration::ZERO));
}

/// Returns the meaning of an error of `accept`. On Linux it may be an error of the connection.
fn accept_error(error: io::Error) -> SocketError {
    match Errno::from_io_error(&error) {
        Some(
            Errno::CONNRESET
            | Errno::NETRESET
            | Errno::HOSTUNREACH
            | Errno::HOSTDOWN
            | Errno::NETDOWN
            | Errno::NETUNREACH
            | Errno::NOPROTOOPT
            | Errno::OPNOTSUPP,
        ) => SocketError::ConnectionAborted,
        errno if errno == PROTOCOL_ERROR => SocketError::ConnectionAborted,
        _ => match error.into() {
            SocketError::RemoteUnreachable => SocketError::ConnectionAborted,
            error => error,
        },
    }
}

#[cfg(not(windows))]
const PROTOCOL_ERROR: Option<Errno> = Some(Errno::PROTO);
#[cfg(windows)]
const PROTOCOL_ERROR: Option<Errno> = Some(Errno::CONNABORTED);
