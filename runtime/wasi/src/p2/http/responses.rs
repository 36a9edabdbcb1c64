//! Future responses: to a guest, and of a guest.

use alloc::sync::Arc;
use core::fmt;
use core::pin::Pin;
use core::task::{Context, Poll, Waker, ready};

use ::http::Response;
use spin::Mutex;

use crate::bytes::Waiters;
use crate::http::{Answer, Body, ErrorCode, Sending};
use crate::p2::io::Pollable;

/// The resource `response-outparam`, into which a guest puts its response.
#[derive(Debug)]
pub struct ResponseOutparam(pub(super) Answer);

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

    pub(super) fn pollable(&self) -> Pollable {
        let shared = Arc::clone(&self.0);
        Pollable::new(move |context| shared.poll(context))
    }

    /// Takes the response. Returns an error if it was taken before.
    pub(super) fn take(&self) -> Poll<Result<Result<Response<Body>, ErrorCode>, ()>> {
        ready!(self.0.poll(&Context::from_waker(Waker::noop())));
        Poll::Ready(match core::mem::replace(&mut *self.0.state.lock(), State::Taken) {
            State::Ready(response) => Ok(response),
            State::Waiting(_) | State::Taken => Err(()),
        })
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

impl fmt::Debug for FutureIncomingResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FutureIncomingResponse").finish_non_exhaustive()
    }
}
