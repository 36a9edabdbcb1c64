//! `wasi:sockets/types` 0.3: UDP.

use std::vec::Vec;

use weft::binding::{Borrow, HostAccess, OrTrap, Own};

use crate::WasiCtx;
use crate::p3::bindings::sockets::wasi::sockets::types::{
    ErrorCode, HostUdpSocket, IpAddressFamily, IpSocketAddress,
};
use crate::sockets::UdpSocket;

impl HostUdpSocket for WasiCtx {
    fn create(&mut self, address_family: IpAddressFamily) -> Result<Own<UdpSocket>, ErrorCode> {
        let permissions = &self.sockets.permissions;
        Ok(Own::new(UdpSocket::create(permissions, address_family.into())?))
    }

    async fn bind(
        _: impl HostAccess<Self>,
        self_: Borrow<UdpSocket>,
        local_address: IpSocketAddress,
    ) -> Result<(), OrTrap<ErrorCode>> {
        Ok(self_.bind(local_address.into()).await?)
    }

    async fn connect(
        _: impl HostAccess<Self>,
        self_: Borrow<UdpSocket>,
        remote_address: IpSocketAddress,
    ) -> Result<(), OrTrap<ErrorCode>> {
        Ok(self_.connect(remote_address.into()).await?)
    }

    fn disconnect(&mut self, self_: Borrow<UdpSocket>) -> Result<(), ErrorCode> {
        Ok(self_.disconnect()?)
    }

    async fn send(
        _: impl HostAccess<Self>,
        self_: Borrow<UdpSocket>,
        data: Vec<u8>,
        remote_address: Option<IpSocketAddress>,
    ) -> Result<(), OrTrap<ErrorCode>> {
        Ok(self_.send(&data, remote_address.map(Into::into)).await?)
    }

    async fn receive(
        _: impl HostAccess<Self>,
        self_: Borrow<UdpSocket>,
    ) -> Result<(Vec<u8>, IpSocketAddress), OrTrap<ErrorCode>> {
        let datagram = self_.receive().await?;
        Ok((datagram.data, datagram.remote.into()))
    }

    fn get_local_address(
        &mut self,
        self_: Borrow<UdpSocket>,
    ) -> Result<IpSocketAddress, ErrorCode> {
        Ok(self_.local_address()?.into())
    }

    fn get_remote_address(
        &mut self,
        self_: Borrow<UdpSocket>,
    ) -> Result<IpSocketAddress, ErrorCode> {
        Ok(self_.remote_address()?.into())
    }

    fn get_address_family(&mut self, self_: Borrow<UdpSocket>) -> IpAddressFamily {
        self_.family().into()
    }

    fn get_unicast_hop_limit(&mut self, self_: Borrow<UdpSocket>) -> Result<u8, ErrorCode> {
        Ok(self_.hop_limit()?)
    }

    fn set_unicast_hop_limit(
        &mut self,
        self_: Borrow<UdpSocket>,
        value: u8,
    ) -> Result<(), ErrorCode> {
        Ok(self_.set_hop_limit(value)?)
    }

    fn get_receive_buffer_size(&mut self, self_: Borrow<UdpSocket>) -> Result<u64, ErrorCode> {
        Ok(self_.receive_buffer_size()?)
    }

    fn set_receive_buffer_size(
        &mut self,
        self_: Borrow<UdpSocket>,
        value: u64,
    ) -> Result<(), ErrorCode> {
        Ok(self_.set_receive_buffer_size(value)?)
    }

    fn get_send_buffer_size(&mut self, self_: Borrow<UdpSocket>) -> Result<u64, ErrorCode> {
        Ok(self_.send_buffer_size()?)
    }

    fn set_send_buffer_size(
        &mut self,
        self_: Borrow<UdpSocket>,
        value: u64,
    ) -> Result<(), ErrorCode> {
        Ok(self_.set_send_buffer_size(value)?)
    }
}
