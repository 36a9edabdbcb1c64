//! Which steps of a run could also happen in another order: partial-order reduction.
//!
//! Steps that touch nothing in common commute, so that only one of their orders has to be explored.
//! After each run, this finds the pairs of steps that touch something in common, and of which the
//! later one could have been first. For each it asks for a run in which that is so. This is the
//! algorithm of source sets: P. Abdulla, S. Aronis, B. Jonsson and K. Sagonas, *Optimal dynamic
//! partial order reduction*, 2014.

use std::collections::HashSet;

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

/// The steps that happen before each step, in every order that leads to the same state.
struct Order {
    before: Vec<HashSet<usize>>,
}

/// Returns the reversals that a run asks for. The steps before the first `known` ones among
/// themselves were looked at after earlier runs.
pub(crate) fn reversals(steps: &[Step], decisions: &[Decision], known: usize) -> Vec<Reversal> {
    let mut order = Order { before: Vec::with_capacity(steps.len()) };
    let mut found = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        let mut before: HashSet<usize> = HashSet::new();
        let mut racing = Vec::new();
        for (earlier, other) in steps.iter().enumerate().take(number).rev() {
            if before.contains(&earlier) {
                continue;
            }
            let is_same = other.process == step.process;
            if !is_same && !other.footprint.touches(&step.footprint) {
                continue;
            }
            if !is_same {
                racing.push(earlier);
            }
            before.insert(earlier);
            if let Some(transitively) = order.before.get(earlier) {
                before.extend(transitively);
            }
        }
        order.before.push(before);
        if number >= known {
            found.extend(
                racing.into_iter().filter_map(|it| order.reversal(steps, decisions, it, number)),
            );
        }
    }
    found
}

impl Order {
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
        let is_independent =
            |it: &usize| !self.before.get(*it).is_some_and(|before| before.contains(&earlier));
        let mut moved: Vec<usize> = (earlier + 1..later).filter(is_independent).collect();
        let later_process = steps.get(later)?.process;
        let needs_one = self.before.get(later)?;
        if place(later_process).is_none() && !moved.iter().any(|it| needs_one.contains(it)) {
            return None;
        }
        moved.push(later);
        // The processes whose first moved step needs no other moved step.
        let mut seen = HashSet::new();
        let mut places = Vec::new();
        for (position, it) in moved.iter().enumerate() {
            let process = steps.get(*it)?.process;
            let before = self.before.get(*it)?;
            let is_first = seen.insert(process);
            if is_first && !moved.iter().take(position).any(|other| before.contains(other)) {
                places.extend(place(process));
            }
        }
        // The later step's own process is the best: the reversal follows at once.
        if let Some(best) = place(later_process).and_then(|it| places.iter().position(|p| *p == it)) {
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
