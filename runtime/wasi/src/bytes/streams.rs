//! Sources and sinks as streams of the Component Model, for WASI 0.3.

use core::pin::Pin;
use core::task::{Context, Poll, ready};

use weft::component::streams::{
    Destination, Received, SinkState, SourceState, StreamSink, StreamSource,
};

use super::error::{BytesError, BytesErrorKind};
use super::sink::ByteSink;
use super::source::ByteSource;

/// A [`ByteSource`] as the source of a `stream<u8>`: [`source_stream`] returns it.
#[derive(Debug)]
pub struct SourceStream<S>(S);

/// Returns a source for a `stream<u8>`. It reads directly into the guest's memory.
pub const fn source_stream<S: ByteSource>(source: S) -> SourceStream<S> {
    SourceStream(source)
}

impl<S> Unpin for SourceStream<S> {}

impl<S: ByteSource> StreamSource for SourceStream<S> {
    type Item = u8;
    type Error = BytesError;

    fn poll_fill(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        destination: &mut Destination<'_, u8>,
    ) -> Poll<Result<SourceState, BytesError>> {
        let source = &mut Pin::into_inner(self).0;
        if destination.room() == 0 {
            // A read of 0 bytes must not look like the end.
            return Poll::Pending;
        }
        let count = ready!(source.poll_read(context, destination.bytes_mut()))?;
        destination.advance(count);
        Poll::Ready(Ok(if count == 0 { SourceState::Ended } else { SourceState::More }))
    }
}

/// A [`ByteSink`] as the sink of a `stream<u8>`: [`sink_stream`] returns it.
#[derive(Debug)]
pub struct SinkStream<S>(S);

/// Returns a sink for a `stream<u8>`. It writes directly from the guest's memory, and is closed at
/// the end of the stream.
pub const fn sink_stream<S: ByteSink>(sink: S) -> SinkStream<S> {
    SinkStream(sink)
}

impl<S> Unpin for SinkStream<S> {}

impl<S: ByteSink> StreamSink for SinkStream<S> {
    type Item = u8;
    type Output = ();
    type Error = BytesError;

    fn poll_take(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        received: &mut Received<'_, u8>,
    ) -> Poll<Result<SinkState, BytesError>> {
        let sink = &mut Pin::into_inner(self).0;
        while !received.is_empty() {
            let count = ready!(sink.poll_write(context, received.bytes()))?;
            if count == 0 {
                return Poll::Ready(Err(BytesErrorKind::BrokenPipe.into()));
            }
            received.advance(count);
        }
        Poll::Ready(Ok(SinkState::More))
    }

    fn poll_finish(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), BytesError>> {
        Pin::into_inner(self).0.poll_close(context)
    }
}
