//! The parts of a store that a step touches, and the processes that take steps.

use weft::machine::{InstanceId, ThreadId};

/// Something that takes steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Process {
    /// A ready thread of a guest, in the store of this number.
    Thread { store: u32, thread: ThreadId },
    /// A host event, by its number.
    Event(u64),
}

/// The parts that a step has touched.
///
/// Two steps that touch no part in common commute: the state after both is the same in either
/// order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Footprint {
    /// The instances, each with the number of its store. They are sorted.
    instances: Vec<(u32, InstanceId)>,
    /// `true` if code of the host has run.
    host: bool,
    /// `true` if it is not known what was touched.
    everything: bool,
}

impl Footprint {
    /// Adds an instance.
    pub(crate) fn add_instance(&mut self, store: u32, instance: InstanceId) {
        if let Err(place) = self.instances.binary_search(&(store, instance)) {
            self.instances.insert(place, (store, instance));
        }
    }

    /// Adds the host.
    pub(crate) const fn add_host(&mut self) {
        self.host = true;
    }

    /// Adds everything, because it is not known what was touched.
    pub(crate) const fn add_everything(&mut self) {
        self.everything = true;
    }

    /// Returns the instances, each with the number of its store.
    pub(crate) fn instances(&self) -> &[(u32, InstanceId)] {
        &self.instances
    }

    /// Returns `true` if it is not known what was touched.
    pub(crate) const fn touches_everything(&self) -> bool {
        self.everything
    }

    /// Returns `true` if host code may have run.
    pub(crate) const fn touches_host(&self) -> bool {
        self.host || self.everything
    }

    /// Adds what another step has touched.
    pub(crate) fn add(&mut self, other: &Self) {
        for (store, instance) in &other.instances {
            self.add_instance(*store, *instance);
        }
        self.host |= other.host;
        self.everything |= other.everything;
    }

    /// Returns `true` if two steps touch a part in common.
    pub(crate) fn touches(&self, other: &Self) -> bool {
        self.everything
            || other.everything
            || self.host && other.host
            || self.instances.iter().any(|it| other.instances.binary_search(it).is_ok())
    }
}

/// A process that need not run, because a schedule in which it runs now is explored elsewhere. It
/// sleeps until another step touches what it would touch.
#[derive(Clone, Debug)]
pub(crate) struct Sleeper {
    pub(crate) process: Process,
    pub(crate) footprint: Footprint,
}

#[cfg(test)]
mod tests {
    use weft::chooser::FirstInFirstOut;
    use weft::error::Error;
    use weft::limits::Heap;
    use weft::machine::Machine;

    use super::*;

    #[test]
    fn steps_touch_each_other_in_an_instance_of_one_store_or_in_the_host() -> Result<(), Error> {
        let mut machine: Machine<Heap, FirstInFirstOut> = Machine::new(FirstInFirstOut);
        let (one, two) = (machine.new_instance()?, machine.new_instance()?);
        let of = |instances: &[(u32, InstanceId)], host| {
            let mut footprint = Footprint::default();
            for (store, instance) in instances {
                footprint.add_instance(*store, *instance);
            }
            footprint.host = host;
            footprint
        };
        assert!(of(&[(0, one), (0, two)], false).touches(&of(&[(0, two)], true)));
        assert!(!of(&[(0, one)], true).touches(&of(&[(0, two)], false)));
        assert!(!of(&[(0, one)], false).touches(&of(&[(1, one)], false)));
        assert!(of(&[(0, one)], true).touches(&of(&[], true)));
        let mut unknown = Footprint::default();
        unknown.add_everything();
        assert!(unknown.touches(&of(&[(0, one)], false)) && of(&[], false).touches(&unknown));
        let mut both = of(&[(0, two)], false);
        both.add(&of(&[(0, one)], true));
        assert_eq!(both, of(&[(0, one), (0, two)], true));
        Ok(())
    }
}
