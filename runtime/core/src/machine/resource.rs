//! Resources: handles that own and handles that borrow, and their way from one instance to
//! another. The reference's `ResourceHandle`, `lift_own`, `lift_borrow`, `lower_own` and
//! `lower_borrow`.

use crate::builtin::TypeIndex;
use crate::chooser::Chooser;
use crate::error::{Error, Failure, MachineError};
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

/// The value that a borrowed resource is lowered to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoweredBorrow {
    /// The index of a handle in the instance's table.
    Index(u32),
    /// The resource's representation, if the instance defines the resource type.
    Representation(u64),
}

impl LoweredBorrow {
    /// Returns the core value that the instance gets. The reference's `lower_borrow` returns
    /// either.
    ///
    /// # Errors
    ///
    /// [`MachineError::RepresentationTooLarge`] if a representation has more than 32 bits. A
    /// resource type may have one (`rep i64`), but the spec flattens every `borrow` to an `i32`.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#flattening)
    pub fn to_core(self) -> Result<u32, Error> {
        match self {
            Self::Index(index) => Ok(index),
            Self::Representation(representation) => u32::try_from(representation)
                .map_err(|_| MachineError::RepresentationTooLarge.into()),
        }
    }
}

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Returns the resource handle at `index`, which must have this type.
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

    /// Takes the resource at `index` out of an instance, and returns its representation:
    /// `lift_own`.
    ///
    /// # Errors
    ///
    /// The traps `unknown-handle-index`, `handle-wrong-type`, `resource-wrong-type`,
    /// `resource-lent` and `not-an-owning-handle`.
    ///
    /// # Example
    ///
    /// The host passes a resource of its own to a guest, and gets it back:
    ///
    /// ```
    /// # use weft_core as weft;
    /// use weft::machine::{Machine, TypeDefinition};
    ///
    /// # weft::limits! {
    /// #     struct Small { ..MachineSizes::SMALL }
    /// # }
    /// let mut machine = Machine::<Small>::default();
    /// let guest = machine.new_instance()?;
    /// let file =
    ///     machine.define_type(TypeDefinition::Resource { instance: None, destructor: None })?;
    ///
    /// let index = machine.lower_own(guest, file, 17)?; // The guest has the handle `index` now.
    /// assert_eq!(machine.lift_own(guest, file, index)?, 17);
    /// assert!(machine.lift_own(guest, file, index).is_err()); // The guest has it no longer.
    /// # Ok::<(), weft::error::Failure>(())
    /// ```
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

    /// Lends the resource at `index` to a call, and returns its representation: `lift_borrow`.
    ///
    /// The handle is lent until the call's caller is told that the call has resolved.
    ///
    /// # Errors
    ///
    /// - [`MachineError::AlreadyResolved`] if the call has resolved.
    /// - [`MachineError::HostHasNoHandles`] if the host made the call.
    /// - [`Error::Full`] if there is no room in [`Lends`](crate::limits::Table::Lends).
    /// - The traps `unknown-handle-index`, `handle-wrong-type` and `resource-wrong-type`.
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
            return Err(MachineError::AlreadyResolved.into());
        }
        let instance = self.waitables.get(subtask)?.owner.ok_or(MachineError::HostHasNoHandles)?;
        let handle = self.resource_of_type_at(instance, index, ty)?;
        self.add_lender(subtask, handle)?;
        Ok(self.resources.get(handle)?.representation())
    }

    /// Passes a resource to an instance, and returns the index of its handle there: `lower_own`.
    ///
    /// # Errors
    ///
    /// - [`Error::Full`] if there is no room in [`Resources`](crate::limits::Table::Resources) or
    ///   [`Handles`](crate::limits::Table::Handles).
    /// - The trap `table-full`.
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

    /// Lends a resource to a task: `lower_borrow`.
    ///
    /// # Errors
    ///
    /// - [`MachineError::AlreadyResolved`] if the task has resolved.
    /// - [`Error::Full`] if there is no room in [`Resources`](crate::limits::Table::Resources) or
    ///   [`Handles`](crate::limits::Table::Handles).
    /// - The trap `table-full`.
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
            return Err(MachineError::AlreadyResolved.into());
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
    fn a_borrow_in_the_instance_that_defines_it_is_a_representation() {
        assert_eq!(LoweredBorrow::Index(3).to_core(), Ok(3));
        let representation = |bits| LoweredBorrow::Representation(bits).to_core();
        assert_eq!(representation(u64::from(u32::MAX)), Ok(u32::MAX));
        assert_eq!(representation(1 << 32), Err(MachineError::RepresentationTooLarge.into()));
        assert_eq!(representation(u64::MAX), Err(MachineError::RepresentationTooLarge.into()));
    }
}
