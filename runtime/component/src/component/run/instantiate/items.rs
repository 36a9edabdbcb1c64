//! The effect of each item of a definition.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::component::definition::items::{Binding, CoreSort, ExternName, Item, Reference};
use crate::component::store::crossing::Starting;
use crate::component::store::entity::{Closure, CoreInstance, Entity, Exports};
use crate::component::store::fault::Fault;
use crate::engine::{CoreContext as _, CoreEngine, CoreExtern};

use super::error::InstantiateError;
use super::frame::Frame;

impl<E: CoreEngine, T: 'static> Frame<'_, '_, E, T> {
    /// Does what an item says.
    pub(crate) fn item(&mut self, item: &Item) -> Result<(), InstantiateError> {
        match item {
            Item::CoreModule { number, .. } => self.core_module(*number)?,
            Item::InstantiateCore { module, arguments } => {
                self.instantiate_module(*module, arguments)?;
            }
            Item::CoreInstance { exports } => self.core_instance(exports)?,
            Item::AliasCoreExport { sort, instance, name } => {
                self.alias_core_export(*sort, *instance, name)?;
            }
            Item::Component(definition) => {
                self.budget.take_visible(self.spaces.num_visible())?;
                self.spaces.push(Entity::Component(Closure {
                    definition: definition.clone(),
                    code: self.code.clone(),
                    around: Some(Arc::new(self.spaces.surroundings())),
                }));
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
            Item::Import { name, binding, .. } => self.import(name, binding.as_ref())?,
            Item::Export { name, reference, binding, .. } => {
                self.export(name, *reference, binding.as_ref())?;
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

    /// Takes what is given for an import. It was checked: by validation, or before the outermost
    /// instance was begun.
    fn import(&mut self, name: &ExternName, binding: Option<&Binding>) -> Result<(), Fault> {
        let given = self.imports.get(&name.name);
        let given = given.ok_or_else(|| Fault::not_validated("an argument is missing"))?.clone();
        self.spaces.bind(binding, &given)?;
        self.spaces.push(given);
        Ok(())
    }

    fn core_module(&mut self, number: usize) -> Result<(), Fault> {
        let module = self.code.modules.get(number);
        let module = module.ok_or_else(|| Fault::not_validated("a core module is missing"))?;
        self.spaces.push(Entity::Module(module.clone()));
        Ok(())
    }

    fn instantiate_module(
        &mut self,
        module: u32,
        arguments: &[(Box<str>, u32)],
    ) -> Result<(), InstantiateError> {
        self.budget.take_instance()?;
        let module = self.spaces.module(module)?;
        let mut imports = Vec::with_capacity(module.imports.len());
        for (from, name) in &*module.imports {
            let argument = arguments.iter().find(|(argument, _)| **argument == **from);
            let (_, instance) =
                argument.ok_or_else(|| Fault::not_validated("an argument is missing"))?;
            let found = self.core_export(*instance, name)?;
            imports.push(found.ok_or_else(|| Fault::not_validated("a core export is missing"))?);
        }
        let starting = Starting { module: module.compiled, imports };
        let instance = self.cx.instantiate_core(self.initialisation, starting)?;
        if let Some(making) = self.cx.data_mut().roots.making() {
            making.core_instances.push(instance.clone());
        }
        self.spaces.core_instances.push(CoreInstance::Module(instance));
        Ok(())
    }

    fn core_instance(&mut self, exports: &[(Box<str>, CoreSort, u32)]) -> Result<(), Fault> {
        let exports = exports
            .iter()
            .map(|(name, sort, index)| Ok((name.clone(), self.spaces.core_extern(*sort, *index)?)));
        let exports = exports.collect::<Result<_, Fault>>()?;
        self.spaces.core_instances.push(CoreInstance::Exports(exports));
        Ok(())
    }

    fn core_export(&self, instance: u32, name: &str) -> Result<Option<CoreExtern<E>>, Fault> {
        Ok(match self.spaces.core_instance(instance)? {
            CoreInstance::Module(instance) => self.cx.export(instance, name),
            CoreInstance::Exports(exports) => exports.get(name).copied(),
        })
    }

    fn alias_core_export(
        &mut self,
        sort: CoreSort,
        instance: u32,
        name: &str,
    ) -> Result<(), Fault> {
        let found = self.core_export(instance, name)?.filter(|found| sort.is_of(found));
        let found = found.ok_or_else(|| Fault::not_validated("a core export is missing"))?;
        self.spaces.push_core(found);
        Ok(())
    }

    fn instantiate(
        &mut self,
        component: u32,
        arguments: &[(Box<str>, Reference)],
        binding: Option<&Binding>,
    ) -> Result<(), InstantiateError> {
        let component = self.spaces.component(component)?;
        let arguments = self.spaces.entities(arguments)?;
        self.cx.data_mut().names.enter(self.instance, self.spaces.num_instances());
        self.budget.enter()?;
        let linking = self.linking_within();
        let exports = Frame::make(self.cx, &component, &arguments, self.budget, linking);
        self.budget.leave();
        self.cx.data_mut().names.leave();
        let instance = Entity::Instance(Arc::new(exports?));
        self.spaces.bind(binding, &instance)?;
        self.spaces.push(instance);
        Ok(())
    }

    fn instance(&mut self, exports: &[(Box<str>, Reference)]) -> Result<(), Fault> {
        let exports = self.spaces.entities(exports)?;
        for (name, entity) in &exports {
            if let Entity::Function(function) = entity {
                self.cx.data_mut().names.name_function(*function, name);
            }
        }
        self.spaces.push(Entity::Instance(Arc::new(Exports(exports))));
        Ok(())
    }

    fn export(
        &mut self,
        name: &ExternName,
        reference: Reference,
        binding: Option<&Binding>,
    ) -> Result<(), Fault> {
        let entity = self.spaces.entity(reference)?;
        if let Entity::Function(function) = entity {
            self.cx.data_mut().names.name_function(function, &name.full_name);
        }
        self.spaces.bind(binding, &entity)?;
        self.exports.insert(name.name.clone(), entity.clone());
        self.spaces.push(entity);
        Ok(())
    }
}
