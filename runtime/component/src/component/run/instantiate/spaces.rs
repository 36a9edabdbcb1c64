//! The index spaces of an instance that is being made.

use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::builtin::TypeIndex;
use crate::component::definition::immediates::CanonicalOptions;
use crate::component::definition::items::{Binding, CoreSort, OuterSort, Reference, Sort};
use crate::component::store::canonical::CanonicalOptions as StoreOptions;
use crate::component::store::entity::{Closure, CoreInstance, Entity, Exports, Surroundings};
use crate::component::store::fault::Fault;
use crate::component::store::module::Module;
use crate::engine::{CoreEngine, CoreExtern};
use crate::error::Error;
use crate::limits::Table;
use crate::machine::{FunctionId, InstanceId};

/// The index spaces of an instance, so far.
pub(crate) struct Spaces<E: CoreEngine> {
    /// The core modules and components around the definition.
    pub(crate) around: Option<Arc<Surroundings<E>>>,
    /// The resource types in the slots.
    pub(crate) slots: Vec<Option<TypeIndex>>,
    pub(crate) core_instances: Vec<CoreInstance<E>>,
    core_functions: Vec<E::Function>,
    tables: Vec<E::Table>,
    memories: Vec<E::Memory>,
    globals: Vec<E::Global>,
    tags: Vec<E::Tag>,
    modules: Vec<Module<E>>,
    components: Vec<Closure<E>>,
    instances: Vec<Arc<Exports<E>>>,
    functions: Vec<FunctionId>,
}

impl<E: CoreEngine> Spaces<E> {
    /// Returns empty index spaces, with so many slots.
    pub(crate) fn new(around: Option<Arc<Surroundings<E>>>, slots: usize) -> Self {
        Self {
            around,
            slots: alloc::vec![None; slots],
            core_instances: Vec::new(),
            core_functions: Vec::new(),
            tables: Vec::new(),
            memories: Vec::new(),
            globals: Vec::new(),
            tags: Vec::new(),
            modules: Vec::new(),
            components: Vec::new(),
            instances: Vec::new(),
            functions: Vec::new(),
        }
    }

    /// Returns what a reference refers to.
    pub(crate) fn entity(&self, reference: Reference) -> Result<Entity<E>, Fault> {
        Ok(match reference {
            Reference::Function(index) => Entity::Function(*at(&self.functions, index)?),
            Reference::Module(index) => Entity::Module(at(&self.modules, index)?.clone()),
            Reference::Instance(index) => Entity::Instance(at(&self.instances, index)?.clone()),
            Reference::Component(index) => Entity::Component(at(&self.components, index)?.clone()),
            Reference::Resource(slot) => Entity::Resource(self.slot(slot)?),
            Reference::Type => Entity::Type,
        })
    }

    /// Returns what references refer to, by name.
    pub(crate) fn entities(
        &self,
        references: &[(Box<str>, Reference)],
    ) -> Result<BTreeMap<Box<str>, Entity<E>>, Fault> {
        let entities = references.iter();
        entities.map(|(name, it)| Ok((name.clone(), self.entity(*it)?))).collect()
    }

    /// Adds to the index space of its sort.
    pub(crate) fn push(&mut self, entity: Entity<E>) {
        match entity {
            Entity::Function(it) => self.functions.push(it),
            Entity::Module(it) => self.modules.push(it),
            Entity::Instance(it) => self.instances.push(it),
            Entity::Component(it) => self.components.push(it),
            Entity::Resource(_) | Entity::Type => {}
        }
    }

    /// Adds to the core index space of its sort.
    pub(crate) fn push_core(&mut self, it: CoreExtern<E>) {
        match it {
            CoreExtern::Function(it) => self.core_functions.push(it),
            CoreExtern::Memory(it) => self.memories.push(it),
            CoreExtern::Table(it) => self.tables.push(it),
            CoreExtern::Global(it) => self.globals.push(it),
            CoreExtern::Tag(it) => self.tags.push(it),
        }
    }

    pub(crate) fn function(&self, index: u32) -> Result<FunctionId, Fault> {
        at(&self.functions, index).copied()
    }

    pub(crate) fn module(&self, index: u32) -> Result<Module<E>, Fault> {
        at(&self.modules, index).cloned()
    }

    pub(crate) fn component(&self, index: u32) -> Result<Closure<E>, Fault> {
        at(&self.components, index).cloned()
    }

    /// Returns how many instances there are.
    pub(crate) const fn num_instances(&self) -> usize {
        self.instances.len()
    }

    /// Returns how many core modules and components there are.
    pub(crate) const fn num_visible(&self) -> usize {
        self.modules.len().saturating_add(self.components.len())
    }

    /// Returns what a component within this one sees of it.
    pub(crate) fn surroundings(&self) -> Surroundings<E> {
        Surroundings {
            modules: self.modules.clone(),
            components: self.components.clone(),
            around: self.around.clone(),
        }
    }

    pub(crate) fn core_function(&self, index: u32) -> Result<E::Function, Fault> {
        at(&self.core_functions, index).copied()
    }

    /// Returns the core function that was added last, with its index.
    pub(crate) fn last_core_function(&self) -> Option<(usize, E::Function)> {
        let last = self.core_functions.len().checked_sub(1)?;
        self.core_functions.last().map(|function| (last, *function))
    }

    /// Puts another core function in the place of one that nobody has used.
    pub(crate) fn replace_core_function(
        &mut self,
        index: usize,
        function: E::Function,
    ) -> Result<(), Fault> {
        let place = self.core_functions.get_mut(index);
        *place.ok_or_else(|| Fault::not_validated("an index leads nowhere"))? = function;
        Ok(())
    }

    pub(crate) fn core_instance(&self, index: u32) -> Result<&CoreInstance<E>, Fault> {
        at(&self.core_instances, index)
    }

    pub(crate) fn core_extern(&self, sort: CoreSort, index: u32) -> Result<CoreExtern<E>, Fault> {
        Ok(match sort {
            CoreSort::Function => CoreExtern::Function(*at(&self.core_functions, index)?),
            CoreSort::Table => CoreExtern::Table(*at(&self.tables, index)?),
            CoreSort::Memory => CoreExtern::Memory(*at(&self.memories, index)?),
            CoreSort::Global => CoreExtern::Global(*at(&self.globals, index)?),
            CoreSort::Tag => CoreExtern::Tag(*at(&self.tags, index)?),
        })
    }

    pub(crate) fn memory(&self, memory: u32) -> Result<E::Memory, Error> {
        let found = usize::try_from(memory).ok().and_then(|it| self.memories.get(it));
        found.copied().ok_or(Error::Unknown(Table::Types))
    }

    pub(crate) fn table(&self, table: u32) -> Result<E::Table, Error> {
        let found = usize::try_from(table).ok().and_then(|it| self.tables.get(it));
        found.copied().ok_or(Error::Unknown(Table::Types))
    }

    pub(crate) fn slot(&self, slot: u32) -> Result<TypeIndex, Fault> {
        Ok(at(&self.slots, slot)?.ok_or(Error::Unknown(Table::Types))?)
    }

    /// Returns the options of `instance`, with what their indices stand for.
    pub(crate) fn store_options(
        &self,
        instance: InstanceId,
        options: &CanonicalOptions,
    ) -> Result<StoreOptions<E::Memory, E::Function>, Error> {
        let function = |index: u32| {
            let found = usize::try_from(index).ok().and_then(|it| self.core_functions.get(it));
            found.copied().ok_or(Error::Unknown(Table::Functions))
        };
        Ok(StoreOptions {
            instance,
            address_type: options.address_type,
            string_encoding: options.string_encoding,
            memory: options.memory.map(|memory| self.memory(memory)).transpose()?,
            realloc: options.realloc.map(function).transpose()?,
        })
    }

    /// Adds an export of an instance.
    pub(crate) fn alias_export(
        &mut self,
        sort: Sort,
        instance: u32,
        name: &str,
    ) -> Result<(), Fault> {
        let found = at(&self.instances, instance)?.0.get(name).filter(|found| found.is(sort));
        let found = found.ok_or_else(|| Fault::not_validated("an export is missing"))?.clone();
        self.push(found);
        Ok(())
    }

    /// Adds something of a component around this one.
    pub(crate) fn alias_outer(
        &mut self,
        sort: OuterSort,
        count: u32,
        index: u32,
    ) -> Result<(), Fault> {
        let (modules, components) = match count.checked_sub(1) {
            None => (&self.modules, &self.components),
            Some(further) => {
                let mut around = self.around.as_ref();
                for _ in 0..further {
                    around = around.and_then(|it| it.around.as_ref());
                }
                let around = around.ok_or_else(|| Fault::not_validated("nothing is around"))?;
                (&around.modules, &around.components)
            }
        };
        let entity = match sort {
            OuterSort::Module => Entity::Module(at(modules, index)?.clone()),
            OuterSort::Component => Entity::Component(at(components, index)?.clone()),
        };
        self.push(entity);
        Ok(())
    }

    /// Fills slots from what is there now.
    pub(crate) fn bind(
        &mut self,
        binding: Option<&Binding>,
        entity: &Entity<E>,
    ) -> Result<(), Fault> {
        match (binding, entity) {
            (None, _) => Ok(()),
            (Some(Binding::Resource(slot)), Entity::Resource(ty)) => {
                let place = usize::try_from(*slot).ok().and_then(|it| self.slots.get_mut(it));
                *place.ok_or_else(|| Fault::not_validated("a slot is missing"))? = Some(*ty);
                Ok(())
            }
            (Some(Binding::Instance(exports)), Entity::Instance(instance)) => {
                exports.iter().try_for_each(|(name, binding)| {
                    let found = instance.0.get(name);
                    let found = found.ok_or_else(|| Fault::not_validated("a type is missing"))?;
                    self.bind(Some(binding), found)
                })
            }
            _ => Err(Fault::not_validated("what is bound is not a resource type")),
        }
    }
}

fn at<V>(space: &[V], index: u32) -> Result<&V, Fault> {
    let found = usize::try_from(index).ok().and_then(|index| space.get(index));
    found.ok_or_else(|| Fault::not_validated("an index leads nowhere"))
}
