//! Cancelling calls, by hand and by dropping them.

use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Waker};
use std::time::Duration;

use tokio::time::timeout;
use weft::abi::Val;
use weft::component::CallError;

use super::guests::GuestWorld;

const SOON: Duration = Duration::from_millis(30);

#[tokio::test]
async fn a_time_out_fires_while_a_host_function_never_ends() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let guest = world.guest();
    let ask = world.function(&guest, "ask-cancellably");
    timeout(SOON, world.store.call_async(&ask, &[Val::U32(1)])).await.unwrap_err();
    assert!(!asked.is_dropped(1), "nothing runs before the store does");
    // The guest accepts it, and cancels its own call of the host, before another call starts.
    let call = world.store.start(&ask, &[Val::U32(2)]).unwrap();
    assert!(asked.is_dropped(1));
    asked.answer(2, 22);
    assert_eq!(world.store.run_async(call).await.unwrap(), Some(Val::U32(22)));
    let progress = world.store.poll(Waker::noop()).unwrap();
    assert_eq!((progress.calls, progress.threads, progress.functions), (0, 0, 0));
    assert!(world.store.take_background_trap().is_none());
}

#[test]
fn a_guest_that_ignores_cancellation_continues_without_a_receiver() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let guest = world.guest();
    let (ask, add) = (world.function(&guest, "ask"), world.function(&guest, "add"));
    let mut call = Box::pin(world.store.call_async(&ask, &[Val::U32(1)]));
    assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    drop(call);
    let sum = world.store.call(&add, &[Val::U32(1), Val::U32(2)]).unwrap();
    assert_eq!(sum, Some(Val::U32(3)));
    assert_eq!(world.store.poll(Waker::noop()).unwrap().functions, 1);
    asked.answer(1, 0);
    let progress = world.store.poll(Waker::noop()).unwrap();
    assert_eq!((progress.calls, progress.threads, progress.functions), (0, 0, 0));
}

#[test]
fn a_call_that_accepts_a_request_ends_as_cancelled() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let guest = world.guest();
    let (spin, ask) = (world.function(&guest, "spin"), world.function(&guest, "ask-cancellably"));
    for (function, arguments) in [(&spin, [].as_slice()), (&ask, &[Val::U32(1)])] {
        let call = world.store.start(function, arguments).unwrap();
        world.store.cancel(call).unwrap();
        let error = world.store.run(call).unwrap_err();
        assert!(matches!(error, CallError::Cancelled), "{error}");
    }
    assert!(asked.is_dropped(1));
}

#[test]
fn a_call_that_has_returned_before_it_is_cancelled_has_returned() {
    let mut world = GuestWorld::new();
    let add = world.guest_function("add");
    let call = world.store.start(&add, &[Val::U32(1), Val::U32(2)]).unwrap();
    world.store.cancel(call).unwrap();
    assert_eq!(world.store.run(call).unwrap(), Some(Val::U32(3)));
    world.store.cancel(call).unwrap_err();
}

#[test]
fn a_call_whose_future_is_dropped_after_its_end_is_gone() {
    let mut world = GuestWorld::new();
    let add = world.guest_function("add");
    {
        let mut call = pin!(world.store.call_async(&add, &[Val::U32(1), Val::U32(2)]));
        assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready());
        let again = call.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(again, std::task::Poll::Ready(Err(CallError::Error(_)))));
    }
    assert_eq!(world.store.poll(Waker::noop()).unwrap().calls, 0);
}

#[test]
fn a_waker_that_outlives_its_function_wakes_nothing_else() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let guest = world.guest();
    let ask = world.function(&guest, "ask-cancellably");
    let call = world.store.start(&ask, &[Val::U32(1)]).unwrap();
    let stale = asked.waker(1);
    world.store.cancel(call).unwrap();
    assert!(matches!(world.store.run(call), Err(CallError::Cancelled)));
    stale.wake_by_ref();
    let call = world.store.start(&ask, &[Val::U32(2)]).unwrap();
    stale.wake_by_ref();
    assert_eq!(world.store.poll(Waker::noop()).unwrap().functions, 1);
    asked.answer(2, 22);
    assert_eq!(world.store.run(call).unwrap(), Some(Val::U32(22)));
}

#[test]
fn a_call_that_waits_to_enter_is_cancelled_before_it_has_started() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let guest = world.instance(
        r#"(component
          (import "wait" (func $wait async (param "question" u32) (result u32)))
          (canon lower (func $wait) (core func $wait))
          (core module $Module
            (import "" "wait" (func $wait (param i32) (result i32)))
            (func (export "ask") (param i32) (result i32) (call $wait (local.get 0))))
          (core instance $module (instantiate $Module (with "" (instance
            (export "wait" (func $wait))))))
          (func (export "ask") async (param "question" u32) (result u32)
            (canon lift (core func $module "ask"))))"#,
    );
    let ask = world.function(&guest, "ask");
    let first = world.store.start(&ask, &[Val::U32(1)]).unwrap();
    let second = world.store.start(&ask, &[Val::U32(2)]).unwrap();
    let third = world.store.start(&ask, &[Val::U32(3)]).unwrap();
    world.store.cancel(second).unwrap();
    assert!(matches!(world.store.run(second), Err(CallError::Cancelled)));
    asked.answer(1, 11);
    asked.answer(3, 33);
    assert_eq!(world.store.run(third).unwrap(), Some(Val::U32(33)));
    assert_eq!(world.store.run(first).unwrap(), Some(Val::U32(11)));
    assert_eq!(asked.polls(), 3, "the second was never asked");
}

#[test]
fn a_waker_that_outlives_the_store_wakes_nothing() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let ask = world.guest_function("ask");
    world.store.start(&ask, &[Val::U32(1)]).unwrap();
    let stale = asked.waker(1);
    let questions = asked.clone();
    drop(world);
    assert!(questions.is_dropped(1));
    stale.wake();
}
