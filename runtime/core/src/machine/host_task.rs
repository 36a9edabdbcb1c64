//! Host tasks: subtasks of the host whose callee is the host, and what the host remembers of calls.
//! **Host extensions**: the reference has nothing like it.

use crate::chooser::Chooser;
use crate::code::SubtaskState;
use crate::error::Error;
use crate::host::extensions::Extensions;
use crate::limits::Limits;
use crate::task::record::{CallRecord, Failed};

use super::Machine;
use super::arena::Key;
use super::subtask::{Ends, Resolution, Subtask};
use super::waitable::{Callee, Kind, Waitable};
use crate::id::SubtaskId;

impl<L: Limits, C: Chooser> Machine<L, C> {
    /// A new host task, which has started, in the current context.
    ///
    /// Fails, with nothing changed, if there is no room for it, or for a record of its context.
    pub(crate) fn new_host_task(&mut self) -> Result<SubtaskId, Error> {
        self.waitables.reserve(1)?;
        let contexts = if self.current_contexts().is_some_and(|contexts| !contexts.is_empty()) {
            self.extensions.calls.reserve(self.waitables.next_position())?;
            Some(self.inherited_context()?)
        } else {
            None
        };
        let mut subtask = Subtask::new(Callee::HostTask);
        subtask.state = SubtaskState::Started;
        subtask.ends = Ends::Event;
        let key = self.waitables.insert(Waitable::new(None, Kind::Subtask(subtask)))?;
        let id = self.subtask_id(key)?;
        if let Some(contexts) = contexts {
            let calls = &mut self.extensions.calls;
            calls.make(key, id.generation, CallRecord::default)?.contexts = contexts;
        }
        Ok(id)
    }

    /// Whether something is a host task, over or not.
    pub(crate) fn is_host_task(&self, task: SubtaskId) -> Result<bool, Error> {
        Ok(self.subtask(self.subtask_key(task)?)?.callee == Callee::HostTask)
    }

    /// A host task that is not over.
    pub(crate) fn active_host_task(&self, task: SubtaskId) -> Result<Key<Waitable>, Error> {
        let key = self.subtask_key(task)?;
        let subtask = self.subtask(key)?;
        if subtask.callee != Callee::HostTask {
            return Err(Error::NotHosts);
        }
        if subtask.resolved() {
            return Err(Error::AlreadyResolved);
        }
        Ok(key)
    }

    /// A host task ends, with a result or failure that is in its record.
    pub(crate) fn host_task_returned(&mut self, task: SubtaskId) -> Result<(), Error> {
        let key = self.active_host_task(task)?;
        self.subtask_resolved(key, Resolution::Returned(None))
    }

    /// A host task is cancelled.
    pub(crate) fn cancel_host_task(&mut self, task: SubtaskId) -> Result<(), Error> {
        let key = self.active_host_task(task)?;
        self.subtask_mut(key)?.cancellation_requested = true;
        self.subtask_resolved(key, Resolution::Cancelled)
    }

    /// A call that the host made has failed, as something trapped that it had begun: whoever waits
    /// for it hears of that, if it has not ended otherwise. A **host extension**, for whoever drives
    /// the machine.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]; [`Error::NotHosts`] if a guest made it.
    pub fn call_failed(&mut self, call: SubtaskId) -> Result<(), Error> {
        let key = self.hosts_call(call)?;
        if self.subtask(key)?.resolved() { Ok(()) } else { self.set_pending_event(key) }
    }

    /// A call that the host made, which is not over, as one that has failed is, and was not asked
    /// to cancel.
    pub(crate) fn cancellable_call(&self, call: SubtaskId) -> Result<(), Error> {
        let subtask = self.subtask(self.hosts_call(call)?)?;
        if subtask.resolved() || self.is_callee_gone(call)? {
            return Err(Error::AlreadyResolved);
        }
        if subtask.cancellation_requested {
            return Err(Error::AlreadyCancelled);
        }
        Ok(())
    }

    /// The call that is to be cancelled next, as the host [wants
    /// it](crate::host::Host::task_cancel) or a token was cancelled that it is bound to: a **host
    /// extension**. Whoever drives the machine asks for them when no guest has control, and calls
    /// [`cancel_call`](Self::cancel_call) for each.
    ///
    /// # Errors
    ///
    /// [`Error::GuestHasControl`], with nothing changed.
    pub fn next_call_to_cancel(&mut self) -> Result<Option<SubtaskId>, Error> {
        self.check_host_has_control()?;
        while let Some(call) = self.extensions.tokens.next_call() {
            self.unbind(call)?;
            if self.cancellable_call(call).is_ok() {
                return Ok(Some(call));
            }
        }
        Ok(None)
    }

    /// Takes away what cancels a call, if there is something; says whether there was.
    pub(crate) fn unbind(&mut self, call: SubtaskId) -> Result<bool, Error> {
        let Some(handler) = self.call_record(call)?.and_then(|record| record.binding) else {
            return Ok(false);
        };
        self.extensions.tokens.remove_handler(handler)?;
        self.describe_call(call, |record| {
            record.binding = None;
            Ok(())
        })?;
        Ok(true)
    }

    /// What the host remembers of a call; nothing if there is nothing.
    pub(crate) fn call_record(&self, call: SubtaskId) -> Result<Option<&CallRecord<L>>, Error> {
        let key = self.subtask_key(call)?;
        self.subtask(key)?;
        Ok(self.extensions.calls.get(key, call.generation))
    }

    /// Changes what the host remembers of a call. A record that says nothing isn't kept.
    pub(crate) fn describe_call<R>(
        &mut self,
        call: SubtaskId,
        describe: impl FnOnce(&mut CallRecord<L>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        let key = self.subtask_key(call)?;
        self.subtask(key)?;
        let calls = &mut self.extensions.calls;
        let record = calls.make(key, call.generation, CallRecord::default)?;
        let result = describe(record);
        if record.is_blank() {
            calls.take(key);
        }
        result
    }

    /// Removes a waitable, with all that the host remembers of it.
    pub(crate) fn remove_waitable(&mut self, waitable: Key<Waitable>) -> Result<(), Error> {
        let Extensions { contexts, calls, tokens, .. } = &mut self.extensions;
        let record = calls.take(waitable);
        self.waitables.remove(waitable)?;
        let Some(record) = record else { return Ok(()) };
        contexts.end(record.contexts)?;
        if let Some(handler) = record.binding {
            tokens.remove_handler(handler)?;
        }
        match record.failure {
            Some(Failed(Some(error))) => self.release_source(error),
            _ => Ok(()),
        }
    }

    /// The first host task, over or not, at `position` in the table of waitables or behind it, and
    /// the position behind that.
    pub(crate) fn next_host_task(&self, position: usize) -> Option<(usize, SubtaskId)> {
        (position..self.waitables.positions()).find_map(|position| {
            let key = self.waitables.key_at(position)?;
            let is_host_task = self.subtask(key).ok()?.callee == Callee::HostTask;
            if is_host_task { Some((position + 1, self.subtask_id(key).ok()?)) } else { None }
        })
    }
}
