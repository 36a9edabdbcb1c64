//! The explorer: it makes the stores of a run, and drives them step by step.

use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use weft::chooser::{Choice, Chooser};
use weft::component::{
    CallError, CallId, Callee, Component, Instance, InstantiateError, LiftedResult, Linker, Store,
};
use weft::engine::CoreEngine;
use weft::error::Error;

use crate::footprint::{Footprint, Process};
use crate::host_events::HostEvents;
use crate::run::{Candidate, Run, Stopped};
use crate::sleep_owners::HostCalls;
use crate::time_limit::is_past;

/// The largest number of events that a store's timeline keeps.
const TIMELINE_EVENTS: usize = 1 << 16;

/// The largest number of turns in which the host's futures are polled before the next step. A future
/// that wakes itself again and again is polled this often.
const TURNS: u32 = 1_000;

/// The fuel after which guests are interrupted so that the explorer looks at the time.
const SLICE: u64 = 2_000_000;

/// The fuel of a start function for each nanosecond that is left. wasmi uses about 0.6 in a loop.
const FUEL_PER_NANOSECOND: u64 = 2;

/// One run of an exploration, which makes stores and drives them.
///
/// Everything that can be done in different orders has to go through it: stores come from
/// [`store`](Self::store), calls are driven by [`call`](Self::call), [`run`](Self::run) and
/// [`finish`](Self::finish), and whatever the host waits for is one of its
/// [events](Self::host_events). Methods of the store that run guests, such as
/// [`Store::run`], let no host event happen. While one store is driven, the guests of others stand
/// still.
#[derive(Debug)]
pub struct Explorer {
    run: Run,
    /// The moment at which the run is stopped, if its time is limited.
    deadline: Option<Instant>,
    /// The number of the next event of each store's timeline.
    seen: Vec<u64>,
}

/// The chooser of a store that an explorer drives.
#[derive(Debug)]
struct StoreOfRun {
    run: Run,
    number: u32,
}

impl Chooser for StoreOfRun {
    fn choose(&mut self, choice: Choice, count: u32) -> u32 {
        self.run.state().choose(choice, count)
    }

    fn choose_covered(&mut self, choice: Choice, count: u32, covering: u32) -> u32 {
        self.run.state().choose_covered(choice, count, covering)
    }
}

impl Explorer {
    pub(crate) const fn new(run: Run, deadline: Option<Instant>) -> Self {
        Self { run, deadline, seen: Vec::new() }
    }

    /// Makes an empty store, whose decisions this run makes.
    ///
    /// The store records its [timeline](Store::timeline), from which the exploration learns what
    /// each step touches.
    ///
    /// # Panics
    ///
    /// After a fault in Weft.
    pub fn store<E: CoreEngine, T: 'static>(&mut self, engine: &E, data: T) -> Store<E, T> {
        let mut store = Store::new(engine, data);
        self.adopt(&mut store);
        store
    }

    /// Takes over a store that was made elsewhere: this run makes its decisions from now on.
    ///
    /// # Panics
    ///
    /// If a guest in the store is interrupted.
    #[expect(clippy::panic, reason = "an exploration fails by a panic, as a test does")]
    pub fn adopt<E: CoreEngine, T: 'static>(&mut self, store: &mut Store<E, T>) {
        let number = u32::try_from(self.seen.len()).unwrap_or(u32::MAX);
        store.set_chooser(Box::new(StoreOfRun { run: self.run.clone(), number }));
        if let Err(error) = store.record_timeline(self.run.timeline(TIMELINE_EVENTS)) {
            panic!("the store can't record a timeline, which an exploration needs: {error}");
        }
        self.seen.push(0);
        if self.deadline.is_some() {
            // Without fuel, the engine interrupts no guest.
            let _ = store.set_fuel_slice(SLICE);
            // A guest that was interrupted goes on before anything new, however long that takes.
            store.set_turns_per_poll(u32::MAX);
            self.run.state().interrupts.push(store.interrupt_handle());
        }
    }

    /// Makes an instance of a component, as [`Store::instantiate`] does.
    ///
    /// The difference is that start functions of core modules are stopped if the
    /// [time](crate::Exploration::max_time) of the exploration is limited, and if the engine counts
    /// fuel. They get fuel for all the time that is left.
    ///
    /// # Errors
    ///
    /// [`InstantiateError`]
    pub fn instantiate<E: CoreEngine, T: 'static>(
        &mut self,
        store: &mut Store<E, T>,
        component: &Component<E>,
        linker: &Linker<E, T>,
    ) -> Result<Instance<E>, InstantiateError> {
        let Some(deadline) = self.deadline else { return store.instantiate(component, linker) };
        let of_time = fuel_of(deadline.saturating_duration_since(Instant::now()));
        // A start function uses one slice, or all fuel that is left.
        let own = store.fuel();
        let granted = own.map(|own| own.min(of_time));
        let _ = store.set_fuel_slice(of_time);
        let _ = store.set_fuel(granted);
        let instance = store.instantiate(component, linker);
        let _ = store.set_fuel_slice(SLICE);
        if let (Some(own), Some(granted), Some(left)) = (own, granted, store.fuel()) {
            let _ = store.set_fuel(Some(own - granted.saturating_sub(left)));
        }
        if instance.is_err() {
            // A start function may have used all that time.
            self.stop_if_late(store);
        }
        instance
    }

    /// Keeps the timeline of a store for [`Replayed::timeline`](crate::Replayed::timeline). Methods that
    /// drive the store do so at their ends. This is for a store that is not driven, for example
    /// because its first call fails at once.
    pub fn keep_timeline<E: CoreEngine, T: 'static>(&self, store: &mut Store<E, T>) {
        keep_timeline(&self.run, store);
    }

    /// Returns the host's events and virtual clock, for host functions and others.
    #[must_use]
    pub fn host_events(&self) -> HostEvents {
        HostEvents::new(self.run.clone())
    }

    /// Adds a text to the outcome of this run: see [`HostEvents::note`].
    pub fn note(&self, text: impl Into<String>) {
        self.host_events().note(text);
    }

    /// Calls a function, and lets everything run until the call has ended.
    ///
    /// # Errors
    ///
    /// [`CallError`], as [`Store::call`] returns it: a trap or a deadlock is one.
    ///
    /// # Panics
    ///
    /// If the call waits for something of the host that is none of the explorer's
    /// [events](Self::host_events), or if the store is not the explorer's.
    pub fn call<E: CoreEngine, T: 'static, F: Callee>(
        &mut self,
        store: &mut Store<E, T>,
        function: &F,
        arguments: F::Arguments<'_>,
    ) -> Result<F::Result, CallError> {
        let call = store.start(function, arguments)?;
        self.run(store, call)
    }

    /// Lets everything run until a call has ended.
    ///
    /// # Errors
    ///
    /// [`CallError`], as [`Store::run`] returns it: a trap or a deadlock is one.
    ///
    /// # Panics
    ///
    /// As [`call`](Self::call).
    pub fn run<E: CoreEngine, T: 'static, R: LiftedResult>(
        &mut self,
        store: &mut Store<E, T>,
        call: CallId<R>,
    ) -> Result<R, CallError> {
        let ended = self.run_until(store, |store| match store.take_result(call) {
            Ok(result) => result,
            Err(error) => Some(Err(error.into())),
        });
        match ended {
            Ok(Some(result)) => result,
            Ok(None) => stuck(store, call),
            Err(error) => {
                let _ = store.forget(call);
                Err(error.into())
            }
        }
    }

    /// Lets everything run until nothing can go on.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if a table has reached its limit, so that something can't go on.
    ///
    /// # Panics
    ///
    /// If the store is not the explorer's.
    pub fn finish<E: CoreEngine, T: 'static>(
        &mut self,
        store: &mut Store<E, T>,
    ) -> Result<(), Error> {
        self.run_until(store, |_| None::<()>).map(|_| ())
    }

    /// Lets everything in this store run until `ended` returns something. It is asked before each
    /// step, and may look at results of calls and at notes, but not into guests. Returns `None` if
    /// nothing can go on.
    ///
    /// # Errors
    ///
    /// [`Error::Full`] if a table has reached its limit, so that something can't go on.
    ///
    /// # Panics
    ///
    /// If the store is not the explorer's.
    #[expect(clippy::panic, reason = "an exploration fails by a panic, as a test does")]
    pub fn run_until<E: CoreEngine, T: 'static, R>(
        &mut self,
        store: &mut Store<E, T>,
        mut ended: impl FnMut(&mut Store<E, T>) -> Option<R>,
    ) -> Result<Option<R>, Error> {
        let Some(number) = store.chooser::<StoreOfRun>().map(|it| it.number) else {
            panic!("the store is not this explorer's: make it with `Explorer::store`");
        };
        let driven = Driven { store, run: self.run.clone() };
        let reached = loop {
            self.drive_host(driven.store)?;
            self.learn(number, driven.store);
            if let Some(reached) = ended(driven.store) {
                break Some(reached);
            }
            let threads = candidates(number, driven.store)?;
            match self.run.choose_step(&threads) {
                None => break None,
                Some(Process::Event(event)) => {
                    self.run.state().touch(Footprint::add_host);
                    self.run.fire(event);
                }
                Some(Process::Thread { .. }) => {
                    // A step that fails or panics has touched what is not known.
                    let unknown = Unknown::of(&self.run);
                    with_turns(driven.store, 1, |store| store.poll(Waker::noop()))?;
                    unknown.finish();
                }
            }
        };
        drop(driven);
        let mut state = self.run.state();
        // The code that called this goes on, and sees what the step has done. It may use any store,
        // and the next call of this method learns of its own store alone.
        state.touch(if self.seen.len() > 1 {
            Footprint::add_everything
        } else {
            Footprint::add_host
        });
        drop(state);
        Ok(reached)
    }

    /// Does everything that is due before a thread is resumed. A guest that the engine has interrupted
    /// goes on until it waits.
    fn drive_host<E: CoreEngine, T: 'static>(&self, store: &mut Store<E, T>) -> Result<(), Error> {
        let unknown = Unknown::of(&self.run);
        while with_turns(store, TURNS, |store| store.poll_host(Waker::noop()))? {
            self.stop_if_late(store);
        }
        unknown.finish();
        self.stop_if_late(store);
        Ok(())
    }

    /// Stops the run if its time is over.
    fn stop_if_late<E: CoreEngine, T: 'static>(&self, store: &mut Store<E, T>) {
        if !self.deadline.is_some_and(is_past) {
            return;
        }
        // The watch may have stopped it. If stopping fails, the store is dropped all the same.
        let _ = store.stop_interrupted();
        let trap = store.last_trap();
        if let Some(trap) = trap.filter(|it| matches!(it.error(), CallError::Interrupted)) {
            let frames = trap.frames().iter().enumerate();
            let frames = frames.map(|(number, frame)| format!("{number}: {frame}"));
            self.run.state().backtrace = frames.collect();
        }
        self.run.stop(Stopped::OutOfTime)
    }

    /// Adds to the current step what has happened in a store since it was last asked.
    fn learn<E: CoreEngine, T: 'static>(&mut self, number: u32, store: &Store<E, T>) {
        let Some(timeline) = store.timeline() else {
            self.run.state().touch(Footprint::add_everything);
            return;
        };
        let Some(seen) = self.seen.get_mut(number as usize) else { return };
        let mut state = self.run.state();
        if timeline.dropped() > *seen || timeline.next_number() < *seen {
            state.touch(Footprint::add_everything);
        }
        let new_sleeps = state.num_new_sleeps();
        let mut host_calls = HostCalls::default();
        for event in timeline.events_since(*seen) {
            if new_sleeps > 0 {
                host_calls.add(&event.observation);
            }
            state.touch(|step| {
                event.instances().for_each(|instance| step.add_instance(number, instance));
                if event.is_of_host() {
                    step.add_host();
                }
            });
        }
        *seen = timeline.next_number();
        if new_sleeps > 0 {
            // With several stores, it is not known in which one they were begun.
            let is_only = self.seen.len() == 1 && timeline.dropped() == 0;
            let host_calls = if is_only { host_calls } else { HostCalls::default() };
            state.name_new_sleeps(host_calls.owners(new_sleeps, timeline.names()));
        }
    }
}

/// A store while it is driven. Its timeline is kept if the run is a replay, however the driving ends.
struct Driven<'s, E: CoreEngine, T: 'static> {
    store: &'s mut Store<E, T>,
    run: Run,
}

impl<E: CoreEngine, T: 'static> Drop for Driven<'_, E, T> {
    fn drop(&mut self) {
        keep_timeline(&self.run, self.store);
    }
}

/// Keeps the timeline of a store, and the tasks that wait in it, if the run is a replay.
fn keep_timeline<E: CoreEngine, T: 'static>(run: &Run, store: &mut Store<E, T>) {
    if !run.state().is_replay() {
        return;
    }
    let (timeline, waiting) = (store.timeline().cloned(), store.waiting());
    let mut state = run.state();
    state.timeline = timeline;
    state.waiting = waiting;
}

/// Does something with a store that takes at most this many turns, and may then have others.
fn with_turns<E: CoreEngine, T: 'static, R>(
    store: &mut Store<E, T>,
    turns: u32,
    act: impl FnOnce(&mut Store<E, T>) -> R,
) -> R {
    let own = store.turns_per_poll();
    store.set_turns_per_poll(turns);
    let result = act(store);
    store.set_turns_per_poll(own);
    result
}

/// Returns the fuel that a start function gets for a time.
fn fuel_of(time: Duration) -> u64 {
    let nanoseconds = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
    nanoseconds.saturating_mul(FUEL_PER_NANOSECOND)
}

/// The time in which it is not known what the current step touches. If it ends too early, by an
/// error or a panic, the step is taken to touch everything.
struct Unknown<'a> {
    run: &'a Run,
    is_over: bool,
}

impl<'a> Unknown<'a> {
    const fn of(run: &'a Run) -> Self {
        Self { run, is_over: false }
    }

    /// Finishes the time: the events of the timeline tell what was touched.
    fn finish(mut self) {
        self.is_over = true;
    }
}

impl Drop for Unknown<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.run.state().touch(Footprint::add_everything);
        }
    }
}

/// Returns the threads that are ready, in the order in which the store numbers them.
fn candidates<E: CoreEngine, T: 'static>(
    store_number: u32,
    store: &Store<E, T>,
) -> Result<Vec<Candidate>, Error> {
    let threads = store.ready_threads()?;
    let name = |ready: &weft::machine::ReadyThread| match store.timeline() {
        Some(timeline) => {
            format!("thread {} of {}", ready.thread, timeline.names().instance(ready.instance))
        }
        None => String::new(),
    };
    let process = |thread| Process::Thread { store: store_number, thread };
    let candidate =
        threads.iter().map(|it| Candidate { process: process(it.thread), name: name(it) });
    Ok(candidate.collect())
}

/// Returns the error of a call that nothing can go on for.
#[expect(clippy::panic, reason = "an exploration fails by a panic, as a test does")]
fn stuck<E: CoreEngine, T: 'static, R: LiftedResult>(
    store: &mut Store<E, T>,
    call: CallId<R>,
) -> Result<R, CallError> {
    match pin!(store.run_async(call)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(result) => result,
        Poll::Pending => panic!(
            "the call waits for something of the host that no schedule makes ready: host functions \
             may only wait for the explorer's `host_events`"
        ),
    }
}
