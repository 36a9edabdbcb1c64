//! `wasi:sockets/tcp` 0.2.

use core::fmt;
use core::task::{Context, Poll, Waker};
use std::sync::Arc;

use spin::Mutex;
use weft::binding::{Borrow, HostCaller, OrTrap, Own};

use super::Network;
use super::begun::Begun;
use crate::WasiCtx;
use crate::bytes::{InputStream, OutputStream};
use crate::p2::bindings::sockets::wasi::sockets::network::{
    ErrorCode, IpAddressFamily, IpSocketAddress,
};
use crate::p2::bindings::sockets::wasi::sockets::{tcp, tcp_create_socket};
use crate::p2::io::Pollable;
use crate::sockets::{self, SocketError};

/// The resource `tcp-socket` of WASI 0.2.
#[derive(Clone)]
pub struct TcpSocket(Arc<Shared>);

struct Shared {
    socket: sockets::TcpSocket,
    /// What was begun and is not finished.
    operation: Mutex<Option<Operation>>,
    /// The two sides of its connection.
    streams: Mutex<Option<(InputStream, OutputStream)>>,
}

#[derive(Clone)]
enum Operation {
    Bind(Begun),
    Listen(Begun),
    Connect,
}

impl TcpSocket {
    fn new(socket: sockets::TcpSocket) -> Self {
        Self(Arc::new(Shared { socket, operation: Mutex::default(), streams: Mutex::default() }))
    }

    fn check_idle(&self) -> Result<(), ErrorCode> {
        match &*self.0.operation.lock() {
            Some(_) => Err(ErrorCode::ConcurrencyConflict),
            None => Ok(()),
        }
    }

    fn begin(&self, operation: Operation) {
        *self.0.operation.lock() = Some(operation);
    }

    /// Returns the operation that is to be finished.
    fn begun(&self) -> Result<Operation, ErrorCode> {
        self.0.operation.lock().clone().ok_or(ErrorCode::NotInProgress)
    }

    /// Finishes what was begun, if it is done.
    fn finish(&self, polled: Poll<Result<(), SocketError>>) -> Result<(), ErrorCode> {
        let Poll::Ready(result) = polled else { return Err(ErrorCode::WouldBlock) };
        *self.0.operation.lock() = None;
        Ok(result?)
    }

    /// Returns the two sides of its connection, for the first time.
    fn take_streams(&self) -> Result<(Own<InputStream>, Own<OutputStream>), ErrorCode> {
        let input = InputStream::new(self.0.socket.receive()?);
        let output = OutputStream::new(self.0.socket.send()?);
        *self.0.streams.lock() = Some((input.clone(), output.clone()));
        Ok((Own::new(input), Own::new(output)))
    }

    /// Is ready when the function for what was begun, or `accept`, has something else to say than
    /// `would-block`.
    fn poll_ready(&self, context: &Context<'_>) -> Poll<()> {
        match self.begun() {
            Ok(Operation::Bind(begun) | Operation::Listen(begun)) => begun.poll(context).map(drop),
            Ok(Operation::Connect) => self.0.socket.poll_connected(context).map(drop),
            Err(_) => match self.0.socket.listener() {
                Some(listener) => listener.poll_ready(context),
                None => Poll::Ready(()),
            },
        }
    }
}

/// Polls for a function that doesn't wait.
const fn now() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

impl tcp_create_socket::Host for WasiCtx {
    fn create_tcp_socket(
        &mut self,
        address_family: IpAddressFamily,
    ) -> Result<Own<TcpSocket>, ErrorCode> {
        let permissions = &self.sockets.permissions;
        let socket = sockets::TcpSocket::create(permissions, address_family.into())?;
        Ok(Own::new(TcpSocket::new(socket)))
    }
}

impl tcp::HostTcpSocket for WasiCtx {
    fn start_bind(
        &mut self,
        self_: Borrow<TcpSocket>,
        _: Borrow<Network>,
        local_address: IpSocketAddress,
    ) -> Result<(), ErrorCode> {
        self_.check_idle()?;
        let socket = Arc::clone(&self_.0);
        let bind = async move { socket.socket.bind(local_address.into()).await };
        self_.begin(Operation::Bind(Begun::new(bind)?));
        Ok(())
    }

    fn finish_bind(&mut self, self_: Borrow<TcpSocket>) -> Result<(), ErrorCode> {
        match self_.begun()? {
            Operation::Bind(begun) => self_.finish(begun.poll(&now())),
            _ => Err(ErrorCode::NotInProgress),
        }
    }

    fn start_connect(
        &mut self,
        self_: Borrow<TcpSocket>,
        _: Borrow<Network>,
        remote_address: IpSocketAddress,
    ) -> Result<(), ErrorCode> {
        self_.check_idle()?;
        self_.0.socket.start_connect(remote_address.into())?;
        self_.begin(Operation::Connect);
        // The system connects from now on, not when the guest asks.
        let _ = self_.0.socket.poll_connected(&now());
        Ok(())
    }

    fn finish_connect(
        &mut self,
        self_: Borrow<TcpSocket>,
    ) -> Result<(Own<InputStream>, Own<OutputStream>), ErrorCode> {
        let Operation::Connect = self_.begun()? else { return Err(ErrorCode::NotInProgress) };
        self_.finish(self_.0.socket.poll_connected(&now()))?;
        self_.take_streams()
    }

    fn start_listen(&mut self, self_: Borrow<TcpSocket>) -> Result<(), ErrorCode> {
        self_.check_idle()?;
        // This version has no implicit bind.
        if !self_.0.socket.is_bound() {
            return Err(ErrorCode::InvalidState);
        }
        let socket = Arc::clone(&self_.0);
        let listen = async move { socket.socket.listen().await.map(drop) };
        self_.begin(Operation::Listen(Begun::new(listen)?));
        Ok(())
    }

    fn finish_listen(&mut self, self_: Borrow<TcpSocket>) -> Result<(), ErrorCode> {
        match self_.begun()? {
            Operation::Listen(begun) => self_.finish(begun.poll(&now())),
            _ => Err(ErrorCode::NotInProgress),
        }
    }

    fn accept(
        &mut self,
        self_: Borrow<TcpSocket>,
    ) -> Result<(Own<TcpSocket>, Own<InputStream>, Own<OutputStream>), ErrorCode> {
        let listener = self_.0.socket.listener().ok_or(ErrorCode::InvalidState)?;
        let Poll::Ready(accepted) = listener.poll_accept(&now()) else {
            return Err(ErrorCode::WouldBlock);
        };
        let socket = TcpSocket::new(accepted?);
        let (input, output) = socket.take_streams()?;
        Ok((Own::new(socket), input, output))
    }

    fn local_address(&mut self, self_: Borrow<TcpSocket>) -> Result<IpSocketAddress, ErrorCode> {
        Ok(self_.0.socket.local_address()?.into())
    }

    fn remote_address(&mut self, self_: Borrow<TcpSocket>) -> Result<IpSocketAddress, ErrorCode> {
        Ok(self_.0.socket.remote_address()?.into())
    }

    fn is_listening(&mut self, self_: Borrow<TcpSocket>) -> bool {
        self_.0.socket.listener().is_some()
    }

    fn address_family(&mut self, self_: Borrow<TcpSocket>) -> IpAddressFamily {
        self_.0.socket.family().into()
    }

    fn set_listen_backlog_size(
        &mut self,
        self_: Borrow<TcpSocket>,
        value: u64,
    ) -> Result<(), ErrorCode> {
        Ok(self_.0.socket.set_listen_backlog_size(value)?)
    }

    fn keep_alive_enabled(&mut self, self_: Borrow<TcpSocket>) -> Result<bool, ErrorCode> {
        Ok(self_.0.socket.keep_alive_enabled()?)
    }

    fn set_keep_alive_enabled(
        &mut self,
        self_: Borrow<TcpSocket>,
        value: bool,
    ) -> Result<(), ErrorCode> {
        Ok(self_.0.socket.set_keep_alive_enabled(value)?)
    }

    fn keep_alive_idle_time(&mut self, self_: Borrow<TcpSocket>) -> Result<u64, ErrorCode> {
        Ok(self_.0.socket.keep_alive_idle_time()?)
    }

    fn set_keep_alive_idle_time(
        &mut self,
        self_: Borrow<TcpSocket>,
        value: u64,
    ) -> Result<(), ErrorCode> {
        Ok(self_.0.socket.set_keep_alive_idle_time(value)?)
    }

    fn keep_alive_interval(&mut self, self_: Borrow<TcpSocket>) -> Result<u64, ErrorCode> {
        Ok(self_.0.socket.keep_alive_interval()?)
    }

    fn set_keep_alive_interval(
        &mut self,
        self_: Borrow<TcpSocket>,
        value: u64,
    ) -> Result<(), ErrorCode> {
        Ok(self_.0.socket.set_keep_alive_interval(value)?)
    }

    fn keep_alive_count(&mut self, self_: Borrow<TcpSocket>) -> Result<u32, ErrorCode> {
        Ok(self_.0.socket.keep_alive_count()?)
    }

    fn set_keep_alive_count(
        &mut self,
        self_: Borrow<TcpSocket>,
        value: u32,
    ) -> Result<(), ErrorCode> {
        Ok(self_.0.socket.set_keep_alive_count(value)?)
    }

    fn hop_limit(&mut self, self_: Borrow<TcpSocket>) -> Result<u8, ErrorCode> {
        Ok(self_.0.socket.hop_limit()?)
    }

    fn set_hop_limit(&mut self, self_: Borrow<TcpSocket>, value: u8) -> Result<(), ErrorCode> {
        Ok(self_.0.socket.set_hop_limit(value)?)
    }

    fn receive_buffer_size(&mut self, self_: Borrow<TcpSocket>) -> Result<u64, ErrorCode> {
        Ok(self_.0.socket.receive_buffer_size()?)
    }

    fn set_receive_buffer_size(
        &mut self,
        self_: Borrow<TcpSocket>,
        value: u64,
    ) -> Result<(), ErrorCode> {
        Ok(self_.0.socket.set_receive_buffer_size(value)?)
    }

    fn send_buffer_size(&mut self, self_: Borrow<TcpSocket>) -> Result<u64, ErrorCode> {
        Ok(self_.0.socket.send_buffer_size()?)
    }

    fn set_send_buffer_size(
        &mut self,
        self_: Borrow<TcpSocket>,
        value: u64,
    ) -> Result<(), ErrorCode> {
        Ok(self_.0.socket.set_send_buffer_size(value)?)
    }

    fn subscribe(&mut self, self_: Borrow<TcpSocket>) -> Own<Pollable> {
        let socket = TcpSocket::clone(&self_);
        Own::new(Pollable::new(move |context| socket.poll_ready(context)))
    }

    fn shutdown(
        caller: &mut impl HostCaller<Self>,
        self_: Borrow<TcpSocket>,
        shutdown_type: tcp::ShutdownType,
    ) -> Result<(), OrTrap<ErrorCode>> {
        let streams = self_.0.streams.lock().clone();
        let (input, output) = streams.ok_or(ErrorCode::InvalidState)?;
        let (receives, sends) = match shutdown_type {
            tcp::ShutdownType::Receive => (true, false),
            tcp::ShutdownType::Send => (false, true),
            tcp::ShutdownType::Both => (true, true),
        };
        if receives {
            input.close();
        }
        if sends && let Some(draining) = output.close() {
            caller.spawn(async move {
                draining.await;
                Ok(())
            })?;
        }
        Ok(())
    }
}

impl fmt::Debug for TcpSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TcpSocket").finish_non_exhaustive()
    }
}
