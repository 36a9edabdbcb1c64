//! Held guests whose instances trap or are removed meanwhile.

use weft_core::code::SubtaskState;
use weft_core::error::{Error, MachineError};
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{InstanceId, SubtaskId, ThreadId, ThreadState};
use weft_core::trap::Trap;

use super::{are_held, give, hold};
use crate::calls::suspend;
use crate::guests::GuestMachine;
use crate::steps::{HOST, back_from_import, calls_host, enters, trap_of};

/// Three instances with held guests, the outermost first; the call of the outermost, the thread at
/// the top, and the call of the host function.
struct Stack {
    instances: [InstanceId; 3],
    call: SubtaskId,
    top: ThreadId,
    held: SubtaskId,
}

fn stack<L: ExtensionLimits>(world: &mut GuestMachine<L>) -> Stack {
    let instances: [InstanceId; 3] = world.instances();
    let host = world.host_function(7);
    let functions = instances.map(|instance| world.sync(instance));
    let (call, _) = world.invoke(functions[0]);
    let step = world.import(functions[1]);
    enters(&step, functions[1]);
    let step = world.import(functions[2]);
    let top = enters(&step, functions[2]);
    Stack { instances, call, top, held: hold(world, host) }
}

fn unwind<L: ExtensionLimits>(world: &mut GuestMachine<L>) -> usize {
    let mut count = 0;
    while world.machine.unwind_held().unwrap() {
        count += 1;
    }
    count
}

#[track_caller]
fn are_locked_down<L: ExtensionLimits>(world: &GuestMachine<L>, expected: &[InstanceId]) {
    for instance in &world.instances {
        let is_locked_down = world.machine.is_locked_down(*instance).unwrap();
        assert_eq!(is_locked_down, expected.contains(instance), "{instance:?}");
    }
}

fn a_trap_of_the_one_at_the_top_unwinds_all<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let stack = stack(&mut world);
    let other = world.instance();
    assert_eq!(unwind(&mut world), 0);
    world.machine.lock_down_instance(stack.instances[2]).unwrap();
    assert_eq!(unwind(&mut world), 1);
    are_locked_down(&world, &stack.instances);
    are_held(&mut world, &[]);
    assert_eq!(world.machine.count_of(Table::HeldFrames), 0);
    assert_eq!(world.machine.is_callee_gone(stack.call), Ok(true));
    assert_eq!(world.machine.are_callers_held(stack.held), Ok(false));
    for view in world.machine.thread_views() {
        assert_eq!(view.state, ThreadState::Abandoned);
    }
    let gone = MachineError::CallerGone;
    world.refuses(gone, |machine| machine.return_host_function_call(stack.held, None));
    let function = world.sync(other);
    world.invoke(function);
    assert_eq!(world.return_value(None), HOST);
    world.clean_up();
}

/// Checks that the others trap when the call would return to the instance.
fn a_trap_of_another_instance_ends_the_rest_of_the_stack<L: ExtensionLimits>() {
    for trapped in [0, 1] {
        let mut world = GuestMachine::<L>::new();
        let stack = stack(&mut world);
        world.machine.lock_down_instance(stack.instances[trapped]).unwrap();
        assert_eq!(unwind(&mut world), 0);
        are_held(&mut world, &stack.instances);
        give(&mut world, stack.held, 1);
        let step = world.tick();
        back_from_import(&step, stack.top);
        let token = world.begin_return();
        if trapped == 1 {
            assert_eq!(token.caller(), None);
        }
        let mut step = world.machine.resolve(token, None);
        if trapped == 0 {
            let middle = world.answer(step).unwrap();
            let weft_core::machine::Step::Resume { .. } = middle else { panic!("{middle:?}") };
            let token = world.begin_return();
            step = world.machine.resolve(token, None);
        }
        assert_eq!(trap_of(step), Trap::CannotEnterComponentInstance);
        world.machine.trapped().unwrap();
        assert_eq!(unwind(&mut world), 0);
        assert!(world.machine.is_locked_down(stack.instances[0]).unwrap());
        assert_eq!(world.machine.is_callee_gone(stack.call), Ok(true));
        world.clean_up();
    }
}

fn a_trap_right_after_they_have_come_back_locks_all_down<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let stack = stack(&mut world);
    let other = world.instance();
    give(&mut world, stack.held, 1);
    let step = world.tick();
    back_from_import(&step, stack.top);
    world.machine.trapped().unwrap();
    are_locked_down(&world, &stack.instances);
    are_held(&mut world, &[]);
    assert!(!world.machine.is_locked_down(other).unwrap());
    world.clean_up();
}

/// Checks a stack that waits to enter an instance which then traps, and the stack that waits for
/// it.
fn a_trap_of_the_awaited_instance_unwinds_waiting_stacks<L: ExtensionLimits>() {
    for is_removed in [false, true] {
        let mut world = GuestMachine::<L>::new();
        let stack = stack(&mut world);
        let [second, third] = world.instances();
        let callees = [world.sync(stack.instances[2]), world.sync(second), world.sync(third)];
        let (one, _) = world.invoke(callees[1]);
        assert_eq!(world.import(callees[0]), HOST);
        let (two, _) = world.invoke(callees[2]);
        assert_eq!(world.import(callees[1]), HOST);
        // A call that can wait does so, forever.
        let (_, pending) = (world.begin(callees[1]), world.running());
        let step = world.import_async(callees[1]);
        crate::steps::subtask(&step, pending.1, SubtaskState::Starting);
        assert_eq!(world.step(suspend()), HOST);

        world.machine.lock_down_instance(stack.instances[2]).unwrap();
        if is_removed {
            world.machine.remove_instance(stack.instances[2]).unwrap();
            world.instances.retain(|it| *it != stack.instances[2]);
        } else {
            assert_eq!(unwind(&mut world), 3);
        }
        for instance in [stack.instances[0], stack.instances[1], second, third] {
            assert!(world.machine.is_locked_down(instance).unwrap());
        }
        assert!(!world.machine.is_locked_down(pending.0).unwrap());
        for call in [one, two, stack.call] {
            assert_eq!(world.machine.is_callee_gone(call), Ok(true));
        }
        are_held(&mut world, &[]);
        assert_eq!(world.machine.ready_threads(), 0);
        world.clean_up();
    }
}

fn one_that_waits_to_enter_is_removed<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let stack = stack(&mut world);
    // One that waits to enter, and is not held.
    let function = world.sync(stack.instances[0]);
    assert_eq!(world.begin(function).1, HOST);
    let (caller, _) = world.running();
    world.subtask(function, SubtaskState::Starting);
    assert_eq!(world.step(suspend()), HOST);
    world.machine.remove_instance(caller).unwrap();
    give(&mut world, stack.held, 1);
    let step = world.tick();
    back_from_import(&step, stack.top);
    let _ = world.return_value(None);
    let _ = world.return_value(None);
    assert_eq!(world.return_value(None), HOST);
    for instance in stack.instances {
        world.machine.remove_instance(instance).unwrap();
    }
    world.clean_up();
}

/// Checks all positions in the stack: guests held in the instance cannot return to it.
fn an_instance_is_removed_with_its_held_guests<L: ExtensionLimits>() {
    for (trapped, locks) in [0, 1, 2].into_iter().flat_map(|it| [(it, false), (it, true)]) {
        let mut world = GuestMachine::<L>::new();
        let stack = stack(&mut world);
        if locks {
            world.machine.lock_down_instance(stack.instances[trapped]).unwrap();
        }
        world.machine.remove_instance(stack.instances[trapped]).unwrap();
        for (position, instance) in stack.instances.into_iter().enumerate() {
            let is_locked_down = world.machine.is_locked_down(instance);
            if position == trapped {
                assert_eq!(is_locked_down, Err(Error::Unknown(Table::Instances)));
            } else {
                assert_eq!(is_locked_down, Ok(true));
            }
        }
        assert_eq!(world.machine.count_of(Table::HeldFrames), 0);
        assert_eq!(world.machine.is_callee_gone(stack.call), Ok(true));
        world.clean_up();
    }
}

/// Checks an inner call of the held instance that traps.
fn a_trap_of_a_call_by_the_host_function_unwinds_its_callers<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let stack = stack(&mut world);
    let function = world.sync(stack.instances[2]);
    let (_, step) = world.begin_for_held(stack.held, function);
    enters(&step, function);
    world.machine.trapped().unwrap();
    assert_eq!(unwind(&mut world), 1);
    are_locked_down(&world, &stack.instances);
    world.clean_up();
}

/// Checks that a call by the host function continues without the removed thread, and that no other
/// thread is mistaken for it.
fn a_call_by_a_host_function_outlives_its_callers<L: ExtensionLimits>() {
    for is_held in [false, true] {
        let mut world = GuestMachine::<L>::new();
        let [first, other, third] = world.instances();
        let host = world.host_function(7);
        let (function, through) = (world.sync(first), world.sync(other));
        world.invoke(function);
        let held = hold(&mut world, host);
        let (call, inner, waits);
        if is_held {
            let (begun, step) = world.begin_for_held(held, through);
            (call, inner) = (begun, enters(&step, through));
            waits = hold(&mut world, host);
        } else {
            // It waits to enter.
            inner = world.invoke(through).1;
            waits = hold(&mut world, host);
            let (begun, step) = world.begin_for_held(held, through);
            assert_eq!(step, HOST);
            call = begun;
        }
        world.machine.lock_down_instance(first).unwrap();
        world.machine.remove_instance(first).unwrap();
        world.instances.retain(|it| *it != first);
        // Another thread takes the place of the removed one, and is held.
        let third_function = world.sync(third);
        let (_, _) = world.invoke(third_function);
        hold(&mut world, host);
        give(&mut world, waits, 1);
        let step = world.tick();
        back_from_import(&step, inner);
        if !is_held {
            assert_eq!(world.return_value(None), HOST);
            let step = world.tick();
            enters(&step, through);
        }
        assert_eq!(world.import(third_function), HOST);
        are_held(&mut world, &[third, other]);
        assert_eq!(world.machine.call_state(call), Ok(SubtaskState::Started));
        world.clean_up();
    }
}

/// Checks callers that are gone while a call by their host function is active: no other thread is
/// mistaken for them.
fn callers_that_trap_while_a_call_is_made_for_them_are_forgotten<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [first, other, third] = world.instances();
    let host = world.host_function(7);
    let [function, through, third_function] =
        [first, other, third].map(|instance| world.sync(instance));
    world.invoke(function);
    let held = hold(&mut world, host);
    let (_, step) = world.begin_for_held(held, through);
    enters(&step, through);
    world.as_host(|world| {
        world.invoke(function);
        world.machine.trapped().unwrap();
        assert_eq!(unwind(world), 1);
        world.machine.remove_instance(first).unwrap();
        world.instances.retain(|it| *it != first);
        // Its thread has the place of the removed one.
        world.invoke(third_function);
        hold(world, host);
    });
    assert_eq!(world.import(third_function), HOST);
    are_held(&mut world, &[third, other]);
    world.clean_up();
}

/// Checks that a guest below a host function that does not wait would continue before the held one.
fn an_instance_that_also_runs_below_a_host_function_is_not_held<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [first, second] = world.instances();
    let host = world.host_function(7);
    let (outer, through) = (world.sync(first), world.sync(second));
    world.invoke(outer);
    let step = world.import(host);
    let below = calls_host(&step, 7);
    world.machine.start_host_function_call(below).unwrap();
    let (call, _) = world.invoke(through);
    let step = world.import(outer);
    enters(&step, outer);
    let step = world.import(host);
    let waits = calls_host(&step, 7);
    let step = world.machine.hold_callers(waits);
    assert_eq!(trap_of(step), Trap::CannotBlockSyncTask);
    world.machine.trapped().unwrap();
    are_held(&mut world, &[]);
    are_locked_down(&world, &[first, second]);
    assert_eq!(world.machine.is_callee_gone(call), Ok(true));
    world.refuses(MachineError::CallerGone, |machine| {
        machine.return_host_function_call(below, None)
    });
    assert_eq!(trap_of(world.machine.host_returned()), Trap::CannotEnterComponentInstance);
    world.clean_up();

    // The same is true of one that would wait to enter.
    let mut world = GuestMachine::<L>::new();
    let [first, second] = world.instances();
    let host = world.host_function(7);
    let (outer, inner) = (world.sync(first), world.sync(second));
    world.invoke(inner);
    hold(&mut world, host);
    world.invoke(outer);
    let step = world.import(host);
    calls_host(&step, 7);
    world.invoke(outer);
    let trap = trap_of(world.try_import(inner, false));
    assert_eq!(trap, Trap::CannotBlockSyncTask);
    world.machine.trapped().unwrap();
    are_locked_down(&world, &[first]);
    are_held(&mut world, &[second]);
    world.clean_up();
}

/// Checks a stack with a frame that cannot stop.
fn nothing_is_held_while_that_is_forbidden<L: ExtensionLimits>() {
    for is_entering in [false, true] {
        let mut world = GuestMachine::<L>::new();
        let [first, second] = world.instances();
        let host = world.host_function(7);
        let inner = world.sync(second);
        let held = is_entering.then(|| {
            world.invoke(inner);
            hold(&mut world, host)
        });
        let outer = world.sync(first);
        world.invoke(outer);
        assert!(!world.machine.forbid_holding(true));
        let step = if is_entering {
            world.try_import(inner, false)
        } else {
            let step = world.import(host);
            world.machine.hold_callers(calls_host(&step, 7))
        };
        assert_eq!(trap_of(step), Trap::CannotBlockSyncTask);
        world.machine.trapped().unwrap();
        assert!(world.machine.forbid_holding(false));
        are_locked_down(&world, &[first]);
        if let Some(held) = held {
            are_held(&mut world, &[second]);
            give(&mut world, held, 1);
            let _ = world.tick();
            assert_eq!(world.return_value(None), HOST);
        }
        world.clean_up();
    }
}

on_each_storage!(
    callers_that_trap_while_a_call_is_made_for_them_are_forgotten,
    nothing_is_held_while_that_is_forbidden,
    a_trap_of_the_one_at_the_top_unwinds_all,
    a_trap_of_another_instance_ends_the_rest_of_the_stack,
    a_trap_right_after_they_have_come_back_locks_all_down,
    a_trap_of_the_awaited_instance_unwinds_waiting_stacks,
    one_that_waits_to_enter_is_removed,
    an_instance_is_removed_with_its_held_guests,
    a_trap_of_a_call_by_the_host_function_unwinds_its_callers,
    a_call_by_a_host_function_outlives_its_callers,
    an_instance_that_also_runs_below_a_host_function_is_not_held,
);
