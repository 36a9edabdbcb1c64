//! The place at which a panic continues if several calls are active.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Waker;

use weft::abi::Val;
use weft::component::{CallError, CallId};
use weft_tests::world::World;

use super::{caller, panics, works};

/// Returns a world with a call that panics when it continues, and one that then returns 7.
fn two_calls() -> (World, CallId, CallId) {
    let mut world = World::new();
    world.linker.async_function("f", |_, arguments| async move {
        let mut is_later = false;
        std::future::poll_fn(|context| {
            if std::mem::replace(&mut is_later, true) {
                return std::task::Poll::Ready(());
            }
            context.waker().wake_by_ref();
            std::task::Poll::Pending
        })
        .await;
        assert_ne!(arguments, [Val::U32(1)], "a bug");
        Ok(Some(Val::U32(7)))
    });
    let [bad, good] = [(); 2].map(|()| {
        let instance = world.instance(&caller("async"));
        world.function(&instance, "run")
    });
    let bad = world.store.start(&bad, &[Val::U32(1)]).unwrap();
    let good = world.store.start(&good, &[Val::U32(2)]).unwrap();
    (world, bad, good)
}

#[test]
fn a_panic_continues_at_the_run_of_its_call() {
    let (mut world, bad, good) = two_calls();
    assert_eq!(world.store.run(good).unwrap(), Some(Val::U32(7)));
    assert!(panics(|| world.store.run(bad)).contains("a bug"));
    works(&mut world.store);
}

#[test]
fn a_panic_of_an_undriven_call_continues_at_the_poll() {
    let (mut world, bad, good) = two_calls();
    let message = panics(|| {
        for _ in 0..10 {
            world.store.poll(Waker::noop()).unwrap();
        }
    });
    assert!(message.contains("a bug"), "{message}");
    let error = world.store.take_result(bad).unwrap().unwrap().unwrap_err();
    let CallError::Panicked(panic) = &error else { panic!("{error}") };
    assert!(panic.message().is_some_and(|it| it.contains("a bug")));
    assert!(panic.take_payload().is_none(), "it has gone on already");
    assert_eq!(world.store.run(good).unwrap(), Some(Val::U32(7)));
    works(&mut world.store);
}

#[test]
fn a_panic_of_a_forgotten_call_continues_in_the_driver() {
    let (mut world, bad, good) = two_calls();
    world.store.forget(bad).unwrap();
    assert!(panics(|| world.store.run(good)).contains("a bug"));
    assert_eq!(world.store.run(good).unwrap(), Some(Val::U32(7)));
    let error = world.store.take_background_trap();
    assert!(matches!(error, Some(CallError::Panicked(_))), "{error:?}");
    works(&mut world.store);
}

/// A component whose `run` calls `f`, and lets others enter while it waits.
const STACKFUL: &str = r#"(component
    (import "f" (func $f async (param "q" u32) (result u32)))
    (canon lower (func $f) (core func $f))
    (canon task.return (result u32) (core func $return))
    (core module $Module
        (import "" "f" (func $f (param i32) (result i32)))
        (import "" "return" (func $return (param i32)))
        (func (export "run") (param i32) (call $return (call $f (local.get 0)))))
    (core instance $module (instantiate $Module (with "" (instance
        (export "f" (func $f)) (export "return" (func $return))))))
    (func (export "run") async (param "q" u32) (result u32)
        (canon lift (core func $module "run") async)))"#;

#[test]
fn other_calls_of_the_instance_fail_without_a_panic() {
    let mut world = World::new();
    world.linker.async_function("f", |_, arguments| async move {
        if arguments == [Val::U32(2)] {
            std::future::pending::<()>().await;
        }
        std::panic::panic_any(5_u8)
    });
    let instance = world.instance(STACKFUL);
    let run = world.function(&instance, "run");
    let waits = world.store.start(&run, &[Val::U32(2)]).unwrap();
    let call = AssertUnwindSafe(|| world.store.call(&run, &[Val::U32(1)]));
    let payload = catch_unwind(call).unwrap_err();
    assert_eq!(payload.downcast_ref::<u8>(), Some(&5));
    let error = world.store.run(waits).unwrap_err();
    let CallError::InstanceTrapped(cause) = &error else { panic!("{error:?}") };
    assert!(matches!(cause.error(), CallError::Panicked(_)));
    works(&mut world.store);
}
