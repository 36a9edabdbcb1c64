//! Bodies from guests and for guests.

use core::pin::Pin;
use core::task::{Context, Poll, ready};

use ::http::HeaderMap;
use tokio::sync::oneshot;
use weft::binding::{FutureHandle, HostCaller, HostError, Own, StreamHandle};
use weft::component::streams::{Destination, SourceState, StreamSource};

use crate::WasiCtx;
use crate::http::{Body, ErrorCode, Fields, Pipe, Reading, transmission};

/// The future with the trailers of a body.
pub(super) type TrailersHandle = FutureHandle<Result<Option<Own<Fields>>, ErrorCode>>;

/// The future with the outcome of a transmission.
pub(super) type EndedHandle = FutureHandle<Result<(), ErrorCode>>;

/// Makes a body that a guest writes, and the future with the outcome of its transmission.
pub(super) fn written(
    caller: &mut impl HostCaller<WasiCtx>,
    contents: Option<StreamHandle<u8>>,
    trailers: TrailersHandle,
    length: Option<u64>,
    wrong_length: fn(Option<u64>) -> ErrorCode,
) -> Result<(Pipe, Body, EndedHandle), HostError> {
    let (pipe, writer) = Pipe::new(length, wrong_length);
    let trailers = caller.future_value(trailers)?;
    pipe.trailers_of(trailers);
    match contents {
        Some(contents) => drop(caller.stream_into(contents, writer)?),
        None => writer.finish(),
    }
    let (transmission, ended) = transmission();
    let ended = caller.future_from(ended)?;
    let body = pipe.body(Some(transmission));
    Ok((pipe, body, ended))
}

/// Passes a body to a guest.
pub(super) fn read(
    caller: &mut impl HostCaller<WasiCtx>,
    mut body: Body,
    result: EndedHandle,
) -> Result<(StreamHandle<u8>, TrailersHandle), HostError> {
    let result = caller.future_value(result)?;
    if let Some(transmission) = body.transmission() {
        transmission.follow(result);
    }
    let (end, ended) = oneshot::channel();
    let contents = caller.stream_from(Contents { reading: Reading::new(body), end: Some(end) })?;
    let rules = caller.host().http.fields.clone();
    let trailers = caller.future_from(async move {
        // A guest that drops the stream before its end gets no trailers.
        let end = ended.await.unwrap_or(Ok(None));
        end.map(|trailers| trailers.map(|trailers| Own::new(rules.received(trailers))))
    })?;
    Ok((contents, trailers))
}

/// The bytes of a body.
struct Contents {
    reading: Reading,
    end: Option<oneshot::Sender<Result<Option<HeaderMap>, ErrorCode>>>,
}

impl StreamSource for Contents {
    type Item = u8;
    type Error = ErrorCode;

    fn poll_fill(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        destination: &mut Destination<'_, u8>,
    ) -> Poll<Result<SourceState, ErrorCode>> {
        let read = ready!(self.reading.poll_read(context, destination.bytes_mut()));
        if let Ok(count @ 1..) = read {
            destination.advance(count);
            return Poll::Ready(Ok(SourceState::More));
        }
        let end = self.reading.take_end();
        if let Some(sender) = self.end.take() {
            // The guest may have dropped the future.
            let _ = sender.send(end);
        }
        Poll::Ready(Ok(SourceState::Ended))
    }
}
