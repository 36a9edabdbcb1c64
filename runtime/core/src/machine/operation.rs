//! Operations of the host: subtasks that nobody in the machine runs. Guests don't see them; the
//! host waits for them as for its calls. The reference has nothing like it.

use crate::chooser::Chooser;
use crate::code::SubtaskState;
use crate::error::Error;
use crate::limits::Limits;

use super::arena::Key;
use super::hooks::Hooks;
use super::record::waitable::{Callee, Ends, Kind, Subtask, Waitable};
use super::state::Machine;
use super::step::Resolution;
use crate::id::SubtaskId;

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Makes sure that there is room for an operation. Returns the id that it will have, if it is
    /// made next.
    pub(crate) fn prepare_operation(&mut self) -> Result<SubtaskId, Error> {
        self.prepare_call(None, None)?;
        self.next_subtask_id()
    }

    /// Begins an operation, which was prepared. It has started, and is over when the host says so.
    pub(crate) fn begin_operation(&mut self) -> Result<SubtaskId, Error> {
        let mut subtask = Subtask::new(Callee::Operation);
        subtask.state = SubtaskState::Started;
        subtask.ends = Ends::Event;
        let operation = Waitable::new(None, Kind::Subtask(subtask));
        Ok(self.insert_call(operation, None)?.1)
    }

    /// Whether something is an operation, over or not.
    pub(crate) fn is_operation(&self, operation: SubtaskId) -> Result<bool, Error> {
        Ok(self.subtask(self.subtask_key(operation)?)?.callee == Callee::Operation)
    }

    /// An operation that is not over.
    pub(crate) fn active_operation(&self, operation: SubtaskId) -> Result<Key<Waitable>, Error> {
        let key = self.subtask_key(operation)?;
        let subtask = self.subtask(key)?;
        if subtask.callee != Callee::Operation {
            return Err(Error::NotHosts);
        }
        if subtask.resolved() {
            return Err(Error::AlreadyResolved);
        }
        Ok(key)
    }

    /// Ends an operation, as a call that returns. Whoever waits for it has an event.
    pub(crate) fn return_operation(&mut self, operation: SubtaskId) -> Result<(), Error> {
        let key = self.active_operation(operation)?;
        self.subtask_resolved(key, Resolution::Returned(None))
    }

    /// Ends an operation, as a call that is cancelled.
    pub(crate) fn cancel_operation(&mut self, operation: SubtaskId) -> Result<(), Error> {
        let key = self.active_operation(operation)?;
        self.subtask_mut(key)?.cancellation_requested = true;
        self.subtask_resolved(key, Resolution::Cancelled)
    }

    /// The first operation, over or not, at `position` in the table of waitables or after it, and
    /// the position after that.
    pub(crate) fn next_operation(&self, position: usize) -> Option<(usize, SubtaskId)> {
        (position..self.waitables.positions()).find_map(|position| {
            let key = self.waitables.key_at(position)?;
            let is_operation = self.subtask(key).ok()?.callee == Callee::Operation;
            if is_operation { Some((position + 1, self.subtask_id(key).ok()?)) } else { None }
        })
    }
}
