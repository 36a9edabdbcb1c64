//! Calls of functions of the host by guests.

use alloc::sync::Arc;
use alloc::vec::Vec;

use crate::abi::{CoreValueIter, FlatValues, Peer, Val};
use crate::builtin::TypeIndex;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::{Error, Failure};
use crate::machine::{Step, SubtaskId};
use crate::trap::Trap;

use super::claims::HandleError;
use super::contexts::{Context, Lowering, Source, lift, lower_from_host};
use super::host_function::{HostContext, HostFunctionCall, HostFuture, HostResult};
use super::state::{Fault, HostError, Lowered, State};
use super::transfer::{Bits, Caller, flat_result};

/// A guest calls a function of the host.
pub(super) fn call<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    subtask: SubtaskId,
    number: u32,
) -> Result<Step, Fault> {
    let function = cx.data_mut().take_host_function(number)?;
    cx.data_mut().machine.start_host_call(subtask)?;
    let lowered = cx.data_mut().take_lowered(subtask)?;
    match &function.call {
        HostFunctionCall::Typed(function) => function.call(cx, subtask, &lowered)?,
        HostFunctionCall::Sync(function) => {
            let arguments = arguments(cx, subtask, &lowered)?;
            let result = function(&mut HostContext::new(cx), arguments);
            returned_at_once(cx, subtask, &lowered, result)?;
        }
        HostFunctionCall::Async(function) => {
            let arguments = arguments(cx, subtask, &lowered)?;
            let future = function(&mut HostContext::new(cx), arguments);
            begin_waiting(cx, subtask, &lowered, future)?;
        }
    }
    let state = cx.data_mut();
    state.spare_host_function.put(function);
    state.spare_lowered.put(lowered);
    Ok(state.machine.host_returned()?)
}

/// Lifts the arguments of a call.
fn arguments<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    subtask: SubtaskId,
    lowered: &Lowered,
) -> Result<Vec<Val>, Failure> {
    let mut bits = Bits::new();
    let caller = bits_of(cx, subtask, &mut bits)?;
    let source = Source { options: caller.options, call: Some(subtask) };
    let max = caller.flattening.max_flat_params();
    let mut lifting = lift(cx, source, Peer::Host)?;
    lowered.ty.params.lift_flat_values(&mut lifting, max, &mut CoreValueIter::new(&bits))
}

/// The caller of a function of the host; its core arguments are put into `bits`.
pub(super) fn bits_of<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    subtask: SubtaskId,
    bits: &mut Bits,
) -> Result<Caller, Error> {
    let call = cx.data_mut().guest_call(subtask)?;
    call.bits(bits);
    Ok(call.caller())
}

/// A function of the host waits, or has returned already.
pub(super) fn begin_waiting<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    subtask: SubtaskId,
    lowered: &Lowered,
    future: HostFuture,
) -> Result<(), Fault> {
    match cx.data_mut().waiting.begin(subtask, future) {
        Some(result) => returned_at_once(cx, subtask, lowered, result),
        None => Ok(()),
    }
}

/// A function of the host has returned where its caller stands. What it called itself may have
/// locked the caller down, which then can't be returned to.
pub(super) fn returned_at_once<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    subtask: SubtaskId,
    lowered: &Lowered,
    result: HostResult,
) -> Result<(), Fault> {
    locked_down_as_trap(returned(cx, subtask, lowered, result))
}

/// What a function of the host does where its caller stands, whose being locked down is a trap.
pub(super) fn locked_down_as_trap(result: Result<(), Fault>) -> Result<(), Fault> {
    match result {
        Err(Fault::Failure(Failure::Error(Error::CallerGone))) => {
            Err(Trap::CannotEnterComponentInstance.into())
        }
        result => result,
    }
}

/// Whether there is somebody to return to.
fn check_caller<E: CoreEngine, T: Send + 'static>(
    state: &State<E, T>,
    subtask: SubtaskId,
) -> Result<(), Fault> {
    if let Some(caller) = state.machine.calling_instance(subtask)?
        && state.machine.is_locked_down(caller)?
    {
        return Err(Error::CallerGone.into());
    }
    Ok(())
}

/// A function of the host has returned: takes its result to the caller.
pub(super) fn returned<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    subtask: SubtaskId,
    lowered: &Lowered,
    result: HostResult,
) -> Result<(), Fault> {
    check_caller(cx.data(), subtask)?;
    let result = result.map_err(Fault::Host)?;
    let results = &lowered.ty.results;
    let mismatch = results.check(result.as_slice());
    mismatch.map_err(|mismatch| Fault::Host(HostError::from(mismatch)))?;
    cx.data_mut().claim(results, result.as_slice()).map_err(HandleError::fault)?;
    return_with(cx, subtask, lowered, |flat, mut lowering, max, out_param| {
        Ok(results.lower_checked(flat, &mut lowering, max, result.as_slice(), out_param)?)
    })
}

/// A function of the host returns: `lower_result` lowers its result into its caller, as at most so
/// many core values or at an address that the guest gave.
pub(super) fn return_with<'c, E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'c, E, T>,
    subtask: SubtaskId,
    lowered: &Lowered,
    lower_result: impl FnOnce(
        &mut FlatValues,
        Lowering<'_, 'c, E, T>,
        usize,
        Option<u64>,
    ) -> Result<(), Fault>,
) -> Result<(), Fault> {
    check_caller(cx.data(), subtask)?;
    let caller = cx.data_mut().guest_call(subtask)?.caller();
    let results = &lowered.ty.results;
    let layout = results.abi().of(cx.data().options(caller.options)?.address_type);
    let max = caller.flattening.max_flat_results();
    let out_param = caller.out_param(layout);
    let lowering = lower_from_host(cx, caller.options, None, results.contains_float())?;
    let mut flat = FlatValues::EMPTY;
    lower_result(&mut flat, lowering, max, out_param)?;
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
