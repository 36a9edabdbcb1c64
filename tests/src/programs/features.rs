//! The features that a program reached, which tests use to check that random programs together
//! reach all of them.

use std::collections::BTreeSet;

use super::player::Run;
use super::world::{ENDS, Element, FUTURES, STREAMS};

/// Returns the events of a program, as detailed as its rules distinguish them:
///
/// - every operation that ended; for those on ends, subtasks and sets, also its outcome
/// - every kind of call of guest code, and every kind of event of a callback
/// - every decision, with each of its answers if there are two
/// - every state of a handle, a hundred or more of one kind, and the end of the program
#[must_use]
pub fn features(run: &Run) -> BTreeSet<String> {
    let mut features = BTreeSet::new();
    let mut operations: Vec<(String, String, Option<Element>)> = Vec::new();
    for line in &run.trace {
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            [thread, "=", results @ ..] if thread.starts_with('T') => {
                let at = operations.iter().rposition(|(other, ..)| other == thread);
                let Some(at) = at else { continue };
                let (_, operation, element) = operations.remove(at);
                if let Some(how) = outcome(&operation, results) {
                    if let Some(element) = element {
                        features.insert(format!("{operation} of {element:?}: {how}"));
                    }
                    features.insert(format!("{operation}: {how}"));
                }
                features.insert(operation);
            }
            [thread, operation, first, ..] if thread.starts_with('T') => {
                let element = element(operation, first);
                operations.push(((*thread).to_owned(), (*operation).to_owned(), element));
            }
            ["trap", rule] => {
                let last = operations.last().map_or("", |(_, operation, _)| operation);
                features.insert("trap".to_owned());
                features.insert(format!("trap: {rule} in {last}"));
            }
            ["callback", _, code, ..] => {
                features.insert(format!("callback: {code}"));
            }
            [state, rest @ ..] if state.starts_with('i') && rest.len() > 2 => {
                features.extend(rest.iter().filter_map(|word| handle_state(word)));
                features.extend(crowds(rest));
            }
            ["host", rest @ ..] => {
                let calls = rest.iter().filter(|word| word.starts_with('C'));
                let states = calls.filter_map(|word| word.split_once('='));
                features.extend(states.map(|(_, state)| format!("host's call: {state}")));
            }
            [first, ..] => {
                features.insert((*first).to_owned());
            }
            [] => {}
        }
    }
    for made in &run.choices {
        let choice = made.chosen.choice;
        if made.name.is_some() {
            features.insert(format!("choice: {choice}"));
        } else {
            features.insert(format!("choice: {choice} {}", made.chosen.chosen));
        }
    }
    if let Some(trap) = run.trap {
        features.insert(format!("trap: {}", trap.rule().id()));
    }
    features
}

/// Returns the elements of a read or write, by the first number of the operation.
fn element(operation: &str, number: &str) -> Option<Element> {
    let ty = number.parse::<u32>().ok()? & 0xf;
    let at = match operation {
        "stream.read" | "stream.write" => ty % STREAMS,
        "future.read" | "future.write" => STREAMS + ty % FUTURES,
        _ => return None,
    };
    ENDS.get(at as usize).copied().filter(|element| *element != Element::None)
}

/// Returns the outcome of an operation, if it has several.
fn outcome(operation: &str, results: &[&str]) -> Option<String> {
    let first: u32 = results.first()?.parse().ok()?;
    let is_copy = ["read", "write", "cancel-read", "cancel-write"]
        .iter()
        .any(|name| operation.ends_with(&format!(".{name}")));
    if is_copy {
        let how = match (first, first & 0xf) {
            (u32::MAX, _) => "blocked",
            (_, 0) => "completed",
            (_, 1) => "dropped",
            _ => "cancelled",
        };
        let moved = if operation.starts_with("stream") && first != u32::MAX && first >> 4 > 0 {
            " with values"
        } else {
            ""
        };
        return Some(format!("{how}{moved}"));
    }
    match operation {
        "subtask.cancel" if first == u32::MAX => Some("blocked".to_owned()),
        "subtask.cancel" => Some(first.to_string()),
        "call" if first == 2 || first > 0xf && first & 0xf < 2 => {
            Some(format!("async {}", first & 0xf))
        }
        "waitable-set.wait" | "waitable-set.poll" => {
            let payload: u32 = results.get(2)?.parse().ok()?;
            let how =
                if first == 1 { format!(" {payload}") } else { format!(" {}", payload & 0xf) };
            Some(format!("event {first}{how}"))
        }
        _ => None,
    }
}

/// Returns the kinds of things of which an instance has a hundred or more, from its state.
fn crowds(words: &[&str]) -> Vec<String> {
    let count = |first: char| {
        let named = |word: &&&str| word.starts_with(first) && word.contains('=');
        words.iter().filter(named).count()
    };
    let waiting = words.get(1).and_then(|word| word.get(1..)?.parse().ok()).unwrap_or(0);
    let counts = [("handles", count('h')), ("threads", count('t')), ("waiting to enter", waiting)];
    let crowds = counts.into_iter().filter(|(_, count)| *count >= 100);
    crowds.map(|(kind, _)| format!("a hundred {kind}")).collect()
}

/// Returns the state of a handle, without its numbers.
fn handle_state(word: &str) -> Option<String> {
    let (_, state) = word.split_once('=')?;
    if !word.starts_with('h') {
        return None;
    }
    let parts: Vec<&str> = state.split(':').collect();
    match parts.as_slice() {
        ["E", end, flags] => Some(format!("end: {} {flags}", end.get(1..)?)),
        ["S", state, delivered, flags] => Some(format!("subtask: {state} {delivered} {flags}")),
        _ => None,
    }
}
