//! Calls of functions of the host by guests.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::pin::Pin;
use core::task::{Context as WakerContext, Poll, Waker};

use crate::abi::Peer;
use crate::builtin::TypeIndex;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::{Error, Failure};
use crate::machine::{Step, SubtaskId};

use super::contexts::{Context, Source, lift, lower};
use super::host_function::{HostContext, HostFunction, HostFuture, HostResult};
use super::state::{Fault, HostError, State};
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
    match &*function {
        HostFunction::Sync(function) => {
            let result = function(&mut HostContext::new(cx), arguments);
            returned(cx, subtask, result)?;
        }
        HostFunction::Async(function) => {
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
    let max = call.flattening().max_flat_results();
    let out_param = call.out_param(layout);
    let mut lowering = lower(cx, options, None, Peer::Host)?;
    let flat = lower_flat_values(results, &mut lowering, max, result.as_slice(), out_param)?;
    cx.data_mut().machine.return_host_call(subtask, flat_result(layout, &flat))?;
    Ok(())
}

/// A result could not be taken to its caller, outside of any call: that can't go on. Says why.
fn give_up<E: CoreEngine, T: Send + 'static>(
    state: &mut State<E, T>,
    subtask: SubtaskId,
    fault: Fault,
) -> Fault {
    let fault = state.fault.take().unwrap_or(fault);
    let caller = state.machine.calling_instance(subtask);
    // If `realloc` trapped, it still has control.
    let unwound = if state.machine.current().is_some() { state.machine.trapped() } else { Ok(()) };
    let locked_down = match caller {
        Ok(Some(instance)) => state.machine.lock_down_instance(instance),
        Ok(None) | Err(_) => Ok(()),
    };
    state.forget_abandoned();
    match unwound.and(locked_down) {
        Ok(()) => fault,
        Err(error) => error.into(),
    }
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
    }
    Ok(state.machine.host_returned()?)
}

/// The owner of a resource of the host has dropped it.
pub(super) fn drop_resource<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    ty: TypeIndex,
    representation: u64,
) -> Result<Step, Fault> {
    let destructor = cx.data().destructors.get(&ty).cloned();
    if let Some(destructor) = destructor {
        destructor(&mut HostContext::new(cx), representation).map_err(Fault::Host)?;
    }
    Ok(cx.data_mut().machine.host_resource_dropped()?)
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
                    // Whom it was for may be gone.
                    Ok(())
                    | Err(Fault::Failure(Failure::Error(Error::CallerGone | Error::Unknown(_)))) => {
                    }
                    Err(fault) => return Err(give_up(cx.data_mut(), subtask, fault)),
                }
            }
        }
    }
    Ok(returned_calls)
}
