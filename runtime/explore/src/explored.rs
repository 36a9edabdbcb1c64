//! The results of an exploration.

use std::fmt::{self, Debug, Display};
use std::time::Duration;

use weft::chooser::Schedule;

/// The results of an exploration: its outcomes, each with the schedule that leads to it.
#[derive(Clone, Debug)]
pub struct Explored<R> {
    pub(crate) outcomes: Vec<ExploredOutcome<R>>,
    pub(crate) num_schedules: u64,
    pub(crate) num_redundant: u64,
    pub(crate) num_steps: u64,
    pub(crate) bound: Option<Bound>,
    pub(crate) unfinished: Vec<UnfinishedRun>,
    pub(crate) time: Duration,
}

/// An outcome of one schedule or more.
#[derive(Clone, Debug)]
pub struct ExploredOutcome<R> {
    /// The result of the explored function.
    pub result: Ending<R>,
    /// The texts that were [noted](crate::HostEvents::note), in their order.
    pub notes: Vec<String>,
    /// The shortest schedule that was found for it.
    pub schedule: AnnotatedSchedule,
    /// The number of schedules that were run and led to it.
    pub num_schedules: u64,
}

/// A run that was stopped because the [time](crate::Exploration::max_time) was over. It has no outcome.
/// Its guest spins, or it takes more time than there was.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct UnfinishedRun {
    /// The schedule up to the moment at which it was stopped.
    pub schedule: AnnotatedSchedule,
    /// The texts that were [noted](crate::HostEvents::note) until then.
    pub notes: Vec<String>,
    /// The functions in which the guest was, the innermost first. It is empty if no guest was
    /// running then.
    pub backtrace: Vec<String>,
    /// The number of the step that was under way. It is 0 if no step was begun: then the explored
    /// function was at its beginning.
    pub num_steps: usize,
    /// The time that it took.
    pub time: Duration,
}

/// The way in which a run has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending<R> {
    /// The explored function has returned.
    Returned(R),
    /// The explored function has panicked, with this message.
    Panicked(String),
    /// The run has taken more steps than [allowed](crate::Exploration::max_steps), and was stopped.
    TooManySteps,
    /// The [time](crate::Exploration::max_time) was over before the end of the run, and it was stopped.
    /// Only [replays](crate::Exploration::replay) end like this: of an exploration, it is an
    /// [unfinished](Explored::unfinished) run.
    OutOfTime,
}

/// A bound that has ended an exploration before all schedules were run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Bound {
    /// The number of schedules.
    Schedules,
    /// The time. The runs that were stopped are [unfinished](Explored::unfinished).
    Time,
    /// The number of decisions of a run: later ones took the first possibility.
    Decisions,
    /// The number of steps of a run: the run was stopped.
    Steps,
    /// The number of yields at which a thread goes on: it let others run then.
    Yields,
    /// The number of [looks at the clock](crate::HostEvents::look_at_clock) that take no time: later
    /// ones took some, and other times are not explored.
    Looks,
}

impl Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Schedules => "the greatest number of schedules was run",
            Self::Time => "the time was over",
            Self::Decisions => "a run had more decisions than are explored",
            Self::Steps => "a run had more steps than are allowed",
            Self::Yields => "a thread could go on at more yields in a step than are explored",
            Self::Looks => {
                "a guest looked at the clock until time went on, and other times are not explored"
            }
        })
    }
}

/// A schedule, and a text for each decision that says what was chosen.
///
/// As a text, it is a [`Schedule`] with comments: it can be parsed as one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnnotatedSchedule {
    pub(crate) schedule: Schedule,
    pub(crate) remarks: Vec<String>,
}

impl AnnotatedSchedule {
    /// Returns the schedule.
    #[must_use]
    pub const fn schedule(&self) -> &Schedule {
        &self.schedule
    }
}

impl Display for AnnotatedSchedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, chosen) in self.schedule.chosen().iter().enumerate() {
            match self.remarks.get(number).filter(|remark| !remark.is_empty()) {
                // A remark is one line.
                Some(remark) => {
                    writeln!(f, "{:<24}# {}", chosen.to_string(), remark.escape_debug())?;
                }
                None => writeln!(f, "{chosen}")?,
            }
        }
        Ok(())
    }
}

impl<R> Explored<R> {
    /// Returns the distinct outcomes, in the order in which they were found. The first is that of
    /// the schedule that takes the first possibility of each decision.
    #[must_use]
    pub fn outcomes(&self) -> &[ExploredOutcome<R>] {
        &self.outcomes
    }

    /// Returns the results of the distinct outcomes.
    ///
    /// # Panics
    ///
    /// If a run has panicked, or was stopped.
    #[expect(clippy::panic, reason = "it is for tests, which fail by a panic")]
    pub fn results(&self) -> impl Iterator<Item = &R> {
        self.outcomes.iter().map(|outcome| match &outcome.result {
            Ending::Returned(result) => result,
            Ending::Panicked(message) => {
                panic!("a run panicked: {message}\nits schedule:\n{}", outcome.schedule)
            }
            Ending::TooManySteps => {
                panic!("a run has taken too many steps; its schedule:\n{}", outcome.schedule)
            }
            Ending::OutOfTime => {
                panic!(
                    "a run was stopped when the time was over; its schedule:\n{}",
                    outcome.schedule
                )
            }
        })
    }

    /// Returns the number of schedules that were run to their end.
    #[must_use]
    pub const fn num_schedules(&self) -> u64 {
        self.num_schedules
    }

    /// Returns the number of runs that were stopped, because they only permuted independent steps
    /// of another schedule.
    #[must_use]
    pub const fn num_redundant(&self) -> u64 {
        self.num_redundant
    }

    /// Returns the number of steps of all runs.
    #[must_use]
    pub const fn num_steps(&self) -> u64 {
        self.num_steps
    }

    /// Returns a bound that has cut the exploration, the first one in the order of [`Bound`]. `None`
    /// means that every schedule was run, or one that differs only in the order of independent
    /// steps.
    #[must_use]
    pub const fn bound(&self) -> Option<Bound> {
        self.bound
    }

    /// Returns the runs that were stopped because the time was over: at most one for each worker. They
    /// are no outcomes, and are not counted.
    #[must_use]
    pub fn unfinished(&self) -> &[UnfinishedRun] {
        &self.unfinished
    }

    /// Returns the time that the exploration took.
    #[must_use]
    pub const fn time(&self) -> Duration {
        self.time
    }
}

impl<R: Debug> Explored<R> {
    /// Returns the result that all schedules lead to.
    ///
    /// # Panics
    ///
    /// If there are several outcomes, if a run has panicked, or if a [bound](Self::bound) has cut
    /// the exploration. The message has the outcomes and their schedules.
    #[must_use]
    #[expect(clippy::panic, reason = "it is for tests, which fail by a panic")]
    pub fn only(&self) -> &R {
        match (self.bound, self.outcomes.as_slice()) {
            (None, [ExploredOutcome { result: Ending::Returned(result), .. }]) => result,
            _ => panic!("expected one outcome of all schedules\n{self}"),
        }
    }
}

impl<R: Debug> Display for Explored<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { num_schedules, num_redundant, num_steps, .. } = self;
        let s = |number: u64| if number == 1 { "" } else { "s" };
        let (schedules, steps) = (s(*num_schedules), s(*num_steps));
        write!(f, "{num_schedules} schedule{schedules}, {num_steps} step{steps}")?;
        match num_redundant {
            0 => {}
            1 => write!(f, " (1 more run was redundant)")?,
            _ => write!(f, " ({num_redundant} more runs were redundant)")?,
        }
        match self.bound {
            None => writeln!(f, ": every schedule was explored")?,
            Some(bound) => writeln!(f, ": {bound}")?,
        }
        for (outcome, number) in self.outcomes.iter().zip(1..) {
            let count = outcome.num_schedules;
            writeln!(f, "\noutcome {number}, of {count} schedule{}:", s(count))?;
            match &outcome.result {
                Ending::Returned(result) => writeln!(f, "  {result:?}")?,
                Ending::Panicked(message) => writeln!(f, "  panicked: {message}")?,
                Ending::TooManySteps => writeln!(f, "  stopped after too many steps")?,
                Ending::OutOfTime => writeln!(f, "  stopped when the time was over")?,
            }
            write_notes_and_schedule(f, &outcome.notes, &outcome.schedule)?;
        }
        for run in &self.unfinished {
            writeln!(f, "\n{run}")?;
            run.backtrace.iter().try_for_each(|frame| writeln!(f, "  {frame}"))?;
            write_notes_and_schedule(f, &run.notes, &run.schedule)?;
        }
        Ok(())
    }
}

fn write_notes_and_schedule(
    f: &mut fmt::Formatter<'_>,
    notes: &[String],
    schedule: &AnnotatedSchedule,
) -> fmt::Result {
    for note in notes {
        writeln!(f, "  {}", note.escape_debug())?;
    }
    if schedule.schedule.chosen().is_empty() {
        return writeln!(f, "  schedule: the first possibility of each decision");
    }
    writeln!(f, "  schedule, and the first possibilities after it:")?;
    schedule.to_string().lines().try_for_each(|line| writeln!(f, "    {line}"))
}

/// Writes one line, without the schedule.
impl Display for UnfinishedRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let time = Duration::from_millis(u64::try_from(self.time.as_millis()).unwrap_or(u64::MAX));
        write!(f, "a run had not ended after {time:?}, when the time was over: it was stopped ")?;
        match self.num_steps {
            0 => f.write_str("before its first step"),
            step => write!(f, "in its step {step}"),
        }
    }
}
