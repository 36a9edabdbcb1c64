//! The Component Model for any core-WebAssembly engine.
//!
//! | module | what is in it |
//! |---|---|
//! | [`abi`] | the canonical ABI: layout, flattening, lifting, lowering, strings |
//! | `component` | components: loading, linking, instantiating and calling them (feature `component`) |
//! | [`machine`] | the rules: tasks, threads, waitables, streams, futures, handles; sans engine |
//! | [`mod@limits`] | what the machine's tables are made of: growing ones, or arrays |
//! | [`chooser`] | who decides what the spec leaves open |
//! | [`builtin`] | the canonical built-ins: what the spec says of each, and calling them |
//! | [`code`] | enumerations that cross the boundary as integers, and packed integers |
//! | [`trap`], [`error`] | the two kinds of bad news: the guest's and the host's |
//! | `engine` | what components need of an engine for core WebAssembly, and adapters (feature `component`) |
//! | [`limit`], [`gate`], [`value_type`] | numbers, features and value types of the canonical ABI |
//! | [`core_value`] | the values of core WebAssembly |
//! | [`list`] | fixed-length lists |
//! | [`binding`], [`handle`] | what bindings generated from WIT are made of |
//! | [`host`] | what the host remembers of tasks and errors: host extensions |
//! | [`context`] | contexts that follow tasks, and their keys |
//! | [`error_context`] | severity, frames, sources and metadata of error contexts |
//! | [`thread`] | threads that the host begins |
//! | [`task`] | tasks of the host, and cancellation tokens |
//! | [`waitable`] | waitable sets of the host |
//!
//! What a host can do with all of that is told, chapter by chapter, in [the guide](guide).
//!
//! Everything here builds without `std` and without `alloc`; what needs one of them says so.

#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

pub mod abi;
pub mod binding;
pub mod builtin;
pub mod chooser;
#[cfg(feature = "component")]
pub mod component;
pub mod context;
pub mod core_value;
#[cfg(feature = "component")]
pub mod engine;
pub mod error;
pub mod error_context;
#[rustfmt::skip]
#[expect(clippy::match_same_arms, clippy::too_many_lines, reason = "tables, a row a line")]
mod generated;
pub mod handle;
pub mod host;
pub mod id;
pub mod limits;
pub mod list;
pub mod machine;
pub mod secondary_map;
pub mod task;
pub mod thread;
pub mod waitable;

#[cfg(doc)]
#[doc = include_str!("../GUIDE.md")]
pub mod guide {}

pub use generated::{code, gate, limit, trap, value_type};
