//! What comes in: requests to a guest, responses to it, and their bodies.

use alloc::string::String;
use alloc::sync::Arc;
use core::task::{Context, Poll};

use ::http::uri::Scheme as UriScheme;
use ::http::{Request, Response, StatusCode};
use spin::Mutex;
use weft::binding::{Borrow, HostError, Own};

use super::types::{HostIncomingBody, HostIncomingRequest, HostIncomingResponse, Method, Scheme};
use super::{Fields, FutureTrailers};
use crate::WasiCtx;
use crate::bytes::{ByteSource, BytesError, BytesErrorKind, InputStream};
use crate::http::{Body, Fields as AnyFields, Reading, Target};

/// The resource `incoming-request`.
#[derive(Debug)]
pub struct IncomingRequest {
    target: Target,
    headers: AnyFields,
    body: Mutex<Option<Body>>,
}

impl IncomingRequest {
    /// Makes it of a request. Its scheme is `scheme`, unless it says it itself.
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
    status: StatusCode,
    headers: AnyFields,
    body: Mutex<Option<Body>>,
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
    /// It has given its stream away, which is there as long as this has other owners.
    stream: Mutex<Stream>,
}

enum Stream {
    New,
    Given(alloc::sync::Weak<()>),
}

impl IncomingBody {
    fn new(body: Body) -> Self {
        let reading = Arc::new(Mutex::new(Reading::new(body)));
        Self { reading, stream: Mutex::new(Stream::New) }
    }
}

/// The bytes of a body.
struct Bytes {
    reading: Arc<Mutex<Reading>>,
    /// Says that the stream is there.
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

impl HostIncomingRequest for WasiCtx {
    fn method(&mut self, self_: Borrow<IncomingRequest>) -> Method {
        self_.target.method()
    }

    fn path_with_query(&mut self, self_: Borrow<IncomingRequest>) -> Option<String> {
        self_.target.path()
    }

    fn scheme(&mut self, self_: Borrow<IncomingRequest>) -> Option<Scheme> {
        self_.target.scheme()
    }

    fn authority(&mut self, self_: Borrow<IncomingRequest>) -> Option<String> {
        self_.target.authority()
    }

    fn headers(&mut self, self_: Borrow<IncomingRequest>) -> Own<Fields> {
        Own::new(self_.headers.seen(&self.http.fields).into())
    }

    fn consume(&mut self, self_: Borrow<IncomingRequest>) -> Result<Own<IncomingBody>, ()> {
        let body = self_.body.lock().take().ok_or(())?;
        Ok(Own::new(IncomingBody::new(body)))
    }
}

impl HostIncomingResponse for WasiCtx {
    fn status(&mut self, self_: Borrow<IncomingResponse>) -> u16 {
        self_.status.as_u16()
    }

    fn headers(&mut self, self_: Borrow<IncomingResponse>) -> Own<Fields> {
        Own::new(self_.headers.seen(&self.http.fields).into())
    }

    fn consume(&mut self, self_: Borrow<IncomingResponse>) -> Result<Own<IncomingBody>, ()> {
        let body = self_.body.lock().take().ok_or(())?;
        Ok(Own::new(IncomingBody::new(body)))
    }
}

impl HostIncomingBody for WasiCtx {
    fn stream(&mut self, self_: Borrow<IncomingBody>) -> Result<Own<InputStream>, ()> {
        let mut stream = self_.stream.lock();
        if let Stream::Given(_) = *stream {
            return Err(());
        }
        let alive = Arc::new(());
        *stream = Stream::Given(Arc::downgrade(&alive));
        let bytes = Bytes { reading: Arc::clone(&self_.reading), _alive: alive };
        Ok(Own::new(InputStream::new(bytes)))
    }

    fn finish(&mut self, this: Own<IncomingBody>) -> Result<Own<FutureTrailers>, HostError> {
        if let Stream::Given(alive) = &*this.stream.lock()
            && alive.strong_count() > 0
        {
            return Err("`incoming-body.finish` was called before its stream was dropped".into());
        }
        let reading = Arc::clone(&this.reading);
        Ok(Own::new(FutureTrailers::new(reading)))
    }
}

impl core::fmt::Debug for IncomingBody {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("IncomingBody").finish_non_exhaustive()
    }
}
