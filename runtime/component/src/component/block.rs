//! Blocking: letting a store run on this thread until a call has come to its end.

use alloc::sync::Arc;
use alloc::task::Wake;
use core::task::Waker;
use core::time::Duration;
use std::thread::Thread;
use std::time::Instant;

use crate::component::run::lifted_result::LiftedResult;
use crate::component::run::state::State;
use crate::component::run::turns::Ran;
use crate::component::store::call_error::CallError;
use crate::engine::CoreEngine;
use crate::error::{Error, ExtensionError, MachineError};
use crate::machine::{SubtaskId, WaitableSetId};
use crate::task::TaskStatus;
use crate::waitable::{WaitResult, Waitable};

use super::callee::Callee;
use super::stores::{CallId, Store};
use super::threads::{SpawnedThread, ThreadError};

/// Wakes a thread that is parked.
struct Unpark(Thread);

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
            self.store.abandon(call);
        }
    }
}

impl<E: CoreEngine, T: 'static> Store<E, T> {
    /// Lets everything run until a call has come to its end, and gives its result: **blocks**.
    /// While all that is left waits for functions of the host, the thread is parked.
    ///
    /// # Errors
    ///
    /// [`CallError`]: why the call has no result.
    pub fn run<R: LiftedResult>(&mut self, call: CallId<R>) -> Result<R, CallError> {
        self.count_interruptions_anew();
        // Most calls need none.
        let mut waker: Option<Waker> = None;
        loop {
            match &waker {
                Some(waker) => self.set_driver(waker),
                None => E::data_mut(&mut self.engine_store).begin_drive(),
            }
            match (self.run_until(call.0)?, &waker) {
                (Ran::ToItsEnd(value), _) => return Ok(value),
                (Ran::ForTooLong, _) => {}
                (Ran::UntilItWaits, None) => {
                    waker = Some(Waker::from(Arc::new(Unpark(std::thread::current()))));
                }
                (Ran::UntilItWaits, Some(_)) => std::thread::park(),
            }
        }
    }

    /// Calls a function, and lets everything run until it has come to its end: **blocks**.
    ///
    /// # Errors
    ///
    /// Those of [`start`](Self::start) and [`run`](Self::run).
    pub fn call<F: Callee>(
        &mut self,
        function: &F,
        arguments: F::Arguments<'_>,
    ) -> Result<F::Result, CallError> {
        let call = self.start(function, arguments)?;
        let mut running = Running { store: self, call: Some(call.0) };
        let result = running.store.run(call);
        running.call = None;
        result
    }

    /// Lets everything run until a thread is over and its values are destroyed, and gives what it
    /// has returned: **blocks**. A **host extension**; see [`thread`](crate::thread).
    ///
    /// # Errors
    ///
    /// Those of [`join_thread_async`](Self::join_thread_async).
    pub fn join_thread<R: LiftedResult>(
        &mut self,
        thread: SpawnedThread<R>,
    ) -> Result<R, ThreadError> {
        let mut join = self.join_thread_async(thread)?;
        join.store.block_until(|state| state.join(thread))?;
        join.end()
    }

    /// Lets everything run until a call or [host task](crate::task) is over, and says how it ended:
    /// **blocks**. A **host extension**. What a task returned is what
    /// [`Tasks::result`](crate::task::Tasks::result) returns; the result of a call is
    /// [taken](Self::take_result) as ever.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`](crate::error::Error::Unknown); [`CallError::Deadlock`] if nothing can go
    /// on any more. The task is there as before.
    pub fn wait_for_task(&mut self, task: SubtaskId) -> Result<TaskStatus, CallError> {
        self.block_until(|state| state.ended_status(task))
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
    /// [`Error::Unknown`](crate::error::Error::Unknown); [`CallError::Deadlock`] if nothing can go
    /// on any more, as it can't if the set has no members.
    pub fn wait_for_set(&mut self, set: WaitableSetId) -> Result<WaitResult, CallError> {
        self.block_until(|state| state.poll_set(set))
    }

    /// The same, for no longer than this: [`WaitResult::Timeout`] then. Guests that run are not
    /// stopped; the time is looked at when [so many turns](Self::set_turns_per_poll) were taken.
    ///
    /// # Errors
    ///
    /// Those of [`wait_for_set`](Self::wait_for_set).
    pub fn wait_for_set_within(
        &mut self,
        set: WaitableSetId,
        timeout: Duration,
    ) -> Result<WaitResult, CallError> {
        let deadline = Instant::now().checked_add(timeout);
        let result = self.block_until_or(deadline, |state| state.poll_set(set))?;
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

    fn block_until<R>(
        &mut self,
        ready: impl FnMut(&mut State<E, T>) -> Result<Option<R>, CallError>,
    ) -> Result<R, CallError> {
        self.block_until_or(None, ready)?.ok_or_else(|| MachineError::OtherStep.into())
    }

    /// Lets everything run until `ready` gives something, or it is late. The thread is parked while
    /// all that is left waits for functions of the host.
    fn block_until_or<R>(
        &mut self,
        deadline: Option<Instant>,
        mut ready: impl FnMut(&mut State<E, T>) -> Result<Option<R>, CallError>,
    ) -> Result<Option<R>, CallError> {
        self.count_interruptions_anew();
        let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
        loop {
            self.set_driver(&waker);
            let waits = match self.run_until_ready(&mut ready)? {
                Ran::ToItsEnd(found) => return Ok(Some(found)),
                Ran::ForTooLong => false,
                Ran::UntilItWaits => true,
            };
            let left = deadline.map(|it| it.saturating_duration_since(Instant::now()));
            match left {
                Some(Duration::ZERO) => return Ok(None),
                Some(left) if waits => std::thread::park_timeout(left),
                None if waits => std::thread::park(),
                Some(_) | None => {}
            }
        }
    }
}
