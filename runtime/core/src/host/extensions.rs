//! What the machine carries for the host: the side tables of the host extensions.
//!
//! The machine itself knows of them where things begin and end: a task that begins has its caller's
//! current context, and what is removed takes its record with it. Everything else is done by
//! [`Host`](super::Host), subject by subject.
//!
//! To add a record for another kind of thing, add a row to the tables of the extensions in
//! `limits::table`, from which its storage in [`ExtensionLimits`] follows; a field and its entries
//! here; and a call of [`Records::take`] where the machine removes the thing.

use crate::context::ContextValue;
use crate::context::stack::{Contexts, Shared, Stack, Under};
use crate::error_context::record::{ErrorRecord, Frame};
use crate::host::limits::ExtensionLimits;
use crate::limits::{Storage as _, Table, entries};
use crate::list::FixedLengthListType;
use crate::machine::arena::Slot;
use crate::machine::host_set::HostSet;
use crate::task::record::CallRecord;
use crate::task::token::{Handler, Token, Tokens};
use crate::thread::record::{ThreadLocal, ThreadRecord};
use crate::thread::table::{Link, Threads};

use super::attributes::Attribute;
use super::records::{Place, Records};

/// What the host remembers of a task.
pub(crate) struct TaskRecord<L: ExtensionLimits> {
    pub(crate) contexts: Stack<L>,
}

impl<L: ExtensionLimits> TaskRecord<L> {
    /// Whether there is nothing to remember.
    pub(crate) const fn is_empty(&self) -> bool {
        self.contexts.is_empty()
    }
}

impl<L: ExtensionLimits> Default for TaskRecord<L> {
    fn default() -> Self {
        Self { contexts: Stack::default() }
    }
}

/// The side tables of the host extensions.
pub(crate) struct Extensions<L: ExtensionLimits> {
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

impl<L: ExtensionLimits> Extensions<L> {
    /// Nothing yet.
    pub(crate) const fn new() -> Self {
        Self {
            contexts: Contexts::new(),
            host_contexts: Stack::new(),
            tasks: Records::new(Table::TaskRecords),
            errors: Records::new(Table::ErrorRecords),
            threads: Threads::new(),
            calls: Records::new(Table::CallRecords),
            tokens: Tokens::new(),
            host_sets: Records::new(Table::HostSets),
        }
    }

    entries! { extensions {
        TaskRecords: extensions.tasks.len(), [Place<TaskRecord<L>>];
        Contexts: extensions.contexts.len(), [Slot<Shared<L>>];
        ContextScopes: extensions.contexts.scopes(), [Slot<Under<L>>];
        ContextValues: extensions.contexts.values(), [Attribute<L>];
        ErrorRecords: extensions.errors.len(), [Place<ErrorRecord<L>>];
        StackFrames: extensions.errors.iter().map(ErrorRecord::num_frames).sum(), [Frame<L>];
        ErrorMetadata: extensions.errors.iter().map(|it| it.metadata.len()).sum(), [Attribute<L>];
        ListElements: 0, [ContextValue<L>];
        ListTypes: 0, [FixedLengthListType<L::CompoundType>];
        ThreadRecords: extensions.threads.len(), [Slot<ThreadRecord<L>>, Place<Link<L>>];
        ThreadLocals: extensions.threads.iter().map(|(_, it)| it.locals.len()).sum(), [ThreadLocal<L>];
        CallRecords: extensions.calls.len(), [Place<CallRecord<L>>];
        TaskMetadata: extensions.calls.iter().map(|it| it.metadata.len()).sum(), [Attribute<L>];
        CancellationTokens: extensions.tokens.len(), [Slot<Token>];
        CancellationHandlers: extensions.tokens.handlers(), [Slot<Handler>];
        HostSets: extensions.host_sets.len(), [Place<HostSet>];
    } }
}
