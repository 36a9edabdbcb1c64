//! Stores: the places where instances live and run.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;
use core::task::Waker;

use crate::abi::Val;
use crate::component::run::context::Context;
use crate::component::run::instantiate::error::InstantiateError;
use crate::component::run::lifted_result::LiftedResult;
use crate::component::run::state::State;
use crate::component::run::turns::{Ran, Turn};
use crate::component::store::call_error::CallError;
use crate::component::store::deadlock::{WaitingTask, waiting_tasks};
use crate::component::store::machine::StoreChooser;
use crate::component::store::store_limits::StoreLimits;
use crate::component::store::trap_backtrace::TrapBacktrace;
use crate::component::store::unwinding::raise;
use crate::context::Contexts;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::Error;
use crate::error_context::ErrorContexts;
use crate::host::{ExtensionAccess, HostExtensions};
use crate::limits::{Heap, Table};
use crate::machine::SubtaskId;
use crate::task::{CancellationTokens, Tasks};
use crate::thread::Threads;
use crate::waitable::WaitableSets;

use super::callee::Callee;
use super::export_error::ExportError;
use super::instance::{Function, Instance};
use super::instance_pre::InstancePre;
use super::linker::Linker;
use super::loading::Component;
use super::progress::PollProgress;
use super::raising::or_panic;

/// A place where instances of components live and run, together with the data of the host.
///
/// ```
/// # #[cfg(all(feature = "std", feature = "wasmi"))] {
/// use weft::component::{CallError, Component, Linker, Store};
/// use weft::engine::wasmi::Wasmi;
///
/// # let component = wat::parse_str(r#"
/// #     (component
/// #         (import "count" (func $count))
/// #         (core func $count (canon lower (func $count)))
/// #         (core module $Module
/// #             (import "" "count" (func $count))
/// #             (func (export "run") (param i32)
/// #                 (call $count)
/// #                 (if (i32.eqz (local.get 0)) (then unreachable))))
/// #         (core instance $module (instantiate $Module (with "" (instance
/// #             (export "count" (func $count))))))
/// #         (func (export "run") (param "number" u32) (canon lift (core func $module "run"))))
/// # "#)?;
/// let engine = Wasmi::default();
/// let component = Component::new(&engine, &component)?;
/// let mut linker = Linker::new();
/// linker.typed_function("count", |caller, ()| {
///     *caller.data_mut() += 1;
///     Ok(())
/// });
///
/// // The store has a number as its data, which the host function changes.
/// let mut store = Store::new(&engine, 0);
/// let instance = store.instantiate(&component, &linker)?;
/// let run = store.typed_function::<(u32,), ()>(&instance, "run")?;
/// store.call(&run, (5,))?;
/// assert_eq!(*store.data(), 1);
///
/// // After a trap, the store has its backtrace, and returns its data.
/// assert!(matches!(store.call(&run, (0,)), Err(CallError::Core(_))));
/// let trap = store.last_trap().ok_or("nothing has trapped")?;
/// assert_eq!(trap.function(), Some("run"));
/// assert_eq!(store.into_data(), 2);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Memory
///
/// Weft frees its part of an instance when the instance is [removed](Self::remove_instance), and
/// its part of a call when the call has returned. So a store in which instances come and go does
/// not grow.
///
/// The engine frees its own part when it can. **wasmi frees nothing before its store is dropped**,
/// so that a store is the unit of memory there. Each instance that was ever made keeps about 450
/// bytes, 120 more for each function that its core modules import, and its linear memories and
/// tables at their size. An empty store takes about 5 KiB. If instances come and go, make them in
/// stores that come and go, too. Instances of several stores can't call one another.
pub struct Store<E: CoreEngine, T: 'static = ()> {
    pub(crate) engine_store: E::Store<State<E, T>>,
    pub(crate) turns_per_poll: u32,
}

/// The number of turns in a poll, unless the host sets another one.
const TURNS_PER_POLL: u32 = 1_000;

/// The id of a call of an export that was begun, and that returns an `R`.
pub struct CallId<R = Option<Val>>(pub(crate) SubtaskId, pub(crate) PhantomData<fn() -> R>);

impl<R> Clone for CallId<R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for CallId<R> {}

impl<R> PartialEq for CallId<R> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<R> Eq for CallId<R> {}

impl<R> Hash for CallId<R> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<R> fmt::Debug for CallId<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("CallId").field(&self.0).finish()
    }
}

impl<E: CoreEngine, T: 'static> Store<E, T> {
    /// Makes an empty store. Host functions can use its `data`.
    pub fn new(engine: &E, data: T) -> Self {
        Self::chosen_by(engine, StoreChooser::first_in_first_out(), data)
    }

    /// Makes an empty store with this chooser.
    pub(super) fn chosen_by(engine: &E, chooser: StoreChooser, data: T) -> Self {
        let engine_store = engine.new_store(State::new(engine.clone(), chooser, data));
        Self { engine_store, turns_per_poll: TURNS_PER_POLL }
    }

    /// Returns the data of the store.
    pub fn data(&self) -> &T {
        &E::data(&self.engine_store).data
    }

    /// Returns the limits of the store.
    pub fn limits(&self) -> StoreLimits {
        E::data(&self.engine_store).settings.limits
    }

    /// Sets the limits of the store, from now on. Guests keep what they have already, and instances
    /// keep their limit of handles.
    ///
    /// ```
    /// # #[cfg(feature = "wasmi")] {
    /// use weft::component::{Component, InstantiateError, Linker, Store, StoreLimit, StoreLimits};
    /// use weft::engine::wasmi::Wasmi;
    ///
    /// let engine = Wasmi::default();
    /// let component = wat::parse_str(r#"
    ///     (component
    ///         (core module $module (memory 16))
    ///         (core instance (instantiate $module)))
    /// "#)?;
    /// let component = Component::new(&engine, &component)?;
    /// let mut store = Store::new(&engine, ());
    /// store.set_limits(StoreLimits::UNTRUSTED.with_memory_bytes(1 << 20));
    /// store.instantiate(&component, &Linker::new())?;
    /// let error = store.instantiate(&component, &Linker::new()).unwrap_err();
    /// let InstantiateError::Limit(reached) = error else { panic!("{error}") };
    /// assert_eq!((reached.limit, reached.value), (StoreLimit::MemoryBytes, 1 << 20));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn set_limits(&mut self, limits: StoreLimits) {
        let mut cx = self.context();
        cx.set_memory_limits(limits.memory());
        let state = cx.data_mut();
        state.machine.set_max_table_length(limits.handles);
        state.crossing.set_max_depth(limits.native_calls);
        state.settings.limits = limits;
    }

    /// Sets the tag of the store, which is a part of the ids of its calls, tasks, sets, ends, error
    /// contexts, threads and tokens from now on: see
    /// [`Machine::set_tag`](crate::machine::Machine::set_tag).
    ///
    /// A program with several stores calls this once for each, before anything else, with different
    /// numbers from 1 to 255. Then an id of another store is refused with
    /// [`Error::Unknown`](crate::error::Error::Unknown). Functions and instances know their store without
    /// a tag.
    ///
    /// # Example
    ///
    /// ```
    /// # #[cfg(all(feature = "std", feature = "wasmi"))] {
    /// use weft::component::Store;
    /// use weft::engine::wasmi::Wasmi;
    /// use weft::error::Error;
    /// use weft::limits::Table;
    ///
    /// let engine = Wasmi::default();
    /// let (mut first, mut second) = (Store::new(&engine, ()), Store::new(&engine, ()));
    /// first.set_tag(1);
    /// second.set_tag(2);
    /// let (task, other) = (first.tasks().start()?, second.tasks().start()?);
    /// assert_eq!(first.tasks().complete(other, 5_u32), Err(Error::Unknown(Table::Waitables)));
    /// first.tasks().complete(task, 5_u32)?;
    /// # }
    /// # Ok::<(), weft::error::Error>(())
    /// ```
    pub fn set_tag(&mut self, tag: u8) {
        self.context().data_mut().machine.set_tag(tag);
    }

    /// Restarts the count of interruptions from 0.
    pub(crate) fn count_interruptions_anew(&mut self) {
        self.context().data_mut().settings.count_interruptions_anew();
    }

    /// Makes an instance of a component, whose imports are found in `linker`.
    ///
    /// # Errors
    ///
    /// [`InstantiateError`]
    pub fn instantiate(
        &mut self,
        component: &Component<E>,
        linker: &Linker<E, T>,
    ) -> Result<Instance<E>, InstantiateError> {
        self.count_interruptions_anew();
        let turns = self.turns_per_poll;
        self.settle(turns)?;
        let instance = or_panic(linker.instantiate(&mut self.context(), component));
        self.raise_panic_of_nobody();
        instance
    }

    /// Makes an instance of a prepared component.
    pub(crate) fn instantiate_prepared(
        &mut self,
        prepared: &InstancePre<E, T>,
    ) -> Result<Instance<E>, InstantiateError> {
        self.count_interruptions_anew();
        let turns = self.turns_per_poll;
        self.settle(turns)?;
        let instance = or_panic(prepared.make(&mut self.context()));
        self.raise_panic_of_nobody();
        instance
    }

    /// Returns the function that `instance` exports as `name`, which takes and returns [`Val`]s.
    /// For Rust's own types, use [`typed_function`](Self::typed_function).
    ///
    /// # Errors
    ///
    /// [`ExportError::Missing`] if the instance exports no such function;
    /// [`ExportError::OtherStore`] if the instance is in another store;
    /// [`ExportError::InstanceRemoved`].
    pub fn function(&self, instance: &Instance<E>, name: &str) -> Result<Function, ExportError> {
        instance.function_in(E::data(&self.engine_store), name)
    }

    /// Begins a call of a function. It runs until it waits for something. Then it goes on whenever
    /// the store runs, for this call or another one.
    ///
    /// The arguments of a [`Function`](super::Function) are a slice of [`Val`]; those of a
    /// [`TypedFunction`](super::TypedFunction) are a tuple.
    ///
    /// If the engine has interrupted another call, that call goes on first, for at most the turns
    /// of a [poll](Self::set_turns_per_poll).
    ///
    /// ```
    /// # #[cfg(all(feature = "std", feature = "wasmi"))] {
    /// use weft::component::{CallError, Component, Linker, Store};
    /// use weft::engine::wasmi::Wasmi;
    ///
    /// # let component = wat::parse_str(r#"
    /// #     (component
    /// #         (core func $yield (canon thread.yield))
    /// #         (core func $return (canon task.return (result u32)))
    /// #         (core module $Module
    /// #             (import "" "yield" (func $yield (result i32)))
    /// #             (import "" "return" (func $return (param i32)))
    /// #             (func (export "f") (param i32)
    /// #                 (drop (call $yield))
    /// #                 (call $return (local.get 0))))
    /// #         (core instance $module (instantiate $Module (with "" (instance
    /// #             (export "yield" (func $yield)) (export "return" (func $return))))))
    /// #         (func (export "later") async (param "number" u32) (result u32)
    /// #             (canon lift (core func $module "f") async)))
    /// # "#)?;
    /// let engine = Wasmi::default();
    /// let component = Component::new(&engine, &component)?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = store.instantiate(&component, &Linker::new())?;
    /// let later = store.typed_function::<(u32,), u32>(&instance, "later")?;
    ///
    /// // Two calls are under way. Driving the store for one lets both run.
    /// let first = store.start(&later, (1,))?;
    /// let second = store.start(&later, (2,))?;
    /// assert_eq!(store.run(second)?, 2);
    /// assert_eq!(store.run(first)?, 1);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`CallError`] if the call can't be begun, or if it traps at once;
    /// [`MachineError::GuestHasControl`] if a call that the engine has interrupted did not stop.
    ///
    /// [`MachineError::GuestHasControl`]: crate::error::MachineError::GuestHasControl
    pub fn start<F: Callee>(
        &mut self,
        function: &F,
        arguments: F::Arguments<'_>,
    ) -> Result<CallId<F::Result>, CallError> {
        let arguments = F::keep_in(&mut self.context(), arguments);
        let call = self.start_kept(function, arguments)?;
        Ok(CallId(call, PhantomData))
    }

    pub(crate) fn start_kept<F: Callee>(
        &mut self,
        function: &F,
        arguments: F::Kept,
    ) -> Result<SubtaskId, CallError> {
        self.count_interruptions_anew();
        let turns = self.turns_per_poll;
        self.settle(turns)?;
        let call = or_panic(function.start(&mut self.context(), arguments))?;
        if self.context().data().has_panic_of_nobody() {
            self.no_longer_awaited(call);
            self.raise_panic_of_nobody();
        }
        Ok(call)
    }

    /// Lets everything run until nothing can go on, or for at most [a number of
    /// turns](Self::set_turns_per_poll). It is for hosts without an executor.
    /// [`take_result`](Self::take_result) then returns the result of a call.
    ///
    /// `waker` is woken when something can go on. It is woken at once if something can go on now.
    ///
    /// ```
    /// # #[cfg(all(feature = "std", feature = "wasmi"))] {
    /// use std::task::Waker;
    ///
    /// use weft::component::{Component, Linker, Store};
    /// use weft::engine::wasmi::Wasmi;
    ///
    /// # let component = wat::parse_str(r#"
    /// #     (component
    /// #         (core func $yield (canon thread.yield))
    /// #         (core func $return (canon task.return (result u32)))
    /// #         (core module $Module
    /// #             (import "" "yield" (func $yield (result i32)))
    /// #             (import "" "return" (func $return (param i32)))
    /// #             (func (export "f") (drop (call $yield)) (call $return (i32.const 7))))
    /// #         (core instance $module (instantiate $Module (with "" (instance
    /// #             (export "yield" (func $yield)) (export "return" (func $return))))))
    /// #         (func (export "seven") async (result u32)
    /// #             (canon lift (core func $module "f") async)))
    /// # "#)?;
    /// let engine = Wasmi::default();
    /// let component = Component::new(&engine, &component)?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = store.instantiate(&component, &Linker::new())?;
    /// let seven = store.typed_function::<(), u32>(&instance, "seven")?;
    ///
    /// let call = store.start(&seven, ())?;
    /// let result = loop {
    ///     if let Some(result) = store.take_result(call)? {
    ///         break result?;
    ///     }
    ///     // A real loop sleeps until the waker is woken.
    ///     let progress = store.poll(Waker::noop())?;
    ///     assert_eq!(progress.calls, 1);
    /// };
    /// assert_eq!(result, 7);
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if a table has reached its limit, so that a thread can't go on.
    pub fn poll(&mut self, waker: &Waker) -> Result<PollProgress, Error> {
        self.set_driver(waker);
        let turns = self.turns_per_poll;
        let mut cx = self.context();
        let mut can_go_on = true;
        for _ in 0..turns {
            if cx.data().has_panic_of_nobody() {
                break;
            }
            match cx.turn()? {
                Turn::Progress => {}
                Turn::Interrupted => break,
                Turn::Idle => {
                    can_go_on = cx.data().has_woken();
                    break;
                }
            }
        }
        if can_go_on {
            waker.wake_by_ref();
        }
        drop(cx);
        self.raise_any_panic();
        let state = E::data(&self.engine_store);
        Ok(PollProgress {
            can_go_on,
            calls: state.calls.num_embedder_calls(),
            threads: state.machine.count_of(Table::Threads),
            functions: state.waiting.count(),
        })
    }

    /// Does everything that is due except to resume threads that are ready: polls the host's futures
    /// that were woken, grants requests for the store, drops and cancels. A guest that the engine has
    /// interrupted goes on. Returns `true` if something was done.
    ///
    /// If the engine interrupts a guest, this returns `true` at once: the guest goes on in the next
    /// call. So a host can look at the time after each [slice of fuel](Self::set_fuel_slice), and
    /// [stop](Self::stop_interrupted) the guest.
    ///
    /// With a [number of turns](Self::set_turns_per_poll) of 1, a [`poll`](Self::poll) after this
    /// resumes one thread. So a host can decide before each thread whether one of its own futures is
    /// ready first, as the crate `weft-explore` does.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if a table has reached its limit, so that something can't go on.
    pub fn poll_host(&mut self, waker: &Waker) -> Result<bool, Error> {
        self.set_driver(waker);
        let turns = self.turns_per_poll;
        let mut cx = self.context();
        let mut has_gone_on = false;
        for _ in 0..turns {
            match cx.due()? {
                Some(Turn::Interrupted) => {
                    has_gone_on = true;
                    break;
                }
                Some(_) => has_gone_on = true,
                None if cx.poll_host() => has_gone_on = true,
                None if cx.data().has_woken() => {}
                None => break,
            }
        }
        drop(cx);
        self.raise_any_panic();
        Ok(has_gone_on)
    }

    /// Returns the result of a call and forgets the call. Returns `None` if the call has not ended.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if there is no such call, or if its result was taken before.
    pub fn take_result<R: LiftedResult>(
        &mut self,
        call: CallId<R>,
    ) -> Result<Option<Result<R, CallError>>, Error> {
        self.context().data_mut().take_result(call.0)
    }

    /// Asks the guest to cancel a call. The call then ends with [`CallError::Cancelled`], or
    /// returns nevertheless: the guest decides if and when. [`abandon`](Self::abandon) ends a call
    /// without asking.
    ///
    /// ```
    /// # #[cfg(all(feature = "std", feature = "wasmi"))] {
    /// use weft::component::{CallError, Component, Linker, Store};
    /// use weft::engine::wasmi::Wasmi;
    ///
    /// // The guest yields until it is asked to cancel.
    /// let component = wat::parse_str(r#"
    ///     (component
    ///         (core func $cancel (canon task.cancel))
    ///         (core module $Module
    ///             (import "" "cancel" (func $cancel))
    ///             (func (export "begin") (result i32) (i32.const 1 (; YIELD ;)))
    ///             (func (export "callback") (param $event i32) (param i32 i32) (result i32)
    ///                 (if (i32.eq (local.get $event) (i32.const 6 (; TASK_CANCELLED ;)))
    ///                     (then (call $cancel) (return (i32.const 0 (; EXIT ;)))))
    ///                 (i32.const 1 (; YIELD ;))))
    ///         (core instance $module (instantiate $Module (with "" (instance
    ///             (export "cancel" (func $cancel))))))
    ///         (func (export "wait") async (canon lift (core func $module "begin") async
    ///             (callback (core func $module "callback")))))
    /// "#)?;
    /// let engine = Wasmi::default();
    /// let component = Component::new(&engine, &component)?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = store.instantiate(&component, &Linker::new())?;
    /// let wait = store.typed_function::<(), ()>(&instance, "wait")?;
    ///
    /// let call = store.start(&wait, ())?;
    /// store.cancel(call)?;
    /// assert!(matches!(store.run(call), Err(CallError::Cancelled)));
    /// # }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if there is no such call, or if its result was taken before;
    /// [`MachineError::GuestHasControl`] if a call that the engine has interrupted did not stop.
    ///
    /// [`MachineError::GuestHasControl`]: crate::error::MachineError::GuestHasControl
    pub fn cancel<R>(&mut self, call: CallId<R>) -> Result<(), Error> {
        let turns = self.turns_per_poll;
        self.settle(turns)?;
        let mut cx = self.context();
        cx.data_mut().calls.embedder_call(call.0)?;
        let cancelled = cx.cancel(call.0).map(|_| ());
        drop(cx);
        self.raise_panic_of_nobody();
        cancelled
    }

    /// Forgets a call. If it has begun and not ended, it goes on when the store runs, and its
    /// result is dropped. If it still waits to start, it never starts.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if there is no such call, or if its result was taken before.
    pub fn forget<R>(&mut self, call: CallId<R>) -> Result<(), Error> {
        let forgotten = self.context().data_mut().forget(call.0);
        self.raise_panic_of_nobody();
        forgotten
    }

    /// Returns the first background trap that was not taken yet. A background trap is one that no
    /// call can return: it was in a call that had already returned, or that the host had given up.
    pub fn take_background_trap(&mut self) -> Option<CallError> {
        self.context().data_mut().origins.take_background_trap()
    }

    /// Returns the last trap in the store, with its backtrace. After a call has failed, it is the
    /// trap of that call, unless something else has trapped since. The error of a call that was not
    /// begun is not a trap.
    pub fn last_trap(&self) -> Option<Arc<TrapBacktrace>> {
        E::data(&self.engine_store).traps.last().cloned()
    }

    /// Returns the number of entries in one of the store's tables. For [`Table::Handles`] and
    /// [`Table::ThreadIndices`], it is the sum of all instances.
    pub fn count_of(&self, table: Table) -> usize {
        E::data(&self.engine_store).machine.count_of(table)
    }

    /// Returns the tasks that wait, with what each waits for and who could wake it.
    pub fn waiting(&mut self) -> Vec<WaitingTask> {
        let state = E::data_mut(&mut self.engine_store);
        waiting_tasks(&mut state.machine, &state.names)
    }

    /// Sets whether each call gets its records in the machine at once: a subtask, a task and a
    /// thread.
    ///
    /// By default, these records are made when something looks at the call, and most calls end
    /// before that. Neither guests nor hosts see a difference, but calls with records take longer.
    /// So this is for tests that compare both.
    pub fn set_eager_records(&mut self, is_eager: bool) {
        E::data_mut(&mut self.engine_store).machine.set_eager(is_eager);
    }

    /// Sets how many turns a poll may take before other tasks of the executor have theirs. The
    /// smallest number is 1. In a turn, a guest's thread runs until it waits or yields.
    pub fn set_turns_per_poll(&mut self, turns: u32) {
        self.turns_per_poll = turns.max(1);
    }

    /// Returns how many turns a poll may take.
    pub fn turns_per_poll(&self) -> u32 {
        self.turns_per_poll
    }

    /// Gives up the call that the engine has interrupted, if there is one, as if it had trapped.
    /// The instances that took part in it never run again, and the call ends with
    /// [`CallError::Interrupted`]. Returns `true` if there was one.
    ///
    /// # Errors
    ///
    /// [`enum@Error`] if the machine could not unwind the call, which is a fault of Weft.
    pub fn stop_interrupted(&mut self) -> Result<bool, Error> {
        self.context().data_mut().stop_interrupted()
    }

    /// Sets the waker for host functions that can go on.
    pub(crate) fn set_driver(&mut self, waker: &Waker) {
        let mut cx = self.context();
        let state = cx.data_mut();
        state.waiting.set_driver(waker);
        state.begin_drive();
    }

    /// Continues the first panic that belongs to no call.
    #[inline]
    pub(crate) fn raise_panic_of_nobody(&mut self) {
        let state = E::data_mut(&mut self.engine_store);
        let of_chooser = state.machine.chooser_mut().take_panic();
        if let Some(panic) = of_chooser.or_else(|| state.panics.take_of_nobody()) {
            raise(&panic);
        }
    }

    /// Continues the first panic, even if it belongs to a call.
    pub(crate) fn raise_any_panic(&mut self) {
        self.raise_panic_of_nobody();
        if let Some(panic) = E::data_mut(&mut self.engine_store).panics.take_any() {
            raise(&panic);
        }
    }

    /// Lets everything run for a call, for at most the turns of a poll.
    pub(crate) fn run_until<R: LiftedResult>(
        &mut self,
        call: SubtaskId,
    ) -> Result<Ran<R>, CallError> {
        let turns = self.turns_per_poll;
        let ran = or_panic(self.context().run_until(call, turns));
        if matches!(ran, Ok(Ran::ForTooLong)) {
            self.raise_panic_of_nobody();
        }
        ran
    }

    /// Does the work that comes before anything new: see [`Context::settle`].
    pub(crate) fn settle(&mut self, turns: u32) -> Result<(), Error> {
        self.context().settle(turns)
    }

    /// Returns a view of the [contexts](crate::context): a **host extension**.
    pub fn contexts(&mut self) -> Contexts<'_, Heap, StoreChooser> {
        E::data_mut(&mut self.engine_store).machine.contexts()
    }

    /// Returns a view of the [host tasks and calls](crate::task): a **host extension**.
    pub fn tasks(&mut self) -> Tasks<'_, Heap, StoreChooser> {
        E::data_mut(&mut self.engine_store).machine.tasks()
    }

    /// Returns a view of the [cancellation tokens](crate::task#cancellation): a **host extension**.
    pub fn cancellation_tokens(&mut self) -> CancellationTokens<'_, Heap, StoreChooser> {
        E::data_mut(&mut self.engine_store).machine.cancellation_tokens()
    }

    /// Returns a view of the [host's threads](crate::thread): a **host extension**.
    pub fn threads(&mut self) -> Threads<'_, Heap, StoreChooser> {
        E::data_mut(&mut self.engine_store).machine.threads()
    }

    /// Returns a view of the [host's waitable sets](crate::waitable): a **host extension**.
    pub fn waitable_sets(&mut self) -> WaitableSets<'_, Heap, StoreChooser> {
        E::data_mut(&mut self.engine_store).machine.waitable_sets()
    }

    /// Returns a view of the [error contexts](crate::error_context): a **host extension**.
    pub fn error_contexts(&mut self) -> ErrorContexts<'_, Heap, StoreChooser> {
        E::data_mut(&mut self.engine_store).machine.error_contexts()
    }

    pub(crate) fn context(&mut self) -> Context<'_, E, T> {
        Context(E::context(&mut self.engine_store))
    }
}

impl<E: CoreEngine, T: 'static> HostExtensions for Store<E, T> {
    type Limits = Heap;
    type Chooser = StoreChooser;

    fn extensions(&mut self) -> ExtensionAccess<'_, Heap, StoreChooser> {
        E::data_mut(&mut self.engine_store).machine.extensions()
    }
}

impl<E: CoreEngine, T: 'static> fmt::Debug for Store<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").finish_non_exhaustive()
    }
}
