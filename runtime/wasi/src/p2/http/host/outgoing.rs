//! The functions of outgoing messages.

use alloc::string::String;

use ::http::StatusCode;
use spin::Mutex;
use weft::binding::{Borrow, Own};

use super::types::{HostOutgoingBody, HostOutgoingRequest, HostOutgoingResponse};
use crate::WasiCtx;
use crate::bytes::OutputStream;
use crate::http::{
    Body, ErrorCode, Fields as AnyFields, HttpFailure, Method, Scheme, content_length, status_of,
};
use crate::p2::http::{Fields, OutgoingBody, OutgoingRequest, OutgoingResponse};

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

impl HostOutgoingRequest for WasiCtx {
    fn new(&mut self, headers: Own<Fields>) -> Own<OutgoingRequest> {
        Own::new(OutgoingRequest {
            target: Mutex::default(),
            headers: headers.to_immutable(),
            body: Mutex::new(None),
        })
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
        *self_.status.lock() = status_of(status_code).ok_or(())?;
        Ok(())
    }

    fn headers(&mut self, self_: Borrow<OutgoingResponse>) -> Own<Fields> {
        Own::new(self_.headers.to_immutable().into())
    }

    fn body(&mut self, self_: Borrow<OutgoingResponse>) -> Result<Own<OutgoingBody>, ()> {
        make_body(&self_.body, &self_.headers, ErrorCode::HttpResponseBodySize)
    }
}

impl HostOutgoingBody for WasiCtx {
    fn write(&mut self, self_: Borrow<OutgoingBody>) -> Result<Own<OutputStream>, ()> {
        self_.take_stream().map(Own::new).ok_or(())
    }

    fn finish(
        &mut self,
        this: Own<OutgoingBody>,
        trailers: Option<Own<Fields>>,
    ) -> Result<(), HttpFailure> {
        Ok(this.finish(Ok(trailers.map(Fields::map_of)))?)
    }
}
