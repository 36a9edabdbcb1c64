//! Host functions that wait although their type is not `async`: their callers are held.

mod entering;
mod inside;
mod trapping;

use weft_core::code::SubtaskState;
use weft_core::core_value::CoreValue;
use weft_core::error::MachineError;
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{FunctionId, InstanceId, Step, SubtaskId, ThreadState, WaitingOn};

use crate::calls::{
    backpressure_dec, backpressure_inc, join, resume_later, set_new, set_wait, subtask_cancel,
    suspend, suspend_then_promote, task_cancel, thread_new, thread_yield, yield_then_promote,
};
use crate::guests::GuestMachine;
use crate::steps::{
    HOST, back, back_from_import, back_returned, called_back, calls_host, enters, starts, subtask,
};

/// Calls the host function `host` from the running guest. It waits, so the callers are held, and
/// the host has control.
#[track_caller]
fn hold<L: ExtensionLimits>(world: &mut GuestMachine<L>, host: FunctionId) -> SubtaskId {
    let step = world.import(host);
    hold_after(world, &step)
}

/// Makes the host function that `step` calls wait.
#[track_caller]
fn hold_after<L: ExtensionLimits>(world: &mut GuestMachine<L>, step: &Step) -> SubtaskId {
    let call = calls_host(step, 7);
    world.machine.start_host_function_call(call).unwrap();
    assert_eq!(world.machine.are_callers_held(call), Ok(false));
    let step = world.machine.hold_callers(call);
    assert_eq!(world.answer(step), Ok(HOST));
    assert_eq!(world.machine.are_callers_held(call), Ok(true));
    assert_eq!(world.machine.current(), None);
    call
}

/// Returns `value` from a host function to its held callers.
#[track_caller]
fn give<L: ExtensionLimits>(world: &mut GuestMachine<L>, call: SubtaskId, value: u32) {
    world.machine.return_host_function_call(call, Some(CoreValue::I32(value))).unwrap();
}

fn is_held<L: ExtensionLimits>(world: &mut GuestMachine<L>, instance: InstanceId) -> bool {
    world.machine.instance_view(instance).unwrap().is_held
}

/// Checks that exactly the instances `held` of `world` are held.
#[track_caller]
fn are_held<L: ExtensionLimits>(world: &mut GuestMachine<L>, held: &[InstanceId]) {
    for instance in world.instances.clone() {
        assert_eq!(is_held(world, instance), held.contains(&instance), "{instance:?}");
    }
}

fn a_caller_is_held_until_the_host_function_returns<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let host = world.host_function(7);
    for function in [world.sync(instance), world.plain(instance)] {
        let (call, thread) = world.invoke(function);
        let held = hold(&mut world, host);
        are_held(&mut world, &[instance]);
        let view = world.machine.thread_view(thread).unwrap();
        let on = WaitingOn::Call(held);
        assert_eq!(view.state, ThreadState::Waiting { on, is_ready: false });
        assert_eq!(world.machine.call_state(call), Ok(SubtaskState::Started));
        assert_eq!(world.machine.ready_threads(), 0);
        assert_eq!(world.tick(), HOST);

        give(&mut world, held, 5);
        let view = world.machine.thread_view(thread).unwrap();
        assert_eq!(view.state, ThreadState::Waiting { on, is_ready: true });
        assert_eq!(world.machine.ready_threads(), 1);
        are_held(&mut world, &[instance]);
        let step = world.tick();
        assert_eq!(back_from_import(&step, thread), Some(CoreValue::I32(5)));
        are_held(&mut world, &[]);
        assert_eq!(world.machine.count_of(Table::HeldFrames), 0);
        assert_eq!(world.return_value(Some(6)), HOST);
        assert_eq!(world.machine.call_state(call), Ok(SubtaskState::Returned));
    }
    world.clean_up();
}

fn a_caller_is_held_many_times<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let (host, function) = (world.host_function(7), world.sync_with_post_return(instance));
    let (_, thread) = world.invoke(function);
    for value in 0..100 {
        let held = hold(&mut world, host);
        give(&mut world, held, value);
        let step = world.tick();
        assert_eq!(back_from_import(&step, thread), Some(CoreValue::I32(value)));
    }
    assert!(matches!(world.return_value(None), Step::CallPostReturn { .. }));
    assert_eq!(world.exit(), HOST);
    world.clean_up();
}

fn callers_of_callers_are_held<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [first, second, third, other] = world.instances();
    let host = world.host_function(7);
    let outers = [(world.sync(first), false), (world.callback(first), true)];
    for (outer, is_async) in outers {
        let (middle, inner) = (world.sync(second), world.plain(third));
        let (call, outer_thread) = world.invoke(outer);
        let step = world.import(middle);
        let middle_thread = enters(&step, middle);
        let step = world.import(inner);
        let inner_thread = enters(&step, inner);
        let held = hold(&mut world, host);
        are_held(&mut world, &[first, second, third]);
        // Other instances continue.
        let function = world.plain(other);
        world.invoke(function);
        assert_eq!(world.return_value(None), HOST);
        assert_eq!(world.machine.ready_threads(), 0);

        give(&mut world, held, 1);
        let step = world.tick();
        back_from_import(&step, inner_thread);
        are_held(&mut world, &[]);
        let step = world.return_value(Some(2));
        assert_eq!(back_from_import(&step, middle_thread), Some(CoreValue::I32(2)));
        let step = world.return_value(Some(3));
        assert_eq!(back_from_import(&step, outer_thread), Some(CoreValue::I32(3)));
        if is_async {
            world.task_return(None);
            assert_eq!(world.exit(), HOST);
        } else {
            assert_eq!(world.return_value(None), HOST);
        }
        assert_eq!(world.machine.call_state(call), Ok(SubtaskState::Returned));
    }
    world.clean_up();
}

fn a_call_of_it_that_is_lowered_with_async_is_held_too<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (caller, main) = world.running();
    let callee = world.instance();
    let host = world.host_function(7);
    let handles = world.machine.count_of(Table::Handles);
    let step = world.import_async(host);
    let held = hold_after(&mut world, &step);
    are_held(&mut world, &[caller]);
    give(&mut world, held, 1);
    let step = world.tick();
    back_returned(&step, main);
    assert_eq!(world.machine.count_of(Table::Handles), handles);

    // So does a task that called the caller with `async`.
    let function = world.stackful(callee);
    let step = world.import_async(function);
    let thread = enters(&step, function);
    let held = hold(&mut world, host);
    are_held(&mut world, &[caller, callee]);
    give(&mut world, held, 2);
    let step = world.tick();
    assert_eq!(back_from_import(&step, thread), Some(CoreValue::I32(2)));
    assert_eq!(
        world.step(suspend()),
        Step::Resume {
            thread: main,
            value: weft_core::machine::Resumed::AsyncImport(
                weft_core::code::CallResult { state: SubtaskState::Started, subtask: 1 }
                    .pack()
                    .unwrap()
            ),
        }
    );
    are_held(&mut world, &[]);
    world.clean_up();
}

/// Checks an instance with a ready thread in each queue.
fn no_other_thread_of_a_held_instance_runs<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    let host = world.host_function(7);
    // `now`
    assert_eq!(world.step(thread_yield()), HOST);
    // On a set: first a thread, then a callback.
    world.run_in(instance);
    let mut calls = Vec::new();
    let mut waits_for = |world: &mut GuestMachine<L>, thread| {
        let step = world.import_async(host);
        let call = calls_host(&step, 7);
        world.machine.start_host_function_call(call).unwrap();
        let step = world.host_returned();
        let sub = subtask(&step, thread, SubtaskState::Started);
        let set = world.get(set_new());
        world.run(join(sub, set));
        calls.push(call);
        set
    };
    let thread = world.machine.current().unwrap();
    let set = waits_for(&mut world, thread);
    assert_eq!(world.step(set_wait(set)), HOST);
    let function = world.callback(instance);
    let (_, thread) = world.invoke(function);
    let set = waits_for(&mut world, thread);
    assert_eq!(world.exit_to_wait(set), HOST);
    // `exclusive`
    let (_, _) = world.invoke(function);
    assert_eq!(world.exit_to_yield(), HOST);
    for call in calls {
        world.machine.return_host_function_call(call, None).unwrap();
    }
    assert_eq!(world.machine.ready_threads(), 4);
    // `enter` and `enter_exclusive`
    let sync = world.sync(instance);
    let (_, held_thread) = world.invoke(sync);
    world.run(backpressure_inc());
    let step = world.import(host);
    let call = calls_host(&step, 7);
    for function in [function, world.stackful(instance)] {
        assert_eq!(world.begin(function).1, HOST);
    }
    world.machine.start_host_function_call(call).unwrap();
    world.machine.return_host_function_call(call, None).unwrap();
    let step = world.host_returned();
    back_from_import(&step, held_thread);
    world.run(backpressure_dec());
    assert_eq!(world.machine.ready_threads(), 6);

    let held = hold(&mut world, host);
    assert_eq!(world.machine.ready_threads(), 0);
    for view in world.machine.thread_views() {
        assert!(!matches!(view.state, ThreadState::Waiting { is_ready: true, .. }), "{view:?}");
    }
    assert_eq!(world.tick(), HOST);
    give(&mut world, held, 1);
    assert_eq!(world.machine.ready_threads(), 1);
    let step = world.tick();
    back_from_import(&step, held_thread);
    assert_eq!(world.machine.ready_threads(), 6);
    assert_eq!(world.return_value(None), HOST);
    assert_eq!(world.machine.ready_threads(), 6);
    world.clean_up();
}

fn a_held_instance_accepts_cancellation_when_it_continues<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let host = world.host_function(7);
    let (callback, sync) = (world.callback(instance), world.sync(instance));
    let (waiting, thread) = world.invoke(callback);
    let set = world.get(set_new());
    assert_eq!(world.exit_to_wait(set), HOST);
    let (running, held_thread) = world.invoke(sync);
    let held = hold(&mut world, host);
    for call in [waiting, running] {
        let step = world.machine.cancel_call(call);
        assert_eq!(world.answer(step), Ok(HOST));
    }
    assert_eq!(world.machine.ready_threads(), 0);
    give(&mut world, held, 1);
    let step = world.tick();
    back_from_import(&step, held_thread);
    assert_eq!(world.return_value(None), HOST);
    assert_eq!(world.machine.call_state(running), Ok(SubtaskState::Returned));
    let step = world.tick();
    assert_eq!(called_back(&step, thread), weft_core::machine::Event::TASK_CANCELLED);
    world.run(task_cancel());
    assert_eq!(world.exit(), HOST);
    assert_eq!(world.machine.call_state(waiting), Ok(SubtaskState::CancelledBeforeReturned));
    world.clean_up();
}

/// Checks a guest that cancels a call whose callee calls the host before it learns of the
/// cancellation.
fn a_guest_that_cancels_a_call_is_held_with_its_callee<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (caller, main) = world.running();
    let callee = world.instance();
    let host = world.host_function(7);
    let function = world.callback(callee);
    let step = world.import_async(function);
    let thread = enters(&step, function);
    let set = world.get(set_new());
    let step = world.exit_to_wait(set);
    let sub = subtask(&step, main, SubtaskState::Started);
    let step = world.step(subtask_cancel(sub));
    assert_eq!(called_back(&step, thread), weft_core::machine::Event::TASK_CANCELLED);
    let held = hold(&mut world, host);
    are_held(&mut world, &[caller, callee]);
    give(&mut world, held, 0);
    let step = world.tick();
    back_from_import(&step, thread);
    world.run(task_cancel());
    let step = world.exit();
    assert_eq!(back(&step, main), u64::from(SubtaskState::CancelledBeforeReturned.code()));
    world.clean_up();
}

fn stacks_come_back_in_any_order<L: ExtensionLimits>() {
    for reverse in [false, true] {
        let mut world = GuestMachine::<L>::new();
        let instances: [InstanceId; 3] = world.instances();
        let host = world.host_function(7);
        let mut stacks: Vec<_> = instances
            .iter()
            .map(|instance| {
                let function = world.sync(*instance);
                let (call, thread) = world.invoke(function);
                (call, thread, hold(&mut world, host))
            })
            .collect();
        are_held(&mut world, &instances);
        if reverse {
            stacks.reverse();
        }
        for (call, thread, held) in stacks {
            give(&mut world, held, 1);
            let step = world.tick();
            back_from_import(&step, thread);
            assert_eq!(world.return_value(None), HOST);
            assert_eq!(world.machine.call_state(call), Ok(SubtaskState::Returned));
        }
        are_held(&mut world, &[]);
        world.clean_up();
    }
}

fn inactive_calls_hold_nothing<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main) = world.running();
    let other = world.instance();
    let host = world.host_function(7);
    // One that already waits; one that was answered; one while the guest has control; one where the
    // host was not called.
    let step = world.import_async(host);
    let waiting = calls_host(&step, 7);
    world.machine.start_host_function_call(waiting).unwrap();
    let step = world.host_returned();
    subtask(&step, main, SubtaskState::Started);
    world.refuses(MachineError::GuestHasControl, |machine| machine.hold_callers(waiting));
    let step = world.import(host);
    let call = calls_host(&step, 7);
    world.refuses(MachineError::NotEntered, |machine| machine.hold_callers(waiting));
    // The host has called a guest, which has control, and then one that waits.
    let function = world.stackful(other);
    let (_, _) = world.invoke(function);
    world.refuses(MachineError::GuestHasControl, |machine| machine.hold_callers(call));
    assert_eq!(world.step(suspend()), HOST);
    world.machine.start_host_function_call(call).unwrap();
    world.machine.return_host_function_call(call, None).unwrap();
    world.refuses(MachineError::AlreadyResolved, |machine| machine.hold_callers(call));
    let step = world.host_returned();
    back_from_import(&step, main);
    assert_eq!(world.step(suspend()), HOST);
    world.refuses(MachineError::NotEntered, |machine| machine.hold_callers(waiting));
    world.clean_up();
}

fn a_host_function_may_hold_before_it_takes_its_arguments<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (_, main) = world.running();
    let host = world.host_function(7);
    let step = world.import(host);
    let call = calls_host(&step, 7);
    assert_eq!(world.machine.hold_callers(call), Ok(HOST));
    world.machine.start_host_function_call(call).unwrap();
    give(&mut world, call, 3);
    let step = world.tick();
    assert_eq!(back_from_import(&step, main), Some(CoreValue::I32(3)));
    world.clean_up();
}

/// Checks that another thread of the caller, which runs because the host function calls the
/// instance, cannot resume the held one.
fn a_held_thread_is_not_promoted<L: ExtensionLimits>() {
    for promote in [suspend_then_promote, yield_then_promote] {
        let mut world = GuestMachine::<L>::new();
        let (instance, main) = world.running();
        let other = world.instance();
        let host = world.host_function(7);
        let index = world.machine.thread_view(main).unwrap().index;
        let held = hold(&mut world, host);
        // The second stack is held for the first one, which is then answered.
        let stackful = world.stackful(instance);
        let (_, step) = world.begin_for_held(held, stackful);
        let inside = enters(&step, stackful);
        let waits = hold(&mut world, host);
        give(&mut world, held, 1);
        assert_eq!(world.machine.ready_threads(), 0);
        give(&mut world, waits, 2);
        let step = world.tick();
        back_from_import(&step, inside);
        assert_eq!(world.step(promote(index)), HOST);
        let step = world.tick();
        assert_eq!(back_from_import(&step, main), Some(CoreValue::I32(1)));
        let _ = other;
        world.clean_up();
    }
}

/// Checks that threads of the instance can run as usual for the host function that holds it.
fn a_blocking_function_lets_threads_of_a_held_instance_run<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    let host = world.host_function(7);
    let step = world.step(thread_new(3, 4));
    let made = back(&step, world.machine.current().unwrap());
    let made = u32::try_from(made).unwrap();
    world.run(resume_later(made));
    let held = hold(&mut world, host);
    let sync = world.sync(instance);
    let (_, step) = world.begin_for_held(held, sync);
    let thread = enters(&step, sync);
    let step = world.step(thread_yield());
    starts(&step, (3, 4));
    let step = world.exit();
    assert_eq!(back(&step, thread), 0);
    assert_eq!(world.return_value(None), HOST);
    world.clean_up();
}

on_each_storage!(
    a_caller_is_held_until_the_host_function_returns,
    a_caller_is_held_many_times,
    callers_of_callers_are_held,
    a_call_of_it_that_is_lowered_with_async_is_held_too,
    no_other_thread_of_a_held_instance_runs,
    a_held_instance_accepts_cancellation_when_it_continues,
    a_guest_that_cancels_a_call_is_held_with_its_callee,
    stacks_come_back_in_any_order,
    inactive_calls_hold_nothing,
    a_host_function_may_hold_before_it_takes_its_arguments,
    a_held_thread_is_not_promoted,
    a_blocking_function_lets_threads_of_a_held_instance_run,
);
