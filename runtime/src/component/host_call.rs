//! Calls of functions of the host by guests.

use alloc::sync::Arc;

use crate::abi::{CoreValueIter, FlatValues, Peer};
use crate::builtin::TypeIndex;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::{Error, Failure};
use crate::machine::{Step, SubtaskId};
use crate::trap::Trap;

use super::claims::HandleError;
use super::contexts::{Context, Source, lift, lower};
use super::host_function::{HostContext, HostFunctionCall, HostResult};
use super::state::{Fault, HostError, Lowered};
use super::transfer::{Bits, flat_result};

/// A guest calls a function of the host.
pub(super) fn call<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    subtask: SubtaskId,
    number: u32,
) -> Result<Step, Fault> {
    let function = cx.data().host_function(number)?;
    cx.data_mut().machine.start_host_call(subtask)?;
    let call = cx.data_mut().guest_call(subtask)?;
    let (caller, lowered, mut bits) = (call.caller(), call.lowered.clone(), Bits::new());
    call.bits(&mut bits);
    let source = Source { options: caller.options, call: Some(subtask) };
    let max = caller.flattening.max_flat_params();
    let mut lifting = lift(cx, source, Peer::Host)?;
    let mut bits = CoreValueIter::new(&bits);
    let arguments = lowered.ty.params.lift_flat_values(&mut lifting, max, &mut bits)?;
    match &function.call {
        HostFunctionCall::Sync(function) => {
            let result = function(&mut HostContext::new(cx), arguments);
            returned_at_once(cx, subtask, &lowered, result)?;
        }
        HostFunctionCall::Async(function) => {
            let future = function(&mut HostContext::new(cx), arguments);
            if let Some(result) = cx.data_mut().waiting.begin(subtask, future) {
                returned_at_once(cx, subtask, &lowered, result)?;
            }
        }
    }
    Ok(cx.data_mut().machine.host_returned()?)
}

/// A function of the host has returned where its caller stands. What it called itself may have
/// locked the caller down, which then can't be returned to.
fn returned_at_once<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    subtask: SubtaskId,
    lowered: &Lowered,
    result: HostResult,
) -> Result<(), Fault> {
    match returned(cx, subtask, lowered, result) {
        Err(Fault::Failure(Failure::Error(Error::CallerGone))) => {
            Err(Trap::CannotEnterComponentInstance.into())
        }
        result => result,
    }
}

/// A function of the host has returned: takes its result to the caller.
pub(super) fn returned<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    subtask: SubtaskId,
    lowered: &Lowered,
    result: HostResult,
) -> Result<(), Fault> {
    let machine = &cx.data().machine;
    if let Some(caller) = machine.calling_instance(subtask)?
        && machine.is_locked_down(caller)?
    {
        return Err(Error::CallerGone.into());
    }
    let result = result.map_err(Fault::Host)?;
    let caller = cx.data_mut().guest_call(subtask)?.caller();
    let (results, options) = (&lowered.ty.results, caller.options);
    let layout = results.abi().of(cx.data().options(options)?.address_type);
    let mismatch = results.check(result.as_slice());
    mismatch.map_err(|mismatch| Fault::Host(HostError::from(mismatch)))?;
    cx.data_mut().claim(results, result.as_slice()).map_err(HandleError::fault)?;
    let max = caller.flattening.max_flat_results();
    let out_param = caller.out_param(layout);
    let mut lowering = lower(cx, options, None, Peer::Host)?;
    let mut flat = FlatValues::EMPTY;
    results.lower_checked(&mut flat, &mut lowering, max, result.as_slice(), out_param)?;
    let state = cx.data_mut();
    state.machine.return_host_call(subtask, flat_result(layout, &flat))?;
    state.held.returned(subtask);
    Ok(())
}

/// The caller of a function of the host has lost interest: if it still waits, it is dropped.
pub(super) fn cancel<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    subtask: SubtaskId,
) -> Result<Step, Fault> {
    let state = cx.data_mut();
    if state.waiting.cancel(subtask) {
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

/// Lets the functions of the host go on that wait and were woken, and says whether one has
/// returned.
pub(super) fn poll_woken<E: CoreEngine, T: Send + 'static>(cx: &mut Context<'_, E, T>) -> bool {
    cx.refuel();
    let mut batch = cx.data().waiting.take_woken();
    let mut has_returned = false;
    while let Some((subtask, result)) = cx.data_mut().waiting.poll(&mut batch) {
        has_returned = true;
        let Ok(call) = cx.data_mut().guest_call(subtask) else {
            // Whom it was for is gone.
            continue;
        };
        let lowered = call.lowered.clone();
        match returned(cx, subtask, &lowered, result) {
            Ok(()) | Err(Fault::Failure(Failure::Error(Error::CallerGone))) => {}
            Err(fault) => caller_trapped(cx, subtask, fault),
        }
    }
    has_returned
}

/// The result of a function of the host could not be taken to its caller, which did not run: it
/// is locked down.
fn caller_trapped<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    subtask: SubtaskId,
    fault: Fault,
) {
    let state = cx.data_mut();
    let fault = state.fault.take().unwrap_or(fault);
    let origin = state.origin_of_call(subtask).filter(|origin| state.is_open(*origin));
    // Its `realloc` may have been under way, or nothing.
    let _ = state.machine.trapped();
    if let Ok(Some(instance)) = state.machine.calling_instance(subtask) {
        let _ = state.machine.lock_down_instance(instance);
    }
    state.trapped(origin, fault.into());
}
