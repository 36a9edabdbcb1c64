//! Rust bindings for hosts, generated from WIT: the library behind `codegen bind`.
//!
//! | module | says |
//! |---|---|
//! | `options` | what can be said about bindings |
//! | `places` | where each option was said |
//! | `source` | which files are read, and how the parser's complaints become a [`Report`] |
//! | `nested_names` | names such as `a:b:c/d`, which the parser does not know |
//! | `world` | which world is meant |
//! | `names` | how a WIT name becomes a Rust name, and what happens when two become the same |
//! | `docs` | how a WIT comment becomes a Rust one that rustdoc and doctests leave alone |
//! | `limits` | types that there are no bindings for, refused at their places |
//! | `facts` | what is known of each type: what it can derive, whether it borrows, its size |
//! | `modules` | the tree of Rust modules and the paths between them |
//! | `types` | type definitions and references to them |
//! | `functions` | host traits and the types that stand for functions |
//! | `emit` | the whole: a world in, a file of Rust out |
//!
//! What it emits is small on purpose: declarations, and calls to the generics of
//! `weft::binding`, whose documentation says what each of them means to an embedder.

#![forbid(unsafe_code)]

mod docs;
mod emit;
mod facts;
mod functions;
mod limits;
mod modules;
mod names;
mod nested_names;
mod options;
mod places;
mod source;
mod types;
mod world;

use weft_spec::Report;

pub use options::{FunctionRule, Options, Ownership, StoreMode, TypeRule};
pub use places::{OptionPlace, Places};

/// What was generated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bindings {
    /// The Rust file.
    pub text: String,
    /// The lines of those WIT files that anything in `text` comes from.
    pub wit_lines: usize,
    /// The lines of `text`.
    pub rust_lines: usize,
    /// The full name of the world, such as `wasi:cli/command@0.3.2`.
    pub world: String,
}

/// Generates the bindings that `options` ask for.
///
/// Fails, with everything that is wrong, if the WIT cannot be read or is not valid, if the
/// world cannot be told, or if it uses what bindings cannot express; the latter names the
/// construct and its place. Nothing is written: that is the caller's part.
pub fn bind(options: &Options) -> Result<Bindings, Report> {
    let mut wit = source::read(options)?;
    let world = world::select(&wit, options.world.as_deref())?;
    limits::check(&wit, world)?;
    wit.resolve.generate_nominal_type_ids(world);
    emit::emit(&wit, world)
}
