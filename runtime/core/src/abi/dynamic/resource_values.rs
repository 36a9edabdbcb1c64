//! The values of resources that the host keeps.

use alloc::sync::Arc;
use core::any::Any;

use crate::abi::{Resource, Shape};
use crate::builtin::TypeIndex;
use crate::error::{AbiError, Failure};

/// The value of a resource, as the host keeps it: of any Rust type, and shared by those who have
/// borrowed it.
pub type SharedValue = Arc<dyn Any + Send + Sync>;

/// The place where the host keeps the values of resources: each by a representation.
pub trait ResourceValues {
    /// Puts the value of a resource of the type `ty`, which is about to be given or lent to a guest:
    /// `shape` is an [`Own`](Shape::Own) or a [`Borrow`](Shape::Borrow). Returns the representation by
    /// which it is known.
    ///
    /// # Errors
    ///
    /// [`AbiError::ResourceValue`] if resources of this type have no values of that Rust type.
    fn put(&mut self, shape: &Shape, ty: TypeIndex, value: &SharedValue) -> Result<u64, Failure>;

    /// Takes the value of a resource, which the host has got: `shape` is an [`Own`](Shape::Own) or a
    /// [`Borrow`](Shape::Borrow), whose value stays where it is, too.
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
