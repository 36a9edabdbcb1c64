//! Decisions that the spec leaves open: first in, first out by default, and other choices.

use weft_core::chooser::{Choice, Chooser, DeterministicProfile, FirstInFirstOut, Replaying};
use weft_core::code::SubtaskState;
use weft_core::host::limits::ExtensionLimits;
use weft_core::machine::Step;

use crate::calls::{subtask_cancel, suspend, thread_yield};
use crate::guests::GuestMachine;
use crate::steps::{HOST, WAITS, back, enters, subtask};

/// A chooser that takes the last possibility of one kind of choice, and the first of all others.
#[derive(Debug)]
struct LastOf(Choice);

impl Chooser for LastOf {
    fn choose(&mut self, choice: Choice, count: u32) -> u32 {
        if choice == self.0 { count - 1 } else { 0 }
    }
}

/// Returns the order in which three threads, in instances of their own, run in three ticks.
fn ticks<L: ExtensionLimits, C: Chooser>(chooser: C) -> Vec<usize> {
    let mut world = GuestMachine::<L, _>::with(chooser);
    let threads = [(); 3].map(|()| {
        let (_, thread) = world.running();
        assert_eq!(world.step(thread_yield()), HOST);
        thread
    });
    let mut ran = Vec::new();
    for _ in 0..3 {
        let Step::Resume { thread, .. } = world.tick() else { panic!() };
        ran.extend(threads.iter().position(|it| *it == thread));
        let _ = world.step(suspend());
    }
    world.clean_up();
    ran
}

fn who_has_waited_longest_runs_first_if_no_other_is_chosen<L: ExtensionLimits>() {
    assert_eq!(ticks::<L, _>(FirstInFirstOut), [0, 1, 2]);
    assert_eq!(ticks::<L, _>(DeterministicProfile), [0, 1, 2]);
    assert_eq!(ticks::<L, _>(LastOf(Choice::Tick)), [2, 1, 0]);
    // The choices in order: yields (3), then ticks among 3 and 2.
    assert_eq!(ticks::<L, _>(Replaying::new(&[0, 0, 0, 1, 1])), [1, 2, 0]);
}

fn each_instance_has_its_turn<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [busy, quiet] = world.instances();
    let two = [(); 2].map(|()| {
        let thread = world.run_in(busy);
        assert_eq!(world.step(thread_yield()), HOST);
        thread
    });
    let one = world.run_in(quiet);
    assert_eq!(world.step(thread_yield()), HOST);
    for expected in [two[0], one, two[1], one, two[0]] {
        let step = world.tick();
        back(&step, expected);
        assert_eq!(world.step(thread_yield()), HOST);
    }
    world.clean_up();
}

/// Checks a function that is not `async` and blocks while two other threads of its instance are
/// ready.
fn sync_call<L: ExtensionLimits, C: Chooser>(chooser: C) -> Vec<usize> {
    let mut world = GuestMachine::<L, _>::with(chooser);
    let instance = world.instance();
    let threads = [(); 2].map(|()| {
        let thread = world.run_in(instance);
        assert_eq!(world.step(thread_yield()), HOST);
        thread
    });
    let function = world.sync(instance);
    world.invoke(function);
    let mut step = world.step(suspend());
    let mut ran = Vec::new();
    for _ in 0..2 {
        let Step::Resume { thread, .. } = step else { panic!("{step:?}") };
        ran.extend(threads.iter().position(|it| *it == thread));
        step = match world.try_call(suspend()) {
            Ok(step) => step,
            Err(_) => break,
        };
    }
    world.clean_up();
    ran
}

fn who_runs_for_a_blocked_call_is_chosen<L: ExtensionLimits>() {
    assert_eq!(sync_call::<L, _>(FirstInFirstOut), [0, 1]);
    assert_eq!(sync_call::<L, _>(LastOf(Choice::SyncCall)), [1, 0]);
    assert_eq!(sync_call::<L, _>(LastOf(Choice::Tick)), [0, 1]);
}

fn who_runs_for_a_cancellation_is_chosen<L: ExtensionLimits>() {
    for (choice, expected) in [(Choice::Cancellation, 1), (Choice::Tick, 0)] {
        let mut world = GuestMachine::<L, _>::with(LastOf(choice));
        let (_, main) = world.running();
        let callee = world.instance();
        let function = world.stackful(callee);
        let calls = [(); 2].map(|()| {
            let step = world.import_async(function);
            let thread = enters(&step, function);
            let step = world.step(thread_yield());
            (subtask(&step, main, SubtaskState::Started), thread)
        });
        let step = world.step(subtask_cancel(calls[0].0));
        back(&step, calls[expected].1);
        let step = world.step(suspend());
        assert_eq!(back(&step, main), u64::from(WAITS));
        world.clean_up();
    }
}

on_each_storage!(
    who_has_waited_longest_runs_first_if_no_other_is_chosen,
    each_instance_has_its_turn,
    who_runs_for_a_blocked_call_is_chosen,
    who_runs_for_a_cancellation_is_chosen,
);

/// Checks that the chooser of a machine can be read, and replaced.
#[test]
fn a_machines_chooser_can_be_replaced() {
    let mut world = GuestMachine::<crate::guests::Bounded, _>::with(LastOf(Choice::Tick));
    assert_eq!(world.machine.chooser().0, Choice::Tick);
    world.machine.chooser_mut().0 = Choice::Yield;
    world.running();
    world.run(thread_yield());
    world.clean_up();
}
