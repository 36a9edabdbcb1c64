//! Bytes from readers and to writers that implement the traits of tokio.

use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::boxed::Box;

use ::tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::error::BytesError;
use super::sink::ByteSink;
use super::source::ByteSource;

/// A reader as a [`ByteSource`]: [`from_tokio`] returns it.
pub struct FromTokio<R>(Pin<Box<R>>);

/// Returns a source of the bytes of a reader.
pub fn from_tokio<R: AsyncRead + Send + 'static>(reader: R) -> FromTokio<R> {
    FromTokio(Box::pin(reader))
}

impl<R: AsyncRead + Send + 'static> ByteSource for FromTokio<R> {
    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<Result<usize, BytesError>> {
        let mut buffer = ReadBuf::new(buffer);
        ready!(self.0.as_mut().poll_read(context, &mut buffer))?;
        Poll::Ready(Ok(buffer.filled().len()))
    }
}

/// A writer as a [`ByteSink`]: [`to_tokio`] returns it.
pub struct ToTokio<W>(Pin<Box<W>>);

/// Returns a sink that writes to a writer. When it is closed, it shuts the writer down.
pub fn to_tokio<W: AsyncWrite + Send + 'static>(writer: W) -> ToTokio<W> {
    ToTokio(Box::pin(writer))
}

impl<W: AsyncWrite + Send + 'static> ByteSink for ToTokio<W> {
    fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, BytesError>> {
        self.0.as_mut().poll_write(context, bytes).map_err(BytesError::from)
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BytesError>> {
        self.0.as_mut().poll_flush(context).map_err(BytesError::from)
    }

    fn poll_close(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BytesError>> {
        self.0.as_mut().poll_shutdown(context).map_err(BytesError::from)
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
