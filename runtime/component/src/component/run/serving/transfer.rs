//! The outcome of a stream or future that the host serves.

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
    /// The source or the sink panicked. This has the value of the panic.
    #[error("the source or sink panicked: {0}")]
    Panicked(HostPanic),
    /// The guest dropped its end too early: of a stream, before the source had ended; of a future,
    /// before there was a value.
    #[error("the other end was dropped")]
    Dropped,
    /// A value could not be moved, or the guest has trapped.
    #[error(transparent)]
    Call(CallError),
    /// The store was dropped, or the end was taken from the source or sink.
    #[error("the store was dropped")]
    Gone,
    /// The result was taken already: the transfer was polled after it was ready.
    #[error("the result of the transfer was taken already")]
    Taken,
}

/// The result of a transfer.
type Finished<R, E> = Result<R, StreamError<E>>;

/// The place of the result of a transfer until it is taken.
struct Slot<R, E> {
    result: ConcurrentQueue<Finished<R, E>>,
    waker: AtomicWaker,
    /// The place for panics that nobody gets.
    late: LatePanics,
}

impl<R, E> Slot<R, E> {
    /// Drops a result that nobody takes. A panic continues where the store is driven.
    fn discard(&self, result: Finished<R, E>) {
        match result {
            Err(StreamError::Panicked(panic)) => self.late.add(panic),
            result => self.late.guard(|| drop(result)),
        }
    }
}

/// A future for a stream or future that the host serves. It is ready when the source has ended, or
/// the sink has got all values.
///
/// The stream goes on while anything drives the store, even if the transfer is dropped. To drive
/// the store until the transfer is ready, use [`Store::drive`](crate::component::Store::drive) or
/// `Store::block_on`.
///
/// For a source, `R` is `()`: the guest has taken all values. For a sink, it is the sink's
/// [output](super::StreamSink::Output).
#[must_use = "its end, with the error, is told to nobody else; drop it if that doesn't matter"]
pub struct Transfer<R, E = Infallible> {
    slot: Arc<Slot<R, E>>,
    /// `true` after the result was taken.
    is_taken: bool,
}

impl<R, E> Transfer<R, E> {
    /// Returns `true` if the result is there.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        !self.slot.result.is_empty()
    }

    /// Returns the result when it is there, as awaiting the transfer itself does.
    ///
    /// # Errors
    ///
    /// [`StreamError`] if it has ended too early.
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
        // Waker and result belong to this side, and not to the store.
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

/// The store's side of a [`Transfer`]. If it is dropped without a result, the transfer fails with
/// [`StreamError::Gone`].
pub(crate) struct Outcome<R, E> {
    slot: Arc<Slot<R, E>>,
}

impl<R, E> Outcome<R, E> {
    /// Returns the two sides of a transfer. `late` is the place for panics that nobody gets.
    pub(crate) fn new(late: &LatePanics) -> (Self, Transfer<R, E>) {
        let slot = Slot {
            result: ConcurrentQueue::bounded(1),
            waker: AtomicWaker::new(),
            late: late.clone(),
        };
        let slot = Arc::new(slot);
        (Self { slot: slot.clone() }, Transfer { slot, is_taken: false })
    }

    /// Returns the place for panics that nobody gets.
    pub(crate) fn late(&self) -> &LatePanics {
        &self.slot.late
    }

    /// Sets the result, unless there is one.
    pub(crate) fn tell(&self, result: Finished<R, E>) {
        if let Err(refused) = self.slot.result.push(result) {
            self.slot.discard(refused.into_inner());
        }
        self.slot.late.guard(|| self.slot.waker.wake());
    }

    /// Drops a result that comes after another one.
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
