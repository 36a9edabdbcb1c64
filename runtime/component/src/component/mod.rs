//! Components: loading, linking, instantiating and calling them, on any engine.
//!
//! | file | what is in it |
//! |---|---|
//! | `store` | [`Component`], [`Store`], [`CallId`] |
//! | `instance`, `linker`, `host_function` | [`Instance`], [`Function`], [`Linker`], [`HostContext`] |
//! | `typed_function`, `typed_host_function` | [`TypedFunction`], and the host's functions with Rust's own types |
//! | `bindings` | what bindings from WIT give to a linker and find in an instance |
//! | `callee`, `outcome` | what a store calls and what that gives, as [`Val`](crate::abi::Val)s or as Rust's own types |
//! | `host`, `host_resource`, `host_ends` | what the host does in a store: its resource types, streams, futures and error contexts |
//! | `error` | [`LoadError`], [`InstantiateError`], [`ImportError`], [`CallError`] |
//! | `decode` | from bytes to definitions: [`validate`], [`InvalidComponent`] |
//! | `definition`, `function_type`, `entity_type`, `builtin_template` | what a component is once it is decoded |
//! | `features` | what is not on by default: [`Features`] |
//! | `versions`, `matching`, `type_text` | whether what is given for an import is what it needs |
//! | `missing` | what a core module needs and an engine lacks |
//! | `instantiate`, `entity` | walking a definition; what instances are given and give |
//! | `claims`, `identity` | what the host holds; which store something belongs to |
//! | `state`, `numbers` | what is in a store: the machine, and what its numbers stand for |
//! | `calls` | calls that have not returned |
//! | `spare` | second references to what is used over and over |
//! | `drive` | taking the machine's steps on the engine |
//! | `call`, `host_call` | calls by the host, and of the host |
//! | `block`, `call_future`, `progress` | driving: blocking, as a future, without an executor |
//! | `waiting` | functions of the host that wait, and their wakers |
//! | `wait` | waiting for tasks and waitable sets of the host |
//! | `origin` | which call something belongs to: who hears of its traps |
//! | `deadlock`, `names` | who waits for what, and how it is called |
//! | `threads`, `function_table` | threads that the host begins, by function or by its number |
//! | `transfer`, `contexts` | moving values, by the canonical ABI |
#![cfg_attr(all(feature = "std", feature = "wasmi"), doc = include_str!("guide.md"))]

mod bindings;
#[cfg(feature = "std")]
mod block;
mod builtin_template;
mod call;
mod call_future;
mod callee;
mod calls;
mod claims;
mod contexts;
mod deadlock;
mod decode;
mod definition;
mod drive;
mod entity;
mod entity_type;
mod error;
mod features;
mod function_table;
mod function_type;
mod host;
mod host_call;
mod host_ends;
mod host_function;
mod host_resource;
mod identity;
mod instance;
mod instantiate;
mod linker;
mod matching;
mod missing;
mod names;
mod numbers;
mod origin;
mod outcome;
mod progress;
mod spare;
mod state;
mod store;
mod threads;
mod transfer;
mod type_text;
mod typed_function;
mod typed_host_function;
mod versions;
mod wait;
mod waiting;

pub use bindings::{BoundFuture, ExportError, FindHost};
pub use call_future::CallFuture;
pub use callee::Callee;
pub use claims::{HandleError, HandleProblem};
pub use deadlock::{Awaited, Deadlock, Party, WaitingTask};
pub use decode::{InvalidComponent, validate};
pub use definition::FunctionType;
pub use entity::Module;
pub use error::{CallError, ImportError, InstantiateError, LoadError};
pub use features::Features;
pub use function_table::FunctionTable;
pub use host_ends::EndEvent;
pub use host_function::{HostContext, HostFuture, HostResult};
pub use host_resource::HostResourceType;
pub use instance::{Function, Instance};
pub use linker::Linker;
pub use outcome::CallResult;
pub use progress::Progress;
pub use state::HostError;
pub use store::{CallId, Component, Store, StoreHost};
pub use threads::{
    FunctionReference, SpawnedThread, ThreadDestructorError, ThreadDestructorFailure, ThreadError,
    ThreadJoin,
};
pub use typed_function::{FunctionMismatch, TypedFunction};
