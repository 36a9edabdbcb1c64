//! Sources and sinks that fail, panic, lie, or never continue.

use std::convert::Infallible;
use std::future::Future as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use weft::abi::Val;
use weft::component::streams::{
    self, Destination, Received, SinkState, SourceState, StreamError, StreamSink, StreamSource,
};
use weft::handle::StreamHandle;

use super::guests::{Slowly, Summing, by_steps};

#[test]
fn a_source_that_fails_ends_the_stream_after_its_values() {
    let Summing { mut world, sum, .. } = Summing::new();
    let values = (0..10).map(Ok).chain([Err("broken")]).chain([Ok(100)]);
    let (stream, sending) =
        world.store.stream_from(streams::try_stream(Slowly::new(values))).unwrap();
    assert_eq!(world.store.call(&sum, (stream,)).unwrap(), 45);
    let error = world.store.block_on(sending).unwrap_err();
    assert!(matches!(error, StreamError::Failed("broken")), "{error}");
}

/// A source that panics in the poll with this number.
struct Panics(u32);

impl StreamSource for Panics {
    type Item = u8;
    type Error = Infallible;

    fn poll_fill(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        destination: &mut Destination<'_, u8>,
    ) -> Poll<Result<SourceState, Infallible>> {
        assert!(self.0 > 0, "a bug of the source");
        self.0 -= 1;
        if self.0.is_multiple_of(2) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        destination.put(1);
        Poll::Ready(Ok(SourceState::More))
    }
}

#[test]
fn a_source_that_panics_ends_the_stream_with_the_panic() {
    for polls in 0..4 {
        let Summing { mut world, sum, .. } = Summing::new();
        let (stream, sending) = world.store.stream_from(Panics(polls)).unwrap();
        let expected = (0..polls).filter(|it| !it.is_multiple_of(2)).count();
        let given = world.store.call(&sum, (stream,)).unwrap();
        assert_eq!(usize::try_from(given).unwrap(), expected);
        match world.store.block_on(sending) {
            Err(StreamError::Panicked(panic)) => {
                assert_eq!(panic.message(), Some("a bug of the source"));
                assert!(panic.take_payload().is_some());
            }
            other => panic!("{other:?}"),
        }
        // All other streams still work.
        let (stream, _) = world.store.stream_from(vec![1_u8]).unwrap();
        assert_eq!(world.store.call(&sum, (stream,)).unwrap(), 1);
    }
}

#[test]
fn a_panic_without_a_receiver_continues_in_the_driver() {
    let Summing { mut world, sum, .. } = Summing::new();
    let (stream, sending) = world.store.stream_from(Panics(0)).unwrap();
    drop(sending);
    let call = catch_unwind(AssertUnwindSafe(|| {
        let _ = world.store.call(&sum, (stream,));
        let _ = world.store.poll(Waker::noop());
    }));
    assert!(call.is_err());
    let (stream, _) = world.store.stream_from(vec![1_u8]).unwrap();
    assert_eq!(world.store.call(&sum, (stream,)).unwrap(), 1);
}

/// A sink that fails, panics, or ends, after a number of values.
struct Ends(u32, &'static str);

impl StreamSink for Ends {
    type Item = u8;
    type Output = ();
    type Error = &'static str;

    fn poll_take(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        received: &mut Received<'_, u8>,
    ) -> Poll<Result<SinkState, &'static str>> {
        if self.0 == 0 {
            assert_ne!(self.1, "panic", "a bug of the sink");
            return Poll::Ready(Err(self.1));
        }
        self.0 -= 1;
        received.take();
        Poll::Ready(Ok(SinkState::More))
    }

    fn poll_finish(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
        assert_ne!(self.1, "panic", "a bug of the sink");
        Poll::Ready(Err(self.1))
    }
}

#[test]
fn a_sink_that_fails_or_panics_drops_the_stream() {
    for values in [0, 1, 2] {
        for end in ["failed", "panic"] {
            let Summing { mut world, count, .. } = Summing::new();
            let stream = world.store.call(&count, (2,)).unwrap();
            let taking = world.store.stream_into(stream, Ends(values, end)).unwrap();
            match (world.store.block_on(taking), end) {
                (Err(StreamError::Failed(error)), "failed") => assert_eq!(error, end),
                (Err(StreamError::Panicked(_)), "panic") => {}
                (other, _) => panic!("{other:?}"),
            }
            assert_eq!(world.store.count_of(weft::limits::Table::Waitables), 0);
        }
    }
}

/// A source and sink that always claims to continue, and does nothing.
struct Lies;

impl StreamSource for Lies {
    type Item = u8;
    type Error = Infallible;

    fn poll_fill(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut Destination<'_, u8>,
    ) -> Poll<Result<SourceState, Infallible>> {
        Poll::Ready(Ok(SourceState::More))
    }
}

impl StreamSink for Lies {
    type Item = u8;
    type Output = ();
    type Error = Infallible;

    fn poll_take(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut Received<'_, u8>,
    ) -> Poll<Result<SinkState, Infallible>> {
        Poll::Ready(Ok(SinkState::More))
    }

    fn poll_finish(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn idle_sources_and_sinks_leave_time_for_others() {
    let Summing { mut world, sum, count } = Summing::new();
    let (stream, _) = world.store.stream_from(Lies).unwrap();
    let call = world.store.call_async(&sum, (stream,));
    assert!(tokio::time::timeout(Duration::from_millis(5), call).await.is_err());
    let Summing { mut world, .. } = {
        drop(world);
        Summing::new()
    };
    let _ = count;
    let instance = world.instance(streams::EXAMPLE);
    let count = world.store.typed_function::<(u32,), StreamHandle<u8>>(&instance, "count").unwrap();
    let stream = world.store.call_async(&count, (1,)).await.unwrap();
    let taking = world.store.stream_into(stream, Lies).unwrap();
    let taking = world.store.drive(taking);
    assert!(tokio::time::timeout(Duration::from_millis(5), taking).await.is_err());
}

/// A source that is pending, and wakes nothing.
struct Sleeps;

impl StreamSource for Sleeps {
    type Item = u8;
    type Error = Infallible;

    fn poll_fill(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
        _: &mut Destination<'_, u8>,
    ) -> Poll<Result<SourceState, Infallible>> {
        Poll::Pending
    }
}

#[tokio::test]
async fn a_call_that_waits_for_a_source_is_pending_and_no_deadlock() {
    let Summing { mut world, sum, .. } = Summing::new();
    let (stream, _) = world.store.stream_from(Sleeps).unwrap();
    let call = world.store.call_async(&sum, (stream,));
    assert!(tokio::time::timeout(Duration::from_millis(5), call).await.is_err());
}

#[test]
fn a_call_that_waits_for_a_source_is_polled() {
    let Summing { mut world, sum, .. } = Summing::new();
    let (stream, _) = world.store.stream_from(Sleeps).unwrap();
    let call = world.store.start(&sum, (stream,)).unwrap();
    let progress = world.store.poll(Waker::noop()).unwrap();
    assert!(!progress.can_go_on && !progress.is_at_rest());
    assert!(world.store.take_result(call).unwrap().is_none());
}

/// Checks that an invalid value from a guest traps it, and that the transfer reports this.
#[test]
fn a_value_that_cannot_be_lifted_traps_the_guest() {
    for guest_first in [true, false] {
        let (mut world, instance) = by_steps("(option u8)");
        let Some(Val::Stream(end)) = world.call(&instance, "make", &[]) else { panic!() };
        let stream = StreamHandle::<Option<u8>>::from(end);
        let error = if guest_first {
            // The "a" in its memory is not a valid case.
            world.number(&instance, "write", &[Val::U32(1)]);
            let collecting = world.store.collect(stream).unwrap();
            world.store.block_on(collecting).unwrap_err()
        } else {
            let collecting = world.store.collect(stream).unwrap();
            world.try_call(&instance, "write", &[Val::U32(1)]).unwrap_err();
            world.store.block_on(collecting).unwrap_err()
        };
        assert!(matches!(error, StreamError::Call(_)), "{error}");
        world.try_call(&instance, "write", &[Val::U32(1)]).unwrap_err();
    }
}

#[test]
fn a_value_that_cannot_be_lowered_traps_the_guest() {
    let text = crate::linking::guests::has_streams("string");
    let text = text.replace("(global.get $top)\n", "(unreachable)\n");
    for guest_first in [true, false] {
        let mut world = weft_tests::world::World::new();
        let instance = world.instance(&text);
        let (stream, mut writer) = world.store.stream_writer::<String>().unwrap();
        world.call(&instance, "take", &[Val::Stream(stream.end())]);
        if guest_first {
            world.number(&instance, "read", &[Val::U32(1)]);
            // The writer reports that the text was taken, or that the guest is gone.
            let _ = world.store.block_on(writer.send("one".into()));
            assert_eq!(world.store.block_on(writer.send("two".into())), Err(streams::StreamClosed));
        } else {
            let mut sending = Box::pin(writer.send("one".into()));
            let mut context = Context::from_waker(Waker::noop());
            assert!(sending.as_mut().poll(&mut context).is_pending());
            world.try_call(&instance, "read", &[Val::U32(1)]).unwrap_err();
            drop(sending);
        }
        assert!(writer.is_closed());
    }
}
