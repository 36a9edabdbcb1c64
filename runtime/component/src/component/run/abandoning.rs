//! Giving up calls whose guests do not react.

use alloc::collections::BTreeSet;

use crate::component::store::call_error::CallError;
use crate::component::store::trapping::TrapSite;
use crate::engine::CoreEngine;
use crate::error::Error;
use crate::machine::{InstanceId, SubtaskId};

use super::state::State;

impl<E: CoreEngine, T: 'static> State<E, T> {
    /// Takes an interrupt that ends a call, if there is one and nothing runs around that call.
    pub(crate) fn hear_interrupt(&mut self) -> bool {
        self.crossing.is_outermost() && self.interrupts.reset()
    }

    /// Gives up a call that the host has interrupted, which ends with that error.
    pub(crate) fn interrupt_call(&mut self, call: SubtaskId) -> Result<(), Error> {
        self.lock_down_call(call, CallError::Interrupted, &CallError::Interrupted)
    }

    /// Gives up a call that the host no longer wants, and forgets it.
    pub(crate) fn abandon_call(&mut self, call: SubtaskId) -> Result<(), Error> {
        self.calls.embedder_call(call)?;
        self.lock_down_call(call, CallError::Abandoned, &CallError::Abandoned)?;
        self.forget(call)
    }

    /// Locks down the instances in which the tasks of a call run, and frees what they have. The
    /// call ends with `own`, and other calls in these instances end with `error`.
    fn lock_down_call(
        &mut self,
        call: SubtaskId,
        own: CallError,
        error: &CallError,
    ) -> Result<(), Error> {
        // The machine has no record of tasks that are over.
        let tasks = self.origins.tasks_of(call);
        let instances: BTreeSet<_> =
            tasks.filter_map(|task| self.machine.instance_of(task).ok()).collect();
        if self.is_open(call)
            && let Ok(embedder_call) = self.calls.embedder_call(call)
            && !embedder_call.has_failed()
        {
            embedder_call.fail(own);
            self.machine.call_failed(call)?;
        }
        // A call that the engine has interrupted is given up, too, if it is this one, or runs in
        // one of the instances.
        let is_part = |instance: &InstanceId| self.machine.check_removable(*instance).is_err();
        if self.origins.running() == Some(call) || instances.iter().any(is_part) {
            self.drop_interrupted(error)?;
            self.origins.set_running(None);
        }
        let mut site = TrapSite::default();
        for instance in instances {
            let values = self.values_of_instance(instance)?;
            self.machine.clear_instance(instance)?;
            self.handles.values.drop_values(values);
            site.add_instance(instance);
        }
        self.remember_trap(error, site);
        self.are_gone(error);
        Ok(())
    }
}
