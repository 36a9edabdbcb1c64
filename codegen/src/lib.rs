//! Weft's generator: from a user's WIT to Rust bindings, and from `spec/` to the runtime's tables
//! and the reference page.
//!
//! | module | contents |
//! |---|---|
//! | [`command`] | the command line |
//! | [`bind`] | the flags of `codegen bind` |
//! | [`project`] | `codegen.toml`, the bindings of a project |
//! | [`generate`] | creates the files that are made from `spec/` |
//! | [`workspace`] | compares them with the files on disk, and writes them |
//! | [`explain`] | `list` and `explain` |
//! | [`diff_spec`] | compares `spec/` with the spec's text, reference, tests and validator |
//! | [`packages`] | finds the folders of a manifest's packages |
//! | [`pinned`] | finds the sources against which `spec/` is checked |

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
