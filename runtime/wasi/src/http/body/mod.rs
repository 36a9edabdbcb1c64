//! Bodies of requests and responses.

mod pipe;
mod reading;
mod transmission;

pub(crate) use pipe::{Pipe, PipeSink};
pub(crate) use reading::Reading;
pub(crate) use transmission::{Transmission, transmission};

use core::convert::Infallible;
use core::error::Error;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::boxed::Box;
use std::string::String;
use std::vec::Vec;

use ::bytes::Bytes;
use ::http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::mpsc;

use super::code::ErrorCode;
use super::error::code_of;
use pipe::PipeReader;

/// The body of a request or a response: a sequence of bytes, and trailers.
///
/// Bodies of guests and of the network have the same type. Only the bytes under way are kept in
/// memory, so that a slow reader slows down the writer. If a body ends too early, that is an error,
/// which is an [`ErrorCode`].
///
/// ```
/// use weft_wasi::http::Body;
///
/// let body = Body::from("hello");
/// // Any other body, with its errors.
/// let body = Body::new(http_body_util::Full::new(bytes::Bytes::from("hello")));
/// ```
pub struct Body {
    kind: Kind,
    /// A sender whose channel shows that the body still exists.
    _guard: Option<mpsc::Sender<Infallible>>,
}

enum Kind {
    /// The remaining bytes.
    Bytes(Bytes),
    /// A body that a guest writes.
    Guest(PipeReader),
    Other(Pin<Box<dyn HttpBody<Data = Bytes, Error = ErrorCode> + Send>>),
}

impl Body {
    /// Makes an empty body.
    #[must_use]
    pub const fn empty() -> Self {
        Self::of(Kind::Bytes(Bytes::new()))
    }

    /// Makes a body from another one. An error that is not an [`ErrorCode`] becomes the code that
    /// fits best.
    pub fn new<B>(body: B) -> Self
    where
        B: HttpBody<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
    {
        Self::of(Kind::Other(Box::pin(Foreign(Box::pin(body)))))
    }

    /// Makes a body from one whose errors are codes.
    pub(crate) fn boxed(
        body: impl HttpBody<Data = Bytes, Error = ErrorCode> + Send + 'static,
    ) -> Self {
        Self::of(Kind::Other(Box::pin(body)))
    }

    const fn of(kind: Kind) -> Self {
        Self { kind, _guard: None }
    }

    /// Adds a sender that is dropped with the body.
    pub(crate) fn with_guard(self, guard: mpsc::Sender<Infallible>) -> Self {
        Self { _guard: Some(guard), ..self }
    }

    const fn guest(reader: PipeReader) -> Self {
        Self::of(Kind::Guest(reader))
    }

    /// Returns the sender for the outcome of the transmission, if a guest wrote the body.
    pub(crate) const fn transmission(&mut self) -> Option<&mut Transmission> {
        match &mut self.kind {
            Kind::Guest(reader) => reader.transmission(),
            Kind::Bytes(_) | Kind::Other(_) => None,
        }
    }
}

impl Default for Body {
    fn default() -> Self {
        Self::empty()
    }
}

macro_rules! from_bytes {
    ($($ty:ty)*) => {$(
        impl From<$ty> for Body {
            fn from(bytes: $ty) -> Self {
                Self::of(Kind::Bytes(bytes.into()))
            }
        }
    )*};
}

from_bytes!(Bytes Vec<u8> String &'static [u8] &'static str);

impl HttpBody for Body {
    type Data = Bytes;
    type Error = ErrorCode;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ErrorCode>>> {
        match &mut self.kind {
            Kind::Bytes(bytes) => {
                let bytes = core::mem::take(bytes);
                Poll::Ready((!bytes.is_empty()).then(|| Ok(Frame::data(bytes))))
            }
            Kind::Guest(reader) => reader.poll_frame(context),
            Kind::Other(body) => body.as_mut().poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.kind {
            Kind::Bytes(bytes) => bytes.is_empty(),
            Kind::Guest(reader) => reader.is_ended(),
            Kind::Other(body) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.kind {
            Kind::Bytes(bytes) => {
                SizeHint::with_exact(u64::try_from(bytes.len()).unwrap_or(u64::MAX))
            }
            Kind::Guest(reader) => reader.size_hint(),
            Kind::Other(body) => body.size_hint(),
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body").field("size_hint", &self.size_hint()).finish_non_exhaustive()
    }
}

/// A body whose errors become codes.
struct Foreign<B>(Pin<Box<B>>);

impl<B> HttpBody for Foreign<B>
where
    B: HttpBody<Data = Bytes, Error: Into<Box<dyn Error + Send + Sync>>>,
{
    type Data = Bytes;
    type Error = ErrorCode;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ErrorCode>>> {
        let frame = ready!(self.0.as_mut().poll_frame(context));
        Poll::Ready(frame.map(|frame| {
            frame.map_err(|error| {
                let error: Box<dyn Error + Send + Sync> = error.into();
                code_of(&*error)
            })
        }))
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}
