//! Operations that a guest begins with one function and finishes with another.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, Waker, ready};
use std::boxed::Box;
use std::sync::Arc;

use spin::Mutex;

use crate::bytes::Waiters;
use crate::sockets::SocketError;

type Result = core::result::Result<(), SocketError>;

/// The error of a function that begins or finishes an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum BegunError {
    /// Another operation was begun and is not finished.
    Conflict,
    /// No operation was begun.
    NotInProgress,
    /// The operation is not complete yet.
    WouldBlock,
    Failed(SocketError),
}

impl From<SocketError> for BegunError {
    fn from(error: SocketError) -> Self {
        Self::Failed(error)
    }
}

/// An operation that was begun, such as a bind that the host has to permit. Clones are the same
/// operation.
#[derive(Clone)]
pub(super) struct Begun(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    waiters: Arc<Waiters>,
}

enum State {
    Going(Pin<Box<dyn Future<Output = Result> + Send>>),
    Done(Result),
}

impl Begun {
    /// Begins the operation.
    ///
    /// # Errors
    ///
    /// The error of the operation, if that ends at once.
    pub(super) fn new(
        future: impl Future<Output = Result> + Send + 'static,
    ) -> core::result::Result<Self, SocketError> {
        let state = Mutex::new(State::Going(Box::pin(future)));
        let begun = Self(Arc::new(Shared { state, waiters: Arc::default() }));
        match begun.poll(&Context::from_waker(Waker::noop())) {
            Poll::Ready(Err(error)) => Err(error),
            _ => Ok(begun),
        }
    }

    /// Waits until the operation is complete. It may be called again.
    pub(super) fn poll(&self, context: &Context<'_>) -> Poll<Result> {
        self.0.waiters.poll(context, |context| {
            let mut state = self.0.state.lock();
            let result = match &mut *state {
                State::Going(future) => ready!(future.as_mut().poll(context)),
                State::Done(result) => return Poll::Ready(result.clone()),
            };
            *state = State::Done(result.clone());
            Poll::Ready(result)
        })
    }
}
