//! Components on an adapter outside Weft, which uses the core's public API alone.

use std::future::poll_fn;
use std::task::Poll;

use weft::abi::Val;
use weft::component::{Component, Instance, Linker, Store, StoreLimits};
use weft::engine::CoreEngine as _;
use weft::engine::wasmi::Wasmi;
use weft_counting_engine::{CountingEngine, Counts};

/// `add` adds two numbers. `double-twice` asks the host twice to double its argument, and waits for
/// each answer. `trap` traps.
const GUEST: &str = r#"
(component
  (import "double" (func $double async (param "number" u32) (result u32)))
  (canon lower (func $double) (core func $double))
  (canon task.return (result u32) (core func $task-return))
  (core module $Module
    (import "" "double" (func $double (param i32) (result i32)))
    (import "" "task-return" (func $task-return (param i32)))
    (memory (export "memory") 1)
    (func (export "add") (param i32 i32) (result i32)
      (i32.add (local.get 0) (local.get 1)))
    (func (export "double-twice") (param i32)
      (call $task-return (call $double (call $double (local.get 0)))))
    (func (export "trap") unreachable))
  (core instance $module (instantiate $Module
    (with "" (instance
      (export "double" (func $double))
      (export "task-return" (func $task-return))))))
  (func (export "add") (param "a" u32) (param "b" u32) (result u32)
    (canon lift (core func $module "add")))
  (func (export "double-twice") async (param "number" u32) (result u32)
    (canon lift (core func $module "double-twice") async))
  (func (export "trap") (canon lift (core func $module "trap"))))
"#;

/// Returns a linker whose `double` is pending when it is first polled.
fn linker() -> Linker<CountingEngine, ()> {
    let mut linker = Linker::new();
    linker.async_function("double", |_, arguments| async move {
        let [Val::U32(number)] = arguments.as_slice() else { return Err("a number".into()) };
        let mut is_ready = false;
        poll_fn(|context| {
            if std::mem::replace(&mut is_ready, true) {
                return Poll::Ready(());
            }
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
        Ok(Some(Val::U32(number * 2)))
    });
    linker
}

fn instantiate(engine: &CountingEngine) -> (Store<CountingEngine>, Instance<CountingEngine>) {
    let component = Component::new(engine, &wat::parse_str(GUEST).unwrap()).unwrap();
    let mut store = Store::new(engine, ());
    let instance = store.instantiate(&component, &linker()).unwrap();
    (store, instance)
}

#[test]
fn a_call_that_does_not_wait_is_one_call() {
    let engine = CountingEngine::default();
    let (mut store, instance) = instantiate(&engine);
    assert_eq!(engine.counts(), Counts::default());
    let add = store.function(&instance, "add").unwrap().typed::<(u32, u32), u32>().unwrap();
    assert_eq!(store.call(&add, (40, 2)).unwrap(), 42);
    assert_eq!(engine.counts(), Counts { calls: 1, ..Counts::default() });
}

#[test]
fn calls_that_wait_stop_and_continue_in_turns() {
    let engine = CountingEngine::default();
    let (mut store, instance) = instantiate(&engine);
    let double_twice = store.function(&instance, "double-twice").unwrap();
    let first = store.start(&double_twice, &[Val::U32(1)]).unwrap();
    let second = store.start(&double_twice, &[Val::U32(10)]).unwrap();
    assert_eq!(
        engine.counts(),
        Counts { calls: 2, host_function_calls: 2, stops: 2, resumptions: 0, releases: 0 }
    );
    assert_eq!(store.run(second).unwrap(), Some(Val::U32(40)));
    assert_eq!(store.run(first).unwrap(), Some(Val::U32(4)));
    // Each call asks twice, stops each time, and returns its result by a third host call.
    assert_eq!(
        engine.counts(),
        Counts { calls: 2, host_function_calls: 6, stops: 4, resumptions: 4, releases: 0 }
    );
}

#[test]
fn an_engine_is_told_of_released_core_instances() {
    let engine = CountingEngine::default();
    let (mut store, instance) = instantiate(&engine);
    store.remove_instance(&instance).unwrap();
    let released = engine.counts().releases;
    assert!(released > 0);
    let (mut store, instance) = instantiate(&engine);
    store.remove_instance(&instance).unwrap();
    assert_eq!(engine.counts().releases, 2 * released);
}

#[test]
fn traps_and_limits_are_those_of_the_wrapped_engine() {
    let engine = CountingEngine::new(Wasmi::default());
    assert_eq!(engine.capabilities(), Wasmi::default().capabilities());
    let (mut store, instance) = instantiate(&engine);
    let trap = store.function(&instance, "trap").unwrap();
    let error = store.call(&trap, &[]).unwrap_err().to_string();
    assert!(error.contains("unreachable"), "{error}");
    // The wrapper reports more about a trap than wasmi does.
    let trapped = store.last_trap().unwrap();
    assert_eq!(trapped.core_frames()[0].function.as_deref(), Some("call 1"));
    assert!(trapped.to_string().contains("\n-  core function `call 1`\n0: `trap`"), "{trapped}");

    let component = Component::new(&engine, &wat::parse_str(GUEST).unwrap()).unwrap();
    let mut store = Store::new(&engine, ());
    store.set_limits(StoreLimits::DEFAULT.with_memory_bytes(1));
    assert!(store.instantiate(&component, &linker()).is_err());
}
