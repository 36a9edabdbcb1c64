//! The items for the imports of a component, before there is a store.

use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::component::run::host_function::HostFunction;
use crate::component::run::host_resource::HostResourceType;
use crate::component::run::state::State;
use crate::component::store::entity::{Closure, Entity, Exports, NamedEntity};
use crate::component::store::identity::Identity;
use crate::component::store::module::Module;
use crate::component::store::roots::RootId;
use crate::engine::CoreEngine;
use crate::error::Error;

/// An item for an import.
pub(crate) enum Given<E: CoreEngine, T: 'static> {
    /// A host function, with the name of the import.
    Function(Arc<HostFunction<E, T>>, Arc<str>),
    /// A resource type of the host.
    Resource(HostResourceType<E, T>),
    /// A core module.
    Module(Module<E>),
    /// A component.
    Component(Closure<E>),
    /// An instance that is composed of items.
    Instance(GivenByName<E, T>),
    /// An instance in a store, with its identity and the instance that it is, or is a part of.
    Exports(Exports<E>, Identity, RootId),
    /// A type, which does not exist at run time.
    Type,
}

/// Items by the names of imports.
pub(crate) type GivenByName<E, T> = BTreeMap<Arc<str>, Given<E, T>>;

impl<E: CoreEngine, T: 'static> Given<E, T> {
    /// Returns the kind of the item, for messages.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Function(..) => "a function",
            Self::Resource(_) => "a resource type",
            Self::Module(_) => "a core module",
            Self::Component(_) => "a component",
            Self::Instance(_) | Self::Exports(..) => "an instance",
            Self::Type => "a type",
        }
    }

    /// Returns `true` if a part of it is in a store, so that its type is known only there.
    pub(crate) fn is_in_store(&self) -> bool {
        match self {
            Self::Exports(..) => true,
            Self::Instance(parts) => parts.values().any(Self::is_in_store),
            _ => false,
        }
    }

    /// Returns the item in a store.
    pub(crate) fn entity(&self, state: &mut State<E, T>) -> Result<Entity<E>, Error> {
        Ok(match self {
            Self::Function(function, path) => {
                let State { functions, machine, .. } = state;
                let define = |number| machine.define_host_function(number);
                let (id, number) = functions.host_function_id(function, define)?;
                state.name_host_function(id, number, path);
                Entity::Function(id)
            }
            Self::Resource(token) => Entity::Resource(state.resource_type(token)?),
            Self::Module(module) => Entity::Module(module.clone()),
            Self::Component(component) => Entity::Component(component.clone()),
            Self::Instance(parts) => Entity::Instance(Exports::take(&mut entities(parts, state)?)),
            Self::Exports(exports, ..) => Entity::Instance(exports.clone()),
            Self::Type => Entity::Type,
        })
    }
}

/// Returns items in a store, sorted by name.
pub(crate) fn entities<E: CoreEngine, T: 'static>(
    given: &GivenByName<E, T>,
    state: &mut State<E, T>,
) -> Result<Vec<NamedEntity<E>>, Error> {
    given.iter().map(|(name, given)| Ok((name.clone(), given.entity(state)?))).collect()
}
