//! How much memory guests may have.

use weft::abi::Val;
use weft::component::{CallError, Instance, InstantiateError};
use weft::engine::wasmi::Wasmi;
use weft::engine::{CoreTrap, MemoryLimits};

use crate::guests::World;

/// A component with a memory of two pages and a table of ten elements, which both can grow.
const GROWS: &str = r#"
    (component
        (core module $module
            (memory 2)
            (table $table 10 funcref)
            (func (export "memory") (param i32) (result i32) (memory.grow (local.get 0)))
            (func (export "table") (param i32) (result i32)
                (table.grow $table (ref.null func) (local.get 0))))
        (core instance $instance (instantiate $module))
        (func (export "memory") (param "pages" u32) (result u32)
            (canon lift (core func $instance "memory")))
        (func (export "table") (param "elements" u32) (result u32)
            (canon lift (core func $instance "table"))))
"#;

const PAGE: u64 = 1 << 16;
const REFUSED: u32 = u32::MAX;

fn grow(world: &mut World, instance: &Instance<Wasmi>, what: &str, by: u32) -> u32 {
    world.number(instance, what, &[Val::U32(by)])
}

fn refusal(result: Result<impl Sized, InstantiateError>) -> CoreTrap {
    match result {
        Err(InstantiateError::Call(CallError::Core(trap))) => trap,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was instantiated"),
    }
}

#[test]
fn a_memory_grows_up_to_the_limit_and_no_further() {
    let mut world = World::new();
    world.store.set_memory_limits(MemoryLimits::NONE.with_memory_bytes(10 * PAGE));
    let instance = world.instance(GROWS);
    assert_eq!(grow(&mut world, &instance, "memory", 9), REFUSED);
    assert_eq!(grow(&mut world, &instance, "memory", 5), 2);
    assert_eq!(grow(&mut world, &instance, "memory", 4), REFUSED);
    assert_eq!(grow(&mut world, &instance, "memory", 3), 7);
    assert_eq!(grow(&mut world, &instance, "memory", 1), REFUSED);
    assert_eq!(grow(&mut world, &instance, "memory", 0), 10);
    // Tables are counted by themselves.
    assert_eq!(grow(&mut world, &instance, "table", 1000), 10);
}

#[test]
fn a_table_grows_up_to_the_limit_and_no_further() {
    let mut world = World::new();
    world.store.set_memory_limits(MemoryLimits::NONE.with_table_elements(50));
    let instance = world.instance(GROWS);
    assert_eq!(grow(&mut world, &instance, "table", 41), REFUSED);
    assert_eq!(grow(&mut world, &instance, "table", 40), 10);
    assert_eq!(grow(&mut world, &instance, "table", 1), REFUSED);
    assert_eq!(grow(&mut world, &instance, "memory", 100), 2);
}

#[test]
fn all_instances_of_a_store_share_the_limit_and_those_of_another_store_have_their_own() {
    let mut world = World::new();
    let limits = MemoryLimits::NONE.with_memory_bytes(5 * PAGE).with_table_elements(30);
    world.store.set_memory_limits(limits);
    let one = world.instance(GROWS);
    let other = world.instance(GROWS);
    assert_eq!(grow(&mut world, &one, "memory", 1), 2);
    assert_eq!(grow(&mut world, &other, "memory", 1), REFUSED);

    let mut another = World::new();
    let instance = another.instance(GROWS);
    assert_eq!(grow(&mut another, &instance, "memory", 100), 2);
}

#[test]
fn an_instance_that_needs_more_is_an_error_that_says_so_and_the_others_live_on() {
    let mut world = World::new();
    world.store.set_memory_limits(MemoryLimits::NONE.with_memory_bytes(3 * PAGE));
    let instance = world.instance(GROWS);
    let trap = refusal(world.try_instance(GROWS));
    assert_eq!(trap, CoreTrap::MemoryLimit);
    assert_eq!(trap.to_string(), "the store's guests may not have so much memory");
    assert_eq!(grow(&mut world, &instance, "memory", 1), 2);

    let mut world = World::new();
    world.store.set_memory_limits(MemoryLimits::NONE.with_table_elements(19));
    let instance = world.instance(GROWS);
    let trap = refusal(world.try_instance(GROWS));
    assert_eq!(trap, CoreTrap::TableLimit);
    assert_eq!(trap.to_string(), "the store's guests may not have so many elements of tables");
    assert_eq!(grow(&mut world, &instance, "table", 9), 10);
}

#[test]
fn a_limit_below_what_guests_have_takes_nothing_away() {
    let mut world = World::new();
    let instance = world.instance(GROWS);
    assert_eq!(grow(&mut world, &instance, "memory", 20), 2);
    world.store.set_memory_limits(MemoryLimits::NONE.with_memory_bytes(PAGE));
    assert_eq!(grow(&mut world, &instance, "memory", 1), REFUSED);
    assert_eq!(grow(&mut world, &instance, "memory", 0), 22);
    world.store.set_memory_limits(MemoryLimits::NONE);
    assert_eq!(grow(&mut world, &instance, "memory", 1), 22);
}
