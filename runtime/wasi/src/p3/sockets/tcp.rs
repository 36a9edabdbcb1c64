//! `wasi:sockets/types` 0.3: TCP.

use core::future::ready;
use std::string::ToString as _;
use std::vec::Vec;

use weft::binding::{
    Borrow, FutureHandle, HostAccess, HostCaller, HostError, OrTrap, Own, StreamHandle,
};
use weft::component::streams::StreamError;

use super::accepting::Accepting;
use crate::WasiCtx;
use crate::bytes::{BytesError, sink_stream, source_stream};
use crate::p3::bindings::sockets::wasi::sockets::types::{
    ErrorCode, HostTcpSocket, IpAddressFamily, IpSocketAddress,
};
use crate::sockets::{SocketError, TcpSocket};

/// The result of a guest's future: how a stream ended on the side of the host.
type Ended = FutureHandle<Result<(), ErrorCode>>;

impl HostTcpSocket for WasiCtx {
    fn create(&mut self, address_family: IpAddressFamily) -> Result<Own<TcpSocket>, ErrorCode> {
        let permissions = &self.sockets.permissions;
        Ok(Own::new(TcpSocket::create(permissions, address_family.into())?))
    }

    async fn bind(
        _: impl HostAccess<Self>,
        self_: Borrow<TcpSocket>,
        local_address: IpSocketAddress,
    ) -> Result<(), OrTrap<ErrorCode>> {
        Ok(self_.bind(local_address.into()).await?)
    }

    async fn connect(
        _: impl HostAccess<Self>,
        self_: Borrow<TcpSocket>,
        remote_address: IpSocketAddress,
    ) -> Result<(), OrTrap<ErrorCode>> {
        Ok(self_.connect(remote_address.into()).await?)
    }

    async fn listen(
        access: impl HostAccess<Self>,
        self_: Borrow<TcpSocket>,
    ) -> Result<StreamHandle<Own<TcpSocket>>, OrTrap<ErrorCode>> {
        let accepting = Accepting::new(self_.listen().await?);
        Ok(access.with(move |caller| caller.stream_from(accepting)).await??)
    }

    fn send(
        caller: &mut impl HostCaller<Self>,
        self_: Borrow<TcpSocket>,
        data: StreamHandle<u8>,
    ) -> Result<Ended, HostError> {
        match self_.send() {
            Ok(sink) => {
                let transfer = caller.stream_into(data, sink_stream(sink))?;
                caller.future_from(async { ended(transfer.await) })
            }
            Err(error) => {
                // Dropping the reader drops the stream without reading it.
                drop(caller.stream_reader(data)?);
                caller.future_from(ready(Err(error.into())))
            }
        }
    }

    fn receive(
        caller: &mut impl HostCaller<Self>,
        self_: Borrow<TcpSocket>,
    ) -> Result<(StreamHandle<u8>, Ended), HostError> {
        match self_.receive() {
            Ok(source) => {
                let source = source_stream(source);
                let (stream, transfer) = caller.with_store(|store| store.stream_from(source))?;
                let ended = caller.future_from(async { ended(transfer.await) })?;
                Ok((stream, ended))
            }
            Err(error) => {
                let stream = caller.stream_from(Vec::new())?;
                Ok((stream, caller.future_from(ready(Err(error.into())))?))
            }
        }
    }

    fn get_local_address(
        &mut self,
        self_: Borrow<TcpSocket>,
    ) -> Result<IpSocketAddress, ErrorCode> {
        Ok(self_.local_address()?.into())
    }

    fn get_remote_address(
        &mut self,
        self_: Borrow<TcpSocket>,
    ) -> Result<IpSocketAddress, ErrorCode> {
        Ok(self_.remote_address()?.into())
    }

    fn get_is_listening(&mut self, self_: Borrow<TcpSocket>) -> bool {
        self_.listener().is_some()
    }

    fn get_address_family(&mut self, self_: Borrow<TcpSocket>) -> IpAddressFamily {
        self_.family().into()
    }

    fn set_listen_backlog_size(
        &mut self,
        self_: Borrow<TcpSocket>,
        value: u64,
    ) -> Result<(), ErrorCode> {
        Ok(self_.set_listen_backlog_size(value)?)
    }

    fn get_keep_alive_enabled(&mut self, self_: Borrow<TcpSocket>) -> Result<bool, ErrorCode> {
        Ok(self_.keep_alive_enabled()?)
    }

    fn set_keep_alive_enabled(
        &mut self,
        self_: Borrow<TcpSocket>,
        value: bool,
    ) -> Result<(), ErrorCode> {
        Ok(self_.set_keep_alive_enabled(value)?)
    }

    fn get_keep_alive_idle_time(&mut self, self_: Borrow<TcpSocket>) -> Result<u64, ErrorCode> {
        Ok(self_.keep_alive_idle_time()?)
    }

    fn set_keep_alive_idle_time(
        &mut self,
        self_: Borrow<TcpSocket>,
        value: u64,
    ) -> Result<(), ErrorCode> {
        Ok(self_.set_keep_alive_idle_time(value)?)
    }

    fn get_keep_alive_interval(&mut self, self_: Borrow<TcpSocket>) -> Result<u64, ErrorCode> {
        Ok(self_.keep_alive_interval()?)
    }

    fn set_keep_alive_interval(
        &mut self,
        self_: Borrow<TcpSocket>,
        value: u64,
    ) -> Result<(), ErrorCode> {
        Ok(self_.set_keep_alive_interval(value)?)
    }

    fn get_keep_alive_count(&mut self, self_: Borrow<TcpSocket>) -> Result<u32, ErrorCode> {
        Ok(self_.keep_alive_count()?)
    }

    fn set_keep_alive_count(
        &mut self,
        self_: Borrow<TcpSocket>,
        value: u32,
    ) -> Result<(), ErrorCode> {
        Ok(self_.set_keep_alive_count(value)?)
    }

    fn get_hop_limit(&mut self, self_: Borrow<TcpSocket>) -> Result<u8, ErrorCode> {
        Ok(self_.hop_limit()?)
    }

    fn set_hop_limit(&mut self, self_: Borrow<TcpSocket>, value: u8) -> Result<(), ErrorCode> {
        Ok(self_.set_hop_limit(value)?)
    }

    fn get_receive_buffer_size(&mut self, self_: Borrow<TcpSocket>) -> Result<u64, ErrorCode> {
        Ok(self_.receive_buffer_size()?)
    }

    fn set_receive_buffer_size(
        &mut self,
        self_: Borrow<TcpSocket>,
        value: u64,
    ) -> Result<(), ErrorCode> {
        Ok(self_.set_receive_buffer_size(value)?)
    }

    fn get_send_buffer_size(&mut self, self_: Borrow<TcpSocket>) -> Result<u64, ErrorCode> {
        Ok(self_.send_buffer_size()?)
    }

    fn set_send_buffer_size(
        &mut self,
        self_: Borrow<TcpSocket>,
        value: u64,
    ) -> Result<(), ErrorCode> {
        Ok(self_.set_send_buffer_size(value)?)
    }
}

/// Returns the outcome for a guest. It is not an error if the guest drops its end, or no longer
/// exists.
fn ended(result: Result<(), StreamError<BytesError>>) -> Result<(), ErrorCode> {
    match result {
        Err(StreamError::Failed(error)) => Err(SocketError::from(&error).into()),
        Err(StreamError::Panicked(panic)) => Err(ErrorCode::Other(Some(panic.to_string()))),
        _ => Ok(()),
    }
}
