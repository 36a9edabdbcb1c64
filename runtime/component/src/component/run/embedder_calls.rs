//! Calls by the host of functions that guests export.

use alloc::vec::Vec;

use crate::abi::Val;
use crate::builtin::TypeIndex;
use crate::code::SubtaskState;
use crate::component::definition::function_type::FunctionType;
use crate::component::store::call_error::CallError;
use crate::component::store::crossing::Next;
use crate::component::store::fault::Fault;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::{Error, Failure};
use crate::machine::{FunctionId, Step, SubtaskId};
use crate::trap::Trap;

use super::context::{Context, LiftResult};
use super::lifted_result::LiftedResult;
use super::state::State;
use super::turns::Entered;

/// A call that has begun, with its first step.
pub(crate) struct Begun {
    pub(crate) call: SubtaskId,
    pub(crate) step: Step,
}

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Begins a call of a guest's function, prepares its first step, and takes steps until the host
    /// has control again, or the engine interrupts the guest.
    pub(crate) fn run_to_host(
        &mut self,
        function: FunctionId,
        begin: impl FnOnce(&mut State<E, T>) -> Result<Begun, Failure>,
        prepare: impl FnOnce(&mut Self, SubtaskId, &Step) -> Result<(), Fault>,
    ) -> Result<SubtaskId, CallError> {
        let Begun { call, step } = match begin(self.data_mut()) {
            Ok(begun) => begun,
            Err(failure) => return Err(self.data().refused(function, failure)),
        };
        let outer = self.data_mut().origins.set_running(Some(call));
        // A call by a host function uses the fuel of the call that it is part of.
        if self.data().crossing.is_outermost() {
            self.refuel();
        }
        let entered = match self.guarded(|cx| prepare(cx, call, &step)) {
            Ok(()) => self.enter(Next::Step(step)),
            Err(fault) => Err(self.data_mut().unwind(fault)?),
        };
        self.entered_for(call, outer, entered)
    }

    /// Handles the return of control after a call that the host has begun. The running code belongs
    /// to the call `outer` again. If the new call trapped, it is forgotten.
    pub(crate) fn entered_for(
        &mut self,
        call: SubtaskId,
        outer: Option<SubtaskId>,
        entered: Result<Entered, CallError>,
    ) -> Result<SubtaskId, CallError> {
        let state = self.data_mut();
        if state.activations.interrupted().is_none() {
            state.origins.set_running(outer);
        }
        match entered {
            Ok(_) => Ok(call),
            Err(error) => {
                state.forget_call(call);
                state.machine.drop_call(call)?;
                state.others_trapped(&error);
                Err(error)
            }
        }
    }

    /// Calls an export, whose result is lifted by `lift_result`.
    pub(crate) fn start(
        &mut self,
        function: FunctionId,
        ty: &FunctionType,
        arguments: Vec<Val>,
        lift_result: LiftResult<E, T>,
    ) -> Result<SubtaskId, CallError> {
        ty.params.check(&arguments)?;
        let state = self.data_mut();
        let lent = match state.handles.claim(&state.machine, &ty.params, &arguments) {
            Ok(lent) => lent,
            Err(error) => {
                state.handles.values.give_back(&arguments);
                return Err(error.into());
            }
        };
        let begin = |state: &mut State<E, T>| {
            let (call, step) = match state.invoke(function) {
                Ok(begun) => begun,
                Err(failure) => {
                    state.handles.give_back(&state.machine, &arguments);
                    return Err(failure);
                }
            };
            state.handles.lend(&state.machine, call, lent);
            state.calls.add_embedder_call(call, arguments, lift_result)?;
            Ok(Begun { call, step })
        };
        self.run_to_host(function, begin, |_, _, _| Ok(()))
    }
}

impl<E: CoreEngine, T: 'static> State<E, T> {
    /// Returns the reason why a call of a guest's function could not be begun. If its instance
    /// trapped before, it is that trap.
    #[cold]
    pub(crate) fn refused(&self, function: FunctionId, failure: Failure) -> CallError {
        let lifted = self.functions.lifted(function);
        let trap = lifted.ok().and_then(|lifted| self.traps.of_instance(lifted.instance));
        match (failure, trap) {
            (Failure::Trap(Trap::CannotEnterComponentInstance), Some(trap)) => {
                CallError::InstanceTrapped(trap.clone())
            }
            (failure, _) => self.error_of(failure.into()),
        }
    }

    /// Returns the result of a call and forgets the call, if it has ended.
    pub(crate) fn take_result<R: LiftedResult>(
        &mut self,
        call: SubtaskId,
    ) -> Result<Option<Result<R, CallError>>, Error> {
        let call_state = self.machine.call_state(call)?;
        let found = self.calls.embedder_call(call)?;
        let result = match (found.take_error(), call_state) {
            (Some(error), _) => Err(error),
            (None, SubtaskState::Returned) => {
                let outcome = found.take_result();
                // The call is forgotten before code of the host lifts the result.
                self.forget(call)?;
                let taken = R::take(&mut self.result_boxes, &mut self.handles, outcome);
                return Ok(Some(taken.map_err(CallError::from)));
            }
            (
                None,
                SubtaskState::CancelledBeforeStarted | SubtaskState::CancelledBeforeReturned,
            ) => Err(CallError::Cancelled),
            (None, SubtaskState::Starting | SubtaskState::Started) => return Ok(None),
        };
        self.forget(call)?;
        Ok(Some(result))
    }

    /// Begins a call of a guest's function, for the host function that has control, if there is
    /// one.
    #[inline]
    pub(crate) fn invoke(&mut self, function: FunctionId) -> Result<(SubtaskId, Step), Failure> {
        match self.acting.call {
            Some(call) if self.machine.call_state(call).is_ok() => {
                self.machine.invoke_for_held(call, function)
            }
            _ => self.machine.invoke(function),
        }
    }

    /// Begins to drop a guest's resource, for the host function that has control, if there is one.
    pub(crate) fn drop_host_resource(
        &mut self,
        ty: TypeIndex,
        representation: u64,
    ) -> Result<Option<(SubtaskId, Step)>, Failure> {
        match self.acting.call {
            Some(call) if self.machine.call_state(call).is_ok() => {
                self.machine.drop_host_resource_for_held(call, ty, representation)
            }
            _ => self.machine.drop_host_resource(ty, representation),
        }
    }

    /// Forgets a call, whether or not it has returned.
    pub(crate) fn forget(&mut self, call: SubtaskId) -> Result<(), Error> {
        self.forget_call(call);
        self.machine.drop_call(call)
    }
}
