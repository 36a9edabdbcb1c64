//! Waiting for tasks and waitable sets of the host: letting a store run until they are ready.

use alloc::boxed::Box;
use core::future::Future;
use core::task::Poll;

use crate::component::run::context::Context;
use crate::component::run::host_ends::EndEvent;
use crate::component::run::state::State;
use crate::component::run::turns::{Ran, Turn};
use crate::component::store::call_error::CallError;
use crate::component::store::deadlock::Deadlock;
use crate::component::store::fault::Fault;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::machine::{HostEvent, SubtaskId, WaitableSetId};
use crate::task::TaskStatus;
use crate::waitable::WaitResult;

use super::stores::{CallId, Store};

impl<R> CallId<R> {
    /// The call as a task of the host's: its [status](crate::task::Tasks::status), metadata and
    /// cancellation, and what is a member of [waitable sets](crate::waitable).
    #[must_use]
    pub const fn task(self) -> SubtaskId {
        self.0
    }
}

impl<E: CoreEngine, T: 'static> State<E, T> {
    /// Returns how a task ended, if it has; or that the call that it is has failed, which its
    /// result says more of.
    pub(crate) fn ended_status(
        &mut self,
        task: SubtaskId,
    ) -> Result<Option<TaskStatus>, CallError> {
        let status = self.machine.tasks().status(task)?;
        if status.is_finished() {
            return Ok(Some(status));
        }
        let has_failed = self.calls.embedder_call(task).is_ok_and(|call| call.has_failed());
        Ok(has_failed.then_some(TaskStatus::Failed))
    }

    /// Returns what a set gives, if it gives something.
    pub(crate) fn poll_set(&mut self, set: WaitableSetId) -> Result<Option<WaitResult>, CallError> {
        let result = self.machine.waitable_sets().poll(set).map_err(Fault::from)?;
        Ok(Some(result).filter(|result| result.is_final()))
    }
}

impl<E: CoreEngine, T: 'static> Store<E, T> {
    /// Lets everything run until `ready` gives something, nothing can go on, or for as many turns as
    /// a poll may take.
    pub(crate) fn run_until_ready<R>(
        &mut self,
        mut ready: impl FnMut(&mut State<E, T>) -> Result<Option<R>, CallError>,
    ) -> Result<Ran<R>, CallError> {
        let turns = self.turns_per_poll;
        let mut cx = Context::<E, T>(E::context(&mut self.engine_store));
        for _ in 0..turns {
            if cx.data().has_panic_of_nobody() {
                break;
            }
            if let Some(found) = ready(cx.data_mut())? {
                return Ok(Ran::ToItsEnd(found));
            }
            match cx.turn()? {
                Turn::Progress => {}
                Turn::Interrupted => return Ok(Ran::ForTooLong),
                Turn::Idle if cx.data().has_woken() => return Ok(Ran::ForTooLong),
                Turn::Idle if cx.data().waits_for_host() => return Ok(Ran::UntilItWaits),
                Turn::Idle => {
                    let state = cx.data_mut();
                    let deadlock = Deadlock::of(&mut state.machine, &state.names);
                    return Err(CallError::Deadlock(Box::new(deadlock)));
                }
            }
        }
        drop(cx);
        self.raise_panic_of_nobody();
        let state = E::data_mut(&mut self.engine_store);
        Ok(ready(state)?.map_or(Ran::ForTooLong, Ran::ToItsEnd))
    }

    fn ready_async<'s, R: 's>(
        &'s mut self,
        mut ready: impl FnMut(&mut State<E, T>) -> Result<Option<R>, CallError> + 's,
    ) -> impl Future<Output = Result<R, CallError>> + 's {
        core::future::poll_fn(move |context| {
            let waker = context.waker();
            self.set_driver(waker);
            match self.run_until_ready(&mut ready) {
                Ok(Ran::ToItsEnd(found)) => return Poll::Ready(Ok(found)),
                Err(error) => return Poll::Ready(Err(error)),
                Ok(Ran::ForTooLong) => waker.wake_by_ref(),
                Ok(Ran::UntilItWaits) => {}
            }
            Poll::Pending
        })
    }

    /// Lets everything run until a call or [host task](crate::task) is over, as a future, which any
    /// executor polls: a **host extension**. Dropping it leaves the task as it is.
    ///
    /// How it ended is what [`Tasks::result`](crate::task::Tasks::result) returns; the result of a
    /// call is [taken](Self::take_result) as ever.
    ///
    /// The future's errors are those of `wait_for_task`.
    pub fn wait_for_task_async(
        &mut self,
        task: SubtaskId,
    ) -> impl Future<Output = Result<TaskStatus, CallError>> {
        self.ready_async(move |state| state.ended_status(task))
    }

    /// Lets everything run until a member of a [set](crate::waitable) has an event, or the set was
    /// closed, as a future: a **host extension**. Dropping it leaves the set as it is.
    ///
    /// The future's errors are those of `wait_for_set`.
    pub fn wait_for_set_async(
        &mut self,
        set: WaitableSetId,
    ) -> impl Future<Output = Result<WaitResult, CallError>> {
        self.ready_async(move |state| state.poll_set(set))
    }

    /// What has happened to an end of the host's, of which a [set](crate::waitable) has given the
    /// event: as [`next_end_event`](Self::next_end_event) tells it, with the values. Nothing if it is
    /// a call's.
    ///
    /// # Errors
    ///
    /// [`MachineError::EndIdle`](crate::error::MachineError::EndIdle) if it is no end's event that
    /// a machine gave.
    pub fn end_event(&mut self, event: HostEvent) -> Result<Option<EndEvent>, CallError> {
        E::data_mut(&mut self.engine_store).end_event(event)
    }
}
