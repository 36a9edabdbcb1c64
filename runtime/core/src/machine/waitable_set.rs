//! Waitable sets: the reference's `WaitableSet`.
//!
//! A set knows which of its members have events, not who its members are, so that waiting on
//! a set of a million costs what waiting on a set of one does.

use crate::chooser::{Choice, Chooser};
use crate::error::{Error, Failure};
use crate::limits::{Limits, Table};
use crate::trap::Trap;

use super::Machine;
use super::arena::Key;
use super::instance::Instance;
use super::list::{Linked, Links, List};
use super::step::{Event, Resumed};
use super::thread::{Continuation, Flow, Queue, Thread};
use super::waitable::Waitable;

/// A waitable set.
#[derive(Debug)]
pub(crate) struct WaitableSet {
    /// The instance that has it; nothing for the host's.
    pub(crate) instance: Option<Key<Instance>>,
    /// How many members it has.
    pub(crate) num_elems: u32,
    /// The members that have an event, in the order in which those came.
    pub(crate) pending: List<Waitable>,
    /// The threads that wait for an event, but for those that do so from a callback.
    pub(crate) waiters: List<Thread>,
    /// The threads that wait for an event from a callback.
    pub(crate) callback_waiters: List<Thread>,
    /// How many threads wait from a callback without needing an event, as they are to hear of
    /// their cancellation.
    pub(crate) cancelled_waiters: u32,
    /// Its neighbours in one of its instance's two lists of sets with both events and waiters; for
    /// the host's, among the members with events of the set that it is a member of.
    links: Links<WaitableSet>,
}

impl Linked for WaitableSet {
    fn links(&self) -> &Links<Self> {
        &self.links
    }
    fn links_mut(&mut self) -> &mut Links<Self> {
        &mut self.links
    }
}

impl WaitableSet {
    pub(crate) fn new(instance: Option<Key<Instance>>) -> Self {
        Self {
            instance,
            num_elems: 0,
            pending: List::default(),
            waiters: List::default(),
            callback_waiters: List::default(),
            cancelled_waiters: 0,
            links: Links::default(),
        }
    }

    pub(crate) const fn has_pending_event(&self) -> bool {
        self.pending.len() > 0
    }

    pub(crate) const fn num_waiting(&self) -> u32 {
        self.waiters.len() + self.callback_waiters.len() + self.cancelled_waiters
    }
}

impl<L: Limits, C: Chooser> Machine<L, C> {
    /// `WaitableSet.get_pending_event`
    pub(crate) fn get_pending_event_of(&mut self, set: Key<WaitableSet>) -> Result<Event, Failure> {
        let position = self.choose(Choice::Event, self.sets.get(set)?.pending.len())?;
        let waitable = self.sets.get(set)?.pending.at(&self.waitables, position)?;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::arena::Slot;

    #[test]
    fn a_waitable_set_takes_52_bytes() {
        assert!(size_of::<Slot<WaitableSet>>() <= 52);
    }
}
