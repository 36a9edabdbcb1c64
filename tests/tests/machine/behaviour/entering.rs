//! Entering an instance: backpressure, the order of waiting tasks, and the exclusive lock.

use weft_core::chooser::{Choice, Chooser};
use weft_core::code::SubtaskState;
use weft_core::core_value::CoreValue;
use weft_core::host::limits::ExtensionLimits;
use weft_core::machine::{Event, InstanceView};

use crate::calls::{backpressure_dec, backpressure_inc, set_new, suspend, thread_yield};
use crate::guests::GuestMachine;
use crate::steps::{HOST, back, back_from_import, called_back, enters};

fn a_call_waits_until_all_backpressure_is_gone<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, main) = world.running();
    world.run(backpressure_inc());
    world.run(backpressure_inc());
    assert_eq!(world.step(thread_yield()), HOST);
    let function = world.stackful(instance);
    let (call, step) = world.begin(function);
    assert_eq!(step, HOST);
    assert_eq!(world.machine.call_state(call), Ok(SubtaskState::Starting));
    let view = world.machine.instance_view(instance).unwrap();
    assert_eq!((view.backpressure, view.waiting_to_enter), (2, 1));
    assert_eq!(world.machine.ready_threads(), 1);

    let step = world.tick();
    back(&step, main);
    world.run(backpressure_dec());
    assert_eq!(world.machine.ready_threads(), 0);
    world.run(backpressure_dec());
    assert_eq!(world.machine.ready_threads(), 1);
    assert_eq!(world.step(suspend()), HOST);
    let step = world.tick();
    enters(&step, function);
    assert_eq!(world.machine.call_state(call), Ok(SubtaskState::Started));
    world.clean_up();
}

fn calls_enter_in_the_order_in_which_they_came<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, main) = world.running();
    world.run(backpressure_inc());
    assert_eq!(world.step(thread_yield()), HOST);
    let kinds = [world.stackful(instance), world.callback(instance), world.plain(instance)];
    let order = [2, 0, 1, 0, 2, 1].map(|kind| kinds[kind]);
    for function in order {
        assert_eq!(world.begin(function).1, HOST);
    }
    let step = world.tick();
    back(&step, main);
    world.run(backpressure_dec());
    assert_eq!(world.step(suspend()), HOST);
    for function in order {
        let step = world.tick();
        enters(&step, function);
        if function == kinds[2] {
            assert_eq!(world.return_value(None), HOST);
        } else {
            world.task_return(None);
            assert_eq!(world.exit(), HOST);
        }
    }
    assert_eq!(world.tick(), HOST);
    world.clean_up();
}

fn a_call_queues_up_behind_others_though_it_could_enter<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let [first, second, third] = [(); 3].map(|()| world.plain(instance));
    world.invoke(first);
    assert_eq!(world.step(thread_yield()), HOST);
    assert_eq!(world.begin(second).1, HOST);
    let _ = world.tick();
    assert_eq!(world.return_value(None), HOST);
    // The lock is free, and `second` still waits.
    assert_eq!(world.machine.instance_view(instance).unwrap().exclusive_thread, None);
    assert_eq!(world.begin(third).1, HOST);
    let step = world.tick();
    enters(&step, second);
    world.clean_up();
}

/// A chooser that enters before the tasks that wait to enter.
struct GoesAhead;

impl Chooser for GoesAhead {
    fn choose(&mut self, choice: Choice, _: u32) -> u32 {
        u32::from(choice == Choice::Enter)
    }
}

fn a_call_that_could_enter_may_be_chosen_to_go_ahead_of_others<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L, _>::with(GoesAhead);
    let instance = world.instance();
    let [first, second, third] = [(); 3].map(|()| world.plain(instance));
    world.invoke(first);
    assert_eq!(world.step(thread_yield()), HOST);
    assert_eq!(world.begin(second).1, HOST);
    let _ = world.tick();
    assert_eq!(world.return_value(None), HOST);
    world.invoke(third);
    assert_eq!(world.machine.ready_threads(), 0);
    world.clean_up();
}

fn one_that_needs_the_lock_waits_for_it_and_one_that_does_not_enters<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let [holder, plain, callback, stackful] = [
        world.plain(instance),
        world.plain(instance),
        world.callback(instance),
        world.stackful(instance),
    ];
    let (_, thread) = world.invoke(holder);
    let locked = InstanceView {
        backpressure: 0,
        waiting_to_enter: 0,
        exclusive_thread: Some(thread),
        may_leave: true,
        is_held: false,
        is_locked_down: false,
    };
    assert_eq!(world.machine.instance_view(instance), Ok(locked));
    assert_eq!(world.step(suspend()), HOST);
    assert_eq!(world.begin(plain).1, HOST);
    assert_eq!(world.begin(callback).1, HOST);
    // `num_waiting_to_enter` is 2, so a third task waits, too, although it needs no lock.
    assert_eq!(world.begin(stackful).1, HOST);
    let waiting = InstanceView { waiting_to_enter: 3, ..locked };
    assert_eq!(world.machine.instance_view(instance), Ok(waiting));
    assert_eq!(world.machine.ready_threads(), 1);
    let step = world.tick();
    enters(&step, stackful);
    world.clean_up();
}

fn a_function_that_is_not_async_minds_neither_backpressure_nor_the_lock<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [instance, other] = world.instances();
    let holder = world.plain(instance);
    world.invoke(holder);
    world.run(backpressure_inc());
    assert_eq!(world.step(suspend()), HOST);
    let waiting = world.stackful(instance);
    assert_eq!(world.begin(waiting).1, HOST);

    let main = world.run_in(other);
    let barges_in = world.sync(instance);
    let step = world.import(barges_in);
    enters(&step, barges_in);
    let step = world.return_value(Some(7));
    assert_eq!(back_from_import(&step, main), Some(CoreValue::I32(7)));
    world.clean_up();
}

fn the_lock_is_free_while_a_callback_waits_or_yields<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let [first, second] = [(); 2].map(|()| world.callback(instance));
    let lock = |world: &mut GuestMachine<L>| {
        world.machine.instance_view(instance).unwrap().exclusive_thread
    };

    let (_, one) = world.invoke(first);
    assert_eq!(lock(&mut world), Some(one));
    let set = world.get(set_new());
    assert_eq!(world.exit_to_wait(set), HOST);
    assert_eq!(lock(&mut world), None);

    let (_, two) = world.invoke(second);
    assert_eq!(lock(&mut world), Some(two));
    assert_eq!(world.exit_to_yield(), HOST);
    assert_eq!(lock(&mut world), None);
    let step = world.tick();
    assert_eq!(called_back(&step, two), Event::NONE);
    assert_eq!(lock(&mut world), Some(two));
    world.task_return(None);
    assert_eq!(lock(&mut world), Some(two));
    assert_eq!(world.exit(), HOST);
    assert_eq!(lock(&mut world), None);
    world.clean_up();
}

fn a_callback_that_yielded_waits_for_the_lock<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let [first, second] = [(); 2].map(|()| world.callback(instance));
    let (_, one) = world.invoke(first);
    assert_eq!(world.exit_to_yield(), HOST);
    let (_, two) = world.invoke(second);
    assert_eq!(world.step(thread_yield()), HOST);
    // Only `two`, which has the lock, can continue.
    assert_eq!(world.machine.ready_threads(), 1);
    let step = world.tick();
    back(&step, two);
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    let step = world.tick();
    assert_eq!(called_back(&step, one), Event::NONE);
    world.clean_up();
}

fn a_call_that_is_dropped_before_it_starts_never_starts<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, main) = world.running();
    world.run(backpressure_inc());
    assert_eq!(world.step(thread_yield()), HOST);
    let function = world.callback(instance);
    let (call, _) = world.begin(function);
    world.machine.drop_call(call).unwrap();
    let step = world.tick();
    back(&step, main);
    world.run(backpressure_dec());
    assert_eq!(world.step(suspend()), HOST);
    assert_eq!(world.machine.ready_threads(), 1);
    assert_eq!(world.tick(), HOST);
    assert_eq!(world.machine.instance_view(instance).unwrap().waiting_to_enter, 0);
    assert_eq!(world.machine.thread_views().count(), 1);
    world.clean_up();
}

fn a_call_dropped_after_its_start_continues<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let function = world.stackful(instance);
    let (call, main) = world.invoke(function);
    assert_eq!(world.step(thread_yield()), HOST);
    world.machine.drop_call(call).unwrap();
    let step = world.tick();
    back(&step, main);
    let token = world.begin_task_return();
    assert_eq!(token.caller(), None);
    let step = world.resolve(token, None);
    back(&step, main);
    assert_eq!(world.exit(), HOST);
    assert_eq!(world.machine.next_host_event(), Ok(None));
    world.clean_up();
}

on_each_storage!(
    a_call_waits_until_all_backpressure_is_gone,
    calls_enter_in_the_order_in_which_they_came,
    a_call_queues_up_behind_others_though_it_could_enter,
    a_call_that_could_enter_may_be_chosen_to_go_ahead_of_others,
    one_that_needs_the_lock_waits_for_it_and_one_that_does_not_enters,
    a_function_that_is_not_async_minds_neither_backpressure_nor_the_lock,
    the_lock_is_free_while_a_callback_waits_or_yields,
    a_callback_that_yielded_waits_for_the_lock,
    a_call_that_is_dropped_before_it_starts_never_starts,
    a_call_dropped_after_its_start_continues,
);
