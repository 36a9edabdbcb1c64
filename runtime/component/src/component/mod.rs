//! Components: loading, linking, instantiating and calling them, on any engine.
#![cfg_attr(all(feature = "std", feature = "wasmi"), doc = include_str!("guide.md"))]
//!
//! # The types
//!
//! | type | use |
//! |---|---|
//! | [`Component`], [`Module`] | a loaded component or core module, for one engine; [`validate`] only checks the bytes |
//! | [`DecodedComponent`], [`needed_capabilities`] | a component without an engine: its type, and the capabilities that it needs |
//! | [`Linker`], [`HostResourceType`] | the host functions and other items that components import |
//! | [`InstancePre`] | a component with its imports, found and checked once for any number of instances |
//! | [`Store`] | a place where instances live and run, with the data of the host |
//! | [`AsContextMut`] | a store, or one that is lent to a host function, for code that works with both |
//! | [`Instance`], [`Function`] | an instance, and its exported functions |
//! | [`TypedFunction`], [`FunctionType`] | a function with Rust's own types, and with types known at run time |
//! | [`CallFuture`], [`CallId`] | a call that is under way: as a future, and as one of many |
//! | [`Caller`], [`Access`] | the store in a host function, before it has waited and after |
//! | [`HostResult`], [`HostError`] | the results of host functions |
//! | [`streams`] | streams and futures with a source or a sink |
//! | [`Clock`] | the embedder's clock, for waits of limited time |
//! | [`StoreLimits`], [`InterruptHandle`] | limits for guests, and interrupting them |
//! | [`LoadError`], [`InstantiateError`], [`ExportError`], [`CallError`], [`RemoveError`] | errors |
//! | [`WaitsForHost`], [`Deadlock`], [`TrapBacktrace`] | reports of waiting tasks, and of traps |

mod access;
#[cfg(feature = "std")]
mod block;
mod call_future;
mod callee;
mod choosing;
mod clock;
#[cfg(feature = "std")]
mod component_file;
mod component_type;
mod decoded_component;
pub(crate) mod definition;
pub(crate) mod export_error;
mod function_table;
mod giving_up;
mod host;
mod instance;
mod instance_pre;
mod instantiate_future;
mod linked;
mod linker;
mod linker_items;
mod linker_resolving;
mod load_error;
mod loading;
mod missing;
mod progress;
mod raising;
mod remove_error;
mod run;
mod store;
mod stores;
pub mod streams;
mod threads;
mod timelines;
mod typed_function;
mod wait;

pub use access::{Access, With};
pub use call_future::CallFuture;
pub use callee::Callee;
pub use clock::Clock;
#[cfg(feature = "std")]
pub use component_file::LoadFileError;
pub use decoded_component::DecodedComponent;
pub use definition::decode::{InvalidComponent, validate};
pub use definition::extern_type::{
    CoreExternType, CoreLimits, CoreSignature, CoreValueType, ExternType, HeapType, InstanceType,
    ModuleType, NestedComponentType, ReferenceType,
};
pub use definition::features::Features;
pub use definition::function_mismatch::FunctionMismatch;
pub use definition::function_type::{FunctionType, NamedFunctionType};
pub use definition::import_error::ImportError;
pub use definition::linking::guest_call::GuestCall;
pub use definition::linking::rules::NotLinked;
pub use definition::resource_names::ResourceNames;
pub use definition::type_text::NamedExternType;
pub use export_error::ExportError;
pub use function_table::FunctionTable;
pub use giving_up::FuelNotCounted;
pub use host::AsContextMut;
pub use instance::{Function, Instance};
pub use instance_pre::InstancePre;
pub use instantiate_future::InstantiateFuture;
pub use linker::Linker;
pub use linker_items::{LinkerItem, UnknownImport};
pub use load_error::LoadError;
pub use loading::Component;
pub use missing::needed_capabilities;
pub use progress::PollProgress;
pub use remove_error::RemoveError;
pub use run::context::Caller;
pub use run::host_ends::EndEvent;
pub use run::host_resource::HostResourceType;
pub use run::instantiate::error::InstantiateError;
pub use run::lifted_result::LiftedResult;
pub use store::call_error::{CallError, StoreDropped};
pub use store::deadlock::{Awaited, Deadlock, Party, WaitingTask};
pub use store::handle_error::{HandleError, HandleProblem};
pub use store::host_panic::HostPanic;
pub use store::host_result::{HostError, HostFuture, HostResult, SharedHostError};
pub use store::host_result_error::{HostResultError, HostResultProblem};
pub use store::interrupts::InterruptHandle;
pub use store::machine::{AnyChooser, StoreChooser};
pub use store::module::Module;
pub use store::resource_value_error::ResourceValueError;
pub use store::store_limits::{LimitReached, StoreLimit, StoreLimits};
pub use store::thread_destructors::{ThreadDestructorError, ThreadDestructorFailure};
pub use store::trap_backtrace::{CoreEntry, GuestFrame, TrapBacktrace, TrapFrame};
pub use store::waits_for_host::{HostAwaited, WaitsForHost};
pub use stores::{CallId, Store};
pub use threads::{FunctionReference, SpawnedThread, ThreadError, ThreadJoin};
pub use typed_function::TypedFunction;
