//! What the machine carries for the host: the side tables of the host extensions.
//!
//! The machine itself knows of them where things begin and end: a task that begins has its caller's
//! current context, and what is removed takes its record with it. Everything else is done by
//! [`Host`](super::Host), subject by subject.
//!
//! To add a record for another kind of thing: a field here, made of storage that is named in
//! [`HostLimits`]; a row of [`Table`] for it, in [`Extensions::count_of`] and
//! [`Extensions::entry_bytes`]; and a call of [`Records::take`] where the machine removes the
//! thing.

use crate::context::ContextValue;
use crate::context::stack::{Contexts, Stack};
use crate::error_context::record::ErrorRecord;
use crate::limits::{HostLimits, Storage as _, Table};
use crate::list::FixedLengthListType;
use crate::machine::host_set::HostSet;
use crate::task::record::CallRecord;
use crate::task::token::Tokens;
use crate::thread::record::ThreadLocal;
use crate::thread::table::Threads;

use super::attributes::Attribute;
use super::records::{Place, Records};

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

/// The side tables of the host extensions.
pub(crate) struct Extensions<L: HostLimits> {
    pub(crate) contexts: Contexts<L>,
    /// The contexts of the host, where no task runs.
    pub(crate) host_contexts: Stack<L>,
    pub(crate) tasks: Records<TaskRecord<L>, L::TaskRecords<Place<TaskRecord<L>>>>,
    pub(crate) errors: Records<ErrorRecord<L>, L::ErrorRecords<Place<ErrorRecord<L>>>>,
    pub(crate) threads: Threads<L>,
    pub(crate) calls: Records<CallRecord<L>, L::CallRecords<Place<CallRecord<L>>>>,
    pub(crate) tokens: Tokens<L>,
    pub(crate) host_sets: Records<HostSet, L::HostSets<Place<HostSet>>>,
}

impl<L: HostLimits> Extensions<L> {
    /// Nothing yet.
    pub(crate) fn new() -> Self {
        Self {
            contexts: Contexts::new(),
            host_contexts: Stack::default(),
            tasks: Records::new(Table::TaskRecords),
            errors: Records::new(Table::ErrorRecords),
            threads: Threads::new(),
            calls: Records::new(Table::CallRecords),
            tokens: Tokens::new(),
            host_sets: Records::new(Table::HostSets),
        }
    }

    /// How many entries a side table has in use; 0 for a table of the machine's own.
    pub(crate) fn count_of(&self, table: Table) -> usize {
        match table {
            Table::TaskRecords => self.tasks.len(),
            Table::Contexts | Table::ContextScopes | Table::ContextValues => {
                self.contexts.count_of(table)
            }
            Table::ErrorRecords => self.errors.len(),
            Table::StackFrames => self.errors.iter().map(ErrorRecord::num_frames).sum(),
            Table::ErrorMetadata => self.errors.iter().map(|it| it.metadata.len()).sum(),
            Table::ThreadRecords => self.threads.len(),
            Table::ThreadLocals => self.threads.iter().map(|(_, it)| it.locals.len()).sum(),
            Table::CallRecords => self.calls.len(),
            Table::TaskMetadata => self.calls.iter().map(|it| it.metadata.len()).sum(),
            Table::CancellationTokens | Table::CancellationHandlers => self.tokens.count_of(table),
            Table::HostSets => self.host_sets.len(),
            _ => 0,
        }
    }

    /// How many bytes an entry of a side table takes; 0 for a table of the machine's own.
    pub(crate) const fn entry_bytes(table: Table) -> usize {
        match table {
            Table::TaskRecords => size_of::<Place<TaskRecord<L>>>(),
            Table::Contexts | Table::ContextScopes | Table::ContextValues => {
                Contexts::<L>::entry_bytes(table)
            }
            Table::ErrorRecords => size_of::<Place<ErrorRecord<L>>>(),
            Table::StackFrames => ErrorRecord::<L>::FRAME_BYTES,
            Table::ErrorMetadata | Table::TaskMetadata => size_of::<Attribute<L>>(),
            Table::CallRecords => size_of::<Place<CallRecord<L>>>(),
            Table::CancellationTokens | Table::CancellationHandlers => {
                Tokens::<L>::entry_bytes(table)
            }
            Table::ListElements => size_of::<ContextValue<L>>(),
            Table::ListTypes => size_of::<FixedLengthListType<L::CompoundType>>(),
            Table::ThreadRecords => Threads::<L>::ENTRY_BYTES,
            Table::ThreadLocals => size_of::<ThreadLocal<L>>(),
            Table::HostSets => size_of::<Place<HostSet>>(),
            _ => 0,
        }
    }
}
