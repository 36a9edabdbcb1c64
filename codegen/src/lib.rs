//! Weft's generator: from `spec/` to the runtime's tables and the reference page, and from a
//! user's WIT to Rust bindings.
//!
//! | module | what it does |
//! |---|---|
//! | [`command`] | the command line |
//! | [`generate`] | the files that are made from `spec/` |
//! | [`workspace`] | comparing them with what is on disk, and writing them |
//! | [`explain`] | `list` and `explain` |
//! | [`diff_spec`] | comparing `spec/` with the spec's text, reference, tests and validator |
//! | [`pinned`] | finding the sources that `spec/` is checked against |

pub mod command;
pub mod diff_spec;
pub mod explain;
pub mod generate;
pub mod pinned;
mod run;
pub mod workspace;

pub use run::run;
