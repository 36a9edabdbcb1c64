//! The resources `incoming-datagram-stream` and `outgoing-datagram-stream`.

use core::task::{Context, Poll, Waker};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::vec::Vec;

use crate::sockets::{Datagram, MAX_DATAGRAM, SocketError, UdpSocket};

type Result<R> = core::result::Result<R, SocketError>;

/// The largest number of datagrams that are received or sent at a time.
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
    /// The number of datagrams that `check-send` has permitted.
    permitted: AtomicUsize,
}

/// The turn of a pair of streams. Only the last pair of a socket works.
#[derive(Clone, Debug, Default)]
pub(super) struct Turn {
    number: u64,
    current: Arc<AtomicU64>,
}

impl Turn {
    /// Returns the turn of the next pair of streams.
    pub(super) fn next(&self) -> Self {
        let number = self.current.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        Self { number, current: Arc::clone(&self.current) }
    }

    fn check(&self) -> Result<()> {
        if self.current.load(Ordering::Relaxed) == self.number {
            Ok(())
        } else {
            Err(SocketError::InvalidState)
        }
    }
}

/// Returns a pair of streams of a socket.
pub(super) fn streams(
    socket: &Arc<UdpSocket>,
    turn: &Turn,
) -> (IncomingDatagramStream, OutgoingDatagramStream) {
    let incoming = IncomingDatagramStream { socket: Arc::clone(socket), turn: turn.clone() };
    let (socket, turn) = (Arc::clone(socket), turn.clone());
    (incoming, OutgoingDatagramStream { socket, turn, permitted: AtomicUsize::new(0) })
}

impl IncomingDatagramStream {
    /// Returns the datagrams that there are now, at most `max_results`.
    pub(super) fn receive(&self, max_results: u64) -> Result<Vec<Datagram>> {
        self.turn.check()?;
        let most = usize::try_from(max_results).unwrap_or(usize::MAX).min(MOST_AT_ONCE);
        let mut datagrams = Vec::new();
        let mut size = 0;
        let context = Context::from_waker(Waker::noop());
        while datagrams.len() < most && size <= MAX_DATAGRAM {
            // An error after a datagram is left for the next call.
            let is_ready = self.socket.poll_receive_ready(&context).is_ready();
            if !is_ready || (!datagrams.is_empty() && self.socket.has_failed()) {
                break;
            }
            let Poll::Ready(datagram) = self.socket.poll_receive(&context) else { break };
            let datagram = datagram?;
            size += datagram.data.len();
            datagrams.push(datagram);
        }
        Ok(datagrams)
    }

    pub(super) fn poll_ready(&self, context: &Context<'_>) -> Poll<()> {
        match self.turn.check() {
            Ok(()) => self.socket.poll_receive_ready(context),
            // There is an error to return.
            Err(_) => Poll::Ready(()),
        }
    }
}

impl OutgoingDatagramStream {
    /// Returns the number of datagrams that may be sent now, and remembers it.
    pub(super) fn permit(&self) -> Result<u64> {
        self.turn.check()?;
        let is_ready = self.socket.poll_send_ready(&Context::from_waker(Waker::noop())).is_ready();
        let permitted = if is_ready { MOST_AT_ONCE } else { 0 };
        self.permitted.store(permitted, Ordering::Relaxed);
        Ok(u64::try_from(permitted).unwrap_or(u64::MAX))
    }

    /// Returns the number of permitted datagrams, once.
    pub(super) fn take_permitted(&self) -> usize {
        self.permitted.swap(0, Ordering::Relaxed)
    }

    /// Sends a datagram, and returns `false` if the system takes none now.
    pub(super) async fn send(&self, data: &[u8], remote: Option<SocketAddr>) -> Result<bool> {
        self.turn.check()?;
        let target = self.socket.target(data.len(), remote).await?;
        match self.socket.try_send(data, target) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the function with which a guest waits.
    pub(super) fn readiness(&self) -> impl Fn(&mut Context<'_>) -> Poll<()> + Send + Sync + use<> {
        let socket = Arc::clone(&self.socket);
        move |context| socket.poll_send_ready(context)
    }
}
