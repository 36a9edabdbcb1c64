//! What the host begins: calls of exports, and letting guests run on.

use alloc::boxed::Box;
use alloc::vec::Vec;

use crate::abi::{Resource, Val};
use crate::code::SubtaskState;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::{Error, Failure};
use crate::machine::{Step, SubtaskId};

use super::calls::{Call, HostCall};
use super::contexts::Context;
use super::deadlock::Deadlock;
use super::drive::{Base, Driven, drive, go_on};
use super::error::CallError;
use super::host_call::{destroy, poll_woken};
use super::instance::Function;
use super::outcome::{CallResult, LiftResult, sealed::CallResult as _};
use super::state::{Fault, Next, State};

/// Begins something, prepares its first step, and takes steps until the host has control again,
/// or what ran was interrupted.
pub(super) fn run_to_host<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    begin: impl FnOnce(&mut Context<'_, E, T>) -> Result<(SubtaskId, Step), Failure>,
    prepare: impl FnOnce(&mut Context<'_, E, T>, SubtaskId, &Step) -> Result<(), Fault>,
) -> Result<SubtaskId, CallError> {
    let (call, step) = begin(cx)?;
    let outer = cx.data_mut().origins.running.replace(call);
    // What a function of the host calls uses the fuel of the call that it is part of.
    if cx.data().depth == 0 {
        cx.refuel();
    }
    let result = match prepare(cx, call, &step) {
        Ok(()) => enter(cx, Next::Step(step)),
        Err(fault) => Err(unwind(cx, fault)?),
    };
    let state = cx.data_mut();
    if state.interrupted.is_none() {
        state.origins.running = outer;
    }
    match result {
        Ok(_) => Ok(call),
        Err(error) => {
            state.take_call(call);
            state.machine.drop_call(call)?;
            state.others_trapped(&error);
            Err(error)
        }
    }
}

/// What came of something that the host began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Entered {
    /// The host has control again.
    ReturnedToHost,
    /// The engine interrupted it.
    Interrupted,
}

/// Takes steps until the host has control again. If something traps, what the host began is
/// unwound; who else is to hear of it is the caller's matter.
fn enter<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    next: Next,
) -> Result<Entered, CallError> {
    let result = match next {
        Next::Continue(thread) => go_on(cx, thread).and_then(|next| drive(cx, Base::Host, next)),
        next @ Next::Step(_) => drive(cx, Base::Host, next),
    };
    match result {
        Ok(Driven::ReturnedToHost) => Ok(Entered::ReturnedToHost),
        Ok(Driven::Interrupted) => Ok(Entered::Interrupted),
        Ok(Driven::Resumed(_) | Driven::Stop) => Err(Error::OtherStep.into()),
        Err(fault) => Err(unwind(cx, fault)?),
    }
}

/// Gives up what was begun, and says why.
fn unwind<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    fault: Fault,
) -> Result<CallError, Error> {
    let state = cx.data_mut();
    let fault = state.fault.take().unwrap_or(fault);
    (state.next, state.stopping, state.starting, state.lowered) = (None, None, None, None);
    state.machine.trapped()?;
    Ok(fault.into())
}

/// What letting guests run led to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// Something went on.
    Progress,
    /// The engine interrupted it.
    Interrupted,
    /// Nothing can, before something of the host's does.
    Idle,
}

/// Lets something go on, if anything can. What traps is told to the call that it belongs to.
///
/// Functions of the host that were woken go on in each turn, however many guests are ready, and
/// a guest in each turn, however often functions of the host are woken.
pub(super) fn turn<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
) -> Result<Turn, Error> {
    if let Some(thread) = cx.data_mut().interrupted {
        if !cx.data_mut().may_go_on() {
            stop_interrupted(cx)?;
            return Ok(Turn::Progress);
        }
        cx.data_mut().interrupted = None;
        return Ok(enter_turn(cx, Next::Continue(thread)));
    }
    if let Some(call) = cx.data_mut().abandoned.pop() {
        return cancel_and_forget(cx, call);
    }
    if let Some(call) = call_to_cancel(cx)? {
        return cancel(cx, call);
    }
    if let Some(value) = cx.data_mut().held.unclaimed.pop() {
        drop_unclaimed(cx, value)?;
        return Ok(Turn::Progress);
    }
    if let Some(value) = cx.data_mut().machine.host().next_thread_destructor()? {
        super::threads::destroy(cx, value);
        return Ok(Turn::Progress);
    }
    let has_returned = poll_woken(cx);
    let state = cx.data_mut();
    if state.machine.ready_threads() == 0 {
        return Ok(if has_returned { Turn::Progress } else { Turn::Idle });
    }
    match state.machine.tick() {
        Ok(step) => {
            let origin = match step {
                // The task, which had to wait to enter, has not begun yet.
                Step::CallFunction { caller, .. } => state.origin_of_call(caller),
                _ => {
                    let thread = state.machine.current();
                    thread.and_then(|thread| state.origin_of_thread(thread))
                }
            };
            state.origins.running = origin.filter(|origin| state.is_open(*origin));
            Ok(enter_turn(cx, Next::Step(step)))
        }
        // It is unwound already.
        Err(Failure::Trap(trap)) => {
            state.trapped(None, CallError::Trap(trap));
            Ok(Turn::Progress)
        }
        Err(Failure::Error(error)) => Err(error),
    }
}

/// The call that the host wants to be cancelled next, whose end was not taken yet.
fn call_to_cancel<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
) -> Result<Option<SubtaskId>, Error> {
    let state = cx.data_mut();
    while let Some(call) = state.machine.next_call_to_cancel()? {
        if state.host_call(call).is_ok() {
            return Ok(Some(call));
        }
    }
    Ok(None)
}

fn enter_turn<E: CoreEngine, T: Send + 'static>(cx: &mut Context<'_, E, T>, next: Next) -> Turn {
    if cx.data().depth == 0 {
        cx.refuel();
    }
    match enter(cx, next) {
        Ok(Entered::ReturnedToHost) => Turn::Progress,
        Ok(Entered::Interrupted) => Turn::Interrupted,
        Err(error) => {
            let state = cx.data_mut();
            let origin = state.origins.running.take();
            state.trapped(origin, error);
            Turn::Progress
        }
    }
}

/// Asks a call to cancel.
pub(super) fn cancel<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    call: SubtaskId,
) -> Result<Turn, Error> {
    let state = cx.data_mut();
    match state.machine.cancel_call(call) {
        Ok(step) => {
            state.origins.running = Some(call);
            Ok(enter_turn(cx, Next::Step(step)))
        }
        Err(Failure::Error(Error::AlreadyResolved | Error::AlreadyCancelled)) => Ok(Turn::Progress),
        Err(Failure::Trap(trap)) => {
            state.trapped(Some(call), CallError::Trap(trap));
            Ok(Turn::Progress)
        }
        Err(Failure::Error(error)) => Err(error),
    }
}

/// Cancels a call that nobody waits for any more.
fn cancel_and_forget<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    call: SubtaskId,
) -> Result<Turn, Error> {
    if cx.data_mut().host_call(call).is_err() {
        return Ok(Turn::Progress);
    }
    let turn = cancel(cx, call);
    let state = cx.data_mut();
    // The host hears of what trapped, if it asks.
    let error = state.take_call(call);
    state.origins.background.extend(error);
    state.machine.drop_call(call)?;
    turn
}

/// Gives up what the engine interrupted, as if it had trapped; says whether there was something.
pub(super) fn stop_interrupted<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
) -> Result<bool, Error> {
    let state = cx.data_mut();
    let Some(thread) = state.interrupted.take() else { return Ok(false) };
    drop(state.take_stopped(thread));
    state.machine.trapped()?;
    let origin = state.origins.running.take();
    state.trapped(origin, CallError::Interrupted);
    Ok(true)
}

/// How long the store has run.
#[derive(Debug)]
pub(super) enum Ran<R> {
    /// Until the call had returned.
    ToItsEnd(R),
    /// Until nothing could go on before a function of the host does.
    UntilItWaits,
    /// For as many turns as are allowed, or until the engine interrupted something.
    ForTooLong,
}

/// Lets everything run until a call has come to its end, nothing can go on, or it has run for so
/// many turns. If there is an error, the call is forgotten.
pub(super) fn run_until<E: CoreEngine, T: Send + 'static, R: CallResult>(
    cx: &mut Context<'_, E, T>,
    call: SubtaskId,
    turns: u32,
) -> Result<Ran<R>, CallError> {
    for _ in 0..turns {
        if let Some(result) = take_result(cx, call)? {
            return result.map(Ran::ToItsEnd);
        }
        match turn(cx) {
            Ok(Turn::Progress) => {}
            Ok(Turn::Interrupted) => return Ok(Ran::ForTooLong),
            Ok(Turn::Idle) if cx.data().waiting.count() > 0 => return Ok(Ran::UntilItWaits),
            Ok(Turn::Idle) => {
                let deadlock = Deadlock::of(cx.data());
                forget(cx, call)?;
                return Err(CallError::Deadlock(Box::new(deadlock)));
            }
            Err(error) => {
                forget(cx, call)?;
                return Err(error.into());
            }
        }
    }
    match take_result(cx, call)? {
        Some(result) => result.map(Ran::ToItsEnd),
        None => Ok(Ran::ForTooLong),
    }
}

/// Calls an export, whose result is lifted by `lift_result`.
pub(super) fn start<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    function: &Function,
    arguments: Vec<Val>,
    lift_result: LiftResult<E, T>,
) -> Result<SubtaskId, CallError> {
    if function.store != cx.data().identity {
        return Err(CallError::OtherStore);
    }
    let (function, ty) = (function.id, &function.ty);
    ty.params.check(&arguments)?;
    let lent = cx.data_mut().claim(&ty.params, &arguments)?;
    let begin = |cx: &mut Context<'_, E, T>| {
        let state = cx.data_mut();
        let (call, step) = match state.machine.invoke(function) {
            Ok(begun) => begun,
            Err(failure) => {
                state.give_back(&arguments);
                return Err(failure);
            }
        };
        state.lend(call, lent);
        let host_call = HostCall::new(arguments, lift_result);
        state.put_call(call, Call::Host(host_call));
        Ok((call, step))
    };
    run_to_host(cx, begin, |_, _, _| Ok(()))
}

/// Drops what nobody takes. What traps belongs to no call.
fn drop_unclaimed<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    value: Val,
) -> Result<(), Error> {
    let dropped = match value {
        // What can't be dropped, as its definer trapped, is nobody's any more.
        Val::Own(resource) => drop_owned(cx, resource, |_| {}),
        value => cx
            .data_mut()
            .discard(Vec::from([value]))
            .map(|()| None)
            .map_err(|failure| Fault::from(failure).into()),
    };
    match dropped {
        Ok(Some(call)) => forget(cx, call),
        Ok(None) => Ok(()),
        Err(error) => {
            cx.data_mut().origins.background.push_back(error);
            Ok(())
        }
    }
}

/// Drops a resource that the host owns. Gives the call of its destructor, if a guest has it. If
/// that can't be begun, the host owns the resource as before.
pub(super) fn drop_resource<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    resource: Resource,
) -> Result<Option<SubtaskId>, CallError> {
    drop_owned(cx, resource, |state| state.hold(resource))
}

/// Drops a resource that the host owns, and calls `refused` if that can't be begun.
fn drop_owned<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    resource: Resource,
    refused: impl FnOnce(&mut State<E, T>),
) -> Result<Option<SubtaskId>, CallError> {
    let Resource { ty, representation } = resource;
    let state = cx.data_mut();
    let (definer, destructor) = state.machine.resource_type(ty)?;
    if definer.is_none() {
        destroy(cx, ty, representation)?;
        return Ok(None);
    }
    state.claim_owned(resource)?;
    let begun = match state.machine.drop_host_resource(ty, representation) {
        Ok(begun) => begun,
        Err(failure) => {
            refused(state);
            return Err(Fault::from(failure).into());
        }
    };
    let (Some((call, step)), Some(_)) = (begun, destructor) else { return Ok(None) };
    let begin = |cx: &mut Context<'_, E, T>| {
        let host_call = HostCall::new(Vec::new(), <Option<Val>>::lift);
        cx.data_mut().put_call(call, Call::Host(host_call));
        Ok((call, step))
    };
    run_to_host(cx, begin, |_, _, _| Ok(())).map(Some)
}

/// How a call ended, if it has; then the call is forgotten.
pub(super) fn take_result<E: CoreEngine, T: Send + 'static, R: CallResult>(
    cx: &mut Context<'_, E, T>,
    call: SubtaskId,
) -> Result<Option<Result<R, CallError>>, Error> {
    let state = cx.data_mut();
    let call_state = state.machine.call_state(call)?;
    let found = state.host_call(call)?;
    let result = match (found.error.take(), call_state) {
        (Some(error), _) => Err(error),
        (None, SubtaskState::Returned) => {
            let outcome = found.result.take();
            R::take(state, outcome).map_err(CallError::from)
        }
        (None, SubtaskState::CancelledBeforeStarted | SubtaskState::CancelledBeforeReturned) => {
            Err(CallError::Cancelled)
        }
        (None, SubtaskState::Starting | SubtaskState::Started) => return Ok(None),
    };
    forget(cx, call)?;
    Ok(Some(result))
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
