//! The resource `tcp-socket` of WASI 0.2.

use core::fmt;
use core::task::{Context, Poll, Waker};
use std::net::SocketAddr;
use std::sync::Arc;

use spin::Mutex;

use super::begun::{Begun, BegunError};
use crate::bytes::{InputStream, OutputStream};
use crate::sockets::{self, SocketError};

type Result<R> = core::result::Result<R, BegunError>;

/// The resource `tcp-socket` of WASI 0.2.
#[derive(Clone)]
pub struct TcpSocket(Arc<Shared>);

struct Shared {
    socket: sockets::TcpSocket,
    /// The operation that was begun and is not finished.
    operation: Mutex<Option<Operation>>,
    /// The two streams of the connection.
    streams: Mutex<Option<(InputStream, OutputStream)>>,
}

#[derive(Clone)]
enum Operation {
    Bind(Begun),
    Listen(Begun),
    Connect,
}

impl TcpSocket {
    pub(super) fn new(socket: sockets::TcpSocket) -> Self {
        Self(Arc::new(Shared { socket, operation: Mutex::default(), streams: Mutex::default() }))
    }

    /// Returns the part that is the same in all versions.
    pub(super) fn socket(&self) -> &sockets::TcpSocket {
        &self.0.socket
    }

    pub(super) fn start_bind(&self, address: SocketAddr) -> Result<()> {
        self.check_idle()?;
        let shared = Arc::clone(&self.0);
        let bind = async move { shared.socket.bind(address).await };
        self.begin(Operation::Bind(Begun::new(bind)?));
        Ok(())
    }

    pub(super) fn finish_bind(&self) -> Result<()> {
        match self.begun()? {
            Operation::Bind(begun) => self.finish(begun.poll(&now())),
            _ => Err(BegunError::NotInProgress),
        }
    }

    pub(super) fn start_connect(&self, address: SocketAddr) -> Result<()> {
        self.check_idle()?;
        self.0.socket.start_connect(address)?;
        self.begin(Operation::Connect);
        // The system connects from now on, even if the guest does not ask.
        let _ = self.0.socket.poll_connected(&now());
        Ok(())
    }

    pub(super) fn finish_connect(&self) -> Result<(InputStream, OutputStream)> {
        let Operation::Connect = self.begun()? else { return Err(BegunError::NotInProgress) };
        self.finish(self.0.socket.poll_connected(&now()))?;
        self.make_streams()
    }

    pub(super) fn start_listen(&self) -> Result<()> {
        self.check_idle()?;
        // This version has no implicit bind.
        if !self.0.socket.is_bound() {
            return Err(SocketError::InvalidState.into());
        }
        let shared = Arc::clone(&self.0);
        let listen = async move { shared.socket.listen().await.map(drop) };
        self.begin(Operation::Listen(Begun::new(listen)?));
        Ok(())
    }

    pub(super) fn finish_listen(&self) -> Result<()> {
        match self.begun()? {
            Operation::Listen(begun) => self.finish(begun.poll(&now())),
            _ => Err(BegunError::NotInProgress),
        }
    }

    pub(super) fn accept(&self) -> Result<(Self, InputStream, OutputStream)> {
        let listener = self.0.socket.listener().ok_or(SocketError::InvalidState)?;
        let Poll::Ready(accepted) = listener.poll_accept(&now()) else {
            return Err(BegunError::WouldBlock);
        };
        let socket = Self::new(accepted?);
        let (input, output) = socket.make_streams()?;
        Ok((socket, input, output))
    }

    /// Returns the two streams of the connection, if there is one.
    pub(super) fn streams(&self) -> Result<(InputStream, OutputStream)> {
        let streams = self.0.streams.lock().clone();
        Ok(streams.ok_or(SocketError::InvalidState)?)
    }

    /// Waits until the function that finishes the operation, or `accept`, would not return
    /// `would-block`.
    pub(super) fn poll_ready(&self, context: &Context<'_>) -> Poll<()> {
        match self.begun() {
            Ok(Operation::Bind(begun) | Operation::Listen(begun)) => begun.poll(context).map(drop),
            Ok(Operation::Connect) => self.0.socket.poll_connected(context).map(drop),
            Err(_) => match self.0.socket.listener() {
                Some(listener) => listener.poll_ready(context),
                None => Poll::Ready(()),
            },
        }
    }

    fn check_idle(&self) -> Result<()> {
        match &*self.0.operation.lock() {
            Some(_) => Err(BegunError::Conflict),
            None => Ok(()),
        }
    }

    fn begin(&self, operation: Operation) {
        *self.0.operation.lock() = Some(operation);
    }

    /// Returns the operation that was begun.
    fn begun(&self) -> Result<Operation> {
        self.0.operation.lock().clone().ok_or(BegunError::NotInProgress)
    }

    /// Finishes the operation, if it is complete.
    fn finish(&self, polled: Poll<core::result::Result<(), SocketError>>) -> Result<()> {
        let Poll::Ready(result) = polled else { return Err(BegunError::WouldBlock) };
        *self.0.operation.lock() = None;
        Ok(result?)
    }

    fn make_streams(&self) -> Result<(InputStream, OutputStream)> {
        let input = InputStream::new(self.0.socket.receive()?);
        let output = OutputStream::new(self.0.socket.send()?);
        *self.0.streams.lock() = Some((input.clone(), output.clone()));
        Ok((input, output))
    }
}

/// Returns a context for polls of a function that doesn't wait.
const fn now() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

impl fmt::Debug for TcpSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpSocket").finish_non_exhaustive()
    }
}
