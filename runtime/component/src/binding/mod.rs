//! Bindings: Rust types and traits that are generated from WIT, and the parts that they consist of.
//!
//! `codegen bind`, the macro `weft::bindgen!` and build scripts turn a WIT world into Rust. The
//! generated code declares the types of the world. Everything else that it needs is in this module.
//! [A whole host](#a-whole-host) is an example that runs. For this WIT:
//!
//! ```wit
//! package example:files;
//!
//! interface types {
//!   enum failure { missing, busy }
//!
//!   resource file {
//!     constructor(name: string);
//!     size: func() -> u64;
//!     read: func() -> stream<u8>;
//!     sync: async func() -> result<_, failure>;
//!   }
//! }
//!
//! world program {
//!   import types;
//!   export run: async func(name: string) -> u32;
//! }
//! ```
//!
//! the generated code has:
//!
//! - `example::files::types`, the module of the interface: its types, the traits `HostFile` and
//!   `Host` that a host implements, and `add_to_linker`;
//! - at the top, a trait `Host` that joins those of all imports, and an `add_to_linker` for all of
//!   them;
//! - `Program`, which implements [`World`]. It has a field and two methods for each function that
//!   the world exports, and a field for each interface.
//!
//! Modules of exported interfaces are in the module `exports`. Their types and resources differ
//! from those of an import of the same interface. A name changes if Rust does not allow it, or if
//! it occurs twice: keywords become raw (`r#type`), `self`, `super` and `crate` get an underscore,
//! and the second of two equal names gets a number.
//!
//! # A host
//!
//! A host implements a function in one of three ways. The configuration chooses the way for each
//! function, interface or world. This is the default:
//!
//! | the WIT function | the Rust function | it can |
//! |---|---|---|
//! | has a stream or future in its type, and is not `async` | `fn f(caller: &mut impl HostCaller<Self>, …)` | use the store, and the host by [`caller.host()`](HostCaller::host) |
//! | is `async` | `async fn f(access: impl HostAccess<Self>, …)` | wait; use the store and the host by [`access.with(…)`](HostAccess::with) |
//! | any other | `fn f(&mut self, …)` | use the host |
//!
//! Each way serves each WIT function. If an async Rust function implements a WIT function that is
//! not `async`, the guest is held until the Rust function is ready, as
//! [`component`](crate::component) explains.
//!
//! An example of each is in [a whole host](#a-whole-host).
//!
//! An async function is not a method: it has no `self`. A guest may have any number of calls under
//! way at once, and a function that borrowed the host while it waits would keep all others out. It
//! may keep its arguments, and clones of parts of the host. Its future is [`Send`], so that a
//! [store](crate::component::Store) can be sent with all that is under way in it.
//!
//! A function returns the WIT type, or a [`Result`] if it may trap. By default, functions that get
//! the store may trap. If the WIT type is a `result`, the error is an [`OrTrap`], or a type of
//! yours that implements [`WitError`]. `?` converts both errors of the WIT type and errors that
//! trap into it.
//!
//! A function that no guest calls needs no implementation if it has a default body. This option
//! makes default bodies, which trap with the function's name:
//! `functions = [{ pattern = "wasi:filesystem", default = true }]`. A trait that has no functions
//! of its own is implemented for every type that implements the traits that it joins.
//!
//! The tests run such hosts with guests that `wit-bindgen` 0.63 generates for Rust: with resources,
//! streams and futures in both directions, and WASI 0.2.
//!
//! # Resources
//!
//! The configuration says which Rust type a resource is: `with = { "example:files/types/file" =
//! "crate::File" }`. The store keeps the values of that type. [`Own<File>`](Own) and
//! [`Borrow<File>`](Borrow) are references to a value. The value is dropped when its last reference
//! is: after the guest that owns it drops it, after that guest's instance is removed, or with the
//! store. To change a value, use interior mutability. A resource that needs another one keeps a
//! `Borrow` of it, which keeps the other one alive.
//!
//! A destructor of a value that panics is a host function that panics. If a guest has dropped the
//! resource, the guest stops, and the panic continues at the embedder. If the destructor runs
//! because the store is dropped, the panic is lost.
//!
//! A value that keeps a stream or future of a guest keeps a reader of it, such as a
//! [`StreamReader`](crate::component::streams::StreamReader), and not its handle. When a reader is
//! dropped, the guest learns of it. When a handle is dropped, the guest does not.
//!
//! A resource without such a type is a number: an [`OwnHandle<File>`](OwnHandle) or
//! [`BorrowHandle<'_, File>`](BorrowHandle), of a type `File` that has no values. Its trait has a
//! method `drop`. The host may keep what the number stands for in a [`ResourceTable`]. Resources
//! that guests define are numbers, too: their owner drops one with
//! [`drop_resource`](crate::component::Store::drop_resource).
//!
//! # A whole host
//!
//! This WIT has a resource, a stream and an error:
//!
//! ```wit
#![doc = include_str!("example/notes.wit")]
//! ```
//!
//! `codegen.toml`, at the root of the project, says which Rust type of the host a note is. The command
//! `codegen` then writes the bindings:
//!
//! ```toml
//! [[bindings]]
//! wit = "notes.wit"
//! out = "src/bindings.rs"
//! with = { "example:notes/store/note" = "crate::Note" }
//! ```
//!
//! The host implements the traits of the bindings, adds them to a linker, and calls the guest:
//!
//! ```
//! # #[cfg(all(feature = "std", feature = "wasmi"))]
//! # mod bindings {
//! #     include!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/binding/example/bindings.in"));
//! # }
//! # #[cfg(all(feature = "std", feature = "wasmi"))]
//! # mod host {
//! use std::collections::BTreeMap;
//! use std::sync::{Arc, Mutex, PoisonError};
//!
//! use weft::binding::{Borrow, HostAccess, HostCaller, HostError, OrTrap, Own, StreamHandle, World};
//! use weft::component::{Component, Linker, Store};
//! use weft::engine::wasmi::Wasmi;
//!
//! # use crate::bindings;
//! // With `mod bindings;` at the top.
//! use bindings::Reader;
//! use bindings::example::notes::store::{ErrorCode, HostNote};
//!
//! /// A note that a guest has open. Its text changes, so it is in a `Mutex`: resources are shared.
//! pub struct Note(Arc<Mutex<String>>);
//!
//! /// The host.
//! struct Notes {
//!     texts: BTreeMap<String, Arc<Mutex<String>>>,
//!     room: usize,
//! }
//!
//! impl HostNote for Notes {
//!     fn open(&mut self, title: String) -> Result<Own<Note>, ErrorCode> {
//!         let text = self.texts.get(&title).ok_or(ErrorCode::Missing)?;
//!         Ok(Own::new(Note(text.clone())))
//!     }
//!
//!     async fn append(
//!         access: impl HostAccess<Self>,
//!         self_: Borrow<Note>,
//!         text: String,
//!     ) -> Result<(), OrTrap<ErrorCode>> {
//!         let room = access.with_host(|notes| notes.room).await?;
//!         let mut note = self_.0.lock().unwrap_or_else(PoisonError::into_inner);
//!         if note.len() + text.len() > room {
//!             return Err(ErrorCode::Full.into());
//!         }
//!         note.push_str(&text);
//!         Ok(())
//!     }
//!
//!     fn read(
//!         caller: &mut impl HostCaller<Self>,
//!         self_: Borrow<Note>,
//!     ) -> Result<StreamHandle<u8>, HostError> {
//!         let note = self_.0.lock().unwrap_or_else(PoisonError::into_inner);
//!         caller.stream_from(note.clone().into_bytes())
//!     }
//! }
//!
//! # pub
//! fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let engine = Wasmi::default();
//! #     let guest = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/src/binding/example/guest.wat"));
//! #     let guest = wat::parse_str(guest)?;
//! #     let component = Component::new(&engine, &guest)?;
//! #     #[cfg(any())]
//!     let component = Component::new(&engine, &std::fs::read("guest.wasm")?)?;
//!     let mut linker = Linker::new();
//!     bindings::add_to_linker(&mut linker, |notes: &mut Notes| notes);
//!
//!     let texts = BTreeMap::from([("hello".into(), Arc::new(Mutex::new("Hi".into())))]);
//!     let mut store = Store::new(&engine, Notes { texts, room: 3 });
//!     let reader = Reader::instantiate(&mut store, &component, &linker)?;
//!
//!     let text = reader.show(&mut store, "hello")??;
//!     let text = store.collect(text)?;
//!     assert_eq!(store.block_on(text)?, b"Hi!");
//!     assert_eq!(reader.show(&mut store, "hello")?, Err(ErrorCode::Full));
//!     assert_eq!(reader.show(&mut store, "none")?, Err(ErrorCode::Missing));
//!     Ok(())
//! }
//! # }
//! # #[cfg(all(feature = "std", feature = "wasmi"))]
//! # use host::{Note, main};
//! # #[cfg(not(all(feature = "std", feature = "wasmi")))]
//! # fn main() {}
//! ```
//!
//! # What WIT types become
//!
//! | WIT | Rust |
//! |---|---|
//! | `string`, `list<t>` | [`String`], [`Vec<T>`](Vec) |
//! | `list<t, 4>` | `[T; 4]` |
//! | `map<k, v>` | [`BTreeMap<K, V>`](BTreeMap): WIT's key types all have an order |
//! | `record`, `variant`, `enum` | `struct`, `enum` |
//! | `tuple` | a tuple; a `struct` with fields `f0`, `f1`, … if it has more than 12 parts |
//! | `flags` | a `struct` with constants and operators, made with [`flags!`] |
//! | `r`, `own<r>`, `borrow<r>` | see [resources](#resources) |
//! | `stream<t>`, `future<t>` | [`StreamHandle<T>`](StreamHandle), [`FutureHandle<T>`](FutureHandle) |
//! | `error-context` | [`ErrorContext`] |
//!
//! Types derive what all their parts allow: [`Clone`] unless there is an owned handle in them,
//! [`Eq`] and [`Hash`](core::hash::Hash) unless there is a float. Those that a `result` has as its
//! error implement [`Error`](core::error::Error). The message is the first sentence of their WIT comment.

#[cfg(all(feature = "component", feature = "std"))]
mod blocking_calls;
#[cfg(feature = "component")]
mod calls;
#[cfg(feature = "component")]
mod export_errors;
#[cfg(feature = "component")]
mod exports;
mod flags;
#[cfg(feature = "component")]
mod host_access;
#[cfg(feature = "component")]
mod host_caller;
#[cfg(feature = "component")]
mod host_view;
#[cfg(feature = "component")]
mod host_with;
#[cfg(feature = "component")]
mod interface;
#[cfg(feature = "component")]
mod interface_access;
#[cfg(feature = "component")]
mod interface_caller;
#[cfg(feature = "component")]
mod or_trap;
#[cfg(feature = "alloc")]
mod own;
#[cfg(feature = "alloc")]
mod resource_table;
#[cfg(feature = "tracing")]
mod traced;
#[cfg(feature = "component")]
mod world;

pub use crate::handle::{BorrowHandle, ErrorContext, FutureHandle, OwnHandle, StreamHandle};
#[cfg(feature = "alloc")]
#[doc(no_inline)]
pub use alloc::collections::BTreeMap;
#[cfg(feature = "alloc")]
#[doc(no_inline)]
pub use alloc::string::String;
#[cfg(feature = "alloc")]
#[doc(no_inline)]
pub use alloc::vec::Vec;
#[doc(no_inline)]
pub use core::future::Future;
pub use weft_core::abi::{ComponentType, Lower, Value};

#[cfg(feature = "component")]
pub use crate::component::{CallError, HostError, Linker, TypedFunction};
#[cfg(feature = "component")]
pub use crate::engine::CoreEngine;
#[cfg(feature = "component")]
pub use calls::{AsyncCalls, BoxFuture, Calls};
#[cfg(feature = "component")]
pub use export_errors::{ExportErrors, WorldError};
#[cfg(feature = "component")]
pub use exports::Exports;
pub use flags::Flags;
#[cfg(feature = "component")]
pub use host_access::HostAccess;
#[cfg(feature = "component")]
pub use host_caller::HostCaller;
#[cfg(feature = "component")]
pub use host_view::{HostView, ViewInterface};
#[cfg(feature = "component")]
pub use host_with::HostWith;
#[cfg(feature = "component")]
pub use interface::Interface;
#[cfg(feature = "component")]
pub use interface_access::InterfaceAccess;
#[cfg(feature = "component")]
pub use interface_caller::InterfaceCaller;
#[cfg(feature = "component")]
pub use or_trap::{NotImplemented, OrTrap, WitError, not_implemented, or_trap};
#[cfg(feature = "alloc")]
pub use own::{Borrow, Own};
#[cfg(feature = "alloc")]
pub use resource_table::{ResourceHandle, ResourceTable, ResourceTableError};
#[cfg(feature = "tracing")]
pub use traced::Traced;
#[cfg(feature = "component")]
pub use world::{InstantiateWorld, Prepared, World};

#[doc(inline)]
pub use crate::__weft_flags as flags;
