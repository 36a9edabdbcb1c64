//! Streams between guests, and between a guest and the host.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use weft::component::streams::{
    Destination, Received, SinkState, SourceState, StreamSink, StreamSource,
};
use weft::handle::StreamHandle;

use super::Stand;
use crate::cases::Element;
use crate::components::{self, PIPE, SCHEDULED};
use crate::hosts::Operation;

/// Returns a case in which a guest reads `count` elements each time, which another one writes.
pub fn between_guests(element: Element, count: u32) -> Operation {
    let mut it = Stand::new(&components::stream(element.text()));
    let open = it.typed::<(), ()>("open");
    it.store.call(&open, ()).unwrap();
    let transfer = it.typed::<(u32, u32), ()>("transfer");
    Box::new(move |n| it.store.call(&transfer, (count, n)).unwrap())
}

/// Returns the same with two tasks that the scheduler runs.
pub fn between_tasks(length: u32) -> Operation {
    let mut it = Stand::new(SCHEDULED);
    let run = it.typed::<(u32, u32), ()>("run");
    Box::new(move |n| it.store.call(&run, (n, length)).unwrap())
}

/// A sink that reads all bytes into a buffer.
pub struct Reads {
    buffer: Vec<u8>,
    total: u64,
}

impl Reads {
    pub fn new(length: u32) -> Self {
        Self { buffer: Vec::with_capacity(length as usize), total: 0 }
    }
}

impl StreamSink for Reads {
    type Item = u8;
    type Output = u64;
    type Error = Infallible;

    fn poll_take(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        received: &mut Received<'_, u8>,
    ) -> Poll<Result<SinkState, Infallible>> {
        self.buffer.clear();
        self.buffer.extend_from_slice(received.bytes());
        let count = self.buffer.len();
        received.advance(count);
        self.total += count as u64;
        Poll::Ready(Ok(SinkState::More))
    }

    fn poll_finish(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<u64, Infallible>> {
        Poll::Ready(Ok(self.total))
    }
}

/// Returns a case in which a guest writes, and the host reads into a buffer of its own.
pub fn to_host(length: u32) -> Operation {
    let mut it = Stand::new(PIPE);
    let pour = it.typed::<(u32, u32), StreamHandle<u8>>("pour");
    Box::new(move |n| {
        let stream = it.store.call(&pour, (n, length)).unwrap();
        let reading = it.store.stream_into(stream, Reads::new(length)).unwrap();
        let total = it.store.block_on(reading).unwrap();
        assert_eq!(total, u64::from(n) * u64::from(length));
    })
}

/// A source that writes a buffer repeatedly, `left` times in all.
struct Writes {
    buffer: Vec<u8>,
    left: u32,
}

impl StreamSource for Writes {
    type Item = u8;
    type Error = Infallible;

    fn poll_fill(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        destination: &mut Destination<'_, u8>,
    ) -> Poll<Result<SourceState, Infallible>> {
        if self.left == 0 {
            return Poll::Ready(Ok(SourceState::Ended));
        }
        self.left -= 1;
        destination.copy_from(&self.buffer);
        Poll::Ready(Ok(SourceState::More))
    }
}

/// Returns a case in which the host writes from a buffer of its own, and a guest reads.
pub fn from_host(length: u32) -> Operation {
    let mut it = Stand::new(PIPE);
    let eat = it.typed::<(StreamHandle<u8>, u32), u64>("eat");
    Box::new(move |n| {
        let writes = Writes { buffer: vec![7; length as usize], left: n };
        let (stream, _) = it.store.stream_from(writes).unwrap();
        let total = it.store.call(&eat, (stream, length)).unwrap();
        assert_eq!(total, u64::from(n) * u64::from(length));
    })
}
