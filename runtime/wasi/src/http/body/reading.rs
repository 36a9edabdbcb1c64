//! Reading a body for a guest.

use core::pin::Pin;
use core::task::{Context, Poll, ready};

use ::bytes::Bytes;
use ::http::HeaderMap;
use ::http_body::Body as _;

use super::Body;
use crate::http::ErrorCode;

/// A body that is read for a guest.
pub(crate) struct Reading {
    /// `None` after its end.
    body: Option<Body>,
    chunk: Bytes,
    /// The trailers, or the error, at the end.
    end: Result<Option<HeaderMap>, ErrorCode>,
}

impl Reading {
    pub(crate) const fn new(body: Body) -> Self {
        Self { body: Some(body), chunk: Bytes::new(), end: Ok(None) }
    }

    /// Puts bytes at the start of `into`. Returns 0 at the end.
    ///
    /// # Errors
    ///
    /// The code of a body that ends too early.
    pub(crate) fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<Result<usize, ErrorCode>> {
        ready!(self.poll_chunk(context));
        if self.chunk.is_empty() {
            return Poll::Ready(self.end.as_ref().map(|_| 0).map_err(Clone::clone));
        }
        let chunk = self.chunk.split_to(self.chunk.len().min(into.len()));
        if let Some(into) = into.get_mut(..chunk.len()) {
            into.copy_from_slice(&chunk);
        }
        Poll::Ready(Ok(chunk.len()))
    }

    /// Reads to the end, and returns the trailers. Bytes that were not read before are dropped.
    pub(crate) fn poll_end(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Option<HeaderMap>, ErrorCode>> {
        loop {
            self.chunk = Bytes::new();
            ready!(self.poll_chunk(context));
            if self.chunk.is_empty() {
                return Poll::Ready(self.take_end());
            }
        }
    }

    /// Takes the trailers, or the error, at the end.
    pub(crate) fn take_end(&mut self) -> Result<Option<HeaderMap>, ErrorCode> {
        core::mem::replace(&mut self.end, Ok(None))
    }

    /// Waits until there are bytes, or the end.
    fn poll_chunk(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while self.chunk.is_empty()
            && let Some(body) = &mut self.body
        {
            match ready!(Pin::new(body).poll_frame(context)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(bytes) => self.chunk = bytes,
                    Err(frame) => {
                        self.end = Ok(frame.into_trailers().ok());
                        self.body = None;
                    }
                },
                Some(Err(code)) => {
                    self.end = Err(code);
                    self.body = None;
                }
                None => self.body = None,
            }
        }
        Poll::Ready(())
    }
}
