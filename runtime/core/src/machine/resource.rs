//! Resources: handles that own and handles that borrow, and how they cross from one instance
//! to another. The reference's `ResourceHandle`, `lift_own`, `lift_borrow`, `lower_own` and
//! `lower_borrow`.

use crate::builtin::TypeIndex;
use crate::chooser::Chooser;
use crate::error::{Error, Failure};
use crate::limits::Limits;
use crate::trap::{ExpectedResource, FoundResource, Trap};

use super::arena::Key;
use super::hooks::Hooks;
use super::record::instance::Instance;
use super::record::resource::ResourceHandle;
use super::record::tables::Handle;
use super::record::task::TaskState;
use super::state::Machine;
use crate::id::{InstanceId, SubtaskId, TaskId};

/// What a borrowed resource is lowered as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoweredBorrow {
    /// A handle of the instance's table.
    Index(u32),
    /// The resource's representation: the instance is the one that defines the resource type.
    Representation(u64),
}

impl LoweredBorrow {
    /// The core value that the instance is given: the reference's `lower_borrow` returns either.
    ///
    /// # Errors
    ///
    /// [`Error::RepresentationTooLarge`] for a representation of more than 32 bits. A resource
    /// type may have one (`rep i64`), and the spec flattens every `borrow` to an `i32`
    /// nevertheless.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#flattening)
    pub fn to_core(self) -> Result<u32, Error> {
        match self {
            Self::Index(index) => Ok(index),
            Self::Representation(representation) => {
                u32::try_from(representation).map_err(|_| Error::RepresentationTooLarge)
            }
        }
    }
}

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// The resource handle at `index`, which must be of this type.
    ///
    /// Traps: `unknown-handle-index`, `handle-wrong-type`, `resource-wrong-type`.
    pub(crate) fn resource_of_type_at(
        &self,
        instance: Key<Instance>,
        index: u32,
        ty: TypeIndex,
    ) -> Result<Key<ResourceHandle>, Failure> {
        let handle = self.resource_at(instance, index)?;
        let found = self.resources.get(handle)?.ty;
        if found == ty {
            return Ok(handle);
        }
        let (expected_resource, found_resource) =
            match (self.resource_instance(ty)?, self.resource_instance(found)?) {
                (Some(_), Some(_)) => (
                    ExpectedResource::GuestDefinedResource,
                    FoundResource::ADifferentGuestDefinedResource,
                ),
                (Some(_), None) => {
                    (ExpectedResource::GuestDefinedResource, FoundResource::HostResource)
                }
                (None, Some(_)) => {
                    (ExpectedResource::HostResource, FoundResource::GuestDefinedResource)
                }
                (None, None) => {
                    (ExpectedResource::HostResource, FoundResource::ADifferentHostResource)
                }
            };
        Err(Trap::ResourceWrongType { index, expected_resource, found_resource }.into())
    }

    /// `lift_own`: takes the resource at `index` out of an instance, and gives its representation.
    ///
    /// # Errors
    ///
    /// Traps: `unknown-handle-index`, `handle-wrong-type`, `resource-wrong-type`,
    /// `resource-lent`, `not-an-owning-handle`.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#loading)
    pub fn lift_own(
        &mut self,
        instance: InstanceId,
        ty: TypeIndex,
        index: u32,
    ) -> Result<u64, Failure> {
        let instance = self.instance_key(instance)?;
        let handle = self.resource_of_type_at(instance, index, ty)?;
        let resource = self.resources.get(handle)?;
        if resource.num_lends != 0 {
            return Err(Trap::ResourceLent.into());
        }
        if !resource.is_own() {
            return Err(Trap::NotAnOwningHandle.into());
        }
        let representation = resource.representation();
        self.remove_handle(instance, index)?;
        self.resources.remove(handle)?;
        Ok(representation)
    }

    /// `lift_borrow`: lends the resource at `index` to a call, and gives its representation.
    ///
    /// The handle is lent until the call's caller hears that it has resolved.
    ///
    /// # Errors
    ///
    /// [`Error::AlreadyResolved`]; [`Error::HostHasNoHandles`] if the host made the call;
    /// [`Error::Full`]: [`Lends`](crate::limits::Table::Lends). Traps: `unknown-handle-index`,
    /// `handle-wrong-type`, `resource-wrong-type`.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#loading)
    pub fn lift_borrow(
        &mut self,
        call: SubtaskId,
        ty: TypeIndex,
        index: u32,
    ) -> Result<u64, Failure> {
        let subtask = self.subtask_key(call)?;
        if self.subtask(subtask)?.resolved() {
            return Err(Error::AlreadyResolved.into());
        }
        let instance = self.waitables.get(subtask)?.owner.ok_or(Error::HostHasNoHandles)?;
        let handle = self.resource_of_type_at(instance, index, ty)?;
        self.add_lender(subtask, handle)?;
        Ok(self.resources.get(handle)?.representation())
    }

    /// `lower_own`: gives a resource to an instance, and gives the index of its handle there.
    ///
    /// # Errors
    ///
    /// [`Error::Full`]: [`Resources`](crate::limits::Table::Resources),
    /// [`Handles`](crate::limits::Table::Handles). Traps: `table-full`.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#storing)
    pub fn lower_own(
        &mut self,
        instance: InstanceId,
        ty: TypeIndex,
        representation: u64,
    ) -> Result<u32, Failure> {
        let instance = self.instance_key(instance)?;
        self.resource_type(ty)?;
        self.new_resource(instance, ResourceHandle::new(ty, representation, None))
    }

    /// `lower_borrow`: lends a resource to a task.
    ///
    /// # Errors
    ///
    /// [`Error::AlreadyResolved`]; [`Error::Full`]: [`Resources`](crate::limits::Table::Resources),
    /// [`Handles`](crate::limits::Table::Handles). Traps: `table-full`.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#storing)
    pub fn lower_borrow(
        &mut self,
        task: TaskId,
        ty: TypeIndex,
        representation: u64,
    ) -> Result<LoweredBorrow, Failure> {
        let task = self.task_key(task)?;
        if self.tasks.get(task)?.state == TaskState::Resolved {
            return Err(Error::AlreadyResolved.into());
        }
        let instance = self.tasks.get(task)?.instance;
        if self.resource_instance(ty)? == Some(self.instance_id(instance)?) {
            return Ok(LoweredBorrow::Representation(representation));
        }
        let handle = ResourceHandle::new(ty, representation, Some(task));
        let index = self.new_resource(instance, handle)?;
        self.tasks.get_mut(task)?.num_borrows += 1;
        Ok(LoweredBorrow::Index(index))
    }

    /// Adds a resource handle to an instance's table.
    ///
    /// Traps: `table-full`.
    pub(crate) fn new_resource(
        &mut self,
        instance: Key<Instance>,
        handle: ResourceHandle,
    ) -> Result<u32, Failure> {
        self.check_handle_room(instance, 1)?;
        self.resources.reserve(1)?;
        let handle = self.resources.insert(handle)?;
        self.add_handle(instance, Handle::Resource(handle))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_borrow_of_the_definers_own_is_its_representation_or_an_error() {
        assert_eq!(LoweredBorrow::Index(3).to_core(), Ok(3));
        let representation = |bits| LoweredBorrow::Representation(bits).to_core();
        assert_eq!(representation(u64::from(u32::MAX)), Ok(u32::MAX));
        assert_eq!(representation(1 << 32), Err(Error::RepresentationTooLarge));
        assert_eq!(representation(u64::MAX), Err(Error::RepresentationTooLarge));
    }
}
