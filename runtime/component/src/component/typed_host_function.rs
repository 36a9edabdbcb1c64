//! Functions of the host with Rust's own types.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::Future;
use core::marker::PhantomData;

use crate::abi::{
    ComponentType, CoreValueIter, HandleTypes, Lift, Lower, Peer, Val, lift_flat_values,
    lower_flat_values as lower_typed_flat_values, to_vals,
};
use crate::engine::CoreEngine;
use crate::error::Failure;
use crate::machine::SubtaskId;

use super::contexts::{Context, Source, lift_typed};
use super::definition::FunctionType;
use super::host_call::{
    begin_waiting, bits_of, locked_down_as_trap, return_with, returned_at_once,
};
use super::host_function::HostContext;
use super::state::{Fault, HostError, Lowered};
use super::transfer::Bits;
use super::typed_function::{FunctionMismatch, check};

/// A function of the host whose types are Rust's own.
pub(crate) trait TypedHostFunction<E: CoreEngine, T: Send + 'static>: Send + Sync {
    /// Whether it is of this type; if so, of which types its handles are.
    fn check(&self, ty: &FunctionType) -> Result<HandleTypes, FunctionMismatch>;

    /// A guest calls it.
    fn call(
        &self,
        cx: &mut Context<'_, E, T>,
        subtask: SubtaskId,
        lowered: &Arc<Lowered>,
    ) -> Result<(), Fault>;
}

/// A function that returns when it is called.
pub(super) struct Immediate<F, P, R>(pub(super) F, pub(super) PhantomData<fn(P) -> R>);

/// A function that gives a future.
pub(super) struct Waiting<F, P, R>(pub(super) F, pub(super) PhantomData<fn(P) -> R>);

impl<E, T, F, P, R> TypedHostFunction<E, T> for Immediate<F, P, R>
where
    E: CoreEngine,
    T: Send + 'static,
    F: Fn(&mut HostContext<'_, '_, E, T>, P) -> Result<R, HostError> + Send + Sync,
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
        let arguments = arguments(cx, subtask, lowered)?;
        let result = match (self.0)(&mut HostContext::new(cx), arguments) {
            Ok(result) => result,
            Err(error) => return returned_at_once(cx, subtask, lowered, Err(error)),
        };
        if R::HANDLES {
            let vals = vals(&result, lowered);
            return returned_at_once(cx, subtask, lowered, vals.map_err(HostError::from));
        }
        let returned = return_with(cx, subtask, lowered, |flat, mut lowering, max, out_param| {
            *flat = lower_typed_flat_values(&mut lowering, max, &result, out_param)?;
            Ok(())
        });
        locked_down_as_trap(returned)
    }
}

impl<E, T, F, P, R, U> TypedHostFunction<E, T> for Waiting<F, P, R>
where
    E: CoreEngine,
    T: Send + 'static,
    F: Fn(&mut HostContext<'_, '_, E, T>, P) -> U + Send + Sync,
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
        let arguments = arguments(cx, subtask, lowered)?;
        let future = (self.0)(&mut HostContext::new(cx), arguments);
        let of_result = lowered.clone();
        let future = async move {
            let result = future.await?;
            vals(&result, &of_result).map_err(HostError::from)
        };
        begin_waiting(cx, subtask, lowered, Box::pin(future))
    }
}

/// Lifts the arguments of a call.
fn arguments<E: CoreEngine, T: Send + 'static, P: for<'a> Lift<'a> + ComponentType>(
    cx: &mut Context<'_, E, T>,
    subtask: SubtaskId,
    lowered: &Lowered,
) -> Result<P, Fault> {
    let mut bits = Bits::new();
    let caller = bits_of(cx, subtask, &mut bits)?;
    let source = Source { options: caller.options, call: Some(subtask) };
    let max = caller.flattening.max_flat_params();
    let mut lifting = lift_typed(cx, source, Peer::Host, &lowered.handles)?;
    Ok(lift_flat_values(&mut lifting, max, &mut CoreValueIter::new(&bits))?)
}

/// A result as a value.
fn vals<R: Lower>(result: &R, lowered: &Lowered) -> Result<Option<Val>, Failure> {
    Ok(to_vals(result, &lowered.ty.results, &lowered.handles)?.pop())
}
