//! Instances of components, and the functions that they export.

use alloc::sync::Arc;
use core::fmt;

use crate::abi::Type;
use crate::builtin::TypeIndex;
use crate::engine::CoreEngine;
use crate::machine::FunctionId;

use super::definition::FunctionType;
use super::entity::{Entity, Exports};
use super::identity::Identity;
use super::state::{Callable, State};
use super::versions;

/// An instance of a component, in the store in which it was made.
pub struct Instance<E: CoreEngine> {
    pub(super) exports: Arc<Exports<E>>,
    pub(super) store: Identity,
}

/// A function, in the store in which it was made.
#[derive(Clone, Debug)]
pub struct Function {
    pub(super) id: FunctionId,
    pub(super) ty: Arc<FunctionType>,
    pub(super) store: Identity,
}

impl<E: CoreEngine> Instance<E> {
    /// The instance that this one exports as `name`.
    #[must_use]
    pub fn instance(&self, name: &str) -> Option<Self> {
        match versions::find(&self.exports.0, name, name)? {
            Entity::Instance(exports) => {
                Some(Self { exports: exports.clone(), store: self.store.clone() })
            }
            _ => None,
        }
    }

    /// The number, in its store, of the resource type that it exports as `name`: that of the
    /// [`Resource`](crate::abi::Resource)s of this type.
    #[must_use]
    pub fn resource_type(&self, name: &str) -> Option<TypeIndex> {
        match self.exports.0.get(name)? {
            Entity::Resource(ty) => Some(*ty),
            _ => None,
        }
    }

    pub(super) fn function_id(&self, name: &str) -> Option<FunctionId> {
        match versions::find(&self.exports.0, name, name)? {
            Entity::Function(function) => Some(*function),
            _ => None,
        }
    }

    /// The names of what it exports.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.exports.0.keys().map(|name| &**name)
    }
}

/// The function that `instance` exports as `name`, if both are of this store.
pub(super) fn function<E: CoreEngine, T: Send + 'static>(
    state: &State<E, T>,
    instance: &Instance<E>,
    name: &str,
) -> Option<Function> {
    if instance.store != state.identity {
        return None;
    }
    let id = instance.function_id(name)?;
    match state.functions.get(id.position())? {
        Callable::Lifted(lifted) => {
            Some(Function { id, ty: lifted.ty.clone(), store: instance.store.clone() })
        }
        Callable::Host(_) => None,
    }
}

impl Function {
    /// Its type, with the store's numbers of resource types.
    #[must_use]
    pub fn ty(&self) -> &FunctionType {
        &self.ty
    }

    /// The types of its parameters.
    pub fn params(&self) -> impl ExactSizeIterator<Item = (&str, &Type)> {
        self.ty.params()
    }

    /// The type of its result.
    #[must_use]
    pub fn result(&self) -> Option<&Type> {
        self.ty.result()
    }

    /// Whether its type is `async`.
    #[must_use]
    pub fn is_async(&self) -> bool {
        self.ty.is_async
    }
}

impl<E: CoreEngine> Clone for Instance<E> {
    fn clone(&self) -> Self {
        Self { exports: self.exports.clone(), store: self.store.clone() }
    }
}

impl<E: CoreEngine> fmt::Debug for Instance<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}
