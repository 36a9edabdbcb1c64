//! The parts that bindings generated from WIT consist of.
//!
//! `codegen bind` turns a WIT world into one Rust file. The file declares types, and for the rest
//! relies on this module. For WIT such as
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
//! the file has:
//!
//! - `example::files::types`, the module of the interface, with its types, the traits `HostFile` and
//!   `Host` that a host implements, and `add_to_linker`;
//! - at the top a `Host` that joins those of all imports, and an `add_to_linker` for all of them;
//! - `Program`, which implements [`World`]: a field and two methods for each function that the world
//!   exports, and a field for each interface.
//!
//! Modules of exported interfaces lie under `exports`. Their types and resources are others than those
//! of an import of the same interface. A name that Rust does not allow, or that is there twice, changes:
//! keywords are raw (`r#type`), `self`, `super` and `crate` get an underscore, and the second of two
//! equal names gets a number.
//!
//! # A host
//!
//! A function is implemented in one of three ways. The configuration chooses for each function,
//! interface or world; this is the default:
//!
//! | the WIT function | the Rust function | can |
//! |---|---|---|
//! | any other | `fn f(&mut self, …)` | use the host |
//! | has a stream or future in its type | `fn f(caller: &mut impl HostCaller<Self>, …)` | use the store, and the host by [`caller.host()`](HostCaller::host) |
//! | is `async` | `async fn f(access: impl HostAccess<Self>, …)` | wait; use the store and the host by [`access.with(…)`](HostAccess::with) |
//!
//! Each way serves each WIT function. An async Rust function for a function that is not `async` in WIT
//! holds the guest until it is ready, as [`component`](crate::component) says.
//!
//! An example of each is in [a whole host](#a-whole-host).
//!
//! An async function is no method: it has no `self`. A guest may have any number of calls under way at
//! once. If a function held on to the host while it waits, the first call would keep all others out.
//! It may keep what it was given and what it has cloned. Its future is [`Send`], as a
//! [store](crate::component::Store) can be sent with everything that is under way in it.
//!
//! A function returns the WIT type, or a [`Result`] if it may trap. Functions with the store may trap, by
//! default. If the WIT type is a `result`, the error is an [`OrTrap`], or a type of yours that
//! implements [`WitError`]: `?` makes it of an error of the WIT, and of errors that trap.
//!
//! Functions that a guest never calls need no implementation if they have a default body, which traps
//! with the function's name: `functions = [{ pattern = "wasi:filesystem", default = true }]`. A trait
//! without functions of its own is implemented by whatever implements the traits that it joins.
//!
//! Guests that the release 0.63 of `wit-bindgen` makes of Rust were tried with such hosts: with
//! resources, streams and futures in both directions, and WASI 0.2.
//!
//! # Resources
//!
//! The configuration says which Rust type a resource is: `with = { "example:files/types/file" =
//! "crate::File" }`. The store keeps its values. [`Own<File>`](Own) and [`Borrow<File>`](Borrow) are
//! references to one, and it is dropped when nobody has it any more: when the guest that owns it drops
//! it, when that guest's instance is removed, and when the store is dropped. What changes in a value
//! uses interior mutability. A resource that needs another one has a `Borrow` of it, which keeps that
//! one.
//!
//! A value whose destructor panics is a host function that panics: if a guest has dropped the
//! resource, the guest stops, and the panic goes on at the embedder. If the store is dropped, nobody
//! hears of the panic.
//!
//! A value that keeps a stream or future of a guest keeps what reads it, such as a
//! [`StreamReader`](crate::component::streams::StreamReader), and not its handle. The guest learns
//! that a reader is dropped. Nobody learns that a handle is.
//!
//! A resource of which that is not said is a number: [`OwnHandle<File>`](OwnHandle) and
//! [`BorrowHandle<'_, File>`](BorrowHandle), of a type `File` without values. Its trait has a method
//! `drop`, and the host may keep what it stands for in a [`ResourceTable`]. So are resources that
//! guests define: who owns one drops it by [`drop_resource`](crate::component::Store::drop_resource).
//!
//! # A whole host
//!
//! This WIT has a resource, a stream and an error:
//!
//! ```wit
#![doc = include_str!("example/notes.wit")]
//! ```
//!
//! `codegen.toml`, at the root of the project, says that notes are values of a type of the host's.
//! The command `codegen` then writes the bindings:
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
//! /// A note that a guest has open. What changes in it is in a `Mutex`, as resources are shared.
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
pub use alloc::collections::BTreeMap;
#[cfg(feature = "alloc")]
pub use alloc::string::String;
#[cfg(feature = "alloc")]
pub use alloc::vec::Vec;
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
