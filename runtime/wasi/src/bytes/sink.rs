//! Sinks of bytes.

use core::task::{Context, Poll};

use super::error::BytesError;

/// A destination of bytes: standard output, a file, a socket or a body.
///
/// ```
/// use std::task::{Context, Poll};
/// use weft_wasi::bytes::{ByteSink, BytesError};
///
/// /// Counts bytes.
/// struct Count(usize);
///
/// impl ByteSink for Count {
///     fn poll_write(
///         &mut self,
///         _: &mut Context<'_>,
///         bytes: &[u8],
///     ) -> Poll<Result<usize, BytesError>> {
///         self.0 += bytes.len();
///         Poll::Ready(Ok(bytes.len()))
///     }
/// }
/// ```
pub trait ByteSink: Send + 'static {
    /// Takes bytes from the start of `bytes`, which is not empty, and returns their number: at
    /// least one. If it can't take any yet, it is pending, and wakes the waker of its last call
    /// when it can.
    ///
    /// # Errors
    ///
    /// A [`BytesError`]. The sink is not called again after that.
    fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, BytesError>>;

    /// Waits until all bytes that it has taken are at their destination.
    ///
    /// # Errors
    ///
    /// A [`BytesError`].
    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BytesError>> {
        let _ = context;
        Poll::Ready(Ok(()))
    }

    /// Waits until all bytes are at their destination, and the destination has learned of the end.
    ///
    /// # Errors
    ///
    /// A [`BytesError`].
    fn poll_close(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BytesError>> {
        self.poll_flush(context)
    }
}

/// A sink that discards all bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Discard;

impl ByteSink for Discard {
    fn poll_write(&mut self, _: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, BytesError>> {
        Poll::Ready(Ok(bytes.len()))
    }
}
