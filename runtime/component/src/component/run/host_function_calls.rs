//! Calls of host functions by guests.

use alloc::vec::Vec;

use crate::abi::{CoreValueIter, FlatValues, Val};
use crate::code::SubtaskState;
use crate::component::store::acting::Acting;
use crate::component::store::calls::{Bits, CallerOptions};
use crate::component::store::canonical::Lowered;
use crate::component::store::fault::Fault;
use crate::component::store::host_result::HostError;
use crate::component::store::host_result_error::{HostResultError, HostResultProblem};
use crate::component::store::unwinding::catch;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::{Error, Failure, MachineError};
use crate::machine::{Step, SubtaskId, WaitableId};
use crate::trap::Trap;

use super::context::{Caller, Context};
use super::host_function::HostFunctionCall;
use super::host_function_future::{HostFunctionFuture, Returned};
use super::lifting::Source;
use super::lowering::{Lowering, Target};
use super::state::State;
use super::transfer::flat_result;

/// The destination of the result of a host function.
#[derive(Clone, Copy)]
pub(crate) struct Destination {
    /// The largest number of core values of the result.
    pub(crate) max: usize,
    /// The address in the caller's memory, if the result has more core values.
    pub(crate) out_param: Option<u64>,
}

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Calls a host function for a guest.
    pub(crate) fn call_host(&mut self, subtask: SubtaskId, number: u32) -> Result<Step, Fault> {
        let state = self.data_mut();
        let function = state.functions.take_host_function(number)?;
        state.machine.start_host_function_call(subtask)?;
        let lowered = state.calls.take_lowered(subtask)?;
        let acting = Acting { call: Some(subtask), task: None };
        let acting = core::mem::replace(&mut state.acting, acting);
        let called = self.guarded(|cx| match &function.call {
            HostFunctionCall::Typed(function) => function.call(cx, subtask, &lowered),
            HostFunctionCall::Sync(function) => {
                let arguments = cx.lift_arguments(subtask, &lowered)?;
                let result = function(&mut Caller::new(cx), arguments);
                cx.host_returns_at_once(subtask, &lowered, result.map(Returned::Val))
            }
            HostFunctionCall::Async(function) => {
                let arguments = cx.lift_arguments(subtask, &lowered)?;
                let future = function(&mut Caller::new(cx), arguments);
                cx.begin_waiting(subtask, &lowered, HostFunctionFuture::Untyped(future))
            }
        });
        let state = self.data_mut();
        state.acting = acting;
        called?;
        state.functions.put_host_function(function);
        let step = self.after_host_call(subtask, &lowered);
        self.data_mut().calls.put_lowered(lowered);
        step
    }

    /// Returns the next step after a host function has returned control. If it waits, and its type
    /// is not `async`, its callers are held.
    pub(crate) fn after_host_call(
        &mut self,
        subtask: SubtaskId,
        lowered: &Lowered,
    ) -> Result<Step, Fault> {
        let state = self.data_mut();
        let has_ended = |state: &State<E, T>| {
            state.machine.call_state(subtask).map(|it| it != SubtaskState::Started)
        };
        if lowered.ty.is_async || state.waiting.count() == 0 || has_ended(state)? {
            return Ok(state.machine.host_returned()?);
        }
        Ok(state.machine.hold_callers(subtask)?)
    }

    /// Lifts the arguments of a call.
    fn lift_arguments(
        &mut self,
        subtask: SubtaskId,
        lowered: &Lowered,
    ) -> Result<Vec<Val>, Failure> {
        let mut bits = Bits::new();
        let caller = self.caller_of(subtask, &mut bits)?;
        let source = Source { options: caller.options, call: Some(subtask) };
        let max = caller.flattening.max_flat_params();
        self.lift(source, None, |lifting| {
            lowered.ty.params.lift_flat_values(lifting, max, &mut CoreValueIter::new(&bits))
        })
    }

    /// Returns the caller of a host function, and copies its core arguments into `bits`.
    pub(crate) fn caller_of(
        &mut self,
        subtask: SubtaskId,
        bits: &mut Bits,
    ) -> Result<CallerOptions, Error> {
        let call = self.data_mut().calls.guest_call(subtask)?;
        call.bits(bits);
        Ok(call.caller())
    }

    /// Polls the future of a host function where it was called, and returns its result to the caller. If
    /// the future is not ready, it waits from now on.
    pub(crate) fn begin_waiting(
        &mut self,
        subtask: SubtaskId,
        lowered: &Lowered,
        future: HostFunctionFuture,
    ) -> Result<(), Fault> {
        match self.begin_host_function(subtask, lowered, future) {
            Some(result) => self.host_returns_at_once(subtask, lowered, result),
            None => Ok(()),
        }
    }

    /// Returns the result of a host function to the caller, which is still in its call. A call that
    /// the function itself has made may have locked the caller down, which then can't be returned
    /// to.
    pub(crate) fn host_returns_at_once(
        &mut self,
        subtask: SubtaskId,
        lowered: &Lowered,
        result: Result<Returned, HostError>,
    ) -> Result<(), Fault> {
        let returned = self.host_returns(subtask, lowered, result);
        self.gone_as_trap(subtask, returned)
    }

    /// Turns a fault into the trap of a caller that is locked down: the trap that locked it down,
    /// if that is known.
    pub(crate) fn gone_as_trap(
        &self,
        subtask: SubtaskId,
        returned: Result<(), Fault>,
    ) -> Result<(), Fault> {
        let Err(Fault::Failure(Failure::Error(Error::Machine(MachineError::CallerGone)))) =
            returned
        else {
            return returned;
        };
        let state = self.data();
        let caller = state.machine.calling_instance(subtask)?;
        Err(match caller.and_then(|caller| state.traps.of_instance(caller)) {
            Some(trap) => Fault::InstanceTrapped(trap.clone()),
            None => Trap::CannotEnterComponentInstance.into(),
        })
    }

    /// Returns the result of a host function to the caller. If that fails, the result is dropped.
    pub(crate) fn host_returns(
        &mut self,
        subtask: SubtaskId,
        lowered: &Lowered,
        result: Result<Returned, HostError>,
    ) -> Result<(), Fault> {
        let checked = self.data().check_caller(subtask);
        let result = match (checked, result) {
            (Ok(()), Ok(Returned::Val(result))) => result,
            (Ok(()), Ok(Returned::Typed(result))) => {
                return self.return_with(subtask, lowered, |flat, mut lowering, destination| {
                    let Destination { max, out_param } = destination;
                    *flat = result.lower(&mut lowering, max, out_param)?;
                    Ok(())
                });
            }
            (Ok(()), Err(error)) => return Err(Fault::Host(error)),
            (Err(fault), result) => {
                if let Ok(Returned::Val(result)) = result {
                    self.data_mut().handles.values.give_back(result.as_slice());
                }
                return Err(fault);
            }
        };
        let returned = self.host_returns_vals(subtask, lowered, result.as_slice());
        if returned.is_err() {
            self.data_mut().handles.values.give_back(result.as_slice());
        }
        returned
    }

    fn host_returns_vals(
        &mut self,
        subtask: SubtaskId,
        lowered: &Lowered,
        result: &[Val],
    ) -> Result<(), Fault> {
        let results = &lowered.ty.results;
        let state = self.data_mut();
        let checked = results.check(result).map_err(HostResultProblem::from);
        let claimed =
            checked.and_then(|()| Ok(state.handles.claim(&state.machine, results, result)?));
        if let Err(problem) = claimed {
            let function = state.names.function(lowered.function).into_owned();
            return Err(Fault::HostResult(HostResultError::new(function, problem).into()));
        }
        self.return_with(subtask, lowered, |flat, mut lowering, Destination { max, out_param }| {
            Ok(results.lower_checked(flat, &mut lowering, max, result, out_param)?)
        })
    }

    /// Drops a host function whose caller is no longer interested, if the function still waits.
    pub(crate) fn cancel_host_function_call(&mut self, subtask: SubtaskId) -> Result<Step, Fault> {
        let state = self.data_mut();
        if let Some(waiting) = state.waiting.take(WaitableId::Subtask(subtask)) {
            let dropped = catch(|| drop(waiting)).map_err(Fault::Panicked);
            state.machine.cancel_host_function_call(subtask)?;
            state.handles.returned(subtask);
            dropped?;
        }
        Ok(state.machine.host_returned()?)
    }
}

impl<'c, E: CoreEngine, T: 'static> Context<'c, E, T> {
    /// Returns from a host function, whose result `lower_result` lowers into its caller.
    pub(crate) fn return_with(
        &mut self,
        subtask: SubtaskId,
        lowered: &Lowered,
        lower_result: impl FnOnce(
            &mut FlatValues,
            Lowering<'_, 'c, E, T>,
            Destination,
        ) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        self.data().check_caller(subtask)?;
        let caller = self.data_mut().calls.guest_call(subtask)?.caller();
        let results = &lowered.ty.results;
        let layout = results.abi().of(self.data().options(caller.options)?.address_type);
        let max = caller.flattening.max_flat_results();
        let destination = Destination { max, out_param: caller.out_param(layout) };
        let target = Target::without_task(caller.options);
        let lowering = self.lower_from_host(target, results.contains_float())?;
        let mut flat = FlatValues::EMPTY;
        lower_result(&mut flat, lowering, destination)?;
        let state = self.data_mut();
        state.machine.return_host_function_call(subtask, flat_result(layout, &flat))?;
        state.handles.returned(subtask);
        Ok(())
    }
}

impl<E: CoreEngine, T: 'static> State<E, T> {
    /// Checks that the caller can be returned to.
    fn check_caller(&self, subtask: SubtaskId) -> Result<(), Fault> {
        if let Some(caller) = self.machine.calling_instance(subtask)?
            && self.machine.is_locked_down(caller)?
        {
            return Err(MachineError::CallerGone.into());
        }
        Ok(())
    }

    /// Locks down the caller of a host function, because the result could not be lowered into it.
    /// The caller did not run.
    pub(crate) fn caller_trapped(&mut self, subtask: SubtaskId, fault: Fault) {
        let fault = self.crossing.take_fault(fault);
        let origin = self.calls.origin_of(subtask).filter(|origin| self.is_open(*origin));
        let site = self.trap_site_of_call(subtask);
        // Its `realloc` may have been running.
        let _ = self.machine.trapped();
        if let Ok(Some(instance)) = self.machine.calling_instance(subtask) {
            let _ = self.machine.lock_down_instance(instance);
        }
        let error = self.error_of(fault);
        self.remember_trap(&error, site);
        self.trapped(origin, error);
    }
}
