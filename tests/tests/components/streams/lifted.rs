//! Handles that the host lifts from a guest, which traps before the host has got all values. The
//! host drops them, so that the holders of other ends learn of it, and nothing is left.

use std::any::Any;
use std::future::pending;
use std::iter::repeat;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Waker;

use tokio::task::yield_now;
use weft::abi::{ComponentType, Lift, Lower, Val};
use weft::binding::{Borrow, Own};
use weft::component::streams::{self, StreamError, Transfer};
use weft::component::{CallError, HostError, HostResourceType, Instance, StoreLimits};
use weft::engine::wasmi::Wasmi;
use weft::handle::{ErrorContext, FutureHandle, StreamHandle};
use weft::limits::Table;
use weft::machine::EndId;
use weft_tests::world::World;

/// A guest that passes a stream, a future and an error context with a list beyond its memory: as
/// arguments of the host, as a result, and as the result of a task.
const PASSES: &str = r#"(component
    (type $s (stream u8))
    (type $f (future u8))
    (type $all (tuple $s $f error-context (list u8)))
    (import "sync" (func $sync (param "all" $all)))
    (import "async" (func $async async (param "all" $all)))
    (import "wait" (func $wait async))
    (core module $Memory (memory (export "m") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable))
    (core instance $memory (instantiate $Memory))
    (core func $sync (canon lower (func $sync) (memory (core memory $memory "m"))))
    (core func $async (canon lower (func $async) (memory (core memory $memory "m"))))
    (core func $wait (canon lower (func $wait)))
    (core func $return (canon task.return (result $all) (memory (core memory $memory "m"))))
    (core module $Module
        (import "" "m" (memory 1))
        (import "" "sync" (func $sync (param i32 i32 i32 i32 i32)))
        (import "" "async" (func $async (param i32 i32 i32 i32 i32)))
        (import "" "wait" (func $wait))
        (import "" "return" (func $return (param i32 i32 i32 i32 i32)))
        (func (export "sync") (param $s i32) (param $f i32) (param $e i32)
            (call $sync (local.get $s) (local.get $f) (local.get $e)
                (i32.const 65536) (i32.const 1)))
        (func (export "async") (param $s i32) (param $f i32) (param $e i32)
            (call $async (local.get $s) (local.get $f) (local.get $e)
                (i32.const 65536) (i32.const 1)))
        (func (export "result") (param $s i32) (param $f i32) (param $e i32) (result i32)
            (i32.store (i32.const 0) (local.get $s))
            (i32.store (i32.const 4) (local.get $f))
            (i32.store (i32.const 8) (local.get $e))
            (i32.store (i32.const 12) (i32.const 65536))
            (i32.store (i32.const 16) (i32.const 1))
            (i32.const 0))
        (func (export "task") (param $s i32) (param $f i32) (param $e i32)
            (call $return (local.get $s) (local.get $f) (local.get $e)
                (i32.const 65536) (i32.const 1)))
        (func (export "later") (param $s i32) (param $f i32) (param $e i32)
            (call $wait)
            (call $return (local.get $s) (local.get $f) (local.get $e)
                (i32.const 65536) (i32.const 1))))
    (core instance $module (instantiate $Module (with "" (instance
        (export "m" (memory $memory "m")) (export "wait" (func $wait)) (export "sync" (func $sync))
        (export "async" (func $async)) (export "return" (func $return))))))
    (func (export "sync") async (param "s" $s) (param "f" $f) (param "e" error-context)
        (canon lift (core func $module "sync")))
    (func (export "async") async (param "s" $s) (param "f" $f) (param "e" error-context)
        (canon lift (core func $module "async")))
    (func (export "result") (param "s" $s) (param "f" $f) (param "e" error-context) (result $all)
        (canon lift (core func $module "result") (memory (core memory $memory "m"))))
    (func (export "task") async (param "s" $s) (param "f" $f) (param "e" error-context)
        (result $all) (canon lift (core func $module "task") async
            (memory (core memory $memory "m"))))
    (func (export "later") async (param "s" $s) (param "f" $f) (param "e" error-context)
        (result $all) (canon lift (core func $module "later") async
            (memory (core memory $memory "m")))))"#;

/// A guest that writes a stream and a handle that it doesn't have to a stream of streams, and a
/// stream with a list beyond its memory to a future.
const WRITES: &str = r#"(component
    (type $s (stream u8))
    (type $stream (stream $s))
    (type $future (future (tuple $s (list u8))))
    (core module $Memory (memory (export "m") 1))
    (core instance $memory (instantiate $Memory))
    (core func $new-stream (canon stream.new $stream))
    (core func $new-future (canon future.new $future))
    (core func $write-stream
        (canon stream.write $stream async (memory (core memory $memory "m"))))
    (core func $write-future
        (canon future.write $future async (memory (core memory $memory "m"))))
    (core module $Module
        (import "" "m" (memory 1))
        (import "" "new-stream" (func $new-stream (result i64)))
        (import "" "new-future" (func $new-future (result i64)))
        (import "" "write-stream" (func $write-stream (param i32 i32 i32) (result i32)))
        (import "" "write-future" (func $write-future (param i32 i32) (result i32)))
        (global $writable (mut i32) (i32.const 0))
        (func $readable (param $ends i64) (result i32)
            (global.set $writable (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32))))
            (i32.wrap_i64 (local.get $ends)))
        (func (export "make-stream") (result i32) (call $readable (call $new-stream)))
        (func (export "make-future") (result i32) (call $readable (call $new-future)))
        (func (export "write-stream") (param i32)
            (i32.store (i32.const 64) (local.get 0))
            (i32.store (i32.const 68) (i32.const 99))
            (drop (call $write-stream (global.get $writable) (i32.const 64) (i32.const 2))))
        (func (export "write-future") (param i32)
            (i32.store (i32.const 64) (local.get 0))
            (i32.store (i32.const 68) (i32.const 65536))
            (i32.store (i32.const 72) (i32.const 1))
            (drop (call $write-future (global.get $writable) (i32.const 64)))))
    (core instance $module (instantiate $Module (with "" (instance
        (export "m" (memory $memory "m"))
        (export "new-stream" (func $new-stream)) (export "new-future" (func $new-future))
        (export "write-stream" (func $write-stream))
        (export "write-future" (func $write-future))))))
    (func (export "make-stream") (result $stream) (canon lift (core func $module "make-stream")))
    (func (export "make-future") (result $future) (canon lift (core func $module "make-future")))
    (func (export "write-stream") (param "s" $s) (canon lift (core func $module "write-stream")))
    (func (export "write-future") (param "s" $s)
        (canon lift (core func $module "write-future"))))"#;

/// The values that the host never gets.
type All = (StreamHandle<u8>, FutureHandle<u8>, ErrorContext, Vec<u8>);

/// A stream, a future and an error context of the host, which a guest passes on.
struct Passed {
    stream: Transfer<()>,
    future: Transfer<()>,
    handles: [Val; 3],
}

impl Passed {
    fn new(world: &mut World) -> Self {
        let (readable, stream) = world.store.stream_from(streams::iter(repeat(1_u8))).unwrap();
        let (value, future) = world.store.future_from(pending::<u8>()).unwrap();
        let error = world.store.new_error_context("lost").unwrap();
        let handles =
            [Val::Stream(readable.end()), Val::Future(value.end()), Val::ErrorContext(error)];
        Self { stream, future, handles }
    }

    fn arguments(&self) -> (StreamHandle<u8>, FutureHandle<u8>, ErrorContext) {
        match self.handles {
            [Val::Stream(s), Val::Future(f), Val::ErrorContext(e)] => {
                (s.into(), f.into(), e.into())
            }
            _ => panic!(),
        }
    }

    /// Checks that all of it was dropped.
    fn check_dropped(self, world: &mut World, instance: &Instance<Wasmi>) {
        for sending in [self.stream, self.future] {
            check_dropped(world, sending);
        }
        world.store.remove_instance(instance).unwrap();
        check_empty(world);
    }
}

/// Checks that the source of an end has learned that the other end was dropped.
#[track_caller]
fn check_dropped(world: &mut World, sending: Transfer<()>) {
    world.store.poll(Waker::noop()).unwrap();
    assert!(sending.is_finished(), "the other end is left");
    match world.store.block_on(sending) {
        Err(StreamError::Dropped) => {}
        other => panic!("{other:?}"),
    }
}

/// Checks that nothing is left after all instances were removed.
fn check_empty(world: &World) {
    for table in [Table::Waitables, Table::ErrorContexts, Table::Handles] {
        assert_eq!(world.store.count_of(table), 0, "{table}");
    }
}

/// Checks that a call ends with the trap of a list beyond the memory.
fn check_trap<R: std::fmt::Debug>(result: Result<R, CallError>) {
    let error = result.unwrap_err().to_string();
    assert!(error.contains("out-of-bounds") || error.contains("out of bounds"), "{error}");
}

/// Returns the failure of a host function that may not be called.
fn called<R>() -> Result<R, HostError> {
    Err("it is called".into())
}

fn dynamic() -> World {
    let mut world = World::new();
    world.linker.function("sync", |_, _| called());
    world.linker.async_function("async", |_, _| async { called() });
    world.linker.typed_async_function("wait", |_, ()| async {
        yield_now().await;
        Ok(())
    });
    world
}

fn typed() -> World {
    let mut world = World::new();
    world.linker.typed_function("sync", |_, (_,): (All,)| called::<()>());
    world.linker.typed_async_function("async", |_, (_,): (All,)| async { called::<()>() });
    world.linker.typed_async_function("wait", |_, ()| async { Ok(()) });
    world
}

#[test]
fn arguments_of_host_functions_are_dropped_if_one_is_invalid() {
    for mut world in [dynamic(), typed()] {
        for name in ["sync", "async"] {
            let instance = world.instance(PASSES);
            let passed = Passed::new(&mut world);
            check_trap(world.try_call(&instance, name, &passed.handles));
            passed.check_dropped(&mut world, &instance);
        }
    }
}

#[test]
fn results_are_dropped_if_a_part_is_invalid() {
    for name in ["result", "task"] {
        let mut world = dynamic();
        let instance = world.instance(PASSES);
        let passed = Passed::new(&mut world);
        check_trap(world.try_call(&instance, name, &passed.handles));
        passed.check_dropped(&mut world, &instance);

        let instance = world.instance(PASSES);
        let passed = Passed::new(&mut world);
        let function = world.function(&instance, name).typed::<_, All>().unwrap();
        check_trap(world.store.call(&function, passed.arguments()));
        passed.check_dropped(&mut world, &instance);
    }
}

#[test]
fn results_of_forgotten_calls_are_dropped_if_a_part_is_invalid() {
    let mut world = dynamic();
    let instance = world.instance(PASSES);
    let passed = Passed::new(&mut world);
    let function = world.function(&instance, "later");
    let call = world.store.start(&function, &passed.handles).unwrap();
    world.store.forget(call).unwrap();
    world.store.poll(Waker::noop()).unwrap();
    assert!(world.store.last_trap().is_some());
    passed.check_dropped(&mut world, &instance);
}

/// A guest that, after a while, returns a stream, and keeps a resource that it has borrowed.
const KEEPS: &str = r#"(component
    (import "file" (type $file (sub resource)))
    (import "wait" (func $wait async))
    (type $s (stream u8))
    (core func $wait (canon lower (func $wait)))
    (core module $Module
        (import "" "wait" (func $wait))
        (func (export "keep") (param i32 i32) (result i32) (call $wait) (local.get 1)))
    (core instance $module (instantiate $Module (with "" (instance
        (export "wait" (func $wait))))))
    (func (export "keep") async (param "file" (borrow $file)) (param "s" $s) (result $s)
        (canon lift (core func $module "keep"))))"#;

#[test]
fn a_result_is_dropped_if_a_borrow_is_kept() {
    let mut world = dynamic();
    world.linker.resource("file", &HostResourceType::of::<u8>());
    for is_forgotten in [false, true] {
        let instance = world.instance(KEEPS);
        let function = world.function(&instance, "keep");
        let function =
            function.typed::<(Borrow<u8>, StreamHandle<u8>), StreamHandle<u8>>().unwrap();
        let (readable, sending) = world.store.stream_from(streams::iter(repeat(1_u8))).unwrap();
        let file = Own::new(7_u8);
        let call = world.store.start(&function, (file.borrow(), readable)).unwrap();
        if is_forgotten {
            world.store.forget(call).unwrap();
        }
        world.store.poll(Waker::noop()).unwrap();
        assert!(world.store.last_trap().is_some());
        check_dropped(&mut world, sending);
        if !is_forgotten {
            assert!(matches!(world.store.take_result(call), Ok(Some(Err(CallError::Trap(_))))));
        }
        world.store.remove_instance(&instance).unwrap();
        check_empty(&world);
    }
}

/// A guest that passes a stream, a future and an error context with a list beyond its memory to
/// another guest.
const BETWEEN: &str = r#"(component
    (type $s (stream u8))
    (type $f (future u8))
    (component $Callee
        (type $s (stream u8))
        (type $f (future u8))
        (core module $Module (memory (export "m") 1)
            (func (export "take") (param i32 i32 i32 i32 i32))
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 8)))
        (core instance $module (instantiate $Module))
        (func (export "take") (param "s" $s) (param "f" $f) (param "e" error-context)
            (param "l" (list u8)) (canon lift (core func $module "take")
                (memory (core memory $module "m")) (realloc (core func $module "realloc")))))
    (instance $callee (instantiate $Callee))
    (core module $Memory (memory (export "m") 1))
    (core instance $memory (instantiate $Memory))
    (core func $take (canon lower (func $callee "take") (memory (core memory $memory "m"))))
    (core module $Module
        (import "" "take" (func $take (param i32 i32 i32 i32 i32)))
        (func (export "pass") (param i32 i32 i32)
            (call $take (local.get 0) (local.get 1) (local.get 2) (i32.const 65536) (i32.const 1))))
    (core instance $module (instantiate $Module (with "" (instance
        (export "take" (func $take))))))
    (func (export "pass") (param "s" $s) (param "f" $f) (param "e" error-context)
        (canon lift (core func $module "pass"))))"#;

#[test]
fn arguments_between_guests_are_dropped_if_one_is_invalid() {
    let mut world = World::new();
    let instance = world.instance(BETWEEN);
    let passed = Passed::new(&mut world);
    check_trap(world.try_call(&instance, "pass", &passed.handles));
    passed.check_dropped(&mut world, &instance);
}

/// A guest that passes a stream, a future and an error context to another guest, whose handle table
/// has three places.
const FILLED: &str = r#"(component
    (type $s (stream u8))
    (type $f (future u8))
    (component $Callee
        (type $s (stream u8))
        (type $f (future u8))
        (core func $set (canon waitable-set.new))
        (core module $Module
            (import "" "set" (func $set (result i32)))
            (func (export "fill") (param $sets i32)
                (loop $next
                    (if (local.get $sets) (then
                        (drop (call $set))
                        (local.set $sets (i32.sub (local.get $sets) (i32.const 1)))
                        (br $next)))))
            (func (export "take") (param i32 i32 i32)))
        (core instance $module (instantiate $Module (with "" (instance
            (export "set" (func $set))))))
        (func (export "fill") (param "sets" u32) (canon lift (core func $module "fill")))
        (func (export "take") (param "s" $s) (param "f" $f) (param "e" error-context)
            (canon lift (core func $module "take"))))
    (instance $callee (instantiate $Callee))
    (core func $take (canon lower (func $callee "take")))
    (core module $Module
        (import "" "take" (func $take (param i32 i32 i32)))
        (func (export "pass") (param i32 i32 i32)
            (call $take (local.get 0) (local.get 1) (local.get 2))))
    (core instance $module (instantiate $Module (with "" (instance
        (export "take" (func $take))))))
    (export "fill" (func $callee "fill"))
    (func (export "pass") (param "s" $s) (param "f" $f) (param "e" error-context)
        (canon lift (core func $module "pass"))))"#;

#[test]
fn arguments_between_guests_are_dropped_if_there_is_no_room() {
    for free in 0..3 {
        let mut world = World::new();
        world.store.set_limits(StoreLimits::DEFAULT.with_handles(3));
        let instance = world.instance(FILLED);
        world.call(&instance, "fill", &[Val::U32(3 - free)]);
        let Passed { stream, future, handles } = Passed::new(&mut world);
        let error = world.try_call(&instance, "pass", &handles).unwrap_err();
        assert!(matches!(error, CallError::Limit(_)), "{error}");
        world.store.poll(Waker::noop()).unwrap();
        // The callee, which has as many of them as it had room for, has trapped.
        for sending in [stream, future] {
            assert!(sending.is_finished(), "the other end is left: {free}");
            assert!(world.store.block_on(sending).is_err());
        }
        world.store.remove_instance(&instance).unwrap();
        check_empty(&world);
    }
}

/// A number whose destructor panics.
#[derive(Debug, ComponentType, Lift, Lower)]
struct Bad {
    x: u32,
}

impl Drop for Bad {
    fn drop(&mut self) {
        panic!("a bug of the number {}", self.x);
    }
}

/// A guest that passes a stream and a number with a list beyond its memory, to the host.
const PASSES_BAD: &str = r#"(component
    (type $s (stream u8))
    (type $bad' (record (field "x" u32)))
    (import "bad" (type $bad (eq $bad')))
    (import "sync" (func $sync (param "s" $s) (param "bad" $bad) (param "l" (list u8))))
    (core module $Memory (memory (export "m") 1))
    (core instance $memory (instantiate $Memory))
    (core func $sync (canon lower (func $sync) (memory (core memory $memory "m"))))
    (core module $Module
        (import "" "sync" (func $sync (param i32 i32 i32 i32)))
        (func (export "pass") (param i32)
            (call $sync (local.get 0) (i32.const 3) (i32.const 65536) (i32.const 1))))
    (core instance $module (instantiate $Module (with "" (instance
        (export "sync" (func $sync))))))
    (func (export "pass") (param "s" $s) (canon lift (core func $module "pass"))))"#;

#[test]
fn handles_are_dropped_if_code_that_lifts_other_parts_panics() {
    type Parts = (StreamHandle<u8>, Bad, Vec<u8>);
    let mut world = World::new();
    world.linker.typed_function("sync", |_, _: Parts| called::<()>());
    let instance = world.instance(PASSES_BAD);
    let (readable, sending) = world.store.stream_from(streams::iter(repeat(1_u8))).unwrap();
    let function = world.function(&instance, "pass").typed::<_, ()>().unwrap();
    let called = catch_unwind(AssertUnwindSafe(|| world.store.call(&function, (readable,))));
    assert!(called.is_err(), "it doesn't panic");
    check_dropped(&mut world, sending);
    world.store.remove_instance(&instance).unwrap();
    check_empty(&world);
}

/// Begins to read from an end of the host. Returns the reader, which is kept while it reads.
type Read = fn(&mut World, EndId) -> Box<dyn Any>;

/// The ways in which the host reads from a stream of streams, and from a future of one.
const READS: [(&str, Read); 4] = [
    ("stream", |world, end| Box::new(world.store.read(end, 2))),
    ("future", |world, end| Box::new(world.store.read(end, 1))),
    ("stream", |world, end| {
        Box::new(world.store.collect(StreamHandle::<StreamHandle<u8>>::from(end)))
    }),
    ("future", |world, end| {
        Box::new(world.store.future_value(FutureHandle::<(StreamHandle<u8>, Vec<u8>)>::from(end)))
    }),
];

#[test]
fn elements_of_streams_are_dropped_if_one_is_invalid() {
    for (kind, read) in READS {
        for reads_first in [true, false] {
            let mut world = World::new();
            let instance = world.instance(WRITES);
            let Some(Val::Stream(end) | Val::Future(end)) =
                world.call(&instance, &format!("make-{kind}"), &[])
            else {
                panic!()
            };
            let (readable, sending) = world.store.stream_from(streams::iter(repeat(1_u8))).unwrap();
            let stream = [Val::Stream(readable.end())];
            let name = format!("write-{kind}");
            if reads_first {
                let _reader = read(&mut world, end);
                let error = world.try_call(&instance, &name, &stream).unwrap_err();
                assert!(matches!(error, CallError::Trap(_)), "{error}");
            } else {
                world.call(&instance, &name, &stream);
                let _reader = read(&mut world, end);
                world.store.poll(Waker::noop()).unwrap();
            }
            check_dropped(&mut world, sending);
            world.store.remove_instance(&instance).unwrap();
            // A read that was under way has ended. An end that is served was dropped.
            while let Ok(Some(_)) = world.store.next_end_event() {}
            let _ = world.store.drop_end(end);
            check_empty(&world);
        }
    }
}
