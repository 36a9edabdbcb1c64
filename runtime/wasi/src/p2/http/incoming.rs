//! Incoming messages: requests to a guest, responses to it, and their bodies.

use alloc::sync::{Arc, Weak};
use core::task::{Context, Poll};

use ::http::uri::Scheme as UriScheme;
use ::http::{Request, Response, StatusCode};
use spin::Mutex;

use super::FutureTrailers;
use crate::bytes::{ByteSource, BytesError, BytesErrorKind, InputStream};
use crate::http::{Body, Fields as AnyFields, Reading, Target};

/// The resource `incoming-request`.
#[derive(Debug)]
pub struct IncomingRequest {
    pub(super) target: Target,
    pub(super) headers: AnyFields,
    pub(super) body: Mutex<Option<Body>>,
}

impl IncomingRequest {
    /// Makes it from a request. `scheme` is used if the request has none.
    pub(crate) fn new(request: Request<Body>, scheme: &UriScheme) -> Self {
        let (parts, body) = request.into_parts();
        let target = Target::received(parts.method, parts.uri, &parts.headers, scheme);
        let headers = AnyFields::received(parts.headers);
        Self { target, headers, body: Mutex::new(Some(body)) }
    }
}

/// The resource `incoming-response`.
#[derive(Debug)]
pub struct IncomingResponse {
    pub(super) status: StatusCode,
    pub(super) headers: AnyFields,
    pub(super) body: Mutex<Option<Body>>,
}

impl IncomingResponse {
    pub(super) fn new(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let headers = AnyFields::received(parts.headers);
        Self { status: parts.status, headers, body: Mutex::new(Some(body)) }
    }
}

/// The resource `incoming-body`.
pub struct IncomingBody {
    reading: Arc<Mutex<Reading>>,
    /// The state of the stream. A stream that was taken exists as long as this has other owners.
    stream: Mutex<Stream>,
}

enum Stream {
    New,
    Given(Weak<()>),
}

impl IncomingBody {
    fn new(body: Body) -> Self {
        let reading = Arc::new(Mutex::new(Reading::new(body)));
        Self { reading, stream: Mutex::new(Stream::New) }
    }

    /// Takes the body out of a message, if it was not taken.
    pub(super) fn of(body: &Mutex<Option<Body>>) -> Option<Self> {
        body.lock().take().map(Self::new)
    }

    /// Returns the bytes, if they were not taken.
    pub(super) fn take_stream(&self) -> Option<InputStream> {
        let mut stream = self.stream.lock();
        if let Stream::Given(_) = *stream {
            return None;
        }
        let alive = Arc::new(());
        *stream = Stream::Given(Arc::downgrade(&alive));
        let bytes = Bytes { reading: Arc::clone(&self.reading), _alive: alive };
        Some(InputStream::new(bytes))
    }

    /// Returns the trailers, if the stream of the bytes no longer exists.
    pub(super) fn trailers(&self) -> Option<FutureTrailers> {
        match &*self.stream.lock() {
            Stream::Given(alive) if alive.strong_count() > 0 => None,
            _ => Some(FutureTrailers::new(Arc::clone(&self.reading))),
        }
    }
}

/// The bytes of a body.
struct Bytes {
    reading: Arc<Mutex<Reading>>,
    /// Shows that the stream exists.
    _alive: Arc<()>,
}

impl ByteSource for Bytes {
    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<Result<usize, BytesError>> {
        let read = self.reading.lock().poll_read(context, buffer);
        read.map_err(|code| BytesError::with_cause(BytesErrorKind::Io, code))
    }
}

impl core::fmt::Debug for IncomingBody {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("IncomingBody").finish_non_exhaustive()
    }
}
