//! The operations that components can do: a script without the others.
//!
//! These operations are replaced, with the reasons:
//!
//! - calls of instances after the caller's own, and drops of resources whose types these define, if
//!   the components are [siblings](Composition::Siblings)
//! - calls lowered with `async` of functions whose type is not `async`: validation refuses them,
//!   and they become calls lowered without
//! - `thread.spawn-ref` and `thread.spawn-indirect`, because they are shared functions: `is_shared` in
//!   `calls`. They become `thread.new-indirect`
//! - `resource.rep` of another instance's type: validation refuses it
//! - a call of a host function that starts later than it is called, or that ends as cancelled later
//!   than the request: a store takes the arguments when a guest calls, and drops the host's future
//!   when it cancels
//! - calls by the host inside its functions that return a result, and cancellation of calls there:
//!   a store only waits there for calls that end at once, and abandons the others
//! - calls there that cannot start at once: they would be abandoned, and never start
//! - calls there of instances where something ran that has called the host, or that can reach such
//!   an instance: the guest could resume a thread that is below the host on the native stack
//! - reads and writes there of ends that came as results since: results are taken when the host has
//!   control
//! - a later end of the cancellation of a guest's read or write: a store has no operation for it
//! - a return of a host function at any other time than when it is called, or right before a ready
//!   thread runs: a store polls the host's futures when it runs
//!
//! Each is replaced by the closest operation that is possible, or omitted.

use std::collections::{BTreeSet, VecDeque};

use weft::builtin::Builtin;
use weft::chooser::Chooser;
use weft::limits::Limits;

use super::calls::is_shared;
use super::composition::Composition;
use crate::programs::host::HostedState;
use crate::programs::operation::{Entry, Operation, after_return, number_after_return};
use crate::programs::player::{Control, ProgramPlayer, Script};
use crate::programs::world::{FUNCTIONS, HOST_CALLABLE};

/// A script, limited to the operations that components can do.
#[derive(Clone, Debug)]
pub struct Expressible<S> {
    composition: Composition,
    script: S,
    /// The entries that must come next.
    forced: VecDeque<Entry>,
    /// The number of host ends when it was last at the bottom of the stack.
    known_ends: usize,
    /// The calls of host functions that are active.
    inside: Vec<u32>,
    /// The calls that the host made inside them.
    nested: Vec<u32>,
    /// The instances in which something ran since the host was at the bottom of the stack.
    ran: BTreeSet<usize>,
}

impl<S> Expressible<S> {
    /// Creates a script from `script`, limited to the operations that components can do if they are
    /// composed like this.
    pub const fn new(composition: Composition, script: S) -> Self {
        Self {
            composition,
            script,
            forced: VecDeque::new(),
            known_ends: 0,
            inside: Vec::new(),
            nested: Vec::new(),
            ran: BTreeSet::new(),
        }
    }
}

impl<L: Limits, C: Chooser, S: Script<L, C>> Script<L, C> for Expressible<S> {
    fn next(&mut self, player: &mut ProgramPlayer<L, C>) -> Option<Entry> {
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
            Control::Host => {
                self.known_ends = player.host_ends.len();
                self.ran.clear();
            }
            Control::Guest(thread) => {
                self.ran.insert(player.instance_of(thread));
            }
            Control::Unrecorded => return None,
        }
        loop {
            let Some(entry) = self.script.next(player) else {
                let is_called_host = is_nested && player.control == Control::Host;
                return is_called_host.then_some(entry(Operation::HostDone, 0));
            };
            let entry = match player.control {
                Control::Guest(thread) => {
                    let (number, instances) = (player.instance_of(thread), &player.world.instances);
                    guest_can(self.composition, entry, number, instances.len())
                }
                Control::Host if is_nested => self.called_host_can(entry, player),
                Control::Host => self.host_can(entry, player),
                Control::Unrecorded => None,
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

/// Returns the part of it that a guest of instance `number` can do.
fn guest_can(
    composition: Composition,
    entry: Entry,
    number: usize,
    instances: usize,
) -> Option<Entry> {
    let Entry { operation, arguments: [a, b, c, d] } = entry;
    let ty = a as usize % instances;
    let reaches = |other| reaches(composition, number, other, instances);
    let can = match operation {
        Operation::Call => {
            let callee = a as usize % (instances + 1);
            if callee < instances && !FUNCTIONS[b as usize % FUNCTIONS.len()].is_async && c & 1 == 1
            {
                let arguments = [a, b, 0, d];
                return guest_can(composition, Entry { operation, arguments }, number, instances);
            }
            callee == instances || reaches(callee)
        }
        Operation::Return if after_return(c).is_some_and(is_shared) => {
            let arguments = [a, b, number_after_return(Builtin::ThreadNewIndirect), d];
            return Some(Entry { operation, arguments });
        }
        Operation::Builtin(builtin) if is_shared(builtin) => {
            let operation = Builtin::ThreadNewIndirect.into();
            return Some(Entry { operation, arguments: entry.arguments });
        }
        Operation::Builtin(Builtin::ResourceDrop) => reaches(ty),
        Operation::Builtin(Builtin::ResourceRep) => ty == number,
        _ => !operation.is_hosts(),
    };
    can.then_some(entry)
}

/// Returns true if instance `number` of `instances` can call `other`.
fn reaches(composition: Composition, number: usize, other: usize, instances: usize) -> bool {
    let [number, other, instances] =
        [number, other, instances].map(|it| u32::try_from(it).unwrap_or(u32::MAX));
    composition.reach(number, instances).contains(&other)
}

impl<S> Expressible<S> {
    /// Returns the host's first action when it is called, or asked to cancel.
    fn at_once<L: Limits, C: Chooser>(&mut self, player: &ProgramPlayer<L, C>) -> Option<Entry> {
        let mut calls = player.hosted_calls.iter();
        if let Some(call) = calls.find(|call| call.state == HostedState::Starting) {
            self.inside.truncate(player.places.len().saturating_sub(2));
            self.inside.push(call.number);
            return Some(entry(Operation::HostStart, 0));
        }
        let mut calls = player.hosted_calls.iter();
        if calls.any(|call| call.is_cancelled && call.state != HostedState::Resolved) {
            self.forced.push_back(entry(Operation::HostDone, 0));
            return Some(entry(Operation::HostCancelled, 0));
        }
        None
    }

    /// Returns the host's action at the bottom of the stack.
    fn host_can<L: Limits, C: Chooser>(
        &mut self,
        it: Entry,
        player: &mut ProgramPlayer<L, C>,
    ) -> Option<Entry> {
        match it.operation {
            Operation::HostReturn if started(player) > 0 => {
                self.forced.push_back(entry(Operation::HostTick, 0));
                Some(it)
            }
            Operation::HostCancel => {
                let at =
                    (it.arguments[0] as usize).checked_rem(player.host_function_calls.len())?;
                (!self.nested.contains(&player.host_function_calls[at].number)).then_some(it)
            }
            Operation::HostTick
            | Operation::HostInvoke
            | Operation::HostCopy
            | Operation::HostCancelCopy
            | Operation::HostDrop
            | Operation::HostEvents => Some(it),
            _ => None,
        }
    }

    /// Returns the host's action when a guest has called it.
    fn called_host_can<L: Limits, C: Chooser>(
        &mut self,
        it: Entry,
        player: &mut ProgramPlayer<L, C>,
    ) -> Option<Entry> {
        match it.operation {
            Operation::HostReturn => {
                let inside = self.inside.get(player.places.len().checked_sub(2)?)?;
                let mut calls = player.hosted_calls.iter();
                let mut started = calls.by_ref().filter(|it| it.state == HostedState::Started);
                let at = started.position(|call| call.number == *inside)?;
                self.forced.push_back(entry(Operation::HostDone, 0));
                Some(entry(Operation::HostReturn, u32::try_from(at).unwrap_or(u32::MAX)))
            }
            Operation::HostInvoke => {
                let function = FUNCTIONS[(it.arguments[1] % HOST_CALLABLE) as usize];
                let instance = it.arguments[0] as usize % player.world.instances.len();
                let count = player.world.instances.len();
                let mut ran = self.ran.iter();
                let may_resume = ran.any(|it| reaches(self.composition, instance, *it, count));
                let id = player.world.instances[instance];
                let view = player.machine.instance_view(id).ok()?;
                let must_wait = view.backpressure > 0
                    || view.waiting_to_enter > 0
                    || view.exclusive_thread.is_some();
                if function.result.is_some() || may_resume || must_wait {
                    return None;
                }
                self.nested.push(player.call_count);
                Some(it)
            }
            Operation::HostDone => Some(it),
            Operation::HostCopy
            | Operation::HostCancelCopy
            | Operation::HostDrop
            | Operation::HostEvents => {
                let new = player.end_origins.get(self.known_ends..).unwrap_or_default();
                let is_result =
                    |call| player.host_function_calls.iter().any(|it| it.number == call);
                let is_unknown = new.iter().any(|it| !it.is_writable && is_result(it.call));
                (!is_unknown).then_some(it)
            }
            _ => None,
        }
    }
}

/// Returns the number of calls of host functions that have started and not returned.
fn started<L: Limits, C: Chooser>(player: &ProgramPlayer<L, C>) -> u32 {
    let calls = player.hosted_calls.iter();
    let count = calls.filter(|call| call.state == HostedState::Started).count();
    u32::try_from(count).unwrap_or(u32::MAX)
}
