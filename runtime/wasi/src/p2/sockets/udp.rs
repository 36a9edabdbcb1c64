//! `wasi:sockets/udp` 0.2: the socket.

use core::fmt;
use core::task::{Context, Poll, Waker};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use spin::Mutex;
use weft::binding::{Borrow, HostAccess, OrTrap, Own};

use super::begun::Begun;
use super::datagrams::{Turn, streams};
use super::{IncomingDatagramStream, Network, OutgoingDatagramStream};
use crate::WasiCtx;
use crate::p2::bindings::sockets::wasi::sockets::network::{
    ErrorCode, IpAddressFamily, IpSocketAddress,
};
use crate::p2::bindings::sockets::wasi::sockets::{udp, udp_create_socket};
use crate::p2::io::Pollable;
use crate::sockets;

/// The resource `udp-socket` of WASI 0.2.
pub struct UdpSocket {
    socket: Arc<sockets::UdpSocket>,
    /// A bind that was begun and is not finished.
    binding: Arc<Mutex<Option<Begun>>>,
    /// The turn of the streams that work: the last ones.
    turn: Arc<AtomicU64>,
}

impl udp_create_socket::Host for WasiCtx {
    fn create_udp_socket(
        &mut self,
        address_family: IpAddressFamily,
    ) -> Result<Own<UdpSocket>, ErrorCode> {
        let permissions = &self.sockets.permissions;
        let socket = sockets::UdpSocket::create(permissions, address_family.into())?;
        Ok(Own::new(UdpSocket {
            socket: Arc::new(socket),
            binding: Arc::default(),
            turn: Arc::default(),
        }))
    }
}

impl udp::HostUdpSocket for WasiCtx {
    fn start_bind(
        &mut self,
        self_: Borrow<UdpSocket>,
        _: Borrow<Network>,
        local_address: IpSocketAddress,
    ) -> Result<(), ErrorCode> {
        if self_.binding.lock().is_some() {
            return Err(ErrorCode::ConcurrencyConflict);
        }
        let socket = Arc::clone(&self_.socket);
        let begun = Begun::new(async move { socket.bind(local_address.into()).await })?;
        *self_.binding.lock() = Some(begun);
        Ok(())
    }

    fn finish_bind(&mut self, self_: Borrow<UdpSocket>) -> Result<(), ErrorCode> {
        let begun = self_.binding.lock().clone().ok_or(ErrorCode::NotInProgress)?;
        let Poll::Ready(result) = begun.poll(&Context::from_waker(Waker::noop())) else {
            return Err(ErrorCode::WouldBlock);
        };
        *self_.binding.lock() = None;
        Ok(result?)
    }

    async fn stream(
        _: impl HostAccess<Self>,
        self_: Borrow<UdpSocket>,
        remote_address: Option<IpSocketAddress>,
    ) -> Result<(Own<IncomingDatagramStream>, Own<OutgoingDatagramStream>), OrTrap<ErrorCode>> {
        let socket = &self_.socket;
        // This version has no implicit bind.
        if !socket.is_bound() {
            return Err(ErrorCode::InvalidState.into());
        }
        match remote_address {
            Some(remote) => socket.connect(remote.into()).await?,
            None if socket.remote_address().is_ok() => socket.disconnect()?,
            None => {}
        }
        let turn = self_.turn.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        Ok(streams(socket, &Turn::new(turn, &self_.turn)))
    }

    fn local_address(&mut self, self_: Borrow<UdpSocket>) -> Result<IpSocketAddress, ErrorCode> {
        Ok(self_.socket.local_address()?.into())
    }

    fn remote_address(&mut self, self_: Borrow<UdpSocket>) -> Result<IpSocketAddress, ErrorCode> {
        Ok(self_.socket.remote_address()?.into())
    }

    fn address_family(&mut self, self_: Borrow<UdpSocket>) -> IpAddressFamily {
        self_.socket.family().into()
    }

    fn unicast_hop_limit(&mut self, self_: Borrow<UdpSocket>) -> Result<u8, ErrorCode> {
        Ok(self_.socket.hop_limit()?)
    }

    fn set_unicast_hop_limit(
        &mut self,
        self_: Borrow<UdpSocket>,
        value: u8,
    ) -> Result<(), ErrorCode> {
        Ok(self_.socket.set_hop_limit(value)?)
    }

    fn receive_buffer_size(&mut self, self_: Borrow<UdpSocket>) -> Result<u64, ErrorCode> {
        Ok(self_.socket.receive_buffer_size()?)
    }

    fn set_receive_buffer_size(
        &mut self,
        self_: Borrow<UdpSocket>,
        value: u64,
    ) -> Result<(), ErrorCode> {
        Ok(self_.socket.set_receive_buffer_size(value)?)
    }

    fn send_buffer_size(&mut self, self_: Borrow<UdpSocket>) -> Result<u64, ErrorCode> {
        Ok(self_.socket.send_buffer_size()?)
    }

    fn set_send_buffer_size(
        &mut self,
        self_: Borrow<UdpSocket>,
        value: u64,
    ) -> Result<(), ErrorCode> {
        Ok(self_.socket.set_send_buffer_size(value)?)
    }
    fn subscribe(&mut self, self_: Borrow<UdpSocket>) -> Own<Pollable> {
        let binding = Arc::clone(&self_.binding);
        Own::new(Pollable::new(move |context| {
            let begun = binding.lock().clone();
            begun.map_or(Poll::Ready(()), |begun| begun.poll(context).map(drop))
        }))
    }
}

impl fmt::Debug for UdpSocket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UdpSocket").finish_non_exhaustive()
    }
}
