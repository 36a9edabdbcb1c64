//! The outcomes of the runs so far, and the shortest schedule of each.

use std::collections::HashMap;
use std::fmt::Debug;
use std::time::Duration;

use weft::chooser::{Chosen, Schedule};

use crate::explored::{AnnotatedSchedule, Bound, Ending, Explored, ExploredOutcome, UnfinishedRun};
use crate::run::RunState;

/// The largest number of runs that look for a shorter schedule of an outcome.
const MAX_SHORTENING_RUNS: usize = 500;

/// The outcomes of the runs so far.
#[derive(Debug)]
pub(crate) struct Collected<R> {
    outcomes: Vec<ExploredOutcome<R>>,
    /// The places of the outcomes, by their texts.
    places: HashMap<String, usize>,
    num_schedules: u64,
    num_redundant: u64,
    num_steps: u64,
    /// The runs that were stopped because the time was over.
    unfinished: Vec<UnfinishedRun>,
}

/// The outcome of a run, as a text, and its schedule.
#[derive(Debug)]
pub(crate) struct Finding {
    text: String,
    schedule: AnnotatedSchedule,
}

impl<R: Debug> Collected<R> {
    pub(crate) fn finding(ending: &Ending<R>, run: &RunState) -> Finding {
        Finding { text: text_of(ending, &run.notes), schedule: annotated(run) }
    }

    /// Adds a run.
    pub(crate) fn add(&mut self, result: Ending<R>, run: &RunState) {
        self.num_schedules += 1;
        self.num_steps += run.steps.len() as u64;
        let text = text_of(&result, &run.notes);
        let place = *self.places.entry(text).or_insert(self.outcomes.len());
        match self.outcomes.get_mut(place) {
            Some(known) => {
                known.num_schedules += 1;
                if weight(run.schedule.chosen()) < weight(known.schedule.schedule.chosen()) {
                    known.schedule = annotated(run);
                }
            }
            None => self.outcomes.push(ExploredOutcome {
                result,
                notes: run.notes.clone(),
                schedule: annotated(run),
                num_schedules: 1,
            }),
        }
    }

    /// Makes the schedules shorter: takes the first possibility instead of another one, as long as
    /// the outcome is the same. `again` makes a run.
    pub(crate) fn shorten(&mut self, again: impl Fn(&Schedule) -> Option<Finding>) {
        for outcome in &mut self.outcomes {
            let text = text_of(&outcome.result, &outcome.notes);
            let mut runs = 0;
            let mut place = outcome.schedule.schedule.chosen().len();
            while place > 0 && runs < MAX_SHORTENING_RUNS {
                place -= 1;
                let chosen = outcome.schedule.schedule.chosen();
                let Some(decision) = chosen.get(place).filter(|it| it.chosen > 0) else { continue };
                let mut shorter = chosen.get(..place).unwrap_or_default().to_vec();
                shorter.push(Chosen { chosen: 0, ..*decision });
                // With the same decisions after it, if there can be, or with the first ones.
                let mut same = shorter.clone();
                same.extend(chosen.iter().skip(place + 1));
                runs += 2;
                let found = [same, shorter].into_iter().find_map(|it| {
                    again(&Schedule::from(it)).filter(|found| {
                        found.text == text
                            && weight(found.schedule.schedule.chosen()) < weight(chosen)
                    })
                });
                if let Some(found) = found {
                    outcome.schedule = found.schedule;
                    place = place.min(outcome.schedule.schedule.chosen().len());
                }
            }
            outcome.schedule.drop_first_possibilities();
        }
    }
}

impl<R> Collected<R> {
    pub(crate) fn new() -> Self {
        Self {
            outcomes: Vec::new(),
            places: HashMap::new(),
            num_schedules: 0,
            num_redundant: 0,
            num_steps: 0,
            unfinished: Vec::new(),
        }
    }

    /// Adds a run that was stopped because it was redundant.
    pub(crate) fn add_redundant(&mut self, run: &RunState) {
        self.num_redundant += 1;
        self.num_steps += run.steps.len() as u64;
    }

    /// Adds a run that was stopped because the time was over, which took this time.
    pub(crate) fn add_unfinished(&mut self, run: &RunState, time: Duration) {
        let mut schedule = annotated(run);
        schedule.drop_first_possibilities();
        self.unfinished.push(UnfinishedRun {
            schedule,
            notes: run.notes.clone(),
            backtrace: run.backtrace.clone(),
            num_steps: run.steps.len(),
            time,
        });
    }

    pub(crate) const fn num_schedules(&self) -> u64 {
        self.num_schedules
    }

    pub(crate) const fn num_outcomes(&self) -> usize {
        self.outcomes.len()
    }

    pub(crate) fn into_explored(self, bound: Option<Bound>, time: Duration) -> Explored<R> {
        let Self { outcomes, num_schedules, num_redundant, num_steps, unfinished, .. } = self;
        Explored { outcomes, num_schedules, num_redundant, num_steps, bound, unfinished, time }
    }
}

impl AnnotatedSchedule {
    /// Drops the decisions at the end that take the first possibility, which is taken without them,
    /// too.
    fn drop_first_possibilities(&mut self) {
        while self.schedule.chosen().last().is_some_and(|last| last.chosen == 0) {
            self.schedule.pop();
        }
        self.remarks.truncate(self.schedule.chosen().len());
    }
}

fn annotated(run: &RunState) -> AnnotatedSchedule {
    let length = run.schedule.chosen().len();
    let remark = |place| run.remarks.get(&place).cloned().unwrap_or_default();
    AnnotatedSchedule { schedule: run.schedule.clone(), remarks: (0..length).map(remark).collect() }
}

/// Returns the text by which an outcome is told from others.
fn text_of<R: Debug>(result: &Ending<R>, notes: &[String]) -> String {
    format!("{result:?} {notes:?}")
}

/// Returns the order of schedules: those with fewer decisions that don't take the first possibility
/// are shorter, and then those whose last such decision is earlier.
fn weight(chosen: &[Chosen]) -> (usize, usize) {
    let others = chosen.iter().filter(|it| it.chosen > 0).count();
    (others, chosen.iter().rposition(|it| it.chosen > 0).map_or(0, |last| last + 1))
}
