//! The messages of deadlocks.

use std::task::Waker;

use weft::abi::Val;
use weft::component::{Awaited, CallError, Party};

use super::guests::GuestWorld;

/// `$outer` waits for a call of `$inner`, and for a read from a stream whose writable end it keeps;
/// `$inner` waits for an event that cannot come.
const NESTED: &str = r#"
(component
  (component $Inner
    (canon waitable-set.new (core func $set))
    (core module $Module
      (import "" "set" (func $set (result i32)))
      (func (export "stay") (result i32)
        (i32.or (i32.const 2 (; WAIT ;)) (i32.shl (call $set) (i32.const 4))))
      (func (export "callback") (param i32 i32 i32) (result i32) unreachable))
    (core instance $module (instantiate $Module (with "" (instance (export "set" (func $set))))))
    (func (export "stay") async
      (canon lift (core func $module "stay") async (callback (core func $module "callback")))))
  (component $Outer
    (import "stay" (func $stay async))
    (type $stream (stream u8))
    (core module $Memory (memory (export "memory") 1))
    (core instance $memory (instantiate $Memory))
    (canon lower (func $stay) async (memory (core memory $memory "memory")) (core func $stay))
    (canon stream.new $stream (core func $stream))
    (canon stream.read $stream async (memory (core memory $memory "memory")) (core func $read))
    (canon waitable.join (core func $join))
    (canon waitable-set.new (core func $set))
    (canon waitable-set.wait (memory (core memory $memory "memory")) (core func $wait))
    (core module $Module
      (import "" "stay" (func $stay (result i32)))
      (import "" "stream" (func $stream (result i64)))
      (import "" "read" (func $read (param i32 i32 i32) (result i32)))
      (import "" "join" (func $join (param i32 i32)))
      (import "" "set" (func $set (result i32)))
      (import "" "wait" (func $wait (param i32 i32) (result i32)))
      (func (export "run")
        (local $set i32) (local $end i32)
        (local.set $set (call $set))
        (call $join (i32.shr_u (call $stay) (i32.const 4)) (local.get $set))
        (local.set $end (i32.wrap_i64 (call $stream)))
        (drop (call $read (local.get $end) (i32.const 0) (i32.const 1)))
        (call $join (local.get $end) (local.get $set))
        (drop (call $wait (local.get $set) (i32.const 0))))
      (func (export "ok")))
    (core instance $module (instantiate $Module (with "" (instance
      (export "stay" (func $stay))
      (export "stream" (func $stream))
      (export "read" (func $read))
      (export "join" (func $join))
      (export "set" (func $set))
      (export "wait" (func $wait))))))
    (func (export "run") async (canon lift (core func $module "run")))
    (func (export "ok") (canon lift (core func $module "ok"))))
  (instance $inner (instantiate $Inner))
  (instance $outer (instantiate $Outer (with "stay" (func $inner "stay"))))
  (func (export "run") (alias export $outer "run"))
  (func (export "ok") (alias export $outer "ok")))"#;

#[test]
fn a_deadlock_names_the_waiting_tasks_and_possible_wakers() {
    let mut world = GuestWorld::new();
    let nested = world.instance(NESTED);
    let (run, ok) = (world.function(&nested, "run"), world.function(&nested, "ok"));
    let error = world.store.call(&run, &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "deadlock detected: event loop cannot make further progress\n\
         - `run` of instance 1/1 waits for `stay` of instance 1/0 to return; \
         or for instance 1/1 to write to a stream\n\
         - `stay` of instance 1/0 waits for an event of a waitable set without members"
    );
    let CallError::Deadlock(deadlock) = error else { panic!("{error}") };
    let [outer, inner] = deadlock.tasks.as_slice() else { panic!("{deadlock}") };
    assert_eq!((&*outer.function, &*outer.instance), ("run", "1/1"));
    let stay = Party::Task { function: "stay".into(), instance: "1/0".into() };
    assert_eq!(outer.awaits.first(), Some(&Awaited::Call(stay)));
    assert_eq!(inner.awaits, [Awaited::EmptySet]);
    assert!(world.store.poll(Waker::noop()).unwrap().is_at_rest());
    world.store.call(&ok, &[]).unwrap();
}

#[test]
fn a_call_that_waits_for_the_host_is_no_deadlock() {
    let mut world = GuestWorld::new();
    let asked = world.questions.clone();
    let guest = world.guest();
    let (ask, stuck) = (world.function(&guest, "ask"), world.function(&guest, "stuck"));
    let stuck = world.store.start(&stuck, &[]).unwrap();
    let call = world.store.start(&ask, &[Val::U32(1)]).unwrap();
    let waiting = world.store.waiting();
    let awaits: Vec<_> = waiting.iter().map(|task| (&*task.function, &*task.awaits)).collect();
    let host = Awaited::Call(Party::HostFunction("wait".into()));
    assert_eq!(awaits, [("stuck", [Awaited::EmptySet].as_slice()), ("ask", &[host])]);
    asked.answer(1, 11);
    let error = world.store.run(stuck).unwrap_err();
    assert!(matches!(error, CallError::Deadlock(_)), "{error}");
    assert_eq!(world.store.run(call).unwrap(), Some(Val::U32(11)));
}

#[test]
fn a_task_that_waits_to_enter_names_the_task_inside() {
    let mut world = GuestWorld::new();
    let guest = world.instance(
        r#"(component
          (canon thread.suspend (core func $suspend))
          (core module $Module
            (import "" "suspend" (func $suspend (result i32)))
            (func (export "stay") (drop (call $suspend))))
          (core instance $module (instantiate $Module (with "" (instance
            (export "suspend" (func $suspend))))))
          (func (export "first") async (canon lift (core func $module "stay")))
          (func (export "second") async (canon lift (core func $module "stay"))))"#,
    );
    let (first, second) = (world.function(&guest, "first"), world.function(&guest, "second"));
    let first = world.store.start(&first, &[]).unwrap();
    let error = world.store.call(&second, &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "deadlock detected: event loop cannot make further progress\n\
         - `first` of instance 1 waits for another thread of its instance to resume it\n\
         - `second` of instance 1 waits for `first` of instance 1 to give up the instance"
    );
    assert!(matches!(world.store.run(first), Err(CallError::Deadlock(_))));
}

#[test]
fn a_deadlock_of_many_tasks_names_some_and_counts_the_rest() {
    let mut world = GuestWorld::new();
    let stuck = world.guest_function("stuck");
    let calls: Vec<_> = (0..1_000).map(|_| world.store.start(&stuck, &[]).unwrap()).collect();
    assert_eq!(world.store.waiting().len(), 1_000);
    let error = world.store.run(calls[0]).unwrap_err();
    let text = error.to_string();
    assert_eq!(text.lines().count(), 1 + 64 + 1, "{text}");
    assert_eq!(text.lines().last(), Some("- and 936 more"));
    let CallError::Deadlock(deadlock) = error else { panic!("{error}") };
    assert_eq!((deadlock.tasks.len(), deadlock.num_others), (64, 936));
}

/// Waits on a set with a number of reads of streams in it.
const WAITS_FOR_MANY: &str = r#"
(component
  (type $stream (stream))
  (core module $Memory (memory (export "memory") 1))
  (core instance $memory (instantiate $Memory))
  (canon stream.new $stream (core func $stream))
  (canon stream.read $stream async (memory (core memory $memory "memory")) (core func $read))
  (canon waitable.join (core func $join))
  (canon waitable-set.new (core func $set))
  (canon waitable-set.wait (memory (core memory $memory "memory")) (core func $wait))
  (core module $Module
    (import "" "stream" (func $stream (result i64)))
    (import "" "read" (func $read (param i32 i32 i32) (result i32)))
    (import "" "join" (func $join (param i32 i32)))
    (import "" "set" (func $set (result i32)))
    (import "" "wait" (func $wait (param i32 i32) (result i32)))
    (func (export "run") (param $count i32)
      (local $set i32) (local $end i32)
      (local.set $set (call $set))
      (loop $again
        (local.set $end (i32.wrap_i64 (call $stream)))
        (drop (call $read (local.get $end) (i32.const 0) (i32.const 1)))
        (call $join (local.get $end) (local.get $set))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br_if $again (local.get $count)))
      (drop (call $wait (local.get $set) (i32.const 0)))))
  (core instance $module (instantiate $Module (with "" (instance
    (export "stream" (func $stream))
    (export "read" (func $read))
    (export "join" (func $join))
    (export "set" (func $set))
    (export "wait" (func $wait))))))
  (func (export "run") async (param "count" u32) (canon lift (core func $module "run") async)))"#;

#[test]
fn a_task_that_waits_for_many_things_names_some_and_counts_the_rest() {
    let mut world = GuestWorld::new();
    let guest = world.instance(WAITS_FOR_MANY);
    let run = world.function(&guest, "run");
    let calls = [100, 64].map(|it| world.store.start(&run, &[Val::U32(it)]).unwrap());
    let error = world.store.run(calls[0]).unwrap_err();
    let text = error.to_string();
    let lines: Vec<_> = text.lines().collect();
    assert!(lines[1].ends_with("to write to a stream; or for any of 36 more"), "{text}");
    assert!(lines[2].ends_with("; or for instance 1 to write to a stream"), "{text}");
    let CallError::Deadlock(deadlock) = error else { panic!("{error}") };
    let counts: Vec<_> = deadlock.tasks.iter().map(|it| (it.awaits.len(), it.num_others)).collect();
    assert_eq!(counts, [(64, 36), (64, 0)]);
}
