//! The host extensions as hooks of the machine: what the host remembers of what is in it.
//!
//! A task that begins has its caller's current context, and what is removed takes its record with
//! it. Everything else is done by [`Host`](super::Host), subject by subject.
//!
//! To add a record for another kind of thing: a field here, made of storage that is named in
//! [`HostLimits`]; a row of [`Table`] for it, in [`Hooks::count_of`] and [`Hooks::ENTRY_BYTES`]; and
//! its removal in the hook that is told when the thing is removed.

use core::fmt;

use crate::context::ContextValue;
use crate::context::stack::{Contexts, Stack};
use crate::error::Error;
use crate::error_context::record::ErrorRecord;
use crate::id::{ErrorContextId, Id as _, InstanceId, SubtaskId, TaskId, ThreadId, WaitableSetId};
use crate::limits::{HostLimits, Storage as _, Table};
use crate::list::FixedLengthListType;
use crate::machine::{Hooks, NewTask, ThreadEnd};
use crate::secondary_map::{SecondaryMap, SecondaryPlace};
use crate::task::record::{CallRecord, Failed};
use crate::task::token::Tokens;
use crate::thread::record::ThreadLocal;
use crate::thread::table::Threads;
use crate::waitable::host_sets::HostSets;

use super::attributes::Attribute;

/// The records of the things with ids `I`.
type Records<I, V, S> = SecondaryMap<I, V, S>;

/// A place for the record `V` of something with an id `I`.
type Place<I, V> = SecondaryPlace<I, V>;

/// What the host remembers of a task.
pub(crate) struct TaskRecord<L: HostLimits> {
    pub(crate) contexts: Stack<L>,
}

impl<L: HostLimits> TaskRecord<L> {
    /// Whether there is nothing to remember.
    pub(crate) const fn is_empty(&self) -> bool {
        self.contexts.is_empty()
    }
}

impl<L: HostLimits> Default for TaskRecord<L> {
    fn default() -> Self {
        Self { contexts: Stack::default() }
    }
}

/// The host extensions, as the [hooks](Hooks) of a machine: what the host remembers of what is in
/// it. A **host extension**, used by the [views](super::Host) of a machine that has them.
pub struct Extensions<L: HostLimits> {
    pub(crate) contexts: Contexts<L>,
    /// The contexts of the host, where no task runs.
    pub(crate) host_contexts: Stack<L>,
    pub(crate) tasks: Records<TaskId, TaskRecord<L>, L::TaskRecords<Place<TaskId, TaskRecord<L>>>>,
    pub(crate) errors: Records<
        ErrorContextId,
        ErrorRecord<L>,
        L::ErrorRecords<Place<ErrorContextId, ErrorRecord<L>>>,
    >,
    pub(crate) threads: Threads<L>,
    pub(crate) calls:
        Records<SubtaskId, CallRecord<L>, L::CallRecords<Place<SubtaskId, CallRecord<L>>>>,
    pub(crate) tokens: Tokens<L>,
    pub(crate) host_sets: HostSets<L>,
}

impl<L: HostLimits> Extensions<L> {
    /// Creates extensions that remember nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self {
            contexts: Contexts::new(),
            host_contexts: Stack::default(),
            tasks: Records::new(Table::TaskRecords),
            errors: Records::new(Table::ErrorRecords),
            threads: Threads::new(),
            calls: Records::new(Table::CallRecords),
            tokens: Tokens::new(),
            host_sets: HostSets::new(),
        }
    }

    /// The contexts of a task, if it has any, or of the host.
    pub(crate) fn contexts_of(&self, task: Option<TaskId>) -> Option<&Stack<L>> {
        match task {
            None => Some(&self.host_contexts),
            Some(task) => self.tasks.get(task).map(|record| &record.contexts),
        }
    }

    /// The current context of a task, or of the host, to begin something in it.
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

    /// One error context, or one task that failed, less holds `source`.
    pub(crate) fn count_source(&mut self, source: ErrorContextId) {
        let Some(record) = self.errors.get_mut(source) else { return };
        record.source_of = record.source_of.saturating_sub(1);
        if record.is_blank() {
            self.errors.remove(source);
        }
    }
}

impl<L: HostLimits> Default for Extensions<L> {
    fn default() -> Self {
        Self::new()
    }
}

impl<L: HostLimits> Hooks for Extensions<L> {
    const ENTRY_BYTES: &'static [(Table, usize)] = &[
        (Table::TaskRecords, size_of::<Place<TaskId, TaskRecord<L>>>()),
        (Table::Contexts, Contexts::<L>::entry_bytes(Table::Contexts)),
        (Table::ContextScopes, Contexts::<L>::entry_bytes(Table::ContextScopes)),
        (Table::ContextValues, Contexts::<L>::entry_bytes(Table::ContextValues)),
        (Table::ErrorRecords, size_of::<Place<ErrorContextId, ErrorRecord<L>>>()),
        (Table::StackFrames, ErrorRecord::<L>::FRAME_BYTES),
        (Table::ErrorMetadata, size_of::<Attribute<L>>()),
        (Table::ListElements, size_of::<ContextValue<L>>()),
        (Table::ListTypes, size_of::<FixedLengthListType<L::CompoundType>>()),
        (Table::ThreadRecords, Threads::<L>::ENTRY_BYTES),
        (Table::ThreadLocals, size_of::<ThreadLocal<L>>()),
        (Table::CallRecords, size_of::<Place<SubtaskId, CallRecord<L>>>()),
        (Table::TaskMetadata, size_of::<Attribute<L>>()),
        (Table::CancellationTokens, Tokens::<L>::entry_bytes(Table::CancellationTokens)),
        (Table::CancellationHandlers, Tokens::<L>::entry_bytes(Table::CancellationHandlers)),
        (Table::HostSets, HostSets::<L>::ENTRY_BYTES),
    ];

    fn count_of(&self, table: Table) -> usize {
        match table {
            Table::TaskRecords => self.tasks.len(),
            Table::Contexts | Table::ContextScopes | Table::ContextValues => {
                self.contexts.count_of(table)
            }
            Table::ErrorRecords => self.errors.len(),
            Table::StackFrames => self.errors.iter().map(|(_, it)| it.num_frames()).sum(),
            Table::ErrorMetadata => self.errors.iter().map(|(_, it)| it.metadata.len()).sum(),
            Table::ThreadRecords => self.threads.len(),
            Table::ThreadLocals => self.threads.iter().map(|(_, it)| it.locals.len()).sum(),
            Table::CallRecords => self.calls.len(),
            Table::TaskMetadata => self.calls.iter().map(|(_, it)| it.metadata.len()).sum(),
            Table::CancellationTokens | Table::CancellationHandlers => self.tokens.count_of(table),
            Table::HostSets => self.host_sets.len(),
            _ => 0,
        }
    }

    /// Makes sure that the task can have the current context.
    #[inline]
    fn prepare_task(&mut self, task: &NewTask) -> Result<(), Error> {
        // Nobody sees the context of `realloc`.
        let inherits = task.function.is_some()
            && self.contexts_of(task.begun_by).is_some_and(|contexts| !contexts.is_empty());
        if inherits { self.tasks.reserve(task.task.position()) } else { Ok(()) }
    }

    /// Gives the current context to the task. If its implicit thread is one that the host begins,
    /// that is known from now on.
    #[inline]
    fn task_made(&mut self, task: &NewTask) -> Result<(), Error> {
        let Some(call) = task.call else { return Ok(()) };
        self.threads.task_made(task.implicit_thread, call, task.instance)?;
        let inherited = self.inherited_context(task.begun_by)?;
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
        self.count_source(error);
        Ok(Some(error))
    }

    fn keeps_error_context(&self, error_context: ErrorContextId) -> bool {
        self.errors.get(error_context).is_some_and(|record| record.source_of > 0)
    }

    fn error_context_removed(
        &mut self,
        error_context: ErrorContextId,
    ) -> Result<Option<ErrorContextId>, Error> {
        let source = self.errors.remove(error_context).and_then(|record| record.source);
        if let Some(source) = source {
            self.count_source(source);
        }
        Ok(source)
    }

    fn instance_locked_down(&mut self, instance: InstanceId) -> Result<(), Error> {
        self.threads.instance_locked_down(instance)
    }

    fn set_changed(&mut self, set: WaitableSetId, has_event: bool) -> Result<(), Error> {
        self.host_sets.changed(set, has_event)
    }
}

impl<L: HostLimits> fmt::Debug for Extensions<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut tables = f.debug_map();
        for (table, _) in Self::ENTRY_BYTES {
            tables.entry(table, &self.count_of(*table));
        }
        tables.finish()
    }
}
