//! One run: the decisions that it follows and makes, and the steps that it takes.
//!
//! | file | contents |
//! |---|---|
//! | `events` | its host events |

mod events;

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use weft::chooser::{Choice, Chooser as _, Chosen, Schedule, ScheduleReplay};
use weft::component::{InterruptHandle, WaitingTask};
use weft::timeline::Timeline;

use crate::footprint::{Footprint, Process, Sleeper};
use crate::virtual_clock::VirtualClock;

use self::events::WaitingEvent;

/// A decision of a run between two possibilities or more.
#[derive(Clone, Debug)]
pub(crate) struct Decision {
    pub(crate) kind: DecisionKind,
    pub(crate) chosen: u32,
    /// The number of the step that it is part of, or that it begins.
    pub(crate) step: Option<usize>,
    /// The processes that sleep at the decision.
    pub(crate) sleep: Vec<Sleeper>,
}

/// The possibilities of a decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DecisionKind {
    /// Which of these processes takes the next step.
    Step(Vec<Process>),
    /// A choice inside of a step, with the number of its possibilities.
    Inside(Choice, u32),
    /// A choice inside of a step, of which one possibility covers the others if the step does not
    /// touch the host. The host can go on between that possibility and what follows it.
    Covered(Choice, u32),
}

impl DecisionKind {
    /// Returns the number of possibilities.
    pub(crate) fn count(&self) -> u32 {
        match self {
            Self::Step(processes) => u32::try_from(processes.len()).unwrap_or(u32::MAX),
            Self::Inside(_, count) | Self::Covered(_, count) => *count,
        }
    }
}

/// A step of a run: all that happens until the next decision about a step.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) process: Process,
    /// All processes that could have taken it.
    pub(crate) candidates: Vec<Process>,
    /// The number of the decision that selected the process, if there was a choice.
    pub(crate) decision: Option<usize>,
    pub(crate) footprint: Footprint,
}

/// The reason why a run was stopped before its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// All that could run sleeps: the schedule only permutes independent steps of another one.
    Redundant,
    /// It has taken too many steps.
    TooManySteps,
    /// It differs from the run that it should repeat.
    NotTheSame(String),
    /// The time was over before its end.
    OutOfTime,
}

/// The source of a run's decisions.
#[derive(Clone, Debug)]
pub(crate) enum Guide {
    /// These possibilities, and the first ones after them.
    Plan(Vec<u32>),
    /// Those of a schedule.
    Schedule(ScheduleReplay),
}

/// The bounds of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RunBounds {
    pub(crate) decisions: usize,
    pub(crate) steps: usize,
    /// The largest number of yields in a step at which a thread goes on.
    pub(crate) yields: usize,
    /// `true` if possibilities that others cover are left out.
    pub(crate) reduces: bool,
    /// `true` if choices that don't order anything are decided, too.
    pub(crate) other_choices: bool,
    /// `true` if a timer may end although a guest can go on.
    pub(crate) slow_guests: bool,
}

/// The state of a run, which its stores, host events and explorer share.
#[derive(Clone, Debug)]
pub(crate) struct Run(Arc<Mutex<RunState>>);

/// The state of a run.
#[derive(Debug)]
pub(crate) struct RunState {
    guide: Guide,
    /// The processes that sleep when the plan is used up.
    planned_sleep: Vec<Sleeper>,
    bounds: RunBounds,
    pub(crate) decisions: Vec<Decision>,
    /// The number of decisions that are not covered.
    open_decisions: usize,
    pub(crate) steps: Vec<Step>,
    pub(crate) schedule: Schedule,
    /// The texts that say what was decided, by the place in the schedule.
    pub(crate) remarks: BTreeMap<usize, String>,
    sleep: Vec<Sleeper>,
    /// The processes that could take a step when that was last decided.
    pub(crate) candidates: Vec<Process>,
    events: BTreeMap<u64, WaitingEvent>,
    next_event: u64,
    /// The sleeps of guests that were begun since an explorer last looked.
    new_sleeps: Vec<u64>,
    pub(crate) clock: VirtualClock,
    pub(crate) notes: Vec<String>,
    /// The number of the thread that the next turn resumes, and the number of ready threads.
    next_tick: Option<(u32, u32)>,
    /// The number of yields in this step at which a thread has gone on.
    yields: usize,
    /// `true` if a possibility was not decided in this step because it is covered, unless the step
    /// touches the host.
    is_uncovered: bool,
    /// `true` if a thread would have gone on more often than the bound.
    pub(crate) is_cut_at_yield: bool,
    /// The timeline of the store that was driven last, if it is kept.
    pub(crate) timeline: Option<Timeline>,
    /// The tasks that waited in it.
    pub(crate) waiting: Vec<WaitingTask>,
    /// The interrupts of the stores, if the time of the run is limited.
    pub(crate) interrupts: Vec<InterruptHandle>,
    /// The functions in which the guest was that was stopped because the time was over.
    pub(crate) backtrace: Vec<String>,
    pub(crate) stopped: Option<Stopped>,
    /// `true` if there were more decisions than the bound.
    pub(crate) is_cut: bool,
}

/// A process that can take the next step, with a text that says which.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) process: Process,
    pub(crate) name: String,
}

/// A panic's payload that ends a run. It is raised by the explorer alone.
struct EndOfRun;

impl Run {
    pub(crate) fn new(guide: Guide, planned_sleep: Vec<Sleeper>, bounds: RunBounds) -> Self {
        let sleep = match &guide {
            Guide::Plan(plan) if plan.is_empty() => planned_sleep.clone(),
            _ => Vec::new(),
        };
        Self(Arc::new(Mutex::new(RunState {
            guide,
            planned_sleep,
            bounds,
            decisions: Vec::new(),
            open_decisions: 0,
            steps: Vec::new(),
            schedule: Schedule::new(),
            remarks: BTreeMap::new(),
            sleep,
            candidates: Vec::new(),
            events: BTreeMap::new(),
            next_event: 0,
            new_sleeps: Vec::new(),
            clock: VirtualClock::default(),
            notes: Vec::new(),
            next_tick: None,
            yields: 0,
            is_uncovered: false,
            is_cut_at_yield: false,
            timeline: None,
            waiting: Vec::new(),
            interrupts: Vec::new(),
            backtrace: Vec::new(),
            stopped: None,
            is_cut: false,
        })))
    }

    /// Returns the state.
    pub(crate) fn state(&self) -> MutexGuard<'_, RunState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns `true` if both are the same run.
    pub(crate) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Interrupts the guests of the run's stores.
    pub(crate) fn interrupt(&self) {
        let interrupts = self.state().interrupts.clone();
        interrupts.iter().for_each(InterruptHandle::interrupt);
    }

    /// Returns an empty timeline for a store. In a replay, its times are those of the virtual clock.
    pub(crate) fn timeline(&self, capacity: usize) -> Timeline {
        if !self.state().is_replay() {
            return Timeline::new(capacity);
        }
        // The run may keep the timeline, which must not keep the run.
        let run = Arc::downgrade(&self.0);
        Timeline::with_clock(capacity, move || {
            let run = run.upgrade().map(Self);
            run.map_or(Duration::ZERO, |run| run.state().clock.now())
        })
    }

    /// Stops the run, by a panic that the exploration catches.
    pub(crate) fn stop(&self, stopped: Stopped) -> ! {
        self.state().stopped.get_or_insert(stopped);
        resume_unwind(Box::new(EndOfRun))
    }

    /// Chooses a thread or a host event, which takes the next step. Returns `None`
    /// if there is nothing to choose from.
    pub(crate) fn choose_step(&self, threads: &[Candidate]) -> Option<Process> {
        let mut state = self.state();
        state.end_step();
        let events = state.ready_events(threads.is_empty());
        if threads.is_empty() && events.is_empty() {
            return None;
        }
        let chosen = state.begin_step(threads, &events);
        drop(state);
        Some(chosen.unwrap_or_else(|stopped| self.stop(stopped)))
    }
}

impl RunState {
    /// Decides a choice of a store or of the host, inside of a step.
    pub(crate) fn choose(&mut self, choice: Choice, count: u32) -> u32 {
        let planned = if choice == Choice::Tick { self.next_tick.take() } else { None };
        let is_open = self.bounds.other_choices
            || !matches!(choice, Choice::NanBits | Choice::DebugMessage | Choice::Spawn);
        let chosen = match (planned, is_open) {
            // This was decided with the step.
            (Some((thread, threads)), _) if threads == count => return thread,
            (Some(_), _) => {
                let stopped = Stopped::NotTheSame(not_deterministic());
                self.stopped.get_or_insert(stopped);
                return 0;
            }
            (None, true) if matches!(choice, Choice::Yield | Choice::CancellationGoesOn) => {
                self.choose_to_go_on(choice, count)
            }
            (None, true) => self.decide(DecisionKind::Inside(choice, count)),
            (None, false) => self.replay(choice, count).unwrap_or(0),
        };
        self.schedule.push(Chosen { choice, count, chosen });
        chosen
    }

    /// Decides whether a thread that yields lets others run or goes on, or whether another thread
    /// runs after one that was asked to cancel. A guest that yields until something happens could
    /// go on for ever.
    fn choose_to_go_on(&mut self, choice: Choice, count: u32) -> u32 {
        if !self.is_replay() && self.yields >= self.bounds.yields {
            self.is_cut_at_yield = true;
            return 0;
        }
        let chosen = self.decide(DecisionKind::Inside(choice, count));
        self.yields += usize::from(chosen > 0);
        chosen
    }

    /// Decides a choice of a store of which one possibility covers the others.
    pub(crate) fn choose_covered(&mut self, choice: Choice, count: u32, covering: u32) -> u32 {
        if !self.bounds.reduces {
            return self.choose(choice, count);
        }
        let chosen = match self.replay(choice, count) {
            Some(chosen) => chosen,
            None if self.yields >= self.bounds.yields => {
                self.is_uncovered = true;
                covering
            }
            None => self.decide_covered(choice, count, covering),
        };
        self.schedule.push(Chosen { choice, count, chosen });
        chosen
    }

    /// Decides a choice of which one possibility covers the others if the step does not touch the
    /// host.
    fn decide_covered(&mut self, choice: Choice, count: u32, covering: u32) -> u32 {
        let is_planned = match &self.guide {
            Guide::Plan(plan) => self.decisions.len() < plan.len(),
            Guide::Schedule(_) => false,
        };
        let decisions = self.decisions.len();
        let mut chosen = self.decide(DecisionKind::Covered(choice, count));
        if !is_planned && let Some(decision) = self.decisions.get_mut(decisions) {
            decision.chosen = covering;
            chosen = covering;
        }
        self.yields += usize::from(chosen != covering);
        chosen
    }

    /// Makes a decision between at least two possibilities.
    fn decide(&mut self, kind: DecisionKind) -> u32 {
        if let DecisionKind::Inside(choice, count) = kind
            && let Some(chosen) = self.replay(choice, count)
        {
            return chosen;
        }
        // Covered decisions don't count: there is one at each yield of each guest.
        let is_covered = matches!(kind, DecisionKind::Covered(..));
        if !is_covered && self.open_decisions >= self.bounds.decisions {
            self.is_cut = true;
            return 0;
        }
        self.open_decisions += usize::from(!is_covered);
        let number = self.decisions.len();
        let planned = match &self.guide {
            Guide::Plan(plan) => plan.get(number).map(|chosen| (*chosen, plan.len())),
            Guide::Schedule(_) => None,
        };
        let chosen = match planned {
            Some((chosen, length)) => {
                if number + 1 == length {
                    self.sleep.clone_from(&self.planned_sleep);
                }
                chosen
            }
            None => self.first_awake(&kind),
        };
        // A decision about a step is the first one of that step.
        let step = match kind {
            DecisionKind::Step(_) => Some(self.steps.len()),
            _ => self.steps.len().checked_sub(1),
        };
        self.decisions.push(Decision { kind, chosen, step, sleep: self.sleep.clone() });
        chosen
    }

    /// Returns the choice of the schedule that is replayed, if one is.
    fn replay(&mut self, choice: Choice, count: u32) -> Option<u32> {
        let Guide::Schedule(replay) = &mut self.guide else { return None };
        let chosen = replay.choose(choice, count);
        if let Some(mismatch) = replay.mismatch() {
            let stopped = Stopped::NotTheSame(mismatch.to_string());
            self.stopped.get_or_insert(stopped);
        }
        Some(chosen)
    }

    /// Returns the first possibility that does not sleep.
    fn first_awake(&self, kind: &DecisionKind) -> u32 {
        let DecisionKind::Step(processes) = kind else { return 0 };
        let awake = processes.iter().position(|it| !self.sleeps(*it));
        awake.and_then(|place| u32::try_from(place).ok()).unwrap_or(0)
    }

    fn sleeps(&self, process: Process) -> bool {
        self.sleep.iter().any(|it| it.process == process)
    }

    /// Finishes the current step: processes that it touches wake up.
    fn end_step(&mut self) {
        let Some(step) = self.steps.last() else { return };
        self.is_cut_at_yield |= self.is_uncovered && step.footprint.touches_host();
        self.is_uncovered = false;
        self.sleep.retain(|sleeper| {
            sleeper.process != step.process && !sleeper.footprint.touches(&step.footprint)
        });
    }

    /// Decides which process takes the next step, and begins it.
    fn begin_step(
        &mut self,
        threads: &[Candidate],
        events: &[Candidate],
    ) -> Result<Process, Stopped> {
        if self.steps.len() >= self.bounds.steps {
            return Err(Stopped::TooManySteps);
        }
        let candidates: Vec<&Candidate> = threads.iter().chain(events).collect();
        let processes: Vec<Process> = candidates.iter().map(|it| it.process).collect();
        let follows = match &self.guide {
            Guide::Plan(plan) => self.decisions.len() < plan.len(),
            Guide::Schedule(_) => true,
        };
        self.candidates.clone_from(&processes);
        if !follows && processes.iter().all(|it| self.sleeps(*it)) {
            return Err(Stopped::Redundant);
        }
        let decisions = self.decisions.len();
        let place = match processes.len() {
            1 => 0,
            _ if self.is_replay() => self.replay_step(threads.len(), events.len())?,
            _ => self.decide(DecisionKind::Step(processes.clone())) as usize,
        };
        let Some(chosen) = candidates.get(place) else {
            return Err(Stopped::NotTheSame(not_deterministic()));
        };
        let decision = (self.decisions.len() > decisions).then_some(decisions);
        self.add_to_schedule(place, threads.len(), events.len(), &chosen.name);
        let process = chosen.process;
        self.yields = 0;
        let footprint = Footprint::default();
        self.steps.push(Step { process, candidates: processes, decision, footprint });
        Ok(process)
    }

    /// Returns the place of the process that the schedule selects.
    fn replay_step(&mut self, threads: usize, events: usize) -> Result<usize, Stopped> {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let mut ask = |choice, count: usize| match count {
            0 | 1 => 0,
            _ => self.replay(choice, number(count)).unwrap_or(0) as usize,
        };
        let has_threads = usize::from(threads > 0);
        let host = if events == 0 { 0 } else { ask(Choice::Host, events + has_threads) };
        let place = if threads > 0 && host == 0 {
            ask(Choice::Tick, threads)
        } else {
            threads + host - has_threads
        };
        match &self.stopped {
            Some(stopped) => Err(stopped.clone()),
            None => Ok(place),
        }
    }

    /// Adds a step to the schedule, as a store and a host that knows the events decide it: whether
    /// an event happens, and otherwise which thread runs.
    fn add_to_schedule(&mut self, place: usize, threads: usize, events: usize, name: &str) {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let has_threads = usize::from(threads > 0);
        let runs_thread = place < threads;
        if events + has_threads > 1 && events > 0 {
            let chosen = if runs_thread { 0 } else { place - threads + has_threads };
            let (count, chosen) = (number(events + has_threads), number(chosen));
            self.remark(if runs_thread { "guests run" } else { name });
            self.schedule.push(Chosen { choice: Choice::Host, count, chosen });
        }
        if runs_thread {
            self.next_tick = (threads > 1).then(|| (number(place), number(threads)));
            if threads > 1 {
                self.remark(name);
                let (count, chosen) = (number(threads), number(place));
                self.schedule.push(Chosen { choice: Choice::Tick, count, chosen });
            }
        }
    }

    /// Says what the next line of the schedule decides.
    fn remark(&mut self, text: &str) {
        self.remarks.insert(self.schedule.chosen().len(), text.to_owned());
    }

    /// Adds to the parts that the current step touches.
    pub(crate) fn touch(&mut self, touch: impl FnOnce(&mut Footprint)) {
        if let Some(step) = self.steps.last_mut() {
            touch(&mut step.footprint);
        }
    }

    /// Returns `true` if the run repeats a schedule.
    pub(crate) const fn is_replay(&self) -> bool {
        matches!(self.guide, Guide::Schedule(_))
    }
}

/// Returns the text for a run that differs from the one that it should repeat.
pub(crate) fn not_deterministic() -> String {
    "after the same decisions, this run differs from the one before: it depends on something else, \
     such as the time, a random number or the state of the last run"
        .to_owned()
}
