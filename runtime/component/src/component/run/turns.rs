//! Letting guests run.

use crate::code::SubtaskState;
use crate::component::store::call_error::CallError;
use crate::component::store::crossing::Next;
use crate::component::store::fault::Fault;
use crate::component::store::trapping::TrapSite;
use crate::component::store::waits_for_host::Target;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::{Error, Failure, MachineError};
use crate::machine::{Step, SubtaskId};
use crate::trap::Trap;

use super::context::Context;
use super::lifted_result::LiftedResult;
use super::state::State;
use super::steps::{Base, Driven};

/// The outcome of an operation of the host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Entered {
    /// The host has control again.
    ReturnedToHost,
    /// The engine interrupted it.
    Interrupted,
}

/// The outcome of letting guests run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// Something went on.
    Progress,
    /// The engine interrupted a guest.
    Interrupted,
    /// Nothing can go on before the host does something.
    Idle,
}

/// The reason why a run of the store has ended.
#[derive(Debug)]
pub(crate) enum Ran<R> {
    /// The call has returned.
    ToItsEnd(R),
    /// Nothing can go on before a host function does.
    UntilItWaits,
    /// Nothing can go on before the host does something to the store.
    UntilHostActs,
    /// The allowed turns are used up, the engine interrupted a guest, or a panic that belongs to no
    /// call has to continue.
    ForTooLong,
}

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Takes steps until the host has control again. If something traps, the operation of the host
    /// is unwound. Reporting the trap to others is left to the caller.
    pub(crate) fn enter(&mut self, next: Next) -> Result<Entered, CallError> {
        let is_forbidden = self.data_mut().machine.forbid_holding(false);
        let driven = match next {
            Next::Continue(thread) => {
                self.go_on(thread).and_then(|next| self.drive(Base::Host, next))
            }
            next @ Next::Step(_) => self.drive(Base::Host, next),
        };
        self.data_mut().machine.forbid_holding(is_forbidden);
        self.driven(driven)
    }

    /// Handles the return of control to the host. If something trapped, it is unwound.
    pub(crate) fn driven(&mut self, driven: Result<Driven, Fault>) -> Result<Entered, CallError> {
        match driven {
            Ok(Driven::ReturnedToHost) => Ok(Entered::ReturnedToHost),
            Ok(Driven::Interrupted) => Ok(Entered::Interrupted),
            Ok(Driven::Resumed(_) | Driven::Stop) => Err(MachineError::OtherStep.into()),
            Err(fault) => {
                let core_frames = self.trap_frames();
                self.data_mut().traps.put_core_frames(core_frames);
                self.end_linked_calls();
                Err(self.data_mut().unwind(fault)?)
            }
        }
    }

    /// Lets something go on, if anything can. A trap is reported to the call that it belongs to.
    ///
    /// In each turn, host functions that were woken go on, even if many guests are ready, and a
    /// guest goes on, even if host functions are woken again and again.
    pub(crate) fn turn(&mut self) -> Result<Turn, Error> {
        if let Some(turn) = self.due()? {
            return Ok(turn);
        }
        let has_gone_on = self.poll_host();
        if self.data().machine.ready_threads() == 0 {
            return Ok(if has_gone_on { Turn::Progress } else { Turn::Idle });
        }
        self.tick()
    }

    /// Polls the host's futures that were woken, and grants requests for the store. Returns `true`
    /// if something in the store has gone on.
    pub(crate) fn poll_host(&mut self) -> bool {
        self.poll_woken() | (self.data().inbox.has_requests() && self.run_requests())
    }

    /// Does one piece of the work that comes before any thread that is ready. Returns `None` if
    /// there is none.
    pub(crate) fn due(&mut self) -> Result<Option<Turn>, Error> {
        let state = self.data_mut();
        state.wake_cancelled();
        if let Some(thread) = state.activations.interrupted() {
            if !self.may_go_on() {
                self.data_mut().stop_interrupted()?;
                return Ok(Some(Turn::Progress));
            }
            self.data_mut().activations.take_interrupted();
            return Ok(Some(self.enter_turn(Next::Continue(thread))));
        }
        let state = self.data_mut();
        if state.interrupts.is_requested()
            && let Some(call) = state.origins.running().filter(|call| state.is_open(*call))
            && state.hear_interrupt()
        {
            state.interrupt_call(call)?;
            return Ok(Some(Turn::Progress));
        }
        if let Some(call) = state.calls.take_unwanted() {
            return self.cancel_and_forget(call).map(Some);
        }
        if let Some(call) = state.call_to_cancel()? {
            return self.cancel(call).map(Some);
        }
        if let Some(value) = state.handles.take_unclaimed() {
            self.drop_unclaimed(value)?;
            return Ok(Some(Turn::Progress));
        }
        if let Some(value) = state.machine.threads().next_destructor()? {
            self.destroy_thread_local(value);
            return Ok(Some(Turn::Progress));
        }
        if self.close_served()? {
            return Ok(Some(Turn::Progress));
        }
        Ok(None)
    }

    /// Returns `true` if a guest that the engine has interrupted may go on, which is counted.
    pub(crate) fn may_go_on(&mut self) -> bool {
        let has_fuel = self.fuel() != Some(0);
        let state = self.data_mut();
        has_fuel && !state.interrupts.is_requested() && state.settings.may_go_on()
    }

    /// Lets the next ready thread run.
    fn tick(&mut self) -> Result<Turn, Error> {
        let state = self.data_mut();
        match state.machine.tick() {
            Ok(step) => {
                let origin = match step {
                    // The task had to wait to enter, and has not begun yet.
                    Step::CallFunction { caller, .. } => state.calls.origin_of(caller),
                    _ => {
                        let thread = state.machine.current();
                        thread.and_then(|thread| state.origin_of_thread(thread))
                    }
                };
                let origin = origin.filter(|origin| state.is_open(*origin));
                state.origins.set_running(origin);
                Ok(self.enter_turn(Next::Step(step)))
            }
            // It was unwound already.
            Err(Failure::Trap(trap)) => {
                state.trapped_at_once(None, trap);
                Ok(Turn::Progress)
            }
            Err(Failure::Error(error)) => Err(error),
        }
    }

    fn enter_turn(&mut self, next: Next) -> Turn {
        if self.data().crossing.is_outermost() {
            self.refuel();
        }
        match self.enter(next) {
            Ok(Entered::ReturnedToHost) => Turn::Progress,
            Ok(Entered::Interrupted) => Turn::Interrupted,
            Err(error) => {
                let state = self.data_mut();
                let origin = state.origins.set_running(None);
                state.trapped(origin, error);
                Turn::Progress
            }
        }
    }

    /// Asks a call to cancel.
    pub(crate) fn cancel(&mut self, call: SubtaskId) -> Result<Turn, Error> {
        let state = self.data_mut();
        match state.machine.cancel_call(call) {
            Ok(step) => {
                state.calls.note_cancelling(call);
                state.origins.set_running(Some(call));
                Ok(self.enter_turn(Next::Step(step)))
            }
            Err(Failure::Error(Error::Machine(
                MachineError::AlreadyResolved | MachineError::AlreadyCancelled,
            ))) => Ok(Turn::Progress),
            Err(Failure::Trap(trap)) => {
                state.trapped_at_once(Some(call), trap);
                Ok(Turn::Progress)
            }
            Err(Failure::Error(error)) => Err(error),
        }
    }

    /// Cancels a call that is no longer waited for.
    fn cancel_and_forget(&mut self, call: SubtaskId) -> Result<Turn, Error> {
        if self.data_mut().calls.embedder_call(call).is_err() {
            return Ok(Turn::Progress);
        }
        let turn = self.cancel(call);
        let state = self.data_mut();
        // The host can ask for the trap.
        if let Some(error) = state.forget_call(call) {
            state.add_background_trap(error);
        }
        state.machine.drop_call(call)?;
        turn
    }

    /// Lets everything run until a call has ended, nothing can go on, or `turns` are used up. If
    /// nothing can go on, the call is kept. After other errors it is forgotten.
    pub(crate) fn run_until<R: LiftedResult>(
        &mut self,
        call: SubtaskId,
        turns: u32,
    ) -> Result<Ran<R>, CallError> {
        for _ in 0..turns {
            if self.data().has_panic_of_nobody() {
                return Ok(Ran::ForTooLong);
            }
            let state = self.data_mut();
            if state.interrupts.is_requested()
                && state.activations.interrupted().is_none()
                && state.is_open(call)
                && state.hear_interrupt()
            {
                state.interrupt_call(call)?;
            }
            if let Some(result) = state.take_result(call)? {
                return result.map(Ran::ToItsEnd);
            }
            match self.turn() {
                Ok(Turn::Progress) => {}
                Ok(Turn::Interrupted) => return Ok(Ran::ForTooLong),
                Ok(Turn::Idle) if self.data().has_woken() => return Ok(Ran::ForTooLong),
                Ok(Turn::Idle) if self.data().waits_for_host() => return Ok(Ran::UntilItWaits),
                Ok(Turn::Idle) => return self.data_mut().stuck(Target::Call(call)),
                Err(error) => {
                    self.data_mut().forget(call)?;
                    return Err(error.into());
                }
            }
        }
        match self.data_mut().take_result(call)? {
            Some(result) => result.map(Ran::ToItsEnd),
            None => Ok(Ran::ForTooLong),
        }
    }

    /// Does the work that comes before anything new: continues an interrupted guest until it is no
    /// longer interrupted, for at most `turns`, and cancels the calls that were given up.
    pub(crate) fn settle(&mut self, mut turns: u32) -> Result<(), Error> {
        while self.data().activations.interrupted().is_some() || self.data().calls.has_unwanted() {
            if self.turn()? == Turn::Interrupted {
                turns = turns.saturating_sub(1);
                if turns == 0 {
                    return Err(MachineError::GuestHasControl.into());
                }
            }
        }
        Ok(())
    }
}

impl<E: CoreEngine, T: 'static> State<E, T> {
    /// Gives up the current operation, and returns the error.
    pub(crate) fn unwind(&mut self, fault: Fault) -> Result<CallError, Error> {
        let fault = self.crossing.give_up(fault);
        if matches!(fault, Fault::Interrupted) {
            self.hear_interrupt();
        }
        let error = self.error_of(fault);
        let site = self.trap_site();
        self.machine.trapped()?;
        self.remember_trap(&error, site);
        Ok(error)
    }

    /// Remembers a trap that was raised before anything ran, and reports it to the call that it
    /// belongs to.
    fn trapped_at_once(&mut self, origin: Option<SubtaskId>, trap: Trap) {
        let error = self.error_of(Fault::Failure(Failure::Trap(trap)));
        self.remember_trap(&error, TrapSite::default());
        self.trapped(origin, error);
    }

    /// Returns the next call that the host wants to cancel, and whose result was not taken yet.
    fn call_to_cancel(&mut self) -> Result<Option<SubtaskId>, Error> {
        while let Some(call) = self.machine.next_call_to_cancel()? {
            if self.calls.embedder_call(call).is_ok() {
                return Ok(Some(call));
            }
        }
        Ok(None)
    }

    /// Wakes the waiters for calls that were cancelled.
    #[inline]
    fn wake_cancelled(&mut self) {
        let Self { calls, machine, .. } = self;
        calls.wake_cancelled(|call| {
            matches!(
                machine.call_state(call),
                Ok(SubtaskState::CancelledBeforeStarted | SubtaskState::CancelledBeforeReturned)
            )
        });
    }

    /// Returns `true` if something of the host was woken, and the store has not gone on with it.
    pub(crate) fn has_woken(&self) -> bool {
        self.waiting.has_woken() || self.inbox.has_requests()
    }

    /// Returns `true` if something of the host may let the store go on later.
    pub(crate) fn waits_for_host(&self) -> bool {
        self.waiting.count() > 0 || self.inbox.has_senders()
    }

    /// Gives up the guest that the engine interrupted, as if it had trapped. Returns `true` if
    /// there was one.
    pub(crate) fn stop_interrupted(&mut self) -> Result<bool, Error> {
        if !self.drop_interrupted(&CallError::Interrupted)? {
            return Ok(false);
        }
        let origin = self.origins.set_running(None);
        self.trapped(origin, CallError::Interrupted);
        Ok(true)
    }

    /// Unwinds the guest that the engine interrupted, with this error. Returns `true` if there was
    /// one.
    pub(crate) fn drop_interrupted(&mut self, error: &CallError) -> Result<bool, Error> {
        let Some(thread) = self.activations.take_interrupted() else { return Ok(false) };
        self.hear_interrupt();
        drop(self.activations.take(thread));
        let site = self.trap_site();
        self.machine.trapped()?;
        self.remember_trap(error, site);
        Ok(true)
    }
}
