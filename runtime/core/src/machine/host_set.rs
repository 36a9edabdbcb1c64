//! Waitable sets of the host: **host extensions**, on the same rules as guests'.
//!
//! As a guest's, a set of the host's knows which of its members have events, not who they are. It
//! may be a member of another one: then it is listed there as long as it has events itself.

use crate::chooser::{Choice, Chooser};
use crate::error::{Error, Failure};
use crate::limits::{Limits, Table};

use super::Machine;
use super::arena::Key;
use super::list::{Linked as _, List};
use super::outstanding::Outstanding;
use super::step::HostEvent;
use super::waitable::{Kind, Waitable};
use super::waitable_set::WaitableSet;
use crate::id::{WaitableId, WaitableSetId};

/// What a waitable set of the host has besides what every set has.
#[derive(Debug, Default)]
pub(crate) struct HostSet {
    /// The set that it is a member of.
    parent: Option<Key<WaitableSet>>,
    /// The sets among its members that have events, in the order in which they came to have some.
    ready: List<WaitableSet>,
    /// How many sets are its members.
    num_sets: u32,
    is_closed: bool,
}

impl<L: Limits, C: Chooser> Machine<L, C> {
    /// A new set of the host's.
    pub(crate) fn new_host_set(&mut self) -> Result<WaitableSetId, Error> {
        self.sets.reserve(1)?;
        self.extensions.host_sets.reserve(self.sets.next_position())?;
        let key = self.sets.insert(WaitableSet::new(None))?;
        let id = self.set_id(key)?;
        self.extensions.host_sets.make(key, id.generation, HostSet::default)?;
        Ok(id)
    }

    /// The set of the host's with this id.
    pub(crate) fn host_set_key(&self, set: WaitableSetId) -> Result<Key<WaitableSet>, Error> {
        let key = self.sets.key(set.number, set.generation)?;
        if self.sets.get(key)?.instance.is_some() {
            return Err(Error::NotHeld);
        }
        Ok(key)
    }

    fn host_set(&self, set: Key<WaitableSet>) -> Result<&HostSet, Error> {
        let generation = self.sets.generation(set)?;
        let record = self.extensions.host_sets.get(set, generation);
        record.ok_or(Error::Inconsistent(Table::HostSets))
    }

    fn host_set_mut(&mut self, set: Key<WaitableSet>) -> Result<&mut HostSet, Error> {
        let generation = self.sets.generation(set)?;
        self.extensions.host_sets.make(set, generation, HostSet::default)
    }

    /// Whether a set was closed.
    pub(crate) fn is_host_set_closed(&self, set: Key<WaitableSet>) -> Result<bool, Error> {
        Ok(self.host_set(set)?.is_closed)
    }

    /// How many members a set has.
    pub(crate) fn count_host_set(&self, set: Key<WaitableSet>) -> Result<u32, Error> {
        Ok(self.sets.get(set)?.num_elems.saturating_add(self.host_set(set)?.num_sets))
    }

    /// The set of the host's that something is in, which the host holds.
    pub(crate) fn set_of_host_waitable(
        &self,
        waitable: WaitableId,
    ) -> Result<(Key<Waitable>, Option<Key<WaitableSet>>), Error> {
        let key = match waitable {
            WaitableId::Subtask(call) => self.hosts_call(call)?,
            WaitableId::End(end) => self.hosts_end(end)?,
        };
        Ok((key, self.waitables.get(key)?.set))
    }

    /// The set of the host's that a set is a member of.
    pub(crate) fn parent_of(
        &self,
        set: Key<WaitableSet>,
    ) -> Result<Option<Key<WaitableSet>>, Error> {
        Ok(self.host_set(set)?.parent)
    }

    /// Makes a set a member of another one, or of none.
    ///
    /// Fails, with nothing changed, if it would be among its own members.
    pub(crate) fn nest(
        &mut self,
        set: Key<WaitableSet>,
        parent: Option<Key<WaitableSet>>,
    ) -> Result<(), Error> {
        let mut above = parent;
        while let Some(it) = above {
            if it == set {
                return Err(Error::SetCycle);
            }
            above = self.host_set(it)?.parent;
        }
        if let Some(before) = self.host_set(set)?.parent {
            self.list_in(before, set, false)?;
            self.host_set_mut(before)?.num_sets -= 1;
            self.host_set_mut(set)?.parent = None;
            self.show_host_set(before)?;
        }
        if let Some(parent) = parent {
            self.host_set_mut(parent)?.num_sets += 1;
            self.host_set_mut(set)?.parent = Some(parent);
            self.show_host_set(set)?;
        }
        Ok(())
    }

    /// Lists a set among those of its parent that have events, or no more.
    fn list_in(
        &mut self,
        parent: Key<WaitableSet>,
        set: Key<WaitableSet>,
        has_events: bool,
    ) -> Result<(), Error> {
        if self.sets.get(set)?.links().are_set() == has_events {
            return Ok(());
        }
        let mut ready = core::mem::take(&mut self.host_set_mut(parent)?.ready);
        if has_events {
            ready.push_back(&mut self.sets, set)?;
        } else {
            ready.remove(&mut self.sets, set)?;
        }
        self.host_set_mut(parent)?.ready = ready;
        Ok(())
    }

    /// Lists a set where it is a member, if it has events, after those changed; and so on upwards,
    /// as far as it makes a difference.
    pub(crate) fn show_host_set(&mut self, set: Key<WaitableSet>) -> Result<(), Error> {
        let mut next = set;
        loop {
            let HostSet { parent, ref ready, is_closed, .. } = *self.host_set(next)?;
            let has_events =
                !is_closed && (ready.len() > 0 || self.sets.get(next)?.has_pending_event());
            let Some(parent) = parent else { return Ok(()) };
            if self.sets.get(next)?.links().are_set() == has_events {
                return Ok(());
            }
            self.list_in(parent, next, has_events)?;
            next = parent;
        }
    }

    /// Closes a set: it gives no more events, and those of its members stay theirs.
    pub(crate) fn close_host_set(&mut self, set: Key<WaitableSet>) -> Result<(), Error> {
        self.host_set_mut(set)?.is_closed = true;
        self.show_host_set(set)
    }

    /// Removes a set, which has no members.
    pub(crate) fn remove_host_set(&mut self, set: Key<WaitableSet>) -> Result<(), Error> {
        if self.count_host_set(set)? > 0 {
            return Err(Error::SetNotEmpty);
        }
        self.nest(set, None)?;
        self.extensions.host_sets.take(set);
        self.sets.remove(set)?;
        Ok(())
    }

    /// Takes the next event of a set's members, and of the members of those.
    pub(crate) fn next_event_of_host_set(
        &mut self,
        set: Key<WaitableSet>,
    ) -> Result<Option<HostEvent>, Failure> {
        self.check_outstanding(Outstanding::Nothing)?;
        let mut set = set;
        loop {
            let direct = self.sets.get(set)?.pending.len();
            let nested = self.host_set(set)?.ready.len();
            if direct + nested == 0 {
                return Ok(None);
            }
            let chosen = self.choose(Choice::Event, direct + nested)?;
            if let Some(position) = chosen.checked_sub(direct) {
                let chosen = self.host_set(set)?.ready.at(&self.sets, position)?;
                set = chosen.ok_or(Error::Inconsistent(Table::WaitableSets))?;
                continue;
            }
            let waitable = self.sets.get(set)?.pending.at(&self.waitables, chosen)?;
            let waitable = waitable.ok_or(Error::Inconsistent(Table::Waitables))?;
            let id = self.waitable_id(waitable)?;
            let event = self.get_pending_event(waitable)?;
            return Ok(Some(HostEvent { waitable: id, event }));
        }
    }

    /// The id of a waitable.
    pub(crate) fn waitable_id(&self, waitable: Key<Waitable>) -> Result<WaitableId, Error> {
        Ok(match self.waitables.get(waitable)?.kind {
            Kind::Subtask(_) => WaitableId::Subtask(self.subtask_id(waitable)?),
            Kind::End(_) => WaitableId::End(self.end_id(waitable)?),
        })
    }
}
