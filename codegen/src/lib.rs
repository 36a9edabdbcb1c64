//! Weft's generator: from a user's WIT to Rust bindings, and from `spec/` to the runtime's tables
//! and the reference page.
//!
//! | module | what it does |
//! |---|---|
//! | [`command`] | the command line |
//! | [`bind`] | the flags of `codegen bind` |
//! | [`project`] | `codegen.toml`, the bindings of a project |
//! | [`generate`] | the files that are made from `spec/` |
//! | [`workspace`] | comparing them with what is on disk, and writing them |
//! | [`explain`] | `list` and `explain` |
//! | [`diff_spec`] | comparing `spec/` with the spec's text, reference, tests and validator |
//! | [`packages`] | the folders of packages of the registry |
//! | [`pinned`] | finding the sources that `spec/` is checked against |

pub mod bind;
pub mod command;
pub mod diff_spec;
pub mod explain;
pub mod generate;
pub mod packages;
pub mod pinned;
pub mod project;
mod root;
mod run;
pub mod workspace;

pub use run::run;
