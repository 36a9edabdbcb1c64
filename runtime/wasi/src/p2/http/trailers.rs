//! The resource `future-trailers`.

use alloc::sync::Arc;
use core::fmt;
use core::task::{Context, Poll, Waker, ready};

use ::http::HeaderMap;
use spin::Mutex;

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

    pub(super) fn pollable(&self) -> Pollable {
        let shared = Arc::clone(&self.0);
        Pollable::new(move |context| shared.poll(context))
    }

    /// Takes the trailers. Returns an error if they were taken before.
    pub(super) fn take(&self) -> Poll<Result<Result<Option<HeaderMap>, ErrorCode>, ()>> {
        ready!(self.0.poll(&Context::from_waker(Waker::noop())));
        Poll::Ready(match core::mem::replace(&mut *self.0.state.lock(), State::Taken) {
            State::Ready(end) => Ok(end),
            State::Waiting | State::Taken => Err(()),
        })
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

impl fmt::Debug for FutureTrailers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FutureTrailers").finish_non_exhaustive()
    }
}
