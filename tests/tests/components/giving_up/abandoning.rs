//! Abandons calls whose guests do not accept cancellation.

use std::future::pending;
use std::sync::Arc;
use std::task::Waker;

use weft::abi::{Type, Val};
use weft::code::CopyResult;
use weft::component::{CallError, Instance, Linker, Store};
use weft::engine::wasmi::Wasmi;
use weft::error::Error;
use weft::limits::Table;
use weft_tests::world::World;

use super::load;

/// Waits for a host function, a stream, or its own backpressure.
const GUEST: &str = r#"(component
    (type $stream (stream u8))
    (import "never" (func $never async))
    (core module $Memory (memory (export "memory") 1))
    (core instance $memory (instantiate $Memory))
    (core func $never (canon lower (func $never)))
    (core func $read (canon stream.read $stream (memory (core memory $memory "memory"))))
    (core func $inc (canon backpressure.inc))
    (core func $yield (canon thread.yield))
    (core module $M
        (import "" "never" (func $never))
        (import "" "read" (func $read (param i32 i32 i32) (result i32)))
        (import "" "inc" (func $inc))
        (import "" "yield" (func $yield (result i32)))
        (func (export "waits") (call $never))
        (func (export "reads") (param i32)
            (drop (call $read (local.get 0) (i32.const 0) (i32.const 8))))
        (func (export "refuses") (call $inc))
        (func (export "yields") (loop (drop (call $yield)) (br 0)))
        (func (export "seven") (result i32) (i32.const 7)))
    (core instance $m (instantiate $M (with "" (instance
        (export "never" (func $never)) (export "read" (func $read))
        (export "inc" (func $inc)) (export "yield" (func $yield))))))
    (func (export "waits") async (canon lift (core func $m "waits") async))
    (func (export "reads") async (param "s" $stream) (canon lift (core func $m "reads") async))
    (func (export "refuses") (canon lift (core func $m "refuses")))
    (func (export "yields") async (canon lift (core func $m "yields") async))
    (func (export "seven") (result u32) (canon lift (core func $m "seven"))))"#;

/// Returns a world with instances, and a counter that each waiting host function holds.
fn world<const N: usize>() -> (World, [Instance<Wasmi>; N], Arc<()>) {
    let (mut world, alive) = (World::new(), Arc::new(()));
    let held = alive.clone();
    world.linker.typed_async_function("never", move |_, ()| {
        let held = held.clone();
        async move {
            pending::<()>().await;
            drop(held);
            Ok(())
        }
    });
    let instances = [(); N].map(|()| world.instance(GUEST));
    (world, instances, alive)
}

/// Checks that the store has no records of calls.
fn has_no_calls(store: &Store<Wasmi>) {
    for table in [
        Table::Tasks,
        Table::Threads,
        Table::Waitables,
        Table::Handles,
        Table::ThreadIndices,
        Table::Frames,
        Table::WaitableSets,
        Table::Resources,
        Table::Lends,
    ] {
        assert_eq!(store.count_of(table), 0, "{table}");
    }
}

#[test]
fn an_abandoned_call_drops_everything_it_holds() {
    let (mut world, [one, other], alive) = world();
    let held = Arc::strong_count(&alive);
    let waits = world.store.function(&one, "waits").unwrap();
    let calls = [(); 3].map(|()| world.store.start(&waits, &[]).unwrap());
    assert_eq!(Arc::strong_count(&alive), held + 3);
    world.store.abandon(calls[0]).unwrap();
    assert_eq!(Arc::strong_count(&alive), held);
    assert_eq!(world.store.abandon(calls[0]), Err(Error::Unknown(Table::Waitables)));
    for call in &calls[1..] {
        let error = world.store.run(*call).unwrap_err();
        let CallError::InstanceTrapped(cause) = &error else { panic!("{error}") };
        assert!(matches!(cause.error(), CallError::Abandoned), "{error}");
        assert!(cause.to_string().contains("abandoned"), "{cause}");
    }
    has_no_calls(&world.store);
    assert!(world.try_call(&one, "seven", &[]).is_err());
    assert_eq!(world.number(&other, "seven", &[]), 7);
    assert!(world.store.take_background_trap().is_none());
    assert!(world.store.poll(Waker::noop()).unwrap().is_at_rest());
    world.store.remove_instance(&one).unwrap();
}

#[test]
fn the_other_end_of_a_stream_learns_that_its_reader_is_gone() {
    let (mut world, [one], _) = world();
    let (theirs, ours) = world.store.new_stream(Some(&Type::U8)).unwrap();
    let reads = world.store.function(&one, "reads").unwrap();
    let call = world.store.start(&reads, &[Val::Stream(theirs)]).unwrap();
    world.store.abandon(call).unwrap();
    let event = world.store.next_end_event().unwrap().unwrap();
    assert_eq!((event.end, event.result), (ours, CopyResult::Dropped));
    world.store.drop_end(ours).unwrap();
    has_no_calls(&world.store);
}

/// Calls `waits` or `seven` of another instance.
const CALLER: &str = r#"(component
    (import "i" (instance $i
        (export "waits" (func async)) (export "seven" (func (result u32)))))
    (core func $waits (canon lower (func $i "waits")))
    (core func $seven (canon lower (func $i "seven")))
    (core module $M
        (import "" "waits" (func $waits))
        (import "" "seven" (func $seven (result i32)))
        (func (export "run") (call $waits))
        (func (export "seven") (result i32) (call $seven)))
    (core instance $m (instantiate $M (with "" (instance
        (export "waits" (func $waits)) (export "seven" (func $seven))))))
    (func (export "run") async (canon lift (core func $m "run") async))
    (func (export "seven") (result u32) (canon lift (core func $m "seven"))))"#;

#[test]
fn all_instances_that_a_call_runs_in_are_locked_down_and_no_others() {
    let (mut world, [callee, other], _) = world();
    world.linker.exports_of("i", &callee);
    let [one, bystander] = [(); 2].map(|()| world.instance(CALLER));
    assert_eq!(world.number(&bystander, "seven", &[]), 7);
    let run = world.store.function(&one, "run").unwrap();
    let call = world.store.start(&run, &[]).unwrap();
    assert_eq!(world.store.count_of(Table::Tasks), 2);
    world.store.abandon(call).unwrap();
    has_no_calls(&world.store);
    for gone in [&callee, &one] {
        assert!(world.try_call(gone, "seven", &[]).is_err());
    }
    assert_eq!(world.number(&other, "seven", &[]), 7);
    // It runs, but its call of the locked-down instance traps.
    assert!(world.try_call(&bystander, "seven", &[]).is_err());
}

#[test]
fn a_call_that_waits_to_start_locks_nothing_down() {
    let (mut world, [one], _) = world();
    world.call(&one, "refuses", &[]);
    let waits = world.store.function(&one, "waits").unwrap();
    let call = world.store.start(&waits, &[]).unwrap();
    assert_eq!(world.store.count_of(Table::Tasks), 1);
    world.store.abandon(call).unwrap();
    assert_eq!(world.number(&one, "seven", &[]), 7);
}

#[test]
fn a_guest_that_yields_or_spins_is_abandoned() {
    let (mut world, [one, other], _) = world();
    let yields = world.store.function(&one, "yields").unwrap();
    let call = world.store.start(&yields, &[]).unwrap();
    world.store.poll(Waker::noop()).unwrap();
    world.store.abandon(call).unwrap();
    has_no_calls(&world.store);
    assert_eq!(world.number(&other, "seven", &[]), 7);

    let engine = Wasmi::new(&wasmi::Config::default(), Some(1_000));
    let component = load(
        &engine,
        r#"(component
        (core module $M (func (export "spin") (loop (br 0))))
        (core instance $m (instantiate $M))
        (func (export "spin") (canon lift (core func $m "spin"))))"#,
    );
    let mut store = Store::new(&engine, ());
    let instance = store.instantiate(&component, &Linker::new()).unwrap();
    let spin = store.function(&instance, "spin").unwrap();
    let call = store.start(&spin, &[]).unwrap();
    store.abandon(call).unwrap();
    assert!(store.take_background_trap().is_none());
    has_no_calls(&store);
    assert_eq!(store.stop_interrupted(), Ok(false));
    assert!(store.take_background_trap().is_none());
    store.remove_instance(&instance).unwrap();
}
