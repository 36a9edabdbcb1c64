//! Calls of host functions by guests, from the host's side: `on_start`, `on_resolve` and the
//! return to the caller of the reference's `FuncInst`.

use crate::chooser::Chooser;
use crate::code::SubtaskState;
use crate::core_value::CoreValue;
use crate::error::{Error, Failure, MachineError};
use crate::limits::Limits;

use super::arena::Key;
use super::hooks::Hooks;
use super::observation::Action;
use super::record::frame::{Frame, Outstanding};
use super::record::waitable::{Callee, Waitable};
use super::state::Machine;
use super::step::{Resolution, Step};
use crate::id::{InstanceId, SubtaskId};

impl<L: Limits, C: Chooser, H: Hooks> Machine<L, C, H> {
    /// Tells the machine that a host function takes its arguments, which may be lifted now:
    /// `on_start`.
    ///
    /// # Errors
    ///
    /// - [`Error::Unknown`] if the call doesn't exist any longer, because its caller has its
    ///   outcome.
    /// - [`MachineError::CallerGone`] if the caller is locked down.
    /// - [`MachineError::AlreadyResolved`] if the call is over.
    /// - [`MachineError::NotHosts`] if a guest was called.
    /// - [`MachineError::AlreadyStarted`] if the arguments were taken before.
    pub fn start_host_function_call(&mut self, call: SubtaskId) -> Result<(), Error> {
        let subtask = self.host_function_call(call)?;
        if self.subtask(subtask)?.state != SubtaskState::Starting {
            return Err(MachineError::AlreadyStarted.into());
        }
        self.observe(|_| Ok(Action::HostFunctionStarted { call }));
        self.subtask_started(subtask)
    }

    /// Tells the machine that a host function has returned, and that its result was lowered into
    /// its caller: `on_resolve`.
    ///
    /// `result` is the flat value of the result. It is there if the caller lowered the function
    /// without `async`, and the result fits one core value. The caller runs on by a later step:
    /// within [`host_returned`](Self::host_returned), or by [`tick`](Self::tick) when it is its
    /// turn.
    ///
    /// # Errors
    ///
    /// - [`Error::Unknown`] if the call doesn't exist any longer, because its caller has its
    ///   outcome.
    /// - [`MachineError::CallerGone`] if the caller is locked down.
    /// - [`MachineError::AlreadyResolved`] if the call is over.
    /// - [`MachineError::NotHosts`] if a guest was called.
    /// - [`MachineError::NotStarted`] if the arguments were not taken.
    pub fn return_host_function_call(
        &mut self,
        call: SubtaskId,
        result: Option<CoreValue>,
    ) -> Result<(), Failure> {
        let subtask = self.host_function_call(call)?;
        if self.subtask(subtask)?.state == SubtaskState::Starting {
            return Err(MachineError::NotStarted.into());
        }
        self.observe(|_| Ok(Action::HostFunctionReturned { call }));
        Ok(self.subtask_resolved(subtask, Resolution::Returned(result))?)
    }

    /// Tells the machine that a host function ends without a result, as its caller had asked:
    /// `on_resolve(None)`.
    ///
    /// # Errors
    ///
    /// - [`Error::Unknown`] if the call doesn't exist any longer, because its caller has its
    ///   outcome.
    /// - [`MachineError::CallerGone`] if the caller is locked down.
    /// - [`MachineError::AlreadyResolved`] if the call is over.
    /// - [`MachineError::NotHosts`] if a guest was called.
    /// - [`MachineError::NotCancelled`] if the caller didn't ask for it.
    pub fn cancel_host_function_call(&mut self, call: SubtaskId) -> Result<(), Failure> {
        let subtask = self.host_function_call(call)?;
        if !self.subtask(subtask)?.cancellation_requested {
            return Err(MachineError::NotCancelled.into());
        }
        self.observe(|_| Ok(Action::HostFunctionReturned { call }));
        Ok(self.subtask_resolved(subtask, Resolution::Cancelled)?)
    }

    /// Returns control to the machine, after [`Step::CallHost`] or [`Step::CancelHost`].
    ///
    /// # Errors
    ///
    /// - [`MachineError::NotEntered`] if the host wasn't called.
    /// - The traps of the threads that go on.
    pub fn host_returned(&mut self) -> Result<Step, Failure> {
        self.check_host_has_control()?;
        match self.top_frame() {
            Some(Frame::Lower { .. } | Frame::CancelSubtask { .. }) => self.advance(|_| Ok(None)),
            _ => Err(MachineError::NotEntered.into()),
        }
    }

    /// Tells the machine that the host has dropped a resource, after [`Step::DropHostResource`].
    ///
    /// # Errors
    ///
    /// [`MachineError::OtherStep`] if the machine doesn't wait for that.
    pub fn host_resource_dropped(&mut self) -> Result<Step, Failure> {
        self.check_outstanding(Outstanding::DropHostResource)?;
        self.outstanding = Outstanding::Nothing;
        let thread = self.current_thread()?;
        self.advance(|machine| machine.return_builtin(thread, 0))
    }

    /// Returns the instance that made a call, or `None` if the host did.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if the call doesn't exist.
    pub fn calling_instance(&self, call: SubtaskId) -> Result<Option<InstanceId>, Error> {
        match self.waitables.get(self.subtask_key(call)?)?.owner {
            Some(instance) => Ok(Some(self.instance_id(instance)?)),
            None => Ok(None),
        }
    }

    /// Returns the key of a call of a host function that is not over.
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
