//! Host functions that guests call: what the host tells of them. The reference's
//! `FuncInst` seen from inside: `on_start`, `on_resolve` and the return to the caller.

use crate::chooser::Chooser;
use crate::code::SubtaskState;
use crate::core_value::CoreValue;
use crate::error::{Error, Failure, MachineError};
use crate::limits::Limits;

use super::arena::Key;
use super::hooks::Hooks;
use super::record::frame::{Frame, Outstanding};
use super::record::waitable::{Callee, Waitable};
use super::state::Machine;
use super::step::{Resolution, Step};
use crate::id::{InstanceId, SubtaskId};

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// `on_start`: a host function takes its arguments, which may be lifted now.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the call is no more, as its caller has it;
    /// [`MachineError::CallerGone`] if the caller is locked down;
    /// [`MachineError::AlreadyResolved`]; [`MachineError::NotHosts`] if a guest was called;
    /// [`MachineError::AlreadyStarted`].
    pub fn start_host_function_call(&mut self, call: SubtaskId) -> Result<(), Error> {
        let subtask = self.host_function_call(call)?;
        if self.subtask(subtask)?.state != SubtaskState::Starting {
            return Err(MachineError::AlreadyStarted.into());
        }
        self.subtask_started(subtask)
    }

    /// `on_resolve`: a host function has returned, and its result was lowered into its
    /// caller. `result` is its flat value, where the caller lowered without `async` and there is
    /// one that fits.
    ///
    /// The caller runs on by a later step: within [`host_returned`](Self::host_returned), or when it
    /// is its turn in [`tick`](Self::tick).
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the call is no more, as its caller has it;
    /// [`MachineError::CallerGone`] if the caller is locked down;
    /// [`MachineError::AlreadyResolved`]; [`MachineError::NotHosts`] if a guest was called;
    /// [`MachineError::NotStarted`].
    pub fn return_host_function_call(
        &mut self,
        call: SubtaskId,
        result: Option<CoreValue>,
    ) -> Result<(), Failure> {
        let subtask = self.host_function_call(call)?;
        if self.subtask(subtask)?.state == SubtaskState::Starting {
            return Err(MachineError::NotStarted.into());
        }
        Ok(self.subtask_resolved(subtask, Resolution::Returned(result))?)
    }

    /// `on_resolve(None)`: a host function ends without a result, as its caller had asked.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the call is no more, as its caller has it;
    /// [`MachineError::CallerGone`] if the caller is locked down;
    /// [`MachineError::AlreadyResolved`]; [`MachineError::NotHosts`] if a guest was called;
    /// [`MachineError::NotCancelled`] if the caller didn't ask.
    pub fn cancel_host_function_call(&mut self, call: SubtaskId) -> Result<(), Failure> {
        let subtask = self.host_function_call(call)?;
        if !self.subtask(subtask)?.cancellation_requested {
            return Err(MachineError::NotCancelled.into());
        }
        Ok(self.subtask_resolved(subtask, Resolution::Cancelled)?)
    }

    /// The host gives control back, after [`Step::CallHost`] or [`Step::CancelHost`].
    ///
    /// # Errors
    ///
    /// [`MachineError::NotEntered`] if the host wasn't called. Traps: those of what goes on.
    pub fn host_returned(&mut self) -> Result<Step, Failure> {
        self.check_host_has_control()?;
        match self.top_frame() {
            Some(Frame::Lower { .. } | Frame::CancelSubtask { .. }) => self.advance(|_| Ok(None)),
            _ => Err(MachineError::NotEntered.into()),
        }
    }

    /// The host has dropped a resource, after [`Step::DropHostResource`].
    ///
    /// # Errors
    ///
    /// [`MachineError::OtherStep`] if no such step is to be ended.
    pub fn host_resource_dropped(&mut self) -> Result<Step, Failure> {
        self.check_outstanding(Outstanding::DropHostResource)?;
        self.outstanding = Outstanding::Nothing;
        let thread = self.current_thread()?;
        self.advance(|machine| machine.return_builtin(thread, 0))
    }

    /// The instance that made a call; nothing if the host did.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`]
    pub fn calling_instance(&self, call: SubtaskId) -> Result<Option<InstanceId>, Error> {
        match self.waitables.get(self.subtask_key(call)?)?.owner {
            Some(instance) => Ok(Some(self.instance_id(instance)?)),
            None => Ok(None),
        }
    }

    /// A call of a host function which is not over.
    pub(crate) fn host_function_call(&self, call: SubtaskId) -> Result<Key<Waitable>, Error> {
        let subtask = self.subtask_key(call)?;
        if let Some(caller) = self.waitables.get(subtask)?.owner
            && self.instances.get(caller)?.lockdown
        {
            return Err(MachineError::CallerGone.into());
        }
        match self.subtask(subtask)?.callee {
            Callee::Host(_) => Ok(subtask),
            Callee::Gone => Err(MachineError::AlreadyResolved.into()),
            Callee::Task(_) | Callee::Operation { .. } => Err(MachineError::NotHosts.into()),
        }
    }
}
