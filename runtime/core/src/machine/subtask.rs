//! Subtasks: calls as their callers see them. The reference's `Subtask`.

use crate::chooser::Chooser;
use crate::code::{CancelResult, EventCode, SubtaskState};
use crate::error::{Error, Failure};
use crate::id::SubtaskId;
use crate::limits::Limits;

use super::arena::Key;
use super::hooks::Hooks;
use super::observation::Action;
use super::record::resource::{Lend, ResourceHandle};
use super::record::waitable::{Callee, Ends, FlatResult, Kind, Waitable};
use super::state::Machine;
use super::step::{Event, Resolution};

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Marks that a subtask has started: `on_start` of `canon_lower`, without the arguments.
    pub(crate) fn subtask_started(&mut self, subtask: Key<Waitable>) -> Result<(), Error> {
        self.observe(|it| {
            let (call, caller) = (it.subtask_id(subtask)?, it.observed_holder(subtask)?);
            Ok(Action::CallStarted { call, caller })
        });
        let started = self.subtask_mut(subtask)?;
        started.state = SubtaskState::Started;
        if started.ends == Ends::Event {
            self.set_pending_event(subtask)?;
        }
        Ok(())
    }

    /// Marks that a subtask has resolved: `on_resolve` of `canon_lower`, without the result, and
    /// `Subtask.resolve`.
    pub(crate) fn subtask_resolved(
        &mut self,
        subtask: Key<Waitable>,
        resolution: Resolution,
    ) -> Result<(), Error> {
        let resolved = self.subtask_mut(subtask)?;
        resolved.state = match (resolution, resolved.state) {
            (Resolution::Returned(result), _) => {
                resolved.flat_result = FlatResult::pack(result);
                SubtaskState::Returned
            }
            (Resolution::Cancelled, SubtaskState::Starting) => SubtaskState::CancelledBeforeStarted,
            (Resolution::Cancelled, _) => SubtaskState::CancelledBeforeReturned,
        };
        if !resolved.is_operation() {
            resolved.callee = Callee::Gone;
        }
        let (state, ends) = (resolved.state, resolved.ends);
        self.observe(|it| {
            let (call, caller) = (it.subtask_id(subtask)?, it.observed_holder(subtask)?);
            Ok(Action::CallResolved { call, caller, state })
        });
        if ends == Ends::Event {
            self.set_pending_event(subtask)?;
        }
        self.wake_waiter(subtask)
    }

    /// Returns the event of a subtask: `subtask_event` of `canon_lower`.
    pub(crate) fn subtask_event(&mut self, subtask: Key<Waitable>) -> Result<Event, Failure> {
        if self.subtask(subtask)?.resolved() {
            self.deliver_resolve(subtask)?;
        }
        let index = self.waitables.get(subtask)?.index;
        let payload = self.subtask(subtask)?.state.code();
        Ok(Event { code: EventCode::Subtask, index, payload })
    }

    /// Marks that a resource handle is lent to a subtask: `Subtask.add_lender`.
    ///
    /// If the table of lends is full, it fails and changes nothing.
    pub(crate) fn add_lender(
        &mut self,
        subtask: Key<Waitable>,
        handle: Key<ResourceHandle>,
    ) -> Result<(), Error> {
        self.lends.reserve(1)?;
        let before = self.subtask(subtask)?.lenders;
        let lend = self.lends.insert(Lend { handle, before })?;
        self.resources.get_mut(handle)?.num_lends += 1;
        self.subtask_mut(subtask)?.lenders = Some(lend);
        Ok(())
    }

    /// Removes all lends of a subtask, because its caller is told that it has resolved:
    /// `Subtask.deliver_resolve`.
    pub(crate) fn deliver_resolve(&mut self, subtask: Key<Waitable>) -> Result<(), Error> {
        let delivered = self.subtask_mut(subtask)?;
        delivered.resolve_delivered = true;
        let mut lender = delivered.lenders.take();
        while let Some(lend) = lender {
            let lend = self.lends.remove(lend)?;
            self.resources.get_mut(lend.handle)?.num_lends -= 1;
            lender = lend.before;
        }
        Ok(())
    }

    /// Returns the result of a cancellation: the end of `canon_subtask_cancel`.
    pub(crate) fn subtask_cancelled(
        &mut self,
        subtask: Key<Waitable>,
    ) -> Result<CancelResult, Failure> {
        self.waitables.get_mut(subtask)?.has_sync_waiter = false;
        if !self.subtask(subtask)?.resolved() {
            return Ok(CancelResult::Blocked);
        }
        self.get_pending_event(subtask)?;
        Ok(CancelResult::Ended { state: self.subtask(subtask)?.state })
    }

    /// Removes a subtask, resolved or not, without the rules that hold for guests.
    pub(crate) fn abandon_subtask(&mut self, subtask: Key<Waitable>) -> Result<(), Error> {
        self.observe(|it| {
            let (call, callee) = (it.subtask_id(subtask)?, it.observed_callee(subtask)?);
            Ok(Action::CallDropped { call, callee })
        });
        if let Callee::Task(task) = self.subtask(subtask)?.callee {
            // If the task has not started, it is cancelled when it is its turn to enter.
            self.tasks.get_mut(task)?.caller = None;
        }
        // The handles that were lent go with the instance, or are free again.
        self.deliver_resolve(subtask)?;
        self.drop_waitable(subtask)
    }

    /// Fails if `call` is not a call.
    pub(crate) fn check_call(&self, call: SubtaskId) -> Result<(), Error> {
        self.subtask(self.subtask_key(call)?).map(|_| ())
    }

    /// Returns `true` if `waitable` is a subtask.
    pub(crate) fn is_subtask(&self, waitable: Key<Waitable>) -> Result<bool, Error> {
        Ok(matches!(self.waitables.get(waitable)?.kind, Kind::Subtask(_)))
    }
}
