//! `wasi:sockets/udp` 0.2: the streams of datagrams.

use core::task::{Context, Poll, Waker};
use std::io::ErrorKind;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::vec::Vec;

use weft::binding::{Borrow, HostAccess, OrTrap, Own};

use crate::WasiCtx;
use crate::p2::bindings::sockets::wasi::sockets::network::ErrorCode;
use crate::p2::bindings::sockets::wasi::sockets::udp::{
    HostIncomingDatagramStream, HostOutgoingDatagramStream, IncomingDatagram, OutgoingDatagram,
};
use crate::p2::io::Pollable;
use crate::sockets::{MAX_DATAGRAM, SocketError, UdpSocket};

/// As many datagrams are received or sent at once.
const MOST_AT_ONCE: usize = 16;

/// The resource `incoming-datagram-stream`.
#[derive(Clone, Debug)]
pub struct IncomingDatagramStream {
    socket: Arc<UdpSocket>,
    turn: Turn,
}

/// The resource `outgoing-datagram-stream`.
#[derive(Debug)]
pub struct OutgoingDatagramStream {
    socket: Arc<UdpSocket>,
    turn: Turn,
    /// As many datagrams `check-send` has permitted.
    permitted: AtomicUsize,
}

/// The turn of a pair of streams. Only the last pair of a socket works.
#[derive(Clone, Debug)]
pub(super) struct Turn {
    number: u64,
    current: Arc<AtomicU64>,
}

impl Turn {
    pub(super) fn new(number: u64, current: &Arc<AtomicU64>) -> Self {
        Self { number, current: Arc::clone(current) }
    }

    fn check(&self) -> Result<(), ErrorCode> {
        if self.current.load(Ordering::Relaxed) == self.number {
            Ok(())
        } else {
            Err(ErrorCode::InvalidState)
        }
    }
}

/// Returns the pair of streams of a socket.
pub(super) fn streams(
    socket: &Arc<UdpSocket>,
    turn: &Turn,
) -> (Own<IncomingDatagramStream>, Own<OutgoingDatagramStream>) {
    let (socket, turn) = (Arc::clone(socket), turn.clone());
    let incoming = IncomingDatagramStream { socket: Arc::clone(&socket), turn: turn.clone() };
    let outgoing = OutgoingDatagramStream { socket, turn, permitted: AtomicUsize::new(0) };
    (Own::new(incoming), Own::new(outgoing))
}

impl HostIncomingDatagramStream for WasiCtx {
    fn receive(
        &mut self,
        self_: Borrow<IncomingDatagramStream>,
        max_results: u64,
    ) -> Result<Vec<IncomingDatagram>, ErrorCode> {
        self_.turn.check()?;
        let most = usize::try_from(max_results).unwrap_or(usize::MAX).min(MOST_AT_ONCE);
        let mut datagrams = Vec::new();
        let mut size = 0;
        let context = Context::from_waker(Waker::noop());
        while datagrams.len() < most && size <= MAX_DATAGRAM {
            // An error after a datagram is left for the next call.
            let is_ready = self_.socket.poll_receive_ready(&context).is_ready();
            if !is_ready || (!datagrams.is_empty() && self_.socket.has_failed()) {
                break;
            }
            let Poll::Ready(datagram) = self_.socket.poll_receive(&context) else { break };
            let datagram = datagram?;
            size += datagram.data.len();
            let remote_address = datagram.remote.into();
            datagrams.push(IncomingDatagram { data: datagram.data, remote_address });
        }
        Ok(datagrams)
    }

    fn subscribe(&mut self, self_: Borrow<IncomingDatagramStream>) -> Own<Pollable> {
        let stream = IncomingDatagramStream::clone(&self_);
        Own::new(Pollable::new(move |context| {
            // What doesn't work any more has an error to tell.
            if stream.turn.check().is_err() {
                return Poll::Ready(());
            }
            stream.socket.poll_receive_ready(context)
        }))
    }
}

impl HostOutgoingDatagramStream for WasiCtx {
    fn check_send(&mut self, self_: Borrow<OutgoingDatagramStream>) -> Result<u64, ErrorCode> {
        self_.turn.check()?;
        let is_ready = self_.socket.poll_send_ready(&Context::from_waker(Waker::noop())).is_ready();
        let permitted = if is_ready { MOST_AT_ONCE } else { 0 };
        self_.permitted.store(permitted, Ordering::Relaxed);
        Ok(u64::try_from(permitted).unwrap_or(u64::MAX))
    }

    async fn send(
        _: impl HostAccess<Self>,
        self_: Borrow<OutgoingDatagramStream>,
        datagrams: Vec<OutgoingDatagram>,
    ) -> Result<u64, OrTrap<ErrorCode>> {
        if datagrams.is_empty() {
            return Ok(0);
        }
        let permitted = self_.permitted.swap(0, Ordering::Relaxed);
        if datagrams.len() > permitted {
            return Err(OrTrap::trap(
                "`outgoing-datagram-stream.send` was called with more datagrams than `check-send` has \
                 permitted",
            ));
        }
        self_.turn.check()?;
        let mut count = 0;
        for datagram in &datagrams {
            match send(&self_.socket, datagram).await {
                Ok(true) => count += 1,
                Ok(false) => break,
                Err(error) if count == 0 => return Err(error.into()),
                Err(_) => break,
            }
        }
        Ok(count)
    }

    fn subscribe(&mut self, self_: Borrow<OutgoingDatagramStream>) -> Own<Pollable> {
        let socket = Arc::clone(&self_.socket);
        Own::new(Pollable::new(move |context| socket.poll_send_ready(context)))
    }
}

/// Sends a datagram, and returns `false` if the system takes none now.
async fn send(socket: &UdpSocket, datagram: &OutgoingDatagram) -> Result<bool, SocketError> {
    let remote = datagram.remote_address.map(Into::into);
    let target = socket.target(datagram.data.len(), remote).await?;
    match socket.try_send(&datagram.data, target) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
        Err(error) => Err(error.into()),
    }
}
