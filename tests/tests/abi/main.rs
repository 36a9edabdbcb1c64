//! The canonical ABI: comparison with the executable reference, and allocations.
//!
//! | module | contents |
//! |---|---|
//! | `reference` | random values, types and memories, beside the reference |
//! | `generate`, `mistakes`, `random` | the cases |
//! | `paths`, `typed` | the ways in which Weft moves the values of a case |
//! | `linked`, `component` | from guest to guest in components, by linked, ordinary and async calls |
//! | `elements` | the values as elements of a stream, also in a component |
//! | `named` | the types of a case in the text format |
//! | `receiver` | the receiver of values in a component, which records them |
//! | `case`, `guest` | a case, and its guest |
//! | `allocations` | the allocations of lifting and lowering |

#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test, also outside of its test functions"
)]

mod allocations;
mod case;
mod component;
mod elements;
mod generate;
mod guest;
mod linked;
mod mistakes;
mod named;
mod paths;
mod random;
mod receiver;
mod reference;
mod typed;
