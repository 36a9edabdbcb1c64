//! Streams between guests, and between a guest and the host.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};

use futures::executor::block_on;
use wasmtime::component::{
    Destination, Source, StreamConsumer, StreamProducer, StreamReader, StreamResult,
};
use wasmtime::{Result, StoreContextMut};

use super::{Stand, Variant};
use crate::cases::Element;
use crate::components::{self, PIPE, SCHEDULED};
use crate::hosts::Operation;

/// Returns a case in which a guest reads `count` elements each time, which another one writes.
pub fn between_guests(variant: Variant, element: Element, count: u32) -> Operation {
    let mut it = Stand::new(variant, &components::stream(element.text()));
    let open = it.typed::<(), ()>("open");
    block_on(open.call_async(&mut it.store, ())).unwrap();
    let transfer = it.typed::<(u32, u32), ()>("transfer");
    Box::new(move |n| block_on(transfer.call_async(&mut it.store, (count, n))).unwrap())
}

/// Returns the same with two tasks that the scheduler runs.
pub fn between_tasks(variant: Variant, length: u32) -> Operation {
    let mut it = Stand::new(variant, SCHEDULED);
    let run = it.typed::<(u32, u32), ()>("run");
    Box::new(move |n| block_on(run.call_async(&mut it.store, (n, length))).unwrap())
}

/// A consumer that reads all bytes into a buffer, and counts them.
struct Reads {
    buffer: Vec<u8>,
    total: Arc<AtomicU64>,
}

impl<D: 'static> StreamConsumer<D> for Reads {
    type Item = u8;

    fn poll_consume(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        store: StoreContextMut<D>,
        source: Source<'_, u8>,
        _: bool,
    ) -> Poll<Result<StreamResult>> {
        let mut source = source.as_direct(store);
        self.buffer.clear();
        self.buffer.extend_from_slice(source.remaining());
        let count = self.buffer.len();
        source.mark_read(count);
        self.total.fetch_add(count as u64, Relaxed);
        Poll::Ready(Ok(StreamResult::Completed))
    }
}

/// Returns a case in which a guest writes, and the host reads into a buffer of its own.
pub fn to_host(variant: Variant, length: u32) -> Operation {
    let mut it = Stand::new(variant, PIPE);
    let pour = it.typed::<(u32, u32), (StreamReader<u8>,)>("pour");
    Box::new(move |n| {
        let total = Arc::new(AtomicU64::new(0));
        let expected = u64::from(n) * u64::from(length);
        let calls = it.store.run_concurrent(async |accessor| {
            let (stream,) = pour.call_concurrent(accessor, (n, length)).await.unwrap();
            let buffer = Vec::with_capacity(length as usize);
            let reads = Reads { buffer, total: total.clone() };
            accessor.with(|store| stream.pipe(store, reads)).unwrap();
            std::future::poll_fn(|context| {
                if total.load(Relaxed) == expected {
                    return Poll::Ready(());
                }
                context.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
        });
        block_on(calls).unwrap();
    })
}

/// A producer that writes a buffer repeatedly, `left` times in all.
struct Writes {
    buffer: Vec<u8>,
    left: u32,
}

impl<D: 'static> StreamProducer<D> for Writes {
    type Item = u8;
    type Buffer = Option<u8>;

    fn poll_produce<'a>(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        store: StoreContextMut<'a, D>,
        destination: Destination<'a, u8, Option<u8>>,
        _: bool,
    ) -> Poll<Result<StreamResult>> {
        if self.left == 0 {
            return Poll::Ready(Ok(StreamResult::Dropped));
        }
        self.left -= 1;
        let mut destination = destination.as_direct(store, self.buffer.len());
        destination.remaining().copy_from_slice(&self.buffer);
        destination.mark_written(self.buffer.len());
        Poll::Ready(Ok(StreamResult::Completed))
    }
}

/// Returns a case in which the host writes from a buffer of its own, and a guest reads.
pub fn from_host(variant: Variant, length: u32) -> Operation {
    let mut it = Stand::new(variant, PIPE);
    let eat = it.typed::<(StreamReader<u8>, u32), (u64,)>("eat");
    Box::new(move |n| {
        let writes = Writes { buffer: vec![7; length as usize], left: n };
        let stream = StreamReader::new(&mut it.store, writes).unwrap();
        let (total,) = block_on(eat.call_async(&mut it.store, (stream, length))).unwrap();
        assert_eq!(total, u64::from(n) * u64::from(length));
    })
}
