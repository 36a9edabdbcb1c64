//! All programs up to a number of calls, and all decisions of the machine in them.
//!
//! A program begins in the state of a [`Subject`]. From there, guests call every built-in of the
//! subject, with every handle that they have, until the number of calls is reached. The player then
//! ends the program as it ends any other.
//!
//! One [`Exhaustive`] chooser selects the actions and answers the machine, so that each run is
//! another pair of a program and a schedule. After the last call, the machine's first possibility is
//! taken.
//!
//! # Numbers
//!
//! A program has no action that differs from another one only in a number that no rule looks at:
//! every stream has the same type, every buffer the same address, and every other number one value.
//! A handle that does not exist stands for all of them.
//!
//! # Equal states are not merged
//!
//! Two programs can lead to states that look the same. Leaving out the continuations of one of them
//! would be right only if the states are the same in the machine *and* in the reference. Assume that
//! `context.set` did nothing: the machine's state would be that before the call, and the programs
//! that find the mistake, which call `context.get` then, would be left out. Nothing shows that two
//! states of the reference are the same, because they are in the stacks of its threads. So all
//! programs are played.

mod menu;
mod subject;

use std::cell::RefCell;
use std::rc::Rc;

use weft::chooser::{Choice, Chooser, Exhaustive};
use weft::limits::Heap;

pub use self::subject::{Family, SUBJECTS, Subject};

use self::menu::menu;
use super::host::{HostedState, Place};
use super::operation::{Entry, Operation};
use super::player::{Control, ProgramPlayer, Run, Script};
use super::view::Guest;

/// The number of instances of every program.
pub const INSTANCES: u32 = 2;

/// The decisions of a run: those of the program, and those of the machine.
#[derive(Debug, Default)]
struct Decisions {
    exhaustive: Exhaustive,
    /// Set if other runs take other possibilities.
    is_open: bool,
}

/// A chooser that several owners share.
#[derive(Clone, Debug, Default)]
pub struct SharedChooser(Rc<RefCell<Decisions>>);

impl Chooser for SharedChooser {
    fn choose(&mut self, choice: Choice, count: u32) -> u32 {
        let mut decisions = self.0.borrow_mut();
        if decisions.is_open { decisions.exhaustive.choose(choice, count) } else { 0 }
    }
}

/// All programs of a subject, one after another.
#[derive(Debug)]
pub struct EveryProgram {
    subject: &'static Subject,
    calls: u32,
    decisions: SharedChooser,
    is_over: bool,
}

impl EveryProgram {
    /// Returns all programs of `subject` with at most `calls` calls.
    #[must_use]
    pub fn new(subject: &'static Subject, calls: u32) -> Self {
        Self { subject, calls, decisions: SharedChooser::default(), is_over: false }
    }
}

impl Iterator for EveryProgram {
    type Item = Run;

    fn next(&mut self) -> Option<Run> {
        if self.is_over {
            return None;
        }
        self.decisions.0.borrow_mut().is_open = false;
        let mut script = OneProgram {
            subject: self.subject,
            stage: self.subject.stage.iter(),
            calls: self.calls,
            host_actions: self.subject.host_actions,
            decisions: self.decisions.clone(),
        };
        let player = ProgramPlayer::<Heap, _>::new(self.decisions.clone(), INSTANCES);
        let (run, _) = player.play(&mut script);
        self.is_over = !self.decisions.0.borrow_mut().exhaustive.next_run();
        Some(run)
    }
}

/// The program of a run.
struct OneProgram {
    subject: &'static Subject,
    stage: std::slice::Iter<'static, Entry>,
    /// The number of actions left.
    calls: u32,
    /// The number of actions left that the host can do, besides letting threads run.
    host_actions: u32,
    decisions: SharedChooser,
}

impl Script<Heap, SharedChooser> for OneProgram {
    fn next(&mut self, player: &mut ProgramPlayer<Heap, SharedChooser>) -> Option<Entry> {
        if let Some(entry) = self.stage.next() {
            return Some(*entry);
        }
        self.decisions.0.borrow_mut().is_open = self.calls > 0;
        if self.calls == 0 {
            return None;
        }
        match player.control {
            Control::Guest(thread) => {
                self.calls -= 1;
                let guest = Guest::new(player, thread);
                self.one_of(&menu(self.subject, &guest))
            }
            // Every call has its records.
            Control::Unrecorded => None,
            Control::Host if player.places.last() == Some(&Place::Call) => {
                self.one_of(&inside_call(player))
            }
            Control::Host => {
                let mut entries = Vec::new();
                if player.machine.ready_threads() > 0 {
                    entries.push(host(Operation::HostTick, [0; 4]));
                }
                if self.host_actions > 0 {
                    entries.extend(at_bottom(player));
                }
                let entry = self.one_of(&entries)?;
                self.host_actions -= u32::from(entry.operation != Operation::HostTick);
                Some(entry)
            }
        }
    }
}

impl OneProgram {
    fn one_of(&mut self, entries: &[Entry]) -> Option<Entry> {
        let count = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        let chosen = if count > 1 { self.decisions.choose(Choice::Host, count) } else { 0 };
        entries.get(chosen as usize).copied()
    }
}

const fn host(operation: Operation, arguments: [u32; 4]) -> Entry {
    Entry { operation, arguments }
}

/// Returns the actions that the host can do inside the last call of a host function.
fn inside_call(player: &ProgramPlayer<Heap, SharedChooser>) -> Vec<Entry> {
    let mut entries = vec![host(Operation::HostDone, [0; 4])];
    let states = [
        (HostedState::Starting, Operation::HostStart),
        (HostedState::Started, Operation::HostReturn),
    ];
    for (state, operation) in states {
        if player.hosted_calls.iter().any(|call| call.state == state) {
            entries.push(host(operation, [0; 4]));
        }
    }
    if player.hosted_calls.iter().any(|it| it.is_cancelled && it.state != HostedState::Resolved) {
        entries.push(host(Operation::HostCancelled, [0; 4]));
    }
    entries
}

/// Returns the actions that the host can do at the bottom of the stack.
fn at_bottom(player: &ProgramPlayer<Heap, SharedChooser>) -> Vec<Entry> {
    let mut entries: Vec<Entry> = inside_call(player).drain(1..).collect();
    for number in (0..).take(player.host_function_calls.len()) {
        entries.push(host(Operation::HostCancel, [number, 0, 0, 0]));
    }
    if player.host_ends.iter().any(Option::is_some) {
        for length in 0..3 {
            entries.push(host(Operation::HostCopy, [0, length, 0, 0]));
        }
        for operation in [
            Operation::HostCancelCopy,
            Operation::HostFinishCancellation,
            Operation::HostDrop,
            Operation::HostEvents,
        ] {
            entries.push(host(operation, [0; 4]));
        }
    }
    entries
}
