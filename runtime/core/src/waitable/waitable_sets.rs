//! The host's view of its waitable sets.

use crate::chooser::Chooser;
use crate::error::{Error, ExtensionError, Failure};
use crate::host::limits::ExtensionLimits;
use crate::host::machine::ExtendedMachine;
use crate::machine::{HostEvent, WaitableId, WaitableSetId};
use crate::task::TaskResult;

use super::{FailedTask, WaitResult, Waitable};

/// The waitable sets of the host in a store or machine. This is a view, and a **host extension**.
///
/// It is returned by `store.waitable_sets()` each time it is needed. See
/// [`waitable`](crate::waitable).
///
/// Every method that takes a set fails with [`Error::Unknown`] if the set doesn't exist any
/// longer, and with [`MachineError::NotHeld`] if it is a guest's. Every method that takes a
/// member fails with [`Error::Unknown`] if that doesn't exist any longer.
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
    /// Creates a set without members.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if there is no room in
    /// [`WaitableSets`](crate::limits::Table::WaitableSets) or
    /// [`HostSets`](crate::limits::Table::HostSets).
    pub fn create(&mut self) -> Result<WaitableSetId, Error> {
        let next = self.machine.prepare_host_set()?;
        self.machine.hooks.host_sets.prepare(next)?;
        let set = self.machine.new_host_set()?;
        self.machine.hooks.host_sets.add(set)?;
        Ok(set)
    }

    /// Creates a set with these members.
    ///
    /// # Errors
    ///
    /// If a member can't be added, no set is created, and the members before it are in no set.
    ///
    /// - [`Error::Full`] if there is no room in
    ///   [`WaitableSets`](crate::limits::Table::WaitableSets) or
    ///   [`HostSets`](crate::limits::Table::HostSets).
    /// - [`Error::Unknown`] if a member doesn't exist.
    /// - [`MachineError::NotHosts`](crate::error::MachineError::NotHosts) if a member is a guest's
    ///   call.
    /// - [`MachineError::NotHeld`](crate::error::MachineError::NotHeld) if one of them is a guest's
    ///   end or set.
    pub fn create_with<W: Into<Waitable> + Copy>(
        &mut self,
        members: &[W],
    ) -> Result<WaitableSetId, Error> {
        let set = self.create()?;
        for (count, member) in members.iter().enumerate() {
            if let Err(error) = self.add(set, *member) {
                for added in members.iter().take(count) {
                    // A member that is in the list twice is already removed.
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

    /// Makes a waitable or set a member of a set, as `waitable.join` does. The member leaves the
    /// set that it was in. If the member has an event, the new set has that event now.
    ///
    /// # Errors
    ///
    /// After an error, nothing has changed.
    ///
    /// - [`Error::Unknown`] if the set or the member doesn't exist.
    /// - [`ExtensionError::SetClosed`] if the set was closed.
    /// - [`ExtensionError::SetCycle`] if the set would be among its own members.
    /// - [`MachineError::NotHosts`] if the member is a guest's call.
    /// - [`MachineError::NotHeld`] if one of them is a guest's end or set.
    ///
    /// # Example
    ///
    /// A set can be a member of another set:
    ///
    /// ```
    /// # use weft_core as weft;
    /// # #[cfg(feature = "alloc")] {
    /// # use weft::host::ExtendedMachine;
    /// # use weft::limits::Heap;
    /// # let mut machine = ExtendedMachine::<Heap>::default();
    /// let (one, other) = (machine.tasks().start()?, machine.tasks().start()?);
    /// let downloads = machine.waitable_sets().create_with(&[one, other])?;
    /// let all = machine.waitable_sets().create()?;
    /// machine.waitable_sets().add(all, downloads)?;
    /// assert_eq!(machine.waitable_sets().count(downloads)?, 2);
    ///
    /// machine.tasks().complete(one, ())?;
    /// assert_eq!(machine.waitable_sets().poll_all(all)?.count(), 1);
    /// machine.waitable_sets().remove(downloads, one)?;
    /// assert!(!machine.waitable_sets().contains(downloads, one)?);
    /// # }
    /// # Ok::<(), weft::error::Error>(())
    /// ```
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

    /// Removes a member from a set. A member that has an event keeps it. Then
    /// [`next_host_event`](crate::machine::Machine::next_host_event) returns the event, or the next
    /// set that the member joins does.
    ///
    /// # Errors
    ///
    /// After an error, nothing has changed.
    ///
    /// - [`ExtensionError::NotMember`] if it isn't a member of the set.
    /// - [`Error::Unknown`] if the set or the member doesn't exist.
    /// - [`MachineError::NotHosts`] if the member is a guest's call.
    /// - [`MachineError::NotHeld`] if one of them is a guest's end or set.
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

    /// Returns `true` if a waitable or set is a direct member of a set. A member of a member
    /// doesn't count.
    ///
    /// # Errors
    ///
    /// - [`Error::Unknown`] if the set or the member doesn't exist.
    /// - [`MachineError::NotHosts`] if the member is a guest's call.
    /// - [`MachineError::NotHeld`] if one of them is a guest's end or set.
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

    /// Takes the next event of a set's members, and of the members of sets among them.
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

    /// Returns the number of a set's members. A member that is dropped, or passed to a guest, is
    /// not a member any longer.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the set doesn't exist.
    pub fn count(&self, set: WaitableSetId) -> Result<u32, Error> {
        let waitables = self.machine.members_of_set(set)?;
        Ok(waitables.saturating_add(self.machine.hooks.host_sets.num_sets(set)?))
    }

    /// Returns those members of a set that are sets themselves, and are not closed.
    ///
    /// Its other members are among [`members_of_sets`](crate::machine::Machine::members_of_sets).
    /// The time that both take grows with the number of all sets and waitables.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the set doesn't exist.
    pub fn open_sets_in(
        self,
        set: WaitableSetId,
    ) -> Result<impl Iterator<Item = WaitableSetId>, Error> {
        self.machine.host_set_key(set)?;
        self.machine.hooks.host_sets.open_sets_in(set)
    }

    /// Closes a set. Waiting on it ends with [`WaitResult::Cancelled`], and nothing can be added
    /// to it. Its members stay in it until they are removed, and keep their events.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the set doesn't exist.
    pub fn close(&mut self, set: WaitableSetId) -> Result<(), Error> {
        self.machine.host_set_key(set)?;
        self.machine.hooks.host_sets.close(set)
    }

    /// Drops a set, closed or not. It leaves the set that it is a member of.
    ///
    /// # Errors
    ///
    /// After an error, nothing has changed.
    ///
    /// - [`ExtensionError::SetNotEmpty`] if the set has members. A guest would trap.
    /// - [`Error::Unknown`] if the set doesn't exist.
    pub fn drop(&mut self, set: WaitableSetId) -> Result<(), Error> {
        if self.count(set)? > 0 {
            return Err(ExtensionError::SetNotEmpty.into());
        }
        self.machine.hooks.host_sets.remove(set)?;
        self.machine.remove_host_set(set)
    }

    /// Takes the next event of the members, and of the members of sets among them. Returns
    /// [`WaitResult::Pending`] if there is none, and does not wait.
    ///
    /// # Errors
    ///
    /// - [`Error::Unknown`] if the set doesn't exist.
    /// - [`MachineError::OtherStep`](crate::error::MachineError::OtherStep) if the machine waits
    ///   for the end of a step.
    /// - [`MachineError::MustUnwind`](crate::error::MachineError::MustUnwind) after a trap.
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

    /// Takes the events of the members, one after the other, as [`poll`](Self::poll) does. Events
    /// that are not asked for stay with their members.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the set doesn't exist. The iterator ends after an error:
    /// [`MachineError::OtherStep`](crate::error::MachineError::OtherStep) if the machine waits for
    /// the end of a step, or [`MachineError::MustUnwind`](crate::error::MachineError::MustUnwind)
    /// after a trap.
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

/// Returns the waitable of a member, or else its set.
const fn waitable_of(member: Waitable) -> Result<WaitableId, WaitableSetId> {
    match member {
        Waitable::Task(task) => Ok(WaitableId::Subtask(task)),
        Waitable::End(end) => Ok(WaitableId::End(end)),
        Waitable::Set(set) => Err(set),
    }
}
