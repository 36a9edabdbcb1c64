//! What goes out: requests of a guest, responses of it, and their bodies.

use alloc::string::String;
use core::fmt;

use ::http::{HeaderMap, Request, Response, StatusCode};
use spin::Mutex;
use weft::binding::{Borrow, Own};

use super::Fields;
use super::types::{HostOutgoingBody, HostOutgoingRequest, HostOutgoingResponse, Method, Scheme};
use crate::WasiCtx;
use crate::bytes::OutputStream;
use crate::http::{
    Body, ErrorCode, Fields as AnyFields, Http, HttpFailure, Pipe, PipeSink, Target, content_length,
};

/// The resource `outgoing-request`.
#[derive(Debug)]
pub struct OutgoingRequest {
    target: Mutex<Target>,
    headers: AnyFields,
    body: Mutex<Option<Body>>,
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
    status: Mutex<StatusCode>,
    headers: AnyFields,
    body: Mutex<Option<Body>>,
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
    fn new(length: Option<u64>, wrong_length: fn(Option<u64>) -> ErrorCode) -> (Self, Body) {
        let (pipe, writer) = Pipe::new(length, wrong_length);
        let body = pipe.body(None);
        let stream = OutputStream::new(PipeSink::from(writer));
        (Self { pipe, stream: Mutex::new(Some(stream)), given: Mutex::new(None) }, body)
    }

    fn finish(&self, trailers: Result<Option<HeaderMap>, ErrorCode>) -> Result<(), ErrorCode> {
        // One that was never given away ends here.
        self.stream.lock().take();
        let given = self.given.lock().take();
        self.pipe.finish(trailers, given.map_or(0, |stream| stream.buffered()))
    }
}

impl Drop for OutgoingBody {
    fn drop(&mut self) {
        // Nothing comes of it if the body was finished.
        let _ = self.finish(Err(ErrorCode::HttpProtocolError));
    }
}

impl HostOutgoingRequest for WasiCtx {
    fn new(&mut self, headers: Own<Fields>) -> Own<OutgoingRequest> {
        let headers = headers.to_immutable();
        Own::new(OutgoingRequest { target: Mutex::default(), headers, body: Mutex::new(None) })
    }

    fn body(&mut self, self_: Borrow<OutgoingRequest>) -> Result<Own<OutgoingBody>, ()> {
        make_body(&self_.body, &self_.headers, ErrorCode::HttpRequestBodySize)
    }

    fn method(&mut self, self_: Borrow<OutgoingRequest>) -> Method {
        self_.target.lock().method()
    }

    fn set_method(&mut self, self_: Borrow<OutgoingRequest>, method: Method) -> Result<(), ()> {
        self_.target.lock().set_method(&method).map_err(drop)
    }

    fn path_with_query(&mut self, self_: Borrow<OutgoingRequest>) -> Option<String> {
        self_.target.lock().path()
    }

    fn set_path_with_query(
        &mut self,
        self_: Borrow<OutgoingRequest>,
        path_with_query: Option<String>,
    ) -> Result<(), ()> {
        self_.target.lock().set_path(path_with_query).map_err(drop)
    }

    fn scheme(&mut self, self_: Borrow<OutgoingRequest>) -> Option<Scheme> {
        self_.target.lock().scheme()
    }

    fn set_scheme(
        &mut self,
        self_: Borrow<OutgoingRequest>,
        scheme: Option<Scheme>,
    ) -> Result<(), ()> {
        self_.target.lock().set_scheme(scheme.as_ref()).map_err(drop)
    }

    fn authority(&mut self, self_: Borrow<OutgoingRequest>) -> Option<String> {
        self_.target.lock().authority()
    }

    fn set_authority(
        &mut self,
        self_: Borrow<OutgoingRequest>,
        authority: Option<String>,
    ) -> Result<(), ()> {
        self_.target.lock().set_authority(authority).map_err(drop)
    }

    fn headers(&mut self, self_: Borrow<OutgoingRequest>) -> Own<Fields> {
        Own::new(self_.headers.to_immutable().into())
    }
}

impl HostOutgoingResponse for WasiCtx {
    fn new(&mut self, headers: Own<Fields>) -> Own<OutgoingResponse> {
        let headers = headers.to_immutable();
        let status = Mutex::new(StatusCode::OK);
        Own::new(OutgoingResponse { status, headers, body: Mutex::new(None) })
    }

    fn status_code(&mut self, self_: Borrow<OutgoingResponse>) -> u16 {
        self_.status.lock().as_u16()
    }

    fn set_status_code(
        &mut self,
        self_: Borrow<OutgoingResponse>,
        status_code: u16,
    ) -> Result<(), ()> {
        *self_.status.lock() = StatusCode::from_u16(status_code).map_err(drop)?;
        Ok(())
    }

    fn headers(&mut self, self_: Borrow<OutgoingResponse>) -> Own<Fields> {
        Own::new(self_.headers.to_immutable().into())
    }

    fn body(&mut self, self_: Borrow<OutgoingResponse>) -> Result<Own<OutgoingBody>, ()> {
        make_body(&self_.body, &self_.headers, ErrorCode::HttpResponseBodySize)
    }
}

/// Makes the body of a message that has none yet.
fn make_body(
    place: &Mutex<Option<Body>>,
    headers: &AnyFields,
    wrong_length: fn(Option<u64>) -> ErrorCode,
) -> Result<Own<OutgoingBody>, ()> {
    let mut place = place.lock();
    if place.is_some() {
        return Err(());
    }
    let length = headers.with_map(content_length);
    let (outgoing, body) = OutgoingBody::new(length, wrong_length);
    *place = Some(body);
    Ok(Own::new(outgoing))
}

impl HostOutgoingBody for WasiCtx {
    fn write(&mut self, self_: Borrow<OutgoingBody>) -> Result<Own<OutputStream>, ()> {
        let stream = self_.stream.lock().take().ok_or(())?;
        *self_.given.lock() = Some(stream.clone());
        Ok(Own::new(stream))
    }

    fn finish(
        &mut self,
        this: Own<OutgoingBody>,
        trailers: Option<Own<Fields>>,
    ) -> Result<(), HttpFailure> {
        Ok(this.finish(Ok(trailers.map(Fields::map_of)))?)
    }
}

impl fmt::Debug for OutgoingBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutgoingBody").finish_non_exhaustive()
    }
}
