//! Waiting for tasks and waitable sets: letting a store run until they are ready.

use core::future::Future;
use core::marker::PhantomData;
use core::task::Poll;

use crate::component::run::context::Context;
use crate::component::run::host_ends::EndEvent;
use crate::component::run::state::State;
use crate::component::run::turns::{Ran, Turn};
use crate::component::store::call_error::CallError;
use crate::component::store::fault::Fault;
use crate::component::store::waits_for_host::{Target, WaitsForHost};
use crate::engine::{CoreContext as _, CoreEngine};
use crate::machine::{HostEvent, SubtaskId, WaitableSetId};
use crate::task::TaskStatus;
use crate::waitable::WaitResult;

use super::stores::{CallId, Store};

impl<R> CallId<R> {
    /// Returns the call as a task. The task has the [status](crate::task::Tasks::status), the
    /// metadata and the cancellation of the call, and can be a member of [waitable
    /// sets](crate::waitable).
    #[must_use]
    pub const fn task(self) -> SubtaskId {
        self.0
    }
}

impl CallError {
    /// Returns the call that the store has kept. Errors that keep a call are
    /// [`Deadlock`](Self::Deadlock), [`WaitsForHost`](Self::WaitsForHost) and
    /// [`Waits`](Self::Waits). `R` is the result type of the function.
    ///
    /// The call goes on when the store runs. After the host has done its part, [run](Store::run)
    /// the call again. Or [cancel](Store::cancel) it, or [forget](Store::forget) it.
    ///
    /// ```
    /// # #[cfg(all(feature = "std", feature = "wasmi"))] {
    /// use weft::abi::{Type, Val};
    /// use weft::component::{CallError, Component, Linker, Store};
    /// use weft::engine::wasmi::Wasmi;
    ///
    /// let engine = Wasmi::default();
    /// let component = wat::parse_str(r#"
    ///     (component
    ///         (type $future (future))
    ///         (core module $Memory (memory (export "memory") 1))
    ///         (core instance $memory (instantiate $Memory))
    ///         (canon future.read $future (memory (core memory $memory "memory")) (core func $read))
    ///         (core module $Module
    ///             (import "" "read" (func $read (param i32 i32) (result i32)))
    ///             (func (export "wait") (param i32)
    ///                 (drop (call $read (local.get 0) (i32.const 0)))))
    ///         (core instance $module (instantiate $Module (with "" (instance
    ///             (export "read" (func $read))))))
    ///         (func (export "wait") async (param "for" $future)
    ///             (canon lift (core func $module "wait"))))
    /// "#)?;
    /// let component = Component::new(&engine, &component)?;
    /// let mut store: Store<Wasmi> = Store::new(&engine, ());
    /// let instance = store.instantiate(&component, &Linker::new())?;
    /// let wait = store.function(&instance, "wait")?;
    ///
    /// let (theirs, ours) = store.new_future(None)?;
    /// let error = store.call(&wait, &[Val::Future(theirs)]).unwrap_err();
    /// let CallError::WaitsForHost(report) = &error else { panic!("{error}") };
    /// println!("{report}");
    /// let call = error.kept_call::<Option<Val>>().ok_or("it is kept")?;
    /// store.write(ours, vec![Val::Record(vec![])])?;
    /// assert_eq!(store.run(call)?, None);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn kept_call<R>(&self) -> Option<CallId<R>> {
        let call = match self {
            Self::Deadlock(deadlock) => deadlock.call?,
            Self::WaitsForHost(waits) => waits.call?,
            Self::Waits(call) => *call,
            _ => return None,
        };
        Some(CallId(call, PhantomData))
    }
}

impl<E: CoreEngine, T: 'static> State<E, T> {
    /// Returns the status of a task that has ended, or the status of a call that has failed.
    /// [`Store::take_result`] has the error of that call.
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

    /// Returns the event or the closing of a set, if there is one.
    pub(crate) fn poll_set(&mut self, set: WaitableSetId) -> Result<Option<WaitResult>, CallError> {
        let result = self.machine.waitable_sets().poll(set).map_err(Fault::from)?;
        Ok(Some(result).filter(|result| result.is_final()))
    }
}

impl<E: CoreEngine, T: 'static> Store<E, T> {
    /// Lets everything run until `ready` returns something, nothing can go on, or the turns of a
    /// poll are used up. `target` is the task or set that is waited for.
    pub(crate) fn run_until_ready<R>(
        &mut self,
        target: Target,
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
                Turn::Idle => return cx.data_mut().stuck(target),
            }
        }
        drop(cx);
        self.raise_panic_of_nobody();
        let state = E::data_mut(&mut self.engine_store);
        Ok(ready(state)?.map_or(Ran::ForTooLong, Ran::ToItsEnd))
    }

    fn ready_async<'s, R: 's>(
        &'s mut self,
        target: Target,
        mut ready: impl FnMut(&mut State<E, T>) -> Result<Option<R>, CallError> + 's,
    ) -> impl Future<Output = Result<R, CallError>> + 's {
        core::future::poll_fn(move |context| {
            let waker = context.waker();
            self.set_driver(waker);
            match self.run_until_ready(target, &mut ready) {
                Ok(Ran::ToItsEnd(found)) => return Poll::Ready(Ok(found)),
                Err(error) => return Poll::Ready(Err(error)),
                Ok(Ran::ForTooLong) => waker.wake_by_ref(),
                Ok(Ran::UntilItWaits | Ran::UntilHostActs) => {}
            }
            Poll::Pending
        })
    }

    /// Returns a report of the things of the host that a call or [host task](crate::task) waits
    /// for, and of the guests' tasks that wait. Returns `None` if nothing of the host is awaited.
    ///
    /// [`CallError::WaitsForHost`] contains the same report. Use this while a future is pending.
    /// The time that this takes grows with the number of tasks that wait.
    pub fn waits_for_host(&mut self, task: SubtaskId) -> Option<WaitsForHost> {
        let state = E::data_mut(&mut self.engine_store);
        let report = state.who_waits_for_host(Target::Call(task));
        if report.awaited.is_empty() { None } else { Some(report) }
    }

    /// Lets everything run until a call or [host task](crate::task) has ended, as a future that any
    /// executor can poll: a **host extension**. While the end of the task is up to the host, the
    /// future is pending. Dropping the future does not change the task.
    ///
    /// [`Tasks::result`](crate::task::Tasks::result) returns the result of a task. The result of a
    /// call is [taken](Self::take_result) as always.
    ///
    /// The errors of the future are those of `wait_for_task`, except [`CallError::WaitsForHost`].
    pub fn wait_for_task_async(
        &mut self,
        task: SubtaskId,
    ) -> impl Future<Output = Result<TaskStatus, CallError>> {
        self.ready_async(Target::Call(task), move |state| state.ended_status(task))
    }

    /// Lets everything run until a member of a [set](crate::waitable) has an event, or the set is
    /// closed, as a future: a **host extension**. While an event is up to the host, the future is
    /// pending: if a member is a host task, an end that the host holds, or a call that waits for
    /// one. Dropping the future does not change the set.
    ///
    /// The errors of the future are those of `wait_for_set`, except [`CallError::WaitsForHost`].
    pub fn wait_for_set_async(
        &mut self,
        set: WaitableSetId,
    ) -> impl Future<Output = Result<WaitResult, CallError>> {
        self.ready_async(Target::Set(set), move |state| state.poll_set(set))
    }

    /// Returns the [event](EndEvent) of an end that the host holds, with the values that were
    /// moved, for an `event` that a [set](crate::waitable) has returned. Returns `None` if the
    /// event is that of a call.
    ///
    /// # Errors
    ///
    /// [`MachineError::EndIdle`](crate::error::MachineError::EndIdle) if no set has returned this
    /// event.
    pub fn end_event(&mut self, event: HostEvent) -> Result<Option<EndEvent>, CallError> {
        E::data_mut(&mut self.engine_store).end_event(event)
    }
}
