//! What the host begins: calls of exports, and letting guests run on.

use alloc::vec::Vec;
use core::task::Waker;

use crate::abi::Val;
use crate::code::SubtaskState;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::{Error, Failure};
use crate::machine::{FunctionId, Step, SubtaskId, ThreadId};

use super::contexts::Context;
use super::drive::{Base, Driven, drive, go_on};
use super::error::CallError;
use super::host_call::poll_waiting;
use super::state::{Call, Fault, HostCall, Next, State};

/// Begins something, and takes steps until the host has control again, or what ran was
/// interrupted.
pub(super) fn run_to_host<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    begin: impl FnOnce(&mut State<E, T>) -> Result<(SubtaskId, Step), Failure>,
) -> Result<SubtaskId, Fault> {
    // Nothing can be begun while a guest has control, and one that was interrupted has.
    while let Some(thread) = cx.data_mut().interrupted.take() {
        go_on_interrupted(cx, thread)?;
    }
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
    cx.refuel();
    let result = match next {
        Next::Continue(thread) => go_on(cx, thread).and_then(|next| drive(cx, Base::Host, next)),
        next @ Next::Step(_) => drive(cx, Base::Host, next),
    };
    match result {
        Ok(Driven::ReturnedToHost | Driven::Interrupted) => Ok(()),
        Ok(Driven::Resumed(_) | Driven::Stop) => Err(Error::OtherStep.into()),
        Err(fault) => Err(unwind(cx.data_mut(), fault)),
    }
}

/// Gives up what the host began, and says why.
fn unwind<E: CoreEngine, T: Send + 'static>(state: &mut State<E, T>, fault: Fault) -> Fault {
    let fault = state.fault.take().unwrap_or(fault);
    (state.next, state.stopping, state.starting) = (None, None, None);
    if let Err(error) = state.machine.trapped() {
        return error.into();
    }
    state.forget_abandoned();
    fault
}

/// Lets what was interrupted go on, with the guests that it was called by, or gives it up if it
/// was interrupted too often.
fn go_on_interrupted<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    thread: ThreadId,
) -> Result<(), Fault> {
    if cx.data_mut().may_go_on() {
        enter(cx, Next::Continue(thread))
    } else {
        Err(unwind(cx.data_mut(), Fault::Interrupted))
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
        go_on_interrupted(cx, thread)?;
        return Ok(Turn::Progress);
    }
    if cx.data().machine.ready_threads() == 0 {
        cx.refuel();
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
    function: FunctionId,
    arguments: &[Val],
) -> Result<SubtaskId, CallError> {
    cx.data().lifted(function)?.ty.params.check(arguments)?;
    let arguments = Vec::from(arguments);
    let call = run_to_host(cx, |state| {
        let (call, step) = state.machine.invoke(function)?;
        state.put_call(call, Call::Host(HostCall { function, arguments, result: None }));
        Ok((call, step))
    });
    Ok(call?)
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
