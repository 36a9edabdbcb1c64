//! The two sides of a TCP connection: the readable and the writable one.

use core::task::{Context, Poll};
use std::io;
use std::sync::Arc;

use rustix::net::{RecvFlags, SendFlags, Shutdown, recv, send, shutdown};
use tokio::net::TcpStream;

use super::error::SocketError;
use super::readiness::{Direction, poll_operation};
use crate::bytes::{ByteSink, ByteSource, BytesError};

/// Writing to a broken connection raises no signal.
#[cfg(not(any(windows, target_vendor = "apple")))]
pub(super) const SEND_FLAGS: SendFlags = SendFlags::NOSIGNAL;
/// The socket has an option for that, or there are no signals.
#[cfg(any(windows, target_vendor = "apple"))]
pub(super) const SEND_FLAGS: SendFlags = SendFlags::empty();

/// The bytes from the peer. Dropping this ends the reception.
#[derive(Debug)]
pub(crate) struct TcpSource(Arc<TcpStream>);

/// The bytes to the peer. When this is closed or dropped, the peer learns of the end.
#[derive(Debug)]
pub(crate) struct TcpSink(Arc<TcpStream>);

impl TcpSource {
    pub(super) const fn new(stream: Arc<TcpStream>) -> Self {
        Self(stream)
    }
}

impl TcpSink {
    pub(super) const fn new(stream: Arc<TcpStream>) -> Self {
        Self(stream)
    }
}

impl ByteSource for TcpSource {
    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<Result<usize, BytesError>> {
        let stream = &*self.0;
        let read = poll_operation(stream, Direction::Read, context, || {
            let (count, _) = recv(stream, &mut *buffer, RecvFlags::empty())?;
            Ok(count)
        });
        read.map_err(failed)
    }
}

impl ByteSink for TcpSink {
    fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, BytesError>> {
        let stream = &*self.0;
        let written = poll_operation(stream, Direction::Write, context, || {
            Ok(send(stream, bytes, SEND_FLAGS)?)
        });
        written.map_err(failed)
    }

    fn poll_close(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BytesError>> {
        Poll::Ready(shutdown(&*self.0, Shutdown::Write).map_err(|errno| failed(errno.into())))
    }
}

impl Drop for TcpSource {
    fn drop(&mut self) {
        // A broken connection can't be shut down, and need not be.
        let _ = shutdown(&*self.0, Shutdown::Read);
    }
}

impl Drop for TcpSink {
    fn drop(&mut self) {
        // A broken connection can't be shut down, and need not be.
        let _ = shutdown(&*self.0, Shutdown::Write);
    }
}

fn failed(error: io::Error) -> BytesError {
    SocketError::from(error).into()
}
