//! The state of a waitable set of the host beside that of every set: sets among its members.
//!
//! As a guest's set does, a set of the host lists only those of its members that have events. A set
//! that is a member of another set is in a list there as long as it has events itself.

use crate::error::{Error, ExtensionError};
use crate::host::limits::ExtensionLimits;
use crate::id::{Id as _, WaitableSetId};
use crate::limits::Table;
use crate::machine::arena::{Arena, Key, Slot};
use crate::machine::list::{Linked, Links, List};
use crate::secondary_map::{SecondaryMap, SecondaryPlace};

/// A set of the host.
#[derive(Debug)]
pub(crate) struct HostSet {
    id: WaitableSetId,
    /// Its neighbours among the sets with events in its parent.
    links: Links<Self>,
    /// The set that it is a member of.
    parent: Option<Key<Self>>,
    /// The sets among its members that have events, beginning with the one that has had them
    /// longest.
    ready: List<Self>,
    /// The number of sets that are its members.
    num_sets: u32,
    /// `true` if a member that is not a set has an event.
    has_event: bool,
    is_closed: bool,
}

impl Linked for HostSet {
    fn links(&self) -> &Links<Self> {
        &self.links
    }
    fn links_mut(&mut self) -> &mut Links<Self> {
        &mut self.links
    }
}

/// A place for the position of a set.
type Place = SecondaryPlace<WaitableSetId, Key<HostSet>>;

/// The sets of the host.
pub(crate) struct HostSets<L: ExtensionLimits> {
    all: Arena<HostSet, L::HostSets<Slot<HostSet>>>,
    keys: SecondaryMap<WaitableSetId, Key<HostSet>, L::HostSets<Place>>,
}

impl<L: ExtensionLimits> HostSets<L> {
    pub(crate) const fn new() -> Self {
        Self { all: Arena::new(Table::HostSets), keys: SecondaryMap::new(Table::HostSets) }
    }

    /// Returns the number of sets.
    pub(crate) const fn len(&self) -> usize {
        self.all.len()
    }

    /// Makes sure that there is room for the set that will have this id.
    pub(crate) fn prepare(&mut self, set: WaitableSetId) -> Result<(), Error> {
        self.all.reserve(1)?;
        self.keys.reserve(set.position())
    }

    /// Adds a prepared set.
    pub(crate) fn add(&mut self, id: WaitableSetId) -> Result<(), Error> {
        let key = self.all.insert(HostSet {
            id,
            links: Links::default(),
            parent: None,
            ready: List::default(),
            num_sets: 0,
            has_event: false,
            is_closed: false,
        })?;
        self.keys.insert(id, key).map(|_| ())
    }

    fn key(&self, set: WaitableSetId) -> Result<Key<HostSet>, Error> {
        self.keys.get(set).copied().ok_or(Error::Inconsistent(Table::HostSets))
    }

    fn set(&self, set: WaitableSetId) -> Result<&HostSet, Error> {
        self.all.get(self.key(set)?)
    }

    /// Returns `true` if a set was closed.
    pub(crate) fn is_closed(&self, set: WaitableSetId) -> Result<bool, Error> {
        Ok(self.set(set)?.is_closed)
    }

    /// Returns the number of sets that are members of a set.
    pub(crate) fn num_sets(&self, set: WaitableSetId) -> Result<u32, Error> {
        Ok(self.set(set)?.num_sets)
    }

    /// Returns the set that a set is a member of.
    pub(crate) fn parent(&self, set: WaitableSetId) -> Result<Option<WaitableSetId>, Error> {
        match self.set(set)?.parent {
            Some(parent) => Ok(Some(self.all.get(parent)?.id)),
            None => Ok(None),
        }
    }

    /// Returns the sets that are members of a set and are not closed.
    pub(crate) fn open_sets_in(
        &self,
        set: WaitableSetId,
    ) -> Result<impl Iterator<Item = WaitableSetId>, Error> {
        let parent = self.key(set)?;
        let sets =
            (0..self.all.positions()).filter_map(|it| self.all.get(self.all.key_at(it)?).ok());
        Ok(sets.filter(move |it| it.parent == Some(parent) && !it.is_closed).map(|it| it.id))
    }

    /// Returns the number of sets with events among the members of a set.
    pub(crate) fn num_ready(&self, set: WaitableSetId) -> Result<u32, Error> {
        Ok(self.set(set)?.ready.len())
    }

    /// Returns the set at `position` among the members of a set that have events.
    pub(crate) fn ready_at(
        &self,
        set: WaitableSetId,
        position: u32,
    ) -> Result<WaitableSetId, Error> {
        let found = self.set(set)?.ready.at(&self.all, position)?;
        Ok(self.all.get(found.ok_or(Error::Inconsistent(Table::HostSets))?)?.id)
    }

    /// Makes a set a member of another one, or of none.
    ///
    /// If the set would be among its own members, this fails and changes nothing.
    pub(crate) fn nest(
        &mut self,
        set: WaitableSetId,
        parent: Option<WaitableSetId>,
    ) -> Result<(), Error> {
        let set = self.key(set)?;
        let parent = parent.map(|parent| self.key(parent)).transpose()?;
        if let Some(parent) = parent
            && self.is_around(set, parent)?
        {
            return Err(ExtensionError::SetCycle.into());
        }
        if let Some(before) = self.all.get(set)?.parent {
            self.list_in(before, set, false)?;
            self.all.get_mut(before)?.num_sets -= 1;
            self.all.get_mut(set)?.parent = None;
            self.show(before)?;
        }
        if let Some(parent) = parent {
            self.all.get_mut(parent)?.num_sets += 1;
            self.all.get_mut(set)?.parent = Some(parent);
            self.show(set)?;
        }
        Ok(())
    }

    /// Returns `true` if `other` is `set`, or is in it, directly or through other sets. For a `set`
    /// without sets in it, this takes the same time however deep `other` is.
    fn is_around(&self, set: Key<HostSet>, other: Key<HostSet>) -> Result<bool, Error> {
        if set == other {
            return Ok(true);
        }
        if self.all.get(set)?.num_sets == 0 {
            return Ok(false);
        }
        let mut above = self.all.get(other)?.parent;
        while let Some(it) = above {
            if it == set {
                return Ok(true);
            }
            above = self.all.get(it)?.parent;
        }
        Ok(false)
    }

    /// Adds a set to the list of its parent's members with events, or removes it from there.
    fn list_in(
        &mut self,
        parent: Key<HostSet>,
        set: Key<HostSet>,
        has_events: bool,
    ) -> Result<(), Error> {
        if self.all.get(set)?.links.are_set() == has_events {
            return Ok(());
        }
        let mut ready = core::mem::take(&mut self.all.get_mut(parent)?.ready);
        if has_events {
            ready.push_back(&mut self.all, set)?;
        } else {
            ready.remove(&mut self.all, set)?;
        }
        self.all.get_mut(parent)?.ready = ready;
        Ok(())
    }

    /// Adds a set to its parent's list if it has events, or removes it, after its events have
    /// changed. Goes on with the parent as long as that changes, too.
    fn show(&mut self, set: Key<HostSet>) -> Result<(), Error> {
        let mut next = set;
        loop {
            let HostSet { parent, ref ready, ref links, has_event, is_closed, .. } =
                *self.all.get(next)?;
            let has_events = !is_closed && (ready.len() > 0 || has_event);
            let Some(parent) = parent else { return Ok(()) };
            if links.are_set() == has_events {
                return Ok(());
            }
            self.list_in(parent, next, has_events)?;
            next = parent;
        }
    }

    /// Notes if a member that is not a set has an event.
    pub(crate) fn changed(&mut self, set: WaitableSetId, has_event: bool) -> Result<(), Error> {
        let key = self.key(set)?;
        self.all.get_mut(key)?.has_event = has_event;
        self.show(key)
    }

    /// Closes a set. It returns no events from now on, and the events of its members stay with
    /// them.
    pub(crate) fn close(&mut self, set: WaitableSetId) -> Result<(), Error> {
        let key = self.key(set)?;
        self.all.get_mut(key)?.is_closed = true;
        self.show(key)
    }

    /// Removes a set, which has no members.
    pub(crate) fn remove(&mut self, set: WaitableSetId) -> Result<(), Error> {
        self.nest(set, None)?;
        let key = self.keys.remove(set).ok_or(Error::Inconsistent(Table::HostSets))?;
        self.all.remove(key)?;
        Ok(())
    }
}
