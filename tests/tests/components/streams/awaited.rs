//! Writers and readers with async methods.

use std::future::Future as _;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use futures_core::Stream as _;
use weft::abi::Val;
use weft::component::streams::{StreamClosed, StreamError};
use weft::handle::StreamHandle;
use weft::limit::BLOCKED;

use super::guests::{Summing, by_steps};

#[tokio::test]
async fn a_writer_in_another_task_waits_for_the_guest() {
    let Summing { mut world, sum, .. } = Summing::new();
    let (stream, mut writer) = world.store.stream_writer::<u8>().unwrap();
    let writing = tokio::spawn(async move {
        let mut values = vec![1; 1000];
        // At most the number of values that the guest requests is taken at once.
        let count = writer.write(&mut values).await.unwrap();
        assert_eq!((count, values.len()), (64, 936));
        writer.write_all(&mut values).await.unwrap();
        assert!(values.is_empty() && values.capacity() >= 936);
        writer.send(7).await.unwrap();
        assert_eq!(writer.write(&mut Vec::new()).await, Ok(0));
    });
    assert_eq!(world.store.call_async(&sum, (stream,)).await.unwrap(), 1007);
    writing.await.unwrap();
}

#[test]
fn a_dropped_write_returns_the_values_that_were_not_taken() {
    let (mut world, instance) = by_steps("u8");
    let (stream, mut writer) = world.store.stream_writer::<u8>().unwrap();
    world.call(&instance, "take", &[Val::Stream(stream.end())]);
    let mut values = b"abcdef".to_vec();
    {
        let mut writing = pin!(writer.write_all(&mut values));
        let mut context = Context::from_waker(Waker::noop());
        assert!(writing.as_mut().poll(&mut context).is_pending());
        assert_eq!(world.number(&instance, "read", &[Val::U32(4)]), 4 << 4);
        assert!(writing.as_mut().poll(&mut context).is_pending());
    }
    assert_eq!(values, b"ef");
    // The guest waits for the next values.
    assert_eq!(world.number(&instance, "read", &[Val::U32(4)]), BLOCKED);
    world.store.block_on(writer.write_all(&mut values)).unwrap();
    world.call(&instance, "cancel-read", &[]);
    assert_eq!(world.number(&instance, "word", &[Val::U32(0)]) & 0xffff, 0x6665);
}

#[test]
fn a_leaked_write_ends_before_the_next() {
    let (mut world, instance) = by_steps("u8");
    let (stream, mut writer) = world.store.stream_writer::<u8>().unwrap();
    world.call(&instance, "take", &[Val::Stream(stream.end())]);
    let mut values = b"ab".to_vec();
    let mut writing = Box::pin(writer.write(&mut values));
    assert!(writing.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    std::mem::forget(writing);
    let mut others = b"cd".to_vec();
    let mut writing = pin!(writer.write_all(&mut others));
    assert!(writing.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!(world.number(&instance, "read", &[Val::U32(4)]), 2 << 4);
    assert!(writing.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert_eq!(world.number(&instance, "read", &[Val::U32(4)]), 2 << 4);
    assert_eq!(writing.as_mut().poll(&mut Context::from_waker(Waker::noop())), Poll::Ready(Ok(())));
}

#[test]
fn a_writer_learns_that_the_guest_has_dropped_the_stream() {
    let (mut world, instance) = by_steps("u8");
    let (stream, mut writer) = world.store.stream_writer::<u8>().unwrap();
    world.call(&instance, "take", &[Val::Stream(stream.end())]);
    let mut values = b"abc".to_vec();
    {
        let mut writing = pin!(writer.write_all(&mut values));
        assert!(writing.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        world.call(&instance, "drop-readable", &[]);
        assert_eq!(world.store.block_on(writing), Err(StreamClosed));
    }
    assert_eq!(values, b"abc");
    assert!(writer.is_closed());
    assert_eq!(world.store.block_on(writer.send(1)), Err(StreamClosed));
}

#[test]
fn a_guest_that_does_not_read_learns_that_the_writer_was_dropped() {
    let (mut world, instance) = by_steps("u8");
    let (stream, writer) = world.store.stream_writer::<u8>().unwrap();
    world.call(&instance, "take", &[Val::Stream(stream.end())]);
    drop(writer);
    world.store.poll(Waker::noop()).unwrap();
    // The stream was dropped, with nothing read.
    assert_eq!(world.number(&instance, "read", &[Val::U32(4)]), 1);
}

#[tokio::test]
async fn a_reader_in_another_task() {
    let Summing { mut world, count, .. } = Summing::new();
    let stream = world.store.call_async(&count, (10,)).await.unwrap();
    let mut reader = world.store.stream_reader(stream).unwrap();
    let reading = tokio::spawn(async move {
        let mut buffer = Vec::with_capacity(4);
        assert_eq!(reader.read(&mut buffer).await.unwrap(), 1);
        tokio::time::sleep(Duration::from_millis(2)).await;
        assert_eq!(reader.next().await.unwrap(), Some(1));
        assert_eq!(reader.read_to_end().await.unwrap(), [2, 3, 4, 5, 6, 7, 8, 9]);
        // The end of the stream is reported at each read.
        assert_eq!(reader.read(&mut buffer).await.unwrap(), 0);
        assert_eq!(reader.next().await.unwrap(), None);
        buffer
    });
    assert_eq!(world.store.drive(reading).await.unwrap(), [0]);
}

#[test]
fn a_reader_is_a_rust_stream() {
    let Summing { mut world, count, .. } = Summing::new();
    let stream = world.store.call(&count, (4,)).unwrap();
    let mut reader = world.store.stream_reader(stream).unwrap();
    let values = world.store.block_on(async {
        let mut values = vec![];
        let mut next =
            async || std::future::poll_fn(|context| Pin::new(&mut reader).poll_next(context)).await;
        while let Some(value) = next().await {
            values.push(value.unwrap());
        }
        values
    });
    assert_eq!(values, [0, 1, 2, 3]);
}

#[test]
fn a_reader_and_a_writer_of_bytes_have_tokios_traits() {
    let Summing { mut world, sum, count } = Summing::new();
    let stream = world.store.call(&count, (100,)).unwrap();
    let mut reader = world.store.stream_reader(stream).unwrap();
    let mut bytes = Vec::new();
    let reading = tokio::io::AsyncReadExt::read_to_end(&mut reader, &mut bytes);
    assert_eq!(world.store.block_on(reading).unwrap(), 100);
    assert!(bytes.into_iter().eq(0..100));

    let (stream, mut writer) = world.store.stream_writer::<u8>().unwrap();
    let call = world.store.start(&sum, (stream,)).unwrap();
    world
        .store
        .block_on(async {
            tokio::io::AsyncWriteExt::write_all(&mut writer, &vec![1; 100_000]).await?;
            tokio::io::AsyncWriteExt::shutdown(&mut writer).await
        })
        .unwrap();
    assert_eq!(world.store.run(call).unwrap(), 100_000);
    let mut late = pin!(tokio::io::AsyncWriteExt::write_all(&mut writer, b"a"));
    let late = late.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    let Poll::Ready(Err(error)) = late else { panic!("{late:?}") };
    assert_eq!(error.kind(), std::io::ErrorKind::BrokenPipe);
}

#[test]
fn a_reader_and_a_writer_of_bytes_have_the_traits_of_futures_io() {
    let Summing { mut world, sum, count } = Summing::new();
    let stream = world.store.call(&count, (3,)).unwrap();
    let mut reader = world.store.stream_reader(stream).unwrap();
    let mut bytes = [0; 10];
    let read = world.store.block_on(std::future::poll_fn(|context| {
        futures_io::AsyncRead::poll_read(Pin::new(&mut reader), context, &mut bytes)
    }));
    assert_eq!((read.unwrap(), bytes[0]), (1, 0));

    let (stream, mut writer) = world.store.stream_writer::<u8>().unwrap();
    let call = world.store.start(&sum, (stream,)).unwrap();
    let written = world.store.block_on(std::future::poll_fn(|context| {
        futures_io::AsyncWrite::poll_write(Pin::new(&mut writer), context, &[2; 9])
    }));
    assert_eq!(written.unwrap(), 9);
    world
        .store
        .block_on(std::future::poll_fn(|context| {
            futures_io::AsyncWrite::poll_close(Pin::new(&mut writer), context)
        }))
        .unwrap();
    assert_eq!(world.store.run(call).unwrap(), 18);
}

#[test]
fn a_dropped_or_leaked_read_loses_nothing() {
    let (mut world, instance) = by_steps("u8");
    let Some(Val::Stream(end)) = world.call(&instance, "make", &[]) else { panic!() };
    let mut reader = world.store.stream_reader(StreamHandle::<u8>::from(end)).unwrap();
    let mut context = Context::from_waker(Waker::noop());
    let mut buffer = b"x".to_vec();
    {
        let mut reading = pin!(reader.read(&mut buffer));
        assert!(reading.as_mut().poll(&mut context).is_pending());
        assert_eq!(world.number(&instance, "write", &[Val::U32(2)]), 2 << 4);
        // It has finished its read, and asks for nothing.
    }
    assert_eq!(buffer, b"xab");
    {
        let mut reading = pin!(reader.read(&mut buffer));
        assert!(reading.as_mut().poll(&mut context).is_pending());
    }
    assert_eq!(buffer, b"xab");
    assert_eq!(world.number(&instance, "write", &[Val::U32(2)]), BLOCKED);
    let mut other = Vec::new();
    let mut reading = Box::pin(reader.read(&mut other));
    assert!(reading.as_mut().poll(&mut context).is_pending());
    std::mem::forget(reading);
    world.store.poll(Waker::noop()).unwrap();
    assert_eq!(world.store.block_on(reader.next()).unwrap(), Some(b'a'));
    assert_eq!(world.store.block_on(reader.read(&mut buffer)).unwrap(), 1);
    assert_eq!(buffer, b"xabb");
}

#[test]
fn a_guest_that_does_not_write_learns_that_the_reader_was_dropped() {
    let (mut world, instance) = by_steps("u8");
    let Some(Val::Stream(end)) = world.call(&instance, "make", &[]) else { panic!() };
    let reader = world.store.stream_reader(StreamHandle::<u8>::from(end)).unwrap();
    drop(reader);
    world.store.poll(Waker::noop()).unwrap();
    assert_eq!(world.number(&instance, "write", &[Val::U32(2)]), 1);
}

#[test]
fn a_reader_learns_that_the_store_is_gone() {
    let (mut world, instance) = by_steps("u8");
    let Some(Val::Stream(end)) = world.call(&instance, "make", &[]) else { panic!() };
    let mut reader = world.store.stream_reader(StreamHandle::<u8>::from(end)).unwrap();
    let mut buffer = Vec::new();
    let mut reading = pin!(reader.read(&mut buffer));
    let mut context = Context::from_waker(Waker::noop());
    assert!(reading.as_mut().poll(&mut context).is_pending());
    drop(world);
    let read = reading.as_mut().poll(&mut context);
    assert!(matches!(read, Poll::Ready(Err(StreamError::Gone))), "{read:?}");
}
