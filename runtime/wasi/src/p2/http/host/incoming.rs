//! The functions of incoming messages.

use alloc::string::String;

use weft::binding::{Borrow, HostError, Own};

use super::types::{HostIncomingBody, HostIncomingRequest, HostIncomingResponse};
use crate::WasiCtx;
use crate::bytes::InputStream;
use crate::http::{Method, Scheme};
use crate::p2::http::{Fields, FutureTrailers, IncomingBody, IncomingRequest, IncomingResponse};

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
        IncomingBody::of(&self_.body).map(Own::new).ok_or(())
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
        IncomingBody::of(&self_.body).map(Own::new).ok_or(())
    }
}

impl HostIncomingBody for WasiCtx {
    fn stream(&mut self, self_: Borrow<IncomingBody>) -> Result<Own<InputStream>, ()> {
        self_.take_stream().map(Own::new).ok_or(())
    }

    fn finish(&mut self, this: Own<IncomingBody>) -> Result<Own<FutureTrailers>, HostError> {
        let trailers = this.trailers().map(Own::new);
        trailers
            .ok_or_else(|| "`incoming-body.finish` was called before its stream was dropped".into())
    }
}
