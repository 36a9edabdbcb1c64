//! Serving ends of streams and futures: letting sources and sinks go on.
//!
//! | file | contents |
//! |---|---|
//! | `source`, `sink` | [`StreamSource`] and [`StreamSink`], which users implement, and what they see |
//! | `transfer` | [`Transfer`]: how a stream ended, for whoever has made it |
//! | `served_source`, `served_sink` | a source and a sink in a store |
//! | `element` | the type of what goes through |
//! | `beginning` | beginning to serve an end |
//! | `serving_copies` | moving values, and going on when something is woken |
//!
//! A source or a sink is polled at three points: where a guest reads or writes, inside of the
//! guest's call; when its waker was woken; and when the other end was dropped, inside of the guest's
//! call if a guest dropped it. It is never polled inside of another poll, as user code has no store.

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

/// The largest number of values that are moved at a time where each needs a place of its own on the
/// host's side.
const MAX_KEPT: u32 = 1 << 10;
