//! Waitable sets: the reference's `WaitableSet`.
//!
//! A set lists only those of its members that have events. So waiting on a set of a million costs
//! the same as waiting on a set of one.

use crate::chooser::{Choice, Chooser};
use crate::error::{Error, Failure};
use crate::limits::{Limits, Table};
use crate::trap::Trap;

use super::arena::Key;
use super::hooks::Hooks;
use super::record::task::{Continuation, Queue, Thread};
use super::record::waitable::WaitableSet;
use super::state::Machine;
use super::step::{Event, Flow, Resumed};

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Takes an event of a member of `set`: `WaitableSet.get_pending_event`.
    pub(crate) fn get_pending_event_of(&mut self, set: Key<WaitableSet>) -> Result<Event, Failure> {
        let pending = &self.sets.get(set)?.pending;
        let waitable = match pending.len() {
            0 | 1 => pending.front(),
            count => {
                let position = self.choose(Choice::Event, count)?;
                self.sets.get(set)?.pending.at(&self.waitables, position)?
            }
        };
        self.get_pending_event(waitable.ok_or(Error::Inconsistent(Table::Waitables))?)
    }

    /// Waits for an event of `set` on `thread`, which is the current one: `WaitableSet.wait`.
    pub(crate) fn wait(
        &mut self,
        thread: Key<Thread>,
        set: Key<WaitableSet>,
    ) -> Result<Flow, Failure> {
        if self.sets.get(set)?.has_pending_event() && self.choose_to_go_on(Choice::Wait, 1)? == 0 {
            let event = self.get_pending_event_of(set)?;
            return self.return_to(thread, Resumed::Event(event));
        }
        self.start_waiting(thread, Queue::Set, Continuation::SetWait(set))?;
        Ok(None)
    }

    /// Takes an event of `set`, if there is one: `WaitableSet.poll`.
    pub(crate) fn poll(&mut self, set: Key<WaitableSet>) -> Result<Event, Failure> {
        if self.sets.get(set)?.has_pending_event() {
            self.get_pending_event_of(set)
        } else {
            Ok(Event::NONE)
        }
    }

    /// Waits for an event of `set` in a callback on `thread`, which is the current one:
    /// `WaitableSet.wait_from_callback`.
    ///
    /// Its task isn't asked to cancel, and has released the exclusive lock.
    pub(crate) fn wait_from_callback(
        &mut self,
        thread: Key<Thread>,
        set: Key<WaitableSet>,
    ) -> Result<Flow, Failure> {
        if self.sets.get(set)?.has_pending_event() && self.choose_to_go_on(Choice::Wait, 1)? == 0 {
            let event = self.get_pending_event_of(set)?;
            return self.callback_event(thread, event);
        }
        self.start_waiting(thread, Queue::SetCallback, Continuation::CallbackWait(set))?;
        Ok(None)
    }

    /// Finishes the wait of a callback: `WaitableSet.wait_from_callback`, after `wait_until`.
    pub(crate) fn callback_waited(
        &mut self,
        thread: Key<Thread>,
        set: Key<WaitableSet>,
    ) -> Result<Flow, Failure> {
        let task = self.threads.get(thread)?.task;
        let event = if self.deliver_pending_cancel(task)? {
            self.sets.get_mut(set)?.cancelled_waiters -= 1;
            Event::TASK_CANCELLED
        } else {
            self.get_pending_event_of(set)?
        };
        self.callback_event(thread, event)
    }

    /// Checks that a set may be dropped: the traps of `WaitableSet.drop`.
    ///
    /// Traps: `waitable-set-not-empty`, `waitable-set-has-waiters`.
    pub(crate) fn check_drop_set(&self, set: Key<WaitableSet>) -> Result<(), Failure> {
        let dropped = self.sets.get(set)?;
        if dropped.num_elems > 0 {
            return Err(Trap::WaitableSetNotEmpty.into());
        }
        if dropped.num_waiting() > 0 {
            return Err(Trap::WaitableSetHasWaiters.into());
        }
        Ok(())
    }
}
