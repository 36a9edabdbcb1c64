//! The machine's side of host tasks, and the host's records of calls.

use crate::chooser::Chooser;
use crate::error::Error;
use crate::host::ExtendedMachine;
use crate::host::limits::ExtensionLimits;
use crate::id::{Id as _, SubtaskId};

use super::record::CallRecord;

impl<L: ExtensionLimits, C: Chooser> ExtendedMachine<L, C> {
    /// Starts a host task in the current context: an operation of the host.
    ///
    /// If there is no room for it, or for a record of its context, it fails. Then nothing has
    /// changed, except that tasks that are over may have been removed.
    pub(crate) fn new_host_task(&mut self) -> Result<SubtaskId, Error> {
        let next = self.prepare_operation()?;
        let running = self.acting_task();
        let contexts = if self.hooks.contexts_of(running).is_some_and(|it| !it.is_empty()) {
            if self.hooks.calls.reserve(next.position()).is_err() {
                self.make_room(|machine| {
                    let next = machine.next_subtask_id()?;
                    machine.hooks.calls.reserve(next.position())
                })?;
            }
            Some(self.hooks.inherited_context(running)?)
        } else {
            None
        };
        let task = self.begin_operation()?;
        if let Some(contexts) = contexts {
            let record = CallRecord { contexts, ..CallRecord::default() };
            self.hooks.calls.insert(task, record)?;
        }
        Ok(task)
    }

    /// Returns the next call to cancel. The host has [cancelled](crate::task::Tasks::cancel) it,
    /// or a token that it is bound to. This is a **host extension**.
    ///
    /// The driver of the machine asks for these calls when no guest has control, and calls
    /// [`cancel_call`](Self::cancel_call) for each.
    ///
    /// # Errors
    ///
    /// [`MachineError::GuestHasControl`] if a guest runs, with nothing changed.
    ///
    /// [`MachineError::GuestHasControl`]: crate::error::MachineError::GuestHasControl
    pub fn next_call_to_cancel(&mut self) -> Result<Option<SubtaskId>, Error> {
        self.check_host_has_control()?;
        while let Some(call) = self.hooks.tokens.next_call() {
            self.unbind(call)?;
            if self.cancellable_call(call).is_ok() {
                return Ok(Some(call));
            }
        }
        Ok(None)
    }

    /// Removes the handler that cancels a call, if there is one. Returns `true` if there was.
    pub(crate) fn unbind(&mut self, call: SubtaskId) -> Result<bool, Error> {
        let Some(handler) = self.call_record(call)?.and_then(|record| record.binding) else {
            return Ok(false);
        };
        self.hooks.tokens.remove_handler(handler)?;
        self.describe_call(call, |record| {
            record.binding = None;
            Ok(())
        })?;
        Ok(true)
    }

    /// Wakes the waker that waits for the end of a host task.
    pub(crate) fn wake_at_end(&mut self, task: SubtaskId) -> Result<(), Error> {
        if self.call_record(task)?.is_some_and(|record| record.waker.is_some()) {
            let waker = self.describe_call(task, |record| Ok(record.waker.take()))?;
            if let Some(waker) = waker {
                waker.wake();
            }
        }
        Ok(())
    }

    /// Returns the host's record of a call, if there is one.
    pub(crate) fn call_record(&self, call: SubtaskId) -> Result<Option<&CallRecord<L>>, Error> {
        self.check_call(call)?;
        Ok(self.hooks.calls.get(call))
    }

    /// Changes the host's record of a call. A record that is empty then is removed.
    pub(crate) fn describe_call<R>(
        &mut self,
        call: SubtaskId,
        describe: impl FnOnce(&mut CallRecord<L>) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.check_call(call)?;
        let calls = &mut self.hooks.calls;
        let record = calls.get_or_insert_with(call, CallRecord::default)?;
        let result = describe(record);
        if record.is_blank() {
            calls.remove(call);
        }
        result
    }
}
