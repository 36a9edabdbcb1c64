//! Ends that are dropped, at any time, on either side.

use std::future::Future as _;
use std::sync::Arc;
use std::task::Waker;

use weft::abi::Val;
use weft::component::CallError;
use weft::component::streams::{self, StreamError};
use weft::error::{Error, MachineError};
use weft::handle::StreamHandle;
use weft::limit::BLOCKED;
use weft::limits::Table;

use weft_tests::world::World;

use super::guests::{Summing, by_steps};

#[test]
fn a_guest_that_has_read_enough_drops_a_stream_without_an_end() {
    let (mut world, instance) = by_steps("u8");
    let shared = Arc::new(());
    let held = shared.clone();
    let endless = streams::iter((0..).map(move |_| {
        let _ = &held;
        b'z'
    }));
    let (stream, sending) = world.store.stream_from(endless).unwrap();
    world.call(&instance, "take", &[Val::Stream(stream.end())]);
    assert_eq!(world.number(&instance, "read", &[Val::U32(4)]), 4 << 4);
    world.call(&instance, "drop-readable", &[]);
    let error = world.store.block_on(sending).unwrap_err();
    assert!(matches!(error, StreamError::Dropped), "{error}");
    assert_eq!(Arc::strong_count(&shared), 1, "the source is dropped");
    assert_eq!(world.store.count_of(Table::Waitables), 0);
}

/// A guest that drops the stream that it receives, and then asks the host for a number.
const ASKS_AFTER: &str = r#"
(component
  (type $s (stream u8))
  (import "number" (func $number (result u32)))
  (core func $drop (canon stream.drop-readable $s))
  (core func $number (canon lower (func $number)))
  (core module $m
    (import "" "drop" (func $drop (param i32)))
    (import "" "number" (func $number (result i32)))
    (func (export "f") (param i32) (result i32)
      (call $drop (local.get 0))
      (call $number)))
  (core instance $i (instantiate $m (with "" (instance
    (export "drop" (func $drop)) (export "number" (func $number))))))
  (func (export "f") (param "s" $s) (result u32) (canon lift (core func $i "f"))))
"#;

#[test]
fn a_source_is_dropped_before_the_guest_continues() {
    let mut world = World::new();
    let shared = Arc::new(());
    let held = shared.clone();
    let holders = Arc::downgrade(&shared);
    world
        .linker
        .function("number", move |_, _| Ok(Some(Val::U32(u32::try_from(holders.strong_count())?))));
    let instance = world.instance(ASKS_AFTER);
    let source = streams::iter((0..).map(move |_| {
        let _ = &held;
        b'z'
    }));
    let (stream, _) = world.store.stream_from(source).unwrap();
    assert_eq!(world.number(&instance, "f", &[Val::Stream(stream.end())]), 1);
}

#[test]
fn a_host_end_is_dropped_before_any_read() {
    let Summing { mut world, .. } = Summing::new();
    let (stream, sending) = world.store.stream_from(vec![1_u8]).unwrap();
    world.store.drop_end(stream.end()).unwrap();
    let error = world.store.block_on(sending).unwrap_err();
    assert!(matches!(error, StreamError::Dropped), "{error}");
    assert_eq!(world.store.count_of(Table::Waitables), 0);
}

#[test]
fn a_guest_drops_an_end_that_it_has_not_written_to() {
    let (mut world, instance) = by_steps("u8");
    let Some(Val::Stream(end)) = world.call(&instance, "make", &[]) else { panic!() };
    world.call(&instance, "drop-writable", &[]);
    let collecting = world.store.collect(StreamHandle::<u8>::from(end)).unwrap();
    assert!(world.store.block_on(collecting).unwrap().is_empty());
    assert_eq!(world.store.count_of(Table::Waitables), 0);
}

#[test]
fn a_guest_cancels_a_read_of_a_source_that_waits() {
    let (mut world, instance) = by_steps("u8");
    let (stream, mut writer) = world.store.stream_writer::<u8>().unwrap();
    world.call(&instance, "take", &[Val::Stream(stream.end())]);
    assert_eq!(world.number(&instance, "read", &[Val::U32(4)]), BLOCKED);
    // Cancelled, with nothing read.
    assert_eq!(world.number(&instance, "cancel-read", &[]), 2);
    let mut values = b"ab".to_vec();
    let writing = async {
        writer.write_all(&mut values).await.unwrap();
    };
    let mut writing = Box::pin(writing);
    let mut context = std::task::Context::from_waker(Waker::noop());
    assert!(writing.as_mut().poll(&mut context).is_pending());
    world.store.poll(Waker::noop()).unwrap();
    assert!(writing.as_mut().poll(&mut context).is_pending());
    assert_eq!(world.number(&instance, "read", &[Val::U32(4)]), 2 << 4);
    assert!(writing.as_mut().poll(&mut context).is_ready());
}

#[test]
fn a_dropped_store_ends_its_transfers() {
    let Summing { mut world, count, .. } = Summing::new();
    let (_, sending) = world.store.stream_from(vec![1_u8]).unwrap();
    let stream = world.store.call(&count, (1,)).unwrap();
    let collecting = world.store.collect(stream).unwrap();
    drop(world);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert!(matches!(runtime.block_on(sending), Err(StreamError::Gone)));
    assert!(matches!(runtime.block_on(collecting), Err(StreamError::Gone)));
}

#[test]
fn an_end_with_a_transfer_is_busy_for_all_others() {
    let (mut world, instance) = by_steps("u8");
    let Some(Val::Stream(end)) = world.call(&instance, "make", &[]) else { panic!() };
    let reader = world.store.stream_reader(StreamHandle::<u8>::from(end)).unwrap();
    let busy = |error: &CallError| {
        matches!(
            error,
            CallError::Error(Error::Machine(MachineError::EndBusy)) | CallError::Handle(_)
        )
    };
    let results = [
        world.store.collect(StreamHandle::<u8>::from(end)).map(drop),
        world.store.read(end, 1),
        world.store.cancel_copy(end),
        world.store.drop_end(end).map_err(CallError::from),
        world.try_call(&instance, "take", &[Val::Stream(end)]).map(|_| ()),
    ];
    for result in results {
        assert!(busy(&result.unwrap_err()));
    }
    // It now waits for its reader, and is still busy.
    assert_eq!(world.number(&instance, "write", &[Val::U32(1)]), BLOCKED);
    assert!(busy(&world.store.read(end, 1).unwrap_err()));
    assert!(world.store.next_end_event().unwrap().is_none());
    drop(reader);
}

#[test]
fn ends_that_the_host_does_not_hold_are_refused() {
    let (mut world, instance) = by_steps("u8");
    let Some(Val::Stream(end)) = world.call(&instance, "make", &[]) else { panic!() };
    // An end of another type.
    let error = world.store.collect(StreamHandle::<u16>::from(end)).unwrap_err();
    assert!(matches!(error, CallError::Elements(_)), "{error}");
    let error = world.store.future_value(weft::handle::FutureHandle::<u8>::from(end)).unwrap_err();
    assert!(
        matches!(error, CallError::Error(Error::Machine(MachineError::EndMismatch))),
        "{error}"
    );
    // An end of another store.
    let (mut other, _) = by_steps("u8");
    other.store.collect(StreamHandle::<u8>::from(end)).unwrap_err();
    // An end that was passed on.
    world.call(&instance, "take", &[Val::Stream(end)]);
    let error = world.store.collect(StreamHandle::<u8>::from(end)).unwrap_err();
    assert!(matches!(error, CallError::Error(Error::Machine(MachineError::NotHeld))), "{error}");
    // An end after the end of its stream.
    let Some(Val::Stream(end)) = world.call(&instance, "make", &[]) else { panic!() };
    let collecting = world.store.collect(StreamHandle::<u8>::from(end)).unwrap();
    world.call(&instance, "drop-writable", &[]);
    world.store.block_on(collecting).unwrap();
    let error = world.store.collect(StreamHandle::<u8>::from(end)).unwrap_err();
    assert!(matches!(error, CallError::Error(Error::Unknown(_))), "{error}");
    // The writable end.
    let (_, writable) = world.store.new_stream(Some(&weft::abi::Type::U8)).unwrap();
    let error = world.store.collect(StreamHandle::<u8>::from(writable)).unwrap_err();
    assert!(matches!(error, CallError::OtherEnd), "{error}");
}
