//! Sources of bytes.

use core::task::{Context, Poll};

use super::error::BytesError;

/// An origin of bytes: standard input, a file, a socket or a body.
///
/// ```
/// use std::task::{Context, Poll};
/// use weft_wasi::bytes::{ByteSource, BytesError};
///
/// /// Zeros without an end.
/// struct Zeros;
///
/// impl ByteSource for Zeros {
///     fn poll_read(
///         &mut self,
///         _: &mut Context<'_>,
///         buffer: &mut [u8],
///     ) -> Poll<Result<usize, BytesError>> {
///         buffer.fill(0);
///         Poll::Ready(Ok(buffer.len()))
///     }
/// }
/// ```
pub trait ByteSource: Send + 'static {
    /// Puts bytes at the start of `buffer`, which is not empty, and returns their number, which is
    /// 0 at the end. If there are no bytes yet, it is pending, and wakes the waker of its last call
    /// when there are.
    ///
    /// # Errors
    ///
    /// A [`BytesError`]. The source is not called again after that, nor after its end.
    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<Result<usize, BytesError>>;
}

/// A source that has ended.
#[derive(Clone, Copy, Debug, Default)]
pub struct Empty;

impl ByteSource for Empty {
    fn poll_read(&mut self, _: &mut Context<'_>, _: &mut [u8]) -> Poll<Result<usize, BytesError>> {
        Poll::Ready(Ok(0))
    }
}
