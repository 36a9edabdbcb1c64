//! The host functions of `wasi:http` 0.2.

mod fields;
mod incoming;
mod outgoing;
mod request_options;
mod responses;
mod trailers;

use weft::binding::{Borrow, Own};

use super::{FutureIncomingResponse, OutgoingRequest, RequestOptions};
use crate::WasiCtx;
use crate::bytes::BytesError;
use crate::http::{ErrorCode, HttpFailure};
use crate::p2::bindings::http::wasi::http::{outgoing_handler, types};

impl types::Host for WasiCtx {
    fn http_error_code(&mut self, err: Borrow<BytesError>) -> Option<ErrorCode> {
        err.cause().cloned()
    }
}

impl outgoing_handler::Host for WasiCtx {
    fn handle(
        &mut self,
        request: Own<OutgoingRequest>,
        options: Option<Own<RequestOptions>>,
    ) -> Result<Own<FutureIncomingResponse>, HttpFailure> {
        let options = options.map(|options| options.get()).unwrap_or_default();
        let request = OutgoingRequest::of(request).into_request(&self.http)?;
        let sending = self.http.send(request, options);
        Ok(Own::new(FutureIncomingResponse::new(sending)))
    }
}
