//! Streams and futures with a source or a sink.
//!
//! | module | what is in it |
//! |---|---|
//! | `guests` | the components that the tests use, and Rust streams for them |
//! | `sources`, `sinks` | each kind, through a guest, under each way to drive a store |
//! | `awaited` | writers and readers that are awaited |
//! | `futures` | futures |
//! | `drops` | ends that are dropped, at any time, on either side |
//! | `failures` | what fails, panics, lies, or never goes on |
//! | `panics` | destructors and wakers that panic, and panics that nobody has heard of |
//! | `elements` | element types, and handles as elements |
//! | `passing` | streams that come back, and go on to other guests |
//! | `random` | random steps of guests and the host |
//! | `bulk` | what is allocated, and long streams |

mod awaited;
mod bulk;
mod drops;
mod elements;
mod failures;
mod futures;
mod guests;
mod panics;
mod passing;
mod random;
mod sinks;
mod sources;
