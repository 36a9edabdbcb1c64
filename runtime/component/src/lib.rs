//! WebAssembly components on any engine for core WebAssembly, in safe Rust.
//!
//! Weft adds the Component Model to an engine that runs only core modules: it loads components, links
//! them with host functions and with one another, and calls them. Calls can block, be awaited on any
//! executor, or be polled without one. The package is called `weft-runtime`, and its library `weft`.
//!
//! # First steps
//!
//! ```toml
//! [dependencies]
//! weft-runtime = { version = "0.1", features = ["wasmi"] }
//! wat = "1"
//! ```
//!
//! The feature `wasmi` brings an engine. `wat` is only for this example, whose component is text:
//!
//! ```
//! # #[cfg(all(feature = "std", feature = "wasmi"))] {
//! use weft::component::{Component, Linker, Store};
//! use weft::engine::wasmi::Wasmi;
//!
//! let bytes = wat::parse_str(r#"
//!     (component
//!         (import "double" (func $double (param "number" u32) (result u32)))
//!         (core func $double (canon lower (func $double)))
//!         (core module $Module
//!             (import "host" "double" (func $double (param i32) (result i32)))
//!             (func (export "run") (param i32) (result i32)
//!                 (i32.add (call $double (local.get 0)) (i32.const 2))))
//!         (core instance $module (instantiate $Module
//!             (with "host" (instance (export "double" (func $double))))))
//!         (func (export "run") (param "number" u32) (result u32)
//!             (canon lift (core func $module "run"))))
//! "#)?;
//!
//! // Load the component once. To load a file, call `Component::from_file(&engine, path)`.
//! let engine = Wasmi::default();
//! let component = Component::new(&engine, &bytes)?;
//!
//! // Define the host functions that the component imports.
//! let mut linker = Linker::new();
//! linker.typed_function("double", |_, (number,): (u32,)| Ok(2 * number));
//!
//! // Make an instance in a store, find a function, and call it.
//! let mut store = Store::new(&engine, ());
//! let instance = store.instantiate(&component, &linker)?;
//! let run = store.typed_function::<(u32,), u32>(&instance, "run")?;
//! assert_eq!(store.call(&run, (20,))?, 42);
//! # }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Next steps
//!
//! | to … | read |
//! |---|---|
//! | load, link and call components, with host functions that wait, streams and limits | `component` |
//! | have Rust types and traits made from WIT | [`binding`] |
//! | run programs that use WASI | the package [`weft-wasi`](https://docs.rs/weft-wasi) |
//! | see what guests did, in which order, and who woke whom | `timeline`, and the package [`weft-explore`](https://docs.rs/weft-explore) |
//! | find the counterpart of a name in Wasmtime or wasmi | `coming_from` |
//! | use contexts, host tasks, waitable sets, error contexts, threads and fixed-length lists | [`guide`] |
//! | use another engine | `engine` |
//! | use the rules alone, without an engine, or without `alloc` | [`machine`] |
//!
//! # Features
//!
//! | feature | effect |
//! |---|---|
//! | `std` (on by default), `alloc` | Weft works with `std`, with `alloc` alone, and with neither |
//! | `component` | adds the module `component`: components on any engine that has an adapter; needs `alloc` |
//! | `wasmi` | adds the adapter for the interpreter [wasmi](https://docs.rs/wasmi), and `component` |
//! | `bindgen` | adds the macro `bindgen!`, which makes bindings from WIT |
//! | `tokio`, `futures-io` | adds streams of bytes from and to the async readers and writers of these crates; need `std` |
//! | `tracing` | adds spans around calls of host functions that bindings were generated for |
//! | `wave` | adds values as text, in the WebAssembly Value Encoding |
//!
//! Items that need `std` or `alloc` say so.
//!
//! # The core
//!
//! All modules except `component`, `engine::wasmi`, `binding` and `guide` come from the crate
//! [`weft_core`](https://docs.rs/weft-runtime-core), which works without an engine:
//!
//! | module | contents |
//! |---|---|
//! | [`abi`], [`handle`] | the canonical ABI: types, values, layout, lifting and lowering; typed handles |
//! | [`machine`], [`mod@limits`], [`chooser`] | the rules of tasks, threads, streams and handles; the storage of their tables; decisions that the spec leaves open |
//! | [`builtin`], [`code`], [`core_value`], [`value_type`], [`gate`], [`limit`] | the canonical built-ins and their numbers, as the spec has them |
//! | [`trap`], [`error`] | errors of guests, and errors of hosts |
//! | [`id`], [`secondary_map`] | ids of what a machine has, and values that belong to an id |
//! | [`host`], [`context`], [`task`], [`waitable`], [`error_context`], [`thread`], [`list`] | the host extensions, which [`guide`] introduces |
//! | `timeline` | recording what happens in a machine or store (feature `alloc`) |

#![no_std]
// Without std, links to what needs it stay text. The page of each crate is made with all features.
#![cfg_attr(not(feature = "std"), allow(rustdoc::broken_intra_doc_links))]
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

// Examples that use a store of components. They are here, as the core has no such store.
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

#[cfg(feature = "alloc")]
#[doc(inline)]
pub use weft_core::timeline;

/// Engines for core WebAssembly: the trait that an adapter implements, and the adapter for wasmi.
///
/// An adapter is chosen where a component is loaded and where a store is made. Functions that are
/// generic over [`CoreEngine`](engine::CoreEngine) work with all of them:
///
/// ```
/// # #[cfg(all(feature = "std", feature = "wasmi"))] {
/// use std::error::Error;
///
/// use weft::component::{Component, Linker, Store};
/// use weft::engine::CoreEngine;
/// use weft::engine::wasmi::Wasmi;
///
/// fn answer<E: CoreEngine>(engine: &E, bytes: &[u8]) -> Result<u32, Box<dyn Error>> {
///     let component = Component::new(engine, bytes)?;
///     let mut store = Store::new(engine, ());
///     let instance = store.instantiate(&component, &Linker::new())?;
///     let answer = store.typed_function::<(), u32>(&instance, "answer")?;
///     Ok(store.call(&answer, ())?)
/// }
///
/// let bytes = wat::parse_str(r#"
///     (component
///         (core module $Module (func (export "answer") (result i32) (i32.const 42)))
///         (core instance $module (instantiate $Module))
///         (func (export "answer") (result u32) (canon lift (core func $module "answer"))))
/// "#)?;
/// assert_eq!(answer(&Wasmi::default(), &bytes)?, 42);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// To write an adapter for another engine, depend on the package
/// [`weft-runtime-core`](https://docs.rs/weft-runtime-core) alone: its module `engine` says what an
/// adapter has to do.
#[cfg(feature = "component")]
pub mod engine {
    #[doc(inline)]
    pub use weft_core::engine::*;

    /// The adapter for [wasmi](https://docs.rs/wasmi), an interpreter in Rust.
    ///
    /// ```
    /// use weft::component::Store;
    /// use weft::engine::wasmi::Wasmi;
    ///
    /// let engine = Wasmi::default();
    /// let store = Store::new(&engine, "the data of the host");
    /// assert_eq!(*store.data(), "the data of the host");
    /// ```
    #[cfg(feature = "wasmi")]
    pub mod wasmi {
        #[doc(inline)]
        pub use weft_wasmi::*;
    }
}
