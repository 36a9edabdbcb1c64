//! Serving ends of streams and futures: polling sources and sinks.
//!
//! | file | contents |
//! |---|---|
//! | `source`, `sink` | [`StreamSource`] and [`StreamSink`], which users implement, and the views that these get |
//! | `transfer` | [`Transfer`]: the outcome of a stream or future |
//! | `served_source`, `served_sink` | a source and a sink in a store |
//! | `element` | the element type |
//! | `beginning` | beginning to serve an end |
//! | `serving_copies` | moving values, and continuing when something is woken |
//!
//! A source or a sink is polled at three points: when a guest reads or writes, inside of the
//! guest's call; after its waker was woken; and when the other end was dropped, inside of the
//! guest's call if a guest dropped it. It is never polled inside of another poll, as user code has
//! no store.

pub(crate) mod beginning;
mod element;
mod served_sink;
mod served_source;
mod serving_copies;
mod sink;
mod source;
mod transfer;

pub use sink::{Received, SinkState, StreamSink};
pub use source::{Destination, SourceState, StreamSource};
pub use transfer::{StreamError, Transfer};

/// The largest number of values that are moved at a time if each needs its own place on the host's
/// side.
const MAX_KEPT: u32 = 1 << 10;
