//! Streams and futures between the host and guests, as values with a source or a sink.
//!
//! The host makes a stream from a *source*, and moves the values of a guest's stream into a *sink*:
//!
//! ```
//! # #[cfg(all(feature = "std", feature = "wasmi"))] {
//! use weft::component::{Component, Linker, Store, streams};
//! use weft::engine::wasmi::Wasmi;
//! use weft::handle::StreamHandle;
//!
//! # let component = wat::parse_str(weft::component::streams::EXAMPLE)?;
//! let engine = Wasmi::default();
//! let component = Component::new(&engine, &component)?;
//! let mut store = Store::new(&engine, ());
//! let instance = store.instantiate(&component, &Linker::new())?;
//! // `sum` adds up the bytes of a stream. `count` returns a stream of the first numbers.
//! let sum = store.typed_function::<(StreamHandle<u8>,), u32>(&instance, "sum")?;
//! let count = store.typed_function::<(u32,), StreamHandle<u8>>(&instance, "count")?;
//!
//! // A stream of values that the host has.
//! let (bytes, _) = store.stream_from(vec![1_u8, 2, 3])?;
//! assert_eq!(store.call(&sum, (bytes,))?, 6);
//! // A stream of values that are made when the guest reads.
//! let (numbers, _) = store.stream_from(streams::iter((0..100).map(|it| it * 2)))?;
//! assert_eq!(store.call(&sum, (numbers,))?, 9900);
//! // A stream that a guest writes.
//! let stream = store.call(&count, (4,))?;
//! let collecting = store.collect(stream)?;
//! assert_eq!(store.block_on(collecting)?, [0, 1, 2, 3]);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A [`StreamHandle`](crate::handle::StreamHandle) or [`FutureHandle`](crate::handle::FutureHandle) is
//! a value like any other: in an argument, a result, a record or a list, or as an element of another
//! stream. The host can also pass one on without reading it.
//!
//! # To a guest
//!
//! | from | use |
//! |---|---|
//! | a `Vec`, a boxed slice, an array, a static slice | [`Store::stream_from`] |
//! | bytes that are owned or shared: `Arc<[u8]>`, `String`, … | [`Store::stream_from`], [`bytes`] |
//! | an iterator | [`Store::stream_from`], [`iter`] |
//! | a Rust [`Stream`](futures_core::Stream), one that can fail | [`Store::stream_from`], [`stream`], [`try_stream`] |
//! | an `AsyncRead` | [`Store::stream_from`], `from_tokio` or `from_futures_io`, with the features `tokio` and `futures-io` |
//! | another task or thread, step by step | [`Store::stream_writer`] |
//! | a [source](StreamSource) of your own | [`Store::stream_from`] |
//! | a value, for a future | [`Store::future_from`], [`core::future::ready`] |
//! | a Rust future, one that can fail | [`Store::future_from`], [`Store::try_future_from`] |
//!
//! # From a guest
//!
//! | to | use |
//! |---|---|
//! | a `Vec`, of bytes or other values | [`Store::collect`] |
//! | a `Vec` of limited length | [`Store::stream_into`], [`collect_at_most`] |
//! | a function | [`Store::stream_into`], [`for_each`] |
//! | an `AsyncWrite` | [`Store::stream_into`], `to_tokio` or `to_futures_io` |
//! | another task or thread, step by step; a Rust `Stream`; an `AsyncRead` | [`Store::stream_reader`] |
//! | a [sink](StreamSink) of your own | [`Store::stream_into`] |
//! | a Rust future, from a guest's future | [`Store::future_value`] |
//! | another guest | nothing: pass the handle on |
//!
//! A [`Caller`](super::Caller) has all these methods, too, for use in host functions.
//!
//! # When values move
//!
//! Sources and sinks are served while anything drives the store: a call, [`Store::drive`],
//! [`Store::poll`], a wait for a task. A source is asked for values when the guest reads, and a
//! sink gets values when the guest writes. Numbers, and records and tuples of numbers, are copied
//! once, between the guest's memory and the host's. Of other elements, at most 1,024 are kept until
//! the guest has room for them. A Rust future is polled at once, even before the guest reads.
//!
//! If a guest drops its end, the source or sink learns of it before the guest goes on.
//!
//! The methods that begin a stream return a [`Transfer`]: a future that returns the outcome. If the
//! outcome doesn't matter, drop the transfer. The stream goes on without it.
//!
//! # Failures
//!
//! | | the guest | the transfer returns |
//! |---|---|---|
//! | the source fails | its stream ends | [`StreamError::Failed`] |
//! | the sink fails | learns that the stream was dropped | [`StreamError::Failed`] |
//! | the source or sink panics | the same as after a failure | [`StreamError::Panicked`], with the panic; if the transfer was dropped, the panic continues where the store is driven |
//! | the guest drops its end before the end of the source | | [`StreamError::Dropped`] |
//! | a value of the guest can't be lifted | traps | [`StreamError::Call`] |
//! | the guest traps | never runs again | [`StreamError::Call`] |
//! | the store is dropped | | [`StreamError::Gone`] |
//!
//! If the destructor of a value or an error panics, or a waker does, the panic continues where the store
//! is driven, and the stream goes on.
//!
//! # By hand
//!
//! A host that has to see each read and write, or that knows types only at run time, makes both ends
//! itself with [`Store::new_stream`], and uses [`Store::read`], [`Store::write`] and
//! [`Store::next_end_event`]. These don't work for an end that is served: it is busy.
//!
//! [`Store::stream_from`]: super::Store::stream_from
//! [`Store::stream_writer`]: super::Store::stream_writer
//! [`Store::future_from`]: super::Store::future_from
//! [`Store::try_future_from`]: super::Store::try_future_from
//! [`Store::collect`]: super::Store::collect
//! [`Store::stream_into`]: super::Store::stream_into
//! [`Store::stream_reader`]: super::Store::stream_reader
//! [`Store::future_value`]: super::Store::future_value
//! [`Store::drive`]: super::Store::drive
//! [`Store::poll`]: super::Store::poll
//! [`Store::new_stream`]: super::Store::new_stream
//! [`Store::read`]: super::Store::read
//! [`Store::write`]: super::Store::write
//! [`Store::next_end_event`]: super::Store::next_end_event

#[cfg(feature = "std")]
mod blocking;
#[cfg(any(feature = "tokio", feature = "futures-io"))]
mod byte_writing;
mod driving;
#[cfg(feature = "futures-io")]
mod futures_io;
mod giving;
mod methods;
mod reader;
mod sinks;
mod sources;
mod taking;
#[cfg(feature = "tokio")]
mod tokio;
mod writer;

pub use super::run::serving::{
    Destination, Received, SinkState, SourceState, StreamError, StreamSink, StreamSource, Transfer,
};
#[cfg(feature = "futures-io")]
pub use futures_io::{FromFuturesIo, ToFuturesIo, from_futures_io, to_futures_io};
pub use reader::StreamReader;
pub use sinks::{Collect, ForEach, collect_at_most, for_each};
pub use sources::{
    FromStream, IntoStreamSource, Iter, SharedBytes, StaticValues, TryFromStream, Values, bytes,
    iter, stream, try_stream,
};
pub use taking::GuestFuture;
#[cfg(feature = "tokio")]
pub use tokio::{FromTokio, ToTokio, from_tokio, to_tokio};
pub use writer::{StreamClosed, StreamWriter};

/// A component for examples, as text: `sum` adds up the bytes of a stream, and `count` writes a
/// number of bytes to one.
// Hidden: only the examples here use it.
#[doc(hidden)]
pub const EXAMPLE: &str = include_str!("example.wat");
