//! The linked calls between guests.
//!
//! `F` is a core function of the engine, `I` a core instance.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::abi::{FlatValues, NanBits};
use crate::builtin::OptionsIndex;
use crate::component::definition::linking::call_part::CallPart;
use crate::component::definition::linking::link_import::LinkFunction;
use crate::component::definition::linking::plan::LinkPlan;
use crate::error::Error;
use crate::limits::Table;
use crate::machine::{FunctionId, GuestCode, InstanceId};

use super::machine::ById;
use super::slab::Slab;

/// The links of a store.
pub(crate) struct Links<F, I> {
    /// The links of each instance that the host has made, by number.
    sets: Slab<LinkSet<F, I>>,
    /// The numbers of the links of component instances.
    of_instances: ById<InstanceId, u32>,
    /// The number of instances that were locked down when the flags were last updated.
    lockdowns: u64,
    /// The calls that were under way when something trapped, the innermost first.
    active: Vec<ActiveLink>,
    /// The core values to which arguments were moved, and the number of those that were taken.
    moved: (FlatValues, usize),
    /// The bits of the NaNs among the values that the code of a link moves.
    nan: NanBits,
    /// The part of a call that native code is in.
    native_part: Option<CallPart>,
}

/// The links of an instance that the host has made.
pub(crate) struct LinkSet<F, I> {
    plan: Arc<LinkPlan>,
    /// The core instance with the flags.
    flags: I,
    /// The instances with a flag, once they are made, and `true` for each flag that was set for
    /// good.
    flagged: Box<[(Option<InstanceId>, bool)]>,
    /// The links, once they are made.
    links: Box<[Option<Link>]>,
    /// The functions for the code of the links.
    functions: Vec<(LinkFunction, F)>,
}

/// A link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) caller: InstanceId,
    /// The options with which the caller lowers the function.
    pub(crate) options: OptionsIndex,
    /// The function that is called.
    pub(crate) callee: FunctionId,
}

/// A function for the code of links, and the links that it serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LinkCall {
    pub(crate) set: u32,
    pub(crate) function: LinkFunction,
}

/// A call that was under way when something trapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ActiveLink {
    pub(crate) function: FunctionId,
    pub(crate) code: GuestCode,
    /// The instance whose `realloc` ran.
    pub(crate) realloc_of: Option<InstanceId>,
}

impl<F: Copy, I> LinkSet<F, I> {
    /// Returns the links of an instance that is being made: none is made yet.
    pub(crate) fn new(plan: Arc<LinkPlan>, flags: I) -> Self {
        Self {
            flags,
            flagged: alloc::vec![(None, false); plan.flagged.len()].into(),
            links: alloc::vec![None; plan.links.len()].into(),
            functions: Vec::new(),
            plan,
        }
    }

    /// Returns the core instance with the flags.
    pub(crate) const fn flags(&self) -> &I {
        &self.flags
    }

    /// Sets the instance of a flag.
    pub(crate) fn set_flagged(&mut self, flag: usize, instance: InstanceId) {
        if let Some((place, _)) = self.flagged.get_mut(flag) {
            *place = Some(instance);
        }
    }

    /// Adds a link that was made.
    pub(crate) fn add(&mut self, number: usize, link: Link) {
        if let Some(place) = self.links.get_mut(number) {
            *place = Some(link);
        }
    }

    /// Returns a link.
    pub(crate) fn link(&self, number: usize) -> Option<Link> {
        self.links.get(number).copied().flatten()
    }

    /// Returns the link at a position among those of a flag.
    pub(crate) fn link_at(&self, flag: u32, position: usize) -> Option<Link> {
        self.link(self.plan.link_at(flag, position)?)
    }

    /// Returns the instances whose flags are not set for good, and the numbers of the flags.
    pub(crate) fn flagged(&self) -> impl Iterator<Item = (u32, InstanceId)> {
        let flags = (0_u32..).zip(&self.flagged);
        flags.filter_map(|(flag, (instance, is_unlinked))| {
            instance.filter(|_| !is_unlinked).map(|instance| (flag, instance))
        })
    }

    /// Records that a flag is set for good.
    pub(crate) fn set_unlinked(&mut self, flag: u32) {
        let place = usize::try_from(flag).ok().and_then(|it| self.flagged.get_mut(it));
        if let Some((_, is_unlinked)) = place {
            *is_unlinked = true;
        }
    }

    /// Returns the function that was made for the code of the links.
    pub(crate) fn function(&self, function: LinkFunction) -> Option<F> {
        self.functions.iter().find(|(it, _)| *it == function).map(|(_, made)| *made)
    }

    /// Keeps a function for the code of the links.
    pub(crate) fn add_function(&mut self, function: LinkFunction, made: F) {
        self.functions.push((function, made));
    }
}

impl<F, I> Links<F, I> {
    pub(crate) const fn new() -> Self {
        Self {
            sets: Slab::new(),
            of_instances: ById::new(Table::Instances),
            lockdowns: 0,
            active: Vec::new(),
            moved: (FlatValues::EMPTY, 0),
            nan: NanBits::CANONICAL,
            native_part: None,
        }
    }

    /// Adds the links of an instance. Returns their number.
    pub(crate) fn add(&mut self, set: LinkSet<F, I>) -> Result<u32, Error> {
        self.sets.add(set).ok_or(Error::Full(Table::Instances))
    }

    /// Removes the links of an instance.
    pub(crate) fn remove(&mut self, set: u32) {
        self.sets.remove(set);
    }

    /// Returns the links with a number.
    pub(crate) fn get(&self, set: u32) -> Result<&LinkSet<F, I>, Error> {
        self.sets.get(set).ok_or(Error::Unknown(Table::Instances))
    }

    /// Returns the links with a number.
    pub(crate) fn get_mut(&mut self, set: u32) -> Result<&mut LinkSet<F, I>, Error> {
        self.sets.get_mut(set).ok_or(Error::Unknown(Table::Instances))
    }

    /// Records that a component instance has links.
    pub(crate) fn add_instance(&mut self, instance: InstanceId, set: u32) -> Result<(), Error> {
        self.of_instances.put(instance, set)
    }

    /// Forgets a component instance that was removed.
    pub(crate) fn remove_instance(&mut self, instance: InstanceId) {
        self.of_instances.remove(instance);
    }

    /// Returns the number of the links of a component instance.
    pub(crate) fn of_instance(&self, instance: InstanceId) -> Option<u32> {
        self.of_instances.get(instance).copied()
    }

    /// Returns `true` if no instance was locked down since the flags were last updated, if this
    /// many are locked down now.
    #[inline]
    pub(crate) const fn knows(&self, lockdowns: u64) -> bool {
        self.lockdowns == lockdowns
    }

    /// Records that the flags are updated for this many locked instances.
    pub(crate) const fn look(&mut self, lockdowns: u64) {
        self.lockdowns = lockdowns;
    }

    /// Returns the numbers of all links.
    pub(crate) fn numbers(&self) -> impl Iterator<Item = u32> {
        self.sets.numbers()
    }

    /// Keeps the calls that were under way when something trapped, the innermost first.
    pub(crate) fn set_active(&mut self, active: Vec<ActiveLink>) {
        self.active = active;
    }

    /// Takes the calls that were under way when something trapped, the innermost first.
    pub(crate) fn take_active(&mut self) -> Vec<ActiveLink> {
        core::mem::take(&mut self.active)
    }

    /// Keeps the core values to which arguments were moved.
    pub(crate) const fn set_moved(&mut self, moved: FlatValues) {
        self.moved = (moved, 0);
    }

    /// Takes the next of the core values to which arguments were moved.
    pub(crate) fn next_moved(&mut self) -> Option<u64> {
        let (moved, taken) = &mut self.moved;
        let next = moved.as_slice().get(*taken).copied();
        *taken += 1;
        next
    }

    /// Keeps the bits of the NaNs among the values that the code of a link moves.
    pub(crate) const fn set_nan(&mut self, nan: NanBits) {
        self.nan = nan;
    }

    /// Returns the bits of the NaNs among the values that the code of a link moves.
    pub(crate) const fn nan(&self) -> NanBits {
        self.nan
    }

    /// Sets the part of a call that native code is in.
    pub(crate) const fn set_native_part(&mut self, part: Option<CallPart>) {
        self.native_part = part;
    }

    /// Takes the part of a call in which native code trapped.
    pub(crate) const fn take_native_part(&mut self) -> Option<CallPart> {
        self.native_part.take()
    }
}
