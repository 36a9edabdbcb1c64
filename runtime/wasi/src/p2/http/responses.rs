//! Responses that are to come: to a guest, and of a guest.

use alloc::sync::Arc;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, Waker};

use ::http::Response;
use spin::Mutex;
use weft::binding::{Borrow, Own};

use super::types::{HostFutureIncomingResponse, HostResponseOutparam};
use super::{IncomingResponse, OutgoingResponse};
use crate::WasiCtx;
use crate::bytes::Waiters;
use crate::http::{Answer, Body, ErrorCode, Sending};
use crate::p2::io::Pollable;

/// The resource `response-outparam`: where a guest puts its response.
#[derive(Debug)]
pub struct ResponseOutparam(Answer);

impl From<Answer> for ResponseOutparam {
    fn from(answer: Answer) -> Self {
        Self(answer)
    }
}

/// The resource `future-incoming-response`.
pub struct FutureIncomingResponse(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    waiters: Arc<Waiters>,
}

enum State {
    Waiting(Sending),
    Ready(Result<Response<Body>, ErrorCode>),
    Taken,
}

impl FutureIncomingResponse {
    pub(super) fn new(sending: Sending) -> Self {
        let (state, waiters) = (Mutex::new(State::Waiting(sending)), Arc::default());
        Self(Arc::new(Shared { state, waiters }))
    }
}

impl Shared {
    fn poll(&self, context: &Context<'_>) -> Poll<()> {
        self.waiters.poll(context, |context| {
            let mut state = self.state.lock();
            if let State::Waiting(sending) = &mut *state {
                match Pin::new(sending).poll(context) {
                    Poll::Ready(response) => *state = State::Ready(response),
                    Poll::Pending => return Poll::Pending,
                }
            }
            Poll::Ready(())
        })
    }
}

impl HostFutureIncomingResponse for WasiCtx {
    fn subscribe(&mut self, self_: Borrow<FutureIncomingResponse>) -> Own<Pollable> {
        let shared = Arc::clone(&self_.0);
        Own::new(Pollable::new(move |context| shared.poll(context)))
    }

    fn get(
        &mut self,
        self_: Borrow<FutureIncomingResponse>,
    ) -> Option<Result<Result<Own<IncomingResponse>, ErrorCode>, ()>> {
        if self_.0.poll(&Context::from_waker(Waker::noop())).is_pending() {
            return None;
        }
        let state = core::mem::replace(&mut *self_.0.state.lock(), State::Taken);
        let State::Ready(response) = state else { return Some(Err(())) };
        Some(Ok(response.map(|response| Own::new(IncomingResponse::new(response)))))
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

impl fmt::Debug for FutureIncomingResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FutureIncomingResponse").finish_non_exhaustive()
    }
}
