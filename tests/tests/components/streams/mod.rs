//! Streams and futures with a source or a sink.
//!
//! | module | contents |
//! |---|---|
//! | `guests` | the components that the tests use, and Rust streams for them |
//! | `sources`, `sinks` | each kind, through a guest, in each way of driving a store |
//! | `awaited` | writers and readers with async methods |
//! | `futures` | futures |
//! | `drops` | ends that are dropped, at any time, on either side |
//! | `failures` | sources and sinks that fail, panic, lie, or never continue |
//! | `panics` | destructors and wakers that panic, and panics that were not reported yet |
//! | `elements` | element types, and handles as elements |
//! | `passing` | streams that come back, or are passed to other guests |
//! | `lifted` | handles that the host lifts from a guest that then traps |
//! | `random` | random steps of guests and the host |
//! | `bulk` | allocations, and long streams |

mod awaited;
mod bulk;
mod drops;
mod elements;
mod failures;
mod futures;
mod guests;
mod lifted;
mod panics;
mod passing;
mod random;
mod sinks;
mod sources;
