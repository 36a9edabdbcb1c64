//! Streams of bytes from readers and to writers that implement tokio's traits.

use alloc::boxed::Box;
use core::fmt;
use core::pin::Pin;
use core::task::{Context as WakerContext, Poll, ready};
use std::io;

use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::component::run::serving::{Destination, Received, SinkState, SourceState};
use crate::component::run::serving::{StreamSink, StreamSource};

use super::byte_writing::write_all;
use super::reader::StreamReader;
use super::writer::StreamWriter;

/// The source that [`from_tokio`] returns.
pub struct FromTokio<R>(Pin<Box<R>>);

/// Returns a source of the bytes of a reader. When the guest asks for bytes, they are read directly
/// into its memory.
///
/// ```
/// # #[cfg(feature = "wasmi")] {
/// use weft::component::{Store, streams};
/// use weft::engine::wasmi::Wasmi;
///
/// let mut store = Store::new(&Wasmi::default(), ());
/// // A file or a socket works in the same way.
/// let (body, sending) = store.stream_from(streams::from_tokio(&b"from a socket"[..]))?;
/// let received = Vec::new();
/// let receiving = store.stream_into(body, streams::to_tokio(received))?;
/// # store.block_on(async { receiving.await.unwrap(); sending.await.unwrap() });
/// # }
/// # Ok::<(), weft::component::CallError>(())
/// ```
pub fn from_tokio<R: AsyncRead + Send + 'static>(reader: R) -> FromTokio<R> {
    FromTokio(Box::pin(reader))
}

impl<R: AsyncRead + Send + 'static> StreamSource for FromTokio<R> {
    type Item = u8;
    type Error = io::Error;

    fn poll_fill(
        mut self: Pin<&mut Self>,
        context: &mut WakerContext<'_>,
        destination: &mut Destination<'_, u8>,
    ) -> Poll<io::Result<SourceState>> {
        let mut buffer = ReadBuf::new(destination.bytes_mut());
        ready!(self.0.as_mut().poll_read(context, &mut buffer))?;
        let count = buffer.filled().len();
        destination.advance(count);
        Poll::Ready(Ok(if count == 0 { SourceState::Ended } else { SourceState::More }))
    }
}

/// The sink that [`to_tokio`] returns.
pub struct ToTokio<W>(Pin<Box<W>>);

/// Returns a sink that writes bytes to a writer, directly from the guest's memory. At the end of
/// the stream it shuts the writer down.
pub fn to_tokio<W: AsyncWrite + Send + 'static>(writer: W) -> ToTokio<W> {
    ToTokio(Box::pin(writer))
}

impl<W: AsyncWrite + Send + 'static> StreamSink for ToTokio<W> {
    type Item = u8;
    type Output = ();
    type Error = io::Error;

    fn poll_take(
        mut self: Pin<&mut Self>,
        context: &mut WakerContext<'_>,
        received: &mut Received<'_, u8>,
    ) -> Poll<io::Result<SinkState>> {
        write_all(received, |bytes| self.0.as_mut().poll_write(context, bytes))
    }

    fn poll_finish(
        mut self: Pin<&mut Self>,
        context: &mut WakerContext<'_>,
    ) -> Poll<io::Result<()>> {
        self.0.as_mut().poll_shutdown(context)
    }
}

impl AsyncRead for StreamReader<u8> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut WakerContext<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let into = buffer.initialize_unfilled();
        let count = ready!(self.get_mut().poll_copy(context, into)).map_err(io::Error::other)?;
        buffer.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for StreamWriter<u8> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut WakerContext<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.get_mut().poll_copy(context, bytes).map_err(io::Error::from)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut WakerContext<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll_flushed(context).map_err(io::Error::from)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut WakerContext<'_>) -> Poll<io::Result<()>> {
        self.get_mut().poll_closed(context).map_err(io::Error::from)
    }
}

impl<R> fmt::Debug for FromTokio<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FromTokio").finish_non_exhaustive()
    }
}

impl<W> fmt::Debug for ToTokio<W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToTokio").finish_non_exhaustive()
    }
}
