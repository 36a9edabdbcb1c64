//! The functions of the resource `future-trailers`.

use core::task::Poll;

use weft::binding::{Borrow, Own};

use super::types::HostFutureTrailers;
use crate::WasiCtx;
use crate::http::ErrorCode;
use crate::p2::http::{Fields, FutureTrailers};
use crate::p2::io::Pollable;

impl HostFutureTrailers for WasiCtx {
    fn subscribe(&mut self, self_: Borrow<FutureTrailers>) -> Own<Pollable> {
        Own::new(self_.pollable())
    }

    fn get(
        &mut self,
        self_: Borrow<FutureTrailers>,
    ) -> Option<Result<Result<Option<Own<Fields>>, ErrorCode>, ()>> {
        let Poll::Ready(end) = self_.take() else { return None };
        let received = |map| Own::new(self.http.fields.received(map).into());
        Some(end.map(|end| end.map(|trailers| trailers.map(received))))
    }
}
