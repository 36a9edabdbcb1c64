//! TCP sockets: their states.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll};
use std::boxed::Box;
use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;

use rustix::fd::{AsFd, BorrowedFd};
use rustix::io::Errno;
use socket2::{Domain, Protocol, Socket, Type};
use spin::Mutex;
use tokio::net::TcpStream;

use super::address::Family;
use super::error::SocketError;
use super::options;
use super::permissions::{Permissions, SocketAddrUse};
use super::readiness::{Direction, is_ready, poll_operation};
use super::tcp_halves::{TcpSink, TcpSource};
use super::tcp_listener::TcpListener;
use super::tcp_options::Inherited;
use crate::bytes::Waiters;
use crate::runtime::enter;

type Result<R> = core::result::Result<R, SocketError>;

/// The number of connections that may wait to be accepted, unless the guest sets it.
const DEFAULT_BACKLOG: i32 = 128;

/// The resource `tcp-socket` of WASI 0.3, and the implementation of that of WASI 0.2.
pub struct TcpSocket {
    pub(super) family: Family,
    permissions: Arc<Permissions>,
    pub(super) state: Mutex<State>,
    pub(super) settings: Mutex<Settings>,
    /// The tasks that wait for the connection.
    connecting: Arc<Waiters>,
}

/// The states of WASI. A bound socket is `Idle`, too.
pub(super) enum State {
    Idle(Socket),
    Connecting(Pin<Box<dyn Future<Output = Result<TcpStream>> + Send>>),
    Connected(Connection),
    Listening(Arc<TcpListener>),
    /// The connection failed, with the reason.
    Failed(SocketError),
    /// The socket no longer exists.
    Closed,
}

pub(super) struct Connection {
    stream: Arc<TcpStream>,
    receives: bool,
    sends: bool,
}

/// The properties of a socket that the system doesn't keep.
pub(super) struct Settings {
    pub(super) backlog: i32,
    /// `true` if a list allowed its bind.
    is_listed: bool,
    pub(super) inherited: Inherited,
}

impl TcpSocket {
    /// Makes a socket that is not bound.
    pub(crate) fn create(permissions: &Arc<Permissions>, family: Family) -> Result<Self> {
        if !permissions.tcp {
            return Err(SocketError::AccessDenied);
        }
        let socket = new_socket(family, Type::STREAM, Protocol::TCP)?;
        Ok(Self::in_state(family, permissions, State::Idle(socket)))
    }

    /// Makes a socket of an accepted connection.
    pub(super) fn connected(
        family: Family,
        permissions: &Arc<Permissions>,
        stream: TcpStream,
    ) -> Self {
        Self::in_state(family, permissions, State::Connected(Connection::new(stream)))
    }

    fn in_state(family: Family, permissions: &Arc<Permissions>, state: State) -> Self {
        let settings = Settings {
            backlog: DEFAULT_BACKLOG,
            is_listed: false,
            inherited: Inherited::default(),
        };
        Self {
            family,
            permissions: Arc::clone(permissions),
            state: Mutex::new(state),
            settings: Mutex::new(settings),
            connecting: Arc::default(),
        }
    }

    pub(crate) const fn family(&self) -> Family {
        self.family
    }

    /// Binds it. If the future is dropped before its end, the socket does not change.
    pub(crate) async fn bind(&self, address: SocketAddr) -> Result<()> {
        self.state.lock().unbound()?;
        self.family.check_tcp_bind(address)?;
        let is_listed = self.permissions.lists_tcp_bind(address);
        if !is_listed {
            self.permissions.ask(address, SocketAddrUse::TcpBind).await?;
        }
        let state = self.state.lock();
        bind(state.unbound()?, address)?;
        self.settings.lock().is_listed = is_listed;
        Ok(())
    }

    /// Begins to listen, and binds the socket first if it isn't bound. If the future is dropped
    /// before its end, the socket does not change.
    pub(crate) async fn listen(&self) -> Result<Arc<TcpListener>> {
        let (address, is_bound) = {
            let state = self.state.lock();
            let address = local_address(state.idle()?)?;
            (address.unwrap_or_else(|| self.family.unspecified()), address.is_some())
        };
        let is_listed = if is_bound {
            self.settings.lock().is_listed
        } else {
            self.permissions.lists_tcp_bind(address)
        };
        if !is_listed {
            if !is_bound {
                self.permissions.ask(address, SocketAddrUse::TcpBind).await?;
            }
            self.permissions.ask(address, SocketAddrUse::TcpListen).await?;
        }
        let mut state = self.state.lock();
        let socket = state.idle()?;
        let settings = self.settings.lock();
        if local_address(socket)?.is_none() {
            bind(socket, address)?;
        }
        rustix::net::listen(socket, settings.backlog)?;
        // From here on it listens, even if something fails.
        let State::Idle(socket) = core::mem::replace(&mut *state, State::Closed) else {
            return Err(SocketError::InvalidState);
        };
        let listener = TcpListener::new(
            socket,
            self.family,
            &self.permissions,
            is_listed,
            settings.inherited.clone(),
        )?;
        let listener = Arc::new(listener);
        *state = State::Listening(Arc::clone(&listener));
        Ok(listener)
    }

    /// Begins to connect. [`poll_connected`](Self::poll_connected) continues.
    pub(crate) fn start_connect(&self, address: SocketAddr) -> Result<()> {
        let mut state = self.state.lock();
        let is_bound = local_address(state.idle()?)?.is_some();
        self.family.check_tcp_remote(address)?;
        let State::Idle(socket) = core::mem::replace(&mut *state, State::Closed) else {
            return Err(SocketError::InvalidState);
        };
        let implicit = (!is_bound).then(|| self.family.unspecified());
        let permissions = Arc::clone(&self.permissions);
        *state = State::Connecting(Box::pin(connect(socket, address, implicit, permissions)));
        Ok(())
    }

    /// Waits until the connection is made, or has failed.
    pub(crate) fn poll_connected(&self, context: &Context<'_>) -> Poll<Result<()>> {
        self.connecting.poll(context, |context| {
            let mut state = self.state.lock();
            let connecting = match &mut *state {
                State::Connecting(connecting) => connecting,
                State::Connected(_) => return Poll::Ready(Ok(())),
                State::Failed(error) => return Poll::Ready(Err(error.clone())),
                _ => return Poll::Ready(Err(SocketError::InvalidState)),
            };
            connecting.as_mut().poll(context).map(|connected| match connected {
                Ok(stream) => {
                    *state = State::Connected(Connection::new(stream));
                    Ok(())
                }
                Err(error) => {
                    *state = State::Failed(error.clone());
                    Err(error)
                }
            })
        })
    }

    /// Connects it. If the future is dropped before its end, it is still connecting.
    pub(crate) async fn connect(&self, address: SocketAddr) -> Result<()> {
        self.start_connect(address)?;
        poll_fn(|context| self.poll_connected(context)).await
    }

    /// Returns the readable side of its connection. There is only one.
    pub(crate) fn receive(&self) -> Result<TcpSource> {
        let mut state = self.state.lock();
        let State::Connected(connection) = &mut *state else {
            return Err(SocketError::InvalidState);
        };
        if core::mem::replace(&mut connection.receives, true) {
            return Err(SocketError::InvalidState);
        }
        Ok(TcpSource::new(Arc::clone(&connection.stream)))
    }

    /// Returns the writable side of its connection. There is only one.
    pub(crate) fn send(&self) -> Result<TcpSink> {
        let mut state = self.state.lock();
        let State::Connected(connection) = &mut *state else {
            return Err(SocketError::InvalidState);
        };
        if core::mem::replace(&mut connection.sends, true) {
            return Err(SocketError::InvalidState);
        }
        Ok(TcpSink::new(Arc::clone(&connection.stream)))
    }

    /// Returns its listener, if it listens.
    pub(crate) fn listener(&self) -> Option<Arc<TcpListener>> {
        match &*self.state.lock() {
            State::Listening(listener) => Some(Arc::clone(listener)),
            _ => None,
        }
    }

    /// Returns `true` if it is bound, or was.
    pub(crate) fn is_bound(&self) -> bool {
        match &*self.state.lock() {
            State::Idle(socket) => matches!(local_address(socket), Ok(Some(_))),
            _ => true,
        }
    }

    pub(crate) fn local_address(&self) -> Result<SocketAddr> {
        match &*self.state.lock() {
            State::Idle(socket) => local_address(socket)?.ok_or(SocketError::InvalidState),
            State::Connected(connection) => Ok(connection.stream.local_addr()?),
            State::Listening(listener) => listener.local_address(),
            State::Connecting(_) | State::Failed(_) | State::Closed => {
                Err(SocketError::InvalidState)
            }
        }
    }

    pub(crate) fn remote_address(&self) -> Result<SocketAddr> {
        match &*self.state.lock() {
            State::Connected(connection) => Ok(connection.stream.peer_addr()?),
            _ => Err(SocketError::InvalidState),
        }
    }
}

impl State {
    fn idle(&self) -> Result<&Socket> {
        match self {
            Self::Idle(socket) => Ok(socket),
            _ => Err(SocketError::InvalidState),
        }
    }

    fn unbound(&self) -> Result<&Socket> {
        let socket = self.idle()?;
        match local_address(socket)? {
            None => Ok(socket),
            Some(_) => Err(SocketError::InvalidState),
        }
    }

    /// Returns the socket of the system, for its options.
    pub(super) fn socket(&self) -> Result<BorrowedFd<'_>> {
        match self {
            Self::Idle(socket) => Ok(socket.as_fd()),
            Self::Connected(connection) => Ok(connection.stream.as_fd()),
            Self::Listening(listener) => Ok(listener.socket()),
            Self::Connecting(_) | Self::Failed(_) | Self::Closed => Err(SocketError::InvalidState),
        }
    }
}

impl Connection {
    fn new(stream: TcpStream) -> Self {
        Self { stream: Arc::new(stream), receives: false, sends: false }
    }
}

/// Makes a non-blocking socket of the system.
pub(super) fn new_socket(family: Family, ty: Type, protocol: Protocol) -> io::Result<Socket> {
    let domain = match family {
        Family::Ipv4 => Domain::IPV4,
        Family::Ipv6 => Domain::IPV6,
    };
    let socket = Socket::new(domain, ty, Some(protocol))?;
    socket.set_nonblocking(true)?;
    if family == Family::Ipv6 {
        socket.set_only_v6(true)?;
    }
    Ok(socket)
}

/// Returns the address that a socket is bound to, if it is.
fn local_address(socket: &Socket) -> Result<Option<SocketAddr>> {
    let address = socket.local_addr()?.as_socket();
    Ok(address.filter(|address| address.port() != 0))
}

fn bind(socket: &Socket, address: SocketAddr) -> Result<()> {
    options::reuse_address(socket.as_fd())?;
    bind_socket(socket, address)
}

/// Binds a socket of the system. The address is of its family.
pub(super) fn bind_socket(socket: impl AsFd, address: SocketAddr) -> Result<()> {
    rustix::net::bind(socket, &address).map_err(|errno| match errno {
        Errno::AFNOSUPPORT => SocketError::InvalidArgument,
        // Windows reports in this way that no port is free.
        Errno::NOBUFS => SocketError::AddressInUse,
        errno => errno.into(),
    })
}

/// Connects a socket. `implicit` is the address to which the system binds it, if it isn't bound.
async fn connect(
    socket: Socket,
    address: SocketAddr,
    implicit: Option<SocketAddr>,
    permissions: Arc<Permissions>,
) -> Result<TcpStream> {
    if !permissions.lists_tcp_connect(address) {
        if let Some(implicit) = implicit {
            permissions.ask(implicit, SocketAddrUse::TcpBind).await?;
        }
        permissions.ask(address, SocketAddrUse::TcpConnect).await?;
    }
    match rustix::net::connect(&socket, &address) {
        Ok(()) | Err(Errno::INPROGRESS | Errno::WOULDBLOCK) => {}
        Err(errno) => return Err(connect_error(errno)),
    }
    let stream = watch(socket)?;
    poll_fn(|context| {
        poll_operation(&stream, Direction::Write, context, || connection_result(&stream))
    })
    .await
    .map_err(|error| match Errno::from_io_error(&error) {
        Some(errno) => connect_error(errno),
        None => error.into(),
    })?;
    Ok(stream)
}

/// Registers the socket of a connection with the runtime.
pub(super) fn watch(socket: Socket) -> io::Result<TcpStream> {
    enter(|| TcpStream::from_std(socket.into()))
}

fn connection_result(stream: &TcpStream) -> io::Result<()> {
    is_ready(stream, Direction::Write)?;
    match stream.take_error()? {
        Some(error) => Err(error),
        // Sometimes the system reports that it is writable before it is connected.
        None => match stream.peer_addr() {
            Err(error) if error.kind() == ErrorKind::NotConnected => {
                Err(ErrorKind::WouldBlock.into())
            }
            result => result.map(drop),
        },
    }
}

fn connect_error(errno: Errno) -> SocketError {
    match errno {
        // Linux reports in this way that no port is free.
        Errno::ADDRNOTAVAIL | Errno::AGAIN => SocketError::AddressInUse,
        Errno::AFNOSUPPORT => SocketError::InvalidArgument,
        errno => errno.into(),
    }
}

impl fmt::Debug for TcpSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpSocket").finish_non_exhaustive()
    }
}
