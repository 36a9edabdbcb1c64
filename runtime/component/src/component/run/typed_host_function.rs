//! Host functions with Rust's own types.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::Future;
use core::marker::PhantomData;

use crate::abi::{
    ComponentType, CoreValueIter, HandleTypes, Lift, Lower, Peer, Val, lift_flat_values,
    lower_flat_values as lower_typed_flat_values, to_vals,
};
use crate::component::definition::function_mismatch::{FunctionMismatch, check};
use crate::component::definition::function_type::FunctionType;
use crate::component::store::calls::Bits;
use crate::component::store::canonical::Lowered;
use crate::component::store::fault::Fault;
use crate::component::store::host_result::{HostError, HostFuture};
use crate::core_value::CoreValue;
use crate::engine::CoreEngine;
use crate::error::Failure;
use crate::machine::SubtaskId;

use super::context::{Caller, Context};
use super::deferred_call::Ended;
use super::host_function::TypedHostFunction;
use super::host_function_calls::Destination;
use super::lifting::Source;
use super::waiting::Waiting as StoreWaiting;

/// A function that returns when it is called.
pub(crate) struct Immediate<F, P, R>(pub(crate) F, pub(crate) PhantomData<fn(P) -> R>);

/// A function that gives a future.
pub(crate) struct Waiting<F, P, R>(pub(crate) F, pub(crate) PhantomData<fn(P) -> R>);

impl<E, T, F, P, R> TypedHostFunction<E, T> for Immediate<F, P, R>
where
    E: CoreEngine,
    T: 'static,
    F: Fn(&mut Caller<'_, '_, E, T>, P) -> Result<R, HostError> + Send + Sync,
    P: for<'a> Lift<'a>,
    R: Lower,
{
    fn check(&self, ty: &FunctionType) -> Result<HandleTypes, FunctionMismatch> {
        check::<P, R>(ty)
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
        match cx.made_call() {
            None => {
                let result = result.map_err(Fault::Host)?;
                cx.return_deferred(lowered, arguments, &result).map(Ended::Returned)
            }
            Some(call) => {
                cx.typed_host_returns(call, lowered, result)?;
                cx.returned_made()
            }
        }
    }
}

impl<E, T, F, P, R, U> TypedHostFunction<E, T> for Waiting<F, P, R>
where
    E: CoreEngine,
    T: 'static,
    F: Fn(&mut Caller<'_, '_, E, T>, P) -> U + Send + Sync,
    U: Future<Output = Result<R, HostError>> + Send + 'static,
    P: for<'a> Lift<'a>,
    R: Lower + 'static,
{
    fn check(&self, ty: &FunctionType) -> Result<HandleTypes, FunctionMismatch> {
        check::<P, R>(ty)
    }

    fn call(
        &self,
        cx: &mut Context<'_, E, T>,
        subtask: SubtaskId,
        lowered: &Arc<Lowered>,
    ) -> Result<(), Fault> {
        let arguments = cx.lift_typed_arguments(subtask, lowered)?;
        let future = (self.0)(&mut Caller::new(cx), arguments);
        let of_result = lowered.clone();
        let future = async move {
            let result = future.await?;
            vals(&result, &of_result).map_err(HostError::from)
        };
        cx.begin_waiting(subtask, lowered, Box::pin(future))
    }

    fn is_immediate(&self) -> bool {
        false
    }

    fn call_deferred(
        &self,
        cx: &mut Context<'_, E, T>,
        lowered: &Arc<Lowered>,
        arguments: &[CoreValue],
    ) -> Result<Ended<Option<CoreValue>>, Fault> {
        let lifted = cx.lift_deferred_arguments(lowered, arguments)?;
        let future = (self.0)(&mut Caller::new(cx), lifted);
        let of_result = lowered.clone();
        let mut future: HostFuture = Box::pin(async move {
            let result = future.await?;
            vals(&result, &of_result).map_err(HostError::from)
        });
        match cx.poll_deferred(future.as_mut())? {
            Some(result) => cx.return_deferred_val(lowered, arguments, result),
            None => cx.wait_made(lowered, StoreWaiting::HostFunction(future)),
        }
    }
}

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Takes the result of a host function that has returned when it was called to the caller.
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
        if R::HANDLES {
            let vals = vals(&result, lowered);
            return self.host_returns_at_once(subtask, lowered, vals.map_err(HostError::from));
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
    fn lift_typed_arguments<P: for<'a> Lift<'a> + ComponentType>(
        &mut self,
        subtask: SubtaskId,
        lowered: &Lowered,
    ) -> Result<P, Fault> {
        let mut bits = Bits::new();
        let caller = self.caller_of(subtask, &mut bits)?;
        let source = Source { options: caller.options, call: Some(subtask) };
        let max = caller.flattening.max_flat_params();
        let mut lifting = self.lift_typed(source, Peer::Host, &lowered.handles)?;
        Ok(lift_flat_values(&mut lifting, max, &mut CoreValueIter::new(&bits))?)
    }
}

/// Returns a result as a value.
fn vals<R: Lower>(result: &R, lowered: &Lowered) -> Result<Option<Val>, Failure> {
    Ok(to_vals(result, &lowered.ty.results, &lowered.handles)?.pop())
}
