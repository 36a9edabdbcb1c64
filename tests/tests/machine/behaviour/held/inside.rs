//! Calls by a host function while its callers are held.

use weft_core::code::SubtaskState;
use weft_core::core_value::CoreValue;
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{Step, TypeDefinition};

use super::{are_held, give, hold, hold_after};
use crate::calls::{suspend, thread_yield};
use crate::guests::GuestMachine;
use crate::steps::{HOST, back_from_import, calls_host, enters};

fn calls_of_the_host_function_enter_held_instances<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [first, second, other] = world.instances();
    let host = world.host_function(7);
    let (outer, inner) = (world.sync(first), world.sync(second));
    world.invoke(outer);
    let step = world.import(inner);
    let thread = enters(&step, inner);
    let held = hold(&mut world, host);
    let functions = [world.sync(first), world.sync(second), world.sync(other)];
    for function in functions {
        let (call, step) = world.begin_for_held(held, function);
        enters(&step, function);
        are_held(&mut world, &[first, second]);
        assert_eq!(world.return_value(Some(1)), HOST);
        assert_eq!(world.machine.call_state(call), Ok(SubtaskState::Returned));
    }
    // Other calls do not enter.
    for function in functions.into_iter().take(2) {
        let (call, step) = world.begin(function);
        assert_eq!(step, HOST);
        world.machine.drop_call(call).unwrap();
    }
    give(&mut world, held, 1);
    // After it has returned, it is an ordinary call.
    let (_, step) = world.begin_for_held(held, functions[0]);
    assert_eq!(step, HOST);
    let step = world.tick();
    back_from_import(&step, thread);
    world.clean_up();
}

fn they_enter_through_others_and_through_host_functions_that_do_not_wait<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [first, other] = world.instances();
    let host = world.host_function(7);
    let function = world.sync(first);
    let (_, thread) = world.invoke(function);
    let held = hold(&mut world, host);
    let through = world.sync(other);
    let (_, step) = world.begin_for_held(held, through);
    let middle = enters(&step, through);
    let step = world.import(function);
    enters(&step, function);
    let step = world.return_value(Some(1));
    back_from_import(&step, middle);
    world.as_host(|world| {
        world.invoke(function);
        assert_eq!(world.return_value(None), HOST);
    });
    assert_eq!(world.return_value(None), HOST);
    give(&mut world, held, 1);
    let step = world.tick();
    back_from_import(&step, thread);
    world.clean_up();
}

fn resources_that_they_drop_are_destroyed_at_once<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let (host, destructor) = (world.host_function(7), world.sync(instance));
    let resource =
        TypeDefinition::Resource { instance: Some(instance), destructor: Some(destructor) };
    let ty = world.machine.define_type(resource).unwrap();
    world.invoke(destructor);
    let held = hold(&mut world, host);
    let (other, step) = world.machine.drop_host_resource(ty, 1).unwrap().unwrap();
    assert_eq!(step, HOST);
    let dropped = world.machine.drop_host_resource_for_held(held, ty, 2).unwrap();
    let (call, step) = dropped.unwrap();
    assert!(matches!(step, Step::CallDestructor { representation: 2, .. }), "{step:?}");
    assert_eq!(world.exit(), HOST);
    assert_eq!(world.machine.call_state(call), Ok(SubtaskState::Returned));
    assert_eq!(world.machine.instance_view(instance).unwrap().waiting_to_enter, 1);
    for call in [call, other] {
        world.machine.drop_call(call).unwrap();
    }
    world.clean_up();
}

/// Checks a chain of host functions, each of which is held in a call by the one before, in the same
/// instance.
fn a_stack_of_held_calls_returns_in_reverse_order<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let (host, function) = (world.host_function(7), world.sync(instance));
    let one = [instance];
    let (_, first) = world.invoke(function);
    let mut held = vec![(first, hold(&mut world, host))];
    for _ in 0..2 {
        let (_, step) = world.begin_for_held(held.last().unwrap().1, function);
        let thread = enters(&step, function);
        held.push((thread, hold(&mut world, host)));
    }
    // The outer ones are answered first, and return last.
    for (_, call) in held.iter().take(2) {
        give(&mut world, *call, 1);
        assert_eq!(world.machine.ready_threads(), 0);
        assert_eq!(world.tick(), HOST);
    }
    give(&mut world, held[2].1, 2);
    while let Some((thread, _)) = held.pop() {
        assert_eq!(world.machine.ready_threads(), 1);
        let step = world.tick();
        back_from_import(&step, thread);
        are_held(&mut world, if held.is_empty() { &[] } else { &one });
        assert_eq!(world.return_value(None), HOST);
    }
    world.clean_up();
}

/// Checks that each returns into the call for which it was made.
fn a_stack_that_has_returned_enters_as_before<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [instance, other] = world.instances();
    let host = world.host_function(7);
    let (function, through) = (world.sync(instance), world.sync(other));
    let (_, thread) = world.invoke(function);
    let held = hold(&mut world, host);
    let (_, step) = world.begin_for_held(held, through);
    let middle = enters(&step, through);
    for _ in 0..3 {
        let inner = hold(&mut world, host);
        give(&mut world, inner, 1);
        let step = world.tick();
        back_from_import(&step, middle);
        let step = world.import(function);
        enters(&step, function);
        let step = world.return_value(None);
        back_from_import(&step, middle);
    }
    // The host function returns while its call is held, and the call is then held once more.
    let inner = hold(&mut world, host);
    give(&mut world, held, 1);
    give(&mut world, inner, 1);
    let step = world.tick();
    back_from_import(&step, middle);
    assert_eq!(world.machine.ready_threads(), 1);
    let inner = hold(&mut world, host);
    assert_eq!(world.machine.ready_threads(), 0);
    give(&mut world, inner, 1);
    let step = world.tick();
    back_from_import(&step, middle);
    assert_eq!(world.return_value(None), HOST);
    let step = world.tick();
    back_from_import(&step, thread);
    world.clean_up();
}

/// Checks two calls at once into the held instance: the second waits for the first, which would
/// return below it.
fn the_second_of_two_calls_at_once_does_not_enter<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let (host, function) = (world.host_function(7), world.sync(instance));
    let (_, thread) = world.invoke(function);
    let held = hold(&mut world, host);
    let (_, step) = world.begin_for_held(held, function);
    let inner = enters(&step, function);
    let waits = hold(&mut world, host);
    let (second, step) = world.begin_for_held(held, function);
    assert_eq!(step, HOST);
    give(&mut world, waits, 1);
    let step = world.tick();
    back_from_import(&step, inner);
    assert_eq!(world.return_value(None), HOST);
    // One that begins now does.
    let (_, step) = world.begin_for_held(held, function);
    enters(&step, function);
    assert_eq!(world.return_value(None), HOST);
    assert_eq!(world.machine.call_state(second), Ok(SubtaskState::Starting));
    give(&mut world, held, 1);
    let step = world.tick();
    back_from_import(&step, thread);
    assert_eq!(world.return_value(None), HOST);
    let step = world.tick();
    enters(&step, function);
    assert_eq!(world.return_value(None), HOST);
    world.clean_up();
}

/// Checks a call by the host function that waits for another held call. When it enters, it belongs to
/// the host function that made it, unless that has returned.
fn a_call_that_waits_enters_for_its_host_function<L: ExtensionLimits>() {
    for has_returned in [false, true] {
        let mut world = GuestMachine::<L>::new();
        let [instance, other] = world.instances();
        let host = world.host_function(7);
        let (function, through) = (world.sync(instance), world.sync(other));
        let (_, thread) = world.invoke(function);
        let held = hold(&mut world, host);
        let (_, blocker) = world.invoke(through);
        let blocks = hold(&mut world, host);
        let (_, step) = world.begin_for_held(held, through);
        assert_eq!(step, HOST);
        if has_returned {
            give(&mut world, held, 1);
            let step = world.tick();
            back_from_import(&step, thread);
            assert_eq!(world.return_value(None), HOST);
            let (_, step) = world.begin(function);
            enters(&step, function);
            hold(&mut world, host);
        }
        give(&mut world, blocks, 1);
        let step = world.tick();
        back_from_import(&step, blocker);
        assert_eq!(world.return_value(None), HOST);
        let step = world.tick();
        let middle = enters(&step, through);
        let step = world.import(function);
        if has_returned {
            assert_eq!(step, HOST);
            are_held(&mut world, &[instance, other]);
        } else {
            enters(&step, function);
            let step = world.return_value(None);
            back_from_import(&step, middle);
        }
        world.clean_up();
    }
}

fn one_that_blocks_is_pending<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [instance, other] = world.instances();
    let host = world.host_function(7);
    let (function, stackful) = (world.sync(instance), world.stackful(other));
    let (_, thread) = world.invoke(function);
    let held = hold(&mut world, host);
    let (call, step) = world.begin_for_held(held, stackful);
    let blocked = enters(&step, stackful);
    assert_eq!(world.step(thread_yield()), HOST);
    let step = world.tick();
    assert_eq!(crate::steps::back(&step, blocked), 0);
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    assert_eq!(world.machine.call_state(call), Ok(SubtaskState::Returned));
    // A call of the instance itself continues after it has returned.
    let stackful = world.stackful(instance);
    let (_, step) = world.begin_for_held(held, stackful);
    let blocked = enters(&step, stackful);
    assert_eq!(world.step(thread_yield()), HOST);
    assert_eq!(world.machine.ready_threads(), 0);
    give(&mut world, held, 1);
    let step = world.tick();
    back_from_import(&step, thread);
    assert_eq!(world.return_value(None), HOST);
    let step = world.tick();
    assert_eq!(crate::steps::back(&step, blocked), 0);
    world.clean_up();
}

/// Checks a host function that does not wait and calls another guest, which is held: only the call
/// waits.
fn a_call_by_a_host_function_without_a_wait_is_held_alone<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (first, main) = world.running();
    let [second, third] = world.instances();
    let host = world.host_function(7);
    let (outer, inner) = (world.sync(second), world.sync(third));
    let step = world.import(host);
    let call = calls_host(&step, 7);
    let (inner_call, _) = world.invoke(outer);
    let step = world.import(inner);
    let thread = enters(&step, inner);
    let step = world.import(host);
    let held = hold_after(&mut world, &step);
    are_held(&mut world, &[second, third]);
    assert_eq!(world.machine.call_state(inner_call), Ok(SubtaskState::Started));
    world.machine.start_host_function_call(call).unwrap();
    world.machine.return_host_function_call(call, Some(CoreValue::I32(1))).unwrap();
    let step = world.host_returned();
    assert_eq!(back_from_import(&step, main), Some(CoreValue::I32(1)));
    assert_eq!(world.step(suspend()), HOST);
    assert!(!super::is_held(&mut world, first));
    give(&mut world, held, 2);
    let step = world.tick();
    back_from_import(&step, thread);
    let _ = world.return_value(None);
    assert_eq!(world.return_value(None), HOST);
    assert_eq!(world.machine.call_state(inner_call), Ok(SubtaskState::Returned));
    assert_eq!(world.machine.count_of(Table::HeldFrames), 0);
    world.clean_up();
}

on_each_storage!(
    resources_that_they_drop_are_destroyed_at_once,
    calls_of_the_host_function_enter_held_instances,
    they_enter_through_others_and_through_host_functions_that_do_not_wait,
    a_stack_of_held_calls_returns_in_reverse_order,
    a_stack_that_has_returned_enters_as_before,
    the_second_of_two_calls_at_once_does_not_enter,
    a_call_that_waits_enters_for_its_host_function,
    one_that_blocks_is_pending,
    a_call_by_a_host_function_without_a_wait_is_held_alone,
);
