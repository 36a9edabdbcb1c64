//! Waitables: what has events, waits in sets, or is waited for. The reference's `Waitable`.

use crate::chooser::Chooser;
use crate::error::{Error, Failure};
use crate::limits::{Limits, Table};

use super::Machine;
use super::arena::Key;
use super::end::End;
use super::instance::Instance;
use super::list::{Linked, Links};
use super::outstanding::Outstanding;
use super::step::{Event, HostEvent};
use super::subtask::Subtask;
use super::task::Task;
use super::thread::{Queue, State, Thread};
use super::waitable_set::WaitableSet;

/// A subtask, or an end of a stream or future.
#[derive(Debug)]
pub(crate) struct Waitable {
    /// The instance that holds it, or waits for it; nothing if the host does.
    pub(crate) owner: Option<Key<Instance>>,
    /// Its index in the owner's handle table; 0 if it isn't in one.
    pub(crate) index: u32,
    pub(crate) set: Option<Key<WaitableSet>>,
    /// Its neighbours among those of its set, or of the host, that have an event.
    links: Links<Waitable>,
    /// The thread that waits for it, outside of any set.
    pub(crate) waiter: Option<Key<Thread>>,
    pub(crate) has_sync_waiter: bool,
    pub(crate) has_pending_event: bool,
    pub(crate) kind: Kind,
}

/// What a waitable is.
#[derive(Debug)]
pub(crate) enum Kind {
    Subtask(Subtask),
    End(End),
}

/// Who has been called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Callee {
    /// Nobody any more: the call is over, or its callee's instance was removed.
    Gone,
    /// A guest.
    Task(Key<Task>),
    /// A function of the host.
    Host(u32),
    /// The host, by itself: a host extension.
    HostTask,
}

impl Linked for Waitable {
    fn links(&self) -> &Links<Self> {
        &self.links
    }
    fn links_mut(&mut self) -> &mut Links<Self> {
        &mut self.links
    }
}

impl Waitable {
    pub(crate) fn new(owner: Option<Key<Instance>>, kind: Kind) -> Self {
        Self {
            owner,
            index: 0,
            set: None,
            links: Links::default(),
            waiter: None,
            has_sync_waiter: false,
            has_pending_event: false,
            kind,
        }
    }

    pub(crate) const fn in_waitable_set(&self) -> bool {
        self.set.is_some()
    }
}

impl<L: Limits, C: Chooser> Machine<L, C> {
    /// `Waitable.set_pending_event`; what the event is, is found out when it is delivered.
    pub(crate) fn set_pending_event(&mut self, waitable: Key<Waitable>) -> Result<(), Error> {
        let notified = self.waitables.get_mut(waitable)?;
        if core::mem::replace(&mut notified.has_pending_event, true) {
            return Ok(());
        }
        self.list_pending_event(waitable)?;
        if let Kind::End(_) = self.waitables.get(waitable)?.kind {
            self.wake_waiter(waitable)?;
        }
        Ok(())
    }

    /// Lists the event of `waitable`, which has one, where it is looked for.
    fn list_pending_event(&mut self, waitable: Key<Waitable>) -> Result<(), Error> {
        let listed = self.waitables.get(waitable)?;
        if let Some(set) = listed.set {
            self.hide_set(set)?;
            self.sets.get_mut(set)?.pending.push_back(&mut self.waitables, waitable)?;
            self.show_set(set)
        } else if listed.owner.is_none() {
            self.host_pending.push_back(&mut self.waitables, waitable)
        } else {
            Ok(())
        }
    }

    /// Takes the event of `waitable`, which has one, out of where it is listed.
    fn unlist_pending_event(&mut self, waitable: Key<Waitable>) -> Result<(), Error> {
        let listed = self.waitables.get(waitable)?;
        if let Some(set) = listed.set {
            self.hide_set(set)?;
            self.sets.get_mut(set)?.pending.remove(&mut self.waitables, waitable)?;
            self.show_set(set)
        } else if listed.owner.is_none() {
            self.host_pending.remove(&mut self.waitables, waitable)
        } else {
            Ok(())
        }
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
        if self.threads.get(thread)?.state == State::Waiting {
            self.requeue(thread, Queue::Now)?;
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
    pub(crate) fn end(&self, waitable: Key<Waitable>) -> Result<&End, Error> {
        match &self.waitables.get(waitable)?.kind {
            Kind::End(end) => Ok(end),
            Kind::Subtask(_) => Err(Error::Unknown(Table::Waitables)),
        }
    }

    /// The end that `waitable` is.
    pub(crate) fn end_mut(&mut self, waitable: Key<Waitable>) -> Result<&mut End, Error> {
        match &mut self.waitables.get_mut(waitable)?.kind {
            Kind::End(end) => Ok(end),
            Kind::Subtask(_) => Err(Error::Unknown(Table::Waitables)),
        }
    }

    /// Takes the event that came first of all that the host has to hear, but for those of members
    /// of [its sets](crate::waitable): a **host extension**.
    ///
    /// Calls that the host made have events as subtasks do, when they start and when they
    /// resolve; so do its reads and writes, and ends whose other end was dropped.
    ///
    /// # Errors
    ///
    /// [`Error::OtherStep`] while a step is to be ended, which may be to move the values of a read
    /// or write; [`Error::MustUnwind`].
    pub fn next_host_event(&mut self) -> Result<Option<HostEvent>, Failure> {
        self.check_outstanding(Outstanding::Nothing)?;
        let Some(waitable) = self.host_pending.front() else { return Ok(None) };
        let id = self.waitable_id(waitable)?;
        let event = self.get_pending_event(waitable)?;
        Ok(Some(HostEvent { waitable: id, event }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::arena::Slot;

    #[test]
    fn a_waitable_takes_64_bytes() {
        assert_eq!(size_of::<Slot<Waitable>>(), 64);
    }
}
