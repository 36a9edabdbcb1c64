//! Tests that need more than one of Weft's crates, or the pinned sources; and the README, whose
//! examples run as tests of this crate.
//!
//! | module | contents |
//! |---|---|
//! | [`causes`] | errors with their causes, as one text |
//! | [`generated`] | definitions of all built-ins, made from `spec/` |
//! | [`hostile`] | arbitrary bytes as a component: called by the fuzz target |
//! | [`host_operations`] | operations of a host on contexts, tasks, sets, errors, threads and lists, for benchmarks and counts of allocations |
//! | [`nan_chooser`] | a chooser of the bits of NaNs |
//! | [`packages`] | the folders of packages of the registry |
//! | [`pinned`] | the sources of the spec; not from the crate `codegen`, which turns on features of the core |
//! | [`programs`] | random programs of built-in calls, on the machine, on the reference and as components |
//! | [`stage`] | a machine with simulated guests, for benchmarks and counts of allocations |
//! | [`scenes`] | components on wasmi, for the same |
//! | [`world`] | a store with one engine, for the tests of components |
//! | [`wakers`] | a waker that counts |
#![cfg_attr(feature = "std", doc = include_str!("../../README.md"))]
#![forbid(unsafe_code)]
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails to set up has failed"
)]

#[cfg(feature = "std")]
pub mod causes;
#[cfg(all(doctest, feature = "std"))]
mod examples;
#[rustfmt::skip]
#[expect(clippy::too_many_lines, reason = "tables, with one row on each line")]
pub mod generated;
#[cfg(feature = "alloc")]
pub mod host_operations;
#[cfg(feature = "std")]
pub mod hostile;
pub mod nan_chooser;
#[path = "../../codegen/src/packages.rs"]
pub mod packages;
#[path = "../../codegen/src/pinned.rs"]
pub mod pinned;
#[cfg(feature = "std")]
pub mod programs;
#[cfg(feature = "std")]
pub mod scenes;
#[cfg(feature = "alloc")]
pub mod stage;
pub mod wakers;
#[cfg(feature = "std")]
pub mod world;
