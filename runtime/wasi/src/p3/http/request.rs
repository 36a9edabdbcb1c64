//! The resource `request`.

use alloc::string::String;

use ::http::uri::Scheme as UriScheme;
use spin::Mutex;
use weft::binding::{Borrow, HostCaller, HostError, Own, StreamHandle};

use super::RequestOptions;
use super::body::{EndedHandle, TrailersHandle, read, written};
use super::types::{HostRequest, Method, Scheme};
use crate::WasiCtx;
use crate::http::{
    Body, ErrorCode, Fields, Http, RequestOptions as Options, Target, Transmission, content_length,
};

/// The resource `request`.
#[derive(Debug)]
pub struct Request {
    target: Mutex<Target>,
    headers: Fields,
    options: Option<Options>,
    body: Mutex<Body>,
}

impl Request {
    /// Makes it from a received request. `scheme` is used if the request has none.
    pub(crate) fn received(request: ::http::Request<Body>, scheme: &UriScheme) -> Self {
        let (parts, body) = request.into_parts();
        let target = Target::received(parts.method, parts.uri, &parts.headers, scheme);
        Self {
            target: Mutex::new(target),
            headers: Fields::received(parts.headers),
            options: None,
            body: Mutex::new(body),
        }
    }

    /// Takes it out of its resource. If the resource is still borrowed, takes its contents.
    pub(super) fn of(request: Own<Self>) -> Self {
        request.into_inner().unwrap_or_else(|request| Self {
            target: Mutex::new(request.target.lock().clone()),
            headers: request.headers.to_immutable(),
            options: request.options,
            body: Mutex::new(core::mem::take(&mut *request.body.lock())),
        })
    }

    pub(super) fn options(&self) -> Options {
        self.options.unwrap_or_default()
    }

    /// Returns the sender for the outcome of the transmission.
    pub(super) fn transmission(&self) -> Option<Transmission> {
        self.body.lock().transmission().cloned()
    }

    pub(super) fn into_request(self, http: &Http) -> Result<::http::Request<Body>, ErrorCode> {
        let headers = self.headers.seen(&http.fields);
        drop(self.headers);
        let body = self.body.into_inner();
        self.target.into_inner().request(headers.into_map(), body, http)
    }
}

impl HostRequest for WasiCtx {
    fn new(
        caller: &mut impl HostCaller<Self>,
        headers: Own<Fields>,
        contents: Option<StreamHandle<u8>>,
        trailers: TrailersHandle,
        options: Option<Own<RequestOptions>>,
    ) -> Result<(Own<Request>, EndedHandle), HostError> {
        let headers = headers.to_immutable();
        let length = headers.with_map(content_length);
        let wrong_length = ErrorCode::HttpRequestBodySize;
        let (_, body, ended) = written(caller, contents, trailers, length, wrong_length)?;
        let request = Request {
            target: Mutex::default(),
            headers,
            options: options.map(|options| options.get()),
            body: Mutex::new(body),
        };
        Ok((Own::new(request), ended))
    }

    fn get_method(&mut self, self_: Borrow<Request>) -> Method {
        self_.target.lock().method()
    }

    fn set_method(&mut self, self_: Borrow<Request>, method: Method) -> Result<(), ()> {
        self_.target.lock().set_method(&method).map_err(drop)
    }

    fn get_path_with_query(&mut self, self_: Borrow<Request>) -> Option<String> {
        self_.target.lock().path()
    }

    fn set_path_with_query(
        &mut self,
        self_: Borrow<Request>,
        path_with_query: Option<String>,
    ) -> Result<(), ()> {
        self_.target.lock().set_path(path_with_query).map_err(drop)
    }

    fn get_scheme(&mut self, self_: Borrow<Request>) -> Option<Scheme> {
        self_.target.lock().scheme()
    }

    fn set_scheme(&mut self, self_: Borrow<Request>, scheme: Option<Scheme>) -> Result<(), ()> {
        self_.target.lock().set_scheme(scheme.as_ref()).map_err(drop)
    }

    fn get_authority(&mut self, self_: Borrow<Request>) -> Option<String> {
        self_.target.lock().authority()
    }

    fn set_authority(
        &mut self,
        self_: Borrow<Request>,
        authority: Option<String>,
    ) -> Result<(), ()> {
        self_.target.lock().set_authority(authority).map_err(drop)
    }

    fn get_options(&mut self, self_: Borrow<Request>) -> Option<Own<RequestOptions>> {
        self_.options.map(|options| Own::new(RequestOptions::fixed(options)))
    }

    fn get_headers(&mut self, self_: Borrow<Request>) -> Own<Fields> {
        Own::new(self_.headers.seen(&self.http.fields))
    }

    fn consume_body(
        caller: &mut impl HostCaller<Self>,
        this: Own<Request>,
        res: EndedHandle,
    ) -> Result<(StreamHandle<u8>, TrailersHandle), HostError> {
        read(caller, Request::of(this).body.into_inner(), res)
    }
}
