//! Host tasks, and what is known of calls, in the machine that has them.

use crate::chooser::Chooser;
use crate::error::Error;
use crate::host::ExtendedMachine;
use crate::host::limits::ExtensionLimits;
use crate::id::{Id as _, SubtaskId};

use super::record::CallRecord;

impl<L: ExtensionLimits, C: Chooser> ExtendedMachine<L, C> {
    /// A new host task, which has started, in the current context: an operation of the host.
    ///
    /// Fails, with nothing changed but that tasks are forgotten which are over, if there is no room
    /// for it, or for a record of its context.
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

    /// The call that is to be cancelled next, as the host [wants
    /// it](crate::task::Tasks::cancel) or a token was cancelled that it is bound to: a **host
    /// extension**. Whoever drives the machine asks for them when no guest has control, and calls
    /// [`cancel_call`](Self::cancel_call) for each.
    ///
    /// # Errors
    ///
    /// [`MachineError::GuestHasControl`], with nothing changed.
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

    /// Takes away what cancels a call, if there is something; says whether there was.
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

    /// Wakes who is to hear that a host task is over.
    pub(crate) fn wake_at_end(&mut self, task: SubtaskId) -> Result<(), Error> {
        if self.call_record(task)?.is_some_and(|record| record.waker.is_some()) {
            let waker = self.describe_call(task, |record| Ok(record.waker.take()))?;
            if let Some(waker) = waker {
                waker.wake();
            }
        }
        Ok(())
    }

    /// What the host remembers of a call; nothing if there is nothing.
    pub(crate) fn call_record(&self, call: SubtaskId) -> Result<Option<&CallRecord<L>>, Error> {
        self.check_call(call)?;
        Ok(self.hooks.calls.get(call))
    }

    /// Changes what the host remembers of a call. A record that says nothing isn't kept.
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
