//! The index spaces of an instance that is being made.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::builtin::TypeIndex;
use crate::component::definition::immediates::CanonicalOptions;
use crate::component::definition::items::{Binding, CoreSort, OuterSort, Reference, Sort};
use crate::component::definition::spaces::{NUM_SPACES, Space};
use crate::component::store::canonical::{CanonicalOptions as StoreOptions, MemoryKey};
use crate::component::store::entity::{
    Closure, CoreInstance, Entity, Exports, NamedEntity, Surroundings,
};
use crate::component::store::fault::Fault;
use crate::component::store::module::Module;
use crate::engine::{CoreEngine, CoreExtern};
use crate::error::Error;
use crate::limits::Table;
use crate::machine::{FunctionId, InstanceId};

/// The index spaces of an instance, as far as it is made.
pub(crate) struct Spaces<E: CoreEngine> {
    /// The core modules and components around the definition.
    around: Option<Arc<Surroundings<E>>>,
    /// The resource types in the slots.
    pub(crate) slots: Vec<Option<TypeIndex>>,
    /// The items of all index spaces, one space after another, after those of the instances around
    /// it.
    items: Vec<SpaceItem<E>>,
    /// The number of items of the instances around it.
    num_around: usize,
    ranges: [SpaceRange; NUM_SPACES],
}

/// The range of an index space among all items.
#[derive(Clone, Copy)]
struct SpaceRange {
    start: usize,
    length: usize,
    /// The length when the instance is complete.
    capacity: usize,
}

/// An item in an index space.
pub(crate) enum SpaceItem<E: CoreEngine> {
    /// No item yet.
    Nothing,
    /// A core function, table, global or tag.
    Core(CoreExtern<E>),
    /// A memory.
    Memory(E::Memory, MemoryKey),
    /// A core instance.
    CoreInstance(CoreInstance<E>),
    /// A function, core module, instance or component.
    Entity(Entity<E>),
}

impl<E: CoreEngine> Spaces<E> {
    /// Returns empty index spaces for an instance of a component, in a list that begins with those
    /// of the instances around it.
    pub(crate) fn new(component: &Closure<E>, mut items: Vec<SpaceItem<E>>) -> Self {
        let definition = &component.definition;
        let slots = usize::try_from(definition.resources).unwrap_or_default();
        let num_around = items.len();
        let mut start = num_around;
        let ranges = definition.sizes.0.map(|capacity| {
            let range = SpaceRange { start, length: 0, capacity };
            start += capacity;
            range
        });
        items.resize_with(start, || SpaceItem::Nothing);
        let (around, slots) = (component.around.clone(), alloc::vec![None; slots]);
        Self { around, slots, items, num_around, ranges }
    }

    /// Returns the items of the instances around it.
    pub(crate) fn into_items(self) -> Vec<SpaceItem<E>> {
        let mut items = self.items;
        items.truncate(self.num_around);
        items
    }

    /// Takes the items away while an inner instance is made.
    pub(crate) fn take_items(&mut self) -> Vec<SpaceItem<E>> {
        core::mem::take(&mut self.items)
    }

    /// Takes the items back.
    pub(crate) fn put_items(&mut self, items: Vec<SpaceItem<E>>) {
        self.items = items;
    }

    fn range(&self, space: Space) -> Option<SpaceRange> {
        self.ranges.get(space.position()).copied()
    }

    /// Returns the items in an index space.
    fn all(&self, space: Space) -> &[SpaceItem<E>] {
        let range = self.range(space).map(|it| it.start..it.start + it.length);
        range.and_then(|range| self.items.get(range)).unwrap_or_default()
    }

    fn find(&self, space: Space, index: u32) -> Option<&SpaceItem<E>> {
        self.all(space).get(usize::try_from(index).ok()?)
    }

    fn add(&mut self, space: Space, item: SpaceItem<E>) -> Result<(), Fault> {
        let range = self.ranges.get_mut(space.position()).filter(|it| it.length < it.capacity);
        let place = range.and_then(|range| {
            let place = self.items.get_mut(range.start + range.length);
            range.length += 1;
            place
        });
        *place.ok_or_else(|| Fault::Inconsistent("there is more than was counted"))? = item;
        Ok(())
    }

    fn of_component(&self, sort: Sort, index: u32) -> Result<&Entity<E>, Fault> {
        match self.find(Space::Component(sort), index) {
            Some(SpaceItem::Entity(entity)) => Ok(entity),
            _ => Err(leads_nowhere()),
        }
    }

    /// Returns the functions that were added so far.
    pub(crate) fn functions(&self) -> impl Iterator<Item = FunctionId> {
        let functions = self.all(Space::Component(Sort::Function)).iter();
        functions.filter_map(|item| match item {
            SpaceItem::Entity(Entity::Function(function)) => Some(*function),
            _ => None,
        })
    }

    /// Returns the item of a reference.
    pub(crate) fn entity(&self, reference: Reference) -> Result<Entity<E>, Fault> {
        let (sort, index) = match reference {
            Reference::Function(index) => (Sort::Function, index),
            Reference::Module(index) => (Sort::Module, index),
            Reference::Instance(index) => (Sort::Instance, index),
            Reference::Component(index) => (Sort::Component, index),
            Reference::Resource(slot) => return Ok(Entity::Resource(self.slot(slot)?)),
            Reference::Type => return Ok(Entity::Type),
        };
        self.of_component(sort, index).cloned()
    }

    /// Adds the items of references, with their names, to a list.
    pub(crate) fn add_entities(
        &self,
        references: &[(Arc<str>, Reference)],
        entities: &mut Vec<NamedEntity<E>>,
    ) -> Result<(), Fault> {
        entities.reserve(references.len());
        references.iter().try_for_each(|(name, it)| {
            entities.push((name.clone(), self.entity(*it)?));
            Ok(())
        })
    }

    /// Adds an item to the index space of its sort.
    pub(crate) fn push(&mut self, entity: Entity<E>) -> Result<(), Fault> {
        let sort = match entity {
            Entity::Function(_) => Sort::Function,
            Entity::Module(_) => Sort::Module,
            Entity::Instance(_) => Sort::Instance,
            Entity::Component(_) => Sort::Component,
            Entity::Resource(_) | Entity::Type => return Ok(()),
        };
        self.add(Space::Component(sort), SpaceItem::Entity(entity))
    }

    /// Adds a memory.
    pub(crate) fn push_memory(&mut self, memory: E::Memory, key: MemoryKey) -> Result<(), Fault> {
        self.add(Space::Core(CoreSort::Memory), SpaceItem::Memory(memory, key))
    }

    /// Adds an item other than a memory to the core index space of its sort.
    pub(crate) fn push_core(&mut self, it: CoreExtern<E>) -> Result<(), Fault> {
        let sort = match it {
            CoreExtern::Function(_) => CoreSort::Function,
            CoreExtern::Memory(_) => CoreSort::Memory,
            CoreExtern::Table(_) => CoreSort::Table,
            CoreExtern::Global(_) => CoreSort::Global,
            CoreExtern::Tag(_) => CoreSort::Tag,
        };
        self.add(Space::Core(sort), SpaceItem::Core(it))
    }

    /// Adds a core instance.
    pub(crate) fn push_core_instance(&mut self, instance: CoreInstance<E>) -> Result<(), Fault> {
        self.add(Space::CoreInstances, SpaceItem::CoreInstance(instance))
    }

    pub(crate) fn function(&self, index: u32) -> Result<FunctionId, Fault> {
        match self.of_component(Sort::Function, index)? {
            Entity::Function(function) => Ok(*function),
            _ => Err(leads_nowhere()),
        }
    }

    pub(crate) fn module(&self, index: u32) -> Result<Module<E>, Fault> {
        match self.of_component(Sort::Module, index)? {
            Entity::Module(module) => Ok(module.clone()),
            _ => Err(leads_nowhere()),
        }
    }

    pub(crate) fn component(&self, index: u32) -> Result<Closure<E>, Fault> {
        match self.of_component(Sort::Component, index)? {
            Entity::Component(component) => Ok(component.clone()),
            _ => Err(leads_nowhere()),
        }
    }

    fn instance(&self, index: u32) -> Result<&Exports<E>, Fault> {
        match self.of_component(Sort::Instance, index)? {
            Entity::Instance(exports) => Ok(exports),
            _ => Err(leads_nowhere()),
        }
    }

    /// Returns the number of instances.
    pub(crate) fn num_instances(&self) -> usize {
        self.all(Space::Component(Sort::Instance)).len()
    }

    /// Returns the number of core modules and components.
    pub(crate) fn num_visible(&self) -> usize {
        let length = |sort| self.all(Space::Component(sort)).len();
        length(Sort::Module).saturating_add(length(Sort::Component))
    }

    /// Returns the core modules and components that an inner component sees.
    pub(crate) fn surroundings(&self) -> Surroundings<E> {
        let all = |sort| {
            self.all(Space::Component(sort)).iter().filter_map(|item| match item {
                SpaceItem::Entity(entity) => Some(entity),
                _ => None,
            })
        };
        let modules = all(Sort::Module).filter_map(|entity| match entity {
            Entity::Module(module) => Some(module.clone()),
            _ => None,
        });
        let components = all(Sort::Component).filter_map(|entity| match entity {
            Entity::Component(component) => Some(component.clone()),
            _ => None,
        });
        Surroundings {
            modules: modules.collect(),
            components: components.collect(),
            around: self.around.clone(),
        }
    }

    pub(crate) fn core_extern(&self, sort: CoreSort, index: u32) -> Result<CoreExtern<E>, Fault> {
        match self.find(Space::Core(sort), index) {
            Some(SpaceItem::Core(it)) => Ok(*it),
            Some(SpaceItem::Memory(memory, _)) => Ok(CoreExtern::Memory(*memory)),
            _ => Err(leads_nowhere()),
        }
    }

    pub(crate) fn core_function(&self, index: u32) -> Result<E::Function, Error> {
        match self.find(Space::Core(CoreSort::Function), index) {
            Some(SpaceItem::Core(CoreExtern::Function(function))) => Ok(*function),
            _ => Err(Error::Unknown(Table::Functions)),
        }
    }

    /// Returns the core function that was added last, with its index.
    pub(crate) fn last_core_function(&self) -> Option<(u32, E::Function)> {
        let last = self.all(Space::Core(CoreSort::Function)).len().checked_sub(1)?;
        let last = u32::try_from(last).ok()?;
        Some((last, self.core_function(last).ok()?))
    }

    /// Replaces a core function that was not used yet.
    pub(crate) fn replace_core_function(
        &mut self,
        index: u32,
        function: E::Function,
    ) -> Result<(), Fault> {
        let range = self.range(Space::Core(CoreSort::Function));
        let index = usize::try_from(index).ok();
        let place = range.zip(index).filter(|(range, index)| *index < range.length);
        let place = place.and_then(|(range, index)| self.items.get_mut(range.start + index));
        let place = place.ok_or_else(leads_nowhere)?;
        *place = SpaceItem::Core(CoreExtern::Function(function));
        Ok(())
    }

    pub(crate) fn core_instance(&self, index: u32) -> Result<&CoreInstance<E>, Fault> {
        match self.find(Space::CoreInstances, index) {
            Some(SpaceItem::CoreInstance(instance)) => Ok(instance),
            _ => Err(leads_nowhere()),
        }
    }

    /// Returns a memory and its identity.
    pub(crate) fn memory(&self, memory: u32) -> Result<(E::Memory, MemoryKey), Error> {
        match self.find(Space::Core(CoreSort::Memory), memory) {
            Some(SpaceItem::Memory(memory, key)) => Ok((*memory, *key)),
            _ => Err(Error::Unknown(Table::Types)),
        }
    }

    pub(crate) fn table(&self, table: u32) -> Result<E::Table, Error> {
        match self.find(Space::Core(CoreSort::Table), table) {
            Some(SpaceItem::Core(CoreExtern::Table(table))) => Ok(*table),
            _ => Err(Error::Unknown(Table::Types)),
        }
    }

    pub(crate) fn slot(&self, slot: u32) -> Result<TypeIndex, Fault> {
        let found = usize::try_from(slot).ok().and_then(|slot| self.slots.get(slot));
        Ok(found.copied().flatten().ok_or(Error::Unknown(Table::Types))?)
    }

    /// Returns the identity of the memory of options.
    pub(crate) fn memory_key(
        &self,
        options: &CanonicalOptions,
    ) -> Result<Option<MemoryKey>, Error> {
        Ok(options.memory.map(|memory| self.memory(memory)).transpose()?.map(|(_, key)| key))
    }

    /// Returns the options of `instance`, with the items for their indices.
    pub(crate) fn store_options(
        &self,
        instance: InstanceId,
        options: &CanonicalOptions,
    ) -> Result<StoreOptions<E::Memory, E::Function>, Error> {
        Ok(StoreOptions {
            instance,
            address_type: options.address_type,
            string_encoding: options.string_encoding,
            memory: options.memory.map(|memory| self.memory(memory)).transpose()?.map(|it| it.0),
            realloc: options.realloc.map(|function| self.core_function(function)).transpose()?,
        })
    }

    /// Adds an export of an instance.
    pub(crate) fn alias_export(
        &mut self,
        sort: Sort,
        instance: u32,
        name: &str,
    ) -> Result<(), Fault> {
        let found = self.instance(instance)?.get(name).filter(|found| found.is(sort));
        self.push(found.ok_or_else(|| Fault::Inconsistent("an export is missing"))?)
    }

    /// Adds an item of a component around this one.
    pub(crate) fn alias_outer(
        &mut self,
        sort: OuterSort,
        count: u32,
        index: u32,
    ) -> Result<(), Fault> {
        let entity = match count.checked_sub(1) {
            None => {
                let sort = match sort {
                    OuterSort::Module => Sort::Module,
                    OuterSort::Component => Sort::Component,
                };
                self.of_component(sort, index)?.clone()
            }
            Some(further) => {
                let mut around = self.around.as_ref();
                for _ in 0..further {
                    around = around.and_then(|it| it.around.as_ref());
                }
                let around = around.ok_or_else(|| Fault::Inconsistent("nothing is around"))?;
                match sort {
                    OuterSort::Module => Entity::Module(at(&around.modules, index)?.clone()),
                    OuterSort::Component => {
                        Entity::Component(at(&around.components, index)?.clone())
                    }
                }
            }
        };
        self.push(entity)
    }

    /// Fills slots from the current items.
    pub(crate) fn bind(
        &mut self,
        binding: Option<&Binding>,
        entity: &Entity<E>,
    ) -> Result<(), Fault> {
        match (binding, entity) {
            (None, _) => Ok(()),
            (Some(Binding::Resource(slot)), Entity::Resource(ty)) => {
                let place = usize::try_from(*slot).ok().and_then(|it| self.slots.get_mut(it));
                *place.ok_or_else(|| Fault::Inconsistent("a slot is missing"))? = Some(*ty);
                Ok(())
            }
            (Some(Binding::Instance(exports)), Entity::Instance(instance)) => {
                exports.iter().try_for_each(|(name, binding)| {
                    let found = instance.get(name);
                    let found = found.ok_or_else(|| Fault::Inconsistent("a type is missing"))?;
                    self.bind(Some(binding), &found)
                })
            }
            _ => Err(Fault::Inconsistent("what is bound is not a resource type")),
        }
    }
}

fn at<V>(space: &[V], index: u32) -> Result<&V, Fault> {
    let found = usize::try_from(index).ok().and_then(|index| space.get(index));
    found.ok_or_else(leads_nowhere)
}

fn leads_nowhere() -> Fault {
    Fault::Inconsistent("an index leads nowhere")
}
