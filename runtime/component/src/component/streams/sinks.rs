//! Sinks of the host: a vector, and a closure.

use alloc::vec::Vec;
use core::convert::Infallible;
use core::fmt;
use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context as WakerContext, Poll};

use crate::abi::Lift;
use crate::component::run::serving::{Received, SinkState, StreamSink};

/// Collects values in a vector: the sink of [`Store::collect`](crate::component::Store::collect).
#[derive(Debug)]
pub struct Collect<V> {
    values: Vec<V>,
    limit: usize,
}

/// Returns a sink that collects at most `limit` values in a vector, and then drops the stream.
///
/// A guest may write forever. With this sink, the host limits the memory for the values.
#[must_use]
pub const fn collect_at_most<V>(limit: usize) -> Collect<V> {
    Collect { values: Vec::new(), limit }
}

impl<V> Collect<V> {
    pub(super) const fn all() -> Self {
        Self { values: Vec::new(), limit: usize::MAX }
    }
}

impl<V> Unpin for Collect<V> {}

impl<V: for<'l> Lift<'l> + Send + 'static> StreamSink for Collect<V> {
    type Item = V;
    type Output = Vec<V>;
    type Error = Infallible;

    fn poll_take(
        self: Pin<&mut Self>,
        _: &mut WakerContext<'_>,
        received: &mut Received<'_, V>,
    ) -> Poll<Result<SinkState, Infallible>> {
        let Self { values, limit } = Pin::into_inner(self);
        received.take_into(values, limit.saturating_sub(values.len()));
        let is_full = values.len() >= *limit;
        Poll::Ready(Ok(if is_full { SinkState::Enough } else { SinkState::More }))
    }

    fn has_enough(&self) -> bool {
        self.values.len() >= self.limit
    }

    fn poll_finish(
        mut self: Pin<&mut Self>,
        _: &mut WakerContext<'_>,
    ) -> Poll<Result<Vec<V>, Infallible>> {
        Poll::Ready(Ok(core::mem::take(&mut self.values)))
    }
}

/// The sink that [`for_each`] returns.
pub struct ForEach<F, V>(F, PhantomData<fn(V)>);

/// Returns a sink that calls a function with each value. An error of the function ends the stream.
///
/// ```
/// # #[cfg(all(feature = "std", feature = "wasmi"))] {
/// use weft::component::{Store, streams};
/// use weft::engine::wasmi::Wasmi;
///
/// let mut store = Store::new(&Wasmi::default(), ());
/// // Usually, the stream comes from a guest.
/// let (stream, _) = store.stream_from(vec![1_u32, 2, 3])?;
/// let mut sum = 0;
/// let sink = streams::for_each(move |value: u32| {
///     sum += value;
///     if sum > 5 { Err("too much") } else { Ok(()) }
/// });
/// let printing = store.stream_into(stream, sink)?;
/// let error = store.block_on(printing).unwrap_err();
/// assert_eq!(error.to_string(), "the source or sink failed: too much");
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub const fn for_each<V, R, F>(function: F) -> ForEach<F, V>
where
    F: FnMut(V) -> Result<(), R> + Send + 'static,
    V: for<'l> Lift<'l> + Send + 'static,
    R: Send + 'static,
{
    ForEach(function, PhantomData)
}

impl<F, V> Unpin for ForEach<F, V> {}

impl<F, V, R> StreamSink for ForEach<F, V>
where
    F: FnMut(V) -> Result<(), R> + Send + 'static,
    V: for<'l> Lift<'l> + Send + 'static,
    R: Send + 'static,
{
    type Item = V;
    type Output = ();
    type Error = R;

    fn poll_take(
        self: Pin<&mut Self>,
        _: &mut WakerContext<'_>,
        received: &mut Received<'_, V>,
    ) -> Poll<Result<SinkState, R>> {
        let function = &mut Pin::into_inner(self).0;
        while let Some(value) = received.take() {
            function(value)?;
        }
        Poll::Ready(Ok(SinkState::More))
    }

    fn poll_finish(self: Pin<&mut Self>, _: &mut WakerContext<'_>) -> Poll<Result<(), R>> {
        Poll::Ready(Ok(()))
    }
}

impl<F, V> fmt::Debug for ForEach<F, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ForEach").finish_non_exhaustive()
    }
}

/// The sink for the one value of a future.
pub(super) struct One<V>(pub(super) Option<V>);

impl<V> Unpin for One<V> {}

impl<V: for<'l> Lift<'l> + Send + 'static> StreamSink for One<V> {
    type Item = V;
    type Output = Option<V>;
    type Error = Infallible;

    fn poll_take(
        mut self: Pin<&mut Self>,
        _: &mut WakerContext<'_>,
        received: &mut Received<'_, V>,
    ) -> Poll<Result<SinkState, Infallible>> {
        self.0 = received.take();
        Poll::Ready(Ok(SinkState::Enough))
    }

    fn poll_finish(
        mut self: Pin<&mut Self>,
        _: &mut WakerContext<'_>,
    ) -> Poll<Result<Option<V>, Infallible>> {
        Poll::Ready(Ok(self.0.take()))
    }
}
