//! Waitables, which have events, are members of sets, or are waited for. The reference's
//! `Waitable`.

use crate::chooser::Chooser;
use crate::error::{Error, Failure};
use crate::limits::{Limits, Table};

use super::arena::{Arena, Key, Slot};
use super::hooks::Hooks;
use super::observation::Action;
use super::record::frame::Outstanding;
use super::record::instance::Instance;
use super::record::task::{Continuation, Queue, Thread, ThreadActivity};
use super::record::waitable::{End, Kind, Subtask, Waitable, WaitableSet};
use super::state::Machine;
use super::step::{Event, HostEvent};

/// The table of waitables.
type Waitables<L> = Arena<Waitable, <L as Limits>::Waitables<Slot<Waitable>>>;

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Marks that `waitable` has an event: `Waitable.set_pending_event`. The event is computed
    /// when it is delivered.
    pub(crate) fn set_pending_event(&mut self, waitable: Key<Waitable>) -> Result<(), Error> {
        let notified = self.waitables.get_mut(waitable)?;
        if core::mem::replace(&mut notified.has_pending_event, true) {
            return Ok(());
        }
        let waiter = match notified.kind {
            Kind::End(_) => notified.waiter.take(),
            Kind::Subtask(_) => None,
        };
        self.observe(|it| {
            let (holder, set) = (it.observed_holder(waitable)?, it.observed_set(waitable)?);
            Ok(Action::EventSet { waitable: it.waitable_id(waitable)?, holder, set })
        });
        self.list_pending_event(waitable)?;
        match waiter {
            Some(thread) => self.wake_waiting(thread),
            None => Ok(()),
        }
    }

    /// Lists `waitable`, which has an event, in the list that it belongs to.
    #[inline]
    fn list_pending_event(&mut self, waitable: Key<Waitable>) -> Result<(), Error> {
        let listed = self.waitables.get(waitable)?;
        if let Some(set) = listed.set {
            self.change_events(set, |set, waitables| set.pending.push_back(waitables, waitable))
        } else if listed.is_served() {
            self.served_pending.push_back(&mut self.waitables, waitable)
        } else if listed.owner.is_none() {
            // Calls by the host whose records were put off have earlier events.
            self.look()?;
            self.host_pending.push_back(&mut self.waitables, waitable)
        } else {
            Ok(())
        }
    }

    /// Removes `waitable`, which has an event, from the list that it is in.
    #[inline]
    fn unlist_pending_event(&mut self, waitable: Key<Waitable>) -> Result<(), Error> {
        let listed = self.waitables.get(waitable)?;
        if let Some(set) = listed.set {
            self.change_events(set, |set, waitables| set.pending.remove(waitables, waitable))
        } else if listed.is_served() {
            self.served_pending.remove(&mut self.waitables, waitable)
        } else if listed.owner.is_none() {
            self.host_pending.remove(&mut self.waitables, waitable)
        } else {
            Ok(())
        }
    }

    /// Changes which members of `set` have events.
    #[inline]
    fn change_events(
        &mut self,
        set: Key<WaitableSet>,
        change: impl FnOnce(&mut WaitableSet, &mut Waitables<L>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        // A set that no thread waits for is in no list of its instance.
        let is_watched = self.sets.get(set)?.is_watched();
        if is_watched {
            self.hide_set(set)?;
        }
        change(self.sets.get_mut(set)?, &mut self.waitables)?;
        if is_watched { self.show_set(set) } else { Ok(()) }
    }

    /// Passes `waitable` to another holder. `None` is the host.
    pub(crate) fn set_owner(
        &mut self,
        waitable: Key<Waitable>,
        owner: Option<Key<Instance>>,
        index: u32,
    ) -> Result<(), Error> {
        let before = self.waitables.get(waitable)?;
        let (from, has_pending_event) = (before.owner, before.has_pending_event);
        if has_pending_event {
            self.unlist_pending_event(waitable)?;
        }
        let given = self.waitables.get_mut(waitable)?;
        given.owner = owner;
        given.index = index;
        if has_pending_event {
            self.list_pending_event(waitable)?;
        }
        self.observe(|it| {
            let from = from.map(|it_was| it.instance_id(it_was)).transpose()?;
            Ok(Action::EndMoved { end: it.observed_end(waitable)?, from })
        });
        Ok(())
    }

    /// Makes the thread that waits for `waitable` ready.
    #[inline]
    pub(crate) fn wake_waiter(&mut self, waitable: Key<Waitable>) -> Result<(), Error> {
        let Some(thread) = self.waitables.get_mut(waitable)?.waiter.take() else { return Ok(()) };
        self.wake_waiting(thread)
    }

    /// Makes a thread ready, if it still waits.
    #[cold]
    fn wake_waiting(&mut self, thread: Key<Thread>) -> Result<(), Error> {
        let waiting = self.threads.get(thread)?;
        if waiting.state == ThreadActivity::Waiting {
            self.observe(|it| Ok(Action::ThreadReady { thread: it.observed_thread(thread)? }));
            let waiting = self.threads.get(thread)?;
            let queue = match waiting.continuation {
                Continuation::Held(stack) => self.queue_of_resolved(stack.into())?,
                _ => Queue::Now,
            };
            self.requeue(thread, queue)?;
        }
        Ok(())
    }

    /// Returns the event that a thread has waited for: `Waitable.wait_for_pending_event`, after
    /// `wait_until`.
    pub(crate) fn pending_event_awaited(
        &mut self,
        waitable: Key<Waitable>,
    ) -> Result<Event, Failure> {
        self.waitables.get_mut(waitable)?.has_sync_waiter = false;
        self.get_pending_event(waitable)
    }

    /// Takes the event of `waitable`: `Waitable.get_pending_event`.
    pub(crate) fn get_pending_event(&mut self, waitable: Key<Waitable>) -> Result<Event, Failure> {
        self.clear_pending_event(waitable)?;
        let event = match self.waitables.get(waitable)?.kind {
            Kind::Subtask(_) => self.subtask_event(waitable),
            Kind::End(_) => self.end_event(waitable),
        };
        self.observe_delivery(waitable, &event);
        event
    }

    /// Marks that `waitable` has no event, because the event was taken or is not wanted.
    #[inline]
    pub(crate) fn clear_pending_event(&mut self, waitable: Key<Waitable>) -> Result<(), Error> {
        let cleared = self.waitables.get_mut(waitable)?;
        if core::mem::take(&mut cleared.has_pending_event) {
            self.unlist_pending_event(waitable)?;
        }
        Ok(())
    }

    /// Moves `waitable` to another set, or out of its set: `Waitable.join`.
    pub(crate) fn join(
        &mut self,
        waitable: Key<Waitable>,
        set: Option<Key<WaitableSet>>,
    ) -> Result<(), Error> {
        let has_pending_event = self.waitables.get(waitable)?.has_pending_event;
        if has_pending_event {
            self.unlist_pending_event(waitable)?;
        }
        let before = core::mem::replace(&mut self.waitables.get_mut(waitable)?.set, set);
        if let Some(before) = before {
            self.sets.get_mut(before)?.num_elems -= 1;
        }
        if let Some(set) = set {
            self.sets.get_mut(set)?.num_elems += 1;
        }
        if before != set {
            self.observe(|it| {
                let (holder, set) = (it.observed_holder(waitable)?, it.observed_set(waitable)?);
                Ok(Action::Joined { waitable: it.waitable_id(waitable)?, holder, set })
            });
        }
        if has_pending_event {
            self.list_pending_event(waitable)?;
        }
        Ok(())
    }

    /// Drops a waitable: `Waitable.drop`.
    pub(crate) fn drop_waitable(&mut self, waitable: Key<Waitable>) -> Result<(), Error> {
        self.clear_pending_event(waitable)?;
        self.join(waitable, None)?;
        self.remove_waitable(waitable)
    }

    /// Returns `waitable` as a subtask.
    #[inline]
    pub(crate) fn subtask(&self, waitable: Key<Waitable>) -> Result<&Subtask, Error> {
        match &self.waitables.get(waitable)?.kind {
            Kind::Subtask(subtask) => Ok(subtask),
            Kind::End(_) => Err(Error::Unknown(Table::Waitables)),
        }
    }

    /// Returns `waitable` as a subtask, to change it.
    #[inline]
    pub(crate) fn subtask_mut(&mut self, waitable: Key<Waitable>) -> Result<&mut Subtask, Error> {
        match &mut self.waitables.get_mut(waitable)?.kind {
            Kind::Subtask(subtask) => Ok(subtask),
            Kind::End(_) => Err(Error::Unknown(Table::Waitables)),
        }
    }

    /// Returns `waitable` as an end.
    #[inline]
    pub(crate) fn end(&self, waitable: Key<Waitable>) -> Result<&End, Error> {
        self.waitables.get(waitable)?.end()
    }

    /// Returns `waitable` as an end, to change it.
    #[inline]
    pub(crate) fn end_mut(&mut self, waitable: Key<Waitable>) -> Result<&mut End, Error> {
        self.waitables.get_mut(waitable)?.end_mut()
    }

    /// Takes the oldest event of a waitable that the host holds, outside of its sets. This is a
    /// **host extension**.
    ///
    /// A call that the host made has an event when it starts and when it resolves, as a subtask
    /// does. A read or write of the host has one when it ends, and an end has one when its other
    /// end is dropped.
    ///
    /// # Errors
    ///
    /// - [`MachineError::OtherStep`] if the machine waits for the end of a step, which may move
    ///   the values of a read or write.
    /// - [`MachineError::MustUnwind`] after a trap.
    ///
    /// [`MachineError::OtherStep`]: crate::error::MachineError::OtherStep
    /// [`MachineError::MustUnwind`]: crate::error::MachineError::MustUnwind
    pub fn next_host_event(&mut self) -> Result<Option<HostEvent>, Failure> {
        self.check_outstanding(Outstanding::Nothing)?;
        self.look()?;
        let Some(waitable) = self.host_pending.front() else { return Ok(None) };
        let id = self.waitable_id(waitable)?;
        let event = self.get_pending_event(waitable)?;
        Ok(Some(HostEvent { waitable: id, event }))
    }
}
