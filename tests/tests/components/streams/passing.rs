//! Streams that come back, are passed to other guests, or are created and read inside host
//! functions.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};
use std::task::Waker;

use weft::abi::{Type, Val};
use weft::component::Caller;
use weft::component::streams::{self, StreamError};
use weft::engine::wasmi::Wasmi;
use weft::handle::{FutureHandle, StreamHandle};
use weft_tests::world::World;

use super::guests::{Summing, by_steps};

#[test]
fn a_guests_stream_goes_to_another_guest_unchanged() {
    let Summing { mut world, sum, count } = Summing::new();
    let other = world.instance(streams::EXAMPLE);
    let other_sum = world.store.typed_function::<(StreamHandle<u8>,), u32>(&other, "sum").unwrap();
    let stream = world.store.call(&count, (100,)).unwrap();
    assert_eq!(world.store.call(&other_sum, (stream,)).unwrap(), 4950);
    // Also a stream of the host, through both.
    let (stream, sending) = world.store.stream_from(vec![1_u8; 1000]).unwrap();
    assert_eq!(world.store.call(&sum, (stream,)).unwrap(), 1000);
    world.store.block_on(sending).unwrap();
}

#[test]
fn a_stream_that_comes_back_is_served_on_both_sides() {
    for length in [0, 1, 5000] {
        let (mut world, instance) = by_steps("u8");
        let bytes: Vec<u8> = (0..length).map(|it: u32| it.to_le_bytes()[0]).collect();
        let (stream, sending) = world.store.stream_from(bytes.clone()).unwrap();
        world.call(&instance, "take", &[Val::Stream(stream.end())]);
        let back = world.call(&instance, "give", &[]);
        assert_eq!(back, Some(Val::Stream(stream.end())));
        let collecting = world.store.collect(stream).unwrap();
        assert_eq!(world.store.block_on(collecting).unwrap(), bytes);
        world.store.block_on(sending).unwrap();
        assert_eq!(world.store.count_of(weft::limits::Table::Waitables), 0);
    }
}

/// Checks sinks and sources of bytes that use slices.
#[test]
fn a_stream_that_comes_back_is_read_and_written_by_slices() {
    const BYTES: &[u8] = b"there and back";
    let mut world = World::new();
    let (stream, sending) = world.store.stream_from(streams::from_tokio(BYTES)).unwrap();
    let (client, mut server) = tokio::io::duplex(4);
    let writing = world.store.stream_into(stream, streams::to_tokio(client)).unwrap();
    let mut received = String::new();
    let reading = tokio::io::AsyncReadExt::read_to_string(&mut server, &mut received);
    world.store.block_on(reading).unwrap();
    world.store.block_on(writing).unwrap();
    world.store.block_on(sending).unwrap();
    assert_eq!(received, "there and back");
}

/// Checks a sink that polls before there is a value, and gets it later.
#[test]
fn a_returned_stream_or_future_can_wait_for_its_source() {
    let mut world = World::new();
    let (mut client, server) = tokio::io::duplex(64);
    let (stream, sending) = world.store.stream_from(streams::from_tokio(server)).unwrap();
    let collecting = world.store.collect(stream).unwrap();
    let (sender, receiver) = tokio::sync::oneshot::channel::<u32>();
    let (future, _) = world.store.try_future_from(receiver).unwrap();
    let value = world.store.future_value(future).unwrap();
    for _ in 0..3 {
        // All parts wait now.
        while world.store.poll(Waker::noop()).unwrap().can_go_on {}
        let writing = tokio::io::AsyncWriteExt::write_all(&mut client, b"later ");
        world.store.block_on(writing).unwrap();
    }
    drop(client);
    sender.send(7).unwrap();
    assert_eq!(world.store.block_on(collecting).unwrap(), b"later later later ");
    assert_eq!(world.store.block_on(value).unwrap(), 7);
    world.store.block_on(sending).unwrap();
    assert_eq!(world.store.count_of(weft::limits::Table::Waitables), 0);
}

#[test]
fn endless_streams_within_the_host_leave_time_for_others() {
    let mut world = World::new();
    let (stream, _) = world.store.stream_from(streams::iter(0_u64..)).unwrap();
    let sink = streams::for_each(|_: u64| Ok::<_, Infallible>(()));
    drop(world.store.stream_into(stream, sink).unwrap());
    for _ in 0..10 {
        assert!(world.store.poll(Waker::noop()).unwrap().can_go_on);
    }
}

#[test]
fn the_host_reads_from_a_source_and_writes_to_a_sink() {
    let mut world = World::new();
    let (stream, sending) = world.store.stream_from(b"abc".to_vec()).unwrap();
    world.store.read(stream.end(), 2).unwrap();
    let event = world.store.next_end_event().unwrap().unwrap();
    assert_eq!(event.values, [Val::U8(b'a'), Val::U8(b'b')]);
    world.store.read(stream.end(), 2).unwrap();
    let event = world.store.next_end_event().unwrap().unwrap();
    assert_eq!(event.values, [Val::U8(b'c')]);
    world.store.block_on(sending).unwrap();
    world.store.drop_end(stream.end()).unwrap();

    let (readable, writable) = world.store.new_stream(Some(&Type::U8)).unwrap();
    let collecting = world.store.collect(StreamHandle::<u8>::from(readable)).unwrap();
    world.store.write(writable, vec![Val::U8(1), Val::U8(2)]).unwrap();
    let event = world.store.next_end_event().unwrap().unwrap();
    assert_eq!((event.count, event.values), (2, vec![]));
    world.store.drop_end(writable).unwrap();
    assert_eq!(world.store.block_on(collecting).unwrap(), [1, 2]);
}

/// Calls `f` with a stream of 3 bytes, and returns the bytes of the stream that `f` returns.
const ASKS: &str = r#"(component
    (type $s (stream u8))
    (type $f (future u32))
    (import "f" (func $f (param "in" $s) (result (tuple $s $f))))
    (core module $Memory (memory (export "memory") 1))
    (core instance $memory (instantiate $Memory))
    (core func $f (canon lower (func $f) (memory (core memory $memory "memory"))))
    (core func $new (canon stream.new $s))
    (core func $read (canon stream.read $s (memory (core memory $memory "memory"))))
    (core func $write (canon stream.write $s async (memory (core memory $memory "memory"))))
    (core func $await (canon future.read $f (memory (core memory $memory "memory"))))
    (core module $Module
        (import "" "memory" (memory 1))
        (import "" "f" (func $f (param i32 i32)))
        (import "" "new" (func $new (result i64)))
        (import "" "read" (func $read (param i32 i32 i32) (result i32)))
        (import "" "write" (func $write (param i32 i32 i32) (result i32)))
        (import "" "await" (func $await (param i32 i32) (result i32)))
        (data (i32.const 64) "abc")
        (func (export "run") (result i32) (local $ends i64)
            (local.set $ends (call $new))
            (call $f (i32.wrap_i64 (local.get $ends)) (i32.const 0))
            (drop (call $write (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32)))
                (i32.const 64) (i32.const 3)))
            (drop (call $read (i32.load (i32.const 0)) (i32.const 16) (i32.const 4)))
            (if (call $await (i32.load (i32.const 4)) (i32.const 32)) (then (unreachable)))
            (i32.add (i32.load (i32.const 16)) (i32.load (i32.const 32)))))
    (core instance $module (instantiate $Module (with "" (instance
        (export "memory" (memory $memory "memory"))
        (export "f" (func $f)) (export "new" (func $new)) (export "read" (func $read))
        (export "write" (func $write)) (export "await" (func $await))))))
    (func (export "run") async (result u32) (canon lift (core func $module "run"))))"#;

type Asked = (StreamHandle<u8>, FutureHandle<u32>);

#[test]
fn host_functions_take_and_return_streams_and_futures() {
    let mut world = World::new();
    let got = Arc::new(Mutex::new(None));
    let keep = got.clone();
    world.linker.typed_function(
        "f",
        move |caller: &mut Caller<'_, '_, Wasmi, ()>, (stream,): (StreamHandle<u8>,)| {
            let sink = streams::collect_at_most(3);
            *keep.lock().unwrap() = Some(caller.stream_into(stream, sink)?);
            let (stream, _) = caller.stream_from(vec![1, 0, 0, 0])?;
            let (future, _) = caller.future_from(async { 100 })?;
            Ok::<Asked, _>((stream, future))
        },
    );
    let instance = world.instance(ASKS);
    let run = world.store.typed_function::<(), u32>(&instance, "run").unwrap();
    assert_eq!(world.store.call(&run, ()).unwrap(), 101);
    let got = got.lock().unwrap().take().unwrap();
    assert_eq!(world.store.block_on(got).unwrap(), b"abc");
}

/// Checks a task that starts to read elements which are not numbers, and exits before the host
/// writes. Another implementation loses the read.
#[test]
fn a_read_whose_task_is_over_is_completed() {
    let (mut world, instance) = by_steps("string");
    let (stream, mut writer) = world.store.stream_writer::<String>().unwrap();
    world.call(&instance, "take", &[Val::Stream(stream.end())]);
    assert_eq!(world.number(&instance, "read", &[Val::U32(1)]), weft::limit::BLOCKED);
    world.store.block_on(writer.send("late".into())).unwrap();
    assert_eq!(world.number(&instance, "cancel-read", &[]), 1 << 4 | 2);
    assert_eq!(world.number(&instance, "word", &[Val::U32(4)]), 4);
}

#[test]
fn a_trap_of_the_guest_ends_all_its_streams() {
    let (mut world, instance) = by_steps("(option u8)");
    let (stream, sending) = world.store.stream_from(vec![Some(1_u8)]).unwrap();
    world.call(&instance, "take", &[Val::Stream(stream.end())]);
    let Some(Val::Stream(end)) = world.call(&instance, "make", &[]) else { panic!() };
    let collecting = world.store.collect(StreamHandle::<Option<u8>>::from(end)).unwrap();
    // The "a" in its memory is not a valid case.
    world.try_call(&instance, "write", &[Val::U32(1)]).unwrap_err();
    let error = world.store.block_on(collecting).unwrap_err();
    assert!(matches!(error, StreamError::Call(_)), "{error}");
    let error = world.store.block_on(sending).unwrap_err();
    assert!(matches!(error, StreamError::Call(_)), "{error}");
}

/// Checks streams that are created after the function has waited.
#[tokio::test]
async fn async_host_functions_take_and_return_streams_after_a_wait() {
    let mut world = World::new();
    let text = ASKS.replace("(import \"f\" (func $f (param", "(import \"f\" (func $f async (param");
    world.linker.typed_async_function(
        "f",
        |caller: &mut Caller<'_, '_, Wasmi, ()>, (stream,): (StreamHandle<u8>,)| {
            let access = caller.access();
            async move {
                tokio::task::yield_now().await;
                let end = stream.end();
                let given =
                    access.with(move |caller| {
                        // The later writes of the guest are discarded.
                        drop(caller.stream_into(
                            StreamHandle::<u8>::from(end),
                            streams::collect_at_most(3),
                        )?);
                        let (stream, mut writer) = caller.stream_writer::<u8>()?;
                        let (future, _) = caller.future_from(async { 100 })?;
                        Ok::<_, weft::component::CallError>((stream, future, writer.is_closed(), {
                            drop(writer.write(&mut Vec::new()));
                            writer
                        }))
                    });
                let (stream, future, is_closed, mut writer) = given.await??;
                assert!(!is_closed);
                tokio::spawn(async move { writer.write_all(&mut vec![2, 0, 0, 0]).await });
                Ok::<Asked, weft::component::HostError>((stream, future))
            }
        },
    );
    let instance = world.instance(&text);
    let run = world.store.typed_function::<(), u32>(&instance, "run").unwrap();
    assert_eq!(world.store.call_async(&run, ()).await.unwrap(), 102);
}
