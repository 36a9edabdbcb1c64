//! A body that a guest writes.

use core::pin::Pin;
use core::task::{Context, Poll, Waker, ready};
use std::sync::Arc;

use ::bytes::{Bytes, BytesMut};
use ::http::HeaderMap;
use ::http_body::{Frame, SizeHint};
use spin::Mutex;
use weft::binding::Own;
use weft::component::streams::{GuestFuture, Received, SinkState, StreamSink};

use super::{Body, Transmission};
use crate::bytes::{ByteSink, BytesError, BytesErrorKind};
use crate::http::{ErrorCode, Fields};

/// The largest number of bytes that a guest is ahead of the reader of its body.
const CAPACITY: usize = 64 << 10;

/// A body that a guest writes. Its writer and its reader share it.
#[derive(Clone)]
pub(crate) struct Pipe(Arc<Mutex<State>>);

struct State {
    buffer: BytesMut,
    /// The number of bytes that the guest has written.
    written: u64,
    /// The number of bytes that the body needs, by its header.
    length: Option<u64>,
    /// The number of bytes that the guest reports when it has finished.
    promised: Option<u64>,
    /// The error for a body that is too long or too short.
    wrong_length: fn(Option<u64>) -> ErrorCode,
    /// The end of the bytes.
    end: Option<Result<(), ErrorCode>>,
    trailers: Trailers,
    is_abandoned: bool,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

/// The trailers, which are unknown before the end of the bytes.
enum Trailers {
    /// They will be set later.
    Open,
    Told(Result<Option<HeaderMap>, ErrorCode>),
    /// The guest writes them to a future.
    Guest(GuestTrailers),
    /// They were read.
    Taken,
}

type GuestTrailers = GuestFuture<Result<Option<Own<Fields>>, ErrorCode>>;

fn poll_trailers(
    future: &mut GuestTrailers,
    context: &mut Context<'_>,
) -> Poll<Result<Option<HeaderMap>, ErrorCode>> {
    Pin::new(future).poll(context).map(|trailers| match trailers {
        Ok(trailers) => Ok(trailers?.map(Fields::map_of)),
        Err(_) => Err(ErrorCode::ConnectionTerminated),
    })
}

/// The writer of a body. Its bytes end when it is dropped.
pub(crate) struct PipeWriter {
    pipe: Pipe,
    is_ended: bool,
}

/// The reader of a body.
pub(super) struct PipeReader {
    pipe: Pipe,
    transmission: Option<Transmission>,
    is_begun: bool,
    is_ended: bool,
}

impl Pipe {
    /// Makes a body of this many bytes, if the number is known.
    pub(crate) fn new(
        length: Option<u64>,
        wrong_length: fn(Option<u64>) -> ErrorCode,
    ) -> (Self, PipeWriter) {
        let state = State {
            buffer: BytesMut::new(),
            written: 0,
            length,
            promised: None,
            wrong_length,
            end: None,
            trailers: Trailers::Open,
            is_abandoned: false,
            reader: None,
            writer: None,
        };
        let pipe = Self(Arc::new(Mutex::new(state)));
        let writer = PipeWriter { pipe: pipe.clone(), is_ended: false };
        (pipe, writer)
    }

    /// Returns the body, for its reader.
    pub(crate) fn body(&self, transmission: Option<Transmission>) -> Body {
        let pipe = self.clone();
        Body::guest(PipeReader { pipe, transmission, is_begun: false, is_ended: false })
    }

    /// Sets the future to which a guest writes the trailers.
    pub(crate) fn trailers_of(&self, future: GuestTrailers) {
        self.0.lock().trailers = Trailers::Guest(future);
    }

    /// Checks if the trailers are there already, so that the length of the body may be known.
    pub(crate) fn settle(&self) {
        let mut state = self.0.lock();
        if !matches!(state.end, Some(Ok(()))) {
            return;
        }
        match core::mem::replace(&mut state.trailers, Trailers::Taken) {
            Trailers::Guest(mut future) => {
                drop(state);
                let polled = poll_trailers(&mut future, &mut Context::from_waker(Waker::noop()));
                self.0.lock().trailers = match polled {
                    Poll::Ready(trailers) => Trailers::Told(trailers),
                    Poll::Pending => Trailers::Guest(future),
                };
            }
            trailers => state.trailers = trailers,
        }
    }

    /// Finishes the body with its trailers, or as incomplete. `unsent` bytes are not written yet.
    ///
    /// # Errors
    ///
    /// The error of a body that is too long or too short.
    pub(crate) fn finish(
        &self,
        trailers: Result<Option<HeaderMap>, ErrorCode>,
        unsent: usize,
    ) -> Result<(), ErrorCode> {
        let mut state = self.0.lock();
        let Trailers::Open = state.trailers else { return Ok(()) };
        let written = state.written.saturating_add(u64::try_from(unsent).unwrap_or(u64::MAX));
        let result = match (&state.end, state.length) {
            (Some(Err(code)), _) => Err(code.clone()),
            (_, Some(length)) if length != written && trailers.is_ok() => {
                Err((state.wrong_length)(Some(written)))
            }
            _ => Ok(()),
        };
        state.promised = Some(written);
        let told = result.clone().and(trailers);
        state.trailers = Trailers::Told(told);
        let reader = state.reader.take();
        drop(state);
        reader.into_iter().for_each(Waker::wake);
        result
    }
}

impl PipeWriter {
    /// Finishes the bytes.
    pub(crate) fn finish(mut self) {
        // The reader gets an error if there are too few bytes.
        let _ = self.end(Ok(()));
    }

    /// Takes bytes, as many as there is room for.
    fn poll_write(
        &mut self,
        context: &Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, ErrorCode>> {
        let mut state = self.pipe.0.lock();
        if let Some(Err(code)) = &state.end {
            return Poll::Ready(Err(code.clone()));
        }
        if state.is_abandoned {
            return Poll::Ready(Err(ErrorCode::ConnectionTerminated));
        }
        let all = state.written.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if state.length.is_some_and(|length| all > length) {
            let code = (state.wrong_length)(Some(all));
            drop(state);
            let _ = self.end(Err(code.clone()));
            return Poll::Ready(Err(code));
        }
        let room = CAPACITY.saturating_sub(state.buffer.len());
        let Some(taken) = bytes.get(..room.min(bytes.len())).filter(|taken| !taken.is_empty())
        else {
            state.writer = Some(context.waker().clone());
            return Poll::Pending;
        };
        state.buffer.extend_from_slice(taken);
        state.written =
            state.written.saturating_add(u64::try_from(taken.len()).unwrap_or(u64::MAX));
        let reader = state.reader.take();
        drop(state);
        reader.into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(taken.len()))
    }

    /// Finishes the bytes, if they have not ended.
    fn end(&mut self, end: Result<(), ErrorCode>) -> Result<(), ErrorCode> {
        self.is_ended = true;
        let mut state = self.pipe.0.lock();
        let State { written, length, promised, wrong_length, .. } = &*state;
        let end = match (end, *length, *promised) {
            // The missing bytes were with the host, and the guest no longer exists.
            (Ok(()), _, Some(promised)) if promised != *written => {
                Err(ErrorCode::ConnectionTerminated)
            }
            (Ok(()), Some(length), _) if length != *written => Err(wrong_length(Some(*written))),
            (end, ..) => end,
        };
        let end = state.end.get_or_insert(end).clone();
        let reader = state.reader.take();
        drop(state);
        reader.into_iter().for_each(Waker::wake);
        end
    }
}

impl Drop for PipeWriter {
    fn drop(&mut self) {
        if !self.is_ended {
            // A guest that has ended its bytes has recorded that before.
            let _ = self.end(Err(ErrorCode::ConnectionTerminated));
        }
    }
}

/// The bytes of a guest of WASI 0.2. They end when its stream is dropped.
pub(crate) struct PipeSink(PipeWriter);

impl From<PipeWriter> for PipeSink {
    fn from(writer: PipeWriter) -> Self {
        Self(writer)
    }
}

impl ByteSink for PipeSink {
    fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, BytesError>> {
        self.0.poll_write(context, bytes).map_err(|code| match code {
            // The reader is gone, which is not an error of HTTP.
            ErrorCode::ConnectionTerminated => BytesErrorKind::BrokenPipe.into(),
            code => BytesError::with_cause(BytesErrorKind::Io, code),
        })
    }
}

impl Drop for PipeSink {
    fn drop(&mut self) {
        let _ = self.0.end(Ok(()));
    }
}

/// The bytes of a guest of WASI 0.3.
impl StreamSink for PipeWriter {
    type Item = u8;
    type Output = ();
    type Error = ErrorCode;

    fn poll_take(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        received: &mut Received<'_, u8>,
    ) -> Poll<Result<SinkState, ErrorCode>> {
        while !received.is_empty() {
            match self.poll_write(context, received.bytes()) {
                Poll::Ready(Ok(count)) => received.advance(count),
                // The reader is gone. The guest learns that its stream was dropped.
                Poll::Ready(Err(ErrorCode::ConnectionTerminated)) => {
                    return Poll::Ready(Ok(SinkState::Enough));
                }
                Poll::Ready(Err(code)) => return Poll::Ready(Err(code)),
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(Ok(SinkState::More))
    }

    fn has_enough(&self) -> bool {
        self.pipe.0.lock().is_abandoned
    }

    fn poll_finish(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), ErrorCode>> {
        Poll::Ready(self.end(Ok(())))
    }
}

impl PipeReader {
    pub(super) const fn transmission(&mut self) -> Option<&mut Transmission> {
        self.transmission.as_mut()
    }

    pub(super) fn poll_frame(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ErrorCode>>> {
        self.is_begun = true;
        if self.is_ended {
            return Poll::Ready(None);
        }
        let frame = ready!(self.pipe.poll_frame(context));
        let ended = match &frame {
            Some(Ok(data)) if data.is_data() => return Poll::Ready(frame),
            Some(Ok(_)) | None => Ok(()),
            Some(Err(code)) => Err(code.clone()),
        };
        self.end(ended);
        Poll::Ready(frame)
    }

    fn end(&mut self, result: Result<(), ErrorCode>) {
        self.is_ended = true;
        if let Some(transmission) = self.transmission.take() {
            transmission.end(result);
        }
    }

    pub(super) fn is_ended(&self) -> bool {
        self.is_ended || self.pipe.0.lock().is_read()
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        let state = self.pipe.0.lock();
        let left = u64::try_from(state.buffer.len()).unwrap_or(u64::MAX);
        match (&state.end, &state.trailers, state.length) {
            (Some(Ok(())), Trailers::Told(Ok(None)), _) => SizeHint::with_exact(left),
            (_, _, Some(length)) => {
                SizeHint::with_exact(length.saturating_sub(state.written.saturating_sub(left)))
            }
            _ => SizeHint::default(),
        }
    }
}

impl Drop for PipeReader {
    fn drop(&mut self) {
        let mut state = self.pipe.0.lock();
        state.is_abandoned = true;
        // A reader that knows the length doesn't wait for the end.
        let is_read =
            state.is_read() || state.length == Some(state.written) && state.buffer.is_empty();
        let writer = state.writer.take();
        drop(state);
        writer.into_iter().for_each(Waker::wake);
        if self.is_begun && !self.is_ended {
            self.end(if is_read { Ok(()) } else { Err(ErrorCode::ConnectionTerminated) });
        }
    }
}

impl Pipe {
    fn poll_frame(
        &self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, ErrorCode>>> {
        let mut state = self.0.lock();
        if !state.buffer.is_empty() {
            let bytes = core::mem::take(&mut state.buffer).freeze();
            let writer = state.writer.take();
            drop(state);
            writer.into_iter().for_each(Waker::wake);
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match &state.end {
            Some(Ok(())) => {}
            Some(Err(code)) => return Poll::Ready(Some(Err(code.clone()))),
            None => {
                if let Trailers::Told(Err(code)) = &state.trailers {
                    return Poll::Ready(Some(Err(code.clone())));
                }
                state.reader = Some(context.waker().clone());
                return Poll::Pending;
            }
        }
        let trailers = match core::mem::replace(&mut state.trailers, Trailers::Taken) {
            Trailers::Told(trailers) => trailers,
            Trailers::Taken => Ok(None),
            Trailers::Open => {
                state.trailers = Trailers::Open;
                state.reader = Some(context.waker().clone());
                return Poll::Pending;
            }
            Trailers::Guest(mut future) => {
                drop(state);
                match poll_trailers(&mut future, context) {
                    Poll::Ready(trailers) => trailers,
                    Poll::Pending => {
                        self.0.lock().trailers = Trailers::Guest(future);
                        return Poll::Pending;
                    }
                }
            }
        };
        Poll::Ready(match trailers {
            Ok(trailers) => trailers.map(|trailers| Ok(Frame::trailers(trailers))),
            Err(code) => Some(Err(code)),
        })
    }
}

impl State {
    /// Returns `true` if everything was read.
    fn is_read(&self) -> bool {
        self.buffer.is_empty()
            && matches!(self.end, Some(Ok(())))
            && matches!(self.trailers, Trailers::Told(Ok(None)) | Trailers::Taken)
    }
}
