//! Waitable sets: the reference's `WaitableSet`.
//!
//! A set knows which of its members have events, not who its members are, so that waiting on
//! a set of a million costs what waiting on a set of one does.

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
    /// `WaitableSet.get_pending_event`
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

    /// `WaitableSet.wait`, on the current thread, `thread`.
    pub(crate) fn wait(
        &mut self,
        thread: Key<Thread>,
        set: Key<WaitableSet>,
    ) -> Result<Flow, Failure> {
        if self.sets.get(set)?.has_pending_event() && self.choose(Choice::Wait, 2)? == 0 {
            let event = self.get_pending_event_of(set)?;
            return self.return_to(thread, Resumed::Event(event));
        }
        self.start_waiting(thread, Queue::Set, Continuation::SetWait(set))?;
        Ok(None)
    }

    /// `WaitableSet.poll`
    pub(crate) fn poll(&mut self, set: Key<WaitableSet>) -> Result<Event, Failure> {
        if self.sets.get(set)?.has_pending_event() {
            self.get_pending_event_of(set)
        } else {
            Ok(Event::NONE)
        }
    }

    /// `WaitableSet.wait_from_callback`, on the current thread, `thread`, whose task isn't asked to
    /// cancel and has given the exclusive lock back.
    pub(crate) fn wait_from_callback(
        &mut self,
        thread: Key<Thread>,
        set: Key<WaitableSet>,
    ) -> Result<Flow, Failure> {
        if self.sets.get(set)?.has_pending_event() && self.choose(Choice::Wait, 2)? == 0 {
            let event = self.get_pending_event_of(set)?;
            return self.callback_event(thread, event);
        }
        self.start_waiting(thread, Queue::SetCallback, Continuation::CallbackWait(set))?;
        Ok(None)
    }

    /// `WaitableSet.wait_from_callback`, behind `wait_until`.
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

    /// `WaitableSet.drop`, up to its traps.
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
