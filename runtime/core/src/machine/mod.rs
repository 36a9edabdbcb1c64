//! The machine: tasks, threads, waitables, streams, futures, handles, and nothing else.
//!
//! It implements the rules of the Component Model's concurrency and handles, as the executable
//! reference `definitions.py` states them, without an engine: it runs no code, touches no
//! memory, holds no closures and calls nobody back. What happened goes in, and what has to
//! happen next comes out, as a [`Step`].
//!
//! | to … | use |
//! |---|---|
//! | make one | [`Machine::default`], with what its tables are made of ([`limits`](mod@crate::limits)) and who decides what is left open ([`chooser`](crate::chooser)) |
//! | say what there is | [`new_instance`](Machine::new_instance), [`define_type`](Machine::define_type), [`lift`](Machine::lift), [`define_host_function`](Machine::define_host_function) |
//! | begin something | [`invoke`](Machine::invoke), [`tick`](Machine::tick), [`cancel_call`](Machine::cancel_call) |
//! | pass on a guest's call of a built-in | [`Definition::call`](crate::builtin::Definition::call), as the machine implements [`Builtins`](crate::builtin::Builtins) |
//! | pass on a guest's call of an import | [`canon_lower`](Machine::canon_lower) |
//! | take a step, and tell the machine | [`Step`] says how |
//! | lift and lower handles | [`lift_own`](Machine::lift_own), [`lower_borrow`](Machine::lower_borrow), [`lift_end`](Machine::lift_end) and their like |
//! | hear what became of the host's own calls, reads and writes | [`next_host_event`](Machine::next_host_event) |
//! | go on after a trap | [`trapped`](Machine::trapped) |
//! | look inside | [`handle_view`](Machine::handle_view), [`threads`](Machine::threads), [`count_of`](Machine::count_of) |
//!
//! Two kinds of bad news: a [`Trap`](crate::trap::Trap) says which rule a guest broke, an
//! [`Error`] how the host misused the machine or which table is full. After
//! an `Error` that a host can cause, nothing has changed, and it may try again, for example when
//! there is room. After a trap, or when the host can't go on for whatever reason,
//! [`trapped`](Machine::trapped) gives up what was begun; until then, the machine takes nothing else.
//!
//! # Example
//!
//! A host calls an export that is lifted without `async`, and plays the guest, too:
//!
//! ```
//! # use weft_core as weft;
//! use weft::builtin::OptionsIndex;
//! use weft::core_value::CoreValue;
//! use weft::machine::{Lift, LiftedFunction, Machine, Step};
//!
//! weft::limits! {
//!     struct Small {
//!         instances: 1, functions: 1, types: 0, handles: 4, thread_indices: 4, tasks: 4,
//!         threads: 4, waitables: 4, waitable_sets: 1, resources: 1, lends: 1,
//!         error_contexts: 1, frames: 4, message_bytes: 16,
//!     }
//! }
//!
//! let mut machine = Machine::<Small>::default();
//! let instance = machine.new_instance()?;
//! let add = machine.lift(LiftedFunction {
//!     instance,
//!     is_async: false,
//!     lift: Lift::Sync { has_post_return: false },
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
//! # What is in here
//!
//! | file | the reference's part |
//! |---|---|
//! | `instance` | `ComponentInstance`; lockdown |
//! | `frame` | Python's stack: who resumed whom |
//! | `thread`, `ready` | `Thread`; who is ready |
//! | `task` | `Task` |
//! | `store`, `host_call`, `host_end`, `host_resource` | `Store`; the host's side of calls, ends and resources |
//! | `index_table`, `handle` | `Table` |
//! | `resource`, `error_context` | `ResourceHandle`, `ErrorContext`, their lifting and lowering |
//! | `waitable`, `waitable_set`, `subtask`, `end` | `Waitable`, `WaitableSet`, `Subtask`, `End` |
//! | `canon` | `canon_lift`, `canon_lower` and the built-ins |
//! | `inspect` | nothing: looking at the machine |
//! | `host_task`, `host_set` | nothing: host tasks, what the host remembers of calls, its waitable sets |
//! | `extensions` | nothing: where what the host remembers of things begins and ends |
//! | `outstanding` | nothing: whether who drives the machine does as it was told |
//! | `arena`, `list`, `id`, `step` | what all of it is made of |

pub(crate) mod arena;
mod canon;
mod end;
mod error_context;
mod extensions;
mod frame;
mod handle;
mod host_call;
mod host_end;
mod host_resource;
pub(crate) mod host_set;
mod host_task;
mod index_table;
mod inspect;
mod instance;
pub(crate) mod list;
mod outstanding;
mod ready;
mod resource;
mod step;
mod store;
mod subtask;
mod task;
mod thread;
mod waitable;
mod waitable_set;

use core::fmt;

use crate::chooser::{Chooser, FirstInFirstOut};
use crate::error::Error;
use crate::host::extensions::Extensions;
use crate::limits::{Limits, Storage, Table};

use arena::{Arena, Key, Slot};
use error_context::ErrorContext;
use frame::Frame;
use handle::Handle;
use index_table::Entry;
use instance::{Instance, Tables};
use list::List;
use outstanding::Outstanding;
use resource::{Lend, ResourceHandle};
use store::Function;
use task::Task;
use thread::Thread;
use waitable::Waitable;
use waitable_set::WaitableSet;

pub use crate::id::{
    EndId, ErrorContextId, FunctionId, InstanceId, SubtaskId, TaskId, ThreadId, WaitableId,
    WaitableSetId,
};
pub use inspect::{
    CalleeView, EndState, HandleView, InstanceView, ThreadState, ThreadView, WaitableView,
    WaitingOn,
};
pub use resource::LoweredBorrow;
pub use step::{
    Buffer, BufferCheck, Copy, CopySide, Event, HostEvent, Resumed, StartFunctionSearch, Step,
    TaskReturn,
};
pub use store::{Lift, LiftedFunction, TypeDefinition};

/// A store, without an engine: all component instances that can call one another.
///
/// `L` says what its tables are made of, `C` who decides what the spec leaves open.
pub struct Machine<L: Limits, C = FirstInFirstOut> {
    chooser: C,
    instances: Arena<Instance, L::Instances<Slot<Instance>>>,
    /// The tables of the instance at the same position.
    tables: L::Instances<Tables<L>>,
    /// How long the tables of new instances become at most.
    max_table_length: u32,
    functions: L::Functions<Function>,
    types: L::Types<TypeDefinition>,
    tasks: Arena<Task, L::Tasks<Slot<Task>>>,
    threads: Arena<Thread, L::Threads<Slot<Thread>>>,
    waitables: Arena<Waitable, L::Waitables<Slot<Waitable>>>,
    sets: Arena<WaitableSet, L::WaitableSets<Slot<WaitableSet>>>,
    resources: Arena<ResourceHandle, L::Resources<Slot<ResourceHandle>>>,
    lends: Arena<Lend, L::Lends<Slot<Lend>>>,
    error_contexts: Arena<ErrorContext, L::ErrorContexts<Slot<ErrorContext>>>,
    /// The message of the error context at the same position.
    messages: L::ErrorContexts<L::Message>,
    /// Whom control returns to, the innermost last.
    frames: L::Frames<Frame>,
    /// The thread that runs; nothing while the host does.
    current: Option<Key<Thread>>,
    outstanding: Outstanding,
    /// Whether something failed half-way, so that only unwinding is left.
    must_unwind: bool,
    /// How many tokens were handed out.
    tokens: u64,
    /// The instances with a ready thread, in the order of their turns.
    ready_instances: List<Instance>,
    ready_threads: u32,
    /// How often a thread has begun to wait.
    waits: u64,
    /// What the host holds that has an event.
    host_pending: List<Waitable>,
    /// What the host remembers of things in here.
    pub(crate) extensions: Extensions<L>,
}

impl<L: Limits, C: Chooser> Machine<L, C> {
    /// An empty machine with this chooser.
    pub fn new(chooser: C) -> Self {
        Self {
            chooser,
            instances: Arena::new(Table::Instances),
            tables: Default::default(),
            max_table_length: L::MAX_TABLE_LENGTH,
            functions: Default::default(),
            types: Default::default(),
            tasks: Arena::new(Table::Tasks),
            threads: Arena::new(Table::Threads),
            waitables: Arena::new(Table::Waitables),
            sets: Arena::new(Table::WaitableSets),
            resources: Arena::new(Table::Resources),
            lends: Arena::new(Table::Lends),
            error_contexts: Arena::new(Table::ErrorContexts),
            messages: Default::default(),
            frames: Default::default(),
            current: None,
            outstanding: Outstanding::Nothing,
            must_unwind: false,
            tokens: 0,
            ready_instances: List::default(),
            ready_threads: 0,
            waits: 0,
            host_pending: List::default(),
            extensions: Extensions::new(),
        }
    }

    /// Who decides what the spec leaves open.
    pub const fn chooser(&self) -> &C {
        &self.chooser
    }

    /// Who decides what the spec leaves open.
    pub const fn chooser_mut(&mut self) -> &mut C {
        &mut self.chooser
    }

    /// The thread that runs; nothing while the host does.
    pub fn current(&self) -> Option<ThreadId> {
        self.current.and_then(|thread| self.thread_id(thread).ok())
    }

    /// How many entries a table has in use; of [`Table::Handles`] and [`Table::ThreadIndices`],
    /// those of all instances.
    pub fn count_of(&self, table: Table) -> usize {
        let count = match table {
            Table::Instances => self.instances.len(),
            Table::Functions => return self.functions.len(),
            Table::Types => return self.types.len(),
            Table::Handles => self.count_in_tables(|tables| tables.handles.len()),
            Table::ThreadIndices => self.count_in_tables(|tables| tables.threads.len()),
            Table::Tasks => self.tasks.len(),
            Table::Threads => self.threads.len(),
            Table::Waitables => self.waitables.len(),
            Table::WaitableSets => self.sets.len(),
            Table::Resources => self.resources.len(),
            Table::Lends => self.lends.len(),
            Table::ErrorContexts => self.error_contexts.len(),
            Table::Frames => return self.frames.len(),
            extension => return self.extensions.count_of(extension),
        };
        count as usize
    }

    /// How many bytes an entry of a table takes. A bounded machine is the sum of its tables'
    /// entries and a little more; a growing one has as many as were ever in use at a time.
    ///
    /// An implicit thread comes with its task.
    #[must_use]
    pub const fn entry_bytes(table: Table) -> usize {
        match table {
            Table::Instances => size_of::<Slot<Instance>>() + size_of::<Tables<L>>(),
            Table::Functions => size_of::<Function>(),
            Table::Types => size_of::<TypeDefinition>(),
            Table::Handles => size_of::<Entry<Handle>>(),
            Table::ThreadIndices => size_of::<Entry<Key<Thread>>>(),
            Table::Tasks => size_of::<Slot<Task>>(),
            Table::Threads => size_of::<Slot<Thread>>(),
            Table::Waitables => size_of::<Slot<Waitable>>(),
            Table::WaitableSets => size_of::<Slot<WaitableSet>>(),
            Table::Resources => size_of::<Slot<ResourceHandle>>(),
            Table::Lends => size_of::<Slot<Lend>>(),
            Table::ErrorContexts => size_of::<Slot<ErrorContext>>() + size_of::<L::Message>(),
            Table::Frames => size_of::<Frame>(),
            extension => Extensions::<L>::entry_bytes(extension),
        }
    }

    fn count_in_tables(&self, count: impl Fn(&Tables<L>) -> u32) -> u32 {
        let positions = 0..self.instances.positions();
        let tables = positions.filter(|it| self.instances.key_at(*it).is_some());
        tables.filter_map(|it| self.tables.get(it)).map(count).sum()
    }
}

impl<L: Limits, C: Chooser + Default> Default for Machine<L, C> {
    fn default() -> Self {
        Self::new(C::default())
    }
}

impl<L: Limits, C: Chooser> fmt::Debug for Machine<L, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut machine = f.debug_struct("Machine");
        for table in Table::ALL {
            machine.field(name_of(table), &self.count_of(table));
        }
        machine.field("ready_threads", &self.ready_threads).finish_non_exhaustive()
    }
}

const fn name_of(table: Table) -> &'static str {
    match table {
        Table::Instances => "instances",
        Table::Functions => "functions",
        Table::Types => "types",
        Table::Handles => "handles",
        Table::ThreadIndices => "thread_indices",
        Table::Tasks => "tasks",
        Table::Threads => "threads",
        Table::Waitables => "waitables",
        Table::WaitableSets => "waitable_sets",
        Table::Resources => "resources",
        Table::Lends => "lends",
        Table::ErrorContexts => "error_contexts",
        Table::Frames => "frames",
        Table::TaskRecords => "task_records",
        Table::Contexts => "contexts",
        Table::ContextScopes => "context_scopes",
        Table::ContextValues => "context_values",
        Table::ErrorRecords => "error_records",
        Table::StackFrames => "stack_frames",
        Table::ErrorMetadata => "error_metadata",
        Table::ListElements => "list_elements",
        Table::ListTypes => "list_types",
        Table::ThreadRecords => "thread_records",
        Table::ThreadLocals => "thread_locals",
        Table::CallRecords => "call_records",
        Table::TaskMetadata => "task_metadata",
        Table::CancellationTokens => "cancellation_tokens",
        Table::CancellationHandlers => "cancellation_handlers",
        Table::HostSets => "host_sets",
    }
}

/// From keys to the ids that the host has, and back.
macro_rules! ids {
    ($($id:ident, $to_id:ident, $to_key:ident: $arena:ident, $thing:ty;)*) => {
        impl<L: Limits, C: Chooser> Machine<L, C> {$(
            #[inline]
            pub(crate) fn $to_id(&self, key: Key<$thing>) -> Result<$id, Error> {
                Ok($id { number: key.number(), generation: self.$arena.generation(key)? })
            }

            #[inline]
            pub(crate) fn $to_key(&self, id: $id) -> Result<Key<$thing>, Error> {
                self.$arena.key(id.number, id.generation)
            }
        )*}
    };
}

ids! {
    InstanceId, instance_id, instance_key: instances, Instance;
    TaskId, task_id, task_key: tasks, Task;
    ThreadId, thread_id, thread_key: threads, Thread;
    SubtaskId, subtask_id, subtask_key: waitables, Waitable;
    EndId, end_id, end_key: waitables, Waitable;
    ErrorContextId, error_context_id, error_context_key: error_contexts, ErrorContext;
}
