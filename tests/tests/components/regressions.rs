//! Earlier faults of the embedder's side: each test states the right behavior, and once failed.
//!
//! The tests are small and cover many subjects. The modules of the subjects have the complete
//! tests.

use std::future::{Future as _, poll_fn};
use std::pin::pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use weft::abi::{Type, Val};
use weft::component::{CallError, Component, Linker, Store};
use weft::engine::wasmi::Wasmi;
use weft::task::TaskStatus;
use weft::waitable::WaitResult;

/// Returns a component whose `run` calls the import `f` and returns its result. `kind` is `async`,
/// or empty.
fn caller(kind: &str) -> String {
    r#"(component
        (import "f" (func $f KIND (param "q" u32) (result u32)))
        (canon lower (func $f) (core func $f))
        (core module $Module
            (import "" "f" (func $f (param i32) (result i32)))
            (func (export "run") (param i32) (result i32) (call $f (local.get 0))))
        (core instance $module (instantiate $Module (with "" (instance (export "f" (func $f))))))
        (func (export "run") KIND (param "q" u32) (result u32)
            (canon lift (core func $module "run"))))"#
        .replace("KIND", kind)
}

fn load(text: &str) -> (Wasmi, Component<Wasmi>) {
    let engine = Wasmi::default();
    let component = Component::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
    (engine, component)
}

#[tokio::test]
async fn an_async_host_function_serves_an_import_whose_type_is_not_async() {
    let (engine, component) = load(&caller(""));
    let mut linker: Linker<Wasmi> = Linker::new();
    linker.async_function("f", |_, _| async move {
        tokio::time::sleep(Duration::from_millis(5)).await;
        Ok(Some(Val::U32(7)))
    });
    let mut store = Store::new(&engine, ());
    let instance = store.instantiate(&component, &linker).unwrap();
    let run = store.function(&instance, "run").unwrap();
    let result = store.call_async(&run, &[Val::U32(1)]).await;
    assert_eq!(result.map_err(|error| error.to_string()), Ok(Some(Val::U32(7))));
}

/// A guest whose `run` calls `f` with `async`, and waits for it in a set.
const WAITER: &str = r#"(component
    (import "f" (func $f async (param "q" u32) (result u32)))
    (core module $Memory (memory (export "memory") 1))
    (core instance $memory (instantiate $Memory))
    (canon lower (func $f) async (memory (core memory $memory "memory")) (core func $f))
    (canon task.return (result u32) (core func $return))
    (canon waitable.join (core func $join))
    (canon waitable-set.new (core func $set))
    (canon subtask.drop (core func $drop))
    (core module $Module
        (import "" "f" (func $f (param i32 i32) (result i32)))
        (import "" "return" (func $return (param i32)))
        (import "" "join" (func $join (param i32 i32)))
        (import "" "set" (func $set (result i32)))
        (import "" "drop" (func $drop (param i32)))
        (func (export "run") (param i32) (result i32) (local i32)
            (local.set 1 (call $set))
            (call $join
                (i32.shr_u (call $f (local.get 0) (i32.const 0)) (i32.const 4)) (local.get 1))
            (i32.or (i32.const 2) (i32.shl (local.get 1) (i32.const 4))))
        (func (export "callback") (param i32 i32 i32) (result i32)
            (call $drop (local.get 1)) (call $return (i32.const 0)) (i32.const 0)))
    (core instance $module (instantiate $Module (with "" (instance
        (export "f" (func $f)) (export "return" (func $return)) (export "join" (func $join))
        (export "set" (func $set)) (export "drop" (func $drop))))))
    (func (export "run") async (param "q" u32) (result u32)
        (canon lift (core func $module "run") async (callback (core func $module "callback")))))"#;

/// Returns the polls of `count` host functions. Each wakes itself when an executor's budget of 128
/// polls is used up, as those of tokio do.
fn polls_per_call(count: usize) -> usize {
    let (engine, component) = load(WAITER);
    let polls = Arc::new(AtomicUsize::new(0));
    let budget = Arc::new(AtomicUsize::new(0));
    let begun = Arc::new(AtomicUsize::new(0));
    let wakers = Arc::new(Mutex::new(Vec::<Waker>::new()));
    let mut linker: Linker<Wasmi> = Linker::new();
    let shared = (polls.clone(), budget.clone(), begun.clone(), wakers.clone());
    linker.async_function("f", move |_, _| {
        let (polls, budget, begun, wakers) = shared.clone();
        poll_fn(move |cx: &mut Context<'_>| {
            polls.fetch_add(1, Ordering::SeqCst);
            if begun.load(Ordering::SeqCst) == 0 {
                wakers.lock().unwrap().push(cx.waker().clone());
                return Poll::Pending;
            }
            if budget.load(Ordering::SeqCst) == 0 {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            budget.fetch_sub(1, Ordering::SeqCst);
            Poll::Ready(Ok(Some(Val::U32(0))))
        })
    });
    let mut store = Store::new(&engine, ());
    let instance = store.instantiate(&component, &linker).unwrap();
    let run = store.function(&instance, "run").unwrap();
    let calls: Vec<_> = (0..count).map(|_| store.start(&run, &[Val::U32(1)]).unwrap()).collect();
    begun.store(1, Ordering::SeqCst);
    wakers.lock().unwrap().drain(..).for_each(Waker::wake);
    let mut all = pin!(async {
        for call in calls {
            store.run_async(call).await.unwrap();
        }
    });
    loop {
        budget.store(128, Ordering::SeqCst);
        if all.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
            return polls.load(Ordering::SeqCst) / count;
        }
    }
}

#[test]
fn polls_of_self_waking_host_functions_are_proportional_to_calls() {
    let (few, many) = (polls_per_call(500), polls_per_call(4_000));
    assert!(many <= 2 * few, "polls a call, for 500 and 4,000 calls: {few}, {many}");
}

/// A guest whose `sum` counts the elements of the stream that it receives.
const SUM: &str = r#"(component
    (type $Stream (stream u8))
    (core module $Memory (memory (export "memory") 1))
    (core instance $memory (instantiate $Memory))
    (canon stream.read $Stream (memory (core memory $memory "memory")) (core func $read))
    (canon task.return (result u32) (core func $return))
    (core module $Module
        (import "" "read" (func $read (param i32 i32 i32) (result i32)))
        (import "" "return" (func $return (param i32)))
        (func (export "sum") (param $in i32) (local $n i32) (local $t i32)
            (loop $again
                (local.set $n (call $read (local.get $in) (i32.const 0) (i32.const 65536)))
                (local.set $t (i32.add (local.get $t) (i32.shr_u (local.get $n) (i32.const 4))))
                (br_if $again (i32.eqz (i32.and (local.get $n) (i32.const 15)))))
            (call $return (local.get $t))))
    (core instance $module (instantiate $Module (with "" (instance
        (export "read" (func $read)) (export "return" (func $return))))))
    (func (export "sum") async (param "in" $Stream) (result u32)
        (canon lift (core func $module "sum") async)))"#;

/// Checks that the call is kept, because the host has to write.
#[test]
fn a_call_that_waits_for_the_host_to_write_is_kept() {
    let (engine, component) = load(SUM);
    let mut store: Store<Wasmi> = Store::new(&engine, ());
    let instance = store.instantiate(&component, &Linker::new()).unwrap();
    let sum = store.function(&instance, "sum").unwrap();
    let (theirs, ours) = store.new_stream(Some(&Type::U8)).unwrap();
    let call = store.start(&sum, &[Val::Stream(theirs)]).unwrap();
    let early = store.run(call);
    assert!(early.is_err() && !matches!(early, Err(CallError::Deadlock(_))), "{early:?}");
    store.write(ours, vec![Val::U8(1), Val::U8(2)]).unwrap();
    store.poll(Waker::noop()).unwrap();
    store.next_end_event().unwrap();
    store.drop_end(ours).unwrap();
    assert_eq!(store.run(call).map_err(|error| error.to_string()), Ok(Some(Val::U32(2))));
}

#[test]
fn a_wrong_result_of_a_host_function_names_the_function() {
    let (engine, component) = load(&caller(""));
    let mut linker: Linker<Wasmi> = Linker::new();
    linker.function("f", |_, _| Ok(None));
    let mut store = Store::new(&engine, ());
    let instance = store.instantiate(&component, &linker).unwrap();
    let run = store.function(&instance, "run").unwrap();
    let error = store.call(&run, &[Val::U32(1)]).unwrap_err().to_string();
    assert!(error.contains("`f`") && error.contains("result"), "{error}");
}

#[tokio::test]
async fn a_wait_for_a_host_task_is_pending_until_the_host_ends_it() {
    let engine = Wasmi::default();
    let mut store = Store::<Wasmi>::new(&engine, ());
    let task = store.tasks().start().unwrap();
    let waited = tokio::time::timeout(Duration::from_millis(5), store.wait_for_task_async(task));
    assert!(waited.await.is_err(), "it is pending");
    store.tasks().complete(task, ()).unwrap();
    assert_eq!(store.wait_for_task_async(task).await.unwrap(), TaskStatus::Completed);
}

#[test]
fn cleaning_up_keeps_events_that_were_not_taken() {
    let engine = Wasmi::default();
    let mut store = Store::<Wasmi>::new(&engine, ());
    let task = store.tasks().start().unwrap();
    let set = store.waitable_sets().create_with(&[task]).unwrap();
    store.tasks().complete(task, 1).unwrap();
    store.tasks().clean_up().unwrap();
    assert!(matches!(store.waitable_sets().poll(set).unwrap(), WaitResult::Ready(_)));
}

#[test]
fn a_closure_that_panics_leaves_no_task_running() {
    let engine = Wasmi::default();
    let mut store = Store::<Wasmi>::new(&engine, ());
    let task = std::panic::AssertUnwindSafe(|| {
        let _ = weft::task::with_task(&mut store, |_, _| panic!("a bug of the host"));
    });
    assert!(std::panic::catch_unwind(task).is_err());
    assert_eq!(store.tasks().count(), 0);
}
