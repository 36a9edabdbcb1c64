//! Threads that guests create, and the order in which they run.

use weft_core::builtin::Builtin;
use weft_core::chooser::{Choice, Chooser, DeterministicProfile};
use weft_core::core_value::CoreValue;
use weft_core::error::{BuiltinCallError, MissingCapability};
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{Event, Step, ThreadState, WaitingOn};

use crate::calls::{
    Call, available_parallelism, backpressure_inc, context_get, context_set, resume_later, set_new,
    spawn_indirect, spawn_ref, suspend, suspend_then_promote, suspend_then_resume, thread_index,
    thread_new, thread_yield, yield_then_promote, yield_then_resume,
};
use crate::guests::GuestMachine;
use crate::steps::{HOST, back, called_back, starts};

fn a_new_thread_is_suspended_and_has_the_lowest_free_index<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main) = world.running();
    assert_eq!(world.get(thread_index()), 1);
    let [two, three] = [5, 6].map(|function| world.get(thread_new(function, 0)));
    assert_eq!((two, three), (2, 3));
    assert_eq!(world.machine.ready_threads(), 0);
    let suspended =
        world.machine.thread_views().filter(|thread| thread.state == ThreadState::Suspended);
    assert_eq!(suspended.count(), 2);
    let step = world.step(yield_then_resume(two));
    starts(&step, (5, 0));
    assert_eq!(world.get(thread_index()), 2);
    assert_eq!(world.exit(), HOST);
    let step = world.tick();
    back(&step, main);
    assert_eq!(world.get(thread_new(7, 0)), two);
    world.clean_up();
}

fn a_thread_starts_with_its_function_and_argument<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    world.running();
    let made = world.get(thread_new(7, u32::MAX));
    world.run(resume_later(made));
    assert_eq!(world.machine.ready_threads(), 1);
    assert_eq!(world.step(suspend()), HOST);
    let step = world.tick();
    starts(&step, (7, u64::from(u32::MAX)));
    world.clean_up();
}

fn threads_that_are_resumed_later_run_in_the_order_of_their_resumption<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    world.running();
    let made: Vec<u32> = (0..4).map(|function| world.get(thread_new(function, 0))).collect();
    for position in [2, 0, 3, 1] {
        world.run(resume_later(made[position]));
    }
    assert_eq!(world.step(suspend()), HOST);
    for function in [2, 0, 3, 1] {
        let step = world.tick();
        starts(&step, (function, 0));
        let _ = world.step(suspend());
    }
    world.clean_up();
}

fn a_suspended_thread_continues_when_another_resumes_it<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main) = world.running();
    let index = world.get(thread_index());
    let made = world.get(thread_new(1, index));
    let step = world.step(suspend_then_resume(made));
    starts(&step, (1, u64::from(index)));
    assert_eq!(world.machine.thread_view(main).unwrap().state, ThreadState::Suspended);
    assert_eq!(world.machine.ready_threads(), 0);
    world.run(resume_later(index));
    assert_eq!(world.exit(), HOST);
    let step = world.tick();
    assert_eq!(back(&step, main), 0);
    world.clean_up();
}

fn a_thread_that_switches_away_by_a_yield_stays_ready<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main) = world.running();
    let index = world.get(thread_index());
    let made = world.get(thread_new(1, 0));
    let step = world.step(yield_then_resume(made));
    let other = starts(&step, (1, 0));
    let waiting = ThreadState::Waiting { on: WaitingOn::Turn, is_ready: true };
    assert_eq!(world.machine.thread_view(main).unwrap().state, waiting);
    // The other thread switches back without suspension, by promotion.
    let step = world.step(yield_then_promote(index));
    assert_eq!(back(&step, main), 0);
    assert_eq!(world.machine.ready_threads(), 1);
    let step = world.step(suspend_then_promote(made));
    assert_eq!(back(&step, other), 0);
    assert_eq!(world.machine.ready_threads(), 0);
    // A suspended thread can be switched to, with the two forms that resume.
    let step = world.step(suspend_then_resume(index));
    assert_eq!(back(&step, main), 0);
    let step = world.step(yield_then_resume(made));
    assert_eq!(back(&step, other), 0);
    world.clean_up();
}

fn promoting_a_thread_that_is_not_ready_suspends_or_yields<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main) = world.running();
    let made = world.get(thread_new(1, 0));
    assert_eq!(world.step(yield_then_promote(made)), HOST);
    assert_eq!(world.machine.ready_threads(), 1);
    let step = world.tick();
    assert_eq!(back(&step, main), 0);
    assert_eq!(world.step(suspend_then_promote(made)), HOST);
    assert_eq!(world.machine.ready_threads(), 0);
    world.clean_up();
}

fn a_thread_that_waits_for_the_lock_is_promoted_only_when_that_is_free<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let callback = world.callback(instance);
    let (_, waiting) = world.invoke(callback);
    let index = world.get(thread_index());
    assert_eq!(world.exit_to_yield(), HOST);
    let (_, holder) = world.invoke(callback);
    assert_eq!(world.step(yield_then_promote(index)), HOST);
    let step = world.tick();
    assert_eq!(back(&step, holder), 0);
    world.task_return(None);
    let set = world.get(set_new());
    assert_eq!(world.exit_to_wait(set), HOST);
    world.run_in(instance);
    let step = world.step(suspend_then_promote(index));
    assert_eq!(called_back(&step, waiting), Event::NONE);
    world.clean_up();
}

fn threads_of_another_task_of_the_instance_can_be_resumed<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, first) = world.running();
    let index = world.get(thread_index());
    assert_eq!(world.step(suspend()), HOST);
    let second = world.run_in(instance);
    let step = world.step(yield_then_resume(index));
    assert_eq!(back(&step, first), 0);
    assert_ne!(world.machine.task_of(first), world.machine.task_of(second));
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    let step = world.tick();
    assert_eq!(back(&step, second), 0);
    world.clean_up();
}

fn each_thread_has_context_slots_of_its_own<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, main) = world.running();
    world.run(context_set(0, 1));
    world.run(context_set(1, u32::MAX));
    let made = world.get(thread_new(1, 0));
    let step = world.step(yield_then_resume(made));
    starts(&step, (1, 0));
    assert_eq!((world.get(context_get(0)), world.get(context_get(1))), (0, 0));
    world.run(context_set(0, 2));

    // `realloc` also always runs on a thread of its own.
    world.machine.begin_realloc(instance).unwrap();
    assert!(world.machine.current().is_some_and(|realloc| realloc != main));
    assert_eq!((world.get(context_get(0)), world.get(context_get(1))), (0, 0));
    world.run(context_set(0, 3));
    world.machine.realloc_returned().unwrap();
    assert_eq!(world.get(context_get(0)), 2);
    assert_eq!(world.exit(), HOST);
    let step = world.tick();
    back(&step, main);
    assert_eq!((world.get(context_get(0)), world.get(context_get(1))), (1, u32::MAX));
    world.clean_up();
}

fn realloc_may_be_called_while_no_guest_runs<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    for _ in 0..2 {
        world.machine.begin_realloc(instance).unwrap();
        assert!(world.machine.current().is_some());
        assert!(!world.machine.instance_view(instance).unwrap().may_leave);
        assert_eq!(world.get(context_get(0)), 0);
        world.run(context_set(0, 3));
        world.run(backpressure_inc());
        world.machine.realloc_returned().unwrap();
        assert_eq!(world.machine.current(), None);
        assert!(world.machine.instance_view(instance).unwrap().may_leave);
    }
    assert_eq!(world.machine.instance_view(instance).unwrap().backpressure, 2);
    world.clean_up();
}

/// A chooser that lets yielding threads continue.
struct YieldsNot;

impl Chooser for YieldsNot {
    fn choose(&mut self, choice: Choice, _: u32) -> u32 {
        u32::from(choice == Choice::Yield)
    }
}

fn a_yield_may_be_chosen_to_do_nothing<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L, _>::with(YieldsNot);
    let (instance, _) = world.running();
    let made = world.get(thread_new(1, 0));
    world.run(thread_yield());
    world.run(yield_then_promote(made));
    world.run(resume_later(made));
    // The promotion of a ready thread is not a yield.
    let step = world.step(yield_then_promote(made));
    starts(&step, (1, 0));
    let _ = world.step(suspend());
    let callback = world.callback(instance);
    let (_, thread) = world.invoke(callback);
    let step = world.exit_to_yield();
    assert_eq!(called_back(&step, thread), Event::NONE);
    world.clean_up();
}

fn a_spawned_thread_is_ready_at_once<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    world.running();
    assert_eq!(world.get(spawn_ref(false, Some(8), 1)), 2);
    assert_eq!(world.get(spawn_indirect(false, 9, 2)), 3);
    assert_eq!(world.get(available_parallelism(false)), 1);
    assert_eq!(world.machine.ready_threads(), 2);
    assert_eq!(world.step(suspend()), HOST);
    let step = world.tick();
    starts(&step, (8, 1));
    assert_eq!(world.exit(), HOST);
    let step = world.tick();
    starts(&step, (9, 2));
    world.clean_up();
}

fn in_the_deterministic_profile_no_thread_is_spawned<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L, _>::with(DeterministicProfile);
    world.running();
    assert_eq!(world.get(spawn_ref(false, None, 1)), 0);
    assert_eq!(world.get(spawn_indirect(false, 9, 2)), 0);
    assert_eq!(world.machine.count_of(Table::Threads), 1);
    world.clean_up();
}

fn shared_functions_need_an_engine_that_has_them<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    world.running();
    let refused: [(Call, Builtin); 3] = [
        (spawn_ref(true, Some(1), 0), Builtin::ThreadSpawnRef),
        (spawn_indirect(true, 1, 0), Builtin::ThreadSpawnIndirect),
        (available_parallelism(true), Builtin::ThreadAvailableParallelism),
    ];
    for (call, builtin) in refused {
        let capability = MissingCapability::SharedFunctions;
        world.refuses(BuiltinCallError::EngineCapability { builtin, capability }, |machine| {
            call.definition.call(machine, &call.arguments)
        });
    }
    world.clean_up();
}

fn a_search_for_a_start_function_has_its_details<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main) = world.running();
    let call = thread_new(12, 13);
    let outcome = call.definition.call(&mut world.machine, &call.arguments).unwrap();
    let weft_core::builtin::Outcome::Suspend(Step::FindStartFunction(search)) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!((search.thread(), search.index(), search.argument()), (main, 12, 13));
    assert_eq!((search.start_type().0, search.table().0), (0, 0));
    let step = world.machine.new_thread(&search, 99).unwrap();
    let index = back(&step, main);
    let other = world.step(yield_then_resume(u32::try_from(index).unwrap()));
    starts(&other, (99, 13));
    assert_eq!(call.arguments, [CoreValue::I32(12), CoreValue::I32(13)]);
    world.clean_up();
}

on_each_storage!(
    a_new_thread_is_suspended_and_has_the_lowest_free_index,
    a_thread_starts_with_its_function_and_argument,
    threads_that_are_resumed_later_run_in_the_order_of_their_resumption,
    a_suspended_thread_continues_when_another_resumes_it,
    a_thread_that_switches_away_by_a_yield_stays_ready,
    promoting_a_thread_that_is_not_ready_suspends_or_yields,
    a_thread_that_waits_for_the_lock_is_promoted_only_when_that_is_free,
    threads_of_another_task_of_the_instance_can_be_resumed,
    each_thread_has_context_slots_of_its_own,
    realloc_may_be_called_while_no_guest_runs,
    a_yield_may_be_chosen_to_do_nothing,
    a_spawned_thread_is_ready_at_once,
    in_the_deterministic_profile_no_thread_is_spawned,
    shared_functions_need_an_engine_that_has_them,
    a_search_for_a_start_function_has_its_details,
);
