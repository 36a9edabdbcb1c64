//! Removing instances that the host has made, with all their parts.

use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use crate::abi::Resource;
use crate::builtin::TypeIndex;
use crate::component::store::call_error::CallError;
use crate::component::store::entity::{Entity, NamedEntity};
use crate::component::store::roots::{Part, Parts, RootId};
use crate::component::store::unwinding::catch;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::Error;
use crate::limits::Table;
use crate::machine::{FunctionId, HandleView, InstanceId};

use super::context::Context;
use super::state::State;

/// The parts of an instance, for an engine.
type PartsOn<E> = Parts<<E as CoreEngine>::Function, <E as CoreEngine>::Instance>;

impl<E: CoreEngine, T: 'static> State<E, T> {
    /// Begins an instance with these imports. Everything that is made belongs to it until it is
    /// closed.
    pub(crate) fn open_root(&mut self, imports: &[NamedEntity<E>]) -> Result<(), Error> {
        self.roots.open();
        let mut imported = BTreeSet::new();
        for (_, entity) in imports {
            find_functions(entity, &mut imported);
        }
        for function in imported {
            if self.functions.host_function(function).is_some() {
                self.functions.use_host_function(function)?;
                self.roots.record(Part::HostFunction(function));
            }
        }
        Ok(())
    }

    /// Finishes the instance that was [opened](Self::open_root) last.
    pub(crate) fn close_root(&mut self) -> Result<PartsOn<E>, Error> {
        self.roots.close().ok_or(Error::Inconsistent(Table::Instances))
    }

    /// Keeps an instance that was made.
    pub(crate) fn add_root(&mut self, parts: PartsOn<E>) -> Result<RootId, Error> {
        self.roots.add(parts).ok_or(Error::Full(Table::Instances))
    }

    /// Records that the instance that is being made uses a resource type.
    pub(crate) fn use_resource_type(&mut self, ty: TypeIndex) -> Result<(), Error> {
        if self.machine.resource_instance(ty)?.is_some() && self.roots.record_resource_type(ty) {
            self.types.use_resource(ty);
        }
        Ok(())
    }

    /// Returns the host's resources with values that an instance owns.
    pub(crate) fn values_of_instance(
        &mut self,
        instance: InstanceId,
    ) -> Result<Vec<Resource>, Error> {
        let mut found = Vec::new();
        if !self.handles.values.has_types() {
            return Ok(found);
        }
        for index in 1..=self.machine.highest_handle(instance)? {
            if let Some(HandleView::Resource { ty, representation, borrowed_by: None, .. }) =
                self.machine.handle_view(instance, index)?
                && self.handles.values.has_type(ty)
            {
                found.push(Resource { ty, representation });
            }
        }
        Ok(found)
    }

    /// Removes the host functions that no instance imports.
    pub(crate) fn remove_unused_host_functions(&mut self) -> Result<(), Error> {
        while let Some((id, number, function)) = self.functions.take_unused() {
            self.names.remove_host_function(id, number);
            self.machine.remove_host_function(id)?;
            // It may hold something of the host whose destructor panics.
            if let Err(panic) = catch(|| drop(function)) {
                self.panics.add_of_nobody(panic);
            }
        }
        Ok(())
    }

    /// Returns an error if an instance can't be removed now.
    pub(crate) fn check_removable(&self, root: RootId) -> Result<(), Error> {
        let parts = self.roots.get(root).ok_or(Error::Unknown(Table::Instances))?;
        parts.instances().try_for_each(|instance| self.machine.check_removable(instance))
    }

    /// Returns `true` if an instance with these parts can be removed now.
    pub(crate) fn are_removable(&self, parts: &PartsOn<E>) -> bool {
        parts.instances().all(|instance| self.machine.check_removable(instance).is_ok())
    }

    /// Reports to all calls that wait for removed instances.
    pub(crate) fn are_gone(&mut self, error: &CallError) {
        self.others_trapped(error);
        let machine = &self.machine;
        self.activations.retain_start_functions(|it| machine.is_locked_down(it) == Ok(false));
        self.handles.retain_resources(|ty| match machine.resource_instance(ty) {
            Ok(Some(instance)) => machine.is_locked_down(instance).is_ok(),
            Ok(None) => true,
            Err(_) => false,
        });
    }
}

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Returns `true` if an instance that the host had made was removed.
    pub(crate) fn root_is_gone(&self, root: RootId) -> bool {
        self.data().roots.get(root).is_none()
    }

    /// Removes an instance that the host has made.
    pub(crate) fn remove_root(&mut self, root: RootId) -> Result<(), Error> {
        let state = self.data_mut();
        state.check_removable(root)?;
        let parts = state.roots.remove(root).ok_or(Error::Unknown(Table::Instances))?;
        self.remove_parts(parts)
    }

    /// Removes all parts of an instance.
    pub(crate) fn remove_parts(&mut self, parts: PartsOn<E>) -> Result<(), Error> {
        let state = self.data_mut();
        for instance in parts.instances() {
            let values = state.values_of_instance(instance)?;
            state.machine.remove_instance(instance)?;
            state.handles.values.drop_values(values);
            state.names.remove_instance(instance);
            state.traps.remove_instance(instance);
            state.links.remove_instance(instance);
        }
        for part in &parts.list {
            match *part {
                Part::Instance(_) => {}
                Part::Function(function) => {
                    state.functions.remove_lifted(function);
                    state.names.remove_function(function);
                }
                Part::HostFunction(function) => state.functions.disuse_host_function(function),
                Part::CoreFunction(number) => state.functions.remove_core_function(number),
                Part::Links(set) => state.links.remove(set),
                part => state.types.remove(part),
            }
        }
        let mut types = BTreeSet::new();
        for ty in parts.resource_types {
            state.types.disuse_resource(TypeIndex(ty), &mut types);
        }
        state.types.remove_types(&types);
        let types: Vec<_> = types.into_iter().map(TypeIndex).collect();
        state.are_gone(&CallError::InstanceRemoved);
        state.machine.remove_types(&types)?;
        state.functions.drop_spares();
        self.release(&parts.core_instances, &parts.core_functions);
        self.data_mut().remove_unused_host_functions()
    }
}

/// Finds the functions in an imported item.
fn find_functions<E: CoreEngine>(entity: &Entity<E>, found: &mut BTreeSet<FunctionId>) {
    match entity {
        Entity::Function(function) => {
            found.insert(*function);
        }
        Entity::Instance(exports) => {
            for (_, entity) in exports.iter() {
                find_functions(&entity, found);
            }
        }
        Entity::Module(_) | Entity::Component(_) | Entity::Resource(_) | Entity::Type => {}
    }
}
