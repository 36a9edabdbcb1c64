//! The core of Weft: the Component Model's canonical ABI and its async built-ins, without an
//! engine.
//!
//! Most users depend on [`weft`](https://docs.rs/weft-runtime), which re-exports all of this under
//! the same paths and adds components. Depend on this crate alone for one of these:
//!
//! - an adapter for an engine: implement `engine::CoreEngine`;
//! - a tool or a host that reads and writes values in a guest's memory: see [`abi`];
//! - firmware that keeps the Component Model's rules without loading components: see [`machine`].
//!
//! # Example
//!
//! A host reads a string that a guest passes as an address and a length:
//!
//! ```
//! use weft_core::abi::{CoreValueIter, LiftContext, Options, StringEncoding, lift_flat_values};
//! use weft_core::core_value::IntegerType;
//!
//! let memory = b"....Ada";
//! let mut guest = LiftContext::new(memory, Options::new(IntegerType::I32, StringEncoding::Utf8));
//! let name: &str = lift_flat_values(&mut guest, 16, &mut CoreValueIter::new(&[4, 3]))?;
//! assert_eq!(name, "Ada");
//! # Ok::<(), weft_core::error::Failure>(())
//! ```
//!
//! # Modules
//!
//! | module | contents |
//! |---|---|
//! | [`abi`] | the canonical ABI: layout, flattening, lifting, lowering, strings |
//! | [`machine`] | the rules of tasks, threads, waitables, streams, futures and handles |
//! | [`mod@limits`] | storage of the machine's tables: growing, or arrays |
//! | [`chooser`] | the decisions that the spec leaves open |
//! | [`builtin`] | the canonical built-ins: descriptions, and calling them |
//! | [`code`] | enumerations that cross the boundary as integers, and packed integers |
//! | [`trap`], [`error`] | the rule that a guest broke, and the mistake of a host |
//! | `engine` | the trait that an adapter implements for an engine (feature `alloc`) |
//! | [`limit`], [`gate`], [`value_type`] | numbers, features and value types of the canonical ABI |
//! | [`core_value`] | the values of core WebAssembly |
//! | [`id`], [`secondary_map`] | ids of a machine's records, and maps from them |
//! | [`list`] | fixed-length lists |
//! | [`handle`] | typed handles of a host |
//! | `or_trap` | the error of a host function that may trap (feature `alloc`) |
//! | [`host`] | the host extensions: the host's records of tasks, threads and errors |
//! | [`context`] | contexts that follow tasks, and their keys |
//! | [`error_context`] | severity, frames, sources and metadata of error contexts |
//! | [`thread`] | threads that the host begins |
//! | [`task`] | host tasks, and cancellation tokens |
//! | [`waitable`] | waitable sets of the host |
//! | `timeline` | recording what happens in a machine (feature `alloc`) |
//!
//! All of this builds without `std` and without `alloc`, except for items that name a feature.

#![no_std]
// Without a heap, links to what needs one stay text. The page of each crate is made with all features.
#![cfg_attr(not(feature = "alloc"), allow(rustdoc::broken_intra_doc_links))]
#![forbid(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

pub mod abi;
pub mod builtin;
pub mod chooser;
pub mod context;
pub mod core_value;
#[cfg(feature = "alloc")]
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
#[cfg(feature = "alloc")]
pub mod or_trap;
pub mod secondary_map;
pub mod task;
pub mod thread;
#[cfg(feature = "alloc")]
pub mod timeline;
pub mod waitable;

pub use generated::{code, gate, limit, trap, value_type};

/// The README, whose examples run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
