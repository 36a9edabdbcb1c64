//! Slices of fuel, and interruption of a store from another thread.

use std::future::{Future as _, pending};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::Duration;

use tokio::time::timeout;
use weft::abi::Val;
use weft::component::{
    CallError, FuelNotCounted, Instance, InstantiateError, InterruptHandle, Store, StoreLimits,
};
use weft::engine::CoreTrap;
use weft::engine::wasmi::Wasmi;
use weft::limits::Table;
use weft_tests::wakers::WakeCounter;
use weft_tests::world::World;

const SOON: Duration = Duration::from_millis(30);

/// `spin` never stops, `yields` never returns, `waits` waits for the host; `realloc` never returns.
const GUEST: &str = r#"(component
    (import "never" (func $never async))
    (import "call" (func $call))
    (core func $never (canon lower (func $never)))
    (core func $call (canon lower (func $call)))
    (core func $yield (canon thread.yield))
    (core module $M
        (import "" "yield" (func $yield (result i32)))
        (import "" "never" (func $never))
        (import "" "call" (func $call))
        (memory (export "memory") 1)
        (func (export "spin") (loop (br 0)))
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (loop (br 0)) (i32.const 0))
        (func (export "text") (param i32 i32))
        (func (export "yields") (loop (drop (call $yield)) (br 0)))
        (func (export "waits") (call $never))
        (func (export "calls") (loop (call $call) (br 0)))
        (func (export "count") (param $n i32) (result i32)
            (loop (local.set $n (i32.sub (local.get $n) (i32.const 1)))
                (br_if 0 (i32.gt_s (local.get $n) (i32.const 0))))
            (local.get $n)))
    (core instance $m (instantiate $M (with "" (instance
        (export "yield" (func $yield)) (export "never" (func $never))
        (export "call" (func $call))))))
    (func (export "spin") (canon lift (core func $m "spin")))
    (func (export "text") (param "t" string) (canon lift (core func $m "text")
        (memory (core memory $m "memory")) (realloc (core func $m "realloc"))))
    (func (export "yields") async (canon lift (core func $m "yields") async))
    (func (export "waits") async (canon lift (core func $m "waits") async))
    (func (export "calls") (canon lift (core func $m "calls")))
    (func (export "count") (param "n" s32) (result s32) (canon lift (core func $m "count"))))"#;

/// Returns a world on an engine that counts fuel, with two instances of the guest.
fn world(fuel: Option<u64>) -> (World, [Instance<Wasmi>; 2]) {
    let engine = match fuel {
        Some(fuel) => Wasmi::new(&wasmi::Config::default(), Some(fuel)),
        None => Wasmi::default(),
    };
    let mut world = World::on(engine);
    world.linker.typed_async_function("never", |_, ()| pending::<Result<(), _>>());
    world.linker.typed_function("call", |_, ()| Ok(()));
    let instances = [(); 2].map(|()| world.instance(GUEST));
    (world, instances)
}

/// Interrupts after a short time, from another thread.
fn interrupt_soon(handle: InterruptHandle) {
    thread::spawn(move || {
        thread::sleep(SOON);
        handle.interrupt();
    });
}

/// Checks that another instance still works, and was not interrupted.
fn lives_on(world: &mut World, other: &Instance<Wasmi>) {
    assert_eq!(world.call(other, "count", &[Val::S32(1)]), Some(Val::S32(0)));
    assert!(!world.store.interrupt_handle().is_requested());
}

#[tokio::test]
async fn a_guest_that_spins_is_stopped_when_its_future_is_dropped() {
    let (mut world, [one, other]) = world(Some(10_000));
    let spin = world.store.function(&one, "spin").unwrap();
    timeout(SOON, world.store.call_async(&spin, &[])).await.unwrap_err();
    let count = world.store.function(&other, "count").unwrap();
    let result = world.store.call_async(&count, &[Val::S32(3)]).await;
    assert_eq!(result.unwrap(), Some(Val::S32(0)));
    assert!(matches!(world.store.take_background_trap(), Some(CallError::Interrupted)));
    assert!(world.try_call(&one, "count", &[Val::S32(3)]).is_err());
    world.store.remove_instance(&one).unwrap();
    assert_eq!((world.store.count_of(Table::Tasks), world.store.count_of(Table::Threads)), (0, 0));
    lives_on(&mut world, &other);
}

#[test]
fn a_poll_ends_with_each_slice_and_wakes_its_waker() {
    let (mut world, [one, _]) = world(Some(u64::MAX / 2));
    let count = world.store.function(&one, "count").unwrap();
    let polls = |store: &mut Store<Wasmi>, slice| {
        store.set_fuel_slice(slice).unwrap();
        let (wakes, waker) = WakeCounter::new();
        let mut call = Box::pin(store.call_async(&count, &[Val::S32(10_000)]));
        let mut polls = 1;
        while call.as_mut().poll(&mut Context::from_waker(&waker)).is_pending() {
            assert_eq!(wakes.take(), 1, "it can continue");
            polls += 1;
        }
        polls
    };
    assert_eq!(polls(&mut world.store, 1_000_000), 1);
    let (few, many) = (polls(&mut world.store, 10_000), polls(&mut world.store, 1_000));
    assert!(few > 2 && (8 * few..=12 * few).contains(&many), "{few} {many}");
}

#[test]
fn an_engine_that_counts_no_fuel_has_no_slices() {
    let (mut world, _) = world(None);
    assert_eq!(world.store.set_fuel_slice(1_000), Err(FuelNotCounted));
}

#[test]
fn a_slice_of_nothing_is_enough_for_guests_that_can_be_interrupted() {
    let (mut world, [one, _]) = world(Some(10_000));
    world.store.set_fuel_slice(0).unwrap();
    assert_eq!(world.call(&one, "count", &[Val::S32(100)]), Some(Val::S32(0)));
}

/// A component whose start function counts down from 100,000.
const STARTS: &str = r"(component
    (core module $M
        (global $n (mut i32) (i32.const 100000))
        (func $start (loop (global.set $n (i32.sub (global.get $n) (i32.const 1)))
            (br_if 0 (global.get $n))))
        (start $start))
    (core instance (instantiate $M)))";

#[test]
fn a_start_function_may_use_all_the_fuel_that_is_left() {
    let (mut world, [one, _]) = world(Some(1_000));
    world.store.set_fuel(Some(10_000_000)).unwrap();
    world.instance(STARTS);
    let left = world.store.fuel().unwrap();
    assert!((5_000_000..9_900_000).contains(&left), "{left}");
    // The slices are as before.
    let count = world.store.function(&one, "count").unwrap();
    let mut call = Box::pin(world.store.call_async(&count, &[Val::S32(10_000)]));
    assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
}

#[test]
fn a_start_function_that_uses_up_its_fuel_says_so() {
    for fuel in [Some(50_000), None] {
        let (mut world, _) = world(Some(1_000));
        world.store.set_fuel(fuel).unwrap();
        let error = world.try_instance(STARTS).unwrap_err();
        let InstantiateError::Call(CallError::Core(CoreTrap::OutOfFuel)) = error else {
            panic!("{error:?}");
        };
        // Less may be left than the next block takes.
        let left = world.store.fuel();
        assert!(left.is_some() == fuel.is_some() && left.is_none_or(|left| left < 100), "{left:?}");
    }
}

#[test]
fn handles_are_shared_by_threads_and_outlive_their_store() {
    fn is_shared<T: Clone + Send + Sync + 'static>(_: &T) {}
    let (world, _) = world(None);
    let handle = world.store.interrupt_handle();
    is_shared(&handle);
    drop(world);
    assert!(!handle.is_requested());
    handle.interrupt();
    assert!(handle.is_requested() && handle.clone().reset() && !handle.reset());
}

#[test]
fn every_call_ends_when_another_thread_interrupts_the_store() {
    for (fuel, name) in
        [(Some(1_000), "spin"), (Some(1_000), "calls"), (None, "yields"), (None, "waits")]
    {
        let (mut world, [one, other]) = world(fuel);
        interrupt_soon(world.store.interrupt_handle());
        let error = world.try_call(&one, name, &[]).unwrap_err();
        assert!(matches!(error, CallError::Interrupted), "{name}: {error}");
        lives_on(&mut world, &other);
        assert!(world.try_call(&one, "count", &[Val::S32(1)]).is_err(), "{name}");
        assert!(world.store.take_background_trap().is_none(), "{name}");
        world.store.remove_instance(&one).unwrap();
        assert_eq!(world.store.count_of(Table::Threads), 0, "{name}");
    }
}

#[tokio::test]
async fn a_future_is_woken_when_its_store_is_interrupted() {
    for name in ["yields", "waits"] {
        let (mut world, [one, other]) = world(None);
        let function = world.store.function(&one, name).unwrap();
        interrupt_soon(world.store.interrupt_handle());
        let call = world.store.call_async(&function, &[]);
        let error = timeout(Duration::from_secs(20), call).await.unwrap().unwrap_err();
        assert!(matches!(error, CallError::Interrupted), "{name}: {error}");
        lives_on(&mut world, &other);
    }
}

#[test]
fn a_realloc_that_never_ends_can_be_interrupted() {
    let (mut world, [one, other]) = world(Some(10_000));
    interrupt_soon(world.store.interrupt_handle());
    let error = world.try_call(&one, "text", &[Val::String("text".into())]).unwrap_err();
    assert!(matches!(error, CallError::Interrupted), "{error}");
    lives_on(&mut world, &other);
}

#[test]
fn a_poll_can_be_interrupted() {
    let (mut world, [one, other]) = world(None);
    let yields = world.store.function(&one, "yields").unwrap();
    let call = world.store.start(&yields, &[]).unwrap();
    world.store.interrupt_handle().interrupt();
    while world.store.poll(Waker::noop()).unwrap().can_go_on {}
    let result = world.store.take_result(call).unwrap();
    assert!(matches!(result, Some(Err(CallError::Interrupted))), "{result:?}");
    lives_on(&mut world, &other);
}

#[test]
fn an_interrupt_that_was_cleared_has_no_effect() {
    let (mut world, [one, _]) = world(Some(10_000));
    let handle = world.store.interrupt_handle();
    handle.interrupt();
    assert!(handle.reset());
    lives_on(&mut world, &one);
}

/// Checks that the inner call ends, and also the outer one, although its host function returns.
#[test]
fn an_interrupt_continues_through_host_functions() {
    let (mut world, [inner, other]) = world(Some(1_000));
    let spin = world.store.function(&inner, "spin").unwrap();
    let inner_ended = Arc::new(AtomicUsize::new(0));
    let ended = inner_ended.clone();
    world.linker.typed_function("call", move |caller, ()| {
        assert!(matches!(
            caller.call(&spin, &[]),
            Err(CallError::Interrupted | CallError::Trap(_))
        ));
        ended.fetch_add(1, Ordering::Relaxed);
        Ok(())
    });
    let outer = world.instance(GUEST);
    interrupt_soon(world.store.interrupt_handle());
    let error = world.try_call(&outer, "calls", &[]).unwrap_err();
    assert!(matches!(error, CallError::Interrupted), "{error}");
    assert!(inner_ended.load(Ordering::Relaxed) > 0);
    lives_on(&mut world, &other);
    for instance in [&inner, &outer] {
        assert!(world.try_call(instance, "count", &[Val::S32(1)]).is_err());
    }
}

#[test]
fn untrusted_guests_are_stopped_at_the_limit_of_slices() {
    let (mut world, [one, other]) = world(Some(1_000));
    world.store.set_limits(StoreLimits::UNTRUSTED);
    let error = world.try_call(&one, "spin", &[]).unwrap_err();
    assert!(matches!(error, CallError::Interrupted), "{error}");
    lives_on(&mut world, &other);
}

/// Polls once.
fn poll_once(store: &mut Store<Wasmi>, function: &weft::component::Function) {
    let mut call = Box::pin(store.call_async(function, &[]));
    let polled = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(polled, Poll::Pending));
}

#[test]
fn a_dropped_future_does_not_stop_other_calls_that_spin() {
    let (mut world, [one, other]) = world(Some(1_000));
    let (spin, waits) = (
        world.store.function(&one, "spin").unwrap(),
        world.store.function(&other, "waits").unwrap(),
    );
    poll_once(&mut world.store, &waits);
    let call = world.store.start(&spin, &[]).unwrap();
    world.store.set_turns_per_poll(3);
    // This is a poll of a call that cannot start, because the first one spins.
    poll_once(&mut world.store, &waits);
    assert!(world.store.take_background_trap().is_none());
    assert_eq!(world.store.stop_interrupted(), Ok(true));
    let result = world.store.take_result(call).unwrap();
    assert!(matches!(result, Some(Err(CallError::Interrupted))), "{result:?}");
}

#[test]
fn guests_use_at_most_the_total_fuel() {
    let (mut world, [first, second]) = world(Some(1_000));
    assert_eq!(world.store.fuel(), None);
    world.store.set_fuel(Some(20_000)).unwrap();
    // Many short calls use it up as one long call does, which continues after each slice.
    for _ in 0..10 {
        assert_eq!(world.call(&first, "count", &[Val::S32(10)]), Some(Val::S32(0)));
    }
    let left = world.store.fuel().unwrap();
    assert!(left < 19_900, "{left}");
    let spin = world.store.function(&first, "spin").unwrap();
    assert!(matches!(world.store.call(&spin, &[]), Err(CallError::Interrupted)));
    assert_eq!(world.store.fuel(), Some(0));
    // No other call has any, until there is more.
    let count = world.store.function(&second, "count").unwrap();
    assert!(world.store.call(&count, &[Val::S32(1)]).is_err());
    world.store.set_fuel(None).unwrap();
    let third = world.instance(GUEST);
    assert_eq!(world.call(&third, "count", &[Val::S32(10_000)]), Some(Val::S32(0)));

    let (mut without, _) = self::world(None);
    assert_eq!(without.store.set_fuel(Some(1)), Err(FuelNotCounted));
    assert_eq!(without.store.fuel(), None);
}

#[test]
fn a_guest_that_often_waits_also_uses_up_its_fuel() {
    let (mut world, [first, _]) = world(Some(1_000_000));
    world.store.set_fuel(Some(50_000)).unwrap();
    let yields = world.store.function(&first, "yields").unwrap();
    assert!(matches!(world.store.call(&yields, &[]), Err(CallError::Interrupted)));
}
