//! What the host begins: calls of exports, and letting guests run on.

use alloc::vec::Vec;
use core::task::Waker;

use crate::abi::{Resource, Val};
use crate::code::SubtaskState;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::{Error, Failure};
use crate::machine::{Step, SubtaskId};

use super::claims::HandleError;
use super::contexts::Context;
use super::drive::{Base, Driven, drive, go_on};
use super::error::CallError;
use super::host_call::{destroy, poll_waiting};
use super::instance::Function;
use super::state::{Call, Fault, HostCall, Next, State};

/// Begins something, and takes steps until the host has control again, or what ran was
/// interrupted.
pub(super) fn run_to_host<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    begin: impl FnOnce(&mut State<E, T>) -> Result<(SubtaskId, Step), Failure>,
) -> Result<SubtaskId, Fault> {
    let (call, step) = begin(cx.data_mut())?;
    if let Err(fault) = enter(cx, Next::Step(step)) {
        let state = cx.data_mut();
        state.take_call(call);
        state.machine.drop_call(call)?;
        return Err(fault);
    }
    Ok(call)
}

/// Takes steps until the host has control again. If something traps, what the host began is
/// unwound.
fn enter<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    next: Next,
) -> Result<(), Fault> {
    let result = match next {
        Next::Continue(thread) => go_on(cx, thread).and_then(|next| drive(cx, Base::Host, next)),
        next @ Next::Step(_) => drive(cx, Base::Host, next),
    };
    match result {
        Ok(Driven::ReturnedToHost | Driven::Interrupted) => Ok(()),
        Ok(Driven::Resumed(_) | Driven::Stop) => Err(Error::OtherStep.into()),
        Err(fault) => {
            let state = cx.data_mut();
            let fault = state.fault.take().unwrap_or(fault);
            (state.next, state.stopping, state.starting) = (None, None, None);
            state.machine.trapped()?;
            state.forget_abandoned();
            Err(fault)
        }
    }
}

/// What letting guests run led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Something went on.
    Progress,
    /// Nothing can, before something of the host's does.
    Idle,
}

/// Lets something go on, if anything can.
pub(super) fn turn<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    waker: &Waker,
) -> Result<Turn, Fault> {
    if let Some(thread) = cx.data_mut().interrupted.take() {
        enter(cx, Next::Continue(thread))?;
        return Ok(Turn::Progress);
    }
    if let Some(value) = cx.data_mut().held.unclaimed.pop() {
        drop_unclaimed(cx, value)?;
        return Ok(Turn::Progress);
    }
    if cx.data().machine.ready_threads() == 0 {
        let returned = poll_waiting(cx, waker)?;
        return Ok(if returned > 0 { Turn::Progress } else { Turn::Idle });
    }
    let step = cx.data_mut().machine.tick()?;
    enter(cx, Next::Step(step))?;
    Ok(Turn::Progress)
}

/// Calls an export.
pub(super) fn start<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    function: &Function,
    arguments: &[Val],
) -> Result<SubtaskId, CallError> {
    if function.store != cx.data().identity {
        return Err(CallError::OtherStore);
    }
    let (function, ty) = (function.id, &function.ty);
    ty.params.check(arguments)?;
    let lent = cx.data_mut().claim(&ty.params, arguments)?;
    let arguments = Vec::from(arguments);
    let call = run_to_host(cx, |state| {
        let (call, step) = match state.machine.invoke(function) {
            Ok(begun) => begun,
            Err(failure) => {
                state.give_back(&arguments);
                return Err(failure);
            }
        };
        state.lend(call, lent);
        state.put_call(call, Call::Host(HostCall { function, arguments, result: None }));
        Ok((call, step))
    });
    Ok(call?)
}

/// Drops what nobody takes.
fn drop_unclaimed<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    value: Val,
) -> Result<(), Fault> {
    match value {
        Val::Own(resource) => {
            if let Some(call) = drop_resource(cx, resource)? {
                forget(cx, call)?;
            }
            Ok(())
        }
        value => Ok(cx.data_mut().discard(Vec::from([value]))?),
    }
}

/// Drops a resource that the host owns. Gives the call of its destructor, if a guest has it.
pub(super) fn drop_resource<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    resource: Resource,
) -> Result<Option<SubtaskId>, Fault> {
    let Resource { ty, representation } = resource;
    let state = cx.data_mut();
    let (definer, destructor) = state.machine.resource_type(ty)?;
    if definer.is_none() {
        destroy(cx, ty, representation)?;
        return Ok(None);
    }
    state.claim_owned(resource).map_err(HandleError::fault)?;
    let begun = state.machine.drop_host_resource(ty, representation)?;
    let (Some((call, step)), Some(function)) = (begun, destructor) else { return Ok(None) };
    run_to_host(cx, |state| {
        let arguments = Vec::new();
        state.put_call(call, Call::Host(HostCall { function, arguments, result: None }));
        Ok((call, step))
    })
    .map(Some)
}

/// The result of a call, if it has one; then the call is forgotten.
pub(super) fn take_result<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    call: SubtaskId,
) -> Result<Option<Option<Val>>, CallError> {
    let state = cx.data_mut();
    match state.machine.call_state(call)? {
        SubtaskState::Returned => {
            let result = state.host_call(call)?.result.take();
            forget(cx, call)?;
            Ok(Some(result.and_then(|mut values| values.pop())))
        }
        SubtaskState::CancelledBeforeStarted | SubtaskState::CancelledBeforeReturned => {
            forget(cx, call)?;
            Err(CallError::Cancelled)
        }
        _ => Ok(None),
    }
}

/// Forgets a call, whether it has returned or not.
pub(super) fn forget<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    call: SubtaskId,
) -> Result<(), Error> {
    let state = cx.data_mut();
    state.take_call(call);
    state.machine.drop_call(call)
}
