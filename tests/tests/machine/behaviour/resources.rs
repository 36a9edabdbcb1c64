//! Resources: owned, borrowed, lent, and destroyed.

use weft_core::builtin::TypeIndex;
use weft_core::chooser::Chooser;
use weft_core::code::SubtaskState;
use weft_core::error::MachineError;
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{
    FunctionId, HandleView, InstanceId, LoweredBorrow, Step, TaskId, TypeDefinition,
};

use crate::calls::{
    HOST_RESOURCE, context_get, context_set, join, resource_drop, resource_new, resource_rep,
    set_new, set_wait, suspend, thread_yield,
};
use crate::guests::GuestMachine;
use crate::steps::{HOST, back, back_with_event, enters, subtask};

/// Defines a resource type of `instance`.
fn resource<L: ExtensionLimits, C: Chooser>(
    world: &mut GuestMachine<L, C>,
    instance: InstanceId,
    destructor: Option<FunctionId>,
) -> TypeIndex {
    let instance = Some(instance);
    world.machine.define_type(TypeDefinition::Resource { instance, destructor }).unwrap()
}

fn a_guest_makes_looks_into_and_drops_its_resources<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    let ty = resource(&mut world, instance, None);
    let [one, two] = [7, u32::MAX].map(|rep| world.get(resource_new(ty, rep)));
    assert_eq!((one, two), (1, 2));
    assert_eq!(world.get(resource_rep(ty, one)), 7);
    assert_eq!(world.get(resource_rep(ty, two)), u32::MAX);
    let view = HandleView::Resource { ty, representation: 7, borrowed_by: None, num_lends: 0 };
    assert_eq!(world.view(instance, one), view);
    world.run(resource_drop(ty, one));
    assert_eq!(world.machine.handle_view(instance, one), Ok(None));
    // The index that was freed last is used first.
    assert_eq!(world.get(resource_new(ty, 9)), one);
    world.clean_up();
}

fn dropping_an_owned_resource_calls_its_destructor_in_its_instance<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [definer, user] = world.instances();
    let destructor = world.sync(definer);
    let ty = resource(&mut world, definer, Some(destructor));
    let index = world.machine.lower_own(user, ty, 0x1_0000_0007).unwrap();
    let main = world.run_in(user);
    world.run(context_set(0, 5));
    let step = world.step(resource_drop(ty, index));
    let Step::CallDestructor { thread, function, representation, .. } = step else {
        panic!("{step:?}");
    };
    assert_eq!((function, representation), (destructor, 0x1_0000_0007));
    assert_eq!(world.machine.thread_view(thread).unwrap().instance, definer);
    // The handle is gone, and its index is free.
    assert_eq!(world.machine.handle_view(user, index), Ok(None));
    assert_eq!(world.machine.count_of(Table::Resources), 0);
    assert_eq!(world.get(context_get(0)), 0);
    let step = world.exit();
    assert_eq!(back(&step, main), 0);
    assert_eq!(world.get(context_get(0)), 5);
    world.clean_up();
}

fn a_destructor_may_block_as_long_as_others_of_its_instance_can_run<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let [definer, user] = world.instances();
    let destructor = world.sync(definer);
    let ty = resource(&mut world, definer, Some(destructor));
    let index = world.machine.lower_own(user, ty, 1).unwrap();
    let other = world.run_in(definer);
    assert_eq!(world.step(thread_yield()), HOST);
    let main = world.run_in(user);
    let step = world.step(resource_drop(ty, index));
    assert!(matches!(step, Step::CallDestructor { .. }), "{step:?}");
    let destroying = world.machine.current().unwrap();
    let step = world.step(thread_yield());
    back(&step, other);
    let step = world.step(suspend());
    back(&step, destroying);
    let step = world.exit();
    assert_eq!(back(&step, main), 0);
    world.clean_up();
}

fn the_defining_instance_drops_its_own_resource_by_its_destructor_too<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, main) = world.running();
    let destructor = world.sync(instance);
    let ty = resource(&mut world, instance, Some(destructor));
    let index = world.get(resource_new(ty, 3));
    let step = world.step(resource_drop(ty, index));
    assert!(matches!(step, Step::CallDestructor { representation: 3, .. }), "{step:?}");
    let step = world.exit();
    assert_eq!(back(&step, main), 0);
    world.clean_up();
}

fn the_host_hears_of_each_drop_of_its_resources<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    for representation in [5, 6] {
        let lowered = world.machine.lower_own(instance, HOST_RESOURCE, representation);
        world.run(resource_drop(HOST_RESOURCE, lowered.unwrap()));
    }
    assert_eq!(world.dropped, [5, 6]);
    world.clean_up();
}

fn owned_resources_move_from_instance_to_instance<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (definer, _) = world.running();
    let user = world.instance();
    let ty = resource(&mut world, definer, None);
    let index = world.get(resource_new(ty, 11));
    let representation = world.machine.lift_own(definer, ty, index).unwrap();
    assert_eq!(representation, 11);
    assert_eq!(world.machine.handle_view(definer, index), Ok(None));
    let theirs = world.machine.lower_own(user, ty, representation).unwrap();
    let view = HandleView::Resource { ty, representation: 11, borrowed_by: None, num_lends: 0 };
    assert_eq!(world.view(user, theirs), view);
    world.clean_up();
}

/// Calls `function` from `main`, and lends it the resource at `index`. Returns the index that the
/// callee sees.
fn lends<L: ExtensionLimits>(
    world: &mut GuestMachine<L>,
    function: FunctionId,
    (ty, index): (TypeIndex, u32),
) -> (TaskId, LoweredBorrow) {
    let step = world.import_async(function);
    let Step::CallFunction { task, caller, .. } = step else { panic!("{step:?}") };
    let representation = world.machine.lift_borrow(caller, ty, index).unwrap();
    (task, world.machine.lower_borrow(task, ty, representation).unwrap())
}

fn lent_out<L: ExtensionLimits>(
    world: &mut GuestMachine<L>,
    instance: InstanceId,
    index: u32,
) -> u32 {
    let HandleView::Resource { num_lends, .. } = world.view(instance, index) else { panic!() };
    num_lends
}

fn a_resource_is_lent_until_the_caller_hears_that_the_call_has_resolved<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (caller, main) = world.running();
    let callee = world.instance();
    let index = world.machine.lower_own(caller, HOST_RESOURCE, 21).unwrap();
    let function = world.stackful(callee);

    let (task, LoweredBorrow::Index(borrowed)) =
        lends(&mut world, function, (HOST_RESOURCE, index))
    else {
        panic!();
    };
    assert_eq!(lent_out(&mut world, caller, index), 1);
    let view = HandleView::Resource {
        ty: HOST_RESOURCE,
        representation: 21,
        borrowed_by: Some(task),
        num_lends: 0,
    };
    assert_eq!(world.view(callee, borrowed), view);
    assert_eq!(world.get(resource_rep(HOST_RESOURCE, borrowed)), 21);
    let step = world.step(thread_yield());
    let sub = subtask(&step, main, SubtaskState::Started);
    let set = world.get(set_new());
    world.run(join(sub, set));
    assert_eq!(world.step(set_wait(set)), HOST);

    let _ = world.tick();
    world.run(resource_drop(HOST_RESOURCE, borrowed));
    assert!(world.dropped.is_empty());
    world.task_return(None);
    // It has resolved, but the caller has not received the event.
    assert_eq!(lent_out(&mut world, caller, index), 1);
    assert_eq!(world.exit(), HOST);
    let step = world.tick();
    back_with_event(&step, main);
    assert_eq!(lent_out(&mut world, caller, index), 0);
    assert_eq!(world.machine.count_of(Table::Lends), 0);
    world.run(resource_drop(HOST_RESOURCE, index));
    assert_eq!(world.dropped, [21]);
    world.clean_up();
}

fn the_defining_instance_borrows_the_representation_itself<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (caller, main) = world.running();
    let definer = world.instance();
    let ty = resource(&mut world, definer, None);
    let index = world.machine.lower_own(caller, ty, 33).unwrap();
    let function = world.stackful(definer);
    let (_, lowered) = lends(&mut world, function, (ty, index));
    assert_eq!(lowered, LoweredBorrow::Representation(33));
    assert_eq!(lowered.to_core(), Ok(33));
    assert_eq!(world.machine.highest_handle(definer), Ok(0));
    world.task_return(None);
    let step = world.exit();
    subtask(&step, main, SubtaskState::Returned);
    assert_eq!(lent_out(&mut world, caller, index), 0);
    world.clean_up();
}

fn a_resource_is_lent_to_many_calls_and_many_times_to_one<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (caller, main) = world.running();
    let [first, second] = world.instances();
    let index = world.machine.lower_own(caller, HOST_RESOURCE, 1).unwrap();
    for callee in [first, second] {
        let function = world.stackful(callee);
        let step = world.import_async(function);
        let Step::CallFunction { caller: call, .. } = step else { panic!() };
        for _ in 0..2 {
            world.machine.lift_borrow(call, HOST_RESOURCE, index).unwrap();
        }
        let step = world.step(suspend());
        subtask(&step, main, SubtaskState::Started);
    }
    assert_eq!(lent_out(&mut world, caller, index), 4);
    assert_eq!(world.machine.count_of(Table::Lends), 4);
    world.machine.remove_instance(second).unwrap();
    assert_eq!(lent_out(&mut world, caller, index), 4);
    world.clean_up();
}

fn a_borrowed_handle_is_lent_on<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (caller, _) = world.running();
    let [middle, last] = world.instances();
    let index = world.machine.lower_own(caller, HOST_RESOURCE, 8).unwrap();
    let (through, end) = (world.stackful(middle), world.stackful(last));
    let (_, LoweredBorrow::Index(borrowed)) = lends(&mut world, through, (HOST_RESOURCE, index))
    else {
        panic!();
    };
    let between = world.machine.current().unwrap();
    let (_, LoweredBorrow::Index(again)) = lends(&mut world, end, (HOST_RESOURCE, borrowed)) else {
        panic!();
    };
    assert_eq!(lent_out(&mut world, middle, borrowed), 1);
    assert_eq!(world.get(resource_rep(HOST_RESOURCE, again)), 8);
    world.run(resource_drop(HOST_RESOURCE, again));
    world.task_return(None);
    let step = world.exit();
    subtask(&step, between, SubtaskState::Returned);
    assert_eq!(lent_out(&mut world, middle, borrowed), 0);
    world.run(resource_drop(HOST_RESOURCE, borrowed));
    world.clean_up();
}

fn the_host_lends_to_its_callees<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let function = world.plain(instance);
    let (call, step) = world.begin(function);
    let Step::CallFunction { task, caller, .. } = step else { panic!() };
    assert_eq!(caller, call);
    let lowered = world.machine.lower_borrow(task, HOST_RESOURCE, 4);
    let Ok(LoweredBorrow::Index(borrowed)) = lowered else { panic!("{lowered:?}") };
    world.refuses(MachineError::HostHasNoHandles, |machine| {
        machine.lift_borrow(call, HOST_RESOURCE, borrowed)
    });
    world.run(resource_drop(HOST_RESOURCE, borrowed));
    assert_eq!(world.return_value(None), HOST);
    world.clean_up();
}

fn a_borrowed_handle_may_be_dropped_by_another_task<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let function = world.stackful(instance);
    let (_, step) = world.begin(function);
    let Step::CallFunction { task, thread: borrower, .. } = step else { panic!() };
    let lowered = world.machine.lower_borrow(task, HOST_RESOURCE, 4);
    let Ok(LoweredBorrow::Index(borrowed)) = lowered else { panic!("{lowered:?}") };
    assert_eq!(world.step(thread_yield()), HOST);
    let (_, other) = world.invoke(function);
    world.run(resource_drop(HOST_RESOURCE, borrowed));
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    assert!(world.machine.thread_view(other).is_err());
    let step = world.tick();
    back(&step, borrower);
    world.task_return(None);
    assert_eq!(world.exit(), HOST);
    world.clean_up();
}

fn arguments_are_lifted_when_the_callee_starts<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let callee = world.instance();
    let plain = world.plain(callee);
    world.invoke(plain);
    assert_eq!(world.step(thread_yield()), HOST);
    let (caller, _) = world.running();
    let index = world.machine.lower_own(caller, HOST_RESOURCE, 1).unwrap();
    world.subtask(plain, SubtaskState::Starting);
    // The guest may drop the resource that it wanted to lend.
    world.run(resource_drop(HOST_RESOURCE, index));
    assert_eq!(world.step(suspend()), HOST);
    let _ = world.tick();
    assert_eq!(world.return_value(None), HOST);
    let step = world.tick();
    enters(&step, plain);
    let Step::CallFunction { caller: call, .. } = step else { panic!() };
    world.machine.lift_borrow(call, HOST_RESOURCE, index).unwrap_err();
    world.clean_up();
}

on_each_storage!(
    a_guest_makes_looks_into_and_drops_its_resources,
    dropping_an_owned_resource_calls_its_destructor_in_its_instance,
    a_destructor_may_block_as_long_as_others_of_its_instance_can_run,
    the_defining_instance_drops_its_own_resource_by_its_destructor_too,
    the_host_hears_of_each_drop_of_its_resources,
    owned_resources_move_from_instance_to_instance,
    a_resource_is_lent_until_the_caller_hears_that_the_call_has_resolved,
    the_defining_instance_borrows_the_representation_itself,
    a_resource_is_lent_to_many_calls_and_many_times_to_one,
    a_borrowed_handle_is_lent_on,
    the_host_lends_to_its_callees,
    a_borrowed_handle_may_be_dropped_by_another_task,
    arguments_are_lifted_when_the_callee_starts,
);
