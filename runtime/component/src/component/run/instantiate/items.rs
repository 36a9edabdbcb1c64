//! The effect of each item of a definition.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::component::definition::extern_type::{CoreExternType, CoreImport, ExternType};
use crate::component::definition::items::{Binding, CoreSort, ExternName, Item, Reference};
use crate::component::store::canonical::MemoryKey;
use crate::component::store::entity::{Closure, CoreInstance, Entity, Exports, find_entity};
use crate::component::store::fault::Fault;
use crate::engine::{CoreContext as _, CoreEngine, CoreExtern};

use super::error::InstantiateError;
use super::frame::Frame;

impl<E: CoreEngine, T: 'static> Frame<'_, '_, E, T> {
    /// Executes an item.
    pub(crate) fn item(&mut self, item: &Item) -> Result<(), InstantiateError> {
        match item {
            Item::CoreModule { number, .. } => self.core_module(*number)?,
            Item::InstantiateCore { module, arguments } => {
                self.instantiate_module(*module, arguments)?;
            }
            Item::CoreInstance { .. } => {
                let instance = CoreInstance::Exports(self.place.item);
                self.spaces.push_core_instance(instance)?;
            }
            Item::AliasCoreExport { sort, instance, name } => {
                self.alias_core_export(*sort, *instance, name)?;
            }
            Item::Component(definition) => {
                self.making.budget.take_visible(self.spaces.num_visible())?;
                let sees_around = definition.sees_around;
                self.spaces.push(Entity::Component(Closure {
                    definition: definition.clone(),
                    code: self.code.clone(),
                    around: sees_around.then(|| Arc::new(self.spaces.surroundings())),
                    ty: None,
                }))?;
            }
            Item::Instantiate { component, arguments, binding } => {
                self.instantiate(*component, arguments, binding.as_ref())?;
            }
            Item::Instance { exports } => self.instance(exports)?,
            Item::AliasExport { sort, instance, name } => {
                self.spaces.alias_export(*sort, *instance, name)?;
            }
            Item::AliasOuter { sort, count, index } => {
                self.spaces.alias_outer(*sort, *count, *index)?;
            }
            Item::Resource { slot, representation, destructor } => {
                self.resource(*slot, *representation, *destructor)?;
            }
            Item::Import { name, ty, binding } => self.import(name, ty, binding.as_ref())?,
            Item::Export { name, reference, ty, binding } => {
                self.export(name, *reference, ty, binding.as_ref())?;
            }
            Item::Lift { core_function, options, ty } => {
                self.lift(*core_function, options, ty)?;
            }
            Item::Lower { function, options, ty, signature } => {
                self.lower(*function, options, ty, signature)?;
            }
            Item::Builtin { template, signature } => self.builtin(template, signature)?,
        }
        Ok(())
    }

    /// Adds the item for an import. It was checked by validation, or before the outermost instance
    /// was begun.
    fn import(
        &mut self,
        name: &ExternName,
        ty: &ExternType,
        binding: Option<&Binding>,
    ) -> Result<(), Fault> {
        let given = find_entity(self.imports, &name.name);
        let given = given.ok_or_else(|| Fault::Inconsistent("an argument is missing"))?.seen_as(ty);
        self.spaces.bind(binding, &given)?;
        self.spaces.push(given)
    }

    fn core_module(&mut self, number: usize) -> Result<(), Fault> {
        let module = self.code.modules.get(number);
        let module = module.ok_or_else(|| Fault::Inconsistent("a core module is missing"))?;
        self.spaces.push(Entity::Module(module.clone()))
    }

    fn instantiate_module(
        &mut self,
        module: u32,
        arguments: &[(Box<str>, u32)],
    ) -> Result<(), InstantiateError> {
        self.making.budget.take_instance()?;
        let module = self.spaces.module(module)?;
        let mut imports = self.making.take_core_imports();
        let loaded = module.loaded();
        imports.reserve(loaded.imports.len());
        let argument = |from: &str| {
            let found = arguments.iter().find(|(argument, _)| **argument == *from);
            found.map(|(_, it)| *it).ok_or_else(|| Fault::Inconsistent("an argument is missing"))
        };
        for (from, name) in &loaded.imports {
            let found = self.core_export(argument(from)?, name)?;
            imports.push(found.ok_or_else(|| Fault::Inconsistent("a core export is missing"))?);
        }
        let mut memories = Vec::new();
        for CoreImport { module: from, name, ty } in &loaded.ty.imports {
            if matches!(ty, CoreExternType::Memory { .. }) {
                memories.push(self.memory_key(argument(from)?, name)?);
            }
        }
        let instance = self.instantiate_core(&module, imports)?;
        if let Some(making) = self.cx.data_mut().roots.making() {
            making.core_instances.push(instance.clone());
        }
        let instance = CoreInstance::Module(instance, module, memories.into());
        Ok(self.spaces.push_core_instance(instance)?)
    }

    fn core_export(&self, instance: u32, name: &str) -> Result<Option<CoreExtern<E>>, Fault> {
        Ok(match self.spaces.core_instance(instance)? {
            CoreInstance::Module(instance, ..) => self.cx.export(instance, name),
            CoreInstance::Exports(position) => {
                let found = self.composed_export(*position, name)?;
                found.map(|(sort, index)| self.spaces.core_extern(sort, index)).transpose()?
            }
        })
    }

    /// Returns the identity of the memory that a core instance exports.
    fn memory_key(&self, instance: u32, name: &str) -> Result<MemoryKey, Fault> {
        let missing = || Fault::Inconsistent("a memory is missing");
        Ok(match self.spaces.core_instance(instance)? {
            CoreInstance::Exports(position) => {
                let (_, index) = self.composed_export(*position, name)?.ok_or_else(missing)?;
                self.spaces.memory(index)?.1
            }
            CoreInstance::Module(_, module, imported) => {
                let index = module.memory(name).ok_or_else(missing)?;
                let imported = usize::try_from(index).ok().and_then(|index| imported.get(index));
                imported.copied().unwrap_or(MemoryKey { instance, index })
            }
        })
    }

    /// Returns an export of the core instance that is composed by the item with this position.
    fn composed_export(
        &self,
        position: usize,
        name: &str,
    ) -> Result<Option<(CoreSort, u32)>, Fault> {
        let Some(Item::CoreInstance { exports }) = self.place.definition.items.get(position) else {
            return Err(Fault::Inconsistent("a core instance is missing"));
        };
        let found = exports.binary_search_by(|(it, ..)| (**it).cmp(name)).ok();
        let found = found.and_then(|found| exports.get(found));
        Ok(found.map(|(_, sort, index)| (*sort, *index)))
    }

    fn alias_core_export(
        &mut self,
        sort: CoreSort,
        instance: u32,
        name: &str,
    ) -> Result<(), Fault> {
        let found = self.core_export(instance, name)?.filter(|found| sort.is_of(found));
        let found = found.ok_or_else(|| Fault::Inconsistent("a core export is missing"))?;
        match found {
            CoreExtern::Memory(memory) => {
                let key = self.memory_key(instance, name)?;
                self.spaces.push_memory(memory, key)
            }
            found => self.spaces.push_core(found),
        }
    }

    fn instantiate(
        &mut self,
        component: u32,
        references: &[(Arc<str>, Reference)],
        binding: Option<&Binding>,
    ) -> Result<(), InstantiateError> {
        let component = self.spaces.component(component)?;
        let mut arguments = self.making.take_named();
        self.spaces.add_entities(references, &mut arguments)?;
        let around = Some((self.instance, self.spaces.num_instances()));
        self.making.budget.enter()?;
        let linking = self.linking_within();
        self.making.items = self.spaces.take_items();
        let exports = Frame::make(self.cx, &component, &arguments, around, self.making, linking);
        self.making.budget.leave();
        self.spaces.put_items(core::mem::take(&mut self.making.items));
        self.making.put_named(arguments);
        let instance = Entity::Instance(exports?);
        self.spaces.bind(binding, &instance)?;
        Ok(self.spaces.push(instance)?)
    }

    fn instance(&mut self, references: &[(Arc<str>, Reference)]) -> Result<(), Fault> {
        let mut exports = self.making.take_named();
        self.spaces.add_entities(references, &mut exports)?;
        for (name, entity) in &exports {
            if let Entity::Function(function) = entity {
                self.cx.data_mut().name_function(*function, name);
            }
        }
        let instance = Entity::Instance(Exports::take(&mut exports));
        self.making.put_named(exports);
        self.spaces.push(instance)
    }

    fn export(
        &mut self,
        name: &ExternName,
        reference: Reference,
        ty: &ExternType,
        binding: Option<&Binding>,
    ) -> Result<(), Fault> {
        let entity = self.spaces.entity(reference)?.seen_as(ty);
        if let Entity::Function(function) = entity {
            self.cx.data_mut().name_function(function, &name.full_name);
        }
        self.spaces.bind(binding, &entity)?;
        self.add_export(name.name.clone(), entity.clone());
        self.spaces.push(entity)
    }
}
