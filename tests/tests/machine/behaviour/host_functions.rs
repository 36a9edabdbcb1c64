//! Host functions that guests call, and the host's other actions meanwhile.

use weft_core::code::SubtaskState;
use weft_core::core_value::CoreValue;
use weft_core::error::{Error, MachineError};
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{Event, FunctionId, HostEvent, Step, SubtaskId, ThreadId, WaitableId};

use crate::calls::{
    join, set_new, set_poll, set_wait, subtask_cancel, subtask_drop, suspend, sync_subtask_cancel,
    task_cancel, thread_yield,
};
use crate::guests::GuestMachine;
use crate::steps::{
    HOST, WAITS, back, back_from_import, back_returned, back_with_event, called_back, calls_host,
    cancels_host, enters, subtask,
};

fn a_function_of_the_host_that_returns_at_once<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (caller, main) = world.running();
    let function = world.host_function(7);
    for is_async in [false, true] {
        let step = world.try_import(function, is_async).unwrap();
        let call = calls_host(&step, 7);
        assert_eq!(world.machine.call_state(call), Ok(SubtaskState::Starting));
        assert_eq!(world.machine.calling_instance(call), Ok(Some(caller)));
        world.machine.start_host_function_call(call).unwrap();
        assert_eq!(world.machine.call_state(call), Ok(SubtaskState::Started));
        world.machine.return_host_function_call(call, Some(CoreValue::I64(5))).unwrap();
        assert_eq!(world.machine.call_state(call), Ok(SubtaskState::Returned));
        let step = world.host_returned();
        if is_async {
            back_returned(&step, main);
        } else {
            assert_eq!(back_from_import(&step, main), Some(CoreValue::I64(5)));
        }
        assert_eq!(world.machine.call_state(call), Err(Error::Unknown(Table::Waitables)));
    }
    world.clean_up();
}

fn a_function_of_the_host_that_returns_later<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main) = world.running();
    let function = world.host_function(7);

    let step = world.import(function);
    let call = calls_host(&step, 7);
    world.machine.start_host_function_call(call).unwrap();
    assert_eq!(world.host_returned(), HOST);
    assert_eq!(world.machine.ready_threads(), 0);
    world.machine.return_host_function_call(call, None).unwrap();
    assert_eq!(world.machine.ready_threads(), 1);
    let step = world.tick();
    assert_eq!(back_from_import(&step, main), None);

    let step = world.import_async(function);
    let call = calls_host(&step, 7);
    world.machine.start_host_function_call(call).unwrap();
    let step = world.host_returned();
    let sub = subtask(&step, main, SubtaskState::Started);
    let set = world.get(set_new());
    world.run(join(sub, set));
    assert_eq!(world.event(set_poll(set)), Event::NONE);
    assert_eq!(world.step(set_wait(set)), HOST);
    world.machine.return_host_function_call(call, Some(CoreValue::I32(1))).unwrap();
    let step = world.tick();
    assert_eq!(back_with_event(&step, main).payload, SubtaskState::Returned.code());
    world.run(subtask_drop(sub));
    world.clean_up();
}

fn a_function_of_the_host_may_take_its_arguments_later<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main) = world.running();
    let function = world.host_function(7);
    let step = world.import_async(function);
    let call = calls_host(&step, 7);
    let step = world.host_returned();
    let sub = subtask(&step, main, SubtaskState::Starting);
    let set = world.get(set_new());
    world.run(join(sub, set));
    world.machine.start_host_function_call(call).unwrap();
    assert_eq!(world.event(set_poll(set)).payload, SubtaskState::Started.code());
    world.machine.return_host_function_call(call, None).unwrap();
    assert_eq!(world.event(set_poll(set)).payload, SubtaskState::Returned.code());
    world.clean_up();
}

/// Calls a host function which returns control, started or not.
fn pending<L: ExtensionLimits>(
    world: &mut GuestMachine<L>,
    (function, main): (FunctionId, ThreadId),
    has_started: bool,
) -> (SubtaskId, u32) {
    let step = world.import_async(function);
    let call = calls_host(&step, 7);
    let state = if has_started {
        world.machine.start_host_function_call(call).unwrap();
        SubtaskState::Started
    } else {
        SubtaskState::Starting
    };
    let step = world.host_returned();
    (call, subtask(&step, main, state))
}

fn a_host_that_is_asked_to_cancel_may_do_so_at_once<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main) = world.running();
    let function = world.host_function(7);
    let expected = [
        (false, SubtaskState::CancelledBeforeStarted),
        (true, SubtaskState::CancelledBeforeReturned),
    ];
    for (has_started, state) in expected {
        for cancel in [subtask_cancel, sync_subtask_cancel] {
            let (call, sub) = pending(&mut world, (function, main), has_started);
            let step = world.step(cancel(sub));
            assert_eq!(cancels_host(&step, 7), call);
            world.machine.cancel_host_function_call(call).unwrap();
            let step = world.host_returned();
            assert_eq!(back(&step, main), u64::from(state.code()));
            world.run(subtask_drop(sub));
        }
    }
    world.clean_up();
}

fn a_host_that_is_asked_to_cancel_may_return_instead<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main) = world.running();
    let function = world.host_function(7);
    let (call, sub) = pending(&mut world, (function, main), false);
    let step = world.step(subtask_cancel(sub));
    cancels_host(&step, 7);
    world.machine.start_host_function_call(call).unwrap();
    world.machine.return_host_function_call(call, None).unwrap();
    let step = world.host_returned();
    assert_eq!(back(&step, main), u64::from(SubtaskState::Returned.code()));
    world.clean_up();
}

fn a_host_that_is_asked_to_cancel_may_take_its_time<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main) = world.running();
    let function = world.host_function(7);
    let (call, sub) = pending(&mut world, (function, main), true);
    let step = world.step(subtask_cancel(sub));
    cancels_host(&step, 7);
    let step = world.host_returned();
    assert_eq!(back(&step, main), u64::from(WAITS));
    let set = world.get(set_new());
    world.run(join(sub, set));
    world.machine.cancel_host_function_call(call).unwrap();
    let expected = SubtaskState::CancelledBeforeReturned.code();
    assert_eq!(world.event(set_wait(set)).payload, expected);

    let (call, sub) = pending(&mut world, (function, main), true);
    let step = world.step(sync_subtask_cancel(sub));
    cancels_host(&step, 7);
    assert_eq!(world.host_returned(), HOST);
    world.machine.return_host_function_call(call, None).unwrap();
    let step = world.tick();
    assert_eq!(back(&step, main), u64::from(SubtaskState::Returned.code()));
    world.clean_up();
}

fn a_function_of_the_host_calls_guests<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main) = world.running();
    let [second, third] = world.instances();
    let host = world.host_function(7);
    let step = world.import(host);
    let call = calls_host(&step, 7);
    world.machine.start_host_function_call(call).unwrap();

    // One that returns at once, one that blocks, and one that calls the host again.
    let plain = world.plain(second);
    let (inner, _) = world.invoke(plain);
    assert_eq!(world.return_value(Some(3)), HOST);
    assert_eq!(world.machine.call_state(inner), Ok(SubtaskState::Returned));
    assert_eq!(world.machine.current(), None);
    let stackful = world.stackful(second);
    let (blocked, _) = world.invoke(stackful);
    assert_eq!(world.step(thread_yield()), HOST);

    let deep = world.stackful(third);
    let (_, deep_thread) = world.invoke(deep);
    let step = world.import(host);
    let inner_call = calls_host(&step, 7);
    world.machine.start_host_function_call(inner_call).unwrap();
    world.machine.return_host_function_call(inner_call, Some(CoreValue::I32(1))).unwrap();
    let step = world.host_returned();
    assert_eq!(back_from_import(&step, deep_thread), Some(CoreValue::I32(1)));
    world.task_return(None);
    assert_eq!(world.exit(), HOST);

    world.machine.return_host_function_call(call, Some(CoreValue::I32(2))).unwrap();
    let step = world.host_returned();
    assert_eq!(back_from_import(&step, main), Some(CoreValue::I32(2)));
    assert_eq!(world.machine.call_state(blocked), Ok(SubtaskState::Started));
    assert_eq!(world.machine.ready_threads(), 1);
    world.clean_up();
}

fn a_function_of_the_host_calls_the_instance_that_called_it<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (caller, main) = world.running();
    let host = world.host_function(7);
    let step = world.import(host);
    let call = calls_host(&step, 7);
    let function = world.callback(caller);
    let (_, thread) = world.invoke(function);
    assert_ne!(thread, main);
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    world.machine.start_host_function_call(call).unwrap();
    world.machine.return_host_function_call(call, None).unwrap();
    let step = world.host_returned();
    back_from_import(&step, main);
    world.clean_up();
}

fn what_a_nested_call_makes_ready_runs_at_its_turn<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main) = world.running();
    let callee = world.instance();
    let host = world.host_function(7);
    let (call, sub) = pending(&mut world, (host, main), true);
    let set = world.get(set_new());
    world.run(join(sub, set));
    assert_eq!(world.step(set_wait(set)), HOST);
    // The host returns from one call while it is inside the other.
    let function = world.stackful(callee);
    world.invoke(function);
    world.machine.return_host_function_call(call, None).unwrap();
    assert_eq!(world.machine.ready_threads(), 1);
    assert_eq!(world.machine.tick(), Err(MachineError::GuestHasControl.into()));
    world.as_host(|world| assert_eq!(world.machine.tick(), Err(MachineError::Entered.into())));
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    let step = world.tick();
    back_with_event(&step, main);
    world.clean_up();
}

fn the_host_hears_how_far_its_calls_come<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let function = world.callback(instance);
    let (call, thread) = world.invoke(function);
    let heard = |world: &mut GuestMachine<L>| {
        let events = world.host_events();
        for HostEvent { waitable, event } in &events {
            assert_eq!((*waitable, event.index), (WaitableId::Subtask(call), 0));
        }
        events.into_iter().map(|event| event.event.payload).collect::<Vec<_>>()
    };
    assert_eq!(heard(&mut world), [SubtaskState::Started.code()]);
    assert_eq!(world.exit_to_yield(), HOST);
    let step = world.machine.cancel_call(call);
    let step = world.answer(step).unwrap();
    assert_eq!(called_back(&step, thread), Event::TASK_CANCELLED);
    assert_eq!(heard(&mut world), [0; 0]);
    world.run(task_cancel());
    assert_eq!(heard(&mut world), [SubtaskState::CancelledBeforeReturned.code()]);
    assert_eq!(world.exit(), HOST);
    world.clean_up();
}

fn the_host_hears_one_event_of_a_call_that_came_to_its_end_meanwhile<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let function = world.stackful(instance);
    let (one, _) = world.invoke(function);
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    let (two, _) = world.invoke(function);
    assert_eq!(world.step(suspend()), HOST);
    let events = world.host_events();
    let heard: Vec<_> = events.iter().map(|event| (event.waitable, event.event.payload)).collect();
    assert_eq!(
        heard,
        [
            (WaitableId::Subtask(one), SubtaskState::Returned.code()),
            (WaitableId::Subtask(two), SubtaskState::Started.code()),
        ]
    );
    world.machine.drop_call(one).unwrap();
    world.clean_up();
}

fn a_call_of_the_host_whose_caller_is_removed_is_unknown<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (caller, main) = world.running();
    let function = world.host_function(7);
    let (call, _) = pending(&mut world, (function, main), true);
    assert_eq!(world.step(suspend()), HOST);
    world.machine.remove_instance(caller).unwrap();
    let unknown = Error::Unknown(Table::Waitables);
    assert_eq!(world.machine.return_host_function_call(call, None), Err(unknown.into()));
    assert_eq!(world.machine.cancel_host_function_call(call), Err(unknown.into()));
    assert_eq!(world.machine.start_host_function_call(call), Err(unknown));
    world.clean_up();
}

fn a_function_is_called_many_times_at_once<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main) = world.running();
    let callee = world.instance();
    let function = world.stackful(callee);
    let host = world.host_function(7);
    let calls = [(); 3].map(|()| {
        let step = world.import_async(function);
        let thread = enters(&step, function);
        let step = world.import(host);
        let call = calls_host(&step, 7);
        world.machine.start_host_function_call(call).unwrap();
        let step = world.host_returned();
        subtask(&step, main, SubtaskState::Started);
        (thread, call)
    });
    assert_eq!(world.step(suspend()), HOST);
    for position in [2, 0, 1] {
        let (thread, call) = calls[position];
        world.machine.return_host_function_call(call, None).unwrap();
        let step = world.tick();
        assert!(matches!(step, Step::Resume { thread: resumed, .. } if resumed == thread));
        world.task_return(None);
        assert_eq!(world.exit(), HOST);
    }
    world.clean_up();
}

on_each_storage!(
    a_function_of_the_host_that_returns_at_once,
    a_function_of_the_host_that_returns_later,
    a_function_of_the_host_may_take_its_arguments_later,
    a_host_that_is_asked_to_cancel_may_do_so_at_once,
    a_host_that_is_asked_to_cancel_may_return_instead,
    a_host_that_is_asked_to_cancel_may_take_its_time,
    a_function_of_the_host_calls_guests,
    a_function_of_the_host_calls_the_instance_that_called_it,
    what_a_nested_call_makes_ready_runs_at_its_turn,
    the_host_hears_how_far_its_calls_come,
    the_host_hears_one_event_of_a_call_that_came_to_its_end_meanwhile,
    a_call_of_the_host_whose_caller_is_removed_is_unknown,
    a_function_is_called_many_times_at_once,
);
