//! Instances of components, and the functions that they export.

use alloc::sync::Arc;
use core::fmt;

use crate::abi::Type;
use crate::engine::CoreEngine;
use crate::machine::FunctionId;

use super::definition::FunctionType;
use super::entity::{Entity, Exports};

/// An instance of a component, in the store in which it was made.
pub struct Instance<E: CoreEngine> {
    pub(super) exports: Arc<Exports<E>>,
}

/// A function, in the store in which it was made.
#[derive(Clone, Debug)]
pub struct Function {
    pub(super) id: FunctionId,
    pub(super) ty: Arc<FunctionType>,
}

impl<E: CoreEngine> Instance<E> {
    /// The instance that this one exports as `name`.
    #[must_use]
    pub fn instance(&self, name: &str) -> Option<Self> {
        match self.exports.0.get(name)? {
            Entity::Instance(exports) => Some(Self { exports: exports.clone() }),
            _ => None,
        }
    }

    pub(super) fn function_id(&self, name: &str) -> Option<FunctionId> {
        match self.exports.0.get(name)? {
            Entity::Function(function) => Some(*function),
            _ => None,
        }
    }

    /// The names of what it exports.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.exports.0.keys().map(|name| &**name)
    }
}

impl Function {
    /// The types of its parameters.
    pub fn params(&self) -> impl ExactSizeIterator<Item = (&str, &Type)> {
        self.ty.names.iter().map(|name| &**name).zip(self.ty.params.types())
    }

    /// The type of its result.
    #[must_use]
    pub fn result(&self) -> Option<&Type> {
        self.ty.result.as_ref()
    }

    /// Whether its type is `async`.
    #[must_use]
    pub fn is_async(&self) -> bool {
        self.ty.is_async
    }
}

impl<E: CoreEngine> Clone for Instance<E> {
    fn clone(&self) -> Self {
        Self { exports: self.exports.clone() }
    }
}

impl<E: CoreEngine> fmt::Debug for Instance<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.names()).finish()
    }
}
