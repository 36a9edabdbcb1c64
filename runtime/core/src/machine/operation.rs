//! Operations of the host: subtasks that nothing in the machine runs.
//!
//! Guests don't see them. The host waits for them as for its calls. The reference has nothing
//! like it.
//!
//! An operation that is over stays, so that the host can ask for its outcome. It is removed when
//! the host says so, when there are many, or when no room is left. If its event is in a set, it
//! stays until that event is taken.

use crate::chooser::Chooser;
use crate::code::SubtaskState;
use crate::error::{Error, MachineError};
use crate::limits::Limits;

use super::arena::Key;
use super::hooks::Hooks;
use super::record::waitable::{Callee, Ends, Kind, Subtask, Waitable};
use super::state::Machine;
use super::step::Resolution;
use crate::id::SubtaskId;

/// The smallest number of waitables among which operations that are over are removed.
pub(super) const FEW: u32 = 64;

/// The largest number of operations that end after another one before that one is removed,
/// because there are many. By then, a host that asks for its outcome has done so, and as many
/// operations take at most some tens of megabytes.
const MAX_ENDED_AFTER: u32 = 1 << 16;

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Makes sure that there is room for an operation. Returns the id that it gets if it is made
    /// next.
    ///
    /// If there are many waitables, this first removes operations that are over: those that the
    /// host has asked for, and those that ended long ago.
    pub(crate) fn prepare_operation(&mut self) -> Result<SubtaskId, Error> {
        if self.num_waitables() >= self.forget_at {
            let now = self.operations_ended;
            self.forget_operations(|was_asked_for, ended| {
                was_asked_for || now.wrapping_sub(ended) > MAX_ENDED_AFTER
            })?;
            // The next removal looks at all waitables again when there are twice as many.
            self.forget_at = self.num_waitables().saturating_mul(2).max(FEW);
        }
        self.prepare_call(None, None)?;
        self.next_subtask_id()
    }

    fn num_waitables(&self) -> u32 {
        u32::try_from(self.waitables.len()).unwrap_or(u32::MAX)
    }

    /// Begins a prepared operation. It has started, and is over when the host ends it.
    pub(crate) fn begin_operation(&mut self) -> Result<SubtaskId, Error> {
        let mut subtask = Subtask::new(Callee::Operation { ended: 0, was_asked_for: false });
        subtask.state = SubtaskState::Started;
        subtask.ends = Ends::Event;
        let operation = Waitable::new(None, Kind::Subtask(subtask));
        Ok(self.insert_call(operation, None)?.1)
    }

    /// Returns `true` if a subtask is an operation, over or not.
    pub(crate) fn is_operation(&self, operation: SubtaskId) -> Result<bool, Error> {
        Ok(self.subtask(self.subtask_key(operation)?)?.is_operation())
    }

    /// Returns the key of an operation that is not over.
    pub(crate) fn active_operation(&self, operation: SubtaskId) -> Result<Key<Waitable>, Error> {
        let key = self.subtask_key(operation)?;
        let subtask = self.subtask(key)?;
        if !subtask.is_operation() {
            return Err(MachineError::NotHosts.into());
        }
        if subtask.resolved() {
            return Err(MachineError::AlreadyResolved.into());
        }
        Ok(key)
    }

    /// Finishes an operation like a call that returns. That is an event for the task that waits for
    /// it.
    pub(crate) fn return_operation(&mut self, operation: SubtaskId) -> Result<(), Error> {
        let key = self.active_operation(operation)?;
        self.end_operation(key, Resolution::Returned(None))
    }

    /// Finishes an operation like a call that is cancelled.
    pub(crate) fn cancel_operation(&mut self, operation: SubtaskId) -> Result<(), Error> {
        let key = self.active_operation(operation)?;
        self.subtask_mut(key)?.cancellation_requested = true;
        self.end_operation(key, Resolution::Cancelled)
    }

    fn end_operation(
        &mut self,
        operation: Key<Waitable>,
        resolution: Resolution,
    ) -> Result<(), Error> {
        let ended = self.operations_ended;
        self.subtask_mut(operation)?.callee = Callee::Operation { ended, was_asked_for: false };
        self.operations_ended = ended.wrapping_add(1);
        self.subtask_resolved(operation, resolution)
    }

    /// Notes that the host has asked for the outcome of an operation, which is over.
    pub(crate) fn asked_for(&mut self, operation: SubtaskId) -> Result<(), Error> {
        let key = self.subtask_key(operation)?;
        if let Callee::Operation { was_asked_for, .. } = &mut self.subtask_mut(key)?.callee {
            *was_asked_for = true;
        }
        Ok(())
    }

    /// Returns the first operation, over or not, at `position` in the table of waitables or after
    /// it. Also returns the position after it.
    pub(crate) fn next_operation(&self, position: usize) -> Option<(usize, SubtaskId)> {
        (position..self.waitables.positions()).find_map(|position| {
            let key = self.waitables.key_at(position)?;
            let is_operation = self.subtask(key).ok()?.is_operation();
            if is_operation { Some((position + 1, self.subtask_id(key).ok()?)) } else { None }
        })
    }

    /// Returns `true` if a waitable is in a set, and has an event there that was not taken.
    pub(crate) fn has_event_in_set(&self, waitable: Key<Waitable>) -> Result<bool, Error> {
        let waitable = self.waitables.get(waitable)?;
        Ok(waitable.in_waitable_set() && waitable.has_pending_event)
    }

    /// Removes the operations that are over and for which `is_unwanted` returns `true`.
    /// Operations whose event is in a set stay. Returns the number of removed operations.
    ///
    /// `is_unwanted` gets `true` if the host has asked for the operation, and the number of
    /// operations that had ended before it.
    pub(crate) fn forget_operations(
        &mut self,
        is_unwanted: impl Fn(bool, u32) -> bool,
    ) -> Result<usize, Error> {
        let mut forgotten = 0;
        for position in 0..self.waitables.positions() {
            if let Some((operation, was_asked_for, ended)) = self.forgettable(position)?
                && is_unwanted(was_asked_for, ended)
            {
                self.abandon_subtask(operation)?;
                forgotten += 1;
            }
        }
        Ok(forgotten)
    }

    /// Returns the operation at a position, if it is over and its event is in no set.
    ///
    /// Also returns `true` if the host has asked for it, and the number of operations that had
    /// ended before it.
    fn forgettable(&self, position: usize) -> Result<Option<(Key<Waitable>, bool, u32)>, Error> {
        let Some(key) = self.waitables.key_at(position) else { return Ok(None) };
        let Kind::Subtask(subtask) = &self.waitables.get(key)?.kind else { return Ok(None) };
        let Callee::Operation { ended, was_asked_for } = subtask.callee else { return Ok(None) };
        if !subtask.resolved() || self.has_event_in_set(key)? {
            return Ok(None);
        }
        Ok(Some((key, was_asked_for, ended)))
    }

    /// Makes sure that there is room for waitables. If a table is full, operations that are over
    /// are removed.
    #[inline]
    pub(crate) fn reserve_waitables(&mut self, additional: usize) -> Result<(), Error> {
        // There has to be room for the records that were put off, too.
        self.look()?;
        match self.waitables.reserve(additional) {
            Ok(()) => Ok(()),
            Err(_) => self.make_room(|machine| machine.waitables.reserve(additional)),
        }
    }

    /// Removes operations that are over until `reserve` succeeds: first those that the host has
    /// asked for, then those that ended first.
    #[cold]
    pub(crate) fn make_room(
        &mut self,
        reserve: impl Fn(&mut Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.forget_operations(|was_asked_for, _| was_asked_for)?;
        while let Err(full) = reserve(self) {
            let Some(first) = self.first_forgettable()? else { return Err(full) };
            self.abandon_subtask(first)?;
        }
        Ok(())
    }

    /// Returns the operation that ended first, of those that may be removed.
    fn first_forgettable(&self) -> Result<Option<Key<Waitable>>, Error> {
        let mut first: Option<(u32, Key<Waitable>)> = None;
        for position in 0..self.waitables.positions() {
            if let Some((key, _, ended)) = self.forgettable(position)? {
                let age = self.operations_ended.wrapping_sub(ended);
                if first.is_none_or(|(oldest, _)| age > oldest) {
                    first = Some((age, key));
                }
            }
        }
        Ok(first.map(|(_, key)| key))
    }
}
