//! The explorer: it makes the stores of a run, and drives them step by step.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use weft::chooser::{Choice, Chooser};
use weft::component::{CallError, CallId, Callee, LiftedResult, Store};
use weft::engine::CoreEngine;
use weft::error::Error;

use crate::footprint::{Footprint, Process};
use crate::host_events::HostEvents;
use crate::run::{Candidate, Run};

/// The largest number of events that a store's timeline keeps.
const TIMELINE_EVENTS: usize = 1 << 16;

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
    pub(crate) const fn new(run: Run) -> Self {
        Self { run, seen: Vec::new() }
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
        let reached = loop {
            // A step that fails or panics has touched what is not known.
            let unknown = Unknown::of(&self.run);
            while store.poll_host(Waker::noop())? {}
            unknown.finish();
            self.learn(number, store);
            if let Some(reached) = ended(store) {
                break Some(reached);
            }
            let threads = candidates(number, store)?;
            match self.run.choose_step(&threads) {
                None => break None,
                Some(Process::Event(event)) => {
                    self.run.state().touch(Footprint::add_host);
                    self.run.fire(event);
                }
                Some(Process::Thread { .. }) => {
                    let turns = store.turns_per_poll();
                    let unknown = Unknown::of(&self.run);
                    store.set_turns_per_poll(1);
                    let polled = store.poll(Waker::noop());
                    store.set_turns_per_poll(turns);
                    polled?;
                    unknown.finish();
                }
            }
        };
        let is_replay = self.run.state().is_replay();
        let waiting = if is_replay { store.waiting() } else { Vec::new() };
        let mut state = self.run.state();
        if is_replay {
            state.timeline = store.timeline().cloned();
            state.waiting = waiting;
        }
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
        for event in timeline.events_since(*seen) {
            state.touch(|step| {
                event.instances().for_each(|instance| step.add_instance(number, instance));
                if event.is_of_host() {
                    step.add_host();
                }
            });
        }
        *seen = timeline.next_number();
    }
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
