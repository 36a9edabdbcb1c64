//! Each kind of source, through a guest.

use std::convert::Infallible;
use std::future::Future as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use weft::component::streams::{self, Destination, IntoStreamSource, SourceState, StreamSource};

use super::guests::{Slowly, Summing};

/// Asserts that a guest reads bytes whose sum is `expected`, for each way of driving the store.
fn adds_up<S>(expected: u32, mut source: impl FnMut() -> S)
where
    S: IntoStreamSource<Source: StreamSource<Item = u8, Error: std::fmt::Debug>>,
{
    let Summing { mut world, sum, .. } = Summing::new();
    let store = &mut world.store;
    let (stream, sending) = store.stream_from(source()).unwrap();
    assert_eq!(store.call(&sum, (stream,)).unwrap(), expected);
    store.block_on(sending).unwrap();

    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let (stream, sending) = store.stream_from(source()).unwrap();
        assert_eq!(store.call_async(&sum, (stream,)).await.unwrap(), expected);
        store.drive(sending.finished()).await.unwrap();
    });

    let (stream, mut sending) = store.stream_from(source()).unwrap();
    let call = store.start(&sum, (stream,)).unwrap();
    let mut polls = 0;
    let result = loop {
        store.poll(Waker::noop()).unwrap();
        if let Some(result) = store.take_result(call).unwrap() {
            break result.unwrap();
        }
        polls += 1;
        assert!(polls < 10_000, "it continues with each poll");
    };
    assert_eq!(result, expected);
    store.poll(Waker::noop()).unwrap();
    let sent = Pin::new(&mut sending).poll(&mut Context::from_waker(Waker::noop()));
    assert!(matches!(sent, Poll::Ready(Ok(()))), "{sent:?}");
}

#[test]
fn a_vector_an_array_and_slices() {
    adds_up(6, || vec![1, 2, 3]);
    adds_up(6, || [1, 2, 3]);
    adds_up(6, || Box::<[u8]>::from([1, 2, 3]));
    adds_up(6, || &[1_u8, 2, 3][..]);
    adds_up(0, Vec::new);
    adds_up(500, || vec![1; 500]);
}

#[test]
fn bytes_that_are_owned_or_shared() {
    let shared: Arc<[u8]> = Arc::from([7; 100]);
    adds_up(700, || streams::bytes(shared.clone()));
    adds_up(97, || streams::bytes(String::from("a")));
    adds_up(0, || streams::bytes(""));
}

#[test]
fn an_iterator() {
    adds_up(4950, || streams::iter(0..100));
    adds_up(0, || streams::iter([]));
}

#[test]
fn a_rust_stream() {
    adds_up(4950, || streams::stream(Slowly::new(0..100)));
    adds_up(4950, || streams::try_stream(Slowly::new((0..100).map(Ok::<_, Infallible>))));
}

#[test]
fn readers_of_both_traits() {
    const BYTES: &[u8] = &[3; 200];
    adds_up(600, || streams::from_tokio(BYTES));
    adds_up(600, || streams::from_futures_io(BYTES));
}

/// A source of the host, which counts down to 0.
struct Down(u8);

impl StreamSource for Down {
    type Item = u8;
    type Error = Infallible;

    fn poll_fill(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        destination: &mut Destination<'_, u8>,
    ) -> Poll<Result<SourceState, Infallible>> {
        // Both ways to write bytes, and a byte for which there is no room.
        if let Some(first) = destination.bytes_mut().first_mut() {
            *first = self.0;
            destination.advance(1);
        }
        while self.0 > 0 {
            self.0 -= 1;
            if destination.put(self.0).is_some() {
                self.0 += 1;
                return Poll::Ready(Ok(SourceState::More));
            }
        }
        Poll::Ready(Ok(SourceState::Ended))
    }
}

#[test]
fn a_custom_source() {
    adds_up(10 + 9 + 8 + 7 + 6 + 5 + 4 + 3 + 2 + 1, || Down(10));
}

/// Checks a store that is driven by tokio, with a source that waits for a timer.
#[tokio::test]
async fn a_source_that_waits_is_woken() {
    let Summing { mut world, sum, .. } = Summing::new();
    let (client, mut server) = tokio::io::duplex(16);
    let (stream, sending) = world.store.stream_from(streams::from_tokio(client)).unwrap();
    let writing = tokio::spawn(async move {
        for _ in 0..5 {
            tokio::time::sleep(Duration::from_millis(2)).await;
            tokio::io::AsyncWriteExt::write_all(&mut server, &[1; 40]).await.unwrap();
        }
    });
    assert_eq!(world.store.call_async(&sum, (stream,)).await.unwrap(), 200);
    writing.await.unwrap();
    world.store.drive(sending).await.unwrap();
}

/// Checks a source that another thread wakes, while the call blocks.
#[test]
fn a_source_is_woken_by_another_thread() {
    let Summing { mut world, sum, .. } = Summing::new();
    let (stream, mut writer) = world.store.stream_writer::<u8>().unwrap();
    let writing = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            for _ in 0..5 {
                tokio::time::sleep(Duration::from_millis(2)).await;
                writer.write_all(&mut vec![1; 100]).await.unwrap();
            }
        });
    });
    assert_eq!(world.store.call(&sum, (stream,)).unwrap(), 500);
    writing.join().unwrap();
}
