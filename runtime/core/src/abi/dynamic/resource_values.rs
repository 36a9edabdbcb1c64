//! The values of resources, which the host keeps.

use alloc::sync::Arc;
use core::any::Any;

use crate::abi::{Resource, Shape};
use crate::builtin::TypeIndex;
use crate::error::{AbiError, Failure};

/// The value of a resource: of any Rust type, and shared by its borrowers.
pub type SharedValue = Arc<dyn Any + Send + Sync>;

/// The host's store of the values of resources, each with a representation.
pub trait ResourceValues {
    /// Stores the value of a resource of the type `ty`, which is passed or lent to a guest next.
    /// Returns its representation. `shape` is an [`Own`](Shape::Own) or a
    /// [`Borrow`](Shape::Borrow).
    ///
    /// # Errors
    ///
    /// [`AbiError::ResourceValue`] if resources of this type have no values of that Rust type.
    fn put(&mut self, shape: &Shape, ty: TypeIndex, value: &SharedValue) -> Result<u64, Failure>;

    /// Takes the value of a resource that the host has got. `shape` is an [`Own`](Shape::Own), or
    /// a [`Borrow`](Shape::Borrow), whose value also stays stored.
    ///
    /// # Errors
    ///
    /// [`AbiError::ResourceValue`] if the resource has no value of that Rust type.
    fn take(&mut self, shape: &Shape, resource: Resource) -> Result<SharedValue, Failure>;
}

/// No values: each resource is only a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct NoResourceValues;

impl ResourceValues for NoResourceValues {
    fn put(&mut self, _: &Shape, _: TypeIndex, _: &SharedValue) -> Result<u64, Failure> {
        Err(AbiError::ResourceValue.into())
    }

    fn take(&mut self, _: &Shape, _: Resource) -> Result<SharedValue, Failure> {
        Err(AbiError::ResourceValue.into())
    }
}
