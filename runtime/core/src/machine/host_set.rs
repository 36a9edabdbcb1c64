//! Waitable sets that the host has, and no instance: **host extensions**, on the same rules as
//! guests' sets.
//!
//! Their members are the host's calls, operations and ends. The [hooks](super::Hooks) are told
//! when such a set has events, so that the host extensions needn't ask.

use crate::chooser::{Choice, Chooser};
use crate::error::{Error, Failure, MachineError};
use crate::limits::{Limits, Table};

use super::arena::Key;
use super::hooks::Hooks;
use super::record::frame::Outstanding;
use super::record::waitable::{Kind, Waitable, WaitableSet};
use super::state::Machine;
use super::step::HostEvent;
use crate::id::{WaitableId, WaitableSetId};

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Makes sure that there is room for a set. Returns the id that it gets if it is made next.
    pub(crate) fn prepare_host_set(&mut self) -> Result<WaitableSetId, Error> {
        self.sets.reserve(1)?;
        self.next_set_id()
    }

    /// Makes a prepared set of the host.
    pub(crate) fn new_host_set(&mut self) -> Result<WaitableSetId, Error> {
        let key = self.sets.insert(WaitableSet::new(None))?;
        self.set_id(key)
    }

    /// Returns the key of the host set with this id.
    pub(crate) fn host_set_key(&self, set: WaitableSetId) -> Result<Key<WaitableSet>, Error> {
        let key = self.set_key(set)?;
        if self.sets.get(key)?.instance.is_some() {
            return Err(MachineError::NotHeld.into());
        }
        Ok(key)
    }

    /// Returns the number of members of a set.
    pub(crate) fn members_of_set(&self, set: WaitableSetId) -> Result<u32, Error> {
        Ok(self.sets.get(self.host_set_key(set)?)?.num_elems)
    }

    /// Puts a waitable of the host into a set, or takes it out of its set.
    pub(crate) fn join_host_set(
        &mut self,
        waitable: WaitableId,
        set: Option<WaitableSetId>,
    ) -> Result<(), Error> {
        let waitable = self.hosts_waitable(waitable)?;
        let set = set.map(|set| self.host_set_key(set)).transpose()?;
        self.join(waitable, set)
    }

    /// Returns the set that a waitable of the host is in.
    pub(crate) fn set_of_host_waitable(
        &self,
        waitable: WaitableId,
    ) -> Result<Option<WaitableSetId>, Error> {
        let set = self.waitables.get(self.hosts_waitable(waitable)?)?.set;
        set.map(|set| self.set_id(set)).transpose()
    }

    /// Returns the key of a waitable that the host holds.
    fn hosts_waitable(&self, waitable: WaitableId) -> Result<Key<Waitable>, Error> {
        match waitable {
            WaitableId::Subtask(call) => self.hosts_call(call),
            WaitableId::End(end) => self.hosts_end(end),
        }
    }

    /// Removes a set that has no members.
    pub(crate) fn remove_host_set(&mut self, set: WaitableSetId) -> Result<(), Error> {
        let key = self.host_set_key(set)?;
        self.sets.remove(key)?;
        Ok(())
    }

    /// Returns the number of members of a set that have events.
    ///
    /// # Errors
    ///
    /// - [`MachineError::OtherStep`] if the machine waits for the end of a step.
    /// - [`MachineError::MustUnwind`] after a trap.
    pub(crate) fn pending_in_host_set(&self, set: WaitableSetId) -> Result<u32, Failure> {
        self.check_outstanding(Outstanding::Nothing)?;
        Ok(self.sets.get(self.host_set_key(set)?)?.pending.len())
    }

    /// Chooses one of `count` events: those of the members of a set, and others.
    pub(crate) fn choose_event(&mut self, count: u32) -> Result<u32, Error> {
        self.choose(Choice::Event, count)
    }

    /// Takes the event of the member at `position` among those that have one.
    pub(crate) fn take_event_of_host_set(
        &mut self,
        set: WaitableSetId,
        position: u32,
    ) -> Result<HostEvent, Failure> {
        let pending = &self.sets.get(self.host_set_key(set)?)?.pending;
        let waitable = pending.at(&self.waitables, position)?;
        let waitable = waitable.ok_or(Error::Inconsistent(Table::Waitables))?;
        let id = self.waitable_id(waitable)?;
        let event = self.get_pending_event(waitable)?;
        Ok(HostEvent { waitable: id, event })
    }

    /// Returns the id of a waitable.
    pub(crate) fn waitable_id(&self, waitable: Key<Waitable>) -> Result<WaitableId, Error> {
        Ok(match self.waitables.get(waitable)?.kind {
            Kind::Subtask(_) => WaitableId::Subtask(self.subtask_id(waitable)?),
            Kind::End(_) => WaitableId::End(self.end_id(waitable)?),
        })
    }
}
