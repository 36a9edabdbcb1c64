//! The graph of waiting tasks: who waits for whom.

use serde_json::{Value, json};
use weft::component::{Awaited, Party, WaitingTask};
use weft::trap::{CopyDirection, EndKind};

use super::text::printable_line;

/// The greatest number of tasks of one name that an edge leads to.
const MAX_OF_NAME: usize = 8;

/// The greatest number of tasks that are drawn.
const MAX_TASKS: usize = 64;

/// A node: a waiting task, or another party.
#[derive(Debug)]
struct Node {
    name: String,
    place: String,
    /// `true` for a waiting task.
    is_task: bool,
}

/// An edge: one waits for the other.
#[derive(Clone, Debug)]
struct Edge {
    from: usize,
    to: usize,
    label: String,
}

/// The graph.
#[derive(Debug, Default)]
pub(super) struct WaitGraph {
    nodes: Vec<Node>,
    edges: Vec<Edge>,
}

impl WaitGraph {
    /// Draws the graph of waiting tasks.
    pub(super) fn of(tasks: &[WaitingTask]) -> Self {
        let tasks = tasks.get(..MAX_TASKS).unwrap_or(tasks);
        let mut graph = Self::default();
        for task in tasks {
            let (name, place) = (printable_line(&task.function), printable_line(&task.instance));
            graph.nodes.push(Node { name, place, is_task: true });
        }
        for (from, task) in tasks.iter().enumerate() {
            for awaited in &task.awaits {
                graph.add(tasks, from, awaited);
            }
        }
        graph
    }

    fn add(&mut self, tasks: &[WaitingTask], from: usize, awaited: &Awaited) {
        let (label, party) = match awaited {
            Awaited::Backpressure(count) => (format!("backpressure {count}"), None),
            Awaited::Exclusive(party) => ("the exclusive access of".to_owned(), Some(party)),
            Awaited::Resumption => ("a resumption".to_owned(), None),
            Awaited::EmptySet => ("an empty set".to_owned(), Some(&Party::Nobody)),
            Awaited::Call(party) => ("a call of".to_owned(), Some(party)),
            Awaited::Copy { kind, direction, other } => (copy(*kind, *direction), Some(other)),
            _ => ("something else".to_owned(), Some(&Party::Nobody)),
        };
        let own = tasks.get(from).map(|it| it.instance.clone()).unwrap_or_default();
        let own = Party::Instance(own);
        for to in self.nodes_of(tasks, from, party.unwrap_or(&own)) {
            self.edges.push(Edge { from, to, label: label.clone() });
        }
    }

    /// Returns the nodes of a party that the task at `from` waits for.
    fn nodes_of(&mut self, tasks: &[WaitingTask], from: usize, party: &Party) -> Vec<usize> {
        let is_it = |(number, task): &(usize, &WaitingTask)| match party {
            Party::Task { function, instance } => {
                task.function == *function && task.instance == *instance
            }
            Party::Instance(instance) => task.instance == *instance && *number != from,
            _ => false,
        };
        let found = tasks.iter().enumerate().filter(is_it).map(|(number, _)| number);
        let found: Vec<usize> = found.take(MAX_OF_NAME).collect();
        if !found.is_empty() {
            return found;
        }
        let (name, place) = match party {
            Party::Task { function, instance } => {
                (printable_line(function), printable_line(instance))
            }
            Party::Nobody => ("nobody".to_owned(), String::new()),
            Party::Host => ("the host".to_owned(), String::new()),
            Party::HostFunction(name) => (printable_line(name), "host function".to_owned()),
            Party::Instance(name) => ("any task".to_owned(), printable_line(name)),
            _ => ("somebody".to_owned(), String::new()),
        };
        let is_it = |node: &Node| !node.is_task && node.name == name && node.place == place;
        if let Some(position) = self.nodes.iter().position(is_it) {
            return vec![position];
        }
        self.nodes.push(Node { name, place, is_task: false });
        vec![self.nodes.len() - 1]
    }

    /// Returns `true` if `to` waits, over others, for `from`.
    fn reaches(&self, from: usize, to: usize) -> bool {
        let (mut seen, mut next) = (vec![false; self.nodes.len()], vec![from]);
        while let Some(node) = next.pop() {
            if node == to {
                return true;
            }
            match seen.get_mut(node) {
                Some(seen) if !*seen => *seen = true,
                _ => continue,
            }
            next.extend(self.edges.iter().filter(|it| it.from == node).map(|it| it.to));
        }
        false
    }

    /// Returns the graph as JSON. Edges in a circle are marked.
    pub(super) fn as_json(&self) -> Value {
        let nodes = self.nodes.iter().map(|it| json!([it.name, it.place, it.is_task]));
        let edges = self
            .edges
            .iter()
            .map(|it| json!([it.from, it.to, it.label, self.reaches(it.to, it.from)]));
        json!({ "nodes": nodes.collect::<Vec<_>>(), "edges": edges.collect::<Vec<_>>() })
    }
}

fn copy(kind: EndKind, direction: CopyDirection) -> String {
    let action = match direction {
        CopyDirection::Read => "a read from a",
        CopyDirection::Write => "a write to a",
    };
    let kind = match kind {
        EndKind::Stream => "stream",
        EndKind::Future => "future",
    };
    format!("{action} {kind} of")
}
