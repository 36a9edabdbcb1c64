//! The resource `future-trailers`.

use alloc::sync::Arc;
use core::fmt;
use core::task::{Context, Poll, Waker};

use ::http::HeaderMap;
use spin::Mutex;
use weft::binding::{Borrow, Own};

use super::Fields;
use super::types::HostFutureTrailers;
use crate::WasiCtx;
use crate::bytes::Waiters;
use crate::http::{ErrorCode, Reading};
use crate::p2::io::Pollable;

/// The resource `future-trailers`.
pub struct FutureTrailers(Arc<Shared>);

struct Shared {
    reading: Arc<Mutex<Reading>>,
    state: Mutex<State>,
    waiters: Arc<Waiters>,
}

enum State {
    Waiting,
    Ready(Result<Option<HeaderMap>, ErrorCode>),
    Taken,
}

impl FutureTrailers {
    pub(super) fn new(reading: Arc<Mutex<Reading>>) -> Self {
        let (state, waiters) = (Mutex::new(State::Waiting), Arc::default());
        Self(Arc::new(Shared { reading, state, waiters }))
    }
}

impl Shared {
    fn poll(&self, context: &Context<'_>) -> Poll<()> {
        self.waiters.poll(context, |context| {
            let mut state = self.state.lock();
            if let State::Waiting = *state {
                match self.reading.lock().poll_end(context) {
                    Poll::Ready(end) => *state = State::Ready(end),
                    Poll::Pending => return Poll::Pending,
                }
            }
            Poll::Ready(())
        })
    }
}

impl HostFutureTrailers for WasiCtx {
    fn subscribe(&mut self, self_: Borrow<FutureTrailers>) -> Own<Pollable> {
        let shared = Arc::clone(&self_.0);
        Own::new(Pollable::new(move |context| shared.poll(context)))
    }

    fn get(
        &mut self,
        self_: Borrow<FutureTrailers>,
    ) -> Option<Result<Result<Option<Own<Fields>>, ErrorCode>, ()>> {
        if self_.0.poll(&Context::from_waker(Waker::noop())).is_pending() {
            return None;
        }
        let state = core::mem::replace(&mut *self_.0.state.lock(), State::Taken);
        let State::Ready(end) = state else { return Some(Err(())) };
        let received = |map| Own::new(self.http.fields.received(map).into());
        Some(Ok(end.map(|trailers| trailers.map(received))))
    }
}

impl fmt::Debug for FutureTrailers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FutureTrailers").finish_non_exhaustive()
    }
}
