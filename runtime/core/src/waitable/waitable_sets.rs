//! What the host does with its waitable sets.

use crate::chooser::Chooser;
use crate::error::{Error, ExtensionError, Failure};
use crate::host::limits::ExtensionLimits;
use crate::host::machine::ExtendedMachine;
use crate::machine::{HostEvent, WaitableId, WaitableSetId};
use crate::task::TaskResult;

use super::{FailedTask, WaitResult, Waitable};

/// A view of the waitable sets that the host has in a machine: a **host extension**.
///
/// It is made from whatever has a machine with the host extensions, for as long as it is used. See
/// [`waitable`](crate::waitable).
///
/// What takes a set fails with [`Error::Unknown`] if it is no more, and with
/// [`MachineError::NotHeld`] if it is a guest's; what takes a member, with `Unknown` if that is no
/// more.
///
/// ```
/// # use weft_core as weft;
/// # #[cfg(feature = "alloc")] {
/// use weft::waitable::WaitResult;
/// use weft::host::ExtendedMachine;
/// use weft::limits::Heap;
///
/// let mut machine = ExtendedMachine::<Heap>::default();
/// let task = machine.tasks().start()?;
/// let set = machine.waitable_sets().create_with(&[task])?;
/// machine.tasks().complete(task, ())?;
/// assert!(matches!(machine.waitable_sets().poll(set)?, WaitResult::Ready(_)));
/// # }
/// # Ok::<(), weft::error::Failure>(())
/// ```
///
/// [`MachineError::NotHeld`]: crate::error::MachineError::NotHeld
#[derive(Debug)]
pub struct WaitableSets<'a, L: ExtensionLimits, C: Chooser> {
    pub(crate) machine: &'a mut ExtendedMachine<L, C>,
}

impl<L: ExtensionLimits, C: Chooser> WaitableSets<'_, L, C> {
    /// A new set, without members.
    ///
    /// # Errors
    ///
    /// [`Error::Full`]: [`WaitableSets`](crate::limits::Table::WaitableSets),
    /// [`HostSets`](crate::limits::Table::HostSets).
    pub fn create(&mut self) -> Result<WaitableSetId, Error> {
        let next = self.machine.prepare_host_set()?;
        self.machine.hooks.host_sets.prepare(next)?;
        let set = self.machine.new_host_set()?;
        self.machine.hooks.host_sets.add(set)?;
        Ok(set)
    }

    /// A new set with these members.
    ///
    /// # Errors
    ///
    /// Those of [`create`](Self::create) and
    /// [`add`](Self::add). If a member can't be added, there is no set, and
    /// those before it are in none.
    pub fn create_with<W: Into<Waitable> + Copy>(
        &mut self,
        members: &[W],
    ) -> Result<WaitableSetId, Error> {
        let set = self.create()?;
        for (count, member) in members.iter().enumerate() {
            if let Err(error) = self.add(set, *member) {
                for added in members.iter().take(count) {
                    // One that is named twice is gone already.
                    match self.remove(set, *added) {
                        Ok(()) | Err(Error::Extension(ExtensionError::NotMember)) => {}
                        Err(error) => return Err(error),
                    }
                }
                self.drop(set)?;
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
    /// With nothing changed: [`Error::Unknown`]; [`ExtensionError::SetClosed`];
    /// [`ExtensionError::SetCycle`] if the set would be among its own members;
    /// [`MachineError::NotHosts`] for a guest's call; [`MachineError::NotHeld`] for a guest's end
    /// or set.
    ///
    /// [`MachineError::NotHosts`]: crate::error::MachineError::NotHosts
    /// [`MachineError::NotHeld`]: crate::error::MachineError::NotHeld
    pub fn add(&mut self, set: WaitableSetId, member: impl Into<Waitable>) -> Result<(), Error> {
        if self.is_set_closed(set)? {
            return Err(ExtensionError::SetClosed.into());
        }
        match waitable_of(member.into()) {
            Ok(waitable) => self.machine.join_host_set(waitable, Some(set)),
            Err(nested) => {
                self.machine.host_set_key(nested)?;
                self.machine.hooks.host_sets.nest(nested, Some(set))
            }
        }
    }

    /// Takes a member out. If it has an event, it keeps it, and the host hears of it by
    /// [`next_host_event`](crate::machine::Machine::next_host_event), or by the next set that it
    /// joins.
    ///
    /// # Errors
    ///
    /// With nothing changed: [`ExtensionError::NotMember`]; [`Error::Unknown`];
    /// [`MachineError::NotHosts`], [`MachineError::NotHeld`].
    ///
    /// [`MachineError::NotHosts`]: crate::error::MachineError::NotHosts
    /// [`MachineError::NotHeld`]: crate::error::MachineError::NotHeld
    pub fn remove(&mut self, set: WaitableSetId, member: impl Into<Waitable>) -> Result<(), Error> {
        let member = member.into();
        if !self.is_member(set, member)? {
            return Err(ExtensionError::NotMember.into());
        }
        match waitable_of(member) {
            Ok(waitable) => self.machine.join_host_set(waitable, None),
            Err(nested) => self.machine.hooks.host_sets.nest(nested, None),
        }
    }

    /// Whether something is a member, itself and not by another set.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]; [`MachineError::NotHosts`], [`MachineError::NotHeld`].
    ///
    /// [`MachineError::NotHosts`]: crate::error::MachineError::NotHosts
    /// [`MachineError::NotHeld`]: crate::error::MachineError::NotHeld
    pub fn contains(&self, set: WaitableSetId, member: impl Into<Waitable>) -> Result<bool, Error> {
        self.is_member(set, member.into())
    }

    fn is_member(&self, set: WaitableSetId, member: Waitable) -> Result<bool, Error> {
        self.machine.host_set_key(set)?;
        let found = match waitable_of(member) {
            Ok(waitable) => self.machine.set_of_host_waitable(waitable)?,
            Err(nested) => {
                self.machine.host_set_key(nested)?;
                self.machine.hooks.host_sets.parent(nested)?
            }
        };
        Ok(found == Some(set))
    }

    fn is_set_closed(&self, set: WaitableSetId) -> Result<bool, Error> {
        self.machine.host_set_key(set)?;
        self.machine.hooks.host_sets.is_closed(set)
    }

    /// Takes the next event of a set's members, and of the members of those.
    fn next_event_of(&mut self, set: WaitableSetId) -> Result<Option<HostEvent>, Failure> {
        let mut set = set;
        loop {
            let direct = self.machine.pending_in_host_set(set)?;
            let nested = self.machine.hooks.host_sets.num_ready(set)?;
            if direct + nested == 0 {
                return Ok(None);
            }
            let chosen = self.machine.choose_event(direct + nested)?;
            match chosen.checked_sub(direct) {
                Some(position) => set = self.machine.hooks.host_sets.ready_at(set, position)?,
                None => return self.machine.take_event_of_host_set(set, chosen).map(Some),
            }
        }
    }

    /// How many members a set has. One that is dropped, or given to a guest, is a member no more.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn count(&self, set: WaitableSetId) -> Result<u32, Error> {
        let waitables = self.machine.members_of_set(set)?;
        Ok(waitables.saturating_add(self.machine.hooks.host_sets.num_sets(set)?))
    }

    /// Returns the sets among the members of a set, but for those that are closed. Its other
    /// members are among [`members_of_sets`](crate::machine::Machine::members_of_sets). Both take
    /// time with the number of all sets and waitables.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn open_sets_in(
        self,
        set: WaitableSetId,
    ) -> Result<impl Iterator<Item = WaitableSetId>, Error> {
        self.machine.host_set_key(set)?;
        self.machine.hooks.host_sets.open_sets_in(set)
    }

    /// Closes a set: who waits on it hears that it was [cancelled](WaitResult::Cancelled), and
    /// nothing is added any more. Its members are still to be removed; their events are theirs.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn close(&mut self, set: WaitableSetId) -> Result<(), Error> {
        self.machine.host_set_key(set)?;
        self.machine.hooks.host_sets.close(set)
    }

    /// Drops a set, closed or not, which leaves the set that it is a member of.
    ///
    /// # Errors
    ///
    /// With nothing changed: [`ExtensionError::SetNotEmpty`], as a guest would trap;
    /// [`Error::Unknown`].
    pub fn drop(&mut self, set: WaitableSetId) -> Result<(), Error> {
        if self.count(set)? > 0 {
            return Err(ExtensionError::SetNotEmpty.into());
        }
        self.machine.hooks.host_sets.remove(set)?;
        self.machine.remove_host_set(set)
    }

    /// Takes the next event of the members, and of the members of sets among them, if there is one.
    /// Returns [`WaitResult::Pending`] if there is none, and does not wait.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]; those of [`next_host_event`](crate::machine::Machine::next_host_event).
    pub fn poll(&mut self, set: WaitableSetId) -> Result<WaitResult, Failure> {
        if self.is_set_closed(set)? {
            return Ok(WaitResult::Cancelled);
        }
        let Some(event) = self.next_event_of(set)? else {
            return Ok(WaitResult::Pending);
        };
        if let WaitableId::Subtask(task) = event.waitable
            && let Some(TaskResult::Failed(error)) = self.machine.task_result(task)?
        {
            return Ok(WaitResult::Error(FailedTask { task, error }));
        }
        Ok(WaitResult::Ready(event))
    }

    /// Takes the events that the members have, one after the other, as
    /// [`poll`](Self::poll) does. What isn't asked for stays where it is.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]; while it goes on, those of
    /// [`next_host_event`](crate::machine::Machine::next_host_event), which end it.
    pub fn poll_all(
        mut self,
        set: WaitableSetId,
    ) -> Result<impl Iterator<Item = Result<WaitResult, Failure>>, Error> {
        self.machine.host_set_key(set)?;
        let mut is_over = false;
        Ok(core::iter::from_fn(move || {
            if is_over {
                return None;
            }
            match self.poll(set) {
                Ok(WaitResult::Pending | WaitResult::Cancelled) => None,
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
