//! The host extensions as hooks of the machine: the host's records beside the machine's.
//!
//! A new task gets its caller's current context. A record of the host is dropped with the machine's
//! record that it belongs to. The views, one for each subject, do all else.
//!
//! To add a kind of record, add a row to the tables of the extensions in `limits::table`. Its
//! storage in [`ExtensionLimits`] follows from it. Then add a field and its entries here, and
//! drop it in the hook that is told of the removal.

use core::fmt;

use crate::context::ContextValue;
use crate::context::stack::{ContextTable, Shared, Stack, Under};
use crate::error::Error;
use crate::error_context::record::{ErrorRecord, Frame, Holder};
use crate::host::limits::ExtensionLimits;
use crate::host::observer::Observer as _;
use crate::id::{ErrorContextId, Id as _, InstanceId, SubtaskId, TaskId, ThreadId, WaitableSetId};
use crate::limits::{Storage as _, Table, entries};
use crate::list::FixedLengthListType;
use crate::machine::arena::{Key, Slot};
use crate::machine::{Hooks, NewTask, Observation, ThreadEnd};
use crate::secondary_map::{SecondaryMap, SecondaryPlace};
use crate::task::record::{CallRecord, Failed};
use crate::task::token::{Handler, Token, Tokens};
use crate::thread::record::{ThreadLocal, ThreadRecord};
use crate::thread::table::{Link, ThreadTable};
use crate::waitable::host_sets::{HostSet, HostSets};

use super::attributes::Attribute;

/// The host's records for ids `I`.
type Records<I, V, S> = SecondaryMap<I, V, S>;

/// A place for the record `V` of an id `I`.
type Place<I, V> = SecondaryPlace<I, V>;

/// The host's record of a task.
pub(crate) struct TaskRecord<L: ExtensionLimits> {
    pub(crate) contexts: Stack<L>,
}

impl<L: ExtensionLimits> TaskRecord<L> {
    /// Returns `true` if the record is empty.
    pub(crate) const fn is_empty(&self) -> bool {
        self.contexts.is_empty()
    }
}

impl<L: ExtensionLimits> Default for TaskRecord<L> {
    fn default() -> Self {
        Self { contexts: Stack::default() }
    }
}

/// The records of tasks.
type TaskRecords<L> = Records<
    TaskId,
    TaskRecord<L>,
    <L as ExtensionLimits>::TaskRecords<Place<TaskId, TaskRecord<L>>>,
>;

/// The records of error contexts.
type ErrorRecords<L> = Records<
    ErrorContextId,
    ErrorRecord<L>,
    <L as ExtensionLimits>::ErrorRecords<Place<ErrorContextId, ErrorRecord<L>>>,
>;

/// The records of calls and host tasks.
type CallRecords<L> = Records<
    SubtaskId,
    CallRecord<L>,
    <L as ExtensionLimits>::CallRecords<Place<SubtaskId, CallRecord<L>>>,
>;

/// The host extensions as the [hooks](Hooks) of a machine: the host's records beside the
/// machine's. A **host extension**, used by the views of a machine that has them.
pub struct Extensions<L: ExtensionLimits> {
    pub(crate) contexts: ContextTable<L>,
    /// The contexts of the host, for when no task runs.
    pub(crate) host_contexts: Stack<L>,
    /// The task that the host acts for, while none runs.
    pub(crate) acting_for: Option<TaskId>,
    pub(crate) tasks: TaskRecords<L>,
    pub(crate) errors: ErrorRecords<L>,
    pub(crate) threads: ThreadTable<L>,
    pub(crate) calls: CallRecords<L>,
    pub(crate) tokens: Tokens<L>,
    pub(crate) host_sets: HostSets<L>,
    pub(crate) observer: L::Observer,
}

impl<L: ExtensionLimits> Extensions<L> {
    /// Creates extensions without records.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            contexts: ContextTable::new(),
            host_contexts: Stack::new(),
            acting_for: None,
            tasks: Records::new(Table::TaskRecords),
            errors: Records::new(Table::ErrorRecords),
            threads: ThreadTable::new(),
            calls: Records::new(Table::CallRecords),
            tokens: Tokens::new(),
            host_sets: HostSets::new(),
            observer: L::Observer::NONE,
        }
    }

    entries! { extensions {
        TaskRecords: extensions.tasks.len(), [Place<TaskId, TaskRecord<L>>];
        Contexts: extensions.contexts.len(), [Slot<Shared<L>>];
        ContextScopes: extensions.contexts.scopes(), [Slot<Under<L>>];
        ContextValues: extensions.contexts.values(), [Attribute<L>];
        ErrorRecords: extensions.errors.len(), [Place<ErrorContextId, ErrorRecord<L>>];
        StackFrames: extensions.errors.iter().map(|(_, it)| it.num_frames()).sum(), [Frame<L>];
        ErrorMetadata: extensions.errors.iter().map(|(_, it)| it.metadata.len()).sum(), [Attribute<L>];
        ListElements: 0, [ContextValue<L>];
        ListTypes: 0, [FixedLengthListType<L::CompoundType>];
        ThreadRecords: extensions.threads.len(), [Slot<ThreadRecord<L>>, Place<ThreadId, Link<L>>];
        ThreadLocals: extensions.threads.iter().map(|(_, it)| it.locals.len()).sum(), [ThreadLocal<L>];
        CallRecords: extensions.calls.len(), [Place<SubtaskId, CallRecord<L>>];
        TaskMetadata: extensions.calls.iter().map(|(_, it)| it.metadata.len()).sum(), [Attribute<L>];
        CancellationTokens: extensions.tokens.len(), [Slot<Token>];
        CancellationHandlers: extensions.tokens.handlers(), [Slot<Handler>];
        HostSets: extensions.host_sets.len(), [Slot<HostSet>, Place<WaitableSetId, Key<HostSet>>];
    } }

    /// Returns the contexts of a task, if it has any, or of the host.
    pub(crate) fn contexts_of(&self, task: Option<TaskId>) -> Option<&Stack<L>> {
        match task {
            None => Some(&self.host_contexts),
            Some(task) => self.tasks.get(task).map(|record| &record.contexts),
        }
    }

    /// Returns the current context of a task, or of the host, for something that begins in it.
    pub(crate) fn inherited_context(&mut self, task: Option<TaskId>) -> Result<Stack<L>, Error> {
        let Self { contexts, host_contexts, tasks, .. } = self;
        let current = match task {
            None => &*host_contexts,
            Some(task) => match tasks.get(task) {
                Some(record) => &record.contexts,
                None => return Ok(Stack::default()),
            },
        };
        contexts.inherit(current)
    }

    /// Removes a holder from the record of an error context.
    pub(crate) fn release_error(&mut self, error_context: ErrorContextId, holder: Holder) {
        let Some(record) = self.errors.get_mut(error_context) else { return };
        let holders = record.holders(holder);
        *holders = holders.saturating_sub(1);
        if record.is_blank() {
            self.errors.remove(error_context);
        }
    }
}

impl<L: ExtensionLimits> Default for Extensions<L> {
    fn default() -> Self {
        Self::new()
    }
}

impl<L: ExtensionLimits> Hooks for Extensions<L> {
    const ENTRY_BYTES: &'static [(Table, usize)] = Self::ENTRY_BYTES;

    fn count_of(&self, table: Table) -> usize {
        self.entries_in_use(table)
    }

    fn tag_given(&mut self, tag: u8) {
        self.threads.set_tag(tag);
        self.tokens.set_tag(tag);
    }

    /// Returns `true` if the host begins the task's thread, or if there are contexts.
    #[inline]
    fn hears_of_next_task(&self) -> bool {
        self.threads.is_spawning() || self.contexts.len() > 0
    }

    #[inline]
    fn hears_of_next_call(&self) -> bool {
        false
    }

    /// Makes sure that the task can have the current context.
    #[inline]
    fn prepare_task(&mut self, task: &NewTask) -> Result<(), Error> {
        // The context of `realloc` can't be seen.
        let inherits = task.function.is_some()
            && self
                .contexts_of(task.begun_by.or(self.acting_for))
                .is_some_and(|contexts| !contexts.is_empty());
        if inherits { self.tasks.reserve(task.task.position()) } else { Ok(()) }
    }

    /// Passes the current context to the task. If its implicit thread is one that the host
    /// begins, links the two.
    #[inline]
    fn task_made(&mut self, task: &NewTask) -> Result<(), Error> {
        let Some(call) = task.call else { return Ok(()) };
        self.threads.task_made(task.implicit_thread, call, task.instance)?;
        let inherited = self.inherited_context(task.begun_by.or(self.acting_for))?;
        if !inherited.is_empty() {
            self.tasks.insert(task.task, TaskRecord { contexts: inherited })?;
        }
        Ok(())
    }

    fn task_cancelled(
        &mut self,
        _: TaskId,
        implicit_thread: Option<ThreadId>,
    ) -> Result<(), Error> {
        implicit_thread.map_or(Ok(()), |thread| self.threads.cancelled(thread))
    }

    #[inline]
    fn task_removed(&mut self, task: TaskId) -> Result<(), Error> {
        match self.tasks.remove(task) {
            Some(record) => self.contexts.end(record.contexts),
            None => Ok(()),
        }
    }

    #[inline]
    fn thread_removed(&mut self, thread: ThreadId, end: ThreadEnd) -> Result<(), Error> {
        self.threads.thread_ended(thread, end)
    }

    #[inline]
    fn call_removed(&mut self, call: SubtaskId) -> Result<Option<ErrorContextId>, Error> {
        let Some(record) = self.calls.remove(call) else { return Ok(None) };
        self.contexts.end(record.contexts)?;
        if let Some(handler) = record.binding {
            self.tokens.remove_handler(handler)?;
        }
        let Some(Failed(Some(error))) = record.failure else { return Ok(None) };
        self.release_error(error, Holder::FailedTask);
        Ok(Some(error))
    }

    fn keeps_error_context(&self, error_context: ErrorContextId) -> bool {
        self.errors.get(error_context).is_some_and(ErrorRecord::is_held)
    }

    fn error_context_removed(
        &mut self,
        error_context: ErrorContextId,
    ) -> Result<Option<ErrorContextId>, Error> {
        let source = self.errors.remove(error_context).and_then(|record| record.source);
        if let Some(source) = source {
            self.release_error(source, Holder::ErrorContext);
        }
        Ok(source)
    }

    fn instance_locked_down(&mut self, instance: InstanceId) -> Result<(), Error> {
        self.threads.instance_locked_down(instance)
    }

    #[inline]
    fn observes(&self) -> bool {
        self.observer.observes()
    }

    fn observed(&mut self, observation: &Observation) {
        self.observer.observed(observation);
    }

    fn set_changed(&mut self, set: WaitableSetId, has_event: bool) -> Result<(), Error> {
        self.host_sets.changed(set, has_event)
    }
}

impl<L: ExtensionLimits> fmt::Debug for Extensions<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tables = f.debug_map();
        for (table, _) in Self::ENTRY_BYTES {
            tables.entry(table, &self.count_of(*table));
        }
        tables.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::ExtendedMachine;
    use crate::machine::Machine;

    crate::limits! {
        struct Small { ..MachineSizes::SMALL }
        extensions { ..ExtensionSizes::SMALL }
    }

    crate::limits! {
        struct Medium { ..MachineSizes::MEDIUM }
        extensions { ..ExtensionSizes::MEDIUM }
    }

    #[test]
    fn every_table_has_its_row_of_entries() {
        let of_the_machine = Machine::<Small>::entry_bytes;
        for table in Table::ALL {
            assert!(ExtendedMachine::<Small>::entry_bytes(table) > 0, "{table}");
        }
        let of_the_machine = Table::ALL.into_iter().filter(|it| of_the_machine(*it) > 0).count();
        let rows = of_the_machine + Extensions::<Small>::ENTRY_BYTES.len();
        assert_eq!(rows, Table::ALL.len(), "each is in one of the two lists");
    }

    #[test]
    fn the_extensions_of_a_preset_are_as_small_as_documented() {
        let sizes = [size_of::<Extensions<Small>>(), size_of::<Extensions<Medium>>()];
        assert!(sizes[0] < 5 * 1024 && sizes[1] < 24 * 1024, "{sizes:?}");
    }
}
