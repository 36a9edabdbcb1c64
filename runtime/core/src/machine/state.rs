//! The machine's state: its tables, and the ids of what is in them.

use core::fmt;

use crate::chooser::{Chooser, FirstInFirstOut};
use crate::error::Error;
use crate::id::{
    EndId, ErrorContextId, FunctionId, InstanceId, SubtaskId, TaskId, ThreadId, WaitableSetId,
};
use crate::limits::{Limits, Storage, Table, bytes_of, entries};

use super::arena::{Arena, Key, Slot};
use super::hooks::Hooks;
use super::index_table::Entry;
use super::list::List;
use super::operation::FEW;
use super::record::definition::{DefinedFunction, NumberedType};
use super::record::error_context::ErrorContext;
use super::record::frame::{Frame, Outstanding};
use super::record::held::HeldFrame;
use super::record::instance::Instance;
use super::record::resource::{Lend, ResourceHandle};
use super::record::tables::{Handle, Tables};
use super::record::task::{Task, Thread};
use super::record::waitable::{Waitable, WaitableSet};

/// The state of a store without an engine: all component instances that can call one another.
///
/// `L` chooses the storage of its tables, and `C` decides what the spec leaves open. `H` is told
/// which records are made and removed; with `()`, nothing is told.
pub struct Machine<L: Limits, C = FirstInFirstOut, H = ()> {
    pub(super) chooser: C,
    pub(crate) hooks: H,
    pub(super) instances: Arena<Instance, L::Instances<Slot<Instance>>>,
    /// The tables of the instance at the same position.
    pub(super) tables: L::Instances<Tables<L>>,
    /// The greatest length of the tables of new instances.
    pub(super) max_table_length: u32,
    pub(super) functions: Arena<DefinedFunction, L::Functions<Slot<DefinedFunction>>>,
    /// In ascending order of their numbers. Removed types leave gaps in the numbers.
    pub(super) types: L::Types<NumberedType>,
    /// The number of the next type. No number is used twice.
    pub(super) next_type: u32,
    pub(super) tasks: Arena<Task, L::Tasks<Slot<Task>>>,
    pub(super) threads: Arena<Thread, L::Threads<Slot<Thread>>>,
    pub(super) waitables: Arena<Waitable, L::Waitables<Slot<Waitable>>>,
    pub(super) sets: Arena<WaitableSet, L::WaitableSets<Slot<WaitableSet>>>,
    pub(super) resources: Arena<ResourceHandle, L::Resources<Slot<ResourceHandle>>>,
    pub(super) lends: Arena<Lend, L::Lends<Slot<Lend>>>,
    pub(super) error_contexts: Arena<ErrorContext, L::ErrorContexts<Slot<ErrorContext>>>,
    /// The message of the error context at the same position.
    pub(super) messages: L::ErrorContexts<L::Message>,
    /// The frames to which control returns, the innermost last.
    pub(super) frames: L::Frames<Frame>,
    /// The number of innermost frames of calls whose records are not made.
    pub(super) deferred: u32,
    /// `true` if records are made at once.
    pub(super) is_eager: bool,
    /// `true` if the stack of nested calls can't be held.
    pub(super) is_holding_forbidden: bool,
    /// The frames of the stacks that are held.
    pub(super) held: Arena<HeldFrame, L::HeldFrames<Slot<HeldFrame>>>,
    /// The thread that runs, or that is below all deferred frames; `None` while the host runs.
    pub(super) current: Option<Key<Thread>>,
    pub(super) outstanding: Outstanding,
    /// `true` if something failed half-way, so that only unwinding is left.
    pub(super) must_unwind: bool,
    /// The number of tokens that were handed out.
    pub(super) tokens: u64,
    /// The instances with a ready thread, in the order of their turns.
    pub(super) ready_instances: List<Instance>,
    pub(super) ready_threads: u32,
    /// The number of times that a thread has begun to wait.
    pub(super) waits: u64,
    /// The host's waitables that have an event.
    pub(super) host_pending: List<Waitable>,
    /// The number of instances that were locked down.
    pub(super) lockdowns: u64,
    /// The ends that the host serves and whose other end was dropped.
    pub(super) served_pending: List<Waitable>,
    /// The number of operations of the host that have ended.
    pub(super) operations_ended: u32,
    /// The number of waitables at which operations that are over are removed.
    pub(super) forget_at: u32,
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
            functions: Arena::new(Table::Functions),
            types: Storage::EMPTY,
            next_type: 0,
            tasks: Arena::new(Table::Tasks),
            threads: Arena::new(Table::Threads),
            waitables: Arena::new(Table::Waitables),
            sets: Arena::new(Table::WaitableSets),
            resources: Arena::new(Table::Resources),
            lends: Arena::new(Table::Lends),
            error_contexts: Arena::new(Table::ErrorContexts),
            messages: Storage::EMPTY,
            frames: Storage::EMPTY,
            deferred: 0,
            is_eager: H::EAGER,
            is_holding_forbidden: false,
            held: Arena::new(Table::HeldFrames),
            current: None,
            outstanding: Outstanding::Nothing,
            must_unwind: false,
            tokens: 0,
            ready_instances: List::new(),
            ready_threads: 0,
            waits: 0,
            host_pending: List::new(),
            lockdowns: 0,
            served_pending: List::new(),
            operations_ended: 0,
            forget_at: FEW,
        }
    }

    /// Sets the tag of the machine, which is a part of all ids that it makes from now on. This is a
    /// **host extension**.
    ///
    /// A program with several machines calls this once for each, before anything else, with
    /// different numbers. Then every function refuses an id of another machine with
    /// [`Error::Unknown`](crate::error::Error::Unknown). Checking a tag costs nothing.
    ///
    /// A machine without a tag has the tag 0. The ids of two such machines can be equal. The tag
    /// takes 8 of the 32 bits that count how often the place of an id was used before.
    ///
    /// # Example
    ///
    /// ```
    /// # use weft_core as weft;
    /// use weft::error::Error;
    /// use weft::limits::Table;
    /// use weft::machine::Machine;
    ///
    /// weft::limits! {
    ///     struct Sensor { ..MachineSizes::SMALL }
    /// }
    ///
    /// let mut first = Machine::<Sensor>::default();
    /// let mut second = Machine::<Sensor>::default();
    /// first.set_tag(1);
    /// second.set_tag(2);
    /// let (instance, other) = (first.new_instance()?, second.new_instance()?);
    /// assert_eq!(first.remove_instance(other), Err(Error::Unknown(Table::Instances)));
    /// first.remove_instance(instance)?;
    /// # Ok::<(), Error>(())
    /// ```
    pub fn set_tag(&mut self, tag: u8) {
        self.instances.set_tag(tag);
        self.functions.set_tag(tag);
        self.tasks.set_tag(tag);
        self.threads.set_tag(tag);
        self.waitables.set_tag(tag);
        self.sets.set_tag(tag);
        self.error_contexts.set_tag(tag);
        self.hooks.tag_given(tag);
    }

    /// Returns the chooser, which decides what the spec leaves open.
    pub const fn chooser(&self) -> &C {
        &self.chooser
    }

    /// Returns the chooser, which decides what the spec leaves open, to change it.
    pub const fn chooser_mut(&mut self) -> &mut C {
        &mut self.chooser
    }

    /// Returns the thread that runs, or `None` while the host runs.
    ///
    /// The records of the call that the thread runs for are made first, if they were put off. So
    /// this takes the machine by `&mut`.
    pub fn current(&mut self) -> Option<ThreadId> {
        self.look().ok()?;
        self.current.and_then(|thread| self.thread_id(thread).ok())
    }

    /// Returns the number of a table's entries that are in use.
    ///
    /// For [`Table::Handles`] and [`Table::ThreadIndices`], it adds those of all instances.
    /// Records that were put off have no entry yet.
    ///
    /// ```
    /// # use weft_core as weft;
    /// use weft::limits::Table;
    /// use weft::machine::Machine;
    ///
    /// weft::limits! {
    ///     struct Small { ..MachineSizes::SMALL }
    /// }
    ///
    /// let mut machine = Machine::<Small>::default();
    /// assert_eq!(machine.count_of(Table::Instances), 0);
    /// machine.new_instance()?;
    /// assert_eq!(machine.count_of(Table::Instances), 1);
    /// # Ok::<(), weft::error::Error>(())
    /// ```
    pub fn count_of(&self, table: Table) -> usize {
        self.entries_in_use(table) + self.hooks.count_of(table)
    }

    /// Returns the size of a table's entry in bytes.
    ///
    /// A bounded machine is as large as the sum of its tables' entries and a little more. A
    /// growing one has as many entries as were ever in use at the same time. An implicit thread
    /// comes with its task.
    #[must_use]
    pub const fn entry_bytes(table: Table) -> usize {
        bytes_of(Self::ENTRY_BYTES, table) + bytes_of(H::ENTRY_BYTES, table)
    }

    entries! { machine {
        Instances: machine.instances.len(), [Slot<Instance>, Tables<L>];
        Functions: machine.functions.len(), [Slot<DefinedFunction>];
        Types: machine.types.len(), [NumberedType];
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
        HeldFrames: machine.held.len(), [Slot<HeldFrame>];
    } }

    /// Adds up `count` of the tables of all instances.
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

/// Generates the functions that turn keys into the ids that the host has, and back.
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
    FunctionId, function_id, function_key: functions, DefinedFunction;
}

/// Generates the functions that return the id of the record that is made next.
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
        assert!(own[0] < 2560 && own[1] < 14 * 1024, "{own:?}");
    }
}
