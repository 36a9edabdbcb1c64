//! The resource `response`.

use ::http::StatusCode;
use spin::Mutex;
use weft::binding::{Borrow, HostCaller, HostError, Own, StreamHandle};

use super::body::{EndedHandle, TrailersHandle, read, written};
use super::types::HostResponse;
use crate::WasiCtx;
use crate::http::{Body, ErrorCode, FieldRules, Fields, Pipe, content_length, status_of};

/// The resource `response`.
pub struct Response {
    status: Mutex<StatusCode>,
    headers: Fields,
    body: Mutex<Body>,
    /// The pipe, if a guest has made it.
    pipe: Option<Pipe>,
}

impl Response {
    /// Makes it from a received response.
    pub(super) fn received(response: ::http::Response<Body>, rules: &FieldRules) -> Self {
        let (parts, body) = response.into_parts();
        Self {
            status: Mutex::new(parts.status),
            headers: rules.received(parts.headers),
            body: Mutex::new(body),
            pipe: None,
        }
    }

    /// Takes it out of its resource. If the resource is still borrowed, takes its contents.
    fn of(response: Own<Self>) -> Self {
        response.into_inner().unwrap_or_else(|response| Self {
            status: Mutex::new(*response.status.lock()),
            headers: response.headers.to_immutable(),
            body: Mutex::new(core::mem::take(&mut *response.body.lock())),
            pipe: response.pipe.clone(),
        })
    }

    /// Returns the response of a resource.
    pub(crate) fn response(response: Own<Self>) -> ::http::Response<Body> {
        let response = Self::of(response);
        if let Some(pipe) = response.pipe {
            pipe.settle();
        }
        let mut made = ::http::Response::new(response.body.into_inner());
        *made.status_mut() = response.status.into_inner();
        *made.headers_mut() = response.headers.into_map();
        made
    }
}

impl HostResponse for WasiCtx {
    fn new(
        caller: &mut impl HostCaller<Self>,
        headers: Own<Fields>,
        contents: Option<StreamHandle<u8>>,
        trailers: TrailersHandle,
    ) -> Result<(Own<Response>, EndedHandle), HostError> {
        let headers = headers.to_immutable();
        let length = headers.with_map(content_length);
        let wrong_length = ErrorCode::HttpResponseBodySize;
        let (pipe, body, ended) = written(caller, contents, trailers, length, wrong_length)?;
        let response = Response {
            status: Mutex::new(StatusCode::OK),
            headers,
            body: Mutex::new(body),
            pipe: Some(pipe),
        };
        Ok((Own::new(response), ended))
    }

    fn get_status_code(&mut self, self_: Borrow<Response>) -> u16 {
        self_.status.lock().as_u16()
    }

    fn set_status_code(&mut self, self_: Borrow<Response>, status_code: u16) -> Result<(), ()> {
        *self_.status.lock() = status_of(status_code).ok_or(())?;
        Ok(())
    }

    fn get_headers(&mut self, self_: Borrow<Response>) -> Own<Fields> {
        Own::new(self_.headers.seen(&self.http.fields))
    }

    fn consume_body(
        caller: &mut impl HostCaller<Self>,
        this: Own<Response>,
        res: EndedHandle,
    ) -> Result<(StreamHandle<u8>, TrailersHandle), HostError> {
        read(caller, Response::of(this).body.into_inner(), res)
    }
}

impl core::fmt::Debug for Response {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Response").field("headers", &self.headers).finish_non_exhaustive()
    }
}
