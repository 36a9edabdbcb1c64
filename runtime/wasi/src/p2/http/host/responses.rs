//! The functions of future responses.

use core::task::Poll;

use weft::binding::{Borrow, Own};

use super::types::{HostFutureIncomingResponse, HostResponseOutparam};
use crate::WasiCtx;
use crate::http::ErrorCode;
use crate::p2::http::{
    FutureIncomingResponse, IncomingResponse, OutgoingResponse, ResponseOutparam,
};
use crate::p2::io::Pollable;

impl HostFutureIncomingResponse for WasiCtx {
    fn subscribe(&mut self, self_: Borrow<FutureIncomingResponse>) -> Own<Pollable> {
        Own::new(self_.pollable())
    }

    fn get(
        &mut self,
        self_: Borrow<FutureIncomingResponse>,
    ) -> Option<Result<Result<Own<IncomingResponse>, ErrorCode>, ()>> {
        let Poll::Ready(response) = self_.take() else { return None };
        let received = |response| Own::new(IncomingResponse::new(response));
        Some(response.map(|response| response.map(received)))
    }
}

impl HostResponseOutparam for WasiCtx {
    fn set(
        &mut self,
        param: Own<ResponseOutparam>,
        response: Result<Own<OutgoingResponse>, ErrorCode>,
    ) {
        param.0.put(response.map(OutgoingResponse::response).map_err(Into::into));
    }
}
