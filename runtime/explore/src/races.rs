//! Which steps of a run could also happen in another order: partial-order reduction.
//!
//! Steps that touch nothing in common commute, so that only one of their orders has to be explored.
//! After each run, this finds the pairs of steps that touch something in common, and of which the
//! later one could have been first. For each it asks for a run in which that is so. This is the
//! algorithm of source sets: P. Abdulla, S. Aronis, B. Jonsson and K. Sagonas, *Optimal dynamic
//! partial order reduction*, 2014.
//!
//! The order of steps is kept in vector clocks. Steps that touch the same part are all in order, so
//! that a step is compared with the last one of each of its parts. So the work for a run grows with
//! the number of its steps, and not with its square.

use std::cmp::Reverse;
use std::collections::{HashMap, HashSet};

use weft::machine::InstanceId;

use crate::footprint::{Footprint, Process};
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
#[derive(Default)]
struct Order {
    processes: HashMap<Process, usize>,
    /// The number of steps of each process, and its last one.
    taken: Vec<(usize, usize)>,
    /// For each step, the number of its process, and the number of steps of that process before it.
    places: Vec<(usize, usize)>,
    /// For each step, the numbers of steps of each process that happen before it or are it.
    clocks: Vec<Vec<usize>>,
    /// The last step that has touched each instance.
    instances: HashMap<(u32, InstanceId), usize>,
    /// The last step that has touched the host.
    host: Option<usize>,
    /// The last step that may have touched everything.
    everything: Option<usize>,
}

/// Returns the reversals that a run asks for. The first `known` steps were compared with one another
/// after earlier runs.
pub(crate) fn reversals(steps: &[Step], decisions: &[Decision], known: usize) -> Vec<Reversal> {
    let mut order = Order::default();
    let mut found = Vec::new();
    for (number, step) in steps.iter().enumerate() {
        let racing = order.add(step, number);
        if number >= known {
            found.extend(
                racing.into_iter().filter_map(|it| order.reversal(steps, decisions, it, number)),
            );
        }
    }
    found
}

impl Order {
    /// Adds a step. Returns the steps of other processes that happen directly before it, the latest
    /// one first.
    fn add(&mut self, step: &Step, number: usize) -> Vec<usize> {
        let process = *self.processes.entry(step.process).or_insert(self.taken.len());
        let own = self.taken.get(process).copied();
        if own.is_none() {
            self.taken.push((0, 0));
        }
        let mut clock = vec![0; self.taken.len()];
        let mut racing = Vec::new();
        for earlier in self.last_steps(&step.footprint, own.map(|(_, last)| last)) {
            let Some((of, place)) = self.places.get(earlier).copied() else { continue };
            if clock.get(of).is_some_and(|known| *known > place) {
                continue;
            }
            if of != process {
                racing.push(earlier);
            }
            let before = self.clocks.get(earlier).into_iter().flatten();
            for (known, before) in clock.iter_mut().zip(before) {
                *known = (*known).max(*before);
            }
        }
        let place = own.map_or(0, |(count, _)| count);
        if let (Some(known), Some(taken)) = (clock.get_mut(process), self.taken.get_mut(process)) {
            *known = place + 1;
            *taken = (place + 1, number);
        }
        self.clocks.push(clock);
        self.places.push((process, place));
        self.touch(&step.footprint, number);
        racing
    }

    /// Returns the last step of the own process, and the last ones that touch a part in common with
    /// a footprint, the latest first. All others that do happen before these.
    fn last_steps(&self, footprint: &Footprint, own: Option<usize>) -> Vec<usize> {
        let mut last: Vec<usize> = self.everything.into_iter().chain(own).collect();
        if footprint.touches_everything() {
            last.extend(self.taken.iter().filter(|(count, _)| *count > 0).map(|(_, last)| last));
        } else {
            let instances = footprint.instances();
            last.extend(instances.iter().filter_map(|it| self.instances.get(it)));
            last.extend(self.host.filter(|_| footprint.touches_host()));
        }
        last.sort_unstable_by_key(|step| Reverse(*step));
        last.dedup();
        last
    }

    /// Notes that a step has touched its parts last.
    fn touch(&mut self, footprint: &Footprint, number: usize) {
        for instance in footprint.instances() {
            self.instances.insert(*instance, number);
        }
        if footprint.touches_host() {
            self.host = Some(number);
        }
        if footprint.touches_everything() {
            self.everything = Some(number);
        }
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

/// Returns, for each process that could have taken a step and could not take the next one, the
/// decision about that step: the step has disabled it. `last` are the processes that could go on at
/// the end.
pub(crate) fn disabled(steps: &[Step], decisions: &[Decision], last: &[Process]) -> Vec<Reversal> {
    let mut found = Vec::new();
    let after = steps.iter().skip(1).map(|step| step.candidates.as_slice()).chain([last]);
    for (step, after) in steps.iter().zip(after) {
        let Some(decision) = step.decision else { continue };
        let Some(DecisionKind::Step(processes)) = decisions.get(decision).map(|it| &it.kind) else {
            continue;
        };
        for (place, process) in (0..).zip(processes) {
            if *process != step.process && !after.contains(process) {
                found.push(Reversal { decision, places: vec![place] });
            }
        }
    }
    found
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

#[cfg(test)]
mod tests {
    use weft::chooser::{Choice, Chooser as _, FirstInFirstOut, Seeded};
    use weft::error::Error;
    use weft::limits::Heap;
    use weft::machine::Machine;

    use super::*;

    /// Returns random steps of four processes, which touch some of three instances, the host, or
    /// everything.
    fn random_steps(random: &mut Seeded) -> Result<Vec<Step>, Error> {
        let mut machine: Machine<Heap, FirstInFirstOut> = Machine::new(FirstInFirstOut);
        let instances = [machine.new_instance()?, machine.new_instance()?, machine.new_instance()?];
        let mut one_in = |count| random.choose(Choice::Host, count) == 0;
        let mut step = || {
            let mut footprint = Footprint::default();
            for instance in instances {
                if one_in(3) {
                    footprint.add_instance(0, instance);
                }
            }
            if one_in(5) {
                footprint.add_host();
            }
            if one_in(10) {
                footprint.add_everything();
            }
            let process = u64::from(one_in(2)) + 2 * u64::from(one_in(2));
            let process = Process::Event(process);
            Step { process, candidates: vec![process], decision: None, footprint }
        };
        Ok((0..30).map(|_| step()).collect())
    }

    #[test]
    fn the_order_of_steps_is_that_of_their_definition() -> Result<(), Error> {
        let mut random = Seeded::new(1);
        for _ in 0..200 {
            let steps = random_steps(&mut random)?;
            let mut order = Order::default();
            // The steps that happen before each step.
            let mut before: Vec<HashSet<usize>> = Vec::new();
            for (number, step) in steps.iter().enumerate() {
                let racing = order.add(step, number);
                let touches = |it: &Step| it.footprint.touches(&step.footprint);
                let depends = |it: &Step| it.process == step.process || touches(it);
                let direct: Vec<usize> = (0..number).filter(|it| depends(&steps[*it])).collect();
                let all: HashSet<usize> =
                    direct.iter().flat_map(|it| before[*it].iter().chain([it])).copied().collect();
                let is_covered = |it: &usize| all.iter().any(|other| before[*other].contains(it));
                let expected = direct
                    .iter()
                    .rev()
                    .copied()
                    .filter(|it| steps[*it].process != step.process && !is_covered(it));
                assert_eq!(racing, expected.collect::<Vec<_>>());
                before.push(all);
                for earlier in 0..number {
                    assert_eq!(order.is_before(earlier, number), before[number].contains(&earlier));
                }
            }
        }
        Ok(())
    }
}
