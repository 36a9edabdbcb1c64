//! Instances of components, and the functions that they export.

use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

use crate::abi::Type;
use crate::builtin::TypeIndex;
use crate::component::definition::function_type::FunctionType;
use crate::component::definition::versions;
use crate::component::run::state::State;
use crate::component::store::entity::{Entity, Exports};
use crate::component::store::identity::Identity;
use crate::component::store::roots::RootId;
use crate::engine::CoreEngine;
use crate::machine::FunctionId;

use super::export_error::{ExportError, similar_name};

/// An instance of a component, in the store in which it was made.
///
/// Its exports are those of its type. If a component exports an instance with a type that says less
/// than the instance has, the rest is hidden.
pub struct Instance<E: CoreEngine> {
    pub(crate) exports: Exports<E>,
    /// The instance that the host has made, and that this is, or is a part of.
    pub(crate) root: RootId,
    pub(crate) is_whole: bool,
    pub(crate) store: Identity,
}

/// A function, in the store in which it was made.
#[derive(Clone, Debug)]
pub struct Function {
    pub(crate) id: FunctionId,
    pub(crate) ty: Arc<FunctionType>,
    pub(crate) store: Identity,
}

impl<E: CoreEngine> Instance<E> {
    /// Returns the instance that this one exports as `name`.
    #[must_use]
    pub fn instance(&self, name: &str) -> Option<Self> {
        match versions::find(&self.exports, name, name)? {
            Entity::Instance(exports) => {
                Some(Self { exports, root: self.root, is_whole: false, store: self.store.clone() })
            }
            _ => None,
        }
    }

    /// Returns the number, in its store, of the resource type that it exports as `name`. It is the
    /// `ty` of the [`Resource`](crate::abi::Resource)s of this type.
    #[must_use]
    pub fn resource_type(&self, name: &str) -> Option<TypeIndex> {
        match self.exports.get(name)? {
            Entity::Resource(ty) => Some(ty),
            _ => None,
        }
    }

    fn function_id(&self, name: &str) -> Option<FunctionId> {
        match versions::find(&self.exports, name, name)? {
            Entity::Function(function) => Some(function),
            _ => None,
        }
    }

    /// Returns the function that it exports as `name`.
    ///
    /// # Errors
    ///
    /// [`ExportError::Missing`]; [`ExportError::OtherStore`] if `state` is that of another store;
    /// [`ExportError::InstanceRemoved`].
    pub(crate) fn function_in<T: 'static>(
        &self,
        state: &State<E, T>,
        name: &str,
    ) -> Result<Function, ExportError> {
        if self.store != state.identity {
            return Err(ExportError::OtherStore { name: name.into() });
        }
        if state.roots.get(self.root).is_none() {
            return Err(ExportError::InstanceRemoved { name: name.into() });
        }
        let lifted =
            self.function_id(name).and_then(|id| Some((id, state.functions.lifted(id).ok()?)));
        let Some((id, lifted)) = lifted else {
            let similar = similar_name(name, self.function_names()).map(String::from);
            return Err(ExportError::Missing { name: name.into(), similar });
        };
        Ok(Function { id, ty: lifted.ty.clone(), store: self.store.clone() })
    }

    /// Returns the names of the exported functions.
    fn function_names(&self) -> impl Iterator<Item = &str> {
        let exports = self.exports.iter();
        exports.filter_map(|(name, it)| matches!(it, Entity::Function(_)).then_some(name))
    }

    /// Returns the names of the exports.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.exports.iter().map(|(name, _)| name)
    }
}

impl Function {
    /// Returns the type of the function, with the store's numbers of resource types.
    #[must_use]
    pub fn ty(&self) -> &FunctionType {
        &self.ty
    }

    /// Returns the names and types of the parameters.
    pub fn params(&self) -> impl ExactSizeIterator<Item = (&str, &Type)> {
        self.ty.params()
    }

    /// Returns the type of the result.
    #[must_use]
    pub fn result(&self) -> Option<&Type> {
        self.ty.result()
    }

    /// Returns `true` if the type is `async`.
    #[must_use]
    pub fn is_async(&self) -> bool {
        self.ty.is_async
    }
}

impl<E: CoreEngine> Clone for Instance<E> {
    fn clone(&self) -> Self {
        let Self { exports, root, is_whole, store } = self;
        Self { exports: exports.clone(), root: *root, is_whole: *is_whole, store: store.clone() }
    }
}

impl<E: CoreEngine> fmt::Debug for Instance<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}
