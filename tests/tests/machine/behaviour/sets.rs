//! Waitable sets: the waiting tasks, and the order of events.

use weft_core::chooser::{Choice, Chooser, DeterministicProfile};
use weft_core::code::CopyResult::Dropped;
use weft_core::code::{EventCode, SubtaskState};
use weft_core::host::limits::ExtensionLimits;
use weft_core::machine::{Event, HandleView, InstanceId};

use crate::calls::{
    STREAM, join, resume_later, set_drop, set_new, set_poll, set_wait, subtask_drop, suspend,
    thread_new, thread_yield,
};
use crate::guests::GuestMachine;
use crate::steps::{HOST, back, back_with_event, called_back, ended, enters, starts, subtask};

/// Creates a readable end whose writable end was dropped, so that it has an event.
fn with_event<L: ExtensionLimits, C: Chooser>(world: &mut GuestMachine<L, C>) -> u32 {
    let (readable, writable) = world.ends(STREAM);
    world.run(STREAM.drop_writable(writable));
    readable
}

fn dropped(index: u32) -> Event {
    Event { code: EventCode::StreamRead, index, payload: ended(STREAM, Dropped, 0) }
}

fn counts<L: ExtensionLimits, C: Chooser>(
    world: &mut GuestMachine<L, C>,
    instance: InstanceId,
    set: u32,
) -> (u32, u32, u32) {
    let HandleView::WaitableSet { members, pending, waiting } = world.view(instance, set) else {
        panic!();
    };
    (members, pending, waiting)
}

fn events_come_in_the_order_in_which_they_happened<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    let set = world.get(set_new());
    let ends: Vec<_> = (0..3).map(|_| world.ends(STREAM)).collect();
    for (readable, _) in &ends {
        world.run(join(*readable, set));
    }
    for position in [1, 2, 0] {
        world.run(STREAM.drop_writable(ends[position].1));
    }
    assert_eq!(counts(&mut world, instance, set), (3, 3, 0));
    for position in [1, 2, 0] {
        assert_eq!(world.event(set_wait(set)), dropped(ends[position].0));
    }
    assert_eq!(world.event(set_poll(set)), Event::NONE);
    assert_eq!(counts(&mut world, instance, set), (3, 0, 0));
    world.clean_up();
}

fn an_event_goes_with_its_waitable_from_set_to_set<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    let [one, two] = [(); 2].map(|()| world.get(set_new()));
    let readable = with_event(&mut world);
    world.run(join(readable, one));
    assert_eq!(counts(&mut world, instance, one), (1, 1, 0));
    // Joining twice is the same as once.
    world.run(join(readable, one));
    assert_eq!(counts(&mut world, instance, one), (1, 1, 0));
    world.run(join(readable, two));
    assert_eq!(counts(&mut world, instance, one), (0, 0, 0));
    assert_eq!(counts(&mut world, instance, two), (1, 1, 0));
    world.run(join(readable, 0));
    assert_eq!(counts(&mut world, instance, two), (0, 0, 0));
    assert_eq!(world.event(set_poll(one)), Event::NONE);
    world.run(join(readable, two));
    assert_eq!(world.event(set_poll(two)), dropped(readable));
    world.run(STREAM.drop_readable(readable));
    world.run(set_drop(one));
    world.run(set_drop(two));
    world.clean_up();
}

fn what_is_dropped_leaves_its_set_with_its_event<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    let set = world.get(set_new());
    let readable = with_event(&mut world);
    world.run(join(readable, set));
    world.run(STREAM.drop_readable(readable));
    assert_eq!(counts(&mut world, instance, set), (0, 0, 0));
    world.run(set_drop(set));
    world.clean_up();
}

fn one_event_wakes_one_of_those_who_wait<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, first) = world.running();
    let set = world.get(set_new());
    let (readable, writable) = world.ends(STREAM);
    world.run(join(readable, set));
    assert_eq!(world.step(set_wait(set)), HOST);
    let second = world.run_in(instance);
    assert_eq!(world.step(set_wait(set)), HOST);
    assert_eq!(counts(&mut world, instance, set), (1, 0, 2));
    assert_eq!(world.machine.ready_threads(), 0);

    world.run_in(instance);
    world.run(STREAM.drop_writable(writable));
    assert_eq!(world.machine.ready_threads(), 2);
    assert_eq!(world.step(suspend()), HOST);
    let step = world.tick();
    assert_eq!(back_with_event(&step, first), dropped(readable));
    assert_eq!(world.machine.ready_threads(), 0);
    let other = with_event(&mut world);
    world.run(join(other, set));
    assert_eq!(world.step(suspend()), HOST);
    let step = world.tick();
    assert_eq!(back_with_event(&step, second), dropped(other));
    world.clean_up();
}

fn who_waits_is_no_longer_ready_when_the_event_is_taken_or_goes_away<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, first) = world.running();
    let set = world.get(set_new());
    assert_eq!(world.step(set_wait(set)), HOST);
    world.run_in(instance);
    let takes: fn(&mut GuestMachine<L>, u32, u32) = |world, set, readable| {
        assert_eq!(world.event(set_poll(set)), dropped(readable));
    };
    let leaves: fn(&mut GuestMachine<L>, u32, u32) =
        |world, _, readable| world.run(join(readable, 0));
    let drops: fn(&mut GuestMachine<L>, u32, u32) = |world, _, readable| {
        world.run(STREAM.drop_readable(readable));
    };
    for goes_away in [takes, leaves, drops] {
        let readable = with_event(&mut world);
        world.run(join(readable, set));
        assert_eq!(world.machine.ready_threads(), 1);
        goes_away(&mut world, set, readable);
        assert_eq!(world.machine.ready_threads(), 0);
    }
    assert_eq!(counts(&mut world, instance, set).2, 1);
    assert_eq!(world.machine.thread_view(first).unwrap().id, first);
    world.clean_up();
}

fn callbacks_and_threads_wait_on_one_set<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let function = world.callback(instance);
    let (_, callback) = world.invoke(function);
    let set = world.get(set_new());
    assert_eq!(world.exit_to_wait(set), HOST);
    let thread = world.run_in(instance);
    assert_eq!(world.step(set_wait(set)), HOST);
    assert_eq!(counts(&mut world, instance, set), (0, 0, 2));
    // Another task has the lock, so only the thread can take the event.
    let (_, holder) = world.invoke(function);
    let [one, two] = [(); 2].map(|()| {
        let readable = with_event(&mut world);
        world.run(join(readable, set));
        readable
    });
    assert_eq!(world.machine.ready_threads(), 1);
    assert_eq!(world.step(thread_yield()), HOST);
    assert_eq!(world.machine.ready_threads(), 2);
    let step = world.tick();
    assert_eq!(back_with_event(&step, thread), dropped(one));
    assert_eq!(world.step(suspend()), HOST);
    let step = world.tick();
    back(&step, holder);
    assert_eq!(world.machine.ready_threads(), 0);
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    let step = world.tick();
    assert_eq!(called_back(&step, callback), dropped(two));
    world.clean_up();
}

fn a_callback_that_waits_where_there_is_an_event_gets_it_at_once<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let function = world.callback(instance);
    let (_, thread) = world.invoke(function);
    let set = world.get(set_new());
    let readable = with_event(&mut world);
    world.run(join(readable, set));
    let step = world.exit_to_wait(set);
    assert_eq!(called_back(&step, thread), dropped(readable));
    assert_eq!(world.machine.instance_view(instance).unwrap().exclusive_thread, Some(thread),);
    world.clean_up();
}

fn in_the_deterministic_profile_others_run_before_an_event_is_had<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L, _>::with(DeterministicProfile);
    let instance = world.instance();
    let (_, thread) = {
        let function = world.stackful(instance);
        world.invoke(function)
    };
    let set = world.get(set_new());
    let readable = with_event(&mut world);
    world.run(join(readable, set));
    assert_eq!(world.step(set_wait(set)), HOST);
    assert_eq!(counts(&mut world, instance, set), (1, 1, 1));
    let step = world.tick();
    assert_eq!(back_with_event(&step, thread), dropped(readable));
    // A poll waits for nothing.
    assert_eq!(world.event(set_poll(set)), Event::NONE);
    assert_eq!(world.step(suspend()), HOST);

    let function = world.callback(instance);
    let (_, thread) = world.invoke(function);
    let readable = with_event(&mut world);
    world.run(join(readable, set));
    assert_eq!(world.exit_to_wait(set), HOST);
    let step = world.tick();
    assert_eq!(called_back(&step, thread), dropped(readable));
    world.clean_up();
}

/// A chooser that takes the newest event first.
struct LastEvent;

impl Chooser for LastEvent {
    fn choose(&mut self, choice: Choice, count: u32) -> u32 {
        if choice == Choice::Event { count - 1 } else { 0 }
    }
}

fn another_event_than_the_first_may_be_chosen<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L, _>::with(LastEvent);
    world.running();
    let set = world.get(set_new());
    let ends = [(); 3].map(|()| {
        let readable = with_event(&mut world);
        world.run(join(readable, set));
        readable
    });
    for position in [2, 1, 0] {
        assert_eq!(world.event(set_wait(set)), dropped(ends[position]));
    }
    world.clean_up();
}

fn a_subtasks_event_is_there_to_be_joined_later<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main) = world.running();
    let callee = world.instance();
    let function = world.stackful(callee);
    let step = world.import_async(function);
    enters(&step, function);
    let made = world.get(thread_new(1, 2));
    world.run(resume_later(made));
    let step = world.exit();
    let sub = subtask(&step, main, SubtaskState::Started);
    assert_eq!(world.step(thread_yield()), HOST);
    let step = world.tick();
    starts(&step, (1, 2));
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    let step = world.tick();
    back(&step, main);
    let set = world.get(set_new());
    world.run(join(sub, set));
    let payload = SubtaskState::Returned.code();
    let expected = Event { code: EventCode::Subtask, index: sub, payload };
    assert_eq!(world.event(set_poll(set)), expected);
    world.run(subtask_drop(sub));
    world.run(set_drop(set));
    world.clean_up();
}

on_each_storage!(
    events_come_in_the_order_in_which_they_happened,
    an_event_goes_with_its_waitable_from_set_to_set,
    what_is_dropped_leaves_its_set_with_its_event,
    one_event_wakes_one_of_those_who_wait,
    who_waits_is_no_longer_ready_when_the_event_is_taken_or_goes_away,
    callbacks_and_threads_wait_on_one_set,
    a_callback_that_waits_where_there_is_an_event_gets_it_at_once,
    in_the_deterministic_profile_others_run_before_an_event_is_had,
    another_event_than_the_first_may_be_chosen,
    a_subtasks_event_is_there_to_be_joined_later,
);
