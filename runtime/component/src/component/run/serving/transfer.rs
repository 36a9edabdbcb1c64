//! The end of a stream or future that the host serves, as whoever has made it hears of it.

use alloc::sync::Arc;
use core::convert::Infallible;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context as WakerContext, Poll};

use atomic_waker::AtomicWaker;
use concurrent_queue::ConcurrentQueue;
use thiserror::Error;

use crate::component::run::context::Context;
use crate::component::store::call_error::CallError;
use crate::component::store::host_panic::HostPanic;
use crate::engine::{CoreContext as _, CoreEngine};

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
}

/// The result of a transfer.
type Finished<R, E> = Result<R, StreamError<E>>;

/// Where the result of a transfer is until somebody takes it.
struct Slot<R, E> {
    result: ConcurrentQueue<Finished<R, E>>,
    waker: AtomicWaker,
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

    fn poll(self: Pin<&mut Self>, context: &mut WakerContext<'_>) -> Poll<Self::Output> {
        if let Ok(result) = self.slot.result.pop() {
            return Poll::Ready(result);
        }
        self.slot.waker.register(context.waker());
        match self.slot.result.pop() {
            Ok(result) => Poll::Ready(result),
            Err(error) if error.is_closed() => Poll::Ready(Err(StreamError::Gone)),
            Err(_) => Poll::Pending,
        }
    }
}

impl<R, E> Drop for Transfer<R, E> {
    fn drop(&mut self) {
        self.slot.result.close();
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
    /// Returns the two sides of a transfer.
    pub(crate) fn new() -> (Self, Transfer<R, E>) {
        let slot = Slot { result: ConcurrentQueue::bounded(1), waker: AtomicWaker::new() };
        let slot = Arc::new(slot);
        (Self { slot: slot.clone() }, Transfer { slot })
    }

    /// Tells the result. A panic that nobody wants to know of is kept by the store.
    pub(crate) fn tell_in<C: CoreEngine, T: 'static>(
        &self,
        cx: &mut Context<'_, C, T>,
        result: Finished<R, E>,
    ) {
        if let Some(Err(StreamError::Panicked(panic))) = self.tell(result) {
            cx.data_mut().add_background_trap(CallError::Panicked(panic));
        }
    }

    /// Tells the result, unless there is one. Returns it if nobody wants to know.
    pub(crate) fn tell(&self, result: Finished<R, E>) -> Option<Finished<R, E>> {
        let refused = self.slot.result.push(result).err();
        self.slot.waker.wake();
        refused
            .filter(concurrent_queue::PushError::is_closed)
            .map(concurrent_queue::PushError::into_inner)
    }
}

impl<R, E> Drop for Outcome<R, E> {
    fn drop(&mut self) {
        self.slot.result.close();
        self.slot.waker.wake();
    }
}
