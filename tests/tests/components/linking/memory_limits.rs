//! Limits on the memory of guests, and on the host's memory for them.

use weft::abi::Val;
use weft::component::{
    CallError, Instance, InstantiateError, LimitReached, StoreLimit, StoreLimits,
};
use weft::engine::wasmi::Wasmi;

use weft_tests::world::World;

/// A component with a memory of two pages and a table of ten elements, both of which can grow.
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

fn refusal(result: Result<impl Sized, InstantiateError>) -> LimitReached {
    match result {
        Err(InstantiateError::Limit(reached)) => reached,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was instantiated"),
    }
}

#[test]
fn a_memory_grows_up_to_the_limit() {
    let mut world = World::new();
    world.store.set_limits(StoreLimits::DEFAULT.with_memory_bytes(10 * PAGE));
    let instance = world.instance(GROWS);
    assert_eq!(grow(&mut world, &instance, "memory", 9), REFUSED);
    assert_eq!(grow(&mut world, &instance, "memory", 5), 2);
    assert_eq!(grow(&mut world, &instance, "memory", 4), REFUSED);
    assert_eq!(grow(&mut world, &instance, "memory", 3), 7);
    assert_eq!(grow(&mut world, &instance, "memory", 1), REFUSED);
    assert_eq!(grow(&mut world, &instance, "memory", 0), 10);
    // Tables are counted separately.
    assert_eq!(grow(&mut world, &instance, "table", 1000), 10);
}

#[test]
fn a_table_grows_up_to_the_limit() {
    let mut world = World::new();
    world.store.set_limits(StoreLimits::DEFAULT.with_table_elements(50));
    let instance = world.instance(GROWS);
    assert_eq!(grow(&mut world, &instance, "table", 41), REFUSED);
    assert_eq!(grow(&mut world, &instance, "table", 40), 10);
    assert_eq!(grow(&mut world, &instance, "table", 1), REFUSED);
    assert_eq!(grow(&mut world, &instance, "memory", 100), 2);
}

#[test]
fn the_instances_of_a_store_share_its_limit() {
    let mut world = World::new();
    let limits = StoreLimits::DEFAULT.with_memory_bytes(5 * PAGE).with_table_elements(30);
    world.store.set_limits(limits);
    let one = world.instance(GROWS);
    let other = world.instance(GROWS);
    assert_eq!(grow(&mut world, &one, "memory", 1), 2);
    assert_eq!(grow(&mut world, &other, "memory", 1), REFUSED);

    let mut another = World::new();
    let instance = another.instance(GROWS);
    assert_eq!(grow(&mut another, &instance, "memory", 100), 2);
}

#[test]
fn an_instance_above_the_limit_is_an_error() {
    let mut world = World::new();
    world.store.set_limits(StoreLimits::DEFAULT.with_memory_bytes(3 * PAGE));
    let instance = world.instance(GROWS);
    let trap = refusal(world.try_instance(GROWS));
    assert_eq!((trap.limit, trap.value), (StoreLimit::MemoryBytes, 3 * PAGE));
    assert_eq!(grow(&mut world, &instance, "memory", 1), 2);

    let mut world = World::new();
    world.store.set_limits(StoreLimits::DEFAULT.with_table_elements(19));
    let instance = world.instance(GROWS);
    let trap = refusal(world.try_instance(GROWS));
    assert_eq!((trap.limit, trap.value), (StoreLimit::TableElements, 19));
    assert_eq!(grow(&mut world, &instance, "table", 9), 10);
}

#[test]
fn a_limit_below_the_current_memory_changes_nothing() {
    let mut world = World::new();
    let instance = world.instance(GROWS);
    assert_eq!(grow(&mut world, &instance, "memory", 20), 2);
    world.store.set_limits(StoreLimits::DEFAULT.with_memory_bytes(PAGE));
    assert_eq!(grow(&mut world, &instance, "memory", 1), REFUSED);
    assert_eq!(grow(&mut world, &instance, "memory", 0), 22);
    world.store.set_limits(StoreLimits::DEFAULT);
    assert_eq!(grow(&mut world, &instance, "memory", 1), 22);
}

/// A component that creates a given number of waitable sets, and error contexts whose message has a
/// given length.
const MAKES: &str = r#"
    (component
        (core module $Memory (memory (export "memory") 1) (func (export "realloc")
            (param i32 i32 i32 i32) (result i32) (i32.const 16)))
        (core instance $memory (instantiate $Memory))
        (canon waitable-set.new (core func $set))
        (canon error-context.new (memory (core memory $memory "memory")) (core func $error))
        (canon error-context.debug-message (memory (core memory $memory "memory"))
            (realloc (core func $memory "realloc")) (core func $message))
        (core module $Module
            (import "" "memory" (memory 1))
            (import "" "set" (func $set (result i32)))
            (import "" "error" (func $error (param i32 i32) (result i32)))
            (import "" "message" (func $message (param i32 i32)))
            (func (export "sets") (param $count i32) (result i32)
                (local $last i32)
                (loop $next
                    (local.set $last (call $set))
                    (br_if $next (i32.lt_u (local.get $last) (local.get $count))))
                (local.get $last))
            (func (export "message") (param $length i32) (result i32)
                (i32.store (i32.const 0) (i32.const 0xbcc3bcc3 (; two of them, of two bytes ;)))
                (call $message (call $error (i32.const 0) (local.get $length)) (i32.const 8))
                (i32.load (i32.const 12))))
        (core instance $module (instantiate $Module (with "" (instance
            (export "memory" (memory $memory "memory"))
            (export "set" (func $set))
            (export "error" (func $error))
            (export "message" (func $message))))))
        (func (export "sets") (param "count" u32) (result u32)
            (canon lift (core func $module "sets")))
        (func (export "message") (param "length" u32) (result u32)
            (canon lift (core func $module "message"))))
"#;

#[test]
fn a_guest_with_too_many_handles_traps() {
    let mut world = World::new();
    let unlimited = world.instance(MAKES);
    world.store.set_limits(StoreLimits::DEFAULT.with_handles(100));
    let (one, other) = (world.instance(MAKES), world.instance(MAKES));
    assert_eq!(world.number(&one, "sets", &[Val::U32(99)]), 99);
    let sets = world.store.function(&other, "sets").unwrap();
    let error = world.store.call(&sets, &[Val::U32(101)]).unwrap_err();
    let CallError::Limit(reached) = error else { panic!("{error}") };
    assert_eq!((reached.limit, reached.value), (StoreLimit::Handles, 100));
    assert_eq!(world.number(&one, "sets", &[Val::U32(100)]), 100);
    assert_eq!(world.number(&unlimited, "sets", &[Val::U32(1_000)]), 1_000);
}

/// Creates threads, none of which ever runs, until one has this index.
const MAKES_THREADS: &str = r#"
    (component
        (core type $start (func (param i32)))
        (core module $Table (table (export "table") 1 funcref))
        (core instance $table (instantiate $Table))
        (core func $new (canon thread.new-indirect $start (core table $table "table")))
        (core module $Module
            (import "" "new" (func $new (param i32 i32) (result i32)))
            (import "" "table" (table 1 funcref))
            (func $started (param i32))
            (elem (i32.const 0) $started)
            (func (export "threads") (param $count i32) (result i32)
                (local $last i32)
                (loop $next
                    (local.set $last (call $new (i32.const 0) (i32.const 0)))
                    (br_if $next (i32.lt_u (local.get $last) (local.get $count))))
                (local.get $last)))
        (core instance $module (instantiate $Module (with "" (instance
            (export "new" (func $new))
            (export "table" (table $table "table"))))))
        (func (export "threads") (param "count" u32) (result u32)
            (canon lift (core func $module "threads"))))
"#;

#[test]
fn a_guest_with_too_many_threads_traps() {
    let mut world = World::new();
    let unlimited = world.instance(MAKES_THREADS);
    world.store.set_limits(StoreLimits::DEFAULT.with_handles(100));
    let (one, other) = (world.instance(MAKES_THREADS), world.instance(MAKES_THREADS));
    assert_eq!(world.number(&one, "threads", &[Val::U32(99)]), 99);
    let threads = world.store.function(&other, "threads").unwrap();
    let error = world.store.call(&threads, &[Val::U32(101)]).unwrap_err();
    let CallError::Limit(reached) = error else { panic!("{error}") };
    assert_eq!((reached.limit, reached.value), (StoreLimit::Handles, 100));
    assert_eq!(world.number(&one, "threads", &[Val::U32(100)]), 100);
    assert_eq!(world.number(&unlimited, "threads", &[Val::U32(1_000)]), 1_000);
}

#[test]
fn a_debug_message_is_cut_at_the_end_of_a_character() {
    let mut world = World::new();
    let instance = world.instance(MAKES);
    assert_eq!(world.number(&instance, "message", &[Val::U32(4)]), 4);
    for (length, kept) in [(4, 4), (3, 2), (2, 2), (1, 0), (0, 0)] {
        let limits = StoreLimits::DEFAULT.with_debug_message_bytes(length);
        world.store.set_limits(limits);
        assert_eq!(world.number(&instance, "message", &[Val::U32(4)]), kept, "{length}");
    }
}
