//! The linked calls of an instance: the generated modules are instantiated between the core modules
//! that they link.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::builtin::OptionsIndex;
use crate::component::definition::linking::encode::{flag_name, function_name};
use crate::component::definition::linking::link_import::{LinkEnd, LinkFunction, LinkImport};
use crate::component::definition::linking::plan::CompiledLinks;
use crate::component::run::context::Context;
use crate::component::store::core_function::CoreFunction;
use crate::component::store::entity::Closure;
use crate::component::store::fault::Fault;
use crate::component::store::links::{Link, LinkCall, LinkSet};
use crate::component::store::roots::Part;
use crate::engine::{CoreContext as _, CoreEngine, CoreExtern};
use crate::error::Error;
use crate::limits::Table;
use crate::machine::FunctionId;

use super::frame::Frame;

/// The links of an instance that is being made.
pub(crate) struct Linking<E: CoreEngine> {
    links: Arc<CompiledLinks<E::Module>>,
    /// The number of the instance in the component.
    instance: usize,
    /// The number of the links in the store.
    set: u32,
    /// The instance with the flags.
    flags: E::Instance,
    /// The functions that were lowered for a group that is not instantiated yet.
    lowered: Vec<LoweredLink<E>>,
}

/// A lowered function.
struct LoweredLink<E: CoreEngine> {
    /// Its index among the core functions.
    index: u32,
    /// The function that makes the call in the ordinary way.
    fallback: E::Function,
    link: Link,
}

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Begins the links of a component that is instantiated. Returns `None` if its calls are not
    /// linked in this store.
    pub(crate) fn begin_linking(
        &mut self,
        component: &Closure<E>,
    ) -> Result<Option<Linking<E>>, Fault> {
        let state = self.data();
        let Some(links) = component.code.links.as_ref().filter(|links| {
            Arc::ptr_eq(&links.root, &component.definition)
                && !links.plan.links.is_empty()
                && state.engine.links_guests()
                && state.machine.chooser().is_first_in_first_out()
                && state.machine.timeline().is_none()
        }) else {
            return Ok(None);
        };
        let flags = self.instantiate(&links.flags, &[]).map_err(Fault::Core)?;
        let links = links.clone();
        let state = self.data_mut();
        let set = state.links.add(LinkSet::new(links.plan.clone(), flags.clone()))?;
        state.roots.record(Part::Links(set));
        if let Some(making) = state.roots.making() {
            making.core_instances.push(flags.clone());
        }
        Ok(Some(Linking { links, instance: 0, set, flags, lowered: Vec::new() }))
    }

    /// Returns an exported function of a generated module.
    pub(crate) fn link_export(
        &self,
        instance: &E::Instance,
        name: &str,
    ) -> Result<E::Function, Fault> {
        match self.export(instance, name) {
            Some(CoreExtern::Function(function)) => Ok(function),
            _ => Err(Fault::Inconsistent("a generated module lacks a function")),
        }
    }
}

impl<E: CoreEngine, T: 'static> Frame<'_, '_, E, T> {
    /// Sets the links of the instance.
    pub(crate) fn set_linking(&mut self, linking: Option<Linking<E>>) -> Result<(), Error> {
        self.linking = linking;
        let Some(Linking { links, instance, set, .. }) = &self.linking else { return Ok(()) };
        let flag = links.plan.flagged.iter().position(|flagged| flagged.instance == *instance);
        let state = self.cx.data_mut();
        state.links.add_instance(self.instance, *set)?;
        if let Some(flag) = flag {
            state.links.get_mut(*set)?.set_flagged(flag, self.instance);
        }
        Ok(())
    }

    /// Returns the links of the instance that the current item makes.
    pub(crate) fn linking_within(&self) -> Option<Linking<E>> {
        let Linking { links, instance, set, flags, .. } = self.linking.as_ref()?;
        let within = links.plan.instances.get(*instance)?.within.get(&self.place.item)?;
        Some(Linking {
            links: links.clone(),
            instance: *within,
            set: *set,
            flags: flags.clone(),
            lowered: Vec::new(),
        })
    }

    /// Links the function that the current item has lowered, if it should be linked. When the last
    /// function of its group is lowered, all of them get other core functions.
    pub(crate) fn link(&mut self, callee: FunctionId, options: OptionsIndex) -> Result<(), Fault> {
        let Some(linking) = &mut self.linking else { return Ok(()) };
        let links = linking.links.clone();
        let planned = links.plan.instances.get(linking.instance);
        let Some(number) = planned.and_then(|it| it.links.get(&self.place.item)).copied() else {
            return Ok(());
        };
        let last = self.spaces.last_core_function();
        let (index, fallback) = last.ok_or(Error::Unknown(Table::Functions))?;
        let link = Link { caller: self.instance, options, callee };
        linking.lowered.push(LoweredLink { index, fallback, link });
        self.cx.data_mut().links.get_mut(linking.set)?.add(number, link);
        let group = links.plan.links.get(number).map(|link| link.group);
        let group = group.and_then(|it| Some((links.plan.groups.get(it)?, links.groups.get(it)?)));
        let (group, (module, imports)) = group.ok_or(Error::Unknown(Table::Functions))?;
        if group.links.last() == Some(&number) {
            self.instantiate_group(module, imports)?;
        }
        Ok(())
    }

    /// Instantiates the module of a group, whose functions are all lowered.
    fn instantiate_group(
        &mut self,
        module: &E::Module,
        imports: &[LinkImport],
    ) -> Result<(), Fault> {
        let Some(linking) = &mut self.linking else { return Ok(()) };
        let lowered = core::mem::take(&mut linking.lowered);
        let given = imports.iter().map(|import| self.link_import(*import, &lowered));
        let given = given.collect::<Result<Vec<_>, Fault>>()?;
        let instance = self.cx.instantiate(module, &given).map_err(Fault::Core)?;
        for (member, LoweredLink { index, .. }) in lowered.iter().enumerate() {
            let function = self.cx.link_export(&instance, &function_name(member))?;
            self.spaces.replace_core_function(*index, function)?;
        }
        if let Some(making) = self.cx.data_mut().roots.making() {
            making.core_instances.push(instance);
        }
        Ok(())
    }

    /// Returns the item for an import of a generated module.
    fn link_import(
        &mut self,
        import: LinkImport,
        lowered: &[LoweredLink<E>],
    ) -> Result<CoreExtern<E>, Fault> {
        let unknown = Fault::from(Error::Unknown(Table::Functions));
        let found = match import {
            LinkImport::Fallback(member) => {
                lowered.get(member).map(|it| CoreExtern::Function(it.fallback))
            }
            LinkImport::Flag(flag) => {
                let flags = self.linking.as_ref().map(|linking| &linking.flags);
                flags.and_then(|flags| self.cx.export(flags, &flag_name(flag)))
            }
            LinkImport::Callee(member) => {
                let lifted = self.linked_function(member, lowered)?;
                lifted.core.map(CoreExtern::Function)
            }
            LinkImport::PostReturn(member) => {
                let lifted = self.linked_function(member, lowered)?;
                lifted.post_return.map(CoreExtern::Function)
            }
            LinkImport::Memory(member, end) => {
                let options = self.link_options(member, end, lowered)?;
                self.cx.data().options(options)?.memory.map(CoreExtern::Memory)
            }
            LinkImport::Realloc(member, end) => {
                let options = self.link_options(member, end, lowered)?;
                self.cx.data().options(options)?.realloc.map(CoreExtern::Function)
            }
            LinkImport::Host(function) => Some(CoreExtern::Function(self.link_function(function)?)),
        };
        found.ok_or(unknown)
    }

    /// Returns the callee of a link.
    fn linked_function(
        &self,
        member: usize,
        lowered: &[LoweredLink<E>],
    ) -> Result<&crate::component::store::canonical::Lifted<E::Function>, Error> {
        let link = lowered.get(member).ok_or(Error::Unknown(Table::Functions))?.link;
        self.cx.data().functions.lifted(link.callee).map(|lifted| &**lifted)
    }

    /// Returns the options of a side of a link.
    fn link_options(
        &self,
        member: usize,
        end: LinkEnd,
        lowered: &[LoweredLink<E>],
    ) -> Result<OptionsIndex, Error> {
        match end {
            LinkEnd::Callee => self.linked_function(member, lowered).map(|lifted| lifted.options),
            LinkEnd::Caller => {
                let lowered = lowered.get(member).ok_or(Error::Unknown(Table::Functions))?;
                Ok(lowered.link.options)
            }
        }
    }

    /// Returns a function for the code of the links, which is made at its first use.
    fn link_function(&mut self, function: LinkFunction) -> Result<E::Function, Fault> {
        let set = self.linking.as_ref().ok_or(Error::Unknown(Table::Functions))?.set;
        let state = self.cx.data_mut();
        if let Some(made) = state.links.get(set)?.function(function) {
            return Ok(made);
        }
        let link = CoreFunction::Link(LinkCall { set, function });
        let number = state.functions.add_core_function(link);
        let number = number.ok_or(Error::Full(Table::Functions))?;
        state.roots.record(Part::CoreFunction(number));
        let made = self.cx.new_function(number, &function.ty());
        let state = self.cx.data_mut();
        if let Some(making) = state.roots.making() {
            making.core_functions.push(made);
        }
        state.links.get_mut(set)?.add_function(function, made);
        Ok(made)
    }
}
