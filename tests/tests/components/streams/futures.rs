//! Futures with a source or a sink.

use std::future::{pending, ready};
use std::task::Waker;
use std::time::Duration;

use weft::component::streams::StreamError;
use weft::handle::FutureHandle;
use weft_tests::world::World;

/// Reads the future that it receives, and writes the value plus 1 to a future that it returns. It
/// traps if there is no value.
const ADDS_ONE: &str = r#"
    (component
        (core module $memory (memory (export "memory") 1))
        (core instance $memory (instantiate $memory))
        (type $f (future u32))
        (core func $new (canon future.new $f))
        (core func $read (canon future.read $f (memory (core memory $memory "memory"))))
        (core func $write (canon future.write $f async (memory (core memory $memory "memory"))))
        (core module $module
            (import "" "memory" (memory 1))
            (import "" "new" (func $new (result i64)))
            (import "" "read" (func $read (param i32 i32) (result i32)))
            (import "" "write" (func $write (param i32 i32) (result i32)))
            (func (export "add-one") (param i32) (result i32)
                (local $ends i64)
                (local.set $ends (call $new))
                (if (call $read (local.get 0) (i32.const 8)) (then (unreachable)))
                (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (i32.const 1)))
                (drop (call $write
                    (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32)))
                    (i32.const 8)))
                (i32.wrap_i64 (local.get $ends)))
            (func (export "never") (result i32) (i32.wrap_i64 (call $new)))
            (func (export "trap") (unreachable)))
        (core instance $instance (instantiate $module (with "" (instance
            (export "memory" (memory $memory "memory"))
            (export "new" (func $new))
            (export "read" (func $read))
            (export "write" (func $write))))))
        (func (export "add-one") async (param "f" $f) (result $f)
            (canon lift (core func $instance "add-one")))
        (func (export "never") (result $f) (canon lift (core func $instance "never")))
        (func (export "trap") (canon lift (core func $instance "trap"))))
"#;

type Number = FutureHandle<u32>;

#[test]
fn a_value_goes_to_a_guest_and_comes_back() {
    let mut world = World::new();
    let instance = world.instance(ADDS_ONE);
    let add_one = world.store.typed_function::<(Number,), Number>(&instance, "add-one").unwrap();
    let (future, sending) = world.store.future_from(ready(6)).unwrap();
    let given = world.store.call(&add_one, (future,)).unwrap();
    let value = world.store.future_value(given).unwrap();
    assert_eq!(world.store.block_on(value).unwrap(), 7);
    world.store.block_on(sending).unwrap();
    let (future, sending) = world.store.try_future_from(ready(Ok::<_, ()>(9))).unwrap();
    let given = world.store.call(&add_one, (future,)).unwrap();
    let value = world.store.future_value(given).unwrap();
    assert_eq!(world.store.block_on(value).unwrap(), 10);
    world.store.block_on(sending).unwrap();
}

#[tokio::test]
async fn a_rust_future_that_waits() {
    let mut world = World::new();
    let instance = world.instance(ADDS_ONE);
    let add_one = world.store.typed_function::<(Number,), Number>(&instance, "add-one").unwrap();
    let later = async {
        tokio::time::sleep(Duration::from_millis(3)).await;
        41
    };
    let (future, _) = world.store.future_from(later).unwrap();
    let given = world.store.call_async(&add_one, (future,)).await.unwrap();
    let value = world.store.future_value(given).unwrap();
    assert_eq!(world.store.drive(value).await.unwrap(), 42);
}

/// Checks that a future is polled although the guest does not read.
#[tokio::test]
async fn a_rust_future_is_polled_before_the_guest_reads() {
    let mut world = World::new();
    let (done, is_done) = tokio::sync::oneshot::channel();
    let work = async move {
        tokio::time::sleep(Duration::from_millis(1)).await;
        done.send(()).unwrap();
        1_u32
    };
    let (future, sending) = world.store.future_from(work).unwrap();
    world.store.drive(is_done).await.unwrap();
    assert!(!sending.is_finished());
    let value = world.store.future_value(future).unwrap();
    assert_eq!(world.store.drive(value).await.unwrap(), 1);
    world.store.drive(sending).await.unwrap();
}

#[test]
fn a_guest_learns_that_a_rust_future_has_failed() {
    let mut world = World::new();
    let instance = world.instance(ADDS_ONE);
    let add_one = world.store.typed_function::<(Number,), Number>(&instance, "add-one").unwrap();
    let failing = ready(Err::<u32, _>("no value"));
    let (future, sending) = world.store.try_future_from(failing).unwrap();
    world.store.call(&add_one, (future,)).unwrap_err();
    let error = world.store.block_on(sending).unwrap_err();
    assert!(matches!(error, StreamError::Failed("no value")), "{error}");
}

#[test]
fn a_future_whose_guest_traps_reports_it() {
    let mut world = World::new();
    let instance = world.instance(ADDS_ONE);
    let never = world.store.typed_function::<(), Number>(&instance, "never").unwrap();
    let given = world.store.call(&never, ()).unwrap();
    let value = world.store.future_value(given).unwrap();
    world.store.poll(Waker::noop()).unwrap();
    world.try_call(&instance, "trap", &[]).unwrap_err();
    let error = world.store.block_on(value).unwrap_err();
    assert!(matches!(error, StreamError::Call(_)), "{error}");
}

#[test]
fn a_future_that_is_never_ready_is_dropped_with_the_guests_end() {
    let mut world = World::new();
    let (future, sending) = world.store.future_from(pending::<u32>()).unwrap();
    world.store.poll(Waker::noop()).unwrap();
    world.store.drop_end(future.end()).unwrap();
    let error = world.store.block_on(sending).unwrap_err();
    assert!(matches!(error, StreamError::Dropped), "{error}");
}
