//! Components: loading, linking, instantiating and calling them, on any engine.
//!
//! Four rooms, of which each names those above it only:
//!
//! | room | contents |
//! |---|---|
//! | `definition` | definitions: from the bytes of a component to what instantiation walks through |
//! | `store` | the objects of a store |
//! | `run` | taking steps, moving values, calling both ways, instantiating |
//! | the files here | what users see |
//!
//! | file here | contents |
//! |---|---|
//! | `loading`, `missing`, `load_error` | [`Component`], and why one can't be loaded |
//! | `stores`, `host` | [`Store`], [`CallId`], and what the host does in a store |
//! | `linker`, `instance`, `export_error` | [`Linker`], [`Instance`], [`Function`], and why a function can't be had |
//! | `callee`, `typed_function` | what a store calls: with [`Val`](crate::abi::Val)s, or with Rust's own types |
//! | `bindings` | what bindings from WIT give to a linker and find in an instance |
//! | `block`, `call_future`, `progress` | driving: blocking, as a future, without an executor |
//! | `wait` | waiting for tasks and waitable sets of the host |
//! | `threads`, `function_table` | threads that the host begins, by function or by its number |
#![cfg_attr(all(feature = "std", feature = "wasmi"), doc = include_str!("guide.md"))]

mod bindings;
#[cfg(feature = "std")]
mod block;
mod call_future;
mod callee;
mod definition;
mod export_error;
mod function_table;
mod host;
mod instance;
mod linker;
mod load_error;
mod loading;
mod missing;
mod progress;
mod run;
mod store;
mod stores;
mod threads;
mod typed_function;
mod wait;

pub use bindings::{BoundFuture, FindHost};
pub use call_future::CallFuture;
pub use callee::Callee;
pub use definition::decode::{InvalidComponent, validate};
pub use definition::features::Features;
pub use definition::function_mismatch::FunctionMismatch;
pub use definition::function_type::FunctionType;
pub use definition::import_error::ImportError;
pub use export_error::ExportError;
pub use function_table::FunctionTable;
pub use instance::{Function, Instance};
pub use linker::Linker;
pub use load_error::LoadError;
pub use loading::Component;
pub use progress::PollProgress;
pub use run::context::Caller;
pub use run::host_ends::EndEvent;
pub use run::host_resource::HostResourceType;
pub use run::instantiate::error::InstantiateError;
pub use run::lifted_result::LiftedResult;
pub use store::call_error::CallError;
pub use store::deadlock::{Awaited, Deadlock, Party, WaitingTask};
pub use store::handle_error::{HandleError, HandleProblem};
pub use store::host_result::{HostError, HostFuture, HostResult};
pub use store::machine::StoreChooser;
pub use store::module::Module;
pub use store::thread_destructors::{ThreadDestructorError, ThreadDestructorFailure};
pub use stores::{CallId, Store};
pub use threads::{FunctionReference, SpawnedThread, ThreadError, ThreadJoin};
pub use typed_function::TypedFunction;
