//! `wasi:sockets/tcp` 0.2.

use weft::binding::{Borrow, HostCaller, OrTrap, Own};

use crate::WasiCtx;
use crate::bytes::{InputStream, OutputStream};
use crate::p2::bindings::sockets::wasi::sockets::network::{
    ErrorCode, IpAddressFamily, IpSocketAddress,
};
use crate::p2::bindings::sockets::wasi::sockets::{tcp, tcp_create_socket};
use crate::p2::io::Pollable;
use crate::p2::sockets::{Network, TcpSocket};
use crate::sockets;

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
        Ok(self_.start_bind(local_address.into())?)
    }

    fn finish_bind(&mut self, self_: Borrow<TcpSocket>) -> Result<(), ErrorCode> {
        Ok(self_.finish_bind()?)
    }

    fn start_connect(
        &mut self,
        self_: Borrow<TcpSocket>,
        _: Borrow<Network>,
        remote_address: IpSocketAddress,
    ) -> Result<(), ErrorCode> {
        Ok(self_.start_connect(remote_address.into())?)
    }

    fn finish_connect(
        &mut self,
        self_: Borrow<TcpSocket>,
    ) -> Result<(Own<InputStream>, Own<OutputStream>), ErrorCode> {
        let (input, output) = self_.finish_connect()?;
        Ok((Own::new(input), Own::new(output)))
    }

    fn start_listen(&mut self, self_: Borrow<TcpSocket>) -> Result<(), ErrorCode> {
        Ok(self_.start_listen()?)
    }

    fn finish_listen(&mut self, self_: Borrow<TcpSocket>) -> Result<(), ErrorCode> {
        Ok(self_.finish_listen()?)
    }

    fn accept(
        &mut self,
        self_: Borrow<TcpSocket>,
    ) -> Result<(Own<TcpSocket>, Own<InputStream>, Own<OutputStream>), ErrorCode> {
        let (socket, input, output) = self_.accept()?;
        Ok((Own::new(socket), Own::new(input), Own::new(output)))
    }

    fn local_address(&mut self, self_: Borrow<TcpSocket>) -> Result<IpSocketAddress, ErrorCode> {
        Ok(self_.socket().local_address()?.into())
    }

    fn remote_address(&mut self, self_: Borrow<TcpSocket>) -> Result<IpSocketAddress, ErrorCode> {
        Ok(self_.socket().remote_address()?.into())
    }

    fn is_listening(&mut self, self_: Borrow<TcpSocket>) -> bool {
        self_.socket().listener().is_some()
    }

    fn address_family(&mut self, self_: Borrow<TcpSocket>) -> IpAddressFamily {
        self_.socket().family().into()
    }

    fn set_listen_backlog_size(
        &mut self,
        self_: Borrow<TcpSocket>,
        value: u64,
    ) -> Result<(), ErrorCode> {
        Ok(self_.socket().set_listen_backlog_size(value)?)
    }

    fn keep_alive_enabled(&mut self, self_: Borrow<TcpSocket>) -> Result<bool, ErrorCode> {
        Ok(self_.socket().keep_alive_enabled()?)
    }

    fn set_keep_alive_enabled(
        &mut self,
        self_: Borrow<TcpSocket>,
        value: bool,
    ) -> Result<(), ErrorCode> {
        Ok(self_.socket().set_keep_alive_enabled(value)?)
    }

    fn keep_alive_idle_time(&mut self, self_: Borrow<TcpSocket>) -> Result<u64, ErrorCode> {
        Ok(self_.socket().keep_alive_idle_time()?)
    }

    fn set_keep_alive_idle_time(
        &mut self,
        self_: Borrow<TcpSocket>,
        value: u64,
    ) -> Result<(), ErrorCode> {
        Ok(self_.socket().set_keep_alive_idle_time(value)?)
    }

    fn keep_alive_interval(&mut self, self_: Borrow<TcpSocket>) -> Result<u64, ErrorCode> {
        Ok(self_.socket().keep_alive_interval()?)
    }

    fn set_keep_alive_interval(
        &mut self,
        self_: Borrow<TcpSocket>,
        value: u64,
    ) -> Result<(), ErrorCode> {
        Ok(self_.socket().set_keep_alive_interval(value)?)
    }

    fn keep_alive_count(&mut self, self_: Borrow<TcpSocket>) -> Result<u32, ErrorCode> {
        Ok(self_.socket().keep_alive_count()?)
    }

    fn set_keep_alive_count(
        &mut self,
        self_: Borrow<TcpSocket>,
        value: u32,
    ) -> Result<(), ErrorCode> {
        Ok(self_.socket().set_keep_alive_count(value)?)
    }

    fn hop_limit(&mut self, self_: Borrow<TcpSocket>) -> Result<u8, ErrorCode> {
        Ok(self_.socket().hop_limit()?)
    }

    fn set_hop_limit(&mut self, self_: Borrow<TcpSocket>, value: u8) -> Result<(), ErrorCode> {
        Ok(self_.socket().set_hop_limit(value)?)
    }

    fn receive_buffer_size(&mut self, self_: Borrow<TcpSocket>) -> Result<u64, ErrorCode> {
        Ok(self_.socket().receive_buffer_size()?)
    }

    fn set_receive_buffer_size(
        &mut self,
        self_: Borrow<TcpSocket>,
        value: u64,
    ) -> Result<(), ErrorCode> {
        Ok(self_.socket().set_receive_buffer_size(value)?)
    }

    fn send_buffer_size(&mut self, self_: Borrow<TcpSocket>) -> Result<u64, ErrorCode> {
        Ok(self_.socket().send_buffer_size()?)
    }

    fn set_send_buffer_size(
        &mut self,
        self_: Borrow<TcpSocket>,
        value: u64,
    ) -> Result<(), ErrorCode> {
        Ok(self_.socket().set_send_buffer_size(value)?)
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
        let (input, output) = self_.streams().map_err(ErrorCode::from)?;
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
