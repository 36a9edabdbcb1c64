//! Bindings: Rust types and traits that are generated from WIT, and the parts that they consist of.
//!
//! Most of this module needs the feature `component`. With it, this page says how to write a host.

#![cfg_attr(feature = "component", doc = include_str!("page.md"))]
#![cfg_attr(feature = "component", doc = "```wit")]
#![cfg_attr(feature = "component", doc = include_str!("example/notes.wit"))]
#![cfg_attr(feature = "component", doc = "```")]
#![cfg_attr(feature = "component", doc = include_str!("whole_host.md"))]

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
