//! The resource `udp-socket` of WASI 0.2.

use core::fmt;
use core::task::{Context, Poll, Waker};
use std::net::SocketAddr;
use std::sync::Arc;

use spin::Mutex;

use super::begun::{Begun, BegunError};
use super::datagrams::{IncomingDatagramStream, OutgoingDatagramStream, Turn, streams};
use crate::sockets::{self, SocketError};

/// The resource `udp-socket` of WASI 0.2.
pub struct UdpSocket {
    pub(super) socket: Arc<sockets::UdpSocket>,
    /// The bind that was begun and is not finished.
    binding: Arc<Mutex<Option<Begun>>>,
    turn: Turn,
}

impl UdpSocket {
    pub(super) fn new(socket: sockets::UdpSocket) -> Self {
        Self { socket: Arc::new(socket), binding: Arc::default(), turn: Turn::default() }
    }

    pub(super) fn start_bind(&self, address: SocketAddr) -> Result<(), BegunError> {
        if self.binding.lock().is_some() {
            return Err(BegunError::Conflict);
        }
        let socket = Arc::clone(&self.socket);
        let begun = Begun::new(async move { socket.bind(address).await })?;
        *self.binding.lock() = Some(begun);
        Ok(())
    }

    pub(super) fn finish_bind(&self) -> Result<(), BegunError> {
        let begun = self.binding.lock().clone().ok_or(BegunError::NotInProgress)?;
        let Poll::Ready(result) = begun.poll(&Context::from_waker(Waker::noop())) else {
            return Err(BegunError::WouldBlock);
        };
        *self.binding.lock() = None;
        Ok(result?)
    }

    /// Connects or disconnects it, and returns its streams. Earlier streams no longer work.
    pub(super) async fn stream(
        &self,
        remote: Option<SocketAddr>,
    ) -> Result<(IncomingDatagramStream, OutgoingDatagramStream), SocketError> {
        // This version has no implicit bind.
        if !self.socket.is_bound() {
            return Err(SocketError::InvalidState);
        }
        match remote {
            Some(remote) => self.socket.connect(remote).await?,
            None if self.socket.remote_address().is_ok() => self.socket.disconnect()?,
            None => {}
        }
        Ok(streams(&self.socket, &self.turn.next()))
    }

    /// Returns the function with which a guest waits.
    pub(super) fn readiness(&self) -> impl Fn(&mut Context<'_>) -> Poll<()> + Send + Sync + use<> {
        let binding = Arc::clone(&self.binding);
        move |context| {
            let begun = binding.lock().clone();
            begun.map_or(Poll::Ready(()), |begun| begun.poll(context).map(drop))
        }
    }
}

impl fmt::Debug for UdpSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UdpSocket").finish_non_exhaustive()
    }
}
