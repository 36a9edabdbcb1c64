//! Calls from guest to guest: lowered with `async` and without, lifted in every way.

use weft_core::code::{CopyResult, EventCode, SubtaskState};
use weft_core::core_value::CoreValue;
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{Event, HandleView, Step, ThreadState, WaitingOn};

use crate::calls::{
    FUTURE, backpressure_dec, backpressure_inc, context_get, context_set, join, resume_later,
    set_new, set_wait, subtask_drop, suspend, thread_new, thread_yield,
};
use crate::guests::GuestMachine;
use crate::steps::{
    HOST, WAITS, back, back_from_import, back_returned, back_with_event, called_back, ended,
    enters, starts, subtask,
};

fn a_call_that_returns_at_once_has_no_subtask<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (caller, main) = world.running();
    let callee = world.instance();
    let handles = world.machine.count_of(Table::Handles);

    let stackful = world.stackful(callee);
    let step = world.import_async(stackful);
    enters(&step, stackful);
    world.task_return(Some(1));
    let step = world.exit();
    back_returned(&step, main);

    for function in [world.plain(callee), world.sync(callee)] {
        let step = world.import_async(function);
        enters(&step, function);
        let step = world.return_value(Some(1));
        back_returned(&step, main);
    }

    let callback = world.callback(callee);
    let step = world.import_async(callback);
    enters(&step, callback);
    world.task_return(Some(1));
    let step = world.exit();
    back_returned(&step, main);

    assert_eq!(world.machine.count_of(Table::Handles), handles);
    assert_eq!(world.machine.highest_handle(caller), Ok(0));
    assert_eq!(world.machine.count_of(Table::Waitables), 1);
    world.clean_up();
}

fn a_call_that_returns_before_it_blocks_has_no_subtask_either<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main) = world.running();
    let callee = world.instance();
    let function = world.stackful(callee);
    let step = world.import_async(function);
    let thread = enters(&step, function);
    world.task_return(Some(1));
    let step = world.step(thread_yield());
    back_returned(&step, main);
    assert_eq!(world.step(suspend()), HOST);
    let step = world.tick();
    back(&step, thread);
    assert_eq!(world.exit(), HOST);
    world.clean_up();
}

fn every_kind_of_value_comes_back_from_a_call_lowered_without_async<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main) = world.running();
    let callee = world.instance();
    let function = world.stackful(callee);
    let values = [
        None,
        Some(CoreValue::I32(u32::MAX)),
        Some(CoreValue::I64(u64::MAX - 1)),
        Some(CoreValue::F32(0x7fc0_0001)),
        Some(CoreValue::F64(0x7ff8_0000_0000_0001)),
    ];
    for value in values {
        let step = world.import(function);
        let thread = enters(&step, function);
        let token = world.begin_task_return();
        world.machine.return_(&token).unwrap();
        let step = world.machine.resolve(token, value).unwrap();
        back(&step, thread);
        let step = world.exit();
        assert_eq!(back_from_import(&step, main), value);
    }
    world.clean_up();
}

fn a_call_lowered_without_async_blocks_its_thread_and_no_other<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (caller, main) = world.running();
    let callee = world.instance();
    let function = world.stackful(callee);
    let other = world.get(thread_new(3, 4));
    world.run(resume_later(other));
    let step = world.import(function);
    let called = enters(&step, function);
    assert_eq!(world.step(suspend()), HOST);
    let Step::CallFunction { caller: call, .. } = step else { panic!() };
    let waiting = ThreadState::Waiting { on: WaitingOn::Call(call), is_ready: false };
    assert_eq!(world.machine.thread_view(main).unwrap().state, waiting);
    assert_eq!(world.machine.calling_instance(call), Ok(Some(caller)));

    let step = world.tick();
    starts(&step, (3, 4));
    assert_eq!(world.exit(), HOST);
    assert_eq!(world.machine.ready_threads(), 0);

    let helper = world.stackful(callee);
    world.invoke(helper);
    let index = world.machine.thread_view(called).unwrap().index;
    world.run(resume_later(index));
    assert_eq!(world.step(suspend()), HOST);
    let step = world.tick();
    back(&step, called);
    world.task_return(Some(9));
    // The caller is ready, but this thread continues first.
    let ready = ThreadState::Waiting { on: WaitingOn::Turn, is_ready: true };
    let on_call = ThreadState::Waiting { on: WaitingOn::Call(call), is_ready: true };
    let state = world.machine.thread_view(main).unwrap().state;
    assert!(state == ready || state == on_call, "{state:?}");
    assert_eq!(world.exit(), HOST);
    let step = world.tick();
    assert_eq!(back_from_import(&step, main), Some(CoreValue::I32(9)));
    world.clean_up();
}

fn a_call_lowered_without_async_waits_for_its_callee_to_start<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let callee = world.instance();
    let blocker = world.run_in(callee);
    world.run(backpressure_inc());
    assert_eq!(world.step(thread_yield()), HOST);
    let (_, main) = world.running();
    let function = world.plain(callee);
    assert_eq!(world.import(function), HOST);
    let step = world.tick();
    back(&step, blocker);
    world.run(backpressure_dec());
    assert_eq!(world.step(suspend()), HOST);
    let step = world.tick();
    enters(&step, function);
    assert_eq!(world.return_value(Some(3)), HOST);
    let step = world.tick();
    assert_eq!(back_from_import(&step, main), Some(CoreValue::I32(3)));
    world.clean_up();
}

fn a_subtasks_events_say_how_far_it_is_when_they_are_delivered<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let callee = world.instance();
    let blocker = world.run_in(callee);
    world.run(backpressure_inc());
    assert_eq!(world.step(thread_yield()), HOST);
    let (_, main) = world.running();
    let function = world.stackful(callee);
    let [one, two] = [(); 2].map(|()| world.subtask(function, SubtaskState::Starting));
    let set = world.get(set_new());
    world.run(join(one, set));
    world.run(join(two, set));
    assert_eq!(world.step(set_wait(set)), HOST);

    let step = world.tick();
    back(&step, blocker);
    world.run(backpressure_dec());
    assert_eq!(world.step(suspend()), HOST);
    let step = world.tick();
    let first = enters(&step, function);
    assert_eq!(world.step(thread_yield()), HOST);
    let event = |index, state: SubtaskState| Event {
        code: EventCode::Subtask,
        index,
        payload: state.code(),
    };
    // It has started and returned at once, which is one event.
    let step = world.tick();
    enters(&step, function);
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    let step = world.tick();
    assert_eq!(back_with_event(&step, main), event(one, SubtaskState::Started));
    assert_eq!(world.event(set_wait(set)), event(two, SubtaskState::Returned));
    world.run(subtask_drop(two));
    assert_eq!(world.step(set_wait(set)), HOST);
    let step = world.tick();
    back(&step, first);
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    let step = world.tick();
    assert_eq!(back_with_event(&step, main), event(one, SubtaskState::Returned));
    world.run(subtask_drop(one));
    world.clean_up();
}

fn ready_threads_run_while_a_sync_function_of_their_instance_blocks<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [callee, bystander] = world.instances();
    let callback = world.callback(callee);
    let (_, callback_thread) = world.invoke(callback);
    assert_eq!(world.exit_to_yield(), HOST);
    let far = world.run_in(bystander);
    assert_eq!(world.step(thread_yield()), HOST);
    let (_, main) = world.running();

    let function = world.sync(callee);
    let step = world.import(function);
    let thread = enters(&step, function);
    let index = world.machine.thread_view(thread).unwrap().index;
    // It blocks; the callback of another task is ready, and runs.
    let step = world.step(suspend());
    assert_eq!(called_back(&step, callback_thread), Event::NONE);
    world.run(resume_later(index));
    // The oldest runs first: this thread, before the callback runs again.
    let step = world.exit_to_yield();
    assert_eq!(back(&step, thread), 0);
    let step = world.return_value(Some(5));
    // No other thread runs after it has returned.
    assert_eq!(back_from_import(&step, main), Some(CoreValue::I32(5)));
    assert_eq!(world.machine.ready_threads(), 2);
    assert_eq!(world.step(suspend()), HOST);
    let step = world.tick();
    back(&step, far);
    world.clean_up();
}

fn those_that_wait_to_enter_do_not_run_for_a_blocked_call<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let callee = world.instance();
    let plain = world.plain(callee);
    let (_, first) = world.invoke(plain);
    assert_eq!(world.step(thread_yield()), HOST);
    assert_eq!(world.begin(plain).1, HOST);
    let step = world.tick();
    back(&step, first);
    assert_eq!(world.return_value(None), HOST);
    // One task is ready to enter.
    assert_eq!(world.machine.ready_threads(), 1);
    let (_, main) = world.running();
    let function = world.sync(callee);
    let step = world.import(function);
    let thread = enters(&step, function);
    // The only ready thread in the thread table is this one.
    let step = world.step(thread_yield());
    assert_eq!(back(&step, thread), 0);
    let step = world.return_value(None);
    back_from_import(&step, main);
    assert_eq!(world.step(suspend()), HOST);
    let step = world.tick();
    enters(&step, plain);
    world.clean_up();
}

fn a_function_that_is_not_async_returns_before_threads_it_has_made_end<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let function = world.sync(instance);
    let (call, _) = world.invoke(function);
    let made = world.get(thread_new(1, 2));
    world.run(resume_later(made));
    assert_eq!(world.return_value(None), HOST);
    assert_eq!(world.machine.call_state(call), Ok(SubtaskState::Returned));
    assert_eq!(world.machine.count_of(Table::Tasks), 1);
    let step = world.tick();
    starts(&step, (1, 2));
    assert_eq!(world.exit(), HOST);
    assert_eq!(world.machine.count_of(Table::Tasks), 0);
    world.clean_up();
}

fn a_thread_may_return_for_its_task_after_the_implicit_one_has_ended<L: ExtensionLimits>() {
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
    assert_eq!(world.step(suspend()), HOST);
    let step = world.tick();
    starts(&step, (1, 2));
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    let HandleView::Subtask { state, .. } = world.view(world.instances[0], sub) else { panic!() };
    assert_eq!(state, SubtaskState::Returned);
    world.clean_up();
}

fn post_return_follows_the_result_and_may_not_leave<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main) = world.running();
    let callee = world.instance();
    let function = world.sync_with_post_return(callee);
    let step = world.import(function);
    let thread = enters(&step, function);
    world.run(context_set(0, 42));
    let step = world.return_value(Some(8));
    assert!(matches!(step, Step::CallPostReturn { thread: on, function: of, .. }
        if on == thread && of == function));
    assert!(!world.machine.instance_view(callee).unwrap().may_leave);
    assert_eq!(world.get(context_get(0)), 42);
    let step = world.exit();
    assert_eq!(back_from_import(&step, main), Some(CoreValue::I32(8)));
    assert!(world.machine.instance_view(callee).unwrap().may_leave);
    world.clean_up();
}

fn an_instance_may_be_entered_again_while_it_waits_for_a_call<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (outer, main) = world.running();
    let inner = world.instance();
    let (there, back_again) = (world.sync(inner), world.sync(outer));
    let step = world.import(there);
    let middle = enters(&step, there);
    let step = world.import(back_again);
    enters(&step, back_again);
    let (readable, writable) = world.ends(FUTURE);
    assert_eq!(world.get(FUTURE.write(writable, 1)), WAITS);
    let step = world.return_value(Some(1));
    assert_eq!(back_from_import(&step, middle), Some(CoreValue::I32(1)));
    let step = world.return_value(Some(2));
    assert_eq!(back_from_import(&step, main), Some(CoreValue::I32(2)));
    let read = world.get(FUTURE.read(readable, 1));
    assert_eq!(read, ended(FUTURE, CopyResult::Completed, 1));
    world.clean_up();
}

fn a_result_says_whose_it_is<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (caller, _) = world.running();
    let callee = world.instance();
    let function = world.plain(callee);
    let step = world.import(function);
    let Step::CallFunction { thread, task, function: called, caller: call } = step else {
        panic!();
    };
    assert_eq!(called, function);
    let token = world.begin_return();
    assert_eq!((token.thread(), token.task()), (thread, task));
    assert_eq!((token.function(), token.caller()), (function, Some(call)));
    assert_eq!(world.machine.calling_instance(call), Ok(Some(caller)));
    assert_eq!(world.machine.task_of(thread), Ok(task));
    assert_eq!(world.machine.call_state(call), Ok(SubtaskState::Started));
    let _ = world.resolve(token, None);
    world.clean_up();
}

on_each_storage!(
    a_call_that_returns_at_once_has_no_subtask,
    a_call_that_returns_before_it_blocks_has_no_subtask_either,
    every_kind_of_value_comes_back_from_a_call_lowered_without_async,
    a_call_lowered_without_async_blocks_its_thread_and_no_other,
    a_call_lowered_without_async_waits_for_its_callee_to_start,
    a_subtasks_events_say_how_far_it_is_when_they_are_delivered,
    ready_threads_run_while_a_sync_function_of_their_instance_blocks,
    those_that_wait_to_enter_do_not_run_for_a_blocked_call,
    a_function_that_is_not_async_returns_before_threads_it_has_made_end,
    a_thread_may_return_for_its_task_after_the_implicit_one_has_ended,
    post_return_follows_the_result_and_may_not_leave,
    an_instance_may_be_entered_again_while_it_waits_for_a_call,
    a_result_says_whose_it_is,
);
