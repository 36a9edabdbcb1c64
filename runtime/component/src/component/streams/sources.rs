//! Sources from values of the host: vectors, iterators, bytes, Rust streams and futures.

use alloc::boxed::Box;
use alloc::collections::VecDeque;
use alloc::vec::Vec;
use core::convert::Infallible;
use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context as WakerContext, Poll, ready};

use futures_core::Stream;

use crate::abi::Lower;
use crate::component::run::serving::{Destination, SourceState, StreamSource};

/// A value from which a stream for a guest can be made.
///
/// Each [`StreamSource`] is one. Vectors, boxed slices, arrays and static slices are, too: their
/// values are those of the stream.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be given to a guest as a stream",
    note = "for an iterator, write `streams::iter(values)`; for a Rust stream, `streams::stream(values)`"
)]
pub trait IntoStreamSource {
    /// The source that is made from it.
    type Source: StreamSource;

    /// Converts it into a source.
    fn into_source(self) -> Self::Source;
}

impl<S: StreamSource> IntoStreamSource for S {
    type Source = S;

    fn into_source(self) -> S {
        self
    }
}

/// The values of a vector, as a source. Numbers are copied as one block for each read.
#[derive(Debug)]
pub struct Values<V>(VecDeque<V>);

impl<V: Lower + Send + 'static> StreamSource for Values<V> {
    type Item = V;
    type Error = Infallible;

    fn poll_fill(
        self: Pin<&mut Self>,
        _: &mut WakerContext<'_>,
        destination: &mut Destination<'_, V>,
    ) -> Poll<Result<SourceState, Infallible>> {
        let values = &mut Pin::into_inner(self).0;
        destination.move_from(values);
        Poll::Ready(Ok(if values.is_empty() { SourceState::Ended } else { SourceState::More }))
    }

    fn is_ended(&self) -> bool {
        self.0.is_empty()
    }
}

impl<V> Unpin for Values<V> {}

/// Implements the conversion for types that become a vector, and then a source.
macro_rules! into_values {
    ($([$($parameters:tt)*] $ty:ty: |$values:ident| $vec:expr;)*) => {$(
        impl<V: Lower + Send + 'static, $($parameters)*> IntoStreamSource for $ty {
            type Source = Values<V>;

            fn into_source(self) -> Values<V> {
                let $values = self;
                Values(VecDeque::from($vec))
            }
        }
    )*};
}

into_values! {
    [] Vec<V>: |values| values;
    [] Box<[V]>: |values| Vec::from(values);
    [const N: usize] [V; N]: |values| Vec::from(values);
}

/// The values of a slice, as a source, without a copy of the slice.
#[derive(Debug)]
pub struct StaticValues<V: 'static>(&'static [V]);

impl<V: Lower + Clone + Send + Sync + 'static> StreamSource for StaticValues<V> {
    type Item = V;
    type Error = Infallible;

    fn poll_fill(
        mut self: Pin<&mut Self>,
        _: &mut WakerContext<'_>,
        destination: &mut Destination<'_, V>,
    ) -> Poll<Result<SourceState, Infallible>> {
        let count = destination.copy_from(self.0);
        self.0 = self.0.get(count..).unwrap_or_default();
        Poll::Ready(Ok(if self.0.is_empty() { SourceState::Ended } else { SourceState::More }))
    }

    fn is_ended(&self) -> bool {
        self.0.is_empty()
    }
}

impl<V: Lower + Clone + Send + Sync + 'static> IntoStreamSource for &'static [V] {
    type Source = StaticValues<V>;

    fn into_source(self) -> StaticValues<V> {
        StaticValues(self)
    }
}

/// The source that [`bytes`] returns.
pub struct SharedBytes<B> {
    bytes: B,
    position: usize,
}

/// Returns a source of owned or shared bytes: `Vec<u8>`, `Arc<[u8]>`, `String`, `&'static [u8]`,
/// and the types of other crates that are `AsRef<[u8]>`.
///
/// ```
/// # #[cfg(feature = "wasmi")] {
/// use std::sync::Arc;
/// use weft::component::{Store, streams};
/// use weft::engine::wasmi::Wasmi;
///
/// let mut store = Store::new(&Wasmi::default(), ());
/// let shared: Arc<[u8]> = Arc::from(*b"for many guests");
/// let (first, _) = store.stream_from(streams::bytes(shared.clone()))?;
/// let (second, _) = store.stream_from(streams::bytes(shared))?;
/// # let _ = (first, second);
/// # }
/// # Ok::<(), weft::component::CallError>(())
/// ```
pub const fn bytes<B: AsRef<[u8]> + Send + 'static>(bytes: B) -> SharedBytes<B> {
    SharedBytes { bytes, position: 0 }
}

impl<B: AsRef<[u8]>> SharedBytes<B> {
    fn left(&self) -> &[u8] {
        self.bytes.as_ref().get(self.position..).unwrap_or_default()
    }
}

impl<B> Unpin for SharedBytes<B> {}

impl<B: AsRef<[u8]> + Send + 'static> StreamSource for SharedBytes<B> {
    type Item = u8;
    type Error = Infallible;

    fn poll_fill(
        self: Pin<&mut Self>,
        _: &mut WakerContext<'_>,
        destination: &mut Destination<'_, u8>,
    ) -> Poll<Result<SourceState, Infallible>> {
        let this = Pin::into_inner(self);
        let count = destination.copy_from(this.left());
        this.position += count;
        let is_ended = this.left().is_empty();
        Poll::Ready(Ok(if is_ended { SourceState::Ended } else { SourceState::More }))
    }

    fn is_ended(&self) -> bool {
        self.left().is_empty()
    }
}

impl<B> fmt::Debug for SharedBytes<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedBytes").field("position", &self.position).finish_non_exhaustive()
    }
}

/// The source that [`iter`] returns.
#[derive(Debug)]
pub struct Iter<I>(I);

/// Returns a source of the values of an iterator. The iterator is asked for a value when the guest
/// reads, so that it may be endless.
///
/// ```
/// # #[cfg(feature = "wasmi")] {
/// use weft::component::{Store, streams};
/// use weft::engine::wasmi::Wasmi;
///
/// let mut store = Store::new(&Wasmi::default(), ());
/// let (numbers, _) = store.stream_from(streams::iter(0_u64..))?;
/// # let _ = numbers;
/// # }
/// # Ok::<(), weft::component::CallError>(())
/// ```
pub fn iter<I>(values: I) -> Iter<I::IntoIter>
where
    I: IntoIterator<Item: Lower + Send + 'static, IntoIter: Send + 'static>,
{
    Iter(values.into_iter())
}

impl<I> Unpin for Iter<I> {}

impl<I: Iterator<Item: Lower + Send + 'static> + Send + 'static> StreamSource for Iter<I> {
    type Item = I::Item;
    type Error = Infallible;

    fn poll_fill(
        self: Pin<&mut Self>,
        _: &mut WakerContext<'_>,
        destination: &mut Destination<'_, I::Item>,
    ) -> Poll<Result<SourceState, Infallible>> {
        destination.extend(&mut Pin::into_inner(self).0);
        let is_ended = destination.room() > 0;
        Poll::Ready(Ok(if is_ended { SourceState::Ended } else { SourceState::More }))
    }
}

/// The source that [`stream`] returns.
pub struct FromStream<S>(Pin<Box<S>>);

/// Returns a source of the values of a Rust stream, such as one of the crates `futures`,
/// `async-stream` and `tokio-stream`.
pub fn stream<S>(stream: S) -> FromStream<S>
where
    S: Stream<Item: Lower + Send + 'static> + Send + 'static,
{
    FromStream(Box::pin(stream))
}

impl<S: Stream<Item: Lower + Send + 'static> + Send + 'static> StreamSource for FromStream<S> {
    type Item = S::Item;
    type Error = Infallible;

    fn poll_fill(
        mut self: Pin<&mut Self>,
        context: &mut WakerContext<'_>,
        destination: &mut Destination<'_, S::Item>,
    ) -> Poll<Result<SourceState, Infallible>> {
        fill(self.0.as_mut(), Ok, context, destination)
    }
}

/// Copies values of a Rust stream into `destination`, as long as that has room.
fn fill<S: Stream, V: Lower, R>(
    mut stream: Pin<&mut S>,
    value: impl Fn(S::Item) -> Result<V, R>,
    context: &mut WakerContext<'_>,
    destination: &mut Destination<'_, V>,
) -> Poll<Result<SourceState, R>> {
    while destination.room() > 0 {
        match ready!(stream.as_mut().poll_next(context)) {
            Some(item) => drop(destination.put(value(item)?)),
            None => return Poll::Ready(Ok(SourceState::Ended)),
        }
    }
    Poll::Ready(Ok(SourceState::More))
}

/// The source that [`try_stream`] returns.
pub struct TryFromStream<S>(Pin<Box<S>>);

/// Returns a source of the values of a Rust stream that can fail. The guest's stream ends with the
/// first error, which the [transfer](super::Transfer) returns.
pub fn try_stream<S, V, R>(stream: S) -> TryFromStream<S>
where
    S: Stream<Item = Result<V, R>> + Send + 'static,
    V: Lower + Send + 'static,
    R: Send + 'static,
{
    TryFromStream(Box::pin(stream))
}

impl<S, V, R> StreamSource for TryFromStream<S>
where
    S: Stream<Item = Result<V, R>> + Send + 'static,
    V: Lower + Send + 'static,
    R: Send + 'static,
{
    type Item = V;
    type Error = R;

    fn poll_fill(
        mut self: Pin<&mut Self>,
        context: &mut WakerContext<'_>,
        destination: &mut Destination<'_, V>,
    ) -> Poll<Result<SourceState, R>> {
        fill(self.0.as_mut(), |value| value, context, destination)
    }
}

/// Returns a source for the value of a Rust future.
pub(super) fn value<F: Future>(
    future: F,
) -> TryValue<impl Future<Output = Result<F::Output, Infallible>>> {
    TryValue(Box::pin(async move { Ok(future.await) }))
}

/// A source for the value of a Rust future that can fail.
pub(super) struct TryValue<F>(pub(super) Pin<Box<F>>);

impl<F, V, R> StreamSource for TryValue<F>
where
    F: Future<Output = Result<V, R>> + Send + 'static,
    V: Lower + Send + 'static,
    R: Send + 'static,
{
    type Item = V;
    type Error = R;

    fn poll_fill(
        mut self: Pin<&mut Self>,
        context: &mut WakerContext<'_>,
        destination: &mut Destination<'_, V>,
    ) -> Poll<Result<SourceState, R>> {
        destination.put(ready!(self.0.as_mut().poll(context))?);
        Poll::Ready(Ok(SourceState::Ended))
    }
}

macro_rules! opaque_debug {
    ($($name:ident)*) => {
        $(impl<S> fmt::Debug for $name<S> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        })*
    };
}

opaque_debug! { FromStream TryFromStream }
