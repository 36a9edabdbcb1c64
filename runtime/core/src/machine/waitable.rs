//! Waitables: what has events, waits in sets, or is waited for. The reference's `Waitable`.

use crate::chooser::Chooser;
use crate::error::{Error, Failure};
use crate::limits::{Limits, Table};

use super::arena::{Arena, Key, Slot};
use super::hooks::Hooks;
use super::record::frame::Outstanding;
use super::record::instance::Instance;
use super::record::task::{Continuation, Queue, Thread, ThreadActivity};
use super::record::waitable::{End, Kind, Subtask, Waitable, WaitableSet};
use super::state::Machine;
use super::step::{Event, HostEvent};

/// The table of waitables.
type Waitables<L> = Arena<Waitable, <L as Limits>::Waitables<Slot<Waitable>>>;

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// `Waitable.set_pending_event`; what the event is, is found out when it is delivered.
    pub(crate) fn set_pending_event(&mut self, waitable: Key<Waitable>) -> Result<(), Error> {
        let notified = self.waitables.get_mut(waitable)?;
        if core::mem::replace(&mut notified.has_pending_event, true) {
            return Ok(());
        }
        let waiter = match notified.kind {
            Kind::End(_) => notified.waiter.take(),
            Kind::Subtask(_) => None,
        };
        self.list_pending_event(waitable)?;
        match waiter {
            Some(thread) => self.wake_waiting(thread),
            None => Ok(()),
        }
    }

    /// Lists the event of `waitable`, which has one, where it is looked for.
    #[inline]
    fn list_pending_event(&mut self, waitable: Key<Waitable>) -> Result<(), Error> {
        let listed = self.waitables.get(waitable)?;
        if let Some(set) = listed.set {
            self.change_events(set, |set, waitables| set.pending.push_back(waitables, waitable))
        } else if listed.is_served() {
            self.served_pending.push_back(&mut self.waitables, waitable)
        } else if listed.owner.is_none() {
            // Calls by the host without records have an event, too, which came before this one.
            self.look()?;
            self.host_pending.push_back(&mut self.waitables, waitable)
        } else {
            Ok(())
        }
    }

    /// Takes the event of `waitable`, which has one, out of where it is listed.
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
        // Nobody is told of a set that no thread waits for.
        let is_watched = self.sets.get(set)?.is_watched();
        if is_watched {
            self.hide_set(set)?;
        }
        change(self.sets.get_mut(set)?, &mut self.waitables)?;
        if is_watched { self.show_set(set) } else { Ok(()) }
    }

    /// Gives `waitable` to another holder, or to nobody, which is the host.
    pub(crate) fn set_owner(
        &mut self,
        waitable: Key<Waitable>,
        owner: Option<Key<Instance>>,
        index: u32,
    ) -> Result<(), Error> {
        let has_pending_event = self.waitables.get(waitable)?.has_pending_event;
        if has_pending_event {
            self.unlist_pending_event(waitable)?;
        }
        let given = self.waitables.get_mut(waitable)?;
        given.owner = owner;
        given.index = index;
        if has_pending_event {
            self.list_pending_event(waitable)?;
        }
        Ok(())
    }

    /// Makes the thread that waits for `waitable` ready.
    #[inline]
    pub(crate) fn wake_waiter(&mut self, waitable: Key<Waitable>) -> Result<(), Error> {
        let Some(thread) = self.waitables.get_mut(waitable)?.waiter.take() else { return Ok(()) };
        self.wake_waiting(thread)
    }

    #[cold]
    fn wake_waiting(&mut self, thread: Key<Thread>) -> Result<(), Error> {
        let waiting = self.threads.get(thread)?;
        if waiting.state == ThreadActivity::Waiting {
            let queue = match waiting.continuation {
                Continuation::Held(stack) => self.queue_of_resolved(stack.into())?,
                _ => Queue::Now,
            };
            self.requeue(thread, queue)?;
        }
        Ok(())
    }

    /// `Waitable.wait_for_pending_event`, behind `wait_until`.
    pub(crate) fn pending_event_awaited(
        &mut self,
        waitable: Key<Waitable>,
    ) -> Result<Event, Failure> {
        self.waitables.get_mut(waitable)?.has_sync_waiter = false;
        self.get_pending_event(waitable)
    }

    /// `Waitable.get_pending_event`
    pub(crate) fn get_pending_event(&mut self, waitable: Key<Waitable>) -> Result<Event, Failure> {
        self.clear_pending_event(waitable)?;
        match self.waitables.get(waitable)?.kind {
            Kind::Subtask(_) => self.subtask_event(waitable),
            Kind::End(_) => self.end_event(waitable),
        }
    }

    /// The event of `waitable` has been found out, or is not wanted.
    #[inline]
    pub(crate) fn clear_pending_event(&mut self, waitable: Key<Waitable>) -> Result<(), Error> {
        let cleared = self.waitables.get_mut(waitable)?;
        if core::mem::take(&mut cleared.has_pending_event) {
            self.unlist_pending_event(waitable)?;
        }
        Ok(())
    }

    /// `Waitable.join`
    pub(crate) fn join(
        &mut self,
        waitable: Key<Waitable>,
        set: Option<Key<WaitableSet>>,
    ) -> Result<(), Error> {
        let has_pending_event = self.waitables.get(waitable)?.has_pending_event;
        if has_pending_event {
            self.unlist_pending_event(waitable)?;
        }
        if let Some(before) = core::mem::replace(&mut self.waitables.get_mut(waitable)?.set, set) {
            self.sets.get_mut(before)?.num_elems -= 1;
        }
        if let Some(set) = set {
            self.sets.get_mut(set)?.num_elems += 1;
        }
        if has_pending_event {
            self.list_pending_event(waitable)?;
        }
        Ok(())
    }

    /// `Waitable.drop`
    pub(crate) fn drop_waitable(&mut self, waitable: Key<Waitable>) -> Result<(), Error> {
        self.clear_pending_event(waitable)?;
        self.join(waitable, None)?;
        self.remove_waitable(waitable)
    }

    /// The subtask that `waitable` is.
    #[inline]
    pub(crate) fn subtask(&self, waitable: Key<Waitable>) -> Result<&Subtask, Error> {
        match &self.waitables.get(waitable)?.kind {
            Kind::Subtask(subtask) => Ok(subtask),
            Kind::End(_) => Err(Error::Unknown(Table::Waitables)),
        }
    }

    /// The subtask that `waitable` is.
    #[inline]
    pub(crate) fn subtask_mut(&mut self, waitable: Key<Waitable>) -> Result<&mut Subtask, Error> {
        match &mut self.waitables.get_mut(waitable)?.kind {
            Kind::Subtask(subtask) => Ok(subtask),
            Kind::End(_) => Err(Error::Unknown(Table::Waitables)),
        }
    }

    /// The end that `waitable` is.
    #[inline]
    pub(crate) fn end(&self, waitable: Key<Waitable>) -> Result<&End, Error> {
        self.waitables.get(waitable)?.end()
    }

    /// The end that `waitable` is.
    #[inline]
    pub(crate) fn end_mut(&mut self, waitable: Key<Waitable>) -> Result<&mut End, Error> {
        self.waitables.get_mut(waitable)?.end_mut()
    }

    /// Takes the event that came first of all that the host has to hear, but for those of members
    /// of its sets: a **host extension**.
    ///
    /// Calls that the host made have events as subtasks do, when they start and when they
    /// resolve; so do its reads and writes, and ends whose other end was dropped.
    ///
    /// # Errors
    ///
    /// [`MachineError::OtherStep`] while a step is to be ended, which may be to move the values of
    /// a read or write; [`MachineError::MustUnwind`].
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
