//! Resources of guests that the host owns and drops.

use weft_core::error::{Error, Failure, MachineError};
use weft_core::host::limits::ExtensionLimits;
use weft_core::limits::Table;
use weft_core::machine::{Step, TypeDefinition};
use weft_core::trap::Trap;

use crate::calls::{HOST_RESOURCE, VALUE, resource_new, suspend, thread_yield};
use crate::guests::GuestMachine;
use crate::steps::HOST;

fn the_host_drops_a_resource_that_it_owns_by_its_destructor<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    let destructor = world.sync(instance);
    let definition =
        TypeDefinition::Resource { instance: Some(instance), destructor: Some(destructor) };
    let ty = world.machine.define_type(definition).unwrap();
    let index = world.get(resource_new(ty, 7));
    let representation = world.machine.lift_own(instance, ty, index).unwrap();
    // A guest has control.
    let refused = world.machine.drop_host_resource(ty, representation);
    assert_eq!(refused, Err(MachineError::GuestHasControl.into()));
    assert_eq!(world.step(suspend()), HOST);

    let (call, step) = world.machine.drop_host_resource(ty, representation).unwrap().unwrap();
    let Step::CallDestructor { function, representation: 7, task, .. } = step else {
        panic!("{step:?}");
    };
    assert_eq!(function, destructor);
    assert!(!world.machine.is_task_over(task));
    assert_eq!(world.exit(), HOST);
    assert!(world.machine.is_task_over(task));
    world.machine.drop_call(call).unwrap();
    world.clean_up();
}

fn a_destructor_that_the_host_runs_may_not_block_alone<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let destructor = world.sync(instance);
    let definition =
        TypeDefinition::Resource { instance: Some(instance), destructor: Some(destructor) };
    let ty = world.machine.define_type(definition).unwrap();
    let (call, step) = world.machine.drop_host_resource(ty, 1).unwrap().unwrap();
    let Step::CallDestructor { task, .. } = step else { panic!("{step:?}") };
    let trap = world.trap(suspend());
    assert_eq!(trap, Trap::CannotBlockSyncTask);
    world.machine.trapped().unwrap();
    assert!(world.machine.is_task_over(task));
    world.machine.drop_call(call).unwrap();
    // The instance is locked down, and its destructor is no longer called.
    let refused = world.machine.drop_host_resource(ty, 2);
    assert_eq!(refused, Err(Failure::Trap(Trap::CannotEnterComponentInstance)));
    world.clean_up();
}

fn there_may_be_no_destructor_to_call<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let instance = world.instance();
    let destructor = world.sync(instance);
    let without = TypeDefinition::Resource { instance: Some(instance), destructor: None };
    let without = world.machine.define_type(without).unwrap();
    let with = TypeDefinition::Resource { instance: Some(instance), destructor: Some(destructor) };
    let with = world.machine.define_type(with).unwrap();
    assert_eq!(world.machine.drop_host_resource(without, 1), Ok(None));
    assert_eq!(world.machine.drop_host_resource(HOST_RESOURCE, 1), Ok(None));
    world.machine.remove_instance(instance).unwrap();
    world.instances.clear();
    assert_eq!(world.machine.drop_host_resource(with, 1), Ok(None));
    let unknown = world.machine.drop_host_resource(VALUE, 1);
    assert_eq!(unknown, Err(Error::Unknown(Table::Types).into()));
    world.clean_up();
}

fn the_host_knows_how_often_it_holds_an_error_context<L: ExtensionLimits>() {
    let mut world = GuestMachine::<L>::new();
    let (instance, _) = world.running();
    let id = world.machine.new_host_error_context("it").unwrap();
    assert_eq!(world.machine.host_holds(id), Ok(1));
    let index = world.machine.lower_error_context(instance, id).unwrap();
    assert_eq!(world.machine.host_holds(id), Ok(0));
    for holds in 1..3 {
        assert_eq!(world.machine.lift_error_context(instance, index), Ok(id));
        assert_eq!(world.machine.host_holds(id), Ok(holds));
    }
    for _ in 0..2 {
        world.machine.drop_error_context(id).unwrap();
    }
    world.run(crate::calls::error_context_drop(index));
    assert_eq!(world.machine.host_holds(id), Err(Error::Unknown(Table::ErrorContexts)));
    assert_eq!(world.step(thread_yield()), HOST);
    world.clean_up();
}

on_each_storage!(
    the_host_drops_a_resource_that_it_owns_by_its_destructor,
    a_destructor_that_the_host_runs_may_not_block_alone,
    there_may_be_no_destructor_to_call,
    the_host_knows_how_often_it_holds_an_error_context,
);
