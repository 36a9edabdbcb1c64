//! The settings of an exploration, and its loop.

use std::fmt::Debug;
use std::mem::take;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use weft::chooser::{Schedule, ScheduleReplay};
use weft::component::WaitingTask;
use weft::timeline::Timeline;

use crate::collected::Collected;
use crate::explored::{Bound, Ending, Explored};
use crate::explorer::Explorer;
use crate::footprint::{Footprint, Sleeper};
use crate::run::{Guide, Run, RunBounds, Stopped};
use crate::time_limit::{TimeLimit, Watch, is_past};
use crate::tree::{PlannedRun, Tree};

/// The largest number of threads that make runs.
const MAX_WORKERS: usize = 256;

/// The settings of an exploration. [`run`](Self::run) begins it.
///
/// ```
/// use std::time::Duration;
///
/// use weft_explore::{Bound, Exploration};
///
/// let explored = Exploration::new()
///     .max_schedules(100)
///     .max_time(Duration::from_secs(10))
///     .run(|explorer| [(); 10].map(|()| explorer.host_events().choose(2)));
/// assert_eq!(explored.num_schedules(), 100);
/// assert_eq!(explored.bound(), Some(Bound::Schedules));
/// ```
#[derive(Clone, Debug)]
pub struct Exploration<'a> {
    bounds: RunBounds,
    max_schedules: u64,
    max_time: Option<Duration>,
    workers: usize,
    on_progress: Option<OnProgress<'a>>,
}

/// A function that is told of the progress of an exploration.
#[derive(Clone, Copy)]
struct OnProgress<'a>(&'a (dyn Fn(Progress) + Sync));

impl Debug for OnProgress<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OnProgress")
    }
}

/// The progress of an exploration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The number of schedules that were run.
    pub schedules: u64,
    /// The number of schedules that are known to be needed. It grows while schedules are run.
    pub wanted: usize,
    /// The number of distinct outcomes.
    pub outcomes: usize,
}

/// The state that the workers share.
struct Shared<R> {
    tree: Tree,
    collected: Collected<R>,
    /// The number of runs that are being made.
    running: usize,
    bound: Option<Bound>,
    /// `true` if no run is begun any longer.
    is_over: bool,
    /// The message of a run that differed from the one that it should repeat.
    not_the_same: Option<String>,
}

impl Default for Exploration<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a> Exploration<'a> {
    /// Creates the settings of [`explore`](crate::explore): at most 100,000 schedules, with 1,000
    /// decisions and 10,000 steps in each, and 2 yields at which a thread goes on in a step; any
    /// time, fast guests, one worker, and runs that only permute independent steps are left out.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bounds: RunBounds {
                decisions: 1_000,
                steps: 10_000,
                yields: 2,
                reduces: true,
                other_choices: false,
                slow_guests: false,
            },
            max_schedules: 100_000,
            max_time: None,
            workers: 1,
            on_progress: None,
        }
    }

    /// Sets the largest number of schedules that are run.
    #[must_use]
    pub const fn max_schedules(mut self, schedules: u64) -> Self {
        self.max_schedules = schedules;
        self
    }

    /// Sets the largest number of decisions of a run that are explored. Decisions after that take
    /// the first possibility.
    #[must_use]
    pub const fn max_decisions(mut self, decisions: usize) -> Self {
        self.bounds.decisions = decisions;
        self
    }

    /// Sets the largest number of steps of a run. A run with more is stopped, which is an outcome of
    /// its own. In each step, a guest's thread runs until it waits or yields, or an event of the
    /// host happens. A guest that spins without either takes a single step: limit the
    /// [time](Self::max_time), or give its store [fuel](weft::component::Store::set_fuel).
    #[must_use]
    pub const fn max_steps(mut self, steps: usize) -> Self {
        self.bounds.steps = steps;
        self
    }

    /// Sets how often a thread that yields goes on in one step, before it lets others run. A guest that
    /// yields until something happens could go on for ever.
    #[must_use]
    pub const fn max_yields(mut self, yields: usize) -> Self {
        self.bounds.yields = yields;
        self
    }

    /// Sets the time after which no run is begun. Runs that are under way then have a tenth of that time
    /// for their ends. A run that has not ended then is stopped, and is one of
    /// [`Explored::unfinished`]. A [replay](Self::replay) has this time, too. Making the found
    /// schedules shorter may take as long again.
    ///
    /// A guest that spins can be stopped only if its engine interrupts guests, as wasmi does if it
    /// counts fuel. Each [slice](weft::component::Store::set_fuel_slice) of the explorer's stores is
    /// then 2 million. Host code that does not return can't be stopped, and the exploration waits
    /// for it.
    ///
    /// No engine interrupts the start function of a core module. Use [`Explorer::instantiate`]
    /// for components that have such functions: they get fuel for all the time that is left, and
    /// trap after it.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use weft::component::{Component, Linker};
    /// # use weft::engine::wasmi::Wasmi;
    /// # use weft_explore::{Bound, Exploration};
    /// let guest = wat::parse_str(r#"(component
    ///     (core module $Module (func (export "spin") (loop (br 0))))
    ///     (core instance $module (instantiate $Module))
    ///     (func (export "spin") (canon lift (core func $module "spin"))))"#)?;
    /// let engine = Wasmi::with_fuel(10_000_000);
    /// let guest = Component::new(&engine, &guest)?;
    ///
    /// let explored = Exploration::new().max_time(Duration::from_millis(100)).run(|explorer| {
    ///     let mut store = explorer.store(&engine, ());
    ///     let instance = explorer.instantiate(&mut store, &guest, &Linker::new()).unwrap();
    ///     let spin = store.typed_function::<(), ()>(&instance, "spin").unwrap();
    ///     explorer.call(&mut store, &spin, ()).unwrap();
    /// });
    /// assert_eq!((explored.bound(), explored.num_schedules()), (Some(Bound::Time), 0));
    /// let [run] = explored.unfinished() else { panic!("{explored:?}") };
    /// assert!(run.backtrace[0].starts_with("0: `spin` of instance 1"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn max_time(mut self, time: Duration) -> Self {
        self.max_time = Some(time);
        self
    }

    /// Sets whether runs that only permute independent steps are left out. They lead to the same
    /// outcomes, so this is for measurements and tests of the exploration.
    #[must_use]
    pub const fn reduce(mut self, reduces: bool) -> Self {
        self.bounds.reduces = reduces;
        self
    }

    /// Sets whether choices that don't order anything are explored, too: the bits of NaNs, whether a
    /// debug message is kept, and whether a thread can be made. Otherwise, the first possibility is
    /// taken.
    #[must_use]
    pub const fn other_choices(mut self, explores: bool) -> Self {
        self.bounds.other_choices = explores;
        self
    }

    /// Sets whether guests can be slow. Otherwise they are infinitely fast: time goes on only if no
    /// guest can. With slow guests, a timer may end although a guest can go on, so that a time-out
    /// races all work of guests. A guest that sets one timer after another has no end of schedules
    /// then.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use weft::component::{Component, Linker};
    /// # use weft::engine::wasmi::Wasmi;
    /// # use weft_explore::Exploration;
    /// # let guest = wat::parse_str(r#"(component
    /// #     (core func $yield (canon thread.yield))
    /// #     (core module $Module
    /// #         (import "" "yield" (func $yield (result i32)))
    /// #         (func (export "work") (drop (call $yield))))
    /// #     (core instance $module (instantiate $Module (with "" (instance
    /// #         (export "yield" (func $yield))))))
    /// #     (func (export "work") async (canon lift (core func $module "work"))))"#)?;
    /// # let engine = Wasmi::default();
    /// # let guest = Component::new(&engine, &guest)?;
    /// // The guest lets others run once. The time-out is a minute.
    /// let explore = |slow| {
    ///     Exploration::new().slow_guests(slow).run(|explorer| {
    ///         let events = explorer.host_events();
    ///         let mut store = explorer.store(&engine, ());
    ///         let instance = store.instantiate(&guest, &Linker::new()).unwrap();
    ///         let work = store.typed_function::<(), ()>(&instance, "work").unwrap();
    ///         let time_out = events.sleep(Duration::from_secs(60));
    ///         let end = async move {
    ///             time_out.await;
    ///             Ok(())
    ///         };
    ///         store.spawn(end).unwrap();
    ///         explorer.call(&mut store, &work, ()).unwrap();
    ///         events.now().as_secs()
    ///     })
    /// };
    /// assert_eq!(explore(false).only(), &0);
    /// assert_eq!(explore(true).outcomes().len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub const fn slow_guests(mut self, are_slow: bool) -> Self {
        self.bounds.slow_guests = are_slow;
        self
    }

    /// Sets the number of threads that make runs: at least 1, and at most 256. With two, an exploration
    /// takes about half of the time. The outcomes are the same unless a [bound](Bound) cuts the
    /// exploration. Their order, and the numbers of runs, may differ. If the system has fewer threads,
    /// these make the runs.
    #[must_use]
    pub const fn workers(mut self, workers: usize) -> Self {
        self.workers = match workers {
            0 => 1,
            1..MAX_WORKERS => workers,
            _ => MAX_WORKERS,
        };
        self
    }

    /// Sets a function that is called after each run.
    #[must_use]
    pub const fn on_progress(mut self, on_progress: &'a (dyn Fn(Progress) + Sync)) -> Self {
        self.on_progress = Some(OnProgress(on_progress));
        self
    }

    /// Runs `build` under every schedule, up to the bounds.
    ///
    /// `build` has to do the same after the same decisions. It is called once for each run, and
    /// makes its stores anew. Panics in it are outcomes.
    ///
    /// # Panics
    ///
    /// If `build` does not do the same after the same decisions.
    #[expect(clippy::panic, reason = "an exploration fails by a panic, as a test does")]
    pub fn run<R, F>(&self, build: F) -> Explored<R>
    where
        R: Debug + Send,
        F: Fn(&mut Explorer) -> R + Sync,
    {
        let begun = Instant::now();
        let shared = Mutex::new(Shared {
            tree: Tree::new(self.bounds.reduces),
            collected: Collected::new(),
            running: 0,
            bound: None,
            is_over: false,
            not_the_same: None,
        });
        let changed = Condvar::new();
        let limit = TimeLimit::new(begun, self.max_time);
        Watch::during(limit, |watch| {
            let work = || self.work(&build, &shared, &changed, (limit, watch));
            std::thread::scope(|scope| {
                for _ in 1..self.workers {
                    // The threads that there are make all runs.
                    if std::thread::Builder::new().spawn_scoped(scope, work).is_err() {
                        break;
                    }
                }
                work();
            });
        });
        let shared = shared.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(message) = shared.not_the_same {
            panic!("{message}");
        }
        let mut collected = shared.collected;
        // Shortening gets as much time as the runs before it.
        let limit = TimeLimit::new(begun, self.max_time.map(|time| time.saturating_mul(2)));
        Watch::during(limit, |watch| {
            collected.shorten(|schedule| {
                if limit.is_over() {
                    return None;
                }
                let (ending, run) = self.make(&build, replay_of(schedule), Vec::new(), watch);
                let run = run.state();
                run.stopped.is_none().then(|| Collected::finding(&ending, &run))
            });
        });
        collected.into_explored(shared.bound, begun.elapsed())
    }

    /// Runs `build` once, with the decisions of a schedule and the first possibilities after its
    /// end.
    ///
    /// ```
    /// use weft_explore::{Ending, Exploration};
    ///
    /// let schedule = "host 2 of 3".parse()?;
    /// let replayed = Exploration::new().replay(&schedule, |it| it.host_events().choose(3))?;
    /// assert_eq!(replayed.ending, Ending::Returned(2));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ReplayError`] if this run makes another decision than the schedule has.
    pub fn replay<R, F>(&self, schedule: &Schedule, build: F) -> Result<Replayed<R>, ReplayError>
    where
        F: Fn(&mut Explorer) -> R,
    {
        let limit = TimeLimit::new(Instant::now(), self.max_time);
        let replay = |watch: &Watch| self.make(&build, replay_of(schedule), Vec::new(), watch);
        let (ending, run) = Watch::during(limit, replay);
        let mut run = run.state();
        if let Some(Stopped::NotTheSame(message)) = &run.stopped {
            return Err(ReplayError(message.clone()));
        }
        let notes = take(&mut run.notes);
        let (timeline, waiting) = (run.timeline.take(), take(&mut run.waiting));
        Ok(Replayed { ending, notes, timeline, waiting })
    }

    /// Makes runs until none is left.
    fn work<R, F>(
        &self,
        build: &F,
        shared: &Mutex<Shared<R>>,
        changed: &Condvar,
        (limit, watch): (TimeLimit, &Watch),
    ) where
        R: Debug + Send,
        F: Fn(&mut Explorer) -> R + Sync,
    {
        while let Some(planned) = self.next_run(shared, changed, limit) {
            let begun = Instant::now();
            let guide = Guide::Plan(planned.plan.clone());
            let (ending, run) = self.make(build, guide, planned.sleep.clone(), watch);
            let mut shared = lock(shared);
            shared.running -= 1;
            match ending {
                Ending::OutOfTime => shared.add_unfinished(&run, begun.elapsed()),
                ending => shared.add(&planned, ending, &run),
            }
            let progress = shared.progress();
            drop(shared);
            changed.notify_all();
            if let Some(OnProgress(on_progress)) = self.on_progress {
                on_progress(progress);
            }
        }
    }

    /// Waits for the next wanted run. Returns `None` if there is none.
    fn next_run<R>(
        &self,
        shared: &Mutex<Shared<R>>,
        changed: &Condvar,
        limit: TimeLimit,
    ) -> Option<PlannedRun> {
        let mut shared = lock(shared);
        loop {
            if shared.is_over {
                return None;
            }
            if shared.tree.num_wanted() > 0 {
                let begun = shared.collected.num_schedules() + shared.running as u64;
                let bound = match (limit.is_over(), begun >= self.max_schedules) {
                    (true, _) => Some(Bound::Time),
                    (false, true) => Some(Bound::Schedules),
                    (false, false) => None,
                };
                if let Some(bound) = bound {
                    shared.cut(bound);
                    shared.is_over = true;
                    changed.notify_all();
                    return None;
                }
                shared.running += 1;
                return shared.tree.next_run();
            }
            if shared.running == 0 {
                shared.is_over = true;
                changed.notify_all();
                return None;
            }
            shared = changed.wait(shared).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Makes a run.
    fn make<R, F>(
        &self,
        build: &F,
        guide: Guide,
        sleep: Vec<Sleeper>,
        watch: &Watch,
    ) -> (Ending<R>, Run)
    where
        F: Fn(&mut Explorer) -> R,
    {
        let run = Run::new(guide, sleep, self.bounds);
        let mut explorer = Explorer::new(run.clone(), watch.deadline);
        // A run shares nothing with others but what `build` borrows.
        let watched = watch.begin(&run);
        let ended = catch_unwind(AssertUnwindSafe(|| build(&mut explorer)));
        drop(watched);
        if watch.deadline.is_some_and(is_past) {
            // The end may be that of an interrupted guest.
            run.state().stopped.get_or_insert(Stopped::OutOfTime);
        }
        let stopped = run.state().stopped.clone();
        let ending = match (ended, stopped) {
            (_, Some(Stopped::OutOfTime)) => Ending::OutOfTime,
            (Ok(result), _) => Ending::Returned(result),
            (Err(_), Some(_)) => Ending::TooManySteps,
            (Err(panic), None) => Ending::Panicked(message_of(&*panic)),
        };
        // Host code that ran after the last step may have looked at anything.
        run.state().touch(Footprint::add_everything);
        (ending, run)
    }
}

impl<R: Debug> Shared<R> {
    /// Adds a run that was made.
    fn add(&mut self, planned: &PlannedRun, ending: Ending<R>, run: &Run) {
        let run = run.state();
        let added = match &run.stopped {
            Some(Stopped::NotTheSame(message)) => Err(message.clone()),
            _ => self.tree.add(planned, &run),
        };
        if let Err(message) = added {
            self.not_the_same.get_or_insert(message);
            self.is_over = true;
        }
        if run.is_cut {
            self.cut(Bound::Decisions);
        }
        if run.is_cut_at_yield {
            self.cut(Bound::Yields);
        }
        if run.clock.has_looks_that_take_time() {
            self.cut(Bound::Looks);
        }
        match &run.stopped {
            Some(Stopped::Redundant) => self.collected.add_redundant(&run),
            Some(Stopped::TooManySteps) => {
                self.cut(Bound::Steps);
                self.collected.add(ending, &run);
            }
            _ => self.collected.add(ending, &run),
        }
    }
}

impl<R> Shared<R> {
    /// Adds a run that was stopped because the time was over. It took this time.
    fn add_unfinished(&mut self, run: &Run, time: Duration) {
        self.collected.add_unfinished(&run.state(), time);
        self.cut(Bound::Time);
        self.is_over = true;
    }

    /// Notes that a bound has cut the exploration. The first in the order of [`Bound`] is kept.
    fn cut(&mut self, bound: Bound) {
        self.bound = Some(self.bound.map_or(bound, |known| known.min(bound)));
    }

    fn progress(&self) -> Progress {
        Progress {
            schedules: self.collected.num_schedules(),
            wanted: self.tree.num_wanted() + self.running,
            outcomes: self.collected.num_outcomes(),
        }
    }
}

/// A run that has repeated a schedule.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Replayed<R> {
    /// The way in which it has ended.
    pub ending: Ending<R>,
    /// The texts that were noted.
    pub notes: Vec<String>,
    /// The timeline of the store that was driven last.
    pub timeline: Option<Timeline>,
    /// The tasks that waited in it when it was last driven.
    pub waiting: Vec<WaitingTask>,
}

/// A run that met another decision than the schedule that it should repeat.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the run does not follow the schedule: {0}")]
pub struct ReplayError(String);

fn replay_of(schedule: &Schedule) -> Guide {
    Guide::Schedule(ScheduleReplay::new(schedule.clone()))
}

fn lock<R>(shared: &Mutex<Shared<R>>) -> MutexGuard<'_, Shared<R>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Returns the message of a panic.
fn message_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    text.unwrap_or_else(|| "a panic whose payload is no text".to_owned())
}
