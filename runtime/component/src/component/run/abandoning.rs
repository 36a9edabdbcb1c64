//! Giving up calls whose guests don't listen.

use alloc::collections::BTreeSet;

use crate::component::store::call_error::CallError;
use crate::component::store::trapping::TrapSite;
use crate::engine::CoreEngine;
use crate::error::Error;
use crate::machine::{InstanceId, SubtaskId};

use super::state::State;

impl<E: CoreEngine, T: 'static> State<E, T> {
    /// Takes an interrupt that a call hears of, if there is one and nothing runs around that call.
    pub(crate) fn hear_interrupt(&mut self) -> bool {
        self.crossing.is_outermost() && self.interrupts.reset()
    }

    /// Gives a call up that the host has interrupted, whose end says so.
    pub(crate) fn interrupt_call(&mut self, call: SubtaskId) -> Result<(), Error> {
        self.lock_down_call(call, CallError::Interrupted, &CallError::Interrupted)
    }

    /// Gives a call up that the host no longer wants, and forgets it.
    pub(crate) fn abandon_call(&mut self, call: SubtaskId) -> Result<(), Error> {
        self.calls.embedder_call(call)?;
        self.lock_down_call(call, CallError::Abandoned, &CallError::Abandoned)?;
        self.forget(call)
    }

    /// Locks down the instances that the tasks of a call run in, and frees what they have. The call
    /// ends with `own`, and others in these instances hear of `error`.
    fn lock_down_call(
        &mut self,
        call: SubtaskId,
        own: CallError,
        error: &CallError,
    ) -> Result<(), Error> {
        // Of the tasks that are over, the machine knows nothing.
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
        // What the engine has interrupted goes, too, if it is the call, or runs in one of them.
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
