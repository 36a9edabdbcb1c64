//! Error contexts, which instances and the host share.

use weft_core::builtin::Outcome;
use weft_core::chooser::DeterministicProfile;
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{HandleView, Step};

use crate::calls::{
    ADDRESS, OPTIONS, error_context_debug_message, error_context_drop, error_context_new, suspend,
};
use crate::guests::GuestMachine;
use crate::steps::{HOST, back};

fn an_error_context_has_the_message_that_was_loaded<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, main) = world.running();
    let call = error_context_new();
    let outcome = call.definition.call(&mut world.machine, &call.arguments).unwrap();
    let address = u64::from(ADDRESS);
    let load = Step::LoadDebugMessage { thread: main, options: OPTIONS, address, length: 7 };
    assert_eq!(outcome, Outcome::Suspend(load));
    let step = world.machine.new_error_context("näive").unwrap();
    assert_eq!(back(&step, main), 1);
    let HandleView::ErrorContext(id) = world.view(instance, 1) else { panic!() };
    assert_eq!(world.machine.debug_message(id), Ok("näive"));

    let call = error_context_debug_message(1);
    let outcome = call.definition.call(&mut world.machine, &call.arguments).unwrap();
    let store =
        Step::StoreDebugMessage { thread: main, options: OPTIONS, error_context: id, address };
    assert_eq!(outcome, Outcome::Suspend(store));
    let step = world.machine.debug_message_stored().unwrap();
    assert_eq!(back(&step, main), 0);
    world.run(error_context_drop(1));
    assert!(world.machine.debug_message(id).is_err());
    world.clean_up();
}

fn an_error_context_lives_as_long_as_anybody_has_it<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (first, _) = world.running();
    let second = world.instance();
    let ours = world.get(error_context_new());
    let id = world.lift_error_context(first, ours);
    let theirs = world.machine.lower_error_context(second, id).unwrap();
    let HandleView::ErrorContext(same) = world.view(second, theirs) else { panic!() };
    assert_eq!(same, id);
    assert_eq!(world.machine.count_of(Table::ErrorContexts), 1);

    // Lowered twice into one instance, it has two handles.
    assert_eq!(world.lift_error_context(first, ours), id);
    let again = world.machine.lower_error_context(second, id).unwrap();
    assert_ne!(again, theirs);
    world.run(error_context_drop(ours));
    assert_eq!(world.machine.debug_message(id), Ok("message"));

    assert_eq!(world.step(suspend()), HOST);
    world.run_in(second);
    world.run(error_context_drop(theirs));
    world.run(error_context_debug_message(again));
    world.run(error_context_drop(again));
    assert_eq!(world.machine.count_of(Table::ErrorContexts), 0);
    world.clean_up();
}

fn the_host_makes_and_holds_error_contexts<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    let kept = world.machine.new_host_error_context("kept").unwrap();
    let given = world.machine.new_host_error_context("given").unwrap();
    let index = world.machine.lower_error_context(instance, given).unwrap();
    world.machine.drop_error_context(given).unwrap_err();
    assert_eq!(world.machine.debug_message(given), Ok("given"));
    world.run(error_context_drop(index));
    assert!(world.machine.debug_message(given).is_err());
    assert_eq!(world.machine.debug_message(kept), Ok("kept"));
    // Its place is reused, but not its id.
    let other = world.machine.new_host_error_context("other").unwrap();
    assert_ne!(other, given);
    assert!(world.machine.debug_message(given).is_err());
    world.machine.drop_error_context(other).unwrap();
    world.machine.drop_error_context(kept).unwrap();
    world.clean_up();
}

fn in_the_deterministic_profile_there_is_no_message<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L, _>::with(DeterministicProfile);
    let (instance, _) = world.running();
    let call = error_context_new();
    let outcome = call.definition.call(&mut world.machine, &call.arguments).unwrap();
    assert!(matches!(outcome, Outcome::Return(Some(_))), "{outcome:?}");
    let HandleView::ErrorContext(id) = world.view(instance, 1) else { panic!() };
    assert_eq!(world.machine.debug_message(id), Ok(""));
    world.clean_up();
}

#[test]
fn a_message_that_is_too_long_for_its_array_is_cut() {
    let mut world = GuestMachine::<crate::guests::Bounded>::new();
    let long = "sixteen bytes are kept";
    let id = world.machine.new_host_error_context(long).unwrap();
    assert_eq!(world.machine.debug_message(id), Ok("sixteen bytes ar"));
    world.machine.drop_error_context(id).unwrap();
    world.clean_up();
}

on_each_storage!(
    an_error_context_has_the_message_that_was_loaded,
    an_error_context_lives_as_long_as_anybody_has_it,
    the_host_makes_and_holds_error_contexts,
    in_the_deterministic_profile_there_is_no_message,
);
