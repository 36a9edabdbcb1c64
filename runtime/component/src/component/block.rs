//! Blocking: letting a store run on this thread until a call has ended.

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

/// A call whose id nobody else has. If a panic continues while it runs, it is given up.
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
    /// Lets everything run until a call has ended, and returns its result: **blocks**. The thread
    /// is parked while everything waits for something outside of the store.
    ///
    /// Another thread has to serve what the store waits for. A current-thread runtime of tokio
    /// serves its timers and sockets on the thread that this method blocks, so that a host function
    /// that awaits them never goes on. Use [`run_async`](Self::run_async) there.
    ///
    /// # Errors
    ///
    /// [`CallError`] says why the call has no result. [`CallError::WaitsForHost`] and
    /// [`CallError::Deadlock`] keep the call, so that it can be run again.
    pub fn run<R: LiftedResult>(&mut self, call: CallId<R>) -> Result<R, CallError> {
        self.run_until_or(call, None)?.ok_or_else(|| MachineError::OtherStep.into())
    }

    /// Runs a call as [`run`](Self::run) does, for a limited time: **blocks**. After that time, it
    /// returns `None`, and the call is kept. It also waits for the whole time if the end of the
    /// call is up to the host.
    ///
    /// Guests that run are not stopped: the time is checked after [the turns of a
    /// poll](Self::set_turns_per_poll).
    ///
    /// ```
    /// # #[cfg(feature = "wasmi")] {
    /// use std::time::Duration;
    ///
    /// use weft::component::{Component, Linker, Store};
    /// use weft::engine::wasmi::Wasmi;
    ///
    /// // The guest yields forever.
    /// let component = wat::parse_str(r#"
    ///     (component
    ///         (core func $yield (canon thread.yield))
    ///         (core module $Module
    ///             (import "" "yield" (func $yield (result i32)))
    ///             (func (export "f") (loop (drop (call $yield)) (br 0))))
    ///         (core instance $module (instantiate $Module (with "" (instance
    ///             (export "yield" (func $yield))))))
    ///         (func (export "forever") async (canon lift (core func $module "f") async)))
    /// "#)?;
    /// let engine = Wasmi::default();
    /// let component = Component::new(&engine, &component)?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = store.instantiate(&component, &Linker::new())?;
    /// let forever = store.typed_function::<(), ()>(&instance, "forever")?;
    ///
    /// let call = store.start(&forever, ())?;
    /// assert_eq!(store.run_within(call, Duration::from_millis(5))?, None);
    /// // The call is kept. It could be run again.
    /// store.abandon(call)?;
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`CallError`], as from [`run`](Self::run), except [`CallError::WaitsForHost`].
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
        // Most calls need no waker.
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

    /// Calls a function, and lets everything run until the call has ended: **blocks**, as
    /// [`run`](Self::run) does. Inside of a current-thread runtime of tokio, use
    /// [`call_async`](Self::call_async).
    ///
    /// # Errors
    ///
    /// [`CallError`] says why the call can't be begun, or has no result. If the call is kept,
    /// [`CallError::kept_call`] returns its id.
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

    /// Begins a call for its result. The call may end without ever having records.
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

    /// Lets everything run until a thread has ended and its values are destroyed, and returns its
    /// result: **blocks**. A **host extension**; see [`thread`](crate::thread).
    ///
    /// # Errors
    ///
    /// - [`ThreadError::Error`] with [`ExtensionError::AlreadyJoined`] if the thread was joined
    ///   before, or with [`Error::Unknown`] if there is no such thread, or if its result was taken.
    /// - [`ThreadError::Call`] if the thread has failed, with the error of its call. With
    ///   [`CallError::WaitsForHost`], the end of the thread is up to the host; with
    ///   [`CallError::Deadlock`], nothing can go on. In these two cases, the thread can be joined
    ///   again.
    ///
    /// [`ExtensionError::AlreadyJoined`]: crate::error::ExtensionError::AlreadyJoined
    pub fn join_thread<R: LiftedResult>(
        &mut self,
        thread: SpawnedThread<R>,
    ) -> Result<R, ThreadError> {
        let joined = self.join_until_or(thread, None)?;
        joined.ok_or_else(|| Error::from(MachineError::OtherStep).into())
    }

    /// Joins a thread as [`join_thread`](Self::join_thread) does, for a limited time: **blocks**.
    /// After that time, it returns `None`, and the thread can be joined again.
    ///
    /// # Errors
    ///
    /// - [`ThreadError::Error`] with [`ExtensionError::AlreadyJoined`] if the thread was joined
    ///   before, or with [`Error::Unknown`] if there is no such thread, or if its result was taken.
    /// - [`ThreadError::Call`] if the thread has failed, with the error of its call. With
    ///   [`CallError::Deadlock`], nothing can go on, and the thread can be joined again.
    ///
    /// [`ExtensionError::AlreadyJoined`]: crate::error::ExtensionError::AlreadyJoined
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

    /// Lets everything run until a call or [host task](crate::task) has ended, and returns its
    /// status: **blocks**. A **host extension**. [`Tasks::result`](crate::task::Tasks::result)
    /// returns the result of a task. The result of a call is [taken](Self::take_result) as always.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`](crate::error::Error::Unknown); [`CallError::WaitsForHost`] if the end of
    /// the task is up to the host; [`CallError::Deadlock`] if nothing can go on. The task does not
    /// change.
    pub fn wait_for_task(&mut self, task: SubtaskId) -> Result<TaskStatus, CallError> {
        self.block_until(Target::Call(task), |state| state.ended_status(task))
    }

    /// Waits as [`wait_for_task`](Self::wait_for_task) does, for a limited time: **blocks**. After
    /// that time, it returns `None`.
    ///
    /// # Errors
    ///
    /// [`CallError`], as from [`wait_for_task`](Self::wait_for_task), except
    /// [`CallError::WaitsForHost`].
    pub fn wait_for_task_within(
        &mut self,
        task: SubtaskId,
        time: Duration,
    ) -> Result<Option<TaskStatus>, CallError> {
        let deadline = Some(Deadline::after(time));
        self.block_until_or(Target::Call(task), deadline, |state| state.ended_status(task))
    }

    /// Lets everything run until all of these tasks have ended: **blocks**. A **host extension**.
    ///
    /// # Errors
    ///
    /// [`CallError`], as from [`wait_for_task`](Self::wait_for_task).
    pub fn wait_for_tasks(&mut self, tasks: &[SubtaskId]) -> Result<(), CallError> {
        tasks.iter().try_for_each(|task| self.wait_for_task(*task).map(|_| ()))
    }

    /// Lets everything run until a member of a [set](crate::waitable) has an event, or the set is
    /// closed: **blocks**. It takes the event. A **host extension**.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`](crate::error::Error::Unknown); [`CallError::WaitsForHost`] if an event is
    /// up to the host, as it is if a member is a host task or an end; [`CallError::Deadlock`] if
    /// nothing can go on, as when the set has no members.
    pub fn wait_for_set(&mut self, set: WaitableSetId) -> Result<WaitResult, CallError> {
        self.block_until(Target::Set(set), |state| state.poll_set(set))
    }

    /// Waits as [`wait_for_set`](Self::wait_for_set) does, for a limited time: **blocks**. After
    /// that time, it returns [`WaitResult::Timeout`]. Guests that run are not stopped: the time is
    /// checked after [the turns of a poll](Self::set_turns_per_poll).
    ///
    /// # Errors
    ///
    /// [`CallError`], as from [`wait_for_set`](Self::wait_for_set), except
    /// [`CallError::WaitsForHost`].
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

    /// Lets everything run until one of these has an event: **blocks**. It takes the event. A
    /// **host extension**. The members leave the sets that they are in. Afterwards they are in no
    /// set. To wait for the same ones again and again, put them into a [set](crate::waitable) of
    /// their own.
    ///
    /// # Errors
    ///
    /// - [`CallError::Error`] with [`Error::Unknown`] if a member doesn't exist, with
    ///   [`MachineError::NotHosts`] if it is a guest's call, or with [`MachineError::NotHeld`] if
    ///   it is a guest's end or set.
    /// - [`CallError::WaitsForHost`] if an event is up to the host.
    /// - [`CallError::Deadlock`] if nothing can go on.
    pub fn wait_for_any<W: Into<Waitable> + Copy>(
        &mut self,
        members: &[W],
    ) -> Result<WaitResult, CallError> {
        let set = self.waitable_sets().create_with(members)?;
        let result = self.wait_for_set(set);
        for member in members {
            match self.waitable_sets().remove(set, *member) {
                // Some were named twice, or were dropped or given away meanwhile.
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
    /// while everything waits for something outside of the store.
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

/// The time until which to wait; `None` if it is too far away to be reached.
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
