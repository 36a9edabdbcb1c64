//! What goes out: requests of a guest, responses of it, and their bodies.

use core::fmt;

use ::http::{HeaderMap, Request, Response, StatusCode};
use spin::Mutex;
use weft::binding::Own;

use crate::bytes::OutputStream;
use crate::http::{Body, ErrorCode, Fields as AnyFields, Http, Pipe, PipeSink, Target};

/// The resource `outgoing-request`.
#[derive(Debug)]
pub struct OutgoingRequest {
    pub(super) target: Mutex<Target>,
    pub(super) headers: AnyFields,
    pub(super) body: Mutex<Option<Body>>,
}

impl OutgoingRequest {
    /// Takes it out of its resource. Somebody may still have borrowed that.
    pub(super) fn of(request: Own<Self>) -> Self {
        request.into_inner().unwrap_or_else(|request| Self {
            target: Mutex::new(request.target.lock().clone()),
            headers: request.headers.to_immutable(),
            body: Mutex::new(request.body.lock().take()),
        })
    }

    pub(super) fn into_request(self, http: &Http) -> Result<Request<Body>, ErrorCode> {
        let body = self.body.into_inner().unwrap_or_default();
        self.target.into_inner().request(self.headers.into_map(), body, http)
    }
}

/// The resource `outgoing-response`.
#[derive(Debug)]
pub struct OutgoingResponse {
    pub(super) status: Mutex<StatusCode>,
    pub(super) headers: AnyFields,
    pub(super) body: Mutex<Option<Body>>,
}

impl OutgoingResponse {
    /// Returns the response of a resource.
    pub(super) fn response(response: Own<Self>) -> Response<Body> {
        let status = *response.status.lock();
        let body = response.body.lock().take().unwrap_or_default();
        let headers = match response.into_inner() {
            Ok(response) => response.headers.into_map(),
            Err(response) => response.headers.to_map(),
        };
        let mut made = Response::new(body);
        *made.status_mut() = status;
        *made.headers_mut() = headers;
        made
    }
}

/// The resource `outgoing-body`.
pub struct OutgoingBody {
    pipe: Pipe,
    stream: Mutex<Option<OutputStream>>,
    /// The stream that was given away: it may have bytes that are not sent yet.
    given: Mutex<Option<OutputStream>>,
}

impl OutgoingBody {
    /// Makes a body, and what is read of it.
    pub(super) fn new(
        length: Option<u64>,
        wrong_length: fn(Option<u64>) -> ErrorCode,
    ) -> (Self, Body) {
        let (pipe, writer) = Pipe::new(length, wrong_length);
        let body = pipe.body(None);
        let stream = OutputStream::new(PipeSink::from(writer));
        (Self { pipe, stream: Mutex::new(Some(stream)), given: Mutex::new(None) }, body)
    }

    pub(super) fn finish(
        &self,
        trailers: Result<Option<HeaderMap>, ErrorCode>,
    ) -> Result<(), ErrorCode> {
        // One that was never given away ends here.
        self.stream.lock().take();
        let given = self.given.lock().take();
        self.pipe.finish(trailers, given.map_or(0, |stream| stream.buffered()))
    }
}

impl OutgoingBody {
    /// Returns where its bytes go to, if it was not taken.
    pub(super) fn take_stream(&self) -> Option<OutputStream> {
        let stream = self.stream.lock().take()?;
        *self.given.lock() = Some(stream.clone());
        Some(stream)
    }
}

impl Drop for OutgoingBody {
    fn drop(&mut self) {
        // Nothing comes of it if the body was finished.
        let _ = self.finish(Err(ErrorCode::HttpProtocolError));
    }
}

impl fmt::Debug for OutgoingBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingBody").finish_non_exhaustive()
    }
}
