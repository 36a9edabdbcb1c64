//! The expected events, from a machine's trace: the lines for everything that guests and the host
//! of a component see or do.

use std::collections::{BTreeMap, HashMap};

use weft::chooser::{Chooser, Chosen};
use weft::limits::Limits;

use crate::programs::host::EndOrigin;
use crate::programs::player::{ProgramPlayer, Run};

/// The expected events.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The lines.
    pub lines: Vec<String>,
    /// The decisions.
    pub choices: Vec<Chosen>,
    /// The instances with memories and tables of 64 bits: bit 0 is the first one's.
    pub wide: u32,
    /// The origin of each end of the host.
    pub ends: Vec<EndOrigin>,
    /// The values that are read from each of them.
    pub received: Vec<Vec<u32>>,
    /// The representations of the resources that the host passes, by the number of the call.
    pub representations: BTreeMap<u32, u32>,
}

impl Expected {
    /// Collects the events that happened in `run`, which left `player` in this state.
    #[must_use]
    pub fn new<L: Limits, C: Chooser>(run: &Run, player: &ProgramPlayer<L, C>) -> Self {
        let mut reading = Reading::default();
        for line in &run.trace {
            reading.read(line);
        }
        let calls = player.calls.values().filter(|call| call.caller.is_none());
        Self {
            lines: reading.lines,
            choices: run.choices.iter().map(|made| made.chosen).collect(),
            wide: run.settings.wide,
            ends: player.end_origins.clone(),
            received: player.received.clone(),
            representations: calls.map(|call| (call.number, call.argument)).collect(),
        }
    }
}

/// A machine's trace during reading: the lines, and the state after the last one.
#[derive(Debug, Default)]
struct Reading {
    lines: Vec<String>,
    /// The instance of each thread, by their names.
    instances: HashMap<String, String>,
    /// The checksum of each instance's memory, by its name.
    memories: HashMap<String, String>,
    /// The number of `post-return` functions that each instance has called, by its name.
    post_returns: HashMap<String, u32>,
    /// The results of calls by the host, by their numbers.
    ended: BTreeMap<u32, &'static str>,
    /// The results that the lines already contain.
    told: BTreeMap<u32, &'static str>,
    /// The depth of nesting of host functions, each inside another's call of a guest.
    depth: usize,
    /// The calls of guests that the host made there and that have not returned, with the depth.
    nested: Vec<(usize, u32)>,
}

impl Reading {
    /// Reads a line of the machine's trace.
    fn read(&mut self, line: &str) {
        let words: Vec<&str> = line.split(' ').collect();
        match words.as_slice() {
            ["host", states @ ..] => self.read_host(states),
            [instance, states @ ..] if is_name(instance, 'i') => {
                self.read_instance(instance, states);
            }
            ["post-return", thread] => {
                let instance = self.instances.get(*thread).cloned().unwrap_or_default();
                *self.post_returns.entry(instance).or_default() += 1;
            }
            // The guest cannot call the host there.
            ["after-return", ..] | [] => {}
            ["trap", _] => {
                // The host gets no event for a call whose arguments are invalid.
                if let [.., called, started] = self.lines.as_slice()
                    && called.starts_with("host-call ")
                    && started.starts_with("host.start ")
                {
                    self.lines.truncate(self.lines.len() - 2);
                }
                self.lines.push(line.to_owned());
            }
            [first, rest @ ..] => {
                if first.starts_with("host.") {
                    self.tell_nested();
                }
                if first.starts_with("host.") && self.depth == 0 || *first == "end" {
                    self.tell_ended();
                }
                match *first {
                    "host-call" | "host-cancel" => self.depth += 1,
                    "host.done" => self.depth = self.depth.saturating_sub(1),
                    "host.invoke" if self.depth > 0 => {
                        let number = rest.first().and_then(|name| call_number(name));
                        self.nested.extend(number.map(|number| (self.depth, number)));
                    }
                    _ => {}
                }
                if is_name(first, 'T') && rest.first().is_some_and(|word| *word != "=") {
                    self.lines.push(self.state(first));
                }
                self.lines.push(line.to_owned());
            }
        }
    }

    fn read_host(&mut self, states: &[&str]) {
        for (name, state) in states.iter().filter_map(|state| state.split_once('=')) {
            let how = match state {
                "2" => "returned",
                "3" | "4" => "cancelled",
                _ => continue,
            };
            self.ended.extend(call_number(name).map(|number| (number, how)));
        }
    }

    fn read_instance(&mut self, instance: &str, states: &[&str]) {
        for state in states {
            if let Some((index, thread)) = state.split_once('=')
                && is_name(index, 't')
                && let Some((thread, _)) = thread.split_once(':')
            {
                self.instances.insert(thread.to_owned(), instance.to_owned());
            }
            if let Some(checksum) = state.strip_prefix('m') {
                self.memories.insert(instance.to_owned(), checksum.to_owned());
            }
        }
    }

    /// Adds the line for the host's calls that ended since the last one.
    fn tell_ended(&mut self) {
        for (number, how) in &self.ended {
            if self.told.insert(*number, how).is_none() {
                self.lines.push(ended(*number, how));
            }
        }
    }

    /// Adds the line for the outcome of a call that returned to a host function.
    fn tell_nested(&mut self) {
        if let Some((depth, number)) = self.nested.last().copied()
            && depth == self.depth
        {
            self.nested.pop();
            let how = self.ended.get(&number).copied().unwrap_or("waits");
            self.told.insert(number, how);
            self.lines.push(ended(number, how));
        }
    }

    /// Returns the line for the state that the guest on `thread` sees before an action.
    fn state(&self, thread: &str) -> String {
        let instance = self.instances.get(thread).cloned().unwrap_or_default();
        let checksum = self.memories.get(&instance).cloned().unwrap_or_default();
        let post_returns = self.post_returns.get(&instance).copied().unwrap_or(0);
        state(thread, &instance, &checksum, post_returns)
    }
}

/// Returns the line for the result of a host call.
pub(super) fn ended(number: u32, how: &str) -> String {
    format!("C{number} {how}")
}

/// Returns the line for the state that a guest sees before an action.
pub(super) fn state(thread: &str, instance: &str, checksum: &str, post_returns: u32) -> String {
    format!("{thread} in {instance}, memory {checksum}, {post_returns} post-returns")
}

/// Returns the number of the call with this name, if it is one.
fn call_number(name: &str) -> Option<u32> {
    name.strip_prefix('C')?.parse().ok()
}

/// Returns true if `word` is `letter` followed by a number.
fn is_name(word: &str, letter: char) -> bool {
    word.strip_prefix(letter)
        .is_some_and(|number| !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit()))
}
