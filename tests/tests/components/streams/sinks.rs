//! Each kind of sink, through a guest.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use weft::component::Store;
use weft::component::streams::{self, Received, SinkState, StreamSink, Transfer};
use weft::engine::wasmi::Wasmi;
use weft::handle::StreamHandle;

use super::guests::Summing;

/// Asserts the result of 0, 1, 2, …, `count` values, for each way of driving the store.
fn receives<R: std::fmt::Debug + PartialEq, F: std::fmt::Debug>(
    count: u32,
    expected: &R,
    mut begin: impl FnMut(&mut Store<Wasmi>, StreamHandle<u8>) -> Transfer<R, F>,
) {
    let Summing { mut world, count: function, .. } = Summing::new();
    let store = &mut world.store;
    let stream = store.call(&function, (count,)).unwrap();
    let receiving = begin(store, stream);
    assert_eq!(store.block_on(receiving).unwrap(), *expected);

    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let stream = store.call_async(&function, (count,)).await.unwrap();
        let receiving = begin(store, stream);
        assert_eq!(store.drive(receiving).await.unwrap(), *expected);
    });

    let stream = store.call(&function, (count,)).unwrap();
    let receiving = begin(store, stream);
    for _ in 0..10_000 {
        store.poll(Waker::noop()).unwrap();
        if receiving.is_finished() {
            break;
        }
    }
    assert!(receiving.is_finished());
    assert_eq!(store.block_on(receiving).unwrap(), *expected);
}

#[test]
fn a_vector() {
    receives(5, &vec![0, 1, 2, 3, 4], |store, stream| store.collect(stream).unwrap());
    receives(0, &vec![], |store, stream| store.collect(stream).unwrap());
    receives(300, &(0..300_u32).map(|it| it.to_le_bytes()[0]).collect(), |store, stream| {
        store.collect(stream).unwrap()
    });
}

#[test]
fn a_vector_with_a_limit() {
    for (count, expected) in [(5, vec![0, 1, 2]), (3, vec![0, 1, 2]), (2, vec![0, 1])] {
        receives(count, &expected, |store, stream| {
            store.stream_into(stream, streams::collect_at_most(3)).unwrap()
        });
    }
    // No values at all.
    receives(3, &vec![], |store, stream| {
        store.stream_into(stream, streams::collect_at_most(0)).unwrap()
    });
}

#[test]
fn a_function_for_each() {
    let sum = Arc::new(Mutex::new(0));
    receives(5, &(), |store, stream| {
        let sum = sum.clone();
        let sink = streams::for_each(move |value: u8| {
            *sum.lock().unwrap() += u32::from(value);
            Ok::<_, Infallible>(())
        });
        store.stream_into(stream, sink).unwrap()
    });
    assert_eq!(*sum.lock().unwrap(), 3 * 10);
}

/// A writer that records the bytes it receives, and accepts few at once.
#[derive(Clone, Default)]
struct Little(Arc<Mutex<(Vec<u8>, bool)>>);

impl Little {
    fn write(&self, context: &Context<'_>, bytes: &[u8]) -> Poll<std::io::Result<usize>> {
        let mut state = self.0.lock().unwrap();
        state.1 = !state.1;
        if state.1 {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        let taken = &bytes[..bytes.len().min(3)];
        state.0.extend_from_slice(taken);
        Poll::Ready(Ok(taken.len()))
    }
}

impl tokio::io::AsyncWrite for Little {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.write(context, bytes)
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        self.write(context, b"end").map_ok(|_| ())
    }
}

impl futures_io::AsyncWrite for Little {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        self.write(context, bytes)
    }
    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Poll::Ready(Ok(()))
    }
    fn poll_close(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        self.write(context, b"end").map_ok(|_| ())
    }
}

#[test]
fn writers_of_both_traits() {
    let written = Little::default();
    receives(70, &(), |store, stream| {
        written.0.lock().unwrap().0.clear();
        store.stream_into(stream, streams::to_tokio(written.clone())).unwrap()
    });
    receives(70, &(), |store, stream| {
        written.0.lock().unwrap().0.clear();
        store.stream_into(stream, streams::to_futures_io(written.clone())).unwrap()
    });
    let expected: Vec<u8> = (0..70).chain(*b"end").collect();
    assert_eq!(written.0.lock().unwrap().0, expected);
}

/// A sink of the host, which takes values every other time.
#[derive(Default)]
struct Slow {
    sum: u32,
    is_ready: bool,
}

impl StreamSink for Slow {
    type Item = u8;
    type Output = u32;
    type Error = Infallible;

    fn poll_take(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        received: &mut Received<'_, u8>,
    ) -> Poll<Result<SinkState, Infallible>> {
        self.is_ready = !self.is_ready;
        if self.is_ready {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.sum += u32::from(received.take().unwrap());
        Poll::Ready(Ok(SinkState::More))
    }

    fn poll_finish(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Result<u32, Infallible>> {
        self.is_ready = !self.is_ready;
        if self.is_ready {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Ok(self.sum))
    }
}

#[test]
fn a_custom_sink_that_waits() {
    receives(10, &45, |store, stream| store.stream_into(stream, Slow::default()).unwrap());
}

#[test]
fn a_transfer_that_is_dropped_leaves_the_stream_running() {
    let Summing { mut world, count, .. } = Summing::new();
    let sum = Arc::new(Mutex::new(0));
    let stream = world.store.call(&count, (5,)).unwrap();
    let adds = sum.clone();
    let sink = streams::for_each(move |value: u8| {
        *adds.lock().unwrap() += u32::from(value);
        Ok::<_, Infallible>(())
    });
    drop(world.store.stream_into(stream, sink).unwrap());
    while world.store.poll(Waker::noop()).unwrap().can_go_on {}
    assert_eq!(*sum.lock().unwrap(), 10);
}
