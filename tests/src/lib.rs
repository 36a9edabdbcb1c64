//! Tests that need more than one of Weft's crates, or the pinned sources; and the README, whose
//! examples run as tests of this crate.
//!
//! | module | what is in it |
//! |---|---|
//! | [`conformance`] | the runner of component `.wast` files |
//! | [`generated`] | definitions of all built-ins, made from `spec/` |
//! | [`hostile`] | arbitrary bytes as a component: what the fuzz target calls |
//! | [`host_operations`] | what a host does with contexts, tasks, sets, errors, threads and lists, for benchmarks and counts of allocations |
//! | [`programs`] | random programs of built-in calls, on the machine, on the reference and as components |
//! | [`stage`] | a machine whose guests are played, for benchmarks and counts of allocations |
//! | [`scenes`] | components on wasmi, for the same |
#![doc = include_str!("../../README.md")]
#![forbid(unsafe_code)]
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that fails to set up has failed"
)]

pub mod conformance;
#[rustfmt::skip]
pub mod generated;
pub mod host_operations;
pub mod hostile;
pub mod programs;
pub mod scenes;
pub mod stage;
