//! Resources of guests that the host owns: **host extensions**, on the same rules.
//!
//! The host of the reference has no handle table. It owns the resources that it lifts with
//! [`lift_own`](Machine::lift_own), and passes them on with [`lower_own`](Machine::lower_own). An
//! owner can also drop a resource, which this adds.

use crate::builtin::TypeIndex;
use crate::chooser::Chooser;
use crate::error::Failure;
use crate::limits::Limits;

use super::arena::Key;
use super::hooks::Hooks;
use super::record::task::{TaskState, Thread};
use super::state::Machine;
use super::step::Step;
use crate::id::{SubtaskId, TaskId};

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Drops a resource that the host owns: `canon_resource_drop`. This calls the destructor of the
    /// resource's type, as [`invoke`](Self::invoke) calls a function.
    ///
    /// Returns `None` if there is no destructor to call. Then the type has none, its instance was
    /// removed, or the host defines the type and destroys the resource itself.
    ///
    /// # Errors
    ///
    /// - [`MachineError::GuestHasControl`](crate::error::MachineError::GuestHasControl) if a guest
    ///   runs.
    /// - [`Error::Full`](crate::error::Error::Full) if there is no room for the records of the
    ///   call, or the [hooks](super::Hooks) have none. Nothing is begun then.
    /// - The traps `cannot-enter-component-instance`, `table-full` and `cannot-block-sync-task`,
    ///   and those of the threads that run meanwhile.
    /// - [`Error::Unknown`] if `ty` isn't a resource type.
    ///
    /// [Canonical ABI](https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md#-canon-resourcedrop)
    ///
    /// [`Error::Unknown`]: crate::error::Error::Unknown
    pub fn drop_host_resource(
        &mut self,
        ty: TypeIndex,
        representation: u64,
    ) -> Result<Option<(SubtaskId, Step)>, Failure> {
        self.drop_host_resource_with(ty, representation, None)
    }

    /// Drops a resource as `drop_host_resource` does. `holder` is at the top of the stack that is
    /// held for the host function which drops it.
    pub(crate) fn drop_host_resource_with(
        &mut self,
        ty: TypeIndex,
        representation: u64,
        holder: Option<Key<Thread>>,
    ) -> Result<Option<(SubtaskId, Step)>, Failure> {
        self.check_host_has_control()?;
        let (defined_by, destructor) = self.resource_type(ty)?;
        let is_defined = defined_by.is_some_and(|it| self.instance_key(it).is_ok());
        match destructor {
            Some(destructor) if is_defined => {
                self.invoke_with(destructor, Some(representation), holder).map(Some)
            }
            _ => Ok(None),
        }
    }

    /// Returns `true` if nothing of a task runs any longer that could use its borrows: the task
    /// has resolved, it is gone, or its instance is locked down.
    #[must_use]
    pub fn is_task_over(&self, task: TaskId) -> bool {
        let Ok(key) = self.task_key(task) else { return true };
        let is_locked_down = |instance| self.instances.get(instance).is_ok_and(|it| it.lockdown);
        self.tasks
            .get(key)
            .map_or(true, |task| task.state == TaskState::Resolved || is_locked_down(task.instance))
    }
}
