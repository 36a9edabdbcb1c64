//! Calls of functions of the host by guests.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::pin::Pin;
use core::task::{Context as WakerContext, Poll, Waker};

use crate::abi::Peer;
use crate::builtin::TypeIndex;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::Error;
use crate::machine::{Step, SubtaskId};

use super::claims::HandleError;
use super::contexts::{Context, Source, lift, lower};
use super::host_function::{HostContext, HostFunctionCall, HostFuture, HostResult};
use super::state::{Fault, HostError};
use super::transfer::{flat_result, lower_flat_values};

/// A guest calls a function of the host.
pub(super) fn call<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    subtask: SubtaskId,
    number: u32,
) -> Result<Step, Fault> {
    let function = cx.data().host_function(number)?;
    cx.data_mut().machine.start_host_call(subtask)?;
    let call = cx.data_mut().guest_call(subtask)?;
    let source = Source { options: call.lowered.options, call: Some(subtask) };
    let params = &call.lowered.ty.params;
    let layout = params.abi().of(cx.data().options(source.options)?.address_type);
    let max = call.flattening().max_flat_params();
    let mut lifting = lift(cx, source, Peer::Host)?;
    let arguments = params.lift_flat_values(&mut lifting, max, &mut call.parameters(layout))?;
    match &function.call {
        HostFunctionCall::Sync(function) => {
            let result = function(&mut HostContext::new(cx), arguments);
            returned(cx, subtask, result)?;
        }
        HostFunctionCall::Async(function) => {
            let mut future = function(&mut HostContext::new(cx), arguments);
            let waker = cx.data().waker.clone();
            match future.as_mut().poll(&mut WakerContext::from_waker(&waker)) {
                Poll::Ready(result) => returned(cx, subtask, result)?,
                Poll::Pending => cx.data_mut().waiting.push((subtask, future)),
            }
        }
    }
    Ok(cx.data_mut().machine.host_returned()?)
}

/// A function of the host has returned: takes its result to the caller.
pub(super) fn returned<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    subtask: SubtaskId,
    result: HostResult,
) -> Result<(), Fault> {
    let result = result.map_err(Fault::Host)?;
    let call = cx.data_mut().guest_call(subtask)?;
    let (results, options) = (&call.lowered.ty.results, call.lowered.options);
    let layout = results.abi().of(cx.data().options(options)?.address_type);
    let mismatch = results.check(result.as_slice());
    mismatch.map_err(|mismatch| Fault::Host(HostError::from(mismatch)))?;
    cx.data_mut().claim(results, result.as_slice()).map_err(HandleError::fault)?;
    let max = call.flattening().max_flat_results();
    let out_param = call.out_param(layout);
    let mut lowering = lower(cx, options, None, Peer::Host)?;
    let flat = lower_flat_values(results, &mut lowering, max, result.as_slice(), out_param)?;
    let state = cx.data_mut();
    state.machine.return_host_call(subtask, flat_result(layout, &flat))?;
    state.held.returned(subtask);
    Ok(())
}

/// A function of the host has failed, or its result can't be taken to its caller, when the caller
/// is part of no call under way: its instance is locked down.
fn give_up<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    subtask: SubtaskId,
    fault: Fault,
) -> Result<Fault, Error> {
    let state = cx.data_mut();
    let fault = state.fault.take().unwrap_or(fault);
    match state.machine.trapped() {
        // `realloc` need not have run.
        Ok(()) | Err(Error::NotEntered) => {}
        Err(error) => return Err(error),
    }
    if let Some(caller) = state.machine.calling_instance(subtask)? {
        state.machine.lock_down_instance(caller)?;
    }
    state.forget_abandoned();
    Ok(fault)
}

/// The caller of a function of the host has lost interest: if it still waits, it is dropped.
pub(super) fn cancel<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    subtask: SubtaskId,
) -> Result<Step, Fault> {
    let state = cx.data_mut();
    if let Some(position) = state.waiting.iter().position(|(waiting, _)| *waiting == subtask) {
        drop(state.waiting.swap_remove(position));
        state.machine.cancel_host_call(subtask)?;
        state.held.returned(subtask);
    }
    Ok(state.machine.host_returned()?)
}

/// The owner of a resource of the host has dropped it.
pub(super) fn drop_resource<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    ty: TypeIndex,
    representation: u64,
) -> Result<Step, Fault> {
    destroy(cx, ty, representation)?;
    Ok(cx.data_mut().machine.host_resource_dropped()?)
}

/// Calls the host's destructor, if the resource type has one.
pub(super) fn destroy<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    ty: TypeIndex,
    representation: u64,
) -> Result<(), Fault> {
    let destructor = cx.data().destructors.get(&ty).cloned();
    match destructor {
        Some(destructor) => {
            destructor(&mut HostContext::new(cx), representation).map_err(Fault::Host)
        }
        None => Ok(()),
    }
}

/// What the host does when a resource of its own is dropped.
pub(crate) type Destructor<E, T> =
    Arc<dyn Fn(&mut HostContext<'_, '_, E, T>, u64) -> Result<(), HostError> + Send + Sync>;

/// Functions of the host that wait, each for a call.
pub(crate) type Waiting = Vec<(SubtaskId, HostFuture)>;

/// Lets the functions of the host go on that wait. Gives how many have returned.
pub(super) fn poll_waiting<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    waker: &Waker,
) -> Result<usize, Fault> {
    cx.data_mut().waker = waker.clone();
    let mut returned_calls = 0;
    let mut position = 0;
    while let Some((subtask, future)) = cx.data_mut().waiting.get_mut(position) {
        let subtask = *subtask;
        match Pin::as_mut(future).poll(&mut WakerContext::from_waker(waker)) {
            Poll::Pending => position += 1,
            Poll::Ready(result) => {
                drop(cx.data_mut().waiting.swap_remove(position));
                returned_calls += 1;
                match returned(cx, subtask, result) {
                    // Whom it was for is gone.
                    Ok(())
                    | Err(Fault::Failure(crate::error::Failure::Error(
                        Error::CallerGone | Error::Unknown(_),
                    ))) => {}
                    Err(fault) => return Err(give_up(cx, subtask, fault)?),
                }
            }
        }
    }
    Ok(returned_calls)
}
