//! Writers of streams: another task or thread writes the values that a guest reads.
//!
//! A writer and its source share two places for batches of values: one for a full batch, and one
//! for the batch that comes back. The values are moved from the writer's own vector into the
//! guest's memory, and the vector comes back.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::convert::Infallible;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context as WakerContext, Poll, Waker};

use atomic_waker::AtomicWaker;
use concurrent_queue::{ConcurrentQueue, PopError, PushError};
use thiserror::Error;

use crate::abi::Lower;
use crate::component::run::serving::beginning::Given;
use crate::component::run::serving::{Destination, SourceState, StreamSource};
use crate::component::store::call_error::CallError;
use crate::handle::StreamHandle;

/// The error of a write to a stream that the guest has dropped, or whose store is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the stream was dropped by its reader")]
pub struct StreamClosed;

#[cfg(feature = "std")]
impl From<StreamClosed> for std::io::Error {
    fn from(closed: StreamClosed) -> Self {
        Self::new(std::io::ErrorKind::BrokenPipe, closed)
    }
}

/// A vector of values to write.
struct Batch<V> {
    values: VecDeque<V>,
    /// `true` if it comes back only after all of it was taken.
    is_whole: bool,
}

struct Shared<V> {
    full: ConcurrentQueue<Batch<V>>,
    back: ConcurrentQueue<Batch<V>>,
    writer: AtomicWaker,
}

/// A writer of a stream that a guest reads:
/// [`Store::stream_writer`](crate::component::Store::stream_writer) makes it.
///
/// Values move to the guest while the store is driven. A write ends when the guest has taken
/// values, so that the writer is never ahead of the guest. When the writer is dropped, the stream
/// ends.
///
/// ```
/// # #[cfg(all(feature = "std", feature = "wasmi"))] {
/// use weft::component::{Component, Linker, Store};
/// use weft::engine::wasmi::Wasmi;
/// use weft::handle::StreamHandle;
///
/// # let component = wat::parse_str(weft::component::streams::EXAMPLE)?;
/// let engine = Wasmi::default();
/// let component = Component::new(&engine, &component)?;
/// let mut store = Store::new(&engine, ());
/// let instance = store.instantiate(&component, &Linker::new())?;
/// let sum = store.typed_function::<(StreamHandle<u8>,), u32>(&instance, "sum")?;
///
/// let (stream, mut writer) = store.stream_writer::<u8>()?;
/// let writing = std::thread::spawn(move || {
///     # fn block_on<F: Future>(future: F) -> F::Output {
///     #     let mut future = std::pin::pin!(future);
///     #     let mut context = std::task::Context::from_waker(std::task::Waker::noop());
///     #     loop {
///     #         if let std::task::Poll::Ready(value) = future.as_mut().poll(&mut context) {
///     #             return value;
///     #         }
///     #         std::thread::yield_now();
///     #     }
///     # }
///     block_on(async {
///         for part in [[1, 2], [3, 4]] {
///             writer.write_all(&mut part.to_vec()).await?;
///         }
///         Ok::<(), weft::component::streams::StreamClosed>(())
///     })
/// });
/// assert_eq!(store.call(&sum, (stream,))?, 10);
/// writing.join().unwrap()?;
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct StreamWriter<V> {
    shared: Arc<Shared<V>>,
    store: Waker,
    /// The vector from which single values are written.
    one: Vec<V>,
    /// `true` while a batch is under way.
    is_flushing: bool,
}

/// The source that a writer feeds.
pub(super) struct Written<V> {
    shared: Arc<Shared<V>>,
}

impl<V: Lower + Send + 'static> StreamWriter<V> {
    /// Makes a writer of a stream, which `serve` begins to serve.
    pub(super) fn begin(
        serve: impl FnOnce(Written<V>) -> Result<Given<Written<V>>, CallError>,
    ) -> Result<(StreamHandle<V>, Self), CallError> {
        let shared = Arc::new(Shared {
            full: ConcurrentQueue::bounded(1),
            back: ConcurrentQueue::bounded(1),
            writer: AtomicWaker::new(),
        });
        let Given { readable, waker, .. } = serve(Written { shared: shared.clone() })?;
        let writer = Self { shared, store: waker, one: Vec::new(), is_flushing: false };
        Ok((readable.into(), writer))
    }
}

impl<V: Send + 'static> StreamWriter<V> {
    /// Writes values until the guest has taken at least one. Values that it has taken are removed
    /// from `values`. Returns their number, which is 0 if there was nothing to write.
    ///
    /// If the future is dropped, `values` has the values that the guest has not taken.
    ///
    /// # Errors
    ///
    /// [`StreamClosed`] if the guest drops the stream.
    pub fn write<'a>(
        &'a mut self,
        values: &'a mut Vec<V>,
    ) -> impl Future<Output = Result<usize, StreamClosed>> + Send + 'a {
        Write::new(self, values, false)
    }

    /// Writes values until the guest has taken all. Afterwards `values` is empty and keeps its
    /// capacity.
    ///
    /// If the future is dropped, `values` has the values that the guest has not taken.
    ///
    /// # Errors
    ///
    /// [`StreamClosed`] if the guest drops the stream; `values` has the values that it has not
    /// taken.
    pub async fn write_all(&mut self, values: &mut Vec<V>) -> Result<(), StreamClosed> {
        Write::new(self, values, true).await.map(|_| ())
    }

    /// Writes one value, and returns after the guest has taken it.
    ///
    /// # Errors
    ///
    /// [`StreamClosed`] if the guest drops the stream.
    pub async fn send(&mut self, value: V) -> Result<(), StreamClosed> {
        let mut one = core::mem::take(&mut self.one);
        one.clear();
        one.push(value);
        let sent = self.write_all(&mut one).await;
        self.one = one;
        sent
    }

    /// Returns `true` if the guest has dropped the stream.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.shared.full.is_closed()
    }

    /// Waits until the guest has taken the batch that [`poll_start`](Self::poll_start) has begun.
    pub(super) fn poll_flushed(
        &mut self,
        context: &mut WakerContext<'_>,
    ) -> Poll<Result<(), StreamClosed>> {
        if !self.is_flushing {
            return Poll::Ready(Ok(()));
        }
        let came_back = core::task::ready!(self.shared.poll_back(context));
        self.is_flushing = false;
        Poll::Ready(match came_back {
            Ok(batch) => {
                self.one = batch.values.into();
                Ok(())
            }
            Err(_) => Err(StreamClosed),
        })
    }
}

#[cfg(any(feature = "futures-io", feature = "tokio"))]
impl StreamWriter<u8> {
    /// The largest number of bytes that are copied at a time from a slice.
    const MAX_COPIED: usize = 1 << 16;

    /// Begins to write a copy of the first bytes. Returns their number.
    pub(super) fn poll_copy(
        &mut self,
        context: &mut WakerContext<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, StreamClosed>> {
        core::task::ready!(self.poll_flushed(context))?;
        let bytes = bytes.get(..Self::MAX_COPIED).unwrap_or(bytes);
        if bytes.is_empty() {
            return Poll::Ready(Ok(0));
        }
        let mut copied = core::mem::take(&mut self.one);
        copied.clear();
        copied.extend_from_slice(bytes);
        let batch = Batch { values: copied.into(), is_whole: true };
        self.shared.full.push(batch).map_err(|_| StreamClosed)?;
        self.is_flushing = true;
        self.store.wake_by_ref();
        Poll::Ready(Ok(bytes.len()))
    }

    /// Finishes the stream after all bytes were taken.
    #[cfg(any(feature = "tokio", feature = "futures-io"))]
    pub(super) fn poll_closed(
        &mut self,
        context: &mut WakerContext<'_>,
    ) -> Poll<Result<(), StreamClosed>> {
        core::task::ready!(self.poll_flushed(context))?;
        self.close();
        Poll::Ready(Ok(()))
    }
}

impl<V> StreamWriter<V> {
    /// Finishes the stream.
    fn close(&self) {
        self.shared.full.close();
        self.store.wake_by_ref();
    }
}

impl<V> Drop for StreamWriter<V> {
    fn drop(&mut self) {
        self.close();
    }
}

impl<V> Shared<V> {
    /// Waits until a batch comes back, or the stream no longer takes it.
    fn poll_back(
        &self,
        context: &mut WakerContext<'_>,
    ) -> Poll<Result<Batch<V>, Option<Batch<V>>>> {
        for is_registered in [false, true] {
            match self.back.pop() {
                Ok(batch) => return Poll::Ready(Ok(batch)),
                Err(PopError::Closed) => return Poll::Ready(Err(self.full.pop().ok())),
                Err(PopError::Empty) if is_registered => {}
                Err(PopError::Empty) => self.writer.register(context.waker()),
            }
        }
        Poll::Pending
    }

    /// Takes a batch back, wherever it is. If another thread is reading from it, waits until that
    /// is done, which takes no longer than copying it.
    fn take_back(&self) -> Option<Batch<V>> {
        loop {
            if let Ok(batch) = self.full.pop() {
                return Some(batch);
            }
            match self.back.pop() {
                Ok(batch) => return Some(batch),
                Err(PopError::Closed) => return self.full.pop().ok(),
                Err(PopError::Empty) => core::hint::spin_loop(),
            }
        }
    }
}

/// Writes the values of a vector.
struct Write<'a, V: Send + 'static> {
    writer: &'a mut StreamWriter<V>,
    values: &'a mut Vec<V>,
    length: usize,
    is_whole: bool,
    is_begun: bool,
}

impl<'a, V: Send + 'static> Write<'a, V> {
    fn new(writer: &'a mut StreamWriter<V>, values: &'a mut Vec<V>, is_whole: bool) -> Self {
        let length = values.len();
        Self { writer, values, length, is_whole, is_begun: false }
    }

    /// Puts back the values that were not taken.
    fn put_back(&mut self, batch: Option<Batch<V>>) -> usize {
        (self.is_begun, self.writer.is_flushing) = (false, false);
        if let Some(batch) = batch {
            *self.values = batch.values.into();
        }
        self.length.saturating_sub(self.values.len())
    }
}

impl<V: Send + 'static> Future for Write<'_, V> {
    type Output = Result<usize, StreamClosed>;

    fn poll(self: Pin<&mut Self>, context: &mut WakerContext<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        if !this.is_begun {
            core::task::ready!(this.writer.poll_flushed(context))?;
            if this.values.is_empty() {
                return Poll::Ready(Ok(0));
            }
            let values = core::mem::take(this.values).into();
            let batch = Batch { values, is_whole: this.is_whole };
            match this.writer.shared.full.push(batch) {
                Ok(()) => {}
                Err(PushError::Closed(batch) | PushError::Full(batch)) => {
                    this.put_back(Some(batch));
                    return Poll::Ready(Err(StreamClosed));
                }
            }
            (this.is_begun, this.writer.is_flushing) = (true, true);
            this.writer.store.wake_by_ref();
        }
        match core::task::ready!(this.writer.shared.poll_back(context)) {
            Ok(batch) => Poll::Ready(Ok(this.put_back(Some(batch)))),
            Err(batch) => {
                this.put_back(batch);
                Poll::Ready(Err(StreamClosed))
            }
        }
    }
}

impl<V: Send + 'static> Drop for Write<'_, V> {
    fn drop(&mut self) {
        if self.is_begun {
            let batch = self.writer.shared.take_back();
            self.put_back(batch);
        }
    }
}

/// A batch while the store reads from it. It comes back in any case, even after a panic.
struct Lent<'a, V> {
    shared: &'a Shared<V>,
    batch: Option<Batch<V>>,
}

impl<V> Drop for Lent<'_, V> {
    fn drop(&mut self) {
        let Some(batch) = self.batch.take() else { return };
        let goes_on = batch.is_whole && !batch.values.is_empty();
        let place = if goes_on { &self.shared.full } else { &self.shared.back };
        if let Err(PushError::Closed(batch)) = place.push(batch) {
            // The writer was dropped, and nobody else reads the batch.
            drop(batch);
        }
        if !goes_on {
            self.shared.writer.wake();
        }
    }
}

impl<V: Lower + Send + 'static> StreamSource for Written<V> {
    type Item = V;
    type Error = Infallible;

    fn poll_fill(
        self: Pin<&mut Self>,
        _: &mut WakerContext<'_>,
        destination: &mut Destination<'_, V>,
    ) -> Poll<Result<SourceState, Infallible>> {
        match self.shared.full.pop() {
            // The writer wakes the store when there is a batch.
            Err(PopError::Empty) => Poll::Pending,
            Err(PopError::Closed) => Poll::Ready(Ok(SourceState::Ended)),
            Ok(batch) => {
                let mut lent = Lent { shared: &self.shared, batch: Some(batch) };
                if let Some(batch) = &mut lent.batch {
                    destination.move_from(&mut batch.values);
                }
                Poll::Ready(Ok(SourceState::More))
            }
        }
    }

    fn is_ended(&self) -> bool {
        self.shared.full.is_closed() && self.shared.full.is_empty()
    }
}

impl<V> Drop for Written<V> {
    fn drop(&mut self) {
        self.shared.full.close();
        self.shared.back.close();
        self.shared.writer.wake();
    }
}

impl<V> fmt::Debug for StreamWriter<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_closed = self.shared.full.is_closed();
        f.debug_struct("StreamWriter").field("is_closed", &is_closed).finish_non_exhaustive()
    }
}
