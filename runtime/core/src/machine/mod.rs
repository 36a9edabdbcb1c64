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
//! # What is in here
//!
//! | file | the reference's part |
//! |---|---|
//! | `instance` | `ComponentInstance`; lockdown |
//! | `frame` | Python's stack: who resumed whom |
//! | `thread`, `ready` | `Thread`; who is ready |
//! | `task` | `Task` |
//! | `store`, `host_function_call`, `host_end`, `host_resource` | `Store`; the host's side of calls, ends and resources |
//! | `index_table`, `handle` | `Table` |
//! | `resource`, `error_context` | `ResourceHandle`, `ErrorContext`, their lifting and lowering |
//! | `waitable`, `waitable_set`, `subtask`, `end` | `Waitable`, `WaitableSet`, `Subtask`, `End` |
//! | `canon` | `canon_lift`, `canon_lower` and the built-ins |
//! | `inspect` | nothing: looking at the machine |
//! | `operation`, `host_set` | nothing: what the host does itself and guests wait for; its waitable sets |
//! | `hooks` | nothing: who is told of the records that are made and removed |
//! | `outstanding` | nothing: whether who drives the machine does as it was told |
//! | `arena`, `list`, `id`, `step` | what all of it is made of |

pub(crate) mod arena;
mod canon;
mod end;
mod error_context;
mod frame;
mod handle;
mod hooks;
mod host_end;
mod host_function_call;
mod host_resource;
mod host_set;
mod index_table;
mod inspect;
mod instance;
pub(crate) mod list;
mod operation;
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
use crate::limits::{Limits, Storage, Table, bytes_of, entries};

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
pub use hooks::{Hooks, NewCall, NewTask, NewThread, ThreadEnd};
pub use inspect::{
    CalleeView, EndState, HandleView, InstanceView, ThreadState, ThreadView, WaitableView,
    WaitingOn,
};
pub use resource::LoweredBorrow;
pub use step::{
    Buffer, BufferCheck, CopySide, CopyToken, Event, HostEvent, Resumed, ReturnToken,
    StartFunctionSearch, Step,
};
pub use store::{LiftMode, LiftedFunction, TypeDefinition};

/// A store, without an engine: all component instances that can call one another.
///
/// `L` says what its tables are made of, `C` decides what the spec leaves open, and `H` is told of
/// the records that are made and removed. With `()` nobody is; the host extensions come with
/// [`ExtendedMachine`](crate::host::ExtendedMachine).
pub struct Machine<L: Limits, C = FirstInFirstOut, H = ()> {
    chooser: C,
    pub(crate) hooks: H,
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
}

impl<L: Limits, C: Chooser> Machine<L, C> {
    /// Creates an empty machine with this chooser, and without hooks.
    ///
    /// It can be the value of a `const` or a `static`:
    ///
    /// ```
    /// # use weft_core as weft;
    /// use weft::chooser::FirstInFirstOut;
    /// use weft::machine::Machine;
    ///
    /// weft::limits! {
    ///     struct Sensor { ..MachineSizes::SMALL }
    /// }
    ///
    /// const MACHINE: Machine<Sensor> = Machine::new(FirstInFirstOut);
    ///
    /// let mut machine = MACHINE;
    /// machine.new_instance()?;
    /// # Ok::<(), weft::error::Error>(())
    /// ```
    pub const fn new(chooser: C) -> Self {
        Self::with_hooks(chooser, ())
    }
}

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Creates an empty machine with this chooser and these hooks.
    pub const fn with_hooks(chooser: C, hooks: H) -> Self {
        Self {
            chooser,
            hooks,
            instances: Arena::new(Table::Instances),
            tables: Storage::EMPTY,
            max_table_length: L::MAX_TABLE_LENGTH,
            functions: Storage::EMPTY,
            types: Storage::EMPTY,
            tasks: Arena::new(Table::Tasks),
            threads: Arena::new(Table::Threads),
            waitables: Arena::new(Table::Waitables),
            sets: Arena::new(Table::WaitableSets),
            resources: Arena::new(Table::Resources),
            lends: Arena::new(Table::Lends),
            error_contexts: Arena::new(Table::ErrorContexts),
            messages: Storage::EMPTY,
            frames: Storage::EMPTY,
            current: None,
            outstanding: Outstanding::Nothing,
            must_unwind: false,
            tokens: 0,
            ready_instances: List::new(),
            ready_threads: 0,
            waits: 0,
            host_pending: List::new(),
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
    ///
    /// This looks at the call that the thread runs for, so its records are made.
    pub fn current(&self) -> Option<ThreadId> {
        self.current.and_then(|thread| self.thread_id(thread).ok())
    }

    /// How many entries a table has in use; of [`Table::Handles`] and [`Table::ThreadIndices`],
    /// those of all instances. Records that nobody has looked at, and which so are not made, have
    /// none.
    pub fn count_of(&self, table: Table) -> usize {
        self.entries_in_use(table) + self.hooks.count_of(table)
    }

    /// How many bytes an entry of a table takes. A bounded machine is the sum of its tables'
    /// entries and a little more; a growing one has as many as were ever in use at a time.
    ///
    /// An implicit thread comes with its task.
    #[must_use]
    pub const fn entry_bytes(table: Table) -> usize {
        bytes_of(Self::ENTRY_BYTES, table) + bytes_of(H::ENTRY_BYTES, table)
    }

    entries! { machine {
        Instances: machine.instances.len(), [Slot<Instance>, Tables<L>];
        Functions: machine.functions.len(), [Function];
        Types: machine.types.len(), [TypeDefinition];
        Handles: machine.count_in_tables(|it| it.handles.len()), [Entry<Handle>];
        ThreadIndices: machine.count_in_tables(|it| it.threads.len()), [Entry<Key<Thread>>];
        Tasks: machine.tasks.len(), [Slot<Task>];
        Threads: machine.threads.len(), [Slot<Thread>];
        Waitables: machine.waitables.len(), [Slot<Waitable>];
        WaitableSets: machine.sets.len(), [Slot<WaitableSet>];
        Resources: machine.resources.len(), [Slot<ResourceHandle>];
        Lends: machine.lends.len(), [Slot<Lend>];
        ErrorContexts: machine.error_contexts.len(), [Slot<ErrorContext>, L::Message];
        Frames: machine.frames.len(), [Frame];
    } }

    fn count_in_tables(&self, count: impl Fn(&Tables<L>) -> u32) -> usize {
        let positions = 0..self.instances.positions();
        let tables = positions.filter(|it| self.instances.key_at(*it).is_some());
        tables.filter_map(|it| self.tables.get(it)).map(count).sum::<u32>() as usize
    }
}

impl<L: Limits, C: Chooser + Default, H: Hooks + Default> Default for Machine<L, C, H> {
    fn default() -> Self {
        Self::with_hooks(C::default(), H::default())
    }
}

impl<L: Limits, C: Chooser, H: Hooks> fmt::Debug for Machine<L, C, H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut machine = f.debug_struct("Machine");
        for table in Table::ALL {
            machine.field(table.size_name(), &self.count_of(table));
        }
        machine.field("ready_threads", &self.ready_threads).finish_non_exhaustive()
    }
}

/// From keys to the ids that the host has, and back.
macro_rules! ids {
    ($($id:ident, $to_id:ident, $to_key:ident: $arena:ident, $thing:ty;)*) => {
        impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {$(
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
    WaitableSetId, set_id, set_key: sets, WaitableSet;
}

/// The ids of what will be made next.
macro_rules! next_ids {
    ($($id:ident, $next:ident: $arena:ident;)*) => {
        impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {$(
            #[inline]
            pub(crate) fn $next(&self) -> Result<$id, Error> {
                let (key, generation) = self.$arena.next()?;
                Ok($id { number: key.number(), generation })
            }
        )*}
    };
}

next_ids! {
    TaskId, next_task_id: tasks;
    ThreadId, next_thread_id: threads;
    SubtaskId, next_subtask_id: waitables;
    ErrorContextId, next_error_context_id: error_contexts;
    WaitableSetId, next_set_id: sets;
}

#[cfg(test)]
mod tests {
    use super::*;

    crate::limits! {
        struct Small { ..MachineSizes::SMALL }
    }

    crate::limits! {
        struct Medium { ..MachineSizes::MEDIUM }
    }

    const MACHINE: Machine<Small> = Machine::new(FirstInFirstOut);

    #[test]
    fn a_bounded_machine_can_be_a_constant() {
        let mut machine = MACHINE;
        machine.new_instance().unwrap();
        assert_eq!(machine.new_instance(), Err(Error::Full(Table::Instances)));
        assert_eq!(machine.count_of(Table::Instances), 1);
        assert_eq!(MACHINE.count_of(Table::Instances), 0);
    }

    #[test]
    fn a_machine_of_a_preset_is_as_small_as_documented() {
        let own = [size_of::<Machine<Small>>(), size_of::<Machine<Medium>>()];
        assert!(own[0] < 2560 && own[1] < 13 * 1024, "{own:?}");
    }
}
