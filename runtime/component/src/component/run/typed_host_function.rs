//! Host functions with Rust's own types.

use alloc::sync::Arc;
use core::marker::PhantomData;

use crate::abi::{
    ComponentType, CoreValueIter, HandleTypes, Lift, Lower, ResourceFacts, lift_flat_values,
    lower_flat_values as lower_typed_flat_values,
};
use crate::component::definition::function_mismatch::{FunctionMismatch, check_with};
use crate::component::definition::function_type::FunctionType;
use crate::component::store::calls::Bits;
use crate::component::store::canonical::Lowered;
use crate::component::store::fault::Fault;
use crate::component::store::host_result::HostError;
use crate::core_value::CoreValue;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::machine::SubtaskId;

use super::context::{Caller, Context};
use super::ended::Ended;
use super::host_function::TypedHostFunction;
use super::host_function_calls::Destination;
use super::host_function_future::{Returned, vals};
use super::lifting::Source;

/// A function that returns at once.
pub(crate) struct Immediate<F, P, R>(pub(crate) F, pub(crate) PhantomData<fn(P) -> R>);

impl<E, T, F, P, R> TypedHostFunction<E, T> for Immediate<F, P, R>
where
    E: CoreEngine,
    T: 'static,
    F: Fn(&mut Caller<'_, '_, E, T>, P) -> Result<R, HostError> + Send + Sync,
    P: for<'a> Lift<'a>,
    R: Lower,
{
    fn check(
        &self,
        ty: &FunctionType,
        facts: &dyn ResourceFacts,
    ) -> Result<HandleTypes, FunctionMismatch> {
        check_with::<P, R>(ty, facts)
    }

    fn call(
        &self,
        cx: &mut Context<'_, E, T>,
        subtask: SubtaskId,
        lowered: &Arc<Lowered>,
    ) -> Result<(), Fault> {
        let arguments = cx.lift_typed_arguments(subtask, lowered)?;
        let result = (self.0)(&mut Caller::new(cx), arguments);
        cx.typed_host_returns(subtask, lowered, result)
    }

    fn is_immediate(&self) -> bool {
        true
    }

    fn call_deferred(
        &self,
        cx: &mut Context<'_, E, T>,
        lowered: &Arc<Lowered>,
        arguments: &[CoreValue],
    ) -> Result<Ended<Option<CoreValue>>, Fault> {
        let lifted = cx.lift_deferred_arguments(lowered, arguments)?;
        let result = (self.0)(&mut Caller::new(cx), lifted);
        cx.typed_host_returns_deferred(lowered, arguments, result)
    }
}

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Returns the result of a host function to the caller, whose call was begun without records.
    #[inline]
    pub(crate) fn typed_host_returns_deferred<R: Lower>(
        &mut self,
        lowered: &Lowered,
        arguments: &[CoreValue],
        result: Result<R, HostError>,
    ) -> Result<Ended<Option<CoreValue>>, Fault> {
        match self.made_call() {
            None => {
                let result = result.map_err(Fault::Host)?;
                self.return_deferred(lowered, arguments, &result).map(Ended::Returned)
            }
            Some(call) => {
                self.typed_host_returns(call, lowered, result)?;
                self.returned_made()
            }
        }
    }

    /// Returns the result of a host function that has returned at once to the caller.
    fn typed_host_returns<R: Lower>(
        &mut self,
        subtask: SubtaskId,
        lowered: &Lowered,
        result: Result<R, HostError>,
    ) -> Result<(), Fault> {
        let result = match result {
            Ok(result) => result,
            Err(error) => return self.host_returns_at_once(subtask, lowered, Err(error)),
        };
        if result.has_handles() {
            let vals = vals(&result, lowered, &mut self.data_mut().handles.values);
            // While the guest runs, the host no longer has the handles that it passes.
            drop(result);
            let result = vals.map(Returned::Val).map_err(HostError::from);
            return self.host_returns_at_once(subtask, lowered, result);
        }
        let returned = self.return_with(subtask, lowered, |flat, mut lowering, destination| {
            let Destination { max, out_param } = destination;
            *flat = lower_typed_flat_values(&mut lowering, max, &result, out_param)?;
            Ok(())
        });
        self.gone_as_trap(subtask, returned)
    }

    /// Lifts the arguments of a call.
    #[inline]
    pub(crate) fn lift_typed_arguments<P: for<'a> Lift<'a> + ComponentType>(
        &mut self,
        subtask: SubtaskId,
        lowered: &Lowered,
    ) -> Result<P, Fault> {
        let mut bits = Bits::new();
        let caller = self.caller_of(subtask, &mut bits)?;
        let source = Source { options: caller.options, call: Some(subtask) };
        let max = caller.flattening.max_flat_params();
        let lifted = self.lift(source, Some(&lowered.handles), |lifting| {
            lift_flat_values(lifting, max, &mut CoreValueIter::new(&bits))
        });
        Ok(lifted.map_err(|failure| self.data_mut().handles.values.explain(failure))?)
    }
}
