//! Blocking: letting a store run on this thread until a call has come to its end.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::task::Wake;
use core::marker::PhantomData;
use core::task::Waker;
use core::time::Duration;
use std::thread::Thread;
use std::time::Instant;

use crate::component::run::lifted_result::LiftedResult;
use crate::component::run::state::State;
use crate::component::run::turns::Ran;
use crate::component::store::call_error::CallError;
use crate::component::store::waits_for_host::Target;
use crate::engine::CoreEngine;
use crate::error::{Error, ExtensionError, MachineError};
use crate::machine::{SubtaskId, WaitableSetId};
use crate::task::TaskStatus;
use crate::waitable::{WaitResult, Waitable};

use super::callee::{Called, Callee};
use super::raising::or_panic;
use super::stores::{CallId, Store};
use super::threads::{SpawnedThread, ThreadError};

/// Wakes a thread that is parked.
pub(super) struct Unpark(pub(super) Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

/// A call that nobody knows if a panic goes on while it runs: it is then given up.
struct Running<'s, E: CoreEngine, T: 'static> {
    store: &'s mut Store<E, T>,
    call: Option<SubtaskId>,
}

impl<E: CoreEngine, T: 'static> Drop for Running<'_, E, T> {
    fn drop(&mut self) {
        if let Some(call) = self.call {
            self.store.no_longer_awaited(call);
        }
    }
}

impl<E: CoreEngine, T: 'static> Store<E, T> {
    /// Lets everything run until a call has come to its end, and returns its result: **blocks**.
    /// While all that is left waits for something outside of the store, the thread is parked.
    ///
    /// Another thread has to serve what the store waits for. A current-thread runtime of tokio
    /// serves its timers and sockets on the thread that this method blocks, so a host function that
    /// awaits them never goes on: use [`run_async`](Self::run_async) there.
    ///
    /// # Errors
    ///
    /// [`CallError`]: why the call has no result. [`CallError::WaitsForHost`] and
    /// [`CallError::Deadlock`] keep the call, so that it can be run again.
    pub fn run<R: LiftedResult>(&mut self, call: CallId<R>) -> Result<R, CallError> {
        self.run_until_or(call, None)?.ok_or_else(|| MachineError::OtherStep.into())
    }

    /// Runs a call as [`run`](Self::run) does, for at most a time: **blocks**. Returns `None` after
    /// that has passed; the call is kept. While the end of the call is up to the host, this waits
    /// as well.
    ///
    /// Guests that run are not stopped. The time is looked at when
    /// [enough turns](Self::set_turns_per_poll) were taken.
    ///
    /// # Errors
    ///
    /// Those of [`run`](Self::run), but for [`CallError::WaitsForHost`].
    pub fn run_within<R: LiftedResult>(
        &mut self,
        call: CallId<R>,
        time: Duration,
    ) -> Result<Option<R>, CallError> {
        self.run_until_or(call, Some(Deadline::after(time)))
    }

    fn run_until_or<R: LiftedResult>(
        &mut self,
        call: CallId<R>,
        deadline: Option<Deadline>,
    ) -> Result<Option<R>, CallError> {
        self.count_interruptions_anew();
        // Most calls need none.
        let mut waker: Option<Waker> = None;
        loop {
            match &waker {
                Some(waker) => self.set_driver(waker),
                None => E::data_mut(&mut self.engine_store).begin_drive(),
            }
            let waits = match self.run_until(call.0)? {
                Ran::ToItsEnd(value) => return Ok(Some(value)),
                Ran::ForTooLong => false,
                Ran::UntilHostActs if deadline.is_none() => {
                    return Err(self.waits_for_host_error(Target::Call(call.0)));
                }
                Ran::UntilItWaits | Ran::UntilHostActs => true,
            };
            if pause(deadline, waits && waker.is_some()) {
                return Ok(None);
            }
            if waits {
                waker.get_or_insert_with(unpark_this_thread);
            }
        }
    }

    /// Calls a function, and lets everything run until it has come to its end: **blocks**, as
    /// [`run`](Self::run) does. Inside of a current-thread runtime of tokio, use
    /// [`call_async`](Self::call_async).
    ///
    /// # Errors
    ///
    /// Those of [`start`](Self::start) and [`run`](Self::run). The id of a call that is kept is
    /// [`CallError::kept_call`].
    pub fn call<F: Callee>(
        &mut self,
        function: &F,
        arguments: F::Arguments<'_>,
    ) -> Result<F::Result, CallError> {
        let called = self.call_at_once(function, arguments)?;
        let call = match called {
            Called::Returned(result) => return Ok(result),
            Called::Begun(call) => CallId(call, PhantomData),
        };
        let mut running = Running { store: self, call: Some(call.0) };
        let result = running.store.run(call);
        running.call = None;
        result
    }

    /// Begins a call whose result is wanted at once, and which then may be over without records.
    #[inline]
    fn call_at_once<F: Callee>(
        &mut self,
        function: &F,
        arguments: F::Arguments<'_>,
    ) -> Result<Called<F::Result>, CallError> {
        let arguments = F::keep_in(&mut self.context(), arguments);
        self.count_interruptions_anew();
        let turns = self.turns_per_poll;
        self.settle(turns)?;
        let called = or_panic(function.call(&mut self.context(), arguments));
        if E::data(&self.engine_store).has_panic_of_nobody() {
            if let Ok(Called::Begun(call)) = called {
                self.no_longer_awaited(call);
            }
            self.raise_panic_of_nobody();
        }
        called
    }

    /// Lets everything run until a thread is over and its values are destroyed, and returns what it
    /// has returned: **blocks**. A **host extension**; see [`thread`](crate::thread).
    ///
    /// # Errors
    ///
    /// Those of [`join_thread_async`](Self::join_thread_async); [`CallError::WaitsForHost`] if the
    /// end of the thread is up to the host. After that it can be joined again.
    pub fn join_thread<R: LiftedResult>(
        &mut self,
        thread: SpawnedThread<R>,
    ) -> Result<R, ThreadError> {
        let joined = self.join_until_or(thread, None)?;
        joined.ok_or_else(|| Error::from(MachineError::OtherStep).into())
    }

    /// Joins a thread as [`join_thread`](Self::join_thread) does, for at most a time: **blocks**.
    /// Returns `None` after that has passed; the thread can be joined again.
    ///
    /// # Errors
    ///
    /// Those of [`join_thread`](Self::join_thread), but for [`CallError::WaitsForHost`].
    pub fn join_thread_within<R: LiftedResult>(
        &mut self,
        thread: SpawnedThread<R>,
        time: Duration,
    ) -> Result<Option<R>, ThreadError> {
        self.join_until_or(thread, Some(Deadline::after(time)))
    }

    fn join_until_or<R: LiftedResult>(
        &mut self,
        thread: SpawnedThread<R>,
        deadline: Option<Deadline>,
    ) -> Result<Option<R>, ThreadError> {
        let mut join = self.join_thread_async(thread)?;
        let target = join.store.target_of_join(thread);
        match join.store.block_until_or(target, deadline, |state| state.join(thread))? {
            Some(()) => join.end().map(Some),
            None => Ok(None),
        }
    }

    /// Lets everything run until a call or [host task](crate::task) is over, and says how it ended:
    /// **blocks**. A **host extension**. What a task returned is what
    /// [`Tasks::result`](crate::task::Tasks::result) returns; the result of a call is
    /// [taken](Self::take_result) as ever.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`](crate::error::Error::Unknown); [`CallError::WaitsForHost`] if the end of
    /// the task is up to the host; [`CallError::Deadlock`] if nothing can go on any more. The task
    /// is there as before.
    pub fn wait_for_task(&mut self, task: SubtaskId) -> Result<TaskStatus, CallError> {
        self.block_until(Target::Call(task), |state| state.ended_status(task))
    }

    /// Waits as [`wait_for_task`](Self::wait_for_task) does, for at most a time: **blocks**.
    /// Returns `None` after that has passed.
    ///
    /// # Errors
    ///
    /// Those of [`wait_for_task`](Self::wait_for_task), but for [`CallError::WaitsForHost`].
    pub fn wait_for_task_within(
        &mut self,
        task: SubtaskId,
        time: Duration,
    ) -> Result<Option<TaskStatus>, CallError> {
        let deadline = Some(Deadline::after(time));
        self.block_until_or(Target::Call(task), deadline, |state| state.ended_status(task))
    }

    /// Lets everything run until all of these are over: **blocks**. A **host extension**.
    ///
    /// # Errors
    ///
    /// Those of [`wait_for_task`](Self::wait_for_task).
    pub fn wait_for_tasks(&mut self, tasks: &[SubtaskId]) -> Result<(), CallError> {
        tasks.iter().try_for_each(|task| self.wait_for_task(*task).map(|_| ()))
    }

    /// Lets everything run until a member of a [set](crate::waitable) has an event, which it takes,
    /// or the set was closed: **blocks**. A **host extension**.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`](crate::error::Error::Unknown); [`CallError::WaitsForHost`] if an event is
    /// up to the host, as it is if a member is a host task or an end; [`CallError::Deadlock`] if
    /// nothing can go on any more, as it can't if the set has no members.
    pub fn wait_for_set(&mut self, set: WaitableSetId) -> Result<WaitResult, CallError> {
        self.block_until(Target::Set(set), |state| state.poll_set(set))
    }

    /// Waits as [`wait_for_set`](Self::wait_for_set) does, for at most a time: **blocks**. Returns
    /// [`WaitResult::Timeout`] after that has passed. Guests that run are not stopped. The time is
    /// looked at when [enough turns](Self::set_turns_per_poll) were taken.
    ///
    /// # Errors
    ///
    /// Those of [`wait_for_set`](Self::wait_for_set), but for [`CallError::WaitsForHost`].
    pub fn wait_for_set_within(
        &mut self,
        set: WaitableSetId,
        time: Duration,
    ) -> Result<WaitResult, CallError> {
        let deadline = Some(Deadline::after(time));
        let result =
            self.block_until_or(Target::Set(set), deadline, |state| state.poll_set(set))?;
        Ok(result.unwrap_or(WaitResult::Timeout))
    }

    /// Lets everything run until one of these has an event, which it takes: **blocks**. A **host
    /// extension**. They leave the sets that they are in, and are in none afterwards; in a
    /// [set](crate::waitable) of their own they needn't be named again each time.
    ///
    /// # Errors
    ///
    /// Those of [`WaitableSets::create_with`](crate::waitable::WaitableSets::create_with) and
    /// [`wait_for_set`](Self::wait_for_set).
    pub fn wait_for_any<W: Into<Waitable> + Copy>(
        &mut self,
        members: &[W],
    ) -> Result<WaitResult, CallError> {
        let set = self.waitable_sets().create_with(members)?;
        let result = self.wait_for_set(set);
        for member in members {
            match self.waitable_sets().remove(set, *member) {
                // What was named twice, or was dropped or given away meanwhile.
                Ok(())
                | Err(
                    Error::Extension(ExtensionError::NotMember)
                    | Error::Unknown(_)
                    | Error::Machine(MachineError::NotHeld),
                ) => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.waitable_sets().drop(set)?;
        result
    }

    fn waits_for_host_error(&mut self, target: Target) -> CallError {
        let report = E::data_mut(&mut self.engine_store).who_waits_for_host(target);
        CallError::WaitsForHost(Box::new(report))
    }

    fn block_until<R>(
        &mut self,
        target: Target,
        ready: impl FnMut(&mut State<E, T>) -> Result<Option<R>, CallError>,
    ) -> Result<R, CallError> {
        let found = self.block_until_or(target, None, ready)?;
        found.ok_or_else(|| MachineError::OtherStep.into())
    }

    /// Lets everything run until `ready` returns something, or it is late. The thread is parked
    /// while all that is left waits for something outside of the store.
    fn block_until_or<R>(
        &mut self,
        target: Target,
        deadline: Option<Deadline>,
        mut ready: impl FnMut(&mut State<E, T>) -> Result<Option<R>, CallError>,
    ) -> Result<Option<R>, CallError> {
        self.count_interruptions_anew();
        let waker = unpark_this_thread();
        loop {
            self.set_driver(&waker);
            let waits = match self.run_until_ready(target, &mut ready)? {
                Ran::ToItsEnd(found) => return Ok(Some(found)),
                Ran::ForTooLong => false,
                Ran::UntilHostActs if deadline.is_none() => {
                    return Err(self.waits_for_host_error(target));
                }
                Ran::UntilItWaits | Ran::UntilHostActs => true,
            };
            if pause(deadline, waits) {
                return Ok(None);
            }
        }
    }
}

/// The time until which something waits; `None` if it is too far away to be reached.
#[derive(Clone, Copy)]
struct Deadline(Option<Instant>);

impl Deadline {
    fn after(time: Duration) -> Self {
        Self(Instant::now().checked_add(time))
    }
}

/// Parks the thread, if it `parks`, until it is woken or it is late. Returns `true` if it was late
/// before.
fn pause(deadline: Option<Deadline>, parks: bool) -> bool {
    let deadline = deadline.and_then(|Deadline(deadline)| deadline);
    match deadline.map(|it| it.saturating_duration_since(Instant::now())) {
        Some(Duration::ZERO) => return true,
        Some(left) if parks => std::thread::park_timeout(left),
        None if parks => std::thread::park(),
        Some(_) | None => {}
    }
    false
}

fn unpark_this_thread() -> Waker {
    Waker::from(Arc::new(Unpark(std::thread::current())))
}
