//! Functions of the host with Rust's own types.

use alloc::boxed::Box;
use core::future::Future;
use core::marker::PhantomData;

use crate::abi::{
    ComponentType, HandleTypes, Lift, Lower, Peer, lift_flat_values,
    lower_flat_values as lower_typed_flat_values, to_vals,
};
use crate::engine::{CoreContext as _, CoreEngine};
use crate::machine::SubtaskId;

use super::contexts::{Context, Source, lift_typed};
use super::definition::FunctionType;
use super::host_call::{begin_waiting, return_with, returned_at_once};
use super::host_function::HostContext;
use super::state::{Fault, GuestCall, HostError};
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
        call: &GuestCall,
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
        call: &GuestCall,
    ) -> Result<(), Fault> {
        let arguments = arguments(cx, subtask, call)?;
        let result = match (self.0)(&mut HostContext::new(cx), arguments) {
            Ok(result) => result,
            Err(error) => return returned_at_once(cx, subtask, Err(error)),
        };
        if R::HANDLES {
            let vals = vals(&result, call);
            return returned_at_once(cx, subtask, vals.map_err(HostError::from));
        }
        return_with(cx, subtask, |mut lowering, max, out_param| {
            Ok(lower_typed_flat_values(&mut lowering, max, &result, out_param)?)
        })
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
        call: &GuestCall,
    ) -> Result<(), Fault> {
        let arguments = arguments(cx, subtask, call)?;
        let future = (self.0)(&mut HostContext::new(cx), arguments);
        let call = call.clone();
        let future = async move {
            let result = future.await?;
            vals(&result, &call).map_err(HostError::from)
        };
        begin_waiting(cx, subtask, Box::pin(future))
    }
}

/// Lifts the arguments of a call.
fn arguments<E: CoreEngine, T: Send + 'static, P: for<'a> Lift<'a> + ComponentType>(
    cx: &mut Context<'_, E, T>,
    subtask: SubtaskId,
    call: &GuestCall,
) -> Result<P, Fault> {
    let source = Source { options: call.lowered.options, call: Some(subtask) };
    let layout = P::ABI.of(cx.data().options(source.options)?.address_type);
    let max = call.flattening().max_flat_params();
    let mut lifting = lift_typed(cx, source, Peer::Host, &call.lowered.handles)?;
    Ok(lift_flat_values(&mut lifting, max, &mut call.parameters(layout))?)
}

/// A result as a value.
fn vals<R: Lower>(
    result: &R,
    call: &GuestCall,
) -> Result<Option<crate::abi::Val>, crate::error::Failure> {
    let lowered = &call.lowered;
    Ok(to_vals(result, &lowered.ty.results, &lowered.handles)?.pop())
}
