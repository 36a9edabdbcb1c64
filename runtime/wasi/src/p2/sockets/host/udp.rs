//! `wasi:sockets/udp` 0.2: the socket.

use weft::binding::{Borrow, HostAccess, OrTrap, Own};

use crate::WasiCtx;
use crate::p2::bindings::sockets::wasi::sockets::network::{
    ErrorCode, IpAddressFamily, IpSocketAddress,
};
use crate::p2::bindings::sockets::wasi::sockets::{udp, udp_create_socket};
use crate::p2::io::Pollable;
use crate::p2::sockets::{IncomingDatagramStream, Network, OutgoingDatagramStream, UdpSocket};
use crate::sockets;

impl udp_create_socket::Host for WasiCtx {
    fn create_udp_socket(
        &mut self,
        address_family: IpAddressFamily,
    ) -> Result<Own<UdpSocket>, ErrorCode> {
        let permissions = &self.sockets.permissions;
        let socket = sockets::UdpSocket::create(permissions, address_family.into())?;
        Ok(Own::new(UdpSocket::new(socket)))
    }
}

impl udp::HostUdpSocket for WasiCtx {
    fn start_bind(
        &mut self,
        self_: Borrow<UdpSocket>,
        _: Borrow<Network>,
        local_address: IpSocketAddress,
    ) -> Result<(), ErrorCode> {
        Ok(self_.start_bind(local_address.into())?)
    }

    fn finish_bind(&mut self, self_: Borrow<UdpSocket>) -> Result<(), ErrorCode> {
        Ok(self_.finish_bind()?)
    }

    async fn stream(
        _: impl HostAccess<Self>,
        self_: Borrow<UdpSocket>,
        remote_address: Option<IpSocketAddress>,
    ) -> Result<(Own<IncomingDatagramStream>, Own<OutgoingDatagramStream>), OrTrap<ErrorCode>> {
        let (incoming, outgoing) = self_.stream(remote_address.map(Into::into)).await?;
        Ok((Own::new(incoming), Own::new(outgoing)))
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
        Own::new(Pollable::new(self_.readiness()))
    }
}
