//! The Component Model for any core-WebAssembly engine.
//!
//! | module | contents |
//! |---|---|
//! | `component` | components: loading, linking, instantiating and calling them (feature `component`) |
//! | `engine` | the trait that an adapter implements, and the adapter for wasmi (features `component`, `wasmi`) |
//! | [`binding`], [`handle`] | the parts that bindings generated from WIT are made of |
//! | [`abi`] | the canonical ABI: layout, flattening, lifting, lowering, strings |
//! | [`machine`] | the rules: tasks, threads, waitables, streams, futures, handles; sans engine |
//! | [`mod@limits`] | storage of the machine's tables: growing, or arrays |
//! | [`chooser`] | the decisions that the spec leaves open |
//! | [`builtin`] | the canonical built-ins: descriptions, and calling them |
//! | [`code`] | enumerations that cross the boundary as integers, and packed integers |
//! | [`trap`], [`error`] | the two kinds of bad news: the guest's and the host's |
//! | [`limit`], [`gate`], [`value_type`] | numbers, features and value types of the canonical ABI |
//! | [`core_value`] | the values of core WebAssembly |
//! | [`id`], [`secondary_map`] | ids of what is in a machine, and values beside it |
//! | [`list`] | fixed-length lists |
//! | [`host`] | the host extensions: what the host remembers of tasks and errors |
//! | [`context`] | contexts that follow tasks, and their keys |
//! | [`error_context`] | severity, frames, sources and metadata of error contexts |
//! | [`thread`] | threads that the host begins |
//! | [`task`] | host tasks, and cancellation tokens |
//! | [`waitable`] | waitable sets of the host |
//!
//! All modules but `component`, `engine::wasmi` and `binding` come from the crate
//! [`weft_core`](https://docs.rs/weft-runtime-core), which works without an engine.
//!
//! What a host can do with all of that is told, chapter by chapter, in [the guide](guide). The page
//! `coming_from` has the names of Wasmtime and wasmi, with what is different here.
//!
//! Everything here builds without `std` and without `alloc`; what needs one of them says so.

#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;
#[cfg(any(feature = "std", test))]
extern crate std;

pub mod binding;
#[cfg(feature = "component")]
pub mod component;

#[cfg(doc)]
pub mod guide;

#[cfg(all(doc, feature = "std", feature = "wasmi"))]
#[doc = include_str!("coming_from.md")]
pub mod coming_from {}

#[doc(inline)]
pub use weft_core::{
    abi, builtin, chooser, code, core_value, error, error_context, gate, handle, host, id, limit,
    limits, list, machine, secondary_map, trap, value_type,
};

#[cfg(feature = "bindgen")]
#[doc(inline)]
pub use weft_bindgen_macro::bindgen;

// Examples with a store of components come first on these pages: the core has none.
#[cfg_attr(all(feature = "std", feature = "wasmi"), doc = include_str!("with_store/context.md"))]
#[doc(inline)]
pub use weft_core::context;
#[cfg_attr(all(feature = "std", feature = "wasmi"), doc = include_str!("with_store/task.md"))]
#[doc(inline)]
pub use weft_core::task;
#[cfg_attr(all(feature = "std", feature = "wasmi"), doc = include_str!("with_store/thread.md"))]
#[doc(inline)]
pub use weft_core::thread;
#[cfg_attr(all(feature = "std", feature = "wasmi"), doc = include_str!("with_store/waitable.md"))]
#[doc(inline)]
pub use weft_core::waitable;

/// Access to an engine for core WebAssembly: the trait that an adapter implements, and adapters.
#[cfg(feature = "component")]
pub mod engine {
    #[doc(inline)]
    pub use weft_core::engine::*;

    /// The adapter for [wasmi](https://docs.rs/wasmi), an interpreter in Rust.
    #[cfg(feature = "wasmi")]
    pub mod wasmi {
        #[doc(inline)]
        pub use weft_wasmi::*;
    }
}
