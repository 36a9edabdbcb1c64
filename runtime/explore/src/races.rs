//! Which steps of a run could also happen in another order: partial-order reduction.
//!
//! Steps that touch nothing in common commute, so that only one of their orders has to be explored.
//! After each run, this finds the pairs of steps that touch something in common, and of which the
//! later one could have been first. For each it asks for a run in which that is so. This is the
//! algorithm of source sets: P. Abdulla, S. Aronis, B. Jonsson and K. Sagonas, *Optimal dynamic
//! partial order reduction*, 2014.

use std::collections::{HashMap, HashSet};

use crate::footprint::Process;
use crate::run::{Decision, DecisionKind, Step};

/// A request for a run: at this decision, one of these processes takes the step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reversal {
    /// The number of the decision.
    pub(crate) decision: usize,
    /// The places of the processes among the possibilities. One of them is enough; the first is the
    /// best.
    pub(crate) places: Vec<u32>,
}

/// The steps that happen before each step, in every order that leads to the same state: those of
/// each process are its first ones, up to a number.
struct Order {
    /// For each step, the number of its process, and the number of steps of that process before it.
    places: Vec<(usize, usize)>,
    /// For each step, the numbers of steps of each process that happen before it.
    clocks: Vec<Vec<usize>>,
}

/// Returns the reversals that a run asks for. The steps before the first `known` ones among
/// themselves were looked at after earlier runs.
pub(crate) fn reversals(steps: &[Step], decisions: &[Decision], known: usize) -> Vec<Reversal> {
    let mut order = Order { places: Vec::with_capacity(steps.len()), clocks: Vec::new() };
    let mut processes: HashMap<Process, usize> = HashMap::new();
    // The steps of each process until now.
    let mut taken: Vec<Vec<usize>> = Vec::new();
    let mut found = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        let process = *processes.entry(step.process).or_insert(taken.len());
        if process == taken.len() {
            taken.push(Vec::new());
        }
        let racing = order.add(steps, number, process, &taken);
        if number >= known {
            found.extend(
                racing.into_iter().filter_map(|it| order.reversal(steps, decisions, it, number)),
            );
        }
        if let Some(of_process) = taken.get_mut(process) {
            of_process.push(number);
        }
    }
    found
}

impl Order {
    /// Adds a step. Returns the steps of other processes that happen directly before it.
    fn add(
        &mut self,
        steps: &[Step],
        number: usize,
        process: usize,
        taken: &[Vec<usize>],
    ) -> Vec<usize> {
        let mut clock = vec![0; taken.len()];
        let mut racing = Vec::new();
        // The number of steps of each process that may still happen directly before.
        let mut left: Vec<usize> = taken.iter().map(Vec::len).collect();
        let Some(step) = steps.get(number) else { return racing };
        loop {
            let last = |(of, left): (usize, &usize)| {
                let known = clock.get(of).copied().unwrap_or(0);
                let place = left.checked_sub(1).filter(|place| *place >= known)?;
                Some((*taken.get(of)?.get(place)?, of, place))
            };
            let Some((earlier, of, place)) = left.iter().enumerate().filter_map(last).max() else {
                break;
            };
            if let Some(left) = left.get_mut(of) {
                *left = place;
            }
            let touches =
                steps.get(earlier).is_some_and(|it| it.footprint.touches(&step.footprint));
            if of != process && !touches {
                continue;
            }
            if of != process {
                racing.push(earlier);
            }
            let before = self.clocks.get(earlier).into_iter().flatten();
            for (known, before) in clock.iter_mut().zip(before) {
                *known = (*known).max(*before);
            }
            if let Some(known) = clock.get_mut(of) {
                *known = (*known).max(place + 1);
            }
        }
        self.clocks.push(clock);
        self.places.push((process, taken.get(process).map_or(0, Vec::len)));
        racing
    }

    /// Returns `true` if `earlier` happens before `later` in every order.
    fn is_before(&self, earlier: usize, later: usize) -> bool {
        let Some((process, place)) = self.places.get(earlier) else { return false };
        let clock = self.clocks.get(later);
        clock.and_then(|it| it.get(*process)).is_some_and(|known| known > place)
    }

    /// Returns the reversal of two steps that touch something in common. Returns `None` if the later
    /// one can't be first, because it can only run after the earlier one.
    fn reversal(
        &self,
        steps: &[Step],
        decisions: &[Decision],
        earlier: usize,
        later: usize,
    ) -> Option<Reversal> {
        let decision = steps.get(earlier)?.decision?;
        let DecisionKind::Step(processes) = &decisions.get(decision)?.kind else { return None };
        let place = |process: Process| {
            let place = processes.iter().position(|it| *it == process)?;
            u32::try_from(place).ok()
        };
        // The steps in between that don't need the earlier one, and the later one.
        let mut moved: Vec<usize> =
            (earlier + 1..later).filter(|it| !self.is_before(earlier, *it)).collect();
        let later_process = steps.get(later)?.process;
        let needs_one = moved.iter().any(|it| self.is_before(*it, later));
        if place(later_process).is_none() && !needs_one {
            return None;
        }
        moved.push(later);
        // The processes whose first moved step needs no other moved step.
        let mut seen = HashSet::new();
        let mut places = Vec::new();
        for (position, it) in moved.iter().enumerate() {
            let process = steps.get(*it)?.process;
            let is_first = seen.insert(process);
            if is_first && !moved.iter().take(position).any(|other| self.is_before(*other, *it)) {
                places.extend(place(process));
            }
        }
        // The later step's own process is the best: the reversal follows at once.
        if let Some(best) = place(later_process).and_then(|it| places.iter().position(|p| *p == it))
        {
            places.swap(0, best);
        }
        (!places.is_empty()).then_some(Reversal { decision, places })
    }
}

/// Returns, for each process that could have taken a step and never did, the decisions at which it
/// could have. It is not known what it would have touched.
pub(crate) fn never_run(steps: &[Step], decisions: &[Decision]) -> Vec<Reversal> {
    let mut found = Vec::new();
    let mut later: HashSet<Process> = HashSet::new();
    for step in steps.iter().rev() {
        later.insert(step.process);
        let Some(decision) = step.decision else { continue };
        let Some(DecisionKind::Step(processes)) = decisions.get(decision).map(|it| &it.kind) else {
            continue;
        };
        for (place, process) in (0..).zip(processes) {
            if !later.contains(process) {
                found.push(Reversal { decision, places: vec![place] });
            }
        }
    }
    found
}
