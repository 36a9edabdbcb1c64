//! Calls that would enter an instance with a held guest.

use weft_core::code::SubtaskState;
use weft_core::core_value::CoreValue;
use weft_core::error::Error;
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{
    InstanceId, Step, SubtaskId, ThreadId, ThreadState, TypeDefinition, WaitingOn,
};

use super::{are_held, give, hold};
use crate::calls::{
    Call, join, resource_drop, resource_new, resume_later, set_new, set_wait, subtask_cancel,
    subtask_drop, suspend, sync_subtask_cancel, thread_new,
};
use crate::guests::GuestMachine;
use crate::steps::{HOST, back, back_from_import, back_with_event, enters, starts, subtask};

/// Creates an instance with a held guest; returns the instance, the thread, and the call of the
/// host function.
fn held<L: ExtensionLimits>(world: &mut GuestMachine<L>) -> (InstanceId, ThreadId, SubtaskId) {
    let instance = world.instance();
    let (function, host) = (world.sync(instance), world.host_function(7));
    let (_, thread) = world.invoke(function);
    (instance, thread, hold(world, host))
}

/// Continues the held guest, which returns.
#[track_caller]
fn free<L: ExtensionLimits>(
    world: &mut GuestMachine<L>,
    (instance, thread, call): (InstanceId, ThreadId, SubtaskId),
) {
    give(world, call, 1);
    let step = world.tick();
    back_from_import(&step, thread);
    assert!(!super::is_held(world, instance));
    assert_eq!(world.return_value(None), HOST);
}

fn a_call_lowered_with_async_waits_and_its_caller_continues<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let stack = held(&mut world);
    let (caller, main) = world.running();
    let functions = [world.sync(stack.0), world.stackful(stack.0), world.callback(stack.0)];
    let subs = functions.map(|function| world.subtask(function, SubtaskState::Starting));
    are_held(&mut world, &[stack.0]);
    assert!(!super::is_held(&mut world, caller));
    let entering = world.machine.thread_views().filter(|view| {
        view.state == ThreadState::Waiting { on: WaitingOn::Entering, is_ready: false }
    });
    assert_eq!(entering.count(), 3);
    let set = world.get(set_new());
    for sub in subs {
        world.run(join(sub, set));
    }
    assert_eq!(world.step(set_wait(set)), HOST);
    assert_eq!(world.machine.ready_threads(), 0);
    free(&mut world, stack);
    assert_eq!(world.machine.ready_threads(), 3);
    let (mut entered, mut heard) = (Vec::new(), Vec::new());
    let mut step = world.tick();
    loop {
        if let Step::CallFunction { function, .. } = step {
            entered.push(function);
            if function == functions[0] {
                assert_eq!(world.return_value(Some(2)), HOST);
            } else {
                world.task_return(None);
                assert_eq!(world.exit(), HOST);
            }
            step = world.tick();
            continue;
        }
        let event = back_with_event(&step, main);
        assert_eq!(event.payload, SubtaskState::Returned.code());
        heard.push(event.index);
        world.run(subtask_drop(event.index));
        if heard.len() == subs.len() {
            break;
        }
        step = world.step(set_wait(set));
        if step == HOST {
            step = world.tick();
        }
    }
    assert_eq!((entered, heard), (functions.to_vec(), subs.to_vec()));
    world.clean_up();
}

fn one_by_the_host_waits<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let stack = held(&mut world);
    let functions = [world.sync(stack.0), world.stackful(stack.0)];
    let calls = functions.map(|function| {
        let (call, step) = world.begin(function);
        assert_eq!(step, HOST);
        assert_eq!(world.machine.call_state(call), Ok(SubtaskState::Starting));
        call
    });
    assert_eq!(world.tick(), HOST);
    free(&mut world, stack);
    let step = world.tick();
    let thread = enters(&step, functions[0]);
    // It is held again before the second one has entered.
    let host = world.host_function(7);
    let call = hold(&mut world, host);
    assert_eq!(world.tick(), HOST);
    free(&mut world, (stack.0, thread, call));
    assert_eq!(world.machine.call_state(calls[0]), Ok(SubtaskState::Returned));
    let step = world.tick();
    enters(&step, functions[1]);
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    assert_eq!(world.machine.call_state(calls[1]), Ok(SubtaskState::Returned));
    world.clean_up();
}

fn an_async_call_waits_and_other_threads_of_the_caller_continue<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let stack = held(&mut world);
    let (_, main) = world.running();
    let step = world.step(thread_new(3, 4));
    let made = u32::try_from(back(&step, main)).unwrap();
    world.run(resume_later(made));
    let function = world.stackful(stack.0);
    assert_eq!(world.import(function), HOST);
    are_held(&mut world, &[stack.0]);
    let step = world.tick();
    starts(&step, (3, 4));
    assert_eq!(world.exit(), HOST);
    assert_eq!(world.tick(), HOST);
    free(&mut world, stack);
    let step = world.tick();
    enters(&step, function);
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    let step = world.tick();
    back_from_import(&step, main);
    world.clean_up();
}

/// Checks the caller of a function that is not `async`, and a guest inside such a call.
fn a_call_whose_caller_cannot_wait_holds_it<L: ExtensionLimits>() {
    for (is_caller_async, is_callee_async) in [(true, false), (false, false), (false, true)] {
        let mut world = GuestMachine::<L>::new();
        let stack = held(&mut world);
        let caller = world.instance();
        let function = if is_caller_async { world.stackful(caller) } else { world.sync(caller) };
        let (_, main) = world.invoke(function);
        let callee = if is_callee_async { world.callback(stack.0) } else { world.sync(stack.0) };
        assert_eq!(world.import(callee), HOST);
        are_held(&mut world, &[stack.0, caller]);
        assert_eq!(world.machine.ready_threads(), 0);
        free(&mut world, stack);
        let step = world.tick();
        enters(&step, callee);
        are_held(&mut world, &[]);
        if is_callee_async {
            world.task_return(None);
            let step = world.exit();
            back_from_import(&step, main);
        } else {
            let step = world.return_value(Some(2));
            assert_eq!(back_from_import(&step, main), Some(CoreValue::I32(2)));
        }
        world.clean_up();
    }
}

/// Checks a task that could wait because its type is `async`, but was called without `async`.
fn a_call_whose_callers_caller_cannot_wait_holds_both<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let stack = held(&mut world);
    let [first, second] = world.instances();
    let (outer, middle, inner) =
        (world.sync(first), world.stackful(second), world.stackful(stack.0));
    let (_, outer_thread) = world.invoke(outer);
    let step = world.import(middle);
    let middle_thread = enters(&step, middle);
    assert_eq!(world.import(inner), HOST);
    are_held(&mut world, &[stack.0, first, second]);
    free(&mut world, stack);
    let step = world.tick();
    enters(&step, inner);
    world.task_return(None);
    let step = world.exit();
    back_from_import(&step, middle_thread);
    world.task_return(None);
    let step = world.exit();
    back_from_import(&step, outer_thread);
    assert_eq!(world.return_value(None), HOST);
    world.clean_up();
}

/// Checks that the outer task continues if it called with `async`.
fn a_call_whose_callers_caller_continues_holds_nothing<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let stack = held(&mut world);
    let [first, second] = world.instances();
    let (outer, middle, inner) =
        (world.sync(first), world.stackful(second), world.stackful(stack.0));
    let (_, outer_thread) = world.invoke(outer);
    let step = world.import_async(middle);
    let middle_thread = enters(&step, middle);
    let step = world.import(inner);
    subtask(&step, outer_thread, SubtaskState::Started);
    are_held(&mut world, &[stack.0]);
    assert_eq!(world.return_value(None), HOST);
    free(&mut world, stack);
    let step = world.tick();
    enters(&step, inner);
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    let step = world.tick();
    back_from_import(&step, middle_thread);
    world.clean_up();
}

fn a_destructor_waits_and_holds_who_drops<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let destructor = world.sync(instance);
    let resource =
        TypeDefinition::Resource { instance: Some(instance), destructor: Some(destructor) };
    let ty = world.machine.define_type(resource).unwrap();
    let host = world.host_function(7);
    let (_, thread) = world.invoke(destructor);
    let call = hold(&mut world, host);
    let (dropper, main) = world.running();
    let index = world.get(resource_new(ty, 9));
    assert_eq!(world.step(resource_drop(ty, index)), HOST);
    are_held(&mut world, &[instance, dropper]);
    free(&mut world, (instance, thread, call));
    let step = world.tick();
    assert!(matches!(step, Step::CallDestructor { representation: 9, .. }), "{step:?}");
    let step = world.exit();
    assert_eq!(back(&step, main), 0);

    // The destructor itself is held.
    let index = world.get(resource_new(ty, 10));
    let step = world.step(resource_drop(ty, index));
    let Step::CallDestructor { thread, .. } = step else { panic!("{step:?}") };
    let call = hold(&mut world, host);
    are_held(&mut world, &[instance, dropper]);
    give(&mut world, call, 1);
    let step = world.tick();
    back_from_import(&step, thread);
    let step = world.exit();
    assert_eq!(back(&step, main), 0);

    // The host drops a resource while a guest is held.
    assert_eq!(world.step(suspend()), HOST);
    let (_, thread) = world.invoke(destructor);
    let call = hold(&mut world, host);
    let (dropped, step) = world.machine.drop_host_resource(ty, 11).unwrap().unwrap();
    assert_eq!(step, HOST);
    free(&mut world, (instance, thread, call));
    let step = world.tick();
    assert!(matches!(step, Step::CallDestructor { representation: 11, .. }), "{step:?}");
    assert_eq!(world.exit(), HOST);
    world.machine.drop_call(dropped).unwrap();
    world.clean_up();
}

fn one_that_waits_is_cancelled_without_running<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let stack = held(&mut world);
    let functions = [world.sync(stack.0), world.stackful(stack.0), world.callback(stack.0)];
    let counts = world.counts();
    for function in functions {
        let (call, step) = world.begin(function);
        assert_eq!(step, HOST);
        let step = world.machine.cancel_call(call);
        assert_eq!(world.answer(step), Ok(HOST));
        let cancelled = SubtaskState::CancelledBeforeStarted;
        assert_eq!(world.machine.call_state(call), Ok(cancelled));
        world.machine.drop_call(call).unwrap();
    }
    assert_eq!(world.counts(), counts);
    let _ = world.running();
    let counts = world.counts();
    for function in functions {
        for cancel in [subtask_cancel as fn(u32) -> Call, sync_subtask_cancel] {
            let sub = world.subtask(function, SubtaskState::Starting);
            let expected = SubtaskState::CancelledBeforeStarted.code();
            assert_eq!(world.get(cancel(sub)), expected);
            world.run(subtask_drop(sub));
        }
    }
    assert_eq!(world.counts(), counts);
    assert_eq!(world.step(suspend()), HOST);
    free(&mut world, stack);
    assert_eq!(world.tick(), HOST);
    world.clean_up();
}

fn one_that_the_host_drops_never_runs<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let stack = held(&mut world);
    let function = world.sync(stack.0);
    let (call, _) = world.begin(function);
    world.machine.drop_call(call).unwrap();
    // The caller is removed.
    let (caller, _) = world.running();
    world.subtask(function, SubtaskState::Starting);
    assert_eq!(world.step(suspend()), HOST);
    world.machine.remove_instance(caller).unwrap();
    free(&mut world, stack);
    assert_eq!(world.machine.ready_threads(), 2);
    assert_eq!(world.tick(), HOST);
    assert_eq!(world.tick(), HOST);
    assert_eq!(world.machine.ready_threads(), 0);
    for table in [Table::HeldFrames, Table::Tasks, Table::Threads] {
        assert_eq!(world.machine.count_of(table), 0, "{table}");
    }
    world.clean_up();
}

/// Checks a call by the host that is dropped while its callee is held.
fn a_call_that_is_dropped_while_it_is_held_continues<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let (function, host) = (world.sync(instance), world.host_function(7));
    let (call, thread) = world.invoke(function);
    let held = hold(&mut world, host);
    world.machine.drop_call(call).unwrap();
    assert_eq!(world.machine.call_state(call), Err(Error::Unknown(Table::Waitables)));
    give(&mut world, held, 1);
    let step = world.tick();
    back_from_import(&step, thread);
    assert_eq!(world.return_value(None), HOST);
    world.clean_up();
}

/// Checks that backpressure applies when the instance is no longer held, and not for types without
/// `async`.
fn a_call_that_waited_may_then_wait_for_the_lock<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let (locking, host) = (world.callback(instance), world.host_function(7));
    let (_, thread) = world.invoke(locking);
    let call = hold(&mut world, host);
    let (callback, sync) = (world.callback(instance), world.sync(instance));
    for function in [callback, sync] {
        assert_eq!(world.begin(function).1, HOST);
    }
    give(&mut world, call, 1);
    let step = world.tick();
    back_from_import(&step, thread);
    world.task_return(None);
    assert_eq!(world.exit_to_yield(), HOST);
    let step = world.tick();
    enters(&step, callback);
    assert_eq!(world.exit_to_yield(), HOST);
    let step = world.tick();
    enters(&step, sync);
    assert_eq!(world.return_value(None), HOST);
    world.clean_up();
}

/// Checks a stack that waits to enter, whose callee is held in turn, and another that waits for it.
fn stacks_can_wait_for_each_other<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let stack = held(&mut world);
    let [second, third] = world.instances();
    let callees = [world.sync(stack.0), world.sync(second), world.sync(third)];
    let (_, main_2) = world.invoke(callees[1]);
    assert_eq!(world.import(callees[0]), HOST);
    let (_, main_3) = world.invoke(callees[2]);
    assert_eq!(world.import(callees[1]), HOST);
    are_held(&mut world, &[stack.0, second, third]);
    free(&mut world, stack);
    let step = world.tick();
    let inner = enters(&step, callees[0]);
    are_held(&mut world, &[third]);
    let host = world.host_function(7);
    let call = hold(&mut world, host);
    are_held(&mut world, &[stack.0, second, third]);
    assert_eq!(world.machine.ready_threads(), 0);
    give(&mut world, call, 1);
    let step = world.tick();
    back_from_import(&step, inner);
    let step = world.return_value(None);
    back_from_import(&step, main_2);
    assert_eq!(world.return_value(None), HOST);
    let step = world.tick();
    enters(&step, callees[1]);
    let step = world.return_value(None);
    back_from_import(&step, main_3);
    assert_eq!(world.return_value(None), HOST);
    world.clean_up();
}

on_each_storage!(
    a_call_lowered_with_async_waits_and_its_caller_continues,
    one_by_the_host_waits,
    an_async_call_waits_and_other_threads_of_the_caller_continue,
    a_call_whose_caller_cannot_wait_holds_it,
    a_call_whose_callers_caller_cannot_wait_holds_both,
    a_call_whose_callers_caller_continues_holds_nothing,
    a_destructor_waits_and_holds_who_drops,
    one_that_waits_is_cancelled_without_running,
    one_that_the_host_drops_never_runs,
    a_call_that_is_dropped_while_it_is_held_continues,
    a_call_that_waited_may_then_wait_for_the_lock,
    stacks_can_wait_for_each_other,
);
