//! No guest keeps others from their turn.

use std::future::Future as _;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use tokio::time::timeout;
use wasmi::Config;
use weft::abi::Val;
use weft::component::{CallError, Component, Function};
use weft::engine::wasmi::Wasmi;
use weft_tests::wakers::WakeCounter;

use super::guests::GuestWorld;

const SOON: Duration = Duration::from_millis(30);

#[tokio::test]
async fn a_time_out_fires_while_a_guest_yields_forever() {
    let mut world = GuestWorld::new();
    let guest = world.guest();
    let (spin, add) = (world.function(&guest, "spin"), world.function(&guest, "add"));
    timeout(SOON, world.store.call_async(&spin, &[])).await.unwrap_err();
    let sum = world.store.call_async(&add, &[Val::U32(1), Val::U32(2)]).await.unwrap();
    assert_eq!(sum, Some(Val::U32(3)));
    let progress = world.store.poll(Waker::noop()).unwrap();
    assert_eq!((progress.calls, progress.threads), (0, 0), "it has accepted its cancellation");
    assert!(progress.is_at_rest());
}

#[tokio::test]
async fn a_time_out_fires_while_a_guest_loops_with_interruptions() {
    let mut world = GuestWorld::on(Wasmi::new(&Config::default(), Some(10_000)));
    let (guest, other) = (world.guest(), world.guest());
    let looping = world.function(&guest, "loop");
    let _call = world.store.start(&looping, &[]).unwrap();
    let add = [Val::U32(1), Val::U32(2)];
    let alive = world.function(&other, "add");
    // It cannot start while the other one loops.
    timeout(SOON, world.store.call_async(&alive, &add)).await.unwrap_err();
    world.store.set_turns_per_poll(10);
    let error = world.store.start(&alive, &add).unwrap_err();
    assert!(
        matches!(
            error,
            CallError::Error(weft::error::Error::Machine(
                weft::error::MachineError::GuestHasControl
            ))
        ),
        "{error}"
    );
    assert!(world.store.stop_interrupted().unwrap());
    assert!(!world.store.stop_interrupted().unwrap());
    assert_eq!(world.store.call_async(&alive, &add).await.unwrap(), Some(Val::U32(3)));
    let dead = world.function(&guest, "add");
    let error = world.store.call_async(&dead, &add).await.unwrap_err();
    assert!(matches!(error, CallError::InstanceTrapped(_)), "{error}");
}

#[test]
fn an_interrupted_guest_is_stopped_and_its_call_fails() {
    let mut world = GuestWorld::on(Wasmi::new(&Config::default(), Some(10_000)));
    let looping = world.guest_function("loop");
    let call = world.store.start(&looping, &[]).unwrap();
    assert!(world.store.stop_interrupted().unwrap());
    assert!(matches!(world.store.run(call), Err(CallError::Interrupted)));
    assert!(world.store.take_background_trap().is_none());
}

#[test]
fn a_poll_takes_a_limited_number_of_turns_and_wakes_its_waker() {
    let mut world = GuestWorld::new();
    let spin = world.guest_function("spin");
    world.store.set_turns_per_poll(10);
    let (wakes, waker) = WakeCounter::new();
    let mut call = Box::pin(world.store.call_async(&spin, &[]));
    for _ in 0..3 {
        assert!(call.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        assert_eq!(wakes.take(), 1);
    }
    drop(call);
    let progress = world.store.poll(&waker).unwrap();
    assert!(!progress.can_go_on);
    assert_eq!(wakes.take(), 0);
}

#[test]
fn a_host_function_continues_while_a_guest_yields_forever() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let guest = world.guest();
    let (spin, other) = (world.function(&guest, "spin"), world.guest());
    let ask = world.function(&other, "ask");
    let spinning = world.store.start(&spin, &[]).unwrap();
    let asking = world.store.start(&ask, &[Val::U32(1)]).unwrap();
    asked.answer(1, 11);
    assert_eq!(world.store.run(asking).unwrap(), Some(Val::U32(11)));
    world.store.cancel(spinning).unwrap();
    assert!(matches!(world.store.run(spinning), Err(CallError::Cancelled)));
}

/// `outer` waits for an answer, calls the host, and traps; `count` counts down from 10,000.
const TRAPS_LATE: &str = r#"
(component
  (import "wait" (func $wait async (param "question" u32) (result u32)))
  (import "call" (func $call))
  (canon lower (func $wait) (core func $wait))
  (canon lower (func $call) (core func $call))
  (core module $Module
    (import "" "wait" (func $wait (param i32) (result i32)))
    (import "" "call" (func $call))
    (func (export "outer") (param i32)
      (drop (call $wait (local.get 0)))
      (call $call)
      unreachable))
  (core instance $module (instantiate $Module (with "" (instance
    (export "wait" (func $wait))
    (export "call" (func $call))))))
  (core module $Counts
    (func (export "count") (local $left i32)
      (local.set $left (i32.const 10000))
      (loop $again
        (local.set $left (i32.sub (local.get $left) (i32.const 1)))
        (br_if $again (local.get $left)))))
  (core instance $counts (instantiate $Counts))
  (func (export "outer") async (param "question" u32) (canon lift (core func $module "outer")))
  (func (export "count") (canon lift (core func $counts "count"))))"#;

#[test]
fn a_trap_after_an_interrupted_nested_call_reaches_its_own_call() {
    let engine = Wasmi::new(&Config::default(), Some(1_000));
    let mut world = GuestWorld::on(engine.clone());
    let asked = world.questions.clone();
    let later = Arc::new(Mutex::new(None::<Function>));
    let called = later.clone();
    let mut linker = asked.linker();
    linker.function("call", move |caller, _| {
        let function = called.lock().unwrap().clone().ok_or("there is nothing to call")?;
        Ok(caller.call(&function, &[])?)
    });
    let component = Component::new(&engine, &wat::parse_str(TRAPS_LATE).unwrap()).unwrap();
    let [outer, inner] = [0, 1].map(|_| world.store.instantiate(&component, &linker).unwrap());
    *later.lock().unwrap() = Some(world.function(&inner, "count"));
    let outer = world.function(&outer, "outer");
    let call = world.store.start(&outer, &[Val::U32(1)]).unwrap();
    asked.answer(1, 0);
    let error = world.store.run(call).unwrap_err();
    assert!(matches!(error, CallError::Core(_)), "{error}");
    assert!(world.store.take_background_trap().is_none());
}

#[test]
fn a_resource_is_dropped_after_the_interrupted_guest_has_stopped() {
    let mut world = GuestWorld::on(Wasmi::new(&Config::default(), Some(10_000)));
    let looping = world.guest_function("loop");
    let definer = world.instance(
        r#"(component
          (core module $Own (func (export "drop") (param i32)))
          (core instance $own (instantiate $Own))
          (type $thing (resource (rep i32) (dtor (core func $own "drop"))))
          (canon resource.new $thing (core func $new))
          (core module $Module
            (import "" "new" (func $new (param i32) (result i32)))
            (func (export "make") (result i32) (call $new (i32.const 1))))
          (core instance $module (instantiate $Module (with "" (instance
            (export "new" (func $new))))))
          (export $exported "thing" (type $thing))
          (func (export "make") (result (own $exported))
            (canon lift (core func $module "make"))))"#,
    );
    let make = world.function(&definer, "make");
    let Some(Val::Own(thing)) = world.store.call(&make, &[]).unwrap() else { panic!() };
    world.store.start(&looping, &[]).unwrap();
    let error = world.store.drop_resource(thing).unwrap_err();
    assert!(
        matches!(
            error,
            CallError::Error(weft::error::Error::Machine(
                weft::error::MachineError::GuestHasControl
            ))
        ),
        "{error}"
    );
    assert!(world.store.stop_interrupted().unwrap());
    world.store.drop_resource(thing).unwrap();
    assert!(matches!(world.store.drop_resource(thing), Err(CallError::Handle(_))));
}
