//! Calls of host functions by guests, without records.
//!
//! A host function that returns at once, or whose future is ready at once, and that uses only the
//! store's data, never learns the id of its call. So the call gets an id only if the function uses
//! more.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::task::{Context as WakerContext, Poll};

use crate::abi::{
    ComponentType, CoreValueIter, FlatValues, Lift, Lower, Val, lift_flat_values,
    lower_flat_values as lower_typed_flat_values,
};
use crate::component::store::canonical::Lowered;
use crate::component::store::crossing::Next;
use crate::component::store::fault::Fault;
use crate::component::store::flat_values::bits;
use crate::component::store::host_result::HostResult;
use crate::component::store::host_result_error::{HostResultError, HostResultProblem};
use crate::core_value::CoreValue;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::{Error, Failure};
use crate::limits::Table;
use crate::machine::{SubtaskId, WaitableId};

use super::context::{Caller, Context};
use super::ended::Ended;
use super::flat::{is_flat, lift_flat, lower_flat};
use super::host_function::HostFunctionCall;
use super::host_function_calls::Destination;
use super::host_function_future::{HostFunctionFuture, Returned};
use super::lifting::Source;
use super::lowering::{Lowering, Target};
use super::transfer::{CoreValues, core_bits, flat_result};
use super::waiting::Waiting;

impl<'c, E: CoreEngine, T: 'static> Context<'c, E, T> {
    /// Calls a host function, for the innermost call.
    #[inline]
    pub(crate) fn call_host_deferred(
        &mut self,
        number: u32,
        lowered: &Arc<Lowered>,
        arguments: &[CoreValue],
    ) -> Result<Ended<Option<CoreValue>>, Fault> {
        let state = self.data_mut();
        let function = state.functions.take_host_function(number)?;
        let acting = core::mem::take(&mut state.acting);
        let called = match &function.call {
            HostFunctionCall::Typed(function) => function.call_deferred(self, lowered, arguments),
            HostFunctionCall::Sync(function) => {
                self.lift_deferred_vals(lowered, arguments).map_err(Fault::from).and_then(|vals| {
                    let result = function(&mut Caller::new(self), vals);
                    self.return_deferred_val(lowered, arguments, result)
                })
            }
            HostFunctionCall::Async(function) => {
                self.lift_deferred_vals(lowered, arguments).map_err(Fault::from).and_then(|vals| {
                    let mut future = function(&mut Caller::new(self), vals);
                    match self.poll_deferred(|context| future.as_mut().poll(context))? {
                        Some(result) => self.return_deferred_val(lowered, arguments, result),
                        None => self.wait_made(lowered, HostFunctionFuture::Untyped(future)),
                    }
                })
            }
        };
        let state = self.data_mut();
        state.acting = acting;
        state.functions.put_host_function(function);
        called
    }

    /// Lifts the arguments of a host function, which have no handles.
    #[inline]
    pub(crate) fn lift_deferred_arguments<P: for<'a> Lift<'a> + ComponentType>(
        &mut self,
        lowered: &Lowered,
        arguments: &[CoreValue],
    ) -> Result<P, Failure> {
        let max = lowered.flattening().max_flat_params();
        if is_flat::<P>(max) {
            return lift_flat(arguments);
        }
        let values = core_bits(arguments);
        self.lift(Source::without_call(lowered.options), None, |lifting| {
            lift_flat_values(lifting, max, &mut CoreValueIter::new(&values))
        })
    }

    fn lift_deferred_vals(
        &mut self,
        lowered: &Lowered,
        arguments: &[CoreValue],
    ) -> Result<Vec<Val>, Failure> {
        let values = core_bits(arguments);
        let max = lowered.flattening().max_flat_params();
        self.lift(Source::without_call(lowered.options), None, |lifting| {
            lowered.ty.params.lift_flat_values(lifting, max, &mut CoreValueIter::new(&values))
        })
    }

    /// Returns the result of a host function, which has no handles, to the guest that has called
    /// it.
    #[inline]
    pub(crate) fn return_deferred<R: Lower>(
        &mut self,
        lowered: &Lowered,
        arguments: &[CoreValue],
        result: &R,
    ) -> Result<Option<CoreValue>, Fault> {
        if !R::ABI.narrow.flat.exceed(0) {
            return Ok(None);
        }
        if is_flat::<R>(lowered.flattening().max_flat_results())
            && !lowered.ty.results.contains_float()
        {
            let mut values = CoreValues::new();
            lower_flat(result, &mut values)?;
            return Ok(values.first().copied());
        }
        self.lower_deferred(lowered, arguments, |flat, mut lowering, destination| {
            let Destination { max, out_param } = destination;
            *flat = lower_typed_flat_values(&mut lowering, max, result, out_param)?;
            Ok(())
        })
    }

    fn return_deferred_val(
        &mut self,
        lowered: &Lowered,
        arguments: &[CoreValue],
        result: HostResult,
    ) -> Result<Ended<Option<CoreValue>>, Fault> {
        if let Some(made) = self.data().deferred.made() {
            self.host_returns_at_once(made.call, lowered, result.map(Returned::Val))?;
            return self.returned_made();
        }
        let result = result.map_err(Fault::Host)?;
        let results = &lowered.ty.results;
        if let Err(mismatch) = results.check(result.as_slice()) {
            let function = self.data().names.function(lowered.function).into_owned();
            let problem = HostResultProblem::from(mismatch);
            return Err(Fault::HostResult(HostResultError::new(function, problem).into()));
        }
        let value =
            self.lower_deferred(lowered, arguments, |flat, mut lowering, destination| {
                let Destination { max, out_param } = destination;
                Ok(results.lower_checked(flat, &mut lowering, max, result.as_slice(), out_param)?)
            })?;
        Ok(Ended::Returned(value))
    }

    /// Calls `lower` to lower the result of a host function into the guest that has called it.
    fn lower_deferred(
        &mut self,
        lowered: &Lowered,
        arguments: &[CoreValue],
        lower: impl FnOnce(&mut FlatValues, Lowering<'_, 'c, E, T>, Destination) -> Result<(), Fault>,
    ) -> Result<Option<CoreValue>, Fault> {
        // `realloc` may run.
        self.data_mut().push_pending()?;
        let results = &lowered.ty.results;
        let layout = results.abi().of(self.data().options(lowered.options)?.address_type);
        let max = lowered.flattening().max_flat_results();
        let out_param = arguments.last().map(bits).filter(|_| layout.flat.exceed(max));
        let target = Target::without_task(lowered.options);
        let lowering = self.lower_from_host(target, results.contains_float())?;
        let mut flat = FlatValues::EMPTY;
        lower(&mut flat, lowering, Destination { max, out_param })?;
        Ok(flat_result(layout, &flat))
    }

    /// Polls the future of a host function for the first time. Returns `None` if it waits. The call
    /// has then got its records, and the waker is that of the call.
    pub(crate) fn poll_deferred<R>(
        &mut self,
        poll: impl FnOnce(&mut WakerContext<'_>) -> Poll<R>,
    ) -> Result<Option<R>, Fault> {
        let state = self.data_mut();
        let call = match state.deferred.made() {
            Some(made) => made.call,
            None => state.machine.id_of_deferred()?,
        };
        let full = Error::Full(Table::Waitables);
        let waker = state.waiting.waker(WaitableId::Subtask(call)).ok_or(full)?;
        if let Poll::Ready(result) = poll(&mut WakerContext::from_waker(&waker)) {
            return Ok(Some(result));
        }
        let state = self.data_mut();
        state.look()?;
        if state.deferred.made().is_some_and(|made| made.call == call) {
            return Ok(None);
        }
        Err(Error::Inconsistent(Table::Waitables).into())
    }

    /// Returns the next thing if a host function waits and its call has got records.
    pub(crate) fn wait_made<R>(
        &mut self,
        lowered: &Lowered,
        future: HostFunctionFuture,
    ) -> Result<Ended<R>, Fault> {
        let call = self.made_call().ok_or(Error::Inconsistent(Table::Waitables))?;
        if self.run_requests_of(call) {
            self.begin_waiting(call, lowered, future)?;
        } else {
            self.data_mut().wait(WaitableId::Subtask(call), Waiting::HostFunction(future));
        }
        let step = self.after_host_call(call, lowered)?;
        self.data_mut().crossing.put_next(Next::Step(step));
        Ok(Ended::Made)
    }

    /// Returns the next thing after a host function has returned and its call has got records.
    #[cold]
    pub(crate) fn returned_made<R>(&mut self) -> Result<Ended<R>, Fault> {
        let state = self.data_mut();
        let step = state.machine.host_returned()?;
        state.crossing.put_next(Next::Step(step));
        Ok(Ended::Made)
    }

    /// Returns the innermost call, if it has got records.
    #[inline]
    pub(crate) fn made_call(&self) -> Option<SubtaskId> {
        self.data().deferred.made().map(|made| made.call)
    }
}
