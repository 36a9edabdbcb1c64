//! Instances that trapped, and instances that are removed.

use weft_core::code::CopyResult::Dropped;
use weft_core::code::SubtaskState;
use weft_core::error::{Error, Failure, MachineError};
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{Step, TypeDefinition};
use weft_core::trap::Trap;

use crate::calls::{
    FUTURE, HOST_RESOURCE, STREAM, TEXT_STREAM, backpressure_dec, error_context_debug_message,
    error_context_new, join, resource_drop, resume_later, set_new, set_poll, set_wait,
    subtask_cancel, suspend, sync_subtask_cancel, task_cancel, thread_yield,
};
use crate::guests::GuestMachine;
use crate::steps::{
    HOST, WAITS, back, back_from_import, back_with_event, calls_host, ended, enters, subtask,
    trap_of,
};

fn an_instance_that_trapped_is_never_entered_again<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [trapped, other] = world.instances();
    let functions = [
        world.stackful(trapped),
        world.callback(trapped),
        world.plain(trapped),
        world.sync(trapped),
    ];
    let destructor = world.sync(trapped);
    let instance = Some(trapped);
    let resource = TypeDefinition::Resource { instance, destructor: Some(destructor) };
    let ty = world.machine.define_type(resource).unwrap();
    let index = world.machine.lower_own(other, ty, 1).unwrap();
    world.run_in(trapped);
    assert_eq!(world.step(thread_yield()), HOST);
    world.run_in(trapped);
    assert_eq!(world.machine.ready_threads(), 1);
    world.machine.trapped().unwrap();
    assert_eq!(world.machine.is_locked_down(trapped), Ok(true));
    assert!(world.machine.instance_view(trapped).unwrap().is_locked_down);
    assert_eq!(world.machine.is_locked_down(other), Ok(false));
    assert_eq!(world.machine.ready_threads(), 0);
    assert_eq!(world.tick(), HOST);

    let counts = world.counts();
    for function in functions {
        let result = world.machine.invoke(function);
        assert_eq!(trap_of(result), Trap::CannotEnterComponentInstance);
        assert_eq!(world.counts(), counts);
    }
    let result = world.machine.begin_realloc(trapped);
    assert_eq!(trap_of(result), Trap::CannotEnterComponentInstance);
    for is_async in [false, true] {
        world.running();
        let result = world.try_import(functions[0], is_async);
        assert_eq!(trap_of(result), Trap::CannotEnterComponentInstance);
        world.machine.trapped().unwrap();
        let caller = world.instances.pop().unwrap();
        world.machine.remove_instance(caller).unwrap();
    }
    world.run_in(other);
    assert_eq!(world.trap(resource_drop(ty, index)), Trap::CannotEnterComponentInstance);
    world.clean_up();
}

/// Checks traps before and after a built-in has changed something.
fn after_a_trap_the_call_can_only_be_abandoned<L: ExtensionLimits>() {
    let calls = [set_wait(1), backpressure_dec(), task_cancel(), resume_later(9)];
    for call in calls {
        let mut world = GuestMachine::<L>::new();
        let (instance, _) = world.running();
        let trap = world.trap(call);
        let other = set_new();
        let result = other.definition.call(&mut world.machine, &other.arguments);
        assert_eq!(result, Err(MachineError::MustUnwind.into()), "after {trap:?}");
        world.machine.trapped().unwrap();
        assert_eq!(world.machine.is_locked_down(instance), Ok(true));
        world.clean_up();
    }
}

fn a_trap_locks_down_all_that_were_part_of_the_call<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [first, second, third, bystander] = world.instances();
    world.run_in(bystander);
    assert_eq!(world.step(thread_yield()), HOST);
    let (to_second, to_third) = (world.plain(second), world.sync(third));
    world.run_in(first);
    let step = world.import_async(to_second);
    enters(&step, to_second);
    let step = world.import(to_third);
    enters(&step, to_third);
    world.machine.trapped().unwrap();
    for instance in [first, second, third] {
        assert_eq!(world.machine.is_locked_down(instance), Ok(true));
    }
    assert_eq!(world.machine.is_locked_down(bystander), Ok(false));
    assert_eq!(world.machine.current(), None);
    assert_eq!(world.machine.count_of(Table::Frames), 0);
    // Other instances continue.
    let step = world.tick();
    assert!(matches!(step, Step::Resume { .. }), "{step:?}");
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    world.clean_up();
}

fn a_trap_in_a_call_that_the_host_nested_ends_only_that<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (outer, main) = world.running();
    let inner = world.instance();
    let host = world.host_function(7);
    let function = world.stackful(inner);
    let step = world.import(host);
    let call = calls_host(&step, 7);
    world.invoke(function);
    world.machine.trapped().unwrap();
    assert_eq!(world.machine.is_locked_down(inner), Ok(true));
    assert_eq!(world.machine.is_locked_down(outer), Ok(false));
    world.machine.start_host_function_call(call).unwrap();
    world.machine.return_host_function_call(call, None).unwrap();
    let step = world.host_returned();
    back_from_import(&step, main);
    world.clean_up();
}

/// Checks the rule "implicitly checked at every execution step by component functions" of the
/// Explainer.
fn no_thread_of_an_instance_continues_after_a_nested_trap<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    let host = world.host_function(7);
    let function = world.stackful(instance);
    let step = world.import(host);
    let call = calls_host(&step, 7);
    world.invoke(function);
    world.machine.trapped().unwrap();
    assert_eq!(world.machine.is_locked_down(instance), Ok(true));
    assert_eq!(world.machine.start_host_function_call(call), Err(MachineError::CallerGone.into()));
    let result = world.machine.host_returned();
    assert_eq!(trap_of(result), Trap::CannotEnterComponentInstance);
    world.machine.trapped().unwrap();
    assert_eq!(world.machine.trapped(), Err(MachineError::NotEntered.into()));
    world.clean_up();
}

fn an_instance_can_be_locked_down_while_nothing_of_it_runs<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [locked, other] = world.instances();
    world.run_in(locked);
    assert_eq!(world.step(thread_yield()), HOST);
    let main = world.run_in(other);
    assert_eq!(world.step(thread_yield()), HOST);
    assert_eq!(world.machine.ready_threads(), 2);
    world.machine.lock_down_instance(locked).unwrap();
    world.machine.lock_down_instance(locked).unwrap();
    assert_eq!(world.machine.ready_threads(), 1);
    let step = world.tick();
    back(&step, main);
    let function = world.sync(locked);
    let result = world.try_import(function, false);
    assert_eq!(trap_of(result), Trap::CannotEnterComponentInstance);
    world.clean_up();
}

fn what_waits_for_an_instance_that_trapped_waits_until_it_gives_up<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [caller, callee] = world.instances();
    let main = world.run_in(caller);
    let [waits, starts] = [world.stackful(callee), world.plain(callee)];
    let step = world.import_async(waits);
    enters(&step, waits);
    let step = world.step(thread_yield());
    let one = subtask(&step, main, SubtaskState::Started);
    let step = world.import_async(starts);
    enters(&step, starts);
    let step = world.step(suspend());
    subtask(&step, main, SubtaskState::Started);
    let three = world.subtask(starts, SubtaskState::Starting);
    let set = world.get(set_new());
    world.run(join(one, set));
    assert_eq!(world.step(set_wait(set)), HOST);

    let traps = world.sync(callee);
    let (call, _) = world.invoke(traps);
    assert_eq!(world.machine.is_callee_gone(call), Ok(false));
    world.machine.trapped().unwrap();
    assert_eq!(world.machine.is_callee_gone(call), Ok(true));
    assert_eq!(world.machine.ready_threads(), 0);
    world.machine.drop_call(call).unwrap();

    // Another thread of the caller ends its wait.
    let giving_up = world.run_in(caller);
    assert_eq!(world.get(subtask_cancel(three)), WAITS);
    world.run(join(one, 0));
    assert_eq!(world.get(subtask_cancel(one)), WAITS);
    assert_eq!(world.machine.ready_threads(), 0);
    assert_eq!(world.step(suspend()), HOST);
    assert!(world.machine.thread_view(giving_up).is_ok());
    world.clean_up();
}

fn the_memory_of_a_trapped_instance_is_not_read<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [trapped, other] = world.instances();
    world.run_in(trapped);
    let (readable, writable) = world.ends(STREAM);
    let theirs = world.pass(STREAM, trapped, readable, other);
    assert_eq!(world.get(STREAM.write(writable, 4)), WAITS);
    world.machine.trapped().unwrap();
    world.run_in(other);
    assert_eq!(world.get(STREAM.read(theirs, 4)), WAITS);
    assert!(world.copies.is_empty());
    world.machine.remove_instance(trapped).unwrap();
    let set = world.get(set_new());
    world.run(join(theirs, set));
    assert_eq!(world.event(set_poll(set)).payload, ended(STREAM, Dropped, 0));
    world.clean_up();
}

fn a_callee_of_a_trapped_caller_continues_without_a_result<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [caller, callee] = world.instances();
    let function = world.plain(callee);
    let main = world.run_in(caller);
    let step = world.import_async(function);
    let thread = enters(&step, function);
    let step = world.step(thread_yield());
    subtask(&step, main, SubtaskState::Started);
    world.subtask(function, SubtaskState::Starting);
    world.machine.trapped().unwrap();
    let step = world.tick();
    back(&step, thread);
    let token = world.begin_return();
    assert_eq!(token.caller(), None);
    assert_eq!(world.resolve(token, None), HOST);
    // The other call, which would have to take its arguments from there, never starts.
    assert_eq!(world.machine.ready_threads(), 1);
    assert_eq!(world.tick(), HOST);
    assert_eq!(world.machine.instance_view(callee).unwrap().waiting_to_enter, 0);
    world.clean_up();
}

fn removing_an_instance_drops_its_ends_and_handles<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [gone, other] = world.instances();
    world.run_in(gone);
    let (stream, writable) = world.ends(STREAM);
    let theirs = world.pass(STREAM, gone, stream, other);
    assert_eq!(world.get(STREAM.write(writable, 4)), WAITS);
    let (future, _) = world.ends(FUTURE);
    let future = world.pass(FUTURE, gone, future, other);
    let (_, text) = world.ends(TEXT_STREAM);
    world.get(error_context_new());
    world.machine.lower_own(gone, HOST_RESOURCE, 1).unwrap();
    let set = world.get(set_new());
    world.run(join(text, set));
    assert_eq!(world.step(set_wait(set)), HOST);

    let reader = world.run_in(other);
    let set = world.get(set_new());
    world.run(join(future, set));
    assert_eq!(world.step(set_wait(set)), HOST);
    world.machine.remove_instance(gone).unwrap();
    // No destructor is called, and the host gets no event.
    assert!(world.dropped.is_empty());
    assert_eq!(world.machine.count_of(Table::Instances), 1);
    assert_eq!(world.machine.count_of(Table::ErrorContexts), 0);
    assert_eq!(world.machine.count_of(Table::Resources), 0);
    assert_eq!(world.machine.count_of(Table::WaitableSets), 1);
    let step = world.tick();
    assert_eq!(back_with_event(&step, reader).payload, ended(FUTURE, Dropped, 0));
    assert_eq!(world.get(STREAM.read(theirs, 4)), ended(STREAM, Dropped, 0));
    world.clean_up();
}

fn a_shared_error_context_outlives_the_instance_that_made_it<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [gone, other] = world.instances();
    world.run_in(gone);
    let index = world.get(error_context_new());
    let id = world.lift_error_context(gone, index);
    let theirs = world.machine.lower_error_context(other, id).unwrap();
    assert_eq!(world.step(suspend()), HOST);
    world.machine.remove_instance(gone).unwrap();
    assert_eq!(world.machine.debug_message(id), Ok("message"));
    world.run_in(other);
    world.run(error_context_debug_message(theirs));
    world.clean_up();
}

fn an_instance_that_takes_the_place_of_a_removed_one_is_another<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (before, thread) = world.running();
    world.get(set_new());
    let function = world.stackful(before);
    assert_eq!(world.step(suspend()), HOST);
    world.machine.remove_instance(before).unwrap();
    let after = world.instance();
    assert_ne!(after, before);
    let unknown = Error::Unknown(Table::Instances);
    assert_eq!(world.machine.is_locked_down(after), Ok(false));
    assert_eq!(world.machine.is_locked_down(before), Err(unknown));
    // It cannot be entered, like one that trapped.
    let result = world.machine.invoke(function);
    assert_eq!(trap_of(result), Trap::CannotEnterComponentInstance);
    assert_eq!(world.machine.remove_instance(before), Err(unknown));
    assert_eq!(world.machine.highest_handle(after), Ok(0));
    assert_eq!(world.machine.thread_view(thread), Err(Error::Unknown(Table::Threads)));
    world.run_in(after);
    assert_eq!(world.get(set_new()), 1);
    world.clean_up();
}

fn callers_of_a_removed_instance_wait_forever<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [caller, callee] = world.instances();
    let function = world.stackful(callee);
    let (call, _) = world.invoke(function);
    assert_eq!(world.step(suspend()), HOST);
    let main = world.run_in(caller);
    let subs = [(); 2].map(|()| {
        let step = world.import_async(function);
        enters(&step, function);
        let step = world.step(thread_yield());
        subtask(&step, main, SubtaskState::Started)
    });
    assert_eq!(world.step(thread_yield()), HOST);
    world.machine.remove_instance(callee).unwrap();
    assert_eq!(world.machine.is_callee_gone(call), Ok(true));
    assert_eq!(world.machine.call_state(call), Ok(SubtaskState::Started));
    let over = Err(Failure::from(MachineError::AlreadyResolved));
    assert_eq!(world.machine.cancel_call(call), over, "the call can never be cancelled");
    let step = world.tick();
    back(&step, main);
    assert_eq!(world.get(subtask_cancel(subs[0])), WAITS);
    assert_eq!(world.step(sync_subtask_cancel(subs[1])), HOST);
    assert_eq!(world.machine.ready_threads(), 0);
    world.clean_up();
}

fn callees_of_a_removed_instance_continue<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [caller, callee] = world.instances();
    let function = world.plain(callee);
    let main = world.run_in(caller);
    let (readable, writable) = world.ends(STREAM);
    let theirs = world.pass(STREAM, caller, readable, callee);
    let step = world.import_async(function);
    let thread = enters(&step, function);
    let step = world.step(thread_yield());
    subtask(&step, main, SubtaskState::Started);
    world.subtask(function, SubtaskState::Starting);
    assert_eq!(world.get(STREAM.write(writable, 1)), WAITS);
    assert_eq!(world.step(suspend()), HOST);
    world.machine.remove_instance(caller).unwrap();
    let step = world.tick();
    back(&step, thread);
    assert_eq!(world.get(STREAM.read(theirs, 1)), ended(STREAM, Dropped, 0));
    assert_eq!(world.return_value(Some(1)), HOST);
    assert_eq!(world.tick(), HOST);
    assert_eq!(world.machine.thread_views().count(), 0);
    world.clean_up();
}

fn the_functions_of_a_removed_instance_go_with_it_and_make_room<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let at_first = world.machine.count_of(Table::Functions);
    let host = world.host_function(3);
    let [caller, stays] = world.instances();
    let kept = world.stackful(stays);
    let count = world.machine.count_of(Table::Functions);
    let mut before = None;
    for _ in 0..100 {
        let instance = world.instances.pop().unwrap_or(caller);
        world.machine.remove_instance(instance).unwrap();
        let instance = world.instance();
        let functions = [(); 3].map(|()| world.sync(instance));
        assert_eq!(world.machine.count_of(Table::Functions), count - 1 + 3);
        if let Some(before) = before.replace(functions[0]) {
            assert_ne!(before, functions[0]);
            assert_eq!(trap_of(world.machine.invoke(before)), Trap::CannotEnterComponentInstance);
        }
        assert_eq!(trap_of(world.machine.invoke(kept)), Trap::CannotEnterComponentInstance);
    }
    assert_eq!(world.machine.remove_host_function(kept), Err(Error::Unknown(Table::Functions)));
    world.machine.remove_host_function(host).unwrap();
    assert_eq!(world.machine.remove_host_function(host), Err(Error::Unknown(Table::Functions)));
    world.clean_up();
    assert_eq!(world.machine.count_of(Table::Functions), at_first);
}

fn removed_types_are_unknown_and_their_numbers_are_not_reused<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let before = world.machine.count_of(Table::Types);
    let resource = TypeDefinition::Resource { instance: None, destructor: None };
    let mut types = [resource; 3].map(|ty| world.machine.define_type(ty).unwrap());
    for _ in 0..20 {
        world.machine.remove_types(&types[..2]).unwrap();
        assert_eq!(world.machine.count_of(Table::Types), before + 1);
        for removed in &types[..2] {
            let unknown = Err(Error::Unknown(Table::Types));
            assert_eq!(world.machine.resource_type(*removed), unknown);
        }
        assert_eq!(world.machine.resource_type(types[2]), Ok((None, None)));
        assert_eq!(world.machine.resource_type(HOST_RESOURCE), Ok((None, None)));
        let new = [resource; 2].map(|ty| world.machine.define_type(ty).unwrap());
        assert!(new.iter().all(|new| !types.contains(new)));
        types = [types[2], new[0], new[1]];
    }
    world.machine.remove_types(&[]).unwrap();
    world.machine.remove_types(&types).unwrap();
    assert_eq!(world.machine.count_of(Table::Types), before);
    world.clean_up();
}

fn an_instance_that_is_cleared_has_nothing_and_stays_locked_down<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, thread) = world.running();
    world.get(set_new());
    let function = world.stackful(instance);
    let unfinished = world.machine.clear_instance(instance);
    assert_eq!(unfinished, Err(MachineError::InstanceRuns.into()));
    assert_eq!(world.machine.check_removable(instance), unfinished);
    assert_eq!(world.step(suspend()), HOST);
    assert_eq!(world.machine.check_removable(instance), Ok(()));
    for _ in 0..2 {
        world.machine.clear_instance(instance).unwrap();
        assert_eq!(world.machine.is_locked_down(instance), Ok(true));
        assert_eq!(world.machine.thread_view(thread), Err(Error::Unknown(Table::Threads)));
        for table in [Table::Tasks, Table::Threads, Table::Handles, Table::ThreadIndices] {
            assert_eq!(world.machine.count_of(table), 0, "{table}");
        }
        let result = world.machine.invoke(function);
        assert_eq!(trap_of(result), Trap::CannotEnterComponentInstance);
    }
    world.machine.remove_instance(instance).unwrap();
    assert_eq!(world.machine.clear_instance(instance), Err(Error::Unknown(Table::Instances)));
    world.clean_up();
}

on_each_storage!(
    an_instance_that_trapped_is_never_entered_again,
    after_a_trap_the_call_can_only_be_abandoned,
    a_trap_locks_down_all_that_were_part_of_the_call,
    a_trap_in_a_call_that_the_host_nested_ends_only_that,
    no_thread_of_an_instance_continues_after_a_nested_trap,
    an_instance_can_be_locked_down_while_nothing_of_it_runs,
    what_waits_for_an_instance_that_trapped_waits_until_it_gives_up,
    the_memory_of_a_trapped_instance_is_not_read,
    a_callee_of_a_trapped_caller_continues_without_a_result,
    removing_an_instance_drops_its_ends_and_handles,
    a_shared_error_context_outlives_the_instance_that_made_it,
    an_instance_that_takes_the_place_of_a_removed_one_is_another,
    callers_of_a_removed_instance_wait_forever,
    callees_of_a_removed_instance_continue,
    the_functions_of_a_removed_instance_go_with_it_and_make_room,
    removed_types_are_unknown_and_their_numbers_are_not_reused,
    an_instance_that_is_cleared_has_nothing_and_stays_locked_down,
);
