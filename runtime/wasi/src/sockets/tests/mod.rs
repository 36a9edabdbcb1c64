//! Sockets on the loopback interface.

mod permissions;
mod tcp;
mod udp;

use core::future::{Future, poll_fn};
use core::task::{Context, Poll, Waker};
use std::boxed::Box;
use std::net::SocketAddr;
use std::string::String;
use std::sync::Arc;
use std::vec;

use super::{Family, SocketError, TcpListener, TcpSocket, UdpSocket};
use crate::WasiCtxBuilder;
use crate::bytes::{ByteSink, ByteSource, BytesError};
use crate::sockets::permissions::Permissions;

/// Runs a test in a runtime that learns of sockets only when it has nothing else to do.
fn run(test: impl Future<Output = ()>) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().unwrap();
    let limit = core::time::Duration::from_secs(20);
    runtime.block_on(async { tokio::time::timeout(limit, test).await.unwrap() });
}

fn permissions(build: impl FnOnce(WasiCtxBuilder) -> WasiCtxBuilder) -> Arc<Permissions> {
    Arc::clone(&build(WasiCtxBuilder::new()).build().sockets.permissions)
}

fn everything() -> Arc<Permissions> {
    permissions(WasiCtxBuilder::inherit_network)
}

fn address(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn tcp(permissions: &Arc<Permissions>) -> TcpSocket {
    TcpSocket::create(permissions, Family::Ipv4).unwrap()
}

fn udp(permissions: &Arc<Permissions>) -> UdpSocket {
    UdpSocket::create(permissions, Family::Ipv4).unwrap()
}

/// Returns a listener on a port that the system has chosen, and its address.
async fn listener() -> (Arc<TcpListener>, SocketAddr) {
    let socket = tcp(&everything());
    socket.bind(address("127.0.0.1:0")).await.unwrap();
    (socket.listen().await.unwrap(), socket.local_address().unwrap())
}

async fn accept(listener: &TcpListener) -> Result<TcpSocket, SocketError> {
    poll_fn(|context| listener.poll_accept(context)).await
}

/// Returns two sockets that are connected.
async fn pair() -> (TcpSocket, TcpSocket) {
    let (listener, address) = listener().await;
    let client = tcp(&everything());
    client.connect(address).await.unwrap();
    (client, accept(&listener).await.unwrap())
}

async fn read(source: &mut impl ByteSource) -> Result<String, BytesError> {
    let mut buffer = vec![0; 100];
    let count = poll_fn(|context| source.poll_read(context, &mut buffer)).await?;
    Ok(String::from_utf8_lossy(&buffer[..count]).into_owned())
}

async fn write(sink: &mut impl ByteSink, text: &str) -> Result<usize, BytesError> {
    poll_fn(|context| sink.poll_write(context, text.as_bytes())).await
}

fn error_of<R>(result: Result<R, BytesError>) -> Option<SocketError> {
    result.err().map(|error| SocketError::from(&error))
}

/// Polls a future once, and drops it.
fn poll_and_drop<R>(future: impl Future<Output = R>) -> Poll<R> {
    Box::pin(future).as_mut().poll(&mut Context::from_waker(Waker::noop()))
}
