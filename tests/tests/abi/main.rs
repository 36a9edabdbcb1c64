//! The canonical ABI: beside the executable reference, and what it allocates.
//!
//! | module | what is in it |
//! |---|---|
//! | `reference` | random values, types and memories, beside the reference |
//! | `generate`, `mistakes`, `random` | the cases |
//! | `paths`, `typed` | the ways on which Weft moves the values of a case |
//! | `linked`, `component` | from guest to guest in components, by calls that are linked and others |
//! | `case`, `guest` | a case, and the guest that it is for |
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
mod generate;
mod guest;
mod linked;
mod mistakes;
mod paths;
mod random;
mod reference;
mod typed;
