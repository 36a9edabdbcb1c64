//! The tree of decisions that is explored, and the runs that are still to be made.

use std::collections::BTreeSet;

use crate::footprint::{Footprint, Sleeper};
use crate::races::{Reversal, disabled, never_run, reversals};
use crate::run::{Decision, DecisionKind, RunState, Stopped, not_deterministic};

/// A decision in the tree.
#[derive(Debug)]
struct Node {
    /// The decision before, and the possibility that was taken there.
    parent: Option<(usize, u32)>,
    /// The number of decisions before.
    depth: usize,
    /// The number of those that don't take the first possibility.
    deviations: usize,
    kind: DecisionKind,
    /// The processes that slept when the decision was first made.
    sleep: Vec<Sleeper>,
    branches: Vec<Branch>,
}

/// A possibility of a decision.
#[derive(Clone, Debug, Default)]
struct Branch {
    /// `true` if a run takes it, or will.
    is_wanted: bool,
    /// `true` if a run that takes it as its last planned decision is not over.
    is_pending: bool,
    /// `true` if the decision below it is in the tree, because runs below that are not over.
    has_decision: bool,
    /// The parts that the step has touched, in any run.
    footprint: Footprint,
}

impl Branch {
    /// Returns `true` if no run that takes it is left.
    const fn is_over(&self) -> bool {
        !self.is_pending && !self.has_decision
    }
}

/// A run that somebody is going to make.
#[derive(Clone, Debug, Default)]
pub(crate) struct PlannedRun {
    /// The nodes of the planned decisions.
    nodes: Vec<usize>,
    /// The possibilities that are taken at them.
    pub(crate) plan: Vec<u32>,
    /// The processes that sleep at the last one.
    pub(crate) sleep: Vec<Sleeper>,
}

/// The tree.
#[derive(Debug)]
pub(crate) struct Tree {
    /// `true` if runs that only permute independent steps are left out.
    reduces: bool,
    nodes: Vec<Option<Node>>,
    free: Vec<usize>,
    /// The wanted runs, by the depth of their last planned decision.
    deepest: BTreeSet<(usize, WantedRun)>,
    /// The same runs, by the number of deviations from the first possibilities, and the depth.
    simplest: BTreeSet<(usize, usize, WantedRun)>,
    /// The number of runs that were ever wanted.
    num_wanted: u64,
    /// The number of runs that were begun.
    begun: u64,
}

/// A wanted run: its number, its node and the possibility there.
type WantedRun = (u64, usize, u32);

impl Tree {
    pub(crate) const fn new(reduces: bool) -> Self {
        Self {
            reduces,
            nodes: Vec::new(),
            free: Vec::new(),
            deepest: BTreeSet::new(),
            simplest: BTreeSet::new(),
            num_wanted: 0,
            begun: 0,
        }
    }

    /// Returns the number of runs that are known to be needed, and not begun.
    pub(crate) fn num_wanted(&self) -> usize {
        self.deepest.len() + usize::from(self.begun == 0)
    }

    /// Takes the next wanted run. By turns, it is the one with most decisions before it,
    /// whose siblings sleep soonest, and the one with the fewest deviations from the first
    /// possibilities, which finds most outcomes soonest.
    pub(crate) fn next_run(&mut self) -> Option<PlannedRun> {
        self.begun += 1;
        if self.begun == 1 {
            return Some(PlannedRun::default());
        }
        let wanted = if self.begun.is_multiple_of(2) {
            let (_, wanted) = self.deepest.pop_last()?;
            let (deviations, depth) = self.order_of(wanted)?;
            self.simplest.remove(&(deviations, depth, wanted));
            wanted
        } else {
            let (_, depth, wanted) = self.simplest.pop_first()?;
            self.deepest.remove(&(depth, wanted));
            wanted
        };
        let (_, last, branch) = wanted;
        let mut planned =
            PlannedRun { sleep: self.sleepers(last, branch), ..PlannedRun::default() };
        let mut place = Some((last, branch));
        while let Some((number, branch)) = place {
            planned.nodes.push(number);
            planned.plan.push(branch);
            place = self.node(number)?.parent;
        }
        planned.nodes.reverse();
        planned.plan.reverse();
        Some(planned)
    }

    /// Returns the number of deviations of a wanted run, and its depth.
    fn order_of(&self, (_, number, place): WantedRun) -> Option<(usize, usize)> {
        let node = self.node(number)?;
        Some((node.deviations + usize::from(place > 0), node.depth))
    }

    fn node(&self, number: usize) -> Option<&Node> {
        self.nodes.get(number)?.as_ref()
    }

    fn branch_mut(&mut self, number: usize, branch: u32) -> Option<&mut Branch> {
        self.nodes.get_mut(number)?.as_mut()?.branches.get_mut(branch as usize)
    }

    /// Returns the processes that sleep when a possibility is taken: those that slept before, and
    /// those whose runs were all made.
    fn sleepers(&self, number: usize, taken: u32) -> Vec<Sleeper> {
        let Some(node) = self.node(number).filter(|_| self.reduces) else { return Vec::new() };
        let mut sleep = node.sleep.clone();
        let DecisionKind::Step(processes) = &node.kind else { return sleep };
        for ((place, branch), process) in (0..).zip(&node.branches).zip(processes) {
            if place != taken && branch.is_wanted && branch.is_over() {
                let footprint = branch.footprint.clone();
                sleep.push(Sleeper { process: *process, footprint });
            }
        }
        sleep
    }

    /// Adds a run that was made, and the runs that it asks for. Fails if it was not the same as
    /// earlier ones up to its last planned decision.
    pub(crate) fn add(&mut self, planned: &PlannedRun, run: &RunState) -> Result<(), String> {
        self.check(planned, run)?;
        let nodes = self.add_nodes(planned, run);
        for (step, decision) in run.steps.iter().filter_map(|it| Some((it, it.decision?))) {
            let taken = run.decisions.get(decision).map(|it| it.chosen);
            if let (Some(node), Some(taken)) = (nodes.get(decision), taken)
                && let Some(branch) = self.branch_mut(*node, taken)
            {
                branch.footprint.add(&step.footprint);
            }
        }
        if self.reduces {
            let known = first_step_of(run, planned.plan.len().checked_sub(1));
            let mut asked = reversals(&run.steps, &run.decisions, known);
            asked.extend(disabled(&run.steps, &run.decisions, &run.candidates));
            if run.stopped != Some(Stopped::Redundant) {
                asked.extend(never_run(&run.steps, &run.decisions));
            }
            for Reversal { decision, places } in asked {
                if let Some(node) = nodes.get(decision) {
                    self.want_one_of(*node, &places);
                }
            }
        }
        self.close(planned, &nodes);
        Ok(())
    }

    /// Checks that a run has made the decisions of its plan.
    fn check(&self, planned: &PlannedRun, run: &RunState) -> Result<(), String> {
        let is_same = |(number, decision): (&usize, &Decision)| {
            self.node(*number).is_some_and(|node| node.kind == decision.kind)
        };
        let is_long_enough = run.decisions.len() >= planned.plan.len();
        if is_long_enough && planned.nodes.iter().zip(&run.decisions).all(is_same) {
            Ok(())
        } else {
            Err(not_deterministic())
        }
    }

    /// Adds the decisions that were not planned. Returns the nodes of all decisions of the run.
    fn add_nodes(&mut self, planned: &PlannedRun, run: &RunState) -> Vec<usize> {
        let mut nodes = planned.nodes.clone();
        let planned_decisions = run.decisions.iter().take(nodes.len());
        let mut deviations = planned_decisions.filter(|it| it.chosen > 0).count();
        for decision in run.decisions.iter().skip(planned.plan.len()) {
            let taken = nodes.len().checked_sub(1).and_then(|last| run.decisions.get(last));
            let parent = nodes.last().copied().zip(taken.map(|it| it.chosen));
            let branches = vec![Branch::default(); decision.kind.count() as usize];
            let node = Node {
                parent,
                depth: nodes.len(),
                deviations,
                kind: decision.kind.clone(),
                sleep: decision.sleep.clone(),
                branches,
            };
            let number = self.insert(node);
            if let Some((parent, branch)) = parent
                && let Some(branch) = self.branch_mut(parent, branch)
            {
                branch.has_decision = true;
            }
            nodes.push(number);
            deviations += usize::from(decision.chosen > 0);
            if let Some(branch) = self.branch_mut(number, decision.chosen) {
                branch.is_wanted = true;
            }
            let touches_host = || {
                let step = decision.step.and_then(|it| run.steps.get(it));
                step.is_none_or(|step| step.footprint.touches_host())
            };
            let wants_all = match decision.kind {
                DecisionKind::Step(_) => !self.reduces,
                DecisionKind::Inside(..) => true,
                DecisionKind::Covered(..) => touches_host(),
            };
            if wants_all {
                (0..decision.kind.count()).for_each(|it| self.want(number, it));
            }
        }
        nodes
    }

    fn insert(&mut self, node: Node) -> usize {
        if let Some(number) = self.free.pop()
            && let Some(place) = self.nodes.get_mut(number)
        {
            *place = Some(node);
            return number;
        }
        self.nodes.push(Some(node));
        self.nodes.len() - 1
    }

    /// Asks for a run that takes one of these possibilities, unless one does or will.
    fn want_one_of(&mut self, number: usize, places: &[u32]) {
        let Some(node) = self.node(number) else { return };
        let is_wanted =
            |place: &u32| node.branches.get(*place as usize).is_some_and(|it| it.is_wanted);
        if !places.iter().any(is_wanted)
            && let Some(first) = places.first()
        {
            self.want(number, *first);
        }
    }

    /// Asks for a run that takes a possibility, unless one does or will, or its process sleeps.
    fn want(&mut self, number: usize, place: u32) {
        let Some(node) = self.node(number) else { return };
        let sleeps = match &node.kind {
            DecisionKind::Step(processes) => processes
                .get(place as usize)
                .is_some_and(|it| node.sleep.iter().any(|sleeper| sleeper.process == *it)),
            DecisionKind::Inside(..) | DecisionKind::Covered(..) => false,
        };
        let Some(branch) = self.branch_mut(number, place) else { return };
        if branch.is_wanted || sleeps {
            return;
        }
        branch.is_wanted = true;
        branch.is_pending = true;
        self.num_wanted += 1;
        let wanted = (self.num_wanted, number, place);
        if let Some((deviations, depth)) = self.order_of(wanted) {
            self.deepest.insert((depth, wanted));
            self.simplest.insert((deviations, depth, wanted));
        }
    }

    /// Removes the decisions below which no run is left, after a run.
    fn close(&mut self, planned: &PlannedRun, nodes: &[usize]) {
        if let (Some(last), Some(branch)) = (planned.nodes.last(), planned.plan.last())
            && let Some(branch) = self.branch_mut(*last, *branch)
        {
            branch.is_pending = false;
        }
        for number in nodes.iter().rev() {
            // Those above have this one below them.
            let Some(node) = self.node(*number) else { continue };
            if !node.branches.iter().all(Branch::is_over) {
                return;
            }
            if let Some((parent, branch)) = node.parent
                && let Some(branch) = self.branch_mut(parent, branch)
            {
                branch.has_decision = false;
            }
            if let Some(place) = self.nodes.get_mut(*number) {
                *place = None;
                self.free.push(*number);
            }
        }
    }
}

/// Returns the number of the step that a decision is part of.
fn first_step_of(run: &RunState, decision: Option<usize>) -> usize {
    let Some(decision) = decision else { return 0 };
    run.decisions.get(decision).and_then(|it| it.step).unwrap_or(0)
}
