//! Allocations of streams, and long streams.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use allocation_counter::measure;
use weft::component::streams::{
    Destination, Received, SinkState, SourceState, StreamSink, StreamSource,
};
use weft::handle::StreamHandle;
use weft_tests::world::World;

/// Reads and writes `length` bytes at a time, `n` times.
pub(crate) const PIPE: &str = include_str!("pipe.wat");

/// A guest call that writes a buffer `n` times.
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

/// A sink that reads all values into a buffer, and counts.
struct Reads {
    buffer: Vec<u8>,
    total: u64,
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
        let this = &mut *self;
        this.buffer.clear();
        this.total += received.take_into(&mut this.buffer, usize::MAX) as u64;
        Poll::Ready(Ok(SinkState::More))
    }

    fn poll_finish(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<u64, Infallible>> {
        Poll::Ready(Ok(self.total))
    }
}

/// Returns the allocations of `n` operations of `length` bytes, in the two directions.
fn allocations(n: u32, length: u32) -> (u64, u64) {
    let mut world = World::new();
    let instance = world.instance(PIPE);
    let pour =
        world.store.typed_function::<(u32, u32), StreamHandle<u8>>(&instance, "pour").unwrap();
    let eat = world.store.typed_function::<(StreamHandle<u8>, u32), u64>(&instance, "eat").unwrap();
    let total = u64::from(n) * u64::from(length);
    let store = &mut world.store;
    let mut to_host = || {
        let stream = store.call(&pour, (n, length)).unwrap();
        let buffer = Vec::with_capacity(length as usize);
        let reading = store.stream_into(stream, Reads { buffer, total: 0 }).unwrap();
        assert_eq!(store.block_on(reading).unwrap(), total);
    };
    to_host();
    let to_host = measure(to_host).count_total;
    let store = &mut world.store;
    let mut from_host = || {
        let buffer = vec![7; length as usize];
        let (stream, _) = store.stream_from(Writes { buffer, left: n }).unwrap();
        assert_eq!(store.call(&eat, (stream, length)).unwrap(), total);
    };
    from_host();
    (to_host, measure(from_host).count_total)
}

#[test]
fn operations_on_bytes_allocate_nothing() {
    assert_eq!(allocations(10, 1024), allocations(1000, 1024));
    assert_eq!(allocations(10, 65536), allocations(100, 65536));
}

#[test]
fn operations_of_a_writer_and_a_reader_allocate_nothing() {
    let allocated = |n: u32| {
        let mut world = World::new();
        let instance = world.instance(PIPE);
        let pour = world.store.typed_function::<(u32, u32), StreamHandle<u8>>(&instance, "pour");
        let eat = world.store.typed_function::<(StreamHandle<u8>, u32), u64>(&instance, "eat");
        let (pour, eat) = (pour.unwrap(), eat.unwrap());
        let store = &mut world.store;
        let mut operation = || {
            let stream = store.call(&pour, (n, 1024)).unwrap();
            let mut reader = store.stream_reader(stream).unwrap();
            let mut buffer = Vec::with_capacity(1024);
            let total = store.block_on(async {
                let mut total = 0;
                loop {
                    buffer.clear();
                    match reader.read(&mut buffer).await.unwrap() {
                        0 => break total,
                        count => total += count,
                    }
                }
            });
            assert_eq!(total, 1024 * n as usize);
            let (stream, mut writer) = store.stream_writer::<u8>().unwrap();
            let call = store.start(&eat, (stream, 1024)).unwrap();
            store.block_on(async {
                for _ in 0..n {
                    buffer.resize(1024, 7);
                    writer.write_all(&mut buffer).await.unwrap();
                }
            });
            drop(writer);
            assert_eq!(store.run(call).unwrap(), 1024 * u64::from(n));
        };
        operation();
        measure(operation).count_total
    };
    assert_eq!(allocated(10), allocated(200));
}

/// Checks that the memory in use is little more than the buffer.
#[test]
fn a_long_stream_needs_only_the_buffer() {
    let mut world = World::new();
    let instance = world.instance(PIPE);
    let pour =
        world.store.typed_function::<(u32, u32), StreamHandle<u8>>(&instance, "pour").unwrap();
    let (n, length) = (128, 65536);
    let stream = world.store.call(&pour, (n, length)).unwrap();
    let used = measure(|| {
        let buffer = Vec::with_capacity(8 << 20);
        let reader = world.store.stream_reader(stream);
        let (mut reader, mut buffer) = (reader.unwrap(), buffer);
        world.store.block_on(async {
            while reader.read(&mut buffer).await.unwrap() > 0 {
                if buffer.len() == buffer.capacity() {
                    break;
                }
            }
        });
        assert_eq!(buffer.len(), 8 << 20);
    });
    assert!(used.bytes_max < (8 << 20) + 16384, "{}", used.bytes_max);
}
