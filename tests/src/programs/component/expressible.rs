//! Which operations components can do: a script without the others.
//!
//! What is left out, and why:
//!
//! - calls of instances behind the caller's own, and dropping resources whose types these define:
//!   components can't import one another in a circle
//! - calls lowered with `async` of functions whose type isn't: validation rules them out, and they
//!   become calls lowered without
//! - `resource.rep` of another instance's type: validation rules it out
//! - a call of the host's that starts later than it is called, or that ends as cancelled later
//!   than it is asked to: a store takes the arguments when a guest calls, and drops the host's
//!   future when it cancels
//! - the host's calls, and cancelling them, from inside of its functions: from there a store
//!   only makes calls that come to their end at once
//! - reading and writing ends there that came as results since: their calls' results are taken
//!   when the host has control
//! - ending the cancellation of a guest's read or write later: a store has nothing for that
//! - a function of the host that returns at any other time than when it is called, or right
//!   before a ready thread runs: a store polls the host's futures when it runs
//!
//! What replaces it is the nearest that can be done; otherwise nothing is.

use std::collections::VecDeque;

use weft::chooser::Chooser;
use weft::limits::Limits;

use super::super::host::HostedState;
use super::super::operation::{Entry, Operation};
use super::super::player::{Control, Player, Script};
use super::super::world::FUNCTIONS;

/// What a script says, as far as components can do it.
#[derive(Clone, Debug)]
pub struct Expressible<S> {
    script: S,
    /// What has to come next.
    forced: VecDeque<Entry>,
    /// How many ends the host had when it was at the bottom of the stack.
    known_ends: usize,
}

impl<S> Expressible<S> {
    /// What `script` says, as far as components can do it.
    pub const fn new(script: S) -> Self {
        Self { script, forced: VecDeque::new(), known_ends: 0 }
    }
}

impl<L: Limits, C: Chooser, S: Script<L, C>> Script<L, C> for Expressible<S> {
    fn next(&mut self, player: &Player<L, C>) -> Option<Entry> {
        if let Some(entry) = self.forced.pop_front() {
            return Some(entry);
        }
        let is_nested = player.places.len() > 1;
        match player.control {
            Control::Host if is_nested => {
                if let Some(entry) = self.at_once(player) {
                    return Some(entry);
                }
            }
            Control::Host => self.known_ends = player.host_ends.len(),
            Control::Guest(_) => {}
        }
        loop {
            let entry = self.script.next(player)?;
            let entry = match player.control {
                Control::Guest(thread) => {
                    guest_can(entry, player.instance_of(thread), player.world.instances.len())
                }
                Control::Host if is_nested => self.called_host_can(entry, player),
                Control::Host => self.host_can(entry, player),
            };
            if entry.is_some() {
                return entry;
            }
        }
    }
}

const fn entry(operation: Operation, number: u32) -> Entry {
    Entry { operation, arguments: [number, 0, 0, 0] }
}

/// What of it a guest of instance `number` can do.
fn guest_can(entry: Entry, number: usize, instances: usize) -> Option<Entry> {
    let Entry { operation, arguments: [a, b, c, d] } = entry;
    let ty = a as usize % instances;
    let can = match operation {
        Operation::Call => {
            let callee = a as usize % (instances + 1);
            if callee < instances && !FUNCTIONS[b as usize % FUNCTIONS.len()].is_async && c & 1 == 1
            {
                let arguments = [a, b, 0, d];
                return guest_can(Entry { operation, arguments }, number, instances);
            }
            callee <= number || callee == instances
        }
        Operation::ResourceDrop => ty <= number,
        Operation::ResourceRep => ty == number,
        _ => !operation.is_hosts(),
    };
    can.then_some(entry)
}

impl<S> Expressible<S> {
    /// What the host does before anything else when it is called, or asked to cancel.
    fn at_once<L: Limits, C: Chooser>(&mut self, player: &Player<L, C>) -> Option<Entry> {
        let open = |state| player.hosted_calls.iter().any(|call| call.state == state);
        if open(HostedState::Starting) {
            return Some(entry(Operation::HostStart, 0));
        }
        let mut calls = player.hosted_calls.iter();
        if calls.any(|call| call.is_cancelled && call.state != HostedState::Resolved) {
            self.forced.push_back(entry(Operation::HostDone, 0));
            return Some(entry(Operation::HostCancelled, 0));
        }
        None
    }

    /// What the host does at the bottom of the stack.
    fn host_can<L: Limits, C: Chooser>(
        &mut self,
        it: Entry,
        player: &Player<L, C>,
    ) -> Option<Entry> {
        match it.operation {
            Operation::HostReturn if started(player) > 0 => {
                self.forced.push_back(entry(Operation::HostTick, 0));
                Some(it)
            }
            Operation::HostTick
            | Operation::HostInvoke
            | Operation::HostCancel
            | Operation::HostCopy
            | Operation::HostCancelCopy
            | Operation::HostDrop
            | Operation::HostEvents => Some(it),
            _ => None,
        }
    }

    /// What the host does when a guest has called it.
    fn called_host_can<L: Limits, C: Chooser>(
        &mut self,
        it: Entry,
        player: &Player<L, C>,
    ) -> Option<Entry> {
        match it.operation {
            Operation::HostReturn => {
                let last = player.hosted_calls.last()?;
                if last.state != HostedState::Started {
                    return None;
                }
                self.forced.push_back(entry(Operation::HostDone, 0));
                Some(entry(Operation::HostReturn, started(player) - 1))
            }
            Operation::HostDone => Some(it),
            Operation::HostCopy
            | Operation::HostCancelCopy
            | Operation::HostDrop
            | Operation::HostEvents => {
                let new = player.end_origins.get(self.known_ends..).unwrap_or_default();
                let is_result = |call| player.host_calls.iter().any(|it| it.number == call);
                let is_unknown = new.iter().any(|it| !it.is_writable && is_result(it.call));
                (!is_unknown).then_some(it)
            }
            _ => None,
        }
    }
}

/// How many calls of the host's functions have started and not returned.
fn started<L: Limits, C: Chooser>(player: &Player<L, C>) -> u32 {
    let calls = player.hosted_calls.iter();
    let count = calls.filter(|call| call.state == HostedState::Started).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}
