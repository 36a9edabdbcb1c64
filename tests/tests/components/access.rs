//! Handles of a store, for code that runs beside it.

use std::cell::Cell;
use std::future::{Future as _, pending, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use weft::abi::Val;
use weft::component::{Access, CallError, Function, StoreDropped};
use weft::context::ContextKey;
use weft::engine::wasmi::Wasmi;
use weft_tests::world::World;

/// Waits until it is polled again.
async fn later() {
    let mut is_later = false;
    poll_fn(|context| {
        if std::mem::replace(&mut is_later, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Returns a component whose `run` calls the import `f`, and whose `add` adds 1. `kind` is `async`,
/// or empty.
fn caller(kind: &str) -> String {
    r#"(component
        (import "f" (func $f KIND (param "q" u32) (result u32)))
        (canon lower (func $f) (core func $f))
        (core module $Module
            (import "" "f" (func $f (param i32) (result i32)))
            (global $calls (mut i32) (i32.const 0))
            (func (export "run") (param i32) (result i32) (call $f (local.get 0)))
            (func (export "add") (param i32) (result i32)
                (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
                (i32.add (local.get 0) (global.get $calls))))
        (core instance $module (instantiate $Module (with "" (instance (export "f" (func $f))))))
        (func (export "add") (param "q" u32) (result u32) (canon lift (core func $module "add")))
        (func (export "run") KIND (param "q" u32) (result u32)
            (canon lift (core func $module "run"))))"#
        .replace("KIND", kind)
}

#[test]
fn the_data_of_a_store_is_available_after_a_wait_and_need_not_be_send() {
    let mut world = World::with(Rc::new(Cell::new(1_u32)));
    world.linker.async_function("f", |caller, _| {
        let access = caller.access();
        async move {
            later().await;
            let before = access.with(|store| store.data().replace(5)).await?;
            later().await;
            access.with(move |store| store.data().set(store.data().get() + before)).await?;
            Ok(Some(Val::U32(0)))
        }
    });
    for kind in ["", "async"] {
        world.store.data().set(1);
        let instance = world.instance(&caller(kind));
        assert_eq!(world.number(&instance, "run", &[Val::U32(1)]), 0);
        assert_eq!(world.store.data().get(), 6);
    }
}

#[test]
fn a_function_calls_the_instance_that_is_held_for_it() {
    let mut world = World::with(None::<Function>);
    world.linker.async_function("f", |caller, arguments| {
        let access = caller.access();
        let add = caller.data().clone().expect("it was set");
        async move {
            later().await;
            let once = access.call(&add, &arguments).await?;
            let again = access.with(move |store| store.call(&add, once.as_slice())).await??;
            Ok(again)
        }
    });
    let instance = world.instance(&caller(""));
    let add = world.function(&instance, "add");
    world.store.data_mut().replace(add);
    assert_eq!(world.number(&instance, "run", &[Val::U32(10)]), 13);
}

/// The waker of a function that waits for a signal.
type Told = Arc<Mutex<Option<Waker>>>;

/// Returns a world in which the first instance calls the second, whose function waits for a signal.
/// Also returns the function of the first.
fn waiting_callee() -> (World<Option<Function>>, Function, Told) {
    let mut world = World::with(None);
    let waker = Told::default();
    let told = waker.clone();
    world.linker.async_function("f", move |_, _| {
        let told = told.clone();
        let mut is_later = false;
        poll_fn(move |context| {
            if std::mem::replace(&mut is_later, true) {
                return Poll::Ready(Ok(Some(Val::U32(40))));
            }
            told.lock().unwrap().replace(context.waker().clone());
            Poll::Pending
        })
    });
    let inner = world.instance(&caller("async"));
    let inner = world.function(&inner, "run");
    world.store.data_mut().replace(inner);
    world.linker.async_function("f", |caller, arguments| {
        let access = caller.access();
        let inner = caller.data().clone().expect("it was set");
        async move {
            later().await;
            Ok(access.call(&inner, &arguments).await?)
        }
    });
    let outer = world.instance(&caller(""));
    let outer = world.function(&outer, "run");
    (world, outer, waker)
}

#[test]
fn a_function_awaits_a_guest_that_waits() {
    let (mut world, outer, waker) = waiting_callee();
    let mut call = world.store.call_async(&outer, &[Val::U32(1)]);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..5 {
        assert!(pin!(&mut call).poll(&mut context).is_pending());
    }
    waker.lock().unwrap().take().expect("the inner one waits").wake();
    for _ in 0..5 {
        if let Poll::Ready(result) = pin!(&mut call).poll(&mut context) {
            assert_eq!(result.unwrap(), Some(Val::U32(40)));
            return;
        }
    }
    panic!("it has not gone on");
}

#[test]
fn a_call_by_a_dropped_function_is_abandoned() {
    let (mut world, _, waker) = waiting_callee();
    world.linker.async_function("f", |caller, arguments| {
        let access = caller.access();
        let inner = caller.data().clone().expect("it was set");
        async move {
            let mut call = Box::pin(access.call(&inner, &arguments));
            for _ in 0..4 {
                let is_pending =
                    poll_fn(|context| Poll::Ready(call.as_mut().poll(context).is_pending()));
                assert!(is_pending.await);
                later().await;
            }
            Ok(Some(Val::U32(9)))
        }
    });
    let outer = world.instance(&caller(""));
    assert_eq!(world.number(&outer, "run", &[Val::U32(1)]), 9);
    assert!(waker.lock().unwrap().is_some());
    for _ in 0..5 {
        world.store.poll(Waker::noop()).unwrap();
    }
    let progress = world.store.poll(Waker::noop()).unwrap();
    assert_eq!(progress.calls, 0);
}

#[test]
fn the_callers_context_is_available_before_and_after_each_wait() {
    let user = ContextKey::new("user").unwrap();
    let mut world = World::with(Vec::<Option<u32>>::new());
    world.linker.async_function("f", move |caller, _| {
        let access = caller.access();
        let seen = caller.contexts().get_value(user).and_then(|it| it.get::<u32>());
        caller.data_mut().push(seen);
        async move {
            for _ in 0..2 {
                later().await;
                access
                    .with(move |store| {
                        let seen = store.contexts().get_value(user).and_then(|it| it.get::<u32>());
                        store.data_mut().push(seen);
                        store.contexts().set_value(user, 8_u32).map(drop)
                    })
                    .await??;
            }
            Ok(Some(Val::U32(0)))
        }
    });
    for kind in ["", "async"] {
        world.store.data_mut().clear();
        let instance = world.instance(&caller(kind));
        world.store.contexts().set_value(user, 7_u32).unwrap();
        let run = world.function(&instance, "run");
        let call = world.store.start(&run, &[Val::U32(1)]).unwrap();
        world.store.contexts().set_value(user, 1_u32).unwrap();
        world.store.run(call).unwrap();
        assert_eq!(*world.store.data(), [Some(7), Some(7), Some(8)]);
        assert_eq!(world.store.contexts().get_value(user).and_then(|it| it.get::<u32>()), Some(1));
    }
}

#[test]
fn a_panic_in_a_closure_continues_where_it_is_awaited() {
    let mut world = World::new();
    world.linker.async_function("f", |caller, _| {
        let access = caller.access();
        async move {
            later().await;
            access.with(|_| -> u32 { panic!("in a closure") }).await?;
            Ok(None)
        }
    });
    let instance = world.instance(&caller(""));
    let run = world.function(&instance, "run");
    let call = std::panic::AssertUnwindSafe(|| world.store.call(&run, &[Val::U32(1)]));
    let payload = std::panic::catch_unwind(call).unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"in a closure"));
}

#[test]
fn a_panic_that_is_not_awaited_continues_in_the_driver_of_the_store() {
    let mut world = World::new();
    let access = world.store.access();
    let with = access.with(|_| -> u32 { panic!("late") });
    world.store.poll(Waker::noop()).unwrap();
    drop(with);
    let poll = std::panic::AssertUnwindSafe(|| world.store.poll(Waker::noop()));
    let payload = std::panic::catch_unwind(poll).unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"late"));
    world.store.poll(Waker::noop()).unwrap();
}

/// Panics when it is dropped.
struct PanicsInDrop;

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        panic!("in drop");
    }
}

#[test]
fn a_closure_whose_values_panic_in_drop_leaves_the_store_unchanged() {
    let mut world = World::new();
    world.linker.async_function("f", |caller, _| {
        let access = caller.access();
        async move {
            let guard = PanicsInDrop;
            later().await;
            drop(access.with(move |_| drop(guard)));
            later().await;
            Ok(Some(Val::U32(1)))
        }
    });
    let instance = world.instance(&caller(""));
    let run = world.function(&instance, "run");
    let call = world.store.start(&run, &[Val::U32(1)]).unwrap();
    let run = std::panic::AssertUnwindSafe(|| world.store.run(call));
    let payload = std::panic::catch_unwind(run).unwrap_err();
    assert_eq!(payload.downcast_ref::<&str>(), Some(&"in drop"));
    assert_eq!(world.store.tasks().current(), None);
    assert_eq!(world.store.run(call).unwrap(), Some(Val::U32(1)));
}

#[test]
fn a_closure_that_is_no_longer_awaited_does_not_run() {
    let mut world = World::with(0_u32);
    let access = world.store.access();
    drop(access.with(|store| *store.data_mut() += 1));
    let kept = access.with(|store| *store.data_mut() += 10);
    world.store.poll(Waker::noop()).unwrap();
    assert_eq!(*world.store.data(), 10);
    let mut context = Context::from_waker(Waker::noop());
    assert_eq!(pin!(kept).poll(&mut context), Poll::Ready(Ok(())));
}

#[test]
fn a_handle_of_a_store_that_was_dropped_says_so() {
    let mut world = World::new();
    let access: Access<Wasmi> = world.store.access();
    let before = access.with(|_| ());
    drop(world);
    let mut context = Context::from_waker(Waker::noop());
    assert_eq!(pin!(before).poll(&mut context), Poll::Ready(Err(StoreDropped)));
    assert_eq!(pin!(access.with(|_| ())).poll(&mut context), Poll::Ready(Err(StoreDropped)));
}

#[test]
fn another_thread_uses_the_store_while_a_call_runs() {
    let mut world = World::with(0_u32);
    world.linker.async_function("f", |caller, _| {
        let access = caller.access();
        async move {
            // Another task sets it.
            loop {
                let is_set = access.with(|store| *store.data() > 0).await?;
                if is_set {
                    return Ok(Some(Val::U32(1)));
                }
                later().await;
            }
        }
    });
    let instance = world.instance(&caller(""));
    let access = world.store.access();
    let thread = std::thread::spawn(move || {
        let mut set = pin!(access.with(|store| *store.data_mut() = 5));
        while set.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending() {
            std::thread::yield_now();
        }
    });
    assert_eq!(world.number(&instance, "run", &[Val::U32(1)]), 1);
    thread.join().unwrap();
}

#[tokio::test]
async fn a_task_of_the_executor_wakes_a_store_that_waits() {
    let mut world = World::with(false);
    world.linker.async_function("f", |caller, _| {
        let access = caller.access();
        async move {
            tokio::spawn(async move {
                access.with(|store| *store.data_mut() = true).await.unwrap();
                pending::<()>().await;
            });
            Ok(Some(Val::U32(1)))
        }
    });
    let instance = world.instance(&caller(""));
    let run = world.function(&instance, "run");
    assert_eq!(world.store.call_async(&run, &[Val::U32(1)]).await.unwrap(), Some(Val::U32(1)));
    while !*world.store.data() {
        world.store.poll(Waker::noop()).unwrap();
        tokio::task::yield_now().await;
    }
}

#[test]
fn an_error_of_a_called_guest_is_reported() {
    let mut world = World::with(None::<Function>);
    world.linker.async_function("f", |caller, _| {
        let access = caller.access();
        let add = caller.data().clone().expect("it was set");
        async move {
            let error = access.call(&add, &[]).await.unwrap_err();
            assert!(matches!(error, CallError::Mismatch(_)), "{error}");
            Ok(Some(Val::U32(2)))
        }
    });
    let instance = world.instance(&caller(""));
    let add = world.function(&instance, "add");
    world.store.data_mut().replace(add);
    assert_eq!(world.number(&instance, "run", &[Val::U32(1)]), 2);
}

/// A component whose `run` calls the import `f`, and whose `nap`, which is `async`, calls `sleep`.
const NAPS: &str = r#"(component
    (import "f" (func $f (param "q" u32) (result u32)))
    (import "sleep" (func $sleep async))
    (canon lower (func $f) (core func $f))
    (canon lower (func $sleep) (core func $sleep))
    (canon task.return (core func $return))
    (core module $Module
        (import "" "f" (func $f (param i32) (result i32)))
        (import "" "sleep" (func $sleep))
        (import "" "return" (func $return))
        (func (export "run") (param i32) (result i32) (call $f (local.get 0)))
        (func (export "nap") (call $sleep) (call $return)))
    (core instance $module (instantiate $Module (with "" (instance
        (export "f" (func $f)) (export "sleep" (func $sleep)) (export "return" (func $return))))))
    (func (export "nap") async (canon lift (core func $module "nap") async))
    (func (export "run") (param "q" u32) (result u32) (canon lift (core func $module "run"))))"#;

#[test]
fn a_guest_that_waits_in_an_instance_that_is_held_is_not_awaited() {
    let mut world = World::with(None::<Function>);
    world.linker.async_function("sleep", |_, _| async {
        later().await;
        Ok(None)
    });
    world.linker.async_function("f", |caller, _| {
        let access = caller.access();
        let nap = caller.data().clone().expect("it was set");
        async move {
            later().await;
            let error = access.call(&nap, &[]).await.unwrap_err();
            let call = error.kept_call::<Option<Val>>();
            assert!(matches!(error, CallError::Waits(_)) && call.is_some(), "{error}");
            Ok(Some(Val::U32(1)))
        }
    });
    let instance = world.instance(NAPS);
    let nap = world.function(&instance, "nap");
    world.store.data_mut().replace(nap);
    assert_eq!(world.number(&instance, "run", &[Val::U32(1)]), 1);
    let mut progress = world.store.poll(Waker::noop()).unwrap();
    for _ in 0..5 {
        progress = world.store.poll(Waker::noop()).unwrap();
    }
    assert!(progress.is_at_rest());
}

/// A component whose `run` lowers the import `f` with `async`, and returns the state of the call in
/// the low 4 bits, and the result above them.
const ASYNC_CALLER: &str = r#"(component
    (import "f" (func $f async (param "q" u32) (result u32)))
    (core module $Memory (memory (export "memory") 1))
    (core instance $memory (instantiate $Memory))
    (canon lower (func $f) async (memory (core memory $memory "memory")) (core func $f))
    (core module $Module
        (import "" "memory" (memory 1))
        (import "" "f" (func $f (param i32 i32) (result i32)))
        (func (export "run") (param i32) (result i32)
            (local $state i32)
            (local.set $state (i32.and (call $f (local.get 0) (i32.const 8)) (i32.const 15)))
            (i32.or (local.get $state) (i32.shl (i32.load (i32.const 8)) (i32.const 4)))))
    (core instance $module (instantiate $Module (with "" (instance
        (export "memory" (memory $memory "memory")) (export "f" (func $f))))))
    (func (export "run") (param "q" u32) (result u32)
        (canon lift (core func $module "run"))))"#;

const STARTED: u32 = 1;
const RETURNED: u32 = 2;

/// Runs `ASYNC_CALLER` with a host function that asks for the store `times` times. Returns the call
/// state that the guest has seen, and the result.
fn run_asking(times: u32, is_typed: bool) -> (u32, u32) {
    let mut world = World::with(0_u32);
    let ask = move |access: Access<Wasmi, u32>, q: u32| async move {
        for _ in 0..times {
            access.with(|store| *store.data_mut() += 1).await?;
        }
        Ok(q + access.with(|store| *store.data()).await?)
    };
    if is_typed {
        world.linker.typed_async_function("f", move |caller, (q,): (u32,)| ask(caller.access(), q));
    } else {
        world.linker.async_function("f", move |caller, arguments| {
            let access = caller.access();
            async move {
                let [Val::U32(q)] = arguments[..] else { return Err("a number".into()) };
                Ok(Some(Val::U32(ask(access, q).await?)))
            }
        });
    }
    let instance = world.instance(ASYNC_CALLER);
    let run = world.store.typed_function::<(u32,), u32>(&instance, "run").unwrap();
    let returned = world.store.call(&run, (10,)).unwrap();
    (returned & 15, returned >> 4)
}

#[test]
fn a_function_that_only_asks_for_the_store_returns_at_once() {
    for is_typed in [false, true] {
        assert_eq!(run_asking(0, is_typed), (RETURNED, 10));
        assert_eq!(run_asking(5, is_typed), (RETURNED, 15));
    }
}

#[test]
fn a_function_that_often_asks_for_the_store_lets_others_run() {
    for is_typed in [false, true] {
        assert_eq!(run_asking(1_000, is_typed), (STARTED, 0));
    }
}

#[test]
fn requests_of_others_run_after_the_guest_has_gone_on() {
    let mut world = World::with(Vec::<&str>::new());
    let other = world.store.access();
    let kept = Arc::new(Mutex::new(Vec::new()));
    let futures = kept.clone();
    world.linker.typed_async_function("f", move |caller, (q,): (u32,)| {
        let access = caller.access();
        let mut futures = futures.lock().unwrap();
        futures.push(other.with(|store| store.data_mut().push("other")));
        async move {
            access.with(|store| store.data_mut().push("own")).await?;
            Ok(q)
        }
    });
    let instance = world.instance(ASYNC_CALLER);
    let run = world.store.typed_function::<(u32,), u32>(&instance, "run").unwrap();
    assert_eq!(world.store.call(&run, (10,)).unwrap(), 10 << 4 | RETURNED);
    world.store.poll(Waker::noop()).unwrap();
    assert_eq!(world.store.data()[..], ["own", "other"]);
    drop(kept);
}
