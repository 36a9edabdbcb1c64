//! Waiting for an action of the host: futures are pending, and a call that blocks returns an error
//! that keeps the call.

use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use weft::abi::{Type, Val};
use weft::component::{CallError, CallId, Caller, Function, HostAwaited, ThreadError};
use weft::engine::wasmi::Wasmi;
use weft::machine::EndId;
use weft::task::TaskStatus;
use weft::thread::ThreadSpawnConfig;
use weft::trap::{CopyDirection, EndKind};
use weft::waitable::WaitResult;

use super::guests::GuestWorld;

/// `sum` counts the elements of a stream. `outer` calls it and waits; `set` waits for it in a set.
/// `read-own` counts the elements of a stream that it creates, and `write-own` writes three to that
/// stream.
const STREAMS: &str = r#"
(component
  (component $Inner
    (type $Stream (stream u8))
    (core module $Memory (memory (export "memory") 1))
    (core instance $memory (instantiate $Memory))
    (canon stream.new $Stream (core func $new))
    (canon stream.read $Stream (memory (core memory $memory "memory")) (core func $read))
    (canon stream.write $Stream (memory (core memory $memory "memory")) (core func $write))
    (canon stream.drop-writable $Stream (core func $drop))
    (canon task.return (result u32) (core func $return))
    (core module $Module
      (import "" "new" (func $new (result i64)))
      (import "" "read" (func $read (param i32 i32 i32) (result i32)))
      (import "" "write" (func $write (param i32 i32 i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (import "" "return" (func $return (param i32)))
      (global $ends (mut i64) (i64.const 0))
      (func $sum (export "sum") (param $in i32) (local $n i32) (local $t i32)
        (loop $again
          (local.set $n (call $read (local.get $in) (i32.const 0) (i32.const 1024)))
          (local.set $t (i32.add (local.get $t) (i32.shr_u (local.get $n) (i32.const 4))))
          (br_if $again (i32.eqz (i32.and (local.get $n) (i32.const 15)))))
        (call $return (local.get $t)))
      (func (export "read-own")
        (global.set $ends (call $new))
        (call $sum (i32.wrap_i64 (global.get $ends))))
      (func (export "write-own") (local $end i32)
        (local.set $end (i32.wrap_i64 (i64.shr_u (global.get $ends) (i64.const 32))))
        (drop (call $write (local.get $end) (i32.const 0) (i32.const 3)))
        (call $drop (local.get $end))
        (call $return (i32.const 0))))
    (core instance $module (instantiate $Module (with "" (instance
      (export "new" (func $new)) (export "read" (func $read)) (export "write" (func $write))
      (export "drop" (func $drop)) (export "return" (func $return))))))
    (func (export "sum") async (param "in" $Stream) (result u32)
      (canon lift (core func $module "sum") async))
    (func (export "read-own") async (result u32)
      (canon lift (core func $module "read-own") async))
    (func (export "write-own") async (result u32)
      (canon lift (core func $module "write-own") async)))
  (component $Outer
    (type $Stream (stream u8))
    (import "sum" (func $sum async (param "in" $Stream) (result u32)))
    (core module $Memory (memory (export "memory") 1))
    (core instance $memory (instantiate $Memory))
    (canon lower (func $sum) (core func $sum))
    (canon lower (func $sum) async (memory (core memory $memory "memory")) (core func $begin))
    (canon waitable.join (core func $join))
    (canon waitable-set.new (core func $set))
    (canon waitable-set.wait (memory (core memory $memory "memory")) (core func $wait))
    (canon subtask.drop (core func $drop))
    (canon task.return (result u32) (core func $return))
    (core module $Module
      (import "" "memory" (memory 1))
      (import "" "sum" (func $sum (param i32) (result i32)))
      (import "" "begin" (func $begin (param i32 i32) (result i32)))
      (import "" "join" (func $join (param i32 i32)))
      (import "" "set" (func $set (result i32)))
      (import "" "wait" (func $wait (param i32 i32) (result i32)))
      (import "" "drop" (func $drop (param i32)))
      (import "" "return" (func $return (param i32)))
      (func (export "outer") (param i32) (call $return (call $sum (local.get 0))))
      (func (export "set") (param $in i32) (local $set i32) (local $call i32)
        (local.set $set (call $set))
        (local.set $call
          (i32.shr_u (call $begin (local.get $in) (i32.const 64)) (i32.const 4)))
        (call $join (local.get $call) (local.get $set))
        (drop (call $wait (local.get $set) (i32.const 0)))
        (call $drop (local.get $call))
        (call $return (i32.load (i32.const 64)))))
    (core instance $module (instantiate $Module (with "" (instance
      (export "memory" (memory $memory "memory"))
      (export "sum" (func $sum)) (export "begin" (func $begin)) (export "join" (func $join))
      (export "set" (func $set)) (export "wait" (func $wait)) (export "drop" (func $drop))
      (export "return" (func $return))))))
    (func (export "outer") async (param "in" $Stream) (result u32)
      (canon lift (core func $module "outer") async))
    (func (export "set") async (param "in" $Stream) (result u32)
      (canon lift (core func $module "set") async)))
  (instance $inner (instantiate $Inner))
  (instance $outer (instantiate $Outer (with "sum" (func $inner "sum"))))
  (func (export "sum") (alias export $inner "sum"))
  (func (export "read-own") (alias export $inner "read-own"))
  (func (export "write-own") (alias export $inner "write-own"))
  (func (export "outer") (alias export $outer "outer"))
  (func (export "set") (alias export $outer "set")))"#;

/// Starts a call of a function with the readable end of a new stream, whose other end the host
/// holds.
fn begin(world: &mut GuestWorld, function: &Function) -> (CallId, EndId) {
    let (theirs, ours) = world.store.new_stream(Some(&Type::U8)).unwrap();
    (world.store.start(function, &[Val::Stream(theirs)]).unwrap(), ours)
}

/// Writes two elements, and ends the stream.
fn finish(world: &mut GuestWorld, end: EndId) {
    world.store.write(end, vec![Val::U8(1), Val::U8(2)]).unwrap();
    world.store.poll(Waker::noop()).unwrap();
    world.store.next_end_event().unwrap();
    world.store.drop_end(end).unwrap();
}

#[test]
fn an_indirect_wait_for_the_host_names_the_end_and_keeps_the_call() {
    let mut world = GuestWorld::new();
    let guest = world.instance(STREAMS);
    for (name, chain) in [("sum", 1), ("outer", 2), ("set", 2)] {
        let function = world.function(&guest, name);
        let (call, end) = begin(&mut world, &function);
        for _ in 0..2 {
            let error = world.store.run(call).unwrap_err();
            assert_eq!(error.kept_call(), Some(call));
            let CallError::WaitsForHost(waits) = error else { panic!("{error}") };
            let direction = CopyDirection::Write;
            let kind = EndKind::Stream;
            assert_eq!(waits.awaited, [HostAwaited::End { end, kind, direction }], "{name}");
            let functions: Vec<_> = waits.tasks.iter().map(|task| &*task.function).collect();
            assert_eq!(functions, [name, "sum"][2 - chain..], "{waits}");
            let text = format!("it writes to the stream of which it holds end {end}");
            assert!(waits.to_string().contains(&text), "{waits}");
        }
        finish(&mut world, end);
        assert_eq!(world.store.run(call).unwrap(), Some(Val::U32(2)), "{name}");
    }
}

#[test]
fn the_error_of_a_blocking_call_has_the_calls_id() {
    let mut world = GuestWorld::new();
    let guest = world.instance(STREAMS);
    let sum = world.function(&guest, "sum");
    let (theirs, ours) = world.store.new_stream(Some(&Type::U8)).unwrap();
    let error = world.store.call(&sum, &[Val::Stream(theirs)]).unwrap_err();
    let call = error.kept_call::<Option<Val>>().unwrap();
    assert_eq!(world.store.tasks().status(call.task()), Ok(TaskStatus::Running));
    finish(&mut world, ours);
    assert_eq!(world.store.run(call).unwrap(), Some(Val::U32(2)));
}

#[test]
fn taking_a_kept_calls_result_as_another_type_is_an_error() {
    let mut world = GuestWorld::new();
    let guest = world.instance(STREAMS);
    let sum = world.function(&guest, "sum");
    let (theirs, ours) = world.store.new_stream(Some(&Type::U8)).unwrap();
    let error = world.store.call(&sum, &[Val::Stream(theirs)]).unwrap_err();
    let call = error.kept_call::<String>().unwrap();
    finish(&mut world, ours);
    let error = world.store.run(call).unwrap_err();
    assert!(matches!(error, CallError::Error(_)), "{error}");
}

#[test]
fn every_future_is_pending_while_the_host_has_to_act() {
    let mut world = GuestWorld::new();
    let guest = world.instance(STREAMS);
    let outer = world.function(&guest, "set");
    let (call, end) = begin(&mut world, &outer);
    let task = call.task();
    let cx = &mut Context::from_waker(Waker::noop());

    let mut run = world.store.run_async(call);
    for _ in 0..3 {
        assert!(pin!(&mut run).poll(cx).is_pending());
    }
    assert_eq!(run.keep(), Some(call));
    assert!(pin!(world.store.wait_for_task_async(task)).poll(cx).is_pending());
    let waits = world.store.waits_for_host(task).unwrap();
    assert!(matches!(waits.awaited[..], [HostAwaited::End { end: awaited, .. }] if awaited == end));

    let set = world.store.waitable_sets().create_with(&[task]).unwrap();
    while let WaitResult::Ready(_) = world.store.waitable_sets().poll(set).unwrap() {}
    let around = world.store.waitable_sets().create_with(&[set]).unwrap();
    assert!(pin!(world.store.wait_for_set_async(around)).poll(cx).is_pending());
    let error = world.store.wait_for_set(around).unwrap_err();
    assert!(matches!(error, CallError::WaitsForHost(_)), "{error}");
    // A closed set does not report anything.
    let closed = world.store.waitable_sets().create().unwrap();
    world.store.waitable_sets().add(closed, set).unwrap();
    world.store.waitable_sets().close(set).unwrap();
    let error = world.store.wait_for_set(closed).unwrap_err();
    assert!(matches!(error, CallError::Deadlock(_)), "{error}");

    finish(&mut world, end);
    let Poll::Ready(status) = pin!(world.store.wait_for_task_async(task)).poll(cx) else {
        panic!("the call has ended")
    };
    assert_eq!(status.unwrap(), TaskStatus::Completed);
    assert_eq!(world.store.waits_for_host(task), None);
    assert_eq!(world.store.run(call).unwrap(), Some(Val::U32(2)));
}

#[test]
fn a_set_with_a_host_end_waits_for_the_host() {
    let mut world = GuestWorld::new();
    let (readable, writable) = world.store.new_stream(Some(&Type::U8)).unwrap();
    world.store.read(readable, 1).unwrap();
    let set = world.store.waitable_sets().create_with(&[readable]).unwrap();
    let error = world.store.wait_for_set(set).unwrap_err();
    assert!(error.kept_call::<Option<Val>>().is_none());
    let CallError::WaitsForHost(waits) = error else { panic!("{error}") };
    assert!(matches!(waits.awaited[..], [HostAwaited::End { end, .. }] if end == readable));
    let cx = &mut Context::from_waker(Waker::noop());
    assert!(pin!(world.store.wait_for_set_async(set)).poll(cx).is_pending());
    world.store.write(writable, vec![Val::U8(1)]).unwrap();
    assert!(matches!(world.store.wait_for_set(set).unwrap(), WaitResult::Ready(_)));
}

#[test]
fn a_thread_that_waits_for_the_host_is_joined_later() {
    let mut world = GuestWorld::new();
    let guest = world.instance(STREAMS);
    let sum = world.store.function_reference(&guest, "sum").unwrap();
    let (theirs, ours) = world.store.new_stream(Some(&Type::U8)).unwrap();
    let config = ThreadSpawnConfig::default();
    let arguments = [Val::Stream(theirs)];
    let thread = world.store.spawn_thread_ref(&sum, &arguments, config, None).unwrap();
    let error = world.store.join_thread(thread).unwrap_err();
    let ThreadError::Call(error @ CallError::WaitsForHost(_)) = error else { panic!("{error}") };
    assert_eq!(error.kept_call(), Some(thread.call()));
    let cx = &mut Context::from_waker(Waker::noop());
    assert!(pin!(world.store.join_thread_async(thread).unwrap()).poll(cx).is_pending());
    finish(&mut world, ours);
    assert_eq!(world.store.join_thread(thread).unwrap(), Some(Val::U32(2)));
}

#[test]
fn a_deadlock_is_found_beside_a_guest_that_waits_for_the_host() {
    let mut world = GuestWorld::new();
    let guest = world.instance(STREAMS);
    let (sum, stuck) = (world.function(&guest, "sum"), world.guest_function("stuck"));
    let (call, end) = begin(&mut world, &sum);
    let error = world.store.call(&stuck, &[]).unwrap_err();
    let CallError::Deadlock(deadlock) = &error else { panic!("{error}") };
    assert_eq!(deadlock.tasks.len(), 2);
    // It is kept, and accepts its cancellation.
    let kept = error.kept_call::<Option<Val>>().unwrap();
    world.store.forget(kept).unwrap();
    finish(&mut world, end);
    assert_eq!(world.store.run(call).unwrap(), Some(Val::U32(2)));
}

#[test]
fn a_guest_in_a_deadlock_continues_after_another_call_wakes_it() {
    let mut world = GuestWorld::new();
    let guest = world.instance(STREAMS);
    let (read, write) = (world.function(&guest, "read-own"), world.function(&guest, "write-own"));
    let error = world.store.call(&read, &[]).unwrap_err();
    assert!(matches!(error, CallError::Deadlock(_)), "{error}");
    let call = error.kept_call::<Option<Val>>().unwrap();
    world.store.start(&write, &[]).unwrap();
    assert_eq!(world.store.run(call).unwrap(), Some(Val::U32(3)));
}

#[test]
fn a_guest_whose_instance_waits_for_the_host_may_be_woken_by_that() {
    let mut world = GuestWorld::new();
    let guest = world.instance(STREAMS);
    let (read, sum) = (world.function(&guest, "read-own"), world.function(&guest, "sum"));
    let reading = world.store.start(&read, &[]).unwrap();
    let error = world.store.run(reading).unwrap_err();
    assert!(matches!(error, CallError::Deadlock(_)), "{error}");
    let (call, end) = begin(&mut world, &sum);
    let error = world.store.run(reading).unwrap_err();
    assert!(matches!(error, CallError::WaitsForHost(_)), "{error}");
    finish(&mut world, end);
    assert_eq!(world.store.run(call).unwrap(), Some(Val::U32(2)));
    let error = world.store.run(reading).unwrap_err();
    assert!(matches!(error, CallError::Deadlock(_)), "{error}");
}

#[test]
fn a_call_that_is_dropped_while_it_waits_for_the_host_is_cancelled() {
    let mut world = GuestWorld::new();
    let guest = world.instance(STREAMS);
    let sum = world.function(&guest, "sum");
    let (theirs, _) = world.store.new_stream(Some(&Type::U8)).unwrap();
    let cx = &mut Context::from_waker(Waker::noop());
    assert!(pin!(world.store.call_async(&sum, &[Val::Stream(theirs)])).poll(cx).is_pending());
    assert_eq!(world.store.poll(Waker::noop()).unwrap().calls, 0);
    // Nothing was started, so there is nothing to keep.
    let (theirs, _) = world.store.new_stream(Some(&Type::U8)).unwrap();
    assert!(world.store.call_async(&sum, &[Val::Stream(theirs)]).keep().is_none());
}

#[tokio::test]
async fn a_future_continues_after_a_handle_acted_for_the_host() {
    let mut world = GuestWorld::new();
    let guest = world.instance(STREAMS);
    let sum = world.function(&guest, "sum");
    let (call, end) = begin(&mut world, &sum);
    let task = world.store.tasks().start().unwrap();
    let access = world.store.access();
    let acting = async move {
        tokio::time::sleep(Duration::from_millis(5)).await;
        let write = move |caller: &mut Caller<'_, '_, Wasmi, ()>| {
            caller.write(end, vec![Val::U8(1), Val::U8(2)]).unwrap();
        };
        access.with(write).await.unwrap();
        let finish = move |caller: &mut Caller<'_, '_, Wasmi, ()>| {
            caller.next_end_event().unwrap();
            caller.drop_end(end).unwrap();
            caller.tasks().complete(task, ()).unwrap();
        };
        access.with(finish).await.unwrap();
    };
    let ((), status) = tokio::join!(acting, world.store.wait_for_task_async(task));
    assert_eq!(status.unwrap(), TaskStatus::Completed);
    assert_eq!(world.store.run(call).unwrap(), Some(Val::U32(2)));
}

#[test]
fn a_blocking_call_waits_while_a_handle_could_act_for_the_host() {
    let mut world = GuestWorld::new();
    let [task, other] = [(); 2].map(|()| world.store.tasks().start().unwrap());
    let access = world.store.access();
    let acting = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let complete = access.with(move |caller| caller.tasks().complete(task, ()));
        runtime.block_on(complete).unwrap().unwrap();
    });
    let status = world.store.wait_for_task(task).unwrap();
    assert_eq!(status, TaskStatus::Completed);
    acting.join().unwrap();
    let error = world.store.wait_for_task(other).unwrap_err();
    assert!(matches!(error, CallError::WaitsForHost(_)), "{error}");
    // The handle that is dropped during the wait is the last one.
    let access = world.store.access();
    let dropping = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(20));
        drop(access);
    });
    let error = world.store.wait_for_task(other).unwrap_err();
    assert!(matches!(error, CallError::WaitsForHost(_)), "{error}");
    dropping.join().unwrap();
}
