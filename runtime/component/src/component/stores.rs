//! Stores: the places where instances live, and run.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::hash::{Hash, Hasher};
use core::marker::PhantomData;
use core::task::Waker;

use crate::abi::Val;
use crate::chooser::Chooser;
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

/// A place where instances of components live and run, with data of the host.
///
/// # Memory
///
/// What Weft has for an instance is freed when the instance is
/// [removed](Self::remove_instance), and what it has for a call when the call has returned: a store
/// in which instances come and go stays as large as what it has at a time.
///
/// What the engine has is freed when the engine can. **wasmi frees nothing before its store is
/// dropped**, so there a store is the unit of memory. Each instance that was ever made keeps about
/// 450 bytes, 120 more for each function that its core modules import, and its linear memories and
/// tables as they are. An empty store takes about 5 KiB, so instances that come and go are best
/// made in stores that come and go. Instances of several stores can't call one another: a store of
/// wasmi's for each instance would have the same price, and more for each call.
pub struct Store<E: CoreEngine, T: 'static = ()> {
    pub(crate) engine_store: E::Store<State<E, T>>,
    pub(crate) turns_per_poll: u32,
}

/// So many turns are taken in a poll, unless the host says otherwise.
const TURNS_PER_POLL: u32 = 1_000;

/// A call of an export that was begun, and that returns an `R`.
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
    /// Makes an empty store with `data` in it, which host functions are lent.
    pub fn new(engine: &E, data: T) -> Self {
        Self::chosen_by(engine, StoreChooser::first_in_first_out(), data)
    }

    /// Makes an empty store, as [`new`](Self::new), with a [chooser](crate::chooser) that decides
    /// what the spec leaves open.
    pub fn with_chooser(engine: &E, chooser: Box<dyn Chooser + Send>, data: T) -> Self {
        Self::chosen_by(engine, StoreChooser::new(chooser), data)
    }

    fn chosen_by(engine: &E, chooser: StoreChooser, data: T) -> Self {
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

    /// Sets the limits of the store, from now on. What guests have already they keep, and so do
    /// instances their limit of handles.
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

    /// From now on, the limit is counted from 0.
    pub(crate) fn count_interruptions_anew(&mut self) {
        self.context().data_mut().settings.count_interruptions_anew();
    }

    /// Makes an instance of a component, with what `linker` gives for its imports.
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

    /// Makes an instance of a component that was prepared.
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

    /// Returns the function that `instance` exports as `name`, which takes and returns
    /// [`Val`]s. [`typed_function`](Self::typed_function) is for Rust's own types.
    ///
    /// # Errors
    ///
    /// [`ExportError::Missing`] if the instance exports no such function,
    /// [`ExportError::OtherStore`] if it is in another store.
    pub fn function(&self, instance: &Instance<E>, name: &str) -> Result<Function, ExportError> {
        instance.function_in(E::data(&self.engine_store), name)
    }

    /// Begins a call of a function: it runs until it waits for something. It goes on whenever the
    /// store runs, whichever call that is for.
    ///
    /// The arguments of a [`Function`](super::Function) are a slice of [`Val`], those of a
    /// [`TypedFunction`](super::TypedFunction) a tuple.
    ///
    /// If the engine has interrupted another call, that one goes on first, for as long as a
    /// [poll](Self::set_turns_per_poll) may take.
    ///
    /// # Errors
    ///
    /// [`CallError`] if it can't be begun, or trapped at once;
    /// [`MachineError::GuestHasControl`] if the call that was interrupted did not stop.
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

    /// Lets everything run until nothing can go on, or [enough turns](Self::set_turns_per_poll)
    /// were taken: for those without an executor. How a call ended is told by
    /// [`take_result`](Self::take_result).
    ///
    /// `waker` is woken when something can go on; at once, if it can now.
    ///
    /// # Errors
    ///
    /// [`Error::Full`]: a table's limit is reached, so that a thread can't go on.
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

    /// Returns how a call ended, if it has; then it is forgotten.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if there is no such call, or its end was taken already.
    pub fn take_result<R: LiftedResult>(
        &mut self,
        call: CallId<R>,
    ) -> Result<Option<Result<R, CallError>>, Error> {
        self.context().data_mut().take_result(call.0)
    }

    /// Asks a call to cancel. It ends with [`CallError::Cancelled`], or returns all the same; when
    /// and if it does is the guest's matter: [`abandon`](Self::abandon) asks nobody.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if there is no such call, or its end was taken already;
    /// [`MachineError::GuestHasControl`] if a call that the engine interrupted did not stop.
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

    /// Forgets a call. If it has not come to its end, it goes on when the store
    /// runs, and its result is dropped; one that still waits to start never does.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] if there is no such call, or its end was taken already.
    pub fn forget<R>(&mut self, call: CallId<R>) -> Result<(), Error> {
        let forgotten = self.context().data_mut().forget(call.0);
        self.raise_panic_of_nobody();
        forgotten
    }

    /// Returns what trapped in a call that had returned already or was given up, so that no call's
    /// end tells of it: the first that was not taken yet.
    pub fn take_background_trap(&mut self) -> Option<CallError> {
        self.context().data_mut().origins.take_background_trap()
    }

    /// Returns what trapped last in the store, and where: after a call has failed, it is what the
    /// call failed with, unless something else trapped meanwhile. An error of a call that was not
    /// begun is no trap.
    pub fn last_trap(&self) -> Option<Arc<TrapBacktrace>> {
        E::data(&self.engine_store).traps.last().cloned()
    }

    /// Returns how many entries one of the store's tables has; of [`Table::Handles`] and
    /// [`Table::ThreadIndices`], those of all instances.
    pub fn count_of(&self, table: Table) -> usize {
        E::data(&self.engine_store).machine.count_of(table)
    }

    /// Returns which tasks wait, each for what, and who could wake it.
    pub fn waiting(&mut self) -> Vec<WaitingTask> {
        let state = E::data_mut(&mut self.engine_store);
        waiting_tasks(&mut state.machine, &state.names)
    }

    /// Says whether each call gets its records in the machine at once, as a subtask, a task and a
    /// thread, from now on.
    ///
    /// At first, the records of a call are made when somebody looks at it: most calls end before. A
    /// guest sees no difference, nor does a host; calls take longer with records. So this is for those
    /// who compare both.
    pub fn set_eager_records(&mut self, is_eager: bool) {
        E::data_mut(&mut self.engine_store).machine.set_eager(is_eager);
    }

    /// Sets how many turns a poll may take before others have theirs, at least 1. A turn is what a
    /// guest's thread does until it waits or yields.
    pub fn set_turns_per_poll(&mut self, turns: u32) {
        self.turns_per_poll = turns.max(1);
    }

    /// Gives up what the engine has interrupted, if there is something, as if it had trapped: the
    /// instances that were part of it never run again, and the call that it belongs to ends with
    /// [`CallError::Interrupted`]. Returns `true` if there was something.
    ///
    /// # Errors
    ///
    /// [`Error`] if the machine could not unwind it, which is a mistake of Weft's.
    pub fn stop_interrupted(&mut self) -> Result<bool, Error> {
        self.context().data_mut().stop_interrupted()
    }

    /// Says who is woken when a host function can go on.
    pub(crate) fn set_driver(&mut self, waker: &Waker) {
        let mut cx = self.context();
        let state = cx.data_mut();
        state.waiting.set_driver(waker);
        state.begin_drive();
    }

    /// Lets the first panic go on that belongs to no call.
    #[inline]
    pub(crate) fn raise_panic_of_nobody(&mut self) {
        let state = E::data_mut(&mut self.engine_store);
        let of_chooser = state.machine.chooser_mut().take_panic();
        if let Some(panic) = of_chooser.or_else(|| state.panics.take_of_nobody()) {
            raise(&panic);
        }
    }

    /// Lets the first panic go on, also of a call.
    pub(crate) fn raise_any_panic(&mut self) {
        self.raise_panic_of_nobody();
        if let Some(panic) = E::data_mut(&mut self.engine_store).panics.take_any() {
            raise(&panic);
        }
    }

    /// Lets everything run for a call, for as many turns as a poll may take.
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

    /// Does what comes before anything new: see [`Context::settle`].
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
