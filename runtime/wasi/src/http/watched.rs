//! Connections that are watched while they are used.

use core::pin::Pin;
use core::task::{Context, Poll};
use core::time::Duration;
use std::boxed::Box;
use std::io::{self, IoSlice};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::sleep;

use super::code::ErrorCode;

/// A connection with or without TLS.
pub(super) trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Connection for S {}

/// A connection, with a mark that its server does not read.
pub(super) struct Watched {
    stream: Box<dyn Connection>,
    fullness: Fullness,
}

/// The state of a connection that is full, because its server does not read.
#[derive(Clone, Default)]
pub(super) struct Fullness(Arc<Progress>);

#[derive(Default)]
struct Progress {
    is_full: AtomicBool,
    /// The number of completed writes.
    count: AtomicUsize,
}

impl Fullness {
    /// Returns the code for a connection without activity for too long.
    pub(super) fn code_of_silence(&self) -> ErrorCode {
        if self.0.is_full.load(Ordering::Acquire) {
            ErrorCode::ConnectionWriteTimeout
        } else {
            ErrorCode::ConnectionReadTimeout
        }
    }

    /// Waits until the connection has been full for this time.
    pub(super) async fn stuck(&self, time: Duration) {
        // A guest may set a time of zero.
        let time = time.max(Duration::from_millis(10));
        loop {
            let before = self.0.count.load(Ordering::Acquire);
            sleep(time).await;
            let is_full = self.0.is_full.load(Ordering::Acquire);
            if is_full && self.0.count.load(Ordering::Acquire) == before {
                return;
            }
        }
    }

    fn see<R>(&self, polled: Poll<R>) -> Poll<R> {
        self.0.is_full.store(polled.is_pending(), Ordering::Release);
        if polled.is_ready() {
            self.0.count.fetch_add(1, Ordering::AcqRel);
        }
        polled
    }
}

impl Watched {
    pub(super) fn new(stream: Box<dyn Connection>) -> Self {
        Self { stream, fullness: Fullness::default() }
    }

    pub(super) fn fullness(&self) -> Fullness {
        self.fullness.clone()
    }

    fn stream(&mut self) -> Pin<&mut dyn Connection> {
        Pin::new(&mut *self.stream)
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream().poll_read(context, buffer)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let polled = self.stream().poll_write(context, bytes);
        self.fullness.see(polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = self.stream().poll_write_vectored(context, slices);
        self.fullness.see(polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = self.stream().poll_flush(context);
        self.fullness.see(polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_shutdown(context)
    }
}
