//! The datagrams that a UDP socket receives.

use core::future::poll_fn;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::net::SocketAddr;
use std::vec;
use std::vec::Vec;

use rustix::net::{RecvFlags, recvfrom};

use super::error::SocketError;
use super::permissions::{Permission, SocketAddrUse};
use super::readiness::{Direction, poll_operation};
use super::udp::{MAX_DATAGRAM, UdpSocket};

type Result<R> = core::result::Result<R, SocketError>;

/// The largest number of datagrams that are dropped at a time, before others have their turn.
const MOST_AT_ONCE: usize = 64;

/// A datagram that was received.
#[derive(Clone, Debug)]
pub(crate) struct Datagram {
    pub(crate) data: Vec<u8>,
    pub(crate) remote: SocketAddr,
}

/// The datagrams that have arrived and that no guest has yet.
#[derive(Default)]
pub(super) struct Incoming {
    /// A datagram that the host was asked to allow.
    asked: Option<(Datagram, Permission)>,
    next: Option<Result<Datagram>>,
}

impl UdpSocket {
    /// Waits until there is a datagram, or an error.
    pub(crate) fn poll_receive_ready(&self, context: &Context<'_>) -> Poll<()> {
        self.receivers.poll(context, |context| self.poll_next(&mut self.incoming.lock(), context))
    }

    /// Waits for a datagram, and returns it.
    pub(crate) fn poll_receive(&self, context: &Context<'_>) -> Poll<Result<Datagram>> {
        self.receivers.poll(context, |context| {
            let mut incoming = self.incoming.lock();
            ready!(self.poll_next(&mut incoming, context));
            incoming.next.take().map_or(Poll::Pending, Poll::Ready)
        })
    }

    /// Returns `true` if there is an error instead of a datagram.
    pub(crate) fn has_failed(&self) -> bool {
        matches!(self.incoming.lock().next, Some(Err(_)))
    }

    /// Receives a datagram. If the future is dropped before its end, the next call gets the
    /// datagram.
    pub(crate) async fn receive(&self) -> Result<Datagram> {
        if !self.is_bound() {
            return Err(SocketError::InvalidState);
        }
        poll_fn(|context| self.poll_receive(context)).await
    }

    fn poll_next(&self, incoming: &mut Incoming, context: &mut Context<'_>) -> Poll<()> {
        for _ in 0..MOST_AT_ONCE {
            match &incoming.next {
                Some(Ok(datagram)) if !self.is_from_peer(datagram) => incoming.next = None,
                Some(_) => return Poll::Ready(()),
                None => {}
            }
            if let Some((_, permission)) = &mut incoming.asked {
                let permitted = ready!(Pin::new(permission).poll(context));
                let datagram = incoming.asked.take().map(|(datagram, _)| Ok(datagram));
                incoming.next = datagram.filter(|_| permitted.is_ok());
                continue;
            }
            match ready!(self.poll_system(context)) {
                Ok(datagram) => self.received(incoming, datagram),
                Err(error) => incoming.next = Some(Err(error)),
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    fn received(&self, incoming: &mut Incoming, datagram: Datagram) {
        let remote = datagram.remote;
        if self.is_listed() || self.permissions.lists_udp_send(remote) {
            incoming.next = Some(Ok(datagram));
        } else {
            let permission = self.permissions.ask(remote, SocketAddrUse::UdpReceive);
            incoming.asked = Some((datagram, permission));
        }
    }

    /// Returns `true` if a datagram comes from the peer, or if there is no peer. Datagrams of
    /// others may have arrived before the socket was connected.
    fn is_from_peer(&self, datagram: &Datagram) -> bool {
        let remote = datagram.remote;
        match self.remote_address() {
            Ok(peer) => peer.ip() == remote.ip() && peer.port() == remote.port(),
            Err(_) => true,
        }
    }

    fn poll_system(&self, context: &mut Context<'_>) -> Poll<Result<Datagram>> {
        let mut buffer = vec![0; MAX_DATAGRAM];
        let received = poll_operation(&self.socket, Direction::Read, context, || {
            Ok(recvfrom(&self.socket, &mut *buffer, RecvFlags::empty())?)
        });
        let (count, _, address) = ready!(received)?;
        let remote = address.and_then(|address| SocketAddr::try_from(address).ok());
        let remote =
            remote.ok_or_else(|| SocketError::Other("a datagram without a sender".into()))?;
        let data = buffer.get(..count).unwrap_or_default().to_vec();
        Poll::Ready(Ok(Datagram { data, remote }))
    }
}
