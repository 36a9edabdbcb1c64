//! What the host does with its waitable sets.

use crate::chooser::Chooser;
use crate::error::{Error, Failure};
use crate::host::Host;
use crate::limits::Limits;
use crate::machine::{WaitableId, WaitableSetId};
use crate::task::TaskResult;

use super::{FailedTask, WaitResult, Waitable};

/// Waitable sets of the host: **host extensions**. See [`waitable`](crate::waitable).
///
/// What takes a set fails with [`Error::Unknown`] if it is no more, and with [`Error::NotHeld`] if it
/// is a guest's; what takes a member, with `Unknown` if that is no more.
impl<L: Limits, C: Chooser> Host<'_, L, C> {
    /// A new set, without members.
    ///
    /// # Errors
    ///
    /// [`Error::Full`]: [`WaitableSets`](crate::limits::Table::WaitableSets),
    /// [`HostSets`](crate::limits::Table::HostSets).
    pub fn waitable_set_new(&mut self) -> Result<WaitableSetId, Error> {
        self.machine.new_host_set()
    }

    /// A new set with these members.
    ///
    /// # Errors
    ///
    /// Those of [`waitable_set_new`](Self::waitable_set_new) and
    /// [`waitable_set_add`](Self::waitable_set_add). If a member can't be added, there is no set, and
    /// those before it are in none.
    pub fn waitable_set_of<W: Into<Waitable> + Copy>(
        &mut self,
        members: &[W],
    ) -> Result<WaitableSetId, Error> {
        let set = self.waitable_set_new()?;
        for (count, member) in members.iter().enumerate() {
            if let Err(error) = self.waitable_set_add(set, *member) {
                for added in members.iter().take(count) {
                    // One that is named twice is gone already.
                    match self.waitable_set_remove(set, *added) {
                        Ok(()) | Err(Error::NotMember) => {}
                        Err(error) => return Err(error),
                    }
                }
                self.waitable_set_drop(set)?;
                return Err(error);
            }
        }
        Ok(set)
    }

    /// Makes something a member, as `waitable.join` does: it leaves the set that it was in before.
    /// If it has an event, the set has it now.
    ///
    /// # Errors
    ///
    /// With nothing changed: [`Error::Unknown`]; [`Error::SetClosed`]; [`Error::SetCycle`] if the
    /// set would be among its own members; [`Error::NotHosts`] for a guest's call;
    /// [`Error::NotHeld`] for a guest's end or set.
    pub fn waitable_set_add(
        &mut self,
        set: WaitableSetId,
        member: impl Into<Waitable>,
    ) -> Result<(), Error> {
        let key = self.machine.host_set_key(set)?;
        if self.machine.is_host_set_closed(key)? {
            return Err(Error::SetClosed);
        }
        match waitable_of(member.into()) {
            Ok(waitable) => {
                let (waitable, _) = self.machine.set_of_host_waitable(waitable)?;
                self.machine.join(waitable, Some(key))
            }
            Err(nested) => self.machine.nest(self.machine.host_set_key(nested)?, Some(key)),
        }
    }

    /// Takes a member out. If it has an event, it keeps it, and the host hears of it by
    /// [`next_host_event`](crate::machine::Machine::next_host_event), or by the next set that it
    /// joins.
    ///
    /// # Errors
    ///
    /// With nothing changed: [`Error::NotMember`]; [`Error::Unknown`]; [`Error::NotHosts`],
    /// [`Error::NotHeld`].
    pub fn waitable_set_remove(
        &mut self,
        set: WaitableSetId,
        member: impl Into<Waitable>,
    ) -> Result<(), Error> {
        let key = self.machine.host_set_key(set)?;
        match waitable_of(member.into()) {
            Ok(waitable) => match self.machine.set_of_host_waitable(waitable)? {
                (waitable, found) if found == Some(key) => self.machine.join(waitable, None),
                _ => Err(Error::NotMember),
            },
            Err(nested) => {
                let nested = self.machine.host_set_key(nested)?;
                if self.machine.parent_of(nested)? != Some(key) {
                    return Err(Error::NotMember);
                }
                self.machine.nest(nested, None)
            }
        }
    }

    /// Whether something is a member, itself and not by another set.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]; [`Error::NotHosts`], [`Error::NotHeld`].
    pub fn waitable_set_contains(
        &self,
        set: WaitableSetId,
        member: impl Into<Waitable>,
    ) -> Result<bool, Error> {
        let key = self.machine.host_set_key(set)?;
        let found = match waitable_of(member.into()) {
            Ok(waitable) => self.machine.set_of_host_waitable(waitable)?.1,
            Err(nested) => self.machine.parent_of(self.machine.host_set_key(nested)?)?,
        };
        Ok(found == Some(key))
    }

    /// How many members a set has. One that is dropped, or given to a guest, is a member no more.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn waitable_set_count(&self, set: WaitableSetId) -> Result<u32, Error> {
        self.machine.count_host_set(self.machine.host_set_key(set)?)
    }

    /// Closes a set: who waits on it hears that it was [cancelled](WaitResult::Cancelled), and
    /// nothing is added any more. Its members are still to be removed; their events are theirs.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn waitable_set_close(&mut self, set: WaitableSetId) -> Result<(), Error> {
        self.machine.close_host_set(self.machine.host_set_key(set)?)
    }

    /// Drops a set, closed or not, which leaves the set that it is a member of.
    ///
    /// # Errors
    ///
    /// With nothing changed: [`Error::SetNotEmpty`], as a guest would trap; [`Error::Unknown`].
    pub fn waitable_set_drop(&mut self, set: WaitableSetId) -> Result<(), Error> {
        self.machine.remove_host_set(self.machine.host_set_key(set)?)
    }

    /// Takes the next event of the members, and of the members of sets among them, if there is one;
    /// does not wait.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]; those of [`next_host_event`](crate::machine::Machine::next_host_event).
    pub fn waitable_set_poll(&mut self, set: WaitableSetId) -> Result<WaitResult, Failure> {
        let key = self.machine.host_set_key(set)?;
        if self.machine.is_host_set_closed(key)? {
            return Ok(WaitResult::Cancelled);
        }
        let Some(event) = self.machine.next_event_of_host_set(key)? else {
            return Ok(WaitResult::Timeout);
        };
        if let WaitableId::Subtask(task) = event.waitable
            && let Some(TaskResult::Failed(error)) = self.task_result(task)?
        {
            return Ok(WaitResult::Error(FailedTask { task, error }));
        }
        Ok(WaitResult::Ready(event))
    }

    /// Takes the events that the members have, one after the other, as
    /// [`waitable_set_poll`](Self::waitable_set_poll) does. What isn't asked for stays where it is.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]; while it goes on, those of
    /// [`next_host_event`](crate::machine::Machine::next_host_event), which end it.
    pub fn waitable_set_poll_all(
        &mut self,
        set: WaitableSetId,
    ) -> Result<impl Iterator<Item = Result<WaitResult, Failure>>, Error> {
        self.machine.host_set_key(set)?;
        let mut is_over = false;
        Ok(core::iter::from_fn(move || {
            if is_over {
                return None;
            }
            match self.waitable_set_poll(set) {
                Ok(WaitResult::Timeout | WaitResult::Cancelled) => None,
                result => {
                    is_over = result.is_err();
                    Some(result)
                }
            }
        }))
    }
}

/// The waitable that a member is, or else the set.
const fn waitable_of(member: Waitable) -> Result<WaitableId, WaitableSetId> {
    match member {
        Waitable::Task(task) => Ok(WaitableId::Subtask(task)),
        Waitable::End(end) => Ok(WaitableId::End(end)),
        Waitable::Set(set) => Err(set),
    }
}
