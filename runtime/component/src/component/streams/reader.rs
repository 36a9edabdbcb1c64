//! Readers of streams: another task or thread reads the values that a guest writes.
//!
//! A reader and its sink share two places for vectors: one for an empty vector, and one for a
//! vector that comes back with values. The values are copied from the guest's memory directly into
//! the reader's own vector.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::convert::Infallible;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context as WakerContext, Poll, Waker, ready};

use atomic_waker::AtomicWaker;
use concurrent_queue::{ConcurrentQueue, PopError, PushError};
use futures_core::Stream;

use crate::abi::Lift;
use crate::component::run::serving::beginning::Taken;
use crate::component::run::serving::{Received, SinkState, StreamError, StreamSink, Transfer};
use crate::component::store::call_error::CallError;

/// The number of values that are read at a time, if the caller sets none.
const USUAL_COUNT: usize = 1024;

/// A vector to which values are appended.
struct Request<V> {
    values: Vec<V>,
    max: usize,
}

struct Shared<V> {
    empty: ConcurrentQueue<Request<V>>,
    back: ConcurrentQueue<Vec<V>>,
    reader: AtomicWaker,
}

/// A reader of a stream that a guest writes:
/// [`Store::stream_reader`](crate::component::Store::stream_reader) makes it.
///
/// Values arrive while the store is driven. The guest goes on when they are read, so that it is
/// never ahead of the reader. When the reader is dropped, the guest learns that the stream was
/// dropped.
///
/// It is a [`Stream`] of values. A reader of bytes implements `AsyncRead` of the crates
/// `futures-io` and `tokio`, with the features of these names.
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
/// let count = store.typed_function::<(u32,), StreamHandle<u8>>(&instance, "count")?;
///
/// let stream = store.call(&count, (5,))?;
/// let mut reader = store.stream_reader(stream)?;
/// let (first, rest) = store.block_on(async {
///     let first = reader.next().await?;
///     Ok::<_, weft::component::streams::StreamError>((first, reader.read_to_end().await?))
/// })?;
/// assert_eq!((first, rest.as_slice()), (Some(0), &[1, 2, 3, 4][..]));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct StreamReader<V> {
    shared: Arc<Shared<V>>,
    store: Waker,
    /// The values that were read, and not yet asked for.
    ready: VecDeque<V>,
    /// `true` while a vector is under way.
    is_filling: bool,
    /// `true` after the end of the stream was reported.
    is_ended: bool,
    transfer: Transfer<(), Infallible>,
}

/// The sink that feeds a reader.
pub(super) struct Reading<V> {
    shared: Arc<Shared<V>>,
}

impl<V: for<'l> Lift<'l> + Send + 'static> StreamReader<V> {
    /// Makes a reader of a stream, which `serve` begins to serve.
    pub(super) fn begin(
        serve: impl FnOnce(Reading<V>) -> Result<Taken<Reading<V>>, CallError>,
    ) -> Result<Self, CallError> {
        let shared = Arc::new(Shared {
            empty: ConcurrentQueue::bounded(1),
            back: ConcurrentQueue::bounded(1),
            reader: AtomicWaker::new(),
        });
        let Taken { transfer, waker } = serve(Reading { shared: shared.clone() })?;
        Ok(Self {
            shared,
            store: waker,
            ready: VecDeque::new(),
            is_filling: false,
            is_ended: false,
            transfer,
        })
    }
}

impl<V: Send + 'static> StreamReader<V> {
    /// Reads values, and appends them to `buffer`: at most as many as fit into its
    /// [capacity](Vec::capacity), or 1,024 if it is full. Returns their number, which is 0 at the
    /// end of the stream.
    ///
    /// Values are copied directly from the guest's memory. If the future is dropped, `buffer` has
    /// the values that were read.
    ///
    /// # Errors
    ///
    /// [`StreamError`] if the stream has ended too early.
    pub fn read<'a>(
        &'a mut self,
        buffer: &'a mut Vec<V>,
    ) -> impl Future<Output = Result<usize, StreamError>> + Send + 'a {
        Read { reader: self, length: buffer.len(), buffer, is_begun: false }
    }

    /// Reads the next value. Returns `None` at the end of the stream. Several values are read at a
    /// time and kept.
    ///
    /// # Errors
    ///
    /// [`StreamError`] if the stream has ended too early.
    pub async fn next(&mut self) -> Result<Option<V>, StreamError> {
        core::future::poll_fn(|context| self.poll_value(context)).await
    }

    /// Reads all remaining values.
    ///
    /// # Errors
    ///
    /// [`StreamError`] if the stream has ended too early.
    pub async fn read_to_end(&mut self) -> Result<Vec<V>, StreamError> {
        let mut all = Vec::new();
        while self.read(&mut all).await? > 0 {}
        Ok(all)
    }

    fn poll_value(
        &mut self,
        context: &mut WakerContext<'_>,
    ) -> Poll<Result<Option<V>, StreamError>> {
        ready!(self.poll_ready(context))?;
        Poll::Ready(Ok(self.ready.pop_front()))
    }

    /// Waits until values are ready, or the stream has ended.
    fn poll_ready(&mut self, context: &mut WakerContext<'_>) -> Poll<Result<(), StreamError>> {
        if !self.ready.is_empty() {
            return Poll::Ready(Ok(()));
        }
        if !self.is_filling {
            let values = core::mem::take(&mut self.ready).into();
            if self.begin_read(Request { values, max: USUAL_COUNT }).is_err() {
                return self.poll_end(context);
            }
        }
        let back = ready!(self.shared.poll_back(context));
        self.is_filling = false;
        match back {
            Ok(values) => {
                self.ready = values.into();
                Poll::Ready(Ok(()))
            }
            Err(_) => self.poll_end(context),
        }
    }

    /// Begins a read. Returns the vector if the stream has ended.
    fn begin_read(&mut self, request: Request<V>) -> Result<(), Vec<V>> {
        match self.shared.empty.push(request) {
            Ok(()) => {
                self.is_filling = true;
                self.store.wake_by_ref();
                Ok(())
            }
            Err(PushError::Closed(request) | PushError::Full(request)) => Err(request.values),
        }
    }

    /// Waits until the outcome of the stream is known.
    fn poll_end(&mut self, context: &mut WakerContext<'_>) -> Poll<Result<(), StreamError>> {
        if self.is_ended {
            return Poll::Ready(Ok(()));
        }
        let ended = ready!(Pin::new(&mut self.transfer).poll(context));
        self.is_ended = true;
        Poll::Ready(ended)
    }
}

#[cfg(any(feature = "futures-io", feature = "tokio"))]
impl StreamReader<u8> {
    /// Copies bytes that were read into a slice. Returns their number.
    pub(super) fn poll_copy(
        &mut self,
        context: &mut WakerContext<'_>,
        into: &mut [u8],
    ) -> Poll<Result<usize, StreamError>> {
        if into.is_empty() {
            return Poll::Ready(Ok(0));
        }
        ready!(self.poll_ready(context))?;
        let (first, _) = self.ready.as_slices();
        let count = first.len().min(into.len());
        if let (Some(into), Some(first)) = (into.get_mut(..count), first.get(..count)) {
            into.copy_from_slice(first);
        }
        self.ready.drain(..count);
        Poll::Ready(Ok(count))
    }
}

impl<V: Send + 'static> Stream for StreamReader<V> {
    type Item = Result<V, StreamError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut WakerContext<'_>) -> Poll<Option<Self::Item>> {
        self.get_mut().poll_value(context).map(Result::transpose)
    }
}

impl<V> Unpin for StreamReader<V> {}

impl<V> Drop for StreamReader<V> {
    fn drop(&mut self) {
        self.shared.empty.close();
        self.store.wake_by_ref();
    }
}

impl<V> Shared<V> {
    /// Waits until a vector comes back, or the stream no longer fills it.
    fn poll_back(&self, context: &mut WakerContext<'_>) -> Poll<Result<Vec<V>, Option<Vec<V>>>> {
        for is_registered in [false, true] {
            match self.back.pop() {
                Ok(values) => return Poll::Ready(Ok(values)),
                Err(PopError::Closed) => {
                    let left = self.empty.pop().ok();
                    return Poll::Ready(Err(left.map(|request| request.values)));
                }
                Err(PopError::Empty) if is_registered => {}
                Err(PopError::Empty) => self.reader.register(context.waker()),
            }
        }
        Poll::Pending
    }

    /// Takes a vector back, wherever it is. If another thread is filling it, waits until that is
    /// done, which takes no longer than copying the values.
    fn take_back(&self) -> Option<Vec<V>> {
        loop {
            if let Ok(request) = self.empty.pop() {
                return Some(request.values);
            }
            match self.back.pop() {
                Ok(values) => return Some(values),
                Err(PopError::Closed) => return self.empty.pop().ok().map(|it| it.values),
                Err(PopError::Empty) => core::hint::spin_loop(),
            }
        }
    }
}

/// Reads values into a vector.
struct Read<'a, V: Send + 'static> {
    reader: &'a mut StreamReader<V>,
    buffer: &'a mut Vec<V>,
    length: usize,
    is_begun: bool,
}

impl<V: Send + 'static> Future for Read<'_, V> {
    type Output = Result<usize, StreamError>;

    fn poll(self: Pin<&mut Self>, context: &mut WakerContext<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let Self { reader, buffer, length, is_begun } = this;
        if !*is_begun {
            let spare = buffer.capacity() - buffer.len();
            let max = if spare > 0 { spare } else { USUAL_COUNT };
            if reader.is_filling || !reader.ready.is_empty() {
                // Values that were read ahead, for callers who read one value at a time.
                ready!(reader.poll_ready(context))?;
                let count = reader.ready.len().min(max);
                buffer.extend(reader.ready.drain(..count));
                return Poll::Ready(Ok(count));
            }
            let values = core::mem::take(*buffer);
            if let Err(values) = reader.begin_read(Request { values, max }) {
                **buffer = values;
                ready!(reader.poll_end(context))?;
                return Poll::Ready(Ok(0));
            }
            *is_begun = true;
        }
        let back = ready!(reader.shared.poll_back(context));
        (*is_begun, reader.is_filling) = (false, false);
        match back {
            Ok(values) => {
                **buffer = values;
                Poll::Ready(Ok(buffer.len().saturating_sub(*length)))
            }
            Err(values) => {
                if let Some(values) = values {
                    **buffer = values;
                }
                ready!(reader.poll_end(context))?;
                Poll::Ready(Ok(0))
            }
        }
    }
}

impl<V: Send + 'static> Drop for Read<'_, V> {
    fn drop(&mut self) {
        if self.is_begun {
            self.reader.is_filling = false;
            if let Some(values) = self.reader.shared.take_back() {
                *self.buffer = values;
            }
        }
    }
}

/// A vector while the store fills it. It comes back in any case, even after a panic.
struct Lent<'a, V> {
    shared: &'a Shared<V>,
    values: Option<Vec<V>>,
}

impl<V> Drop for Lent<'_, V> {
    fn drop(&mut self) {
        if let Some(values) = self.values.take() {
            // If the place is closed, the reader was dropped.
            drop(self.shared.back.push(values));
            self.shared.reader.wake();
        }
    }
}

impl<V: for<'l> Lift<'l> + Send + 'static> StreamSink for Reading<V> {
    type Item = V;
    type Output = ();
    type Error = Infallible;

    fn poll_take(
        self: Pin<&mut Self>,
        _: &mut WakerContext<'_>,
        received: &mut Received<'_, V>,
    ) -> Poll<Result<SinkState, Infallible>> {
        match self.shared.empty.pop() {
            // The reader wakes the store when there is a vector.
            Err(PopError::Empty) => Poll::Pending,
            Err(PopError::Closed) => Poll::Ready(Ok(SinkState::Enough)),
            Ok(Request { values, max }) => {
                let mut lent = Lent { shared: &self.shared, values: Some(values) };
                if let Some(values) = &mut lent.values {
                    received.take_into(values, max);
                }
                Poll::Ready(Ok(SinkState::More))
            }
        }
    }

    fn has_enough(&self) -> bool {
        self.shared.empty.is_closed() && self.shared.empty.is_empty()
    }

    fn poll_finish(self: Pin<&mut Self>, _: &mut WakerContext<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }
}

impl<V> Drop for Reading<V> {
    fn drop(&mut self) {
        self.shared.empty.close();
        self.shared.back.close();
        self.shared.reader.wake();
    }
}

impl<V> fmt::Debug for StreamReader<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamReader").finish_non_exhaustive()
    }
}
