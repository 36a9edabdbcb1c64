//! Destructors and wakers that panic, and panics that were not reported yet.
//!
//! All of them run below a guest, through which no panic may unwind, or in the middle of a change
//! of the store.

use std::convert::Infallible;
use std::future::Future as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use weft::abi::{ComponentType, Lift, Lower, Val};
use weft::component::streams::{
    self, Destination, Received, SinkState, SourceState, StreamError, StreamSink, StreamSource,
};
use weft::handle::StreamHandle;
use weft::limits::Table;
use weft_tests::world::World;

use super::guests::{Summing, by_steps};

/// The four bytes that the guest writes first, as a number.
const WRITTEN: u32 = u32::from_le_bytes(*b"abcd");

/// A value whose destructor panics if it is one of two numbers.
#[derive(Debug, PartialEq, ComponentType, Lift, Lower)]
struct Value {
    x: u32,
}

impl Drop for Value {
    fn drop(&mut self) {
        assert!(self.x != 99 && self.x != WRITTEN, "a bug of the value");
    }
}

/// A value that is lowered by the guest's `realloc`, so that it is kept until then.
#[derive(Debug, PartialEq, ComponentType, Lift, Lower)]
struct Named {
    name: String,
    value: Value,
}

fn named(x: u32) -> Named {
    Named { name: "a".into(), value: Value { x } }
}

/// Returns the component of [`by_steps`], with elements of the type [`Named`].
fn of_named() -> String {
    let types = r#"(type $value' (record (field "x" u32))) (export $value "value" (type $value'))
        (type $named' (record (field "name" string) (field "value" $value)))
        (export $named "named" (type $named')) (type $s (stream $named))"#;
    crate::linking::guests::has_streams("$named").replace("(type $s (stream $named))", types)
}

/// An error whose destructor panics.
#[derive(Debug)]
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("a bug of the error");
    }
}

/// A waker that panics.
struct BadWaker;

impl Wake for BadWaker {
    fn wake(self: Arc<Self>) {
        panic!("a bug of the waker");
    }
}

/// Runs a closure, and returns the message of its panic.
fn panic_of<R>(run: impl FnOnce() -> R) -> Option<String> {
    let payload = catch_unwind(AssertUnwindSafe(run)).err()?;
    let message = payload.downcast_ref::<&str>().map(|it| (*it).to_owned());
    message.or_else(|| payload.downcast_ref::<String>().cloned())
}

/// Polls the store until no poll panics. Returns the messages.
fn panics_of_polls(world: &mut World) -> Vec<String> {
    let mut panics = Vec::new();
    while let Some(panic) = panic_of(|| world.store.poll(Waker::noop()).unwrap()) {
        panics.push(panic);
    }
    panics
}

/// Checks that both guests work, and that nothing is left.
fn works(summing: &mut Summing) {
    assert_eq!(panics_of_polls(&mut summing.world), [""; 0]);
    let Summing { world, sum, count } = summing;
    let (stream, sending) = world.store.stream_from(vec![1_u8, 2]).unwrap();
    assert_eq!(world.store.call(sum, (stream,)).unwrap(), 3);
    world.store.block_on(sending).unwrap();
    let stream = world.store.call(count, (2,)).unwrap();
    let collecting = world.store.collect(stream).unwrap();
    assert_eq!(world.store.block_on(collecting).unwrap(), [0, 1]);
    assert_eq!(world.store.count_of(Table::Waitables), 0);
}

#[test]
fn values_whose_destructors_panic_are_still_read() {
    for bad in 1..3 {
        let mut world = World::new();
        let instance = world.instance(&of_named());
        let values = (0..bad).map(|_| named(99)).chain([named(7)]).collect::<Vec<_>>();
        let (stream, sending) = world.store.stream_from(values).unwrap();
        world.call(&instance, "take", &[Val::Stream(stream.end())]);
        let read = world.function(&instance, "read");
        let call = panic_of(|| world.store.call(&read, &[Val::U32(8)]));
        assert_eq!(call.as_deref(), Some("a bug of the value"));
        assert_eq!(panics_of_polls(&mut world).len(), bad - 1);
        // The values are in its memory: the third word of each is the number.
        let numbers = [8, 20].map(|at| world.number(&instance, "word", &[Val::U32(at)]));
        assert_eq!(numbers, [99, if bad == 1 { 7 } else { 99 }]);
        world.store.block_on(sending).unwrap();
    }
}

/// A source that fails with an error whose destructor panics.
struct Fails;

impl StreamSource for Fails {
    type Item = u8;
    type Error = Bomb;

    fn poll_fill(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut Destination<'_, u8>,
    ) -> Poll<Result<SourceState, Bomb>> {
        Poll::Ready(Err(Bomb))
    }
}

impl StreamSink for Fails {
    type Item = u8;
    type Output = ();
    type Error = Bomb;

    fn poll_take(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut Received<'_, u8>,
    ) -> Poll<Result<SinkState, Bomb>> {
        Poll::Ready(Err(Bomb))
    }

    fn poll_finish(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Bomb>> {
        Poll::Ready(Err(Bomb))
    }
}

#[test]
fn an_error_of_a_source_whose_destructor_panics_ends_the_stream() {
    let mut summing = Summing::new();
    let Summing { world, sum, .. } = &mut summing;
    let (stream, sending) = world.store.stream_from(Fails).unwrap();
    drop(sending);
    let call = panic_of(|| world.store.call(sum, (stream,)).unwrap());
    assert_eq!(call.as_deref(), Some("a bug of the error"));
    works(&mut summing);
}

#[test]
fn an_error_of_a_sink_whose_destructor_panics_drops_the_stream() {
    for values in [0, 4] {
        let mut summing = Summing::new();
        let Summing { world, count, .. } = &mut summing;
        let stream = world.store.call(count, (values,)).unwrap();
        drop(world.store.stream_into(stream, Fails).unwrap());
        assert_eq!(panics_of_polls(world), ["a bug of the error"]);
        works(&mut summing);
    }
}

#[test]
fn a_panicking_waker_does_not_stop_the_guest() {
    let mut summing = Summing::new();
    let Summing { world, sum, .. } = &mut summing;
    let (stream, mut sending) = world.store.stream_from(vec![1_u8, 2]).unwrap();
    let waker = Waker::from(Arc::new(BadWaker));
    assert!(pin!(&mut sending).poll(&mut Context::from_waker(&waker)).is_pending());
    let call = panic_of(|| world.store.call(sum, (stream,)).unwrap());
    assert_eq!(call.as_deref(), Some("a bug of the waker"));
    world.store.block_on(sending).unwrap();
    works(&mut summing);
}

/// A source that has no value and does not wait at the first poll.
struct Yields(bool);

impl StreamSource for Yields {
    type Item = u8;
    type Error = Infallible;

    fn poll_fill(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut Destination<'_, u8>,
    ) -> Poll<Result<SourceState, Infallible>> {
        let is_first = core::mem::replace(&mut self.0, false);
        Poll::Ready(Ok(if is_first { SourceState::More } else { SourceState::Ended }))
    }
}

impl StreamSink for Yields {
    type Item = u8;
    type Output = ();
    type Error = Infallible;

    fn poll_take(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut Received<'_, u8>,
    ) -> Poll<Result<SinkState, Infallible>> {
        let is_first = core::mem::replace(&mut self.0, false);
        Poll::Ready(Ok(if is_first { SinkState::More } else { SinkState::Enough }))
    }

    fn poll_finish(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }
}

#[test]
fn a_driver_whose_waker_panics_does_not_stop_those_that_yield() {
    let bad = Waker::from(Arc::new(BadWaker));
    for is_source in [true, false] {
        let mut summing = Summing::new();
        let Summing { world, sum, count } = &mut summing;
        let (mut sending, mut taking) = (None, None);
        if is_source {
            let (stream, transfer) = world.store.stream_from(Yields(true)).unwrap();
            sending = Some(transfer);
            // The source is polled when the call starts.
            world.store.poll(&bad).unwrap();
            let call = panic_of(|| world.store.call(sum, (stream,)));
            assert_eq!(call.as_deref(), Some("a bug of the waker"));
        } else {
            let stream = world.store.call(count, (2,)).unwrap();
            taking = Some(world.store.stream_into(stream, Yields(true)).unwrap());
            let poll = panic_of(|| world.store.poll(&bad));
            assert_eq!(poll.as_deref(), Some("a bug of the waker"));
        }
        panics_of_polls(world);
        for transfer in [sending, taking].into_iter().flatten() {
            // The call of the guest that reads was abandoned.
            let _ = world.store.block_on(transfer);
        }
        works(&mut summing);
    }
}

#[test]
fn a_panicking_value_of_a_future_is_dropped_with_its_end() {
    let mut world = World::new();
    let (future, sending) = world.store.future_from(async { Value { x: 99 } }).unwrap();
    world.store.poll(Waker::noop()).unwrap();
    world.store.drop_end(future.end()).unwrap();
    assert_eq!(panics_of_polls(&mut world), ["a bug of the value"]);
    assert_eq!(world.store.count_of(Table::Waitables), 0);
    let error = world.store.block_on(sending).unwrap_err();
    assert!(matches!(error, StreamError::Dropped), "{error}");
}

#[test]
fn a_panicking_output_that_is_not_awaited_is_dropped() {
    for limit in [1, 2] {
        let mut world = World::new();
        let text = crate::linking::guests::has_streams("$value").replace(
            "(type $s (stream $value))",
            r#"(type $value' (record (field "x" u32))) (export $value "value" (type $value'))
            (type $s (stream $value))"#,
        );
        let instance = world.instance(&text);
        let Some(Val::Stream(end)) = world.call(&instance, "make", &[]) else { panic!() };
        let sink = streams::collect_at_most::<Value>(limit);
        drop(world.store.stream_into(StreamHandle::from(end), sink).unwrap());
        let write = world.function(&instance, "write");
        let mut panics = Vec::from_iter(panic_of(|| world.store.call(&write, &[Val::U32(1)])));
        if limit > 1 {
            assert!(panics.is_empty());
            let drop_writable = world.function(&instance, "drop-writable");
            panics.extend(panic_of(|| world.store.call(&drop_writable, &[])));
        }
        panics.extend(panics_of_polls(&mut world));
        assert_eq!(panics, ["a bug of the value"]);
        assert_eq!(world.number(&instance, "load", &[Val::U32(64)]), u32::from(b'a'));
    }
}

/// A source that panics.
struct Panics;

impl StreamSource for Panics {
    type Item = u8;
    type Error = Infallible;

    fn poll_fill(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut Destination<'_, u8>,
    ) -> Poll<Result<SourceState, Infallible>> {
        panic!("a bug of the source")
    }
}

#[test]
fn a_panic_of_a_dropped_transfer_continues_in_the_driver() {
    let mut summing = Summing::new();
    let Summing { world, sum, .. } = &mut summing;
    let (stream, sending) = world.store.stream_from(Panics).unwrap();
    assert_eq!(world.store.call(sum, (stream,)).unwrap(), 0);
    assert_eq!(panics_of_polls(world), [""; 0]);
    assert!(sending.is_finished());
    drop(sending);
    assert_eq!(panics_of_polls(world), ["a bug of the source"]);
    works(&mut summing);
}

#[test]
fn a_transfer_polled_after_its_end_reports_it() {
    let (mut world, _) = by_steps("u8");
    let (stream, mut sending) = world.store.stream_from(vec![1_u8]).unwrap();
    let collecting = world.store.collect(stream).unwrap();
    assert_eq!(world.store.block_on(collecting).unwrap(), [1]);
    world.store.block_on(&mut sending).unwrap();
    for _ in 0..2 {
        let error = world.store.block_on(&mut sending).unwrap_err();
        assert!(matches!(error, StreamError::Taken), "{error}");
    }
    let (_, mut sending) = world.store.stream_from(vec![1_u8]).unwrap();
    drop(world);
    for _ in 0..2 {
        let polled = pin!(&mut sending).poll(&mut Context::from_waker(Waker::noop()));
        assert!(matches!(polled, Poll::Ready(Err(StreamError::Gone))), "{polled:?}");
    }
}
