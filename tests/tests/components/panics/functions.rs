//! Host functions that panic, and their futures.

use std::future::{Future, poll_fn, ready};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};

use weft::abi::Val;
use weft::component::{CallError, HostResult, Linker, Store};
use weft::engine::wasmi::Wasmi;
use weft_tests::world::World;

use super::{caller, panics, panics_and_locks};

#[test]
fn a_panic_continues_at_the_call_and_other_instances_work() {
    let mut world = World::new();
    world.linker.function("f", |_, arguments| {
        assert_ne!(arguments[0], Val::U32(1), "a bug");
        Ok(Some(Val::U32(7)))
    });
    let (instance, other) = (world.instance(&caller("")), world.instance(&caller("")));
    let run = world.function(&instance, "run");
    let message = panics(|| world.store.call(&run, &[Val::U32(1)]));
    assert!(message.contains("a bug"), "{message}");
    assert_eq!(world.number(&other, "run", &[Val::U32(2)]), 7);
    let add = world.function(&instance, "add");
    assert!(world.store.call(&add, &[Val::U32(1)]).is_err());
}

#[test]
fn a_future_that_panics_at_its_first_poll_acts_like_a_function() {
    let mut world = World::new();
    world.linker.async_function("f", |_, _| async { panic!("at once") });
    let instance = world.instance(&caller(""));
    panics_and_locks(&mut world, &instance, "at once");
}

/// A future that panics when it is polled the second time.
struct PanicsLater(Arc<AtomicUsize>);

impl Future for PanicsLater {
    type Output = HostResult;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<HostResult> {
        assert_eq!(self.0.fetch_add(1, Ordering::SeqCst), 0, "later");
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

#[test]
fn a_future_that_panicked_is_never_polled_again() {
    let polls = Arc::new(AtomicUsize::new(0));
    let mut world = World::new();
    let counted = polls.clone();
    world.linker.async_function("f", move |_, _| PanicsLater(counted.clone()));
    let instance = world.instance(&caller("async"));
    let run = world.function(&instance, "run");
    let message = panics(|| world.store.call(&run, &[Val::U32(1)]));
    assert!(message.contains("later"), "{message}");
    world.store.poll(std::task::Waker::noop()).unwrap();
    assert_eq!(polls.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn tokio_sees_a_panic_as_an_error_of_the_task() {
    let engine = Wasmi::default();
    let mut linker: Linker<Wasmi> = Linker::new();
    linker.async_function("f", |_, _| async {
        tokio::task::yield_now().await;
        panic!("in a task")
    });
    let component =
        weft::component::Component::new(&engine, &wat::parse_str(caller("async")).unwrap());
    let component = component.unwrap();
    let mut store = Store::new(&engine, ());
    let instance = store.instantiate(&component, &linker).unwrap();
    let run = store.function(&instance, "run").unwrap();
    let task = tokio::spawn(async move { store.call_async(&run, &[Val::U32(1)]).await });
    let error = task.await.unwrap_err();
    assert!(error.is_panic());
    assert_eq!(super::message(error.into_panic().as_ref()), "in a task");
}

/// Adds an inner host function, called by a guest that the outer host function calls.
fn nested(
    catches: bool,
) -> (World<Option<(weft::component::Function, u32)>>, weft::component::Function) {
    let mut world = World::with(None);
    world.linker.function("f", |_, _| panic!("inside"));
    let inner = world.instance(&caller(""));
    let inner = world.function(&inner, "run");
    world.store.data_mut().replace((inner, 0));
    world.linker.function("f", move |caller, arguments| {
        let (inner, _) = caller.data().clone().expect("it was set");
        if !catches {
            return Ok(caller.call(&inner, &arguments)?);
        }
        let call = catch_unwind(AssertUnwindSafe(|| caller.call(&inner, &arguments)));
        assert!(call.is_err());
        // The instance of the inner guest has trapped, and the caller is told.
        let again = caller.call(&inner, &arguments);
        assert!(matches!(again, Err(CallError::InstanceTrapped(_))), "{again:?}");
        Ok(Some(Val::U32(5)))
    });
    let outer = world.instance(&caller(""));
    let outer = world.function(&outer, "run");
    (world, outer)
}

#[test]
fn a_panic_continues_level_by_level() {
    let (mut world, outer) = nested(false);
    assert_eq!(panics(|| world.store.call(&outer, &[Val::U32(1)])), "inside");
    assert!(matches!(world.store.call(&outer, &[Val::U32(1)]), Err(CallError::InstanceTrapped(_))));
    super::works(&mut world.store);
}

#[test]
fn a_host_function_may_catch_the_panic_of_an_inner_one() {
    let (mut world, outer) = nested(true);
    assert_eq!(world.store.call(&outer, &[Val::U32(1)]).unwrap(), Some(Val::U32(5)));
    super::works(&mut world.store);
}

#[test]
fn a_panic_in_a_start_function_continues_at_the_instantiation() {
    let mut world = World::new();
    world.linker.function("f", |_, _| panic!("at the start"));
    let component = world.load(
        r#"(component
            (import "f" (func $f))
            (canon lower (func $f) (core func $f))
            (core module $Module (import "" "f" (func $f)) (start $f))
            (core instance (instantiate $Module (with "" (instance (export "f" (func $f)))))))"#,
    );
    let message = panics(|| world.store.instantiate(&component, &world.linker));
    assert_eq!(message, "at the start");
    super::works(&mut world.store);
}

/// A future that panics when it is dropped.
struct PanicsInDrop;

impl Drop for PanicsInDrop {
    fn drop(&mut self) {
        panic!("in drop");
    }
}

#[test]
fn a_panic_in_a_futures_drop_stops_the_cancelling_guest() {
    let mut world = World::new();
    world.linker.async_function("f", |_, _| {
        let mut guard = Some(PanicsInDrop);
        poll_fn(move |_| {
            let _ = &mut guard;
            Poll::Pending
        })
    });
    let instance = world.instance(
        r#"(component
            (import "f" (func $f async))
            (canon lower (func $f) async (core func $f))
            (canon subtask.cancel (core func $cancel))
            (core module $Module
                (import "" "f" (func $f (result i32)))
                (import "" "cancel" (func $cancel (param i32) (result i32)))
                (func (export "run") (param i32) (result i32)
                    (call $cancel (i32.shr_u (call $f) (i32.const 4))))
                (func (export "add") (param i32) (result i32) (local.get 0)))
            (core instance $module (instantiate $Module (with "" (instance
                (export "f" (func $f)) (export "cancel" (func $cancel))))))
            (func (export "add") (param "q" u32) (result u32) (canon lift (core func $module "add")))
            (func (export "run") (param "q" u32) (result u32)
                (canon lift (core func $module "run"))))"#,
    );
    panics_and_locks(&mut world, &instance, "in drop");
}

#[test]
fn a_future_that_is_ready_at_once_is_no_different() {
    let mut world = World::new();
    world.linker.async_function("f", |_, _| ready(Ok(Some(Val::U32(3)))));
    let instance = world.instance(&caller(""));
    assert_eq!(world.number(&instance, "run", &[Val::U32(1)]), 3);
}
