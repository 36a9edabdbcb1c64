//! The machine: tasks, threads, waitables, streams, futures, handles, and nothing else.
//!
//! The machine keeps the rules of the Component Model's concurrency and handles, as the executable
//! reference `definitions.py` states them. It works without an engine: it runs no code, touches no
//! memory, holds no closures and calls nobody back. A driver tells it what has happened, and the
//! machine answers with what has to happen next: a [`Step`]. The crate `weft-runtime` is such a
//! driver.
//!
//! # Example
//!
//! A host calls an export that is lifted without `async`, and plays the guest, too:
//!
//! ```
//! # use weft_core as weft;
//! use weft::builtin::OptionsIndex;
//! use weft::core_value::CoreValue;
//! use weft::machine::{LiftMode, LiftedFunction, Machine, Step};
//!
//! weft::limits! {
//!     struct Small { ..MachineSizes::SMALL }
//! }
//!
//! let mut machine = Machine::<Small>::default();
//! let instance = machine.new_instance()?;
//! let add = machine.lift(LiftedFunction {
//!     instance,
//!     is_async: false,
//!     lift: LiftMode::Sync { has_post_return: false },
//!     result_type: None,
//!     lift_options: OptionsIndex(0),
//! })?;
//!
//! let (call, step) = machine.invoke(add)?;
//! let Step::CallFunction { function, .. } = step else { panic!("{step:?}") };
//! assert_eq!(function, add);
//! let sum = 1 + 2; // The core function runs here, and returns.
//! let Step::Return(task_return) = machine.function_returned(None)? else { panic!() };
//! machine.return_(&task_return)?;
//! let step = machine.resolve(task_return, Some(CoreValue::I32(sum)))?;
//! assert_eq!(step, Step::ReturnToHost);
//! machine.drop_call(call)?;
//! # Ok::<(), weft::error::Failure>(())
//! ```
//!
//! # Methods by purpose
//!
//! | to … | use |
//! |---|---|
//! | make a machine | [`Machine::default`]; [`limits`](mod@crate::limits) chooses the storage of its tables, and a [`chooser`](crate::chooser) decides what the spec leaves open |
//! | define instances, types and functions | [`new_instance`](Machine::new_instance), [`define_type`](Machine::define_type), [`lift`](Machine::lift), [`define_host_function`](Machine::define_host_function) |
//! | begin something | [`invoke`](Machine::invoke), [`tick`](Machine::tick), [`cancel_call`](Machine::cancel_call) |
//! | pass on a guest's call of a built-in | [`Definition::call`](crate::builtin::Definition::call), as the machine implements [`Builtins`](crate::builtin::Builtins) |
//! | pass on a guest's call of an import | [`canon_lower`](Machine::canon_lower) |
//! | call without making records | [`invoke_deferred`](Machine::invoke_deferred), [`canon_lower_deferred`](Machine::canon_lower_deferred) |
//! | take a step, and tell the machine | the method that [`Step`] names |
//! | lift and lower handles | [`lift_own`](Machine::lift_own), [`lower_borrow`](Machine::lower_borrow), [`lift_end`](Machine::lift_end) and their like |
//! | learn the outcome of calls, reads and writes by the host | [`next_host_event`](Machine::next_host_event) |
//! | serve a stream or future where it is read or written | [`serve_host_end`](Machine::serve_host_end), [`served_copied`](Machine::served_copied), [`next_served_event`](Machine::next_served_event) |
//! | go on after a trap | [`trapped`](Machine::trapped) |
//! | learn of all that happens | [`Hooks::observed`], or a `Timeline` as the hooks |
//! | look inside | [`handle_view`](Machine::handle_view), [`thread_views`](Machine::thread_views), [`backtrace`](Machine::backtrace), [`count_of`](Machine::count_of) |
//!
//! # Traps and errors
//!
//! A [`Trap`](crate::trap::Trap) names the rule that a guest broke. An
//! [`Error`](crate::error::Error) says how the host misused the machine, or which table is full.
//! After an `Error` that a host can cause, nothing has changed. The host may try again, for example
//! when there is room. After a trap, or when the host can't go on for another reason,
//! [`trapped`](Machine::trapped) gives up what was begun. Until then, the machine takes nothing
//! else.
//!
//! Methods have the names of the reference.
//!

pub(crate) mod arena;
mod backtrace;
mod canon;
mod deferred;
mod end;
mod error_context;
mod frame;
mod handle;
mod held;
mod held_stacks;
mod hooks;
mod host_end;
mod host_function_call;
mod host_resource;
mod host_set;
mod index_table;
mod inspect;
mod instance;
pub(crate) mod list;
mod making_records;
mod observation;
mod observing;
mod operation;
mod outstanding;
mod ready;
pub(crate) mod record;
mod records;
mod resource;
mod served_end;
mod state;
mod step;
mod store;
mod subtask;
mod task;
mod thread;
mod waitable;
mod waitable_set;

pub use crate::id::{
    EndId, ErrorContextId, FunctionId, InstanceId, SubtaskId, TaskId, ThreadId, WaitableId,
    WaitableSetId,
};
pub use backtrace::BacktraceEntry;
pub use canon::{AsyncCopy, AsyncCopyToken, CheckedCopy};
pub use deferred::DeferredCallee;
pub use hooks::{Hooks, NewCall, NewTask, NewThread, ThreadEnd};
pub use inspect::{
    CalleeView, EndState, HandleView, InstanceView, ThreadState, ThreadView, WaitableView,
    WaitingOn,
};
pub use making_records::MadeCall;
pub use observation::{Action, Observation, ObservedEnd, ObservedThread, ThreadStop};
pub use observing::{ObservedChooser, ReadyThread};
pub use record::definition::{LiftMode, LiftedFunction, TypeDefinition};
pub use record::task::Code as GuestCode;
pub use resource::LoweredBorrow;
pub use served_end::AfterServed;
pub use state::Machine;
pub use step::{
    Buffer, BufferCheck, CopySide, CopyToken, Event, HostEvent, Resumed, ReturnToken,
    StartFunctionSearch, Step,
};
