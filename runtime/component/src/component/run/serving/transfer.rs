//! The end of a stream or future that the host serves, as whoever has made it hears of it.

use alloc::sync::Arc;
use core::convert::Infallible;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context as WakerContext, Poll};

use atomic_waker::AtomicWaker;
use concurrent_queue::{ConcurrentQueue, PopError};
use thiserror::Error;

use crate::component::store::call_error::CallError;
use crate::component::store::host_panic::HostPanic;
use crate::component::store::panics::LatePanics;

/// The reason why a stream or future that the host serves has ended too early. `E` is the error of the
/// source or the sink.
#[derive(Clone, Debug, Error)]
#[non_exhaustive]
pub enum StreamError<E = Infallible> {
    /// The source or the sink failed.
    #[error("the source or sink failed: {0}")]
    Failed(E),
    /// The source or the sink panicked. The value of the panic is in here.
    #[error("the source or sink panicked: {0}")]
    Panicked(HostPanic),
    /// The guest dropped its end: of a stream, before the source was at its end; of a future, before
    /// there was a value.
    #[error("the other end was dropped")]
    Dropped,
    /// A value could not be moved, or the guest has trapped.
    #[error(transparent)]
    Call(CallError),
    /// The store was dropped, or the end was taken away from it.
    #[error("the store was dropped")]
    Gone,
    /// The result was taken already: the transfer was polled after it was ready.
    #[error("the result of the transfer was taken already")]
    Taken,
}

/// The result of a transfer.
type Finished<R, E> = Result<R, StreamError<E>>;

/// Where the result of a transfer is until somebody takes it.
struct Slot<R, E> {
    result: ConcurrentQueue<Finished<R, E>>,
    waker: AtomicWaker,
    /// Where panics go that nobody hears of.
    late: LatePanics,
}

impl<R, E> Slot<R, E> {
    /// Drops a result that nobody takes. A panic goes on where the store is driven.
    fn discard(&self, result: Finished<R, E>) {
        match result {
            Err(StreamError::Panicked(panic)) => self.late.add(panic),
            result => self.late.guard(|| drop(result)),
        }
    }
}

/// A stream or future that the host serves: a future, which is ready when the source is at its end, or
/// the sink has got everything.
///
/// It goes on while anything drives the store, also if this is dropped. To drive the store until it is
/// ready, use [`Store::drive`](crate::component::Store::drive) or `Store::block_on`.
///
/// Of a source, `R` is `()`: all values were taken by the guest. Of a sink, it is the sink's
/// [output](super::StreamSink::Output).
#[must_use = "its end, with the error, is told to nobody else; drop it if that doesn't matter"]
pub struct Transfer<R, E = Infallible> {
    slot: Arc<Slot<R, E>>,
    /// Somebody has taken the result.
    is_taken: bool,
}

impl<R, E> Transfer<R, E> {
    /// Returns `true` if its result is there.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        !self.slot.result.is_empty()
    }

    /// Returns the result when it is there: the same as awaiting the transfer itself.
    ///
    /// # Errors
    ///
    /// [`StreamError`] says why it has ended too early.
    pub async fn finished(self) -> Result<R, StreamError<E>> {
        self.await
    }
}

impl<R, E> Future for Transfer<R, E> {
    type Output = Result<R, StreamError<E>>;

    fn poll(mut self: Pin<&mut Self>, context: &mut WakerContext<'_>) -> Poll<Self::Output> {
        if self.is_taken {
            return Poll::Ready(Err(StreamError::Taken));
        }
        for is_registered in [false, true] {
            match self.slot.result.pop() {
                Ok(result) => {
                    self.is_taken = true;
                    return Poll::Ready(result);
                }
                Err(PopError::Closed) => return Poll::Ready(Err(StreamError::Gone)),
                Err(PopError::Empty) if is_registered => {}
                Err(PopError::Empty) => self.slot.waker.register(context.waker()),
            }
        }
        Poll::Pending
    }
}

impl<R, E> Drop for Transfer<R, E> {
    fn drop(&mut self) {
        self.slot.result.close();
        // The store drops neither: both are of whoever has this.
        drop(self.slot.waker.take());
        match self.slot.result.pop() {
            Ok(Err(StreamError::Panicked(panic))) => self.slot.late.add(panic),
            result => drop(result),
        }
    }
}

impl<R, E> fmt::Debug for Transfer<R, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transfer").field("is_finished", &self.is_finished()).finish()
    }
}

/// The store's side of a [`Transfer`]. If it is dropped without a result, the transfer is gone.
pub(crate) struct Outcome<R, E> {
    slot: Arc<Slot<R, E>>,
}

impl<R, E> Outcome<R, E> {
    /// Returns the two sides of a transfer. `late` is where panics go that nobody hears of.
    pub(crate) fn new(late: &LatePanics) -> (Self, Transfer<R, E>) {
        let slot = Slot {
            result: ConcurrentQueue::bounded(1),
            waker: AtomicWaker::new(),
            late: late.clone(),
        };
        let slot = Arc::new(slot);
        (Self { slot: slot.clone() }, Transfer { slot, is_taken: false })
    }

    /// Returns where panics go that nobody hears of.
    pub(crate) fn late(&self) -> &LatePanics {
        &self.slot.late
    }

    /// Tells the result, unless there is one.
    pub(crate) fn tell(&self, result: Finished<R, E>) {
        if let Err(refused) = self.slot.result.push(result) {
            self.slot.discard(refused.into_inner());
        }
        self.slot.late.guard(|| self.slot.waker.wake());
    }

    /// Drops a result that comes behind another one.
    pub(crate) fn discard(&self, result: Finished<R, E>) {
        self.slot.discard(result);
    }
}

impl<R, E> Drop for Outcome<R, E> {
    fn drop(&mut self) {
        self.slot.result.close();
        self.slot.late.guard(|| self.slot.waker.wake());
    }
}
