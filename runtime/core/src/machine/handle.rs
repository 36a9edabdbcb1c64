//! Handles: the objects that the numbers in an instance's handle table stand for.

use crate::builtin::TypeIndex;
use crate::chooser::Chooser;
use crate::error::{Error, Failure};
use crate::limits::Limits;
use crate::trap::{CopyDirection, EndKind, Trap};

use super::arena::Key;
use super::hooks::Hooks;
use super::record::error_context::ErrorContext;
use super::record::instance::Instance;
use super::record::resource::ResourceHandle;
use super::record::tables::Handle;
use super::record::waitable::{Kind, Waitable, WaitableSet};
use super::state::Machine;

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Returns the handle at `index`: `handles.get`.
    ///
    /// Traps: `unknown-handle-index`.
    #[inline]
    fn handle(&self, instance: Key<Instance>, index: u32) -> Result<Handle, Failure> {
        let handle = self.tables(instance)?.handles.get(index);
        handle.ok_or_else(|| Trap::UnknownHandleIndex { index }.into())
    }

    /// Adds a handle, and returns its index: `handles.add`.
    ///
    /// Traps: `table-full`.
    pub(crate) fn add_handle(
        &mut self,
        instance: Key<Instance>,
        handle: Handle,
    ) -> Result<u32, Failure> {
        self.tables_mut(instance)?.handles.add(handle)
    }

    /// Removes a handle: `handles.remove`.
    pub(crate) fn remove_handle(
        &mut self,
        instance: Key<Instance>,
        index: u32,
    ) -> Result<(), Error> {
        self.tables_mut(instance)?.handles.remove::<Handle>(index);
        Ok(())
    }

    /// Makes sure that `instance` has room for `additional` more handles.
    ///
    /// Traps: `table-full`.
    pub(crate) fn check_handle_room(
        &mut self,
        instance: Key<Instance>,
        additional: u32,
    ) -> Result<(), Failure> {
        self.tables_mut(instance)?.handles.check_room::<Handle>(additional)
    }

    /// Returns the resource handle at `index`.
    ///
    /// Traps: `unknown-handle-index`, `handle-wrong-type`.
    pub(crate) fn resource_at(
        &self,
        instance: Key<Instance>,
        index: u32,
    ) -> Result<Key<ResourceHandle>, Failure> {
        match self.handle(instance, index)? {
            Handle::Resource(resource) => Ok(resource),
            _ => Err(Trap::HandleWrongType { index }.into()),
        }
    }

    /// Returns the waitable set at `index`.
    ///
    /// Traps: `unknown-handle-index`, `handle-wrong-type`.
    #[inline]
    pub(crate) fn set_at(
        &self,
        instance: Key<Instance>,
        index: u32,
    ) -> Result<Key<WaitableSet>, Failure> {
        match self.handle(instance, index)? {
            Handle::WaitableSet(set) => Ok(set),
            _ => Err(Trap::HandleWrongType { index }.into()),
        }
    }

    /// Returns the waitable at `index`.
    ///
    /// Traps: `unknown-handle-index`, `handle-wrong-type`.
    #[inline]
    pub(crate) fn waitable_at(
        &self,
        instance: Key<Instance>,
        index: u32,
    ) -> Result<Key<Waitable>, Failure> {
        match self.handle(instance, index)? {
            Handle::Waitable(waitable) => Ok(waitable),
            _ => Err(Trap::HandleWrongType { index }.into()),
        }
    }

    /// Returns the subtask at `index`.
    ///
    /// Traps: `unknown-handle-index`, `handle-wrong-type`.
    pub(crate) fn subtask_at(
        &self,
        instance: Key<Instance>,
        index: u32,
    ) -> Result<Key<Waitable>, Failure> {
        let waitable = self.waitable_at(instance, index)?;
        if self.is_subtask(waitable)? {
            Ok(waitable)
        } else {
            Err(Trap::HandleWrongType { index }.into())
        }
    }

    /// Returns the end at `index`, which must have this kind, direction and type.
    ///
    /// Traps: `unknown-handle-index`, `handle-wrong-type`, `element-type-mismatch`.
    #[inline]
    pub(crate) fn end_at(
        &self,
        instance: Key<Instance>,
        index: u32,
        (kind, direction, ty): (EndKind, CopyDirection, TypeIndex),
    ) -> Result<Key<Waitable>, Failure> {
        let waitable = self.waitable_at(instance, index)?;
        match &self.waitables.get(waitable)?.kind {
            Kind::End(end) if end.kind == kind && end.direction == direction => {
                if end.ty == ty {
                    Ok(waitable)
                } else {
                    Err(Trap::ElementTypeMismatch { index }.into())
                }
            }
            _ => Err(Trap::HandleWrongType { index }.into()),
        }
    }

    /// Returns the error context at `index`.
    ///
    /// Traps: `unknown-handle-index`, `handle-wrong-type`.
    pub(crate) fn error_context_at(
        &self,
        instance: Key<Instance>,
        index: u32,
    ) -> Result<Key<ErrorContext>, Failure> {
        match self.handle(instance, index)? {
            Handle::ErrorContext(error_context) => Ok(error_context),
            _ => Err(Trap::HandleWrongType { index }.into()),
        }
    }
}
