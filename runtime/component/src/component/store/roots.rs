//! The instances that the host has made, and all that is removed with each.
//!
//! An instance that the host makes consists of component instances, one inside of another, and of
//! core instances. They are made together and removed together.
//!
//! `F` is a core function of the engine, `I` a core instance.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::builtin::{CoreTypeIndex, MemoryIndex, OptionsIndex, TableIndex, TypeIndex};
use crate::machine::{FunctionId, InstanceId};

/// The instances that the host has made.
pub(crate) struct Roots<F, I> {
    /// The instances by number, each with the number of earlier uses of the number.
    places: Vec<(u32, Option<Parts<F, I>>)>,
    free: Vec<u32>,
    /// The instance that is being made.
    making: Option<Parts<F, I>>,
    /// The instances whose making was interrupted, the innermost last: a host function that a
    /// `start` function calls may make another instance.
    outer: Vec<Parts<F, I>>,
}

/// An instance that the host has made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RootId {
    number: u32,
    generation: u32,
}

/// The number of parts of a small instance, for which the list need not grow.
const USUAL_PARTS: usize = 8;

/// The parts of an instance: all that belongs to it.
pub(crate) struct Parts<F, I> {
    pub(crate) list: Vec<Part>,
    /// The guests' resource types that are used in it, and perhaps in other instances.
    pub(crate) resource_types: BTreeSet<u32>,
    /// The functions that core modules import.
    pub(crate) core_functions: Vec<F>,
    pub(crate) core_instances: Vec<I>,
}

/// A part that belongs to one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Instance(InstanceId),
    Function(FunctionId),
    /// A host function that it imports, and that others may import, too.
    HostFunction(FunctionId),
    /// The number of a function in calls from the engine.
    CoreFunction(u32),
    Options(OptionsIndex),
    Memory(MemoryIndex),
    Table(TableIndex),
    CoreType(CoreTypeIndex),
    /// The links between its parts, by number.
    Links(u32),
}

impl<F, I> Parts<F, I> {
    const fn new() -> Self {
        Self {
            list: Vec::new(),
            resource_types: BTreeSet::new(),
            core_functions: Vec::new(),
            core_instances: Vec::new(),
        }
    }

    /// Returns the component instances.
    pub(crate) fn instances(&self) -> impl Iterator<Item = InstanceId> {
        self.list.iter().filter_map(|part| match part {
            Part::Instance(instance) => Some(*instance),
            _ => None,
        })
    }
}

impl<F, I> Roots<F, I> {
    pub(crate) const fn new() -> Self {
        Self { places: Vec::new(), free: Vec::new(), making: None, outer: Vec::new() }
    }

    /// Begins a new instance. All parts that are recorded belong to it, until it is
    /// [closed](Self::close).
    pub(crate) fn open(&mut self) {
        self.outer.extend(self.making.replace(Parts::new()));
    }

    /// Finishes the instance that was opened last, and returns its parts.
    pub(crate) fn close(&mut self) -> Option<Parts<F, I>> {
        let mut parts = self.making.take()?;
        self.making = self.outer.pop();
        if parts.list.len() < parts.list.capacity() / 2 {
            parts.list.shrink_to_fit();
        }
        Some(parts)
    }

    /// Returns the instance that is being made.
    pub(crate) fn making(&mut self) -> Option<&mut Parts<F, I>> {
        self.making.as_mut()
    }

    /// Records a part of the instance that is being made.
    pub(crate) fn record(&mut self, part: Part) {
        if let Some(making) = self.making() {
            if making.list.capacity() == 0 {
                making.list.reserve(USUAL_PARTS);
            }
            making.list.push(part);
        }
    }

    /// Records a resource type that the instance that is being made uses. Returns `true` if it is
    /// new to the instance.
    pub(crate) fn record_resource_type(&mut self, ty: TypeIndex) -> bool {
        self.making().is_some_and(|making| making.resource_types.insert(ty.0))
    }

    /// Keeps an instance that was made. Returns `None` if all numbers are used.
    pub(crate) fn add(&mut self, parts: Parts<F, I>) -> Option<RootId> {
        if let Some(number) = self.free.pop() {
            let place = usize::try_from(number).ok().and_then(|it| self.places.get_mut(it))?;
            place.1 = Some(parts);
            return Some(RootId { number, generation: place.0 });
        }
        let number = u32::try_from(self.places.len()).ok()?;
        self.places.push((0, Some(parts)));
        Some(RootId { number, generation: 0 })
    }

    /// Returns the parts of an instance. Returns `None` if it was removed.
    pub(crate) fn get(&self, id: RootId) -> Option<&Parts<F, I>> {
        let (generation, parts) = self.places.get(usize::try_from(id.number).ok()?)?;
        parts.as_ref().filter(|_| *generation == id.generation)
    }

    /// Removes an instance, and returns its parts.
    pub(crate) fn remove(&mut self, id: RootId) -> Option<Parts<F, I>> {
        let (generation, parts) = self.places.get_mut(usize::try_from(id.number).ok()?)?;
        if *generation != id.generation {
            return None;
        }
        let parts = parts.take()?;
        // A number whose generations are used up is not reused.
        if let Some(next) = generation.checked_add(1) {
            *generation = next;
            self.free.push(id.number);
        }
        Some(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_that_was_removed_is_not_the_one_with_its_number() {
        let mut roots = Roots::<u8, u8>::new();
        roots.open();
        roots.record(Part::CoreFunction(3));
        let parts = roots.close().expect("it was opened");
        let first = roots.add(parts).expect("there is room");
        assert_eq!(
            roots.get(first).map(|it| it.list.clone()),
            Some(Vec::from([Part::CoreFunction(3)]))
        );
        assert!(roots.remove(first).is_some() && roots.remove(first).is_none());
        let second = roots.add(Parts::new()).expect("there is room");
        assert_eq!((first.number, roots.places.len()), (second.number, 1));
        assert!(roots.get(first).is_none() && roots.get(second).is_some());
    }

    #[test]
    fn what_is_made_meanwhile_belongs_to_the_innermost() {
        let mut roots = Roots::<u8, u8>::new();
        roots.record(Part::CoreFunction(0));
        roots.open();
        roots.record(Part::CoreFunction(1));
        roots.open();
        roots.record(Part::CoreFunction(2));
        assert!(
            roots.record_resource_type(TypeIndex(5)) && !roots.record_resource_type(TypeIndex(5))
        );
        let inner = roots.close().expect("it was opened");
        assert_eq!(inner.list, [Part::CoreFunction(2)]);
        assert_eq!(roots.close().expect("it was opened").list, [Part::CoreFunction(1)]);
        assert!(roots.close().is_none());
    }
}
