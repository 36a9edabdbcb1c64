//! Outgoing messages: requests and responses of a guest, and their bodies.

use core::fmt;

use ::http::{HeaderMap, Request, Response, StatusCode};
use spin::Mutex;
use weft::binding::Own;

use crate::bytes::OutputStream;
use crate::http::{
    Body, ErrorCode, Fields as AnyFields, Http, Pipe, PipeSink, Target, content_length,
};

/// The resource `outgoing-request`.
#[derive(Debug)]
pub struct OutgoingRequest {
    pub(super) target: Mutex<Target>,
    pub(super) headers: AnyFields,
    pub(super) body: Mutex<Option<Body>>,
}

impl OutgoingRequest {
    /// Takes it out of its resource. If the resource is still borrowed, takes its contents.
    pub(super) fn of(request: Own<Self>) -> Self {
        request.into_inner().unwrap_or_else(|request| Self {
            target: Mutex::new(request.target.lock().clone()),
            headers: request.headers.to_immutable(),
            body: Mutex::new(request.body.lock().take()),
        })
    }

    pub(super) fn into_request(self, http: &Http) -> Result<Request<Body>, ErrorCode> {
        let body = self.body.into_inner();
        // Without the body, a server would wait for it.
        if body.is_none() && self.headers.with_map(content_length).is_some_and(|length| length > 0)
        {
            return Err(ErrorCode::HttpRequestBodySize(Some(0)));
        }
        let body = body.unwrap_or_default();
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
    /// The stream that was taken: it may have bytes that are not sent yet.
    given: Mutex<Option<OutputStream>>,
}

impl OutgoingBody {
    /// Makes a body, and returns it with its reader.
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
        // A stream that was never taken ends here.
        self.stream.lock().take();
        let given = self.given.lock().take();
        self.pipe.finish(trailers, given.map_or(0, |stream| stream.buffered()))
    }
}

impl OutgoingBody {
    /// Returns the sink of the bytes, if it was not taken.
    pub(super) fn take_stream(&self) -> Option<OutputStream> {
        let stream = self.stream.lock().take()?;
        *self.given.lock() = Some(stream.clone());
        Some(stream)
    }
}

impl Drop for OutgoingBody {
    fn drop(&mut self) {
        // This has no effect if the body was finished.
        let _ = self.finish(Err(ErrorCode::HttpProtocolError));
    }
}

impl fmt::Debug for OutgoingBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingBody").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    /// Returns the request that is sent without a body, although its header has this length.
    fn sent(length: &'static [u8]) -> Result<Request<Body>, ErrorCode> {
        let http = Http::default();
        let entry = ("content-length".into(), length.to_vec());
        let headers = AnyFields::from_entries(Vec::from([entry]), &http.fields);
        let headers = headers.map_err(|_| ErrorCode::HttpProtocolError)?;
        let mut target = Target::default();
        let set = target.set_authority(Some("localhost".into()));
        set.map_err(|_| ErrorCode::HttpRequestUriInvalid)?;
        let (target, body) = (Mutex::new(target), Mutex::new(None));
        OutgoingRequest { target, headers, body }.into_request(&http)
    }

    #[test]
    fn a_request_that_promises_a_body_has_one() {
        assert_eq!(sent(b"4").map(drop), Err(ErrorCode::HttpRequestBodySize(Some(0))));
        assert_eq!(sent(b"0").map(drop), Ok(()));
    }
}
