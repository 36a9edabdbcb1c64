//! Sinks with several handles.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::task::Wake as _;
use alloc::vec::Vec;
use core::fmt;
use core::future::poll_fn;
use core::task::{Context, Poll, ready};

use spin::Mutex;

use super::error::{BytesError, BytesErrorKind};
use super::sink::ByteSink;
use super::waiters::Waiters;

/// The largest number of bytes that wait for a sink.
const CAPACITY: usize = 64 << 10;

/// A handle of a [`ByteSink`]: the resource `output-stream` of WASI 0.2, and standard output.
///
/// Clones are handles of the same sink.
#[derive(Clone)]
pub struct OutputStream(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    waiters: Arc<Waiters>,
}

struct State {
    /// `None` after its error.
    sink: Option<Box<dyn ByteSink>>,
    /// Bytes that the sink has not taken yet, from `position`.
    buffer: Vec<u8>,
    position: usize,
    /// `true` while a flush is not complete.
    is_flushing: bool,
    /// `true` while a task polls until nothing is left.
    is_drained: bool,
    /// `true` if further bytes are refused. The sink is closed after the last one.
    is_closed: bool,
    /// An error that was not returned yet.
    error: Option<BytesError>,
}

/// The reasons why an [`OutputStream`] takes no bytes.
#[derive(Clone, Debug)]
pub enum OutputError {
    /// The sink failed. Later writes return [`Closed`](Self::Closed).
    Failed(BytesError),
    /// The sink no longer accepts bytes.
    Closed,
}

impl OutputStream {
    /// Makes a handle of a sink.
    #[must_use]
    pub fn new(sink: impl ByteSink) -> Self {
        let state = State {
            sink: Some(Box::new(sink)),
            buffer: Vec::new(),
            position: 0,
            is_flushing: false,
            is_drained: false,
            is_closed: false,
            error: None,
        };
        Self(Arc::new(Shared { state: Mutex::new(state), waiters: Arc::default() }))
    }

    /// Returns the number of bytes that [`write`](Self::write) would accept now.
    ///
    /// # Errors
    ///
    /// [`OutputError`]
    pub fn room(&self) -> Result<usize, OutputError> {
        let _ = self.0.waiters.poll_for_nobody(|context| self.0.state.lock().poll_drain(context));
        self.0.state.lock().room()
    }

    /// Waits until there is [room](Self::room), or an error.
    pub fn poll_ready(&self, context: &Context<'_>) -> Poll<()> {
        self.0.waiters.poll(context, |context| {
            let mut state = self.0.state.lock();
            let _ = state.poll_drain(context);
            if state.error.is_some() || !matches!(state.room(), Ok(0)) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
    }

    /// Writes bytes. Write at most as many as there is [room](Self::room) for: bytes beyond that
    /// are kept in the host's memory, too. Returns a future that continues writing, if one is
    /// needed: the caller has to poll it, or let an executor do so.
    ///
    /// # Errors
    ///
    /// [`OutputError`]
    pub fn write(&self, bytes: &[u8]) -> Result<Option<Draining>, OutputError> {
        let mut state = self.0.state.lock();
        state.room()?;
        let written = self.0.waiters.poll_for_nobody(|context| state.poll_write(context, bytes));
        let written = match written {
            Poll::Ready(written) => written?,
            Poll::Pending => 0,
        };
        let rest = bytes.get(written..).unwrap_or_default();
        state.buffer.extend_from_slice(rest);
        drop(state);
        Ok(self.drain())
    }

    /// Returns the number of bytes that the sink has not taken yet.
    #[cfg(feature = "http")]
    pub(crate) fn buffered(&self) -> usize {
        self.0.state.lock().left().len()
    }

    /// Begins to flush. There is no [room](Self::room) until that is complete. Returns a future
    /// that continues, as [`write`](Self::write) does.
    ///
    /// # Errors
    ///
    /// [`OutputError`]
    pub fn flush(&self) -> Result<Option<Draining>, OutputError> {
        let mut state = self.0.state.lock();
        state.room()?;
        state.is_flushing = true;
        drop(state);
        Ok(self.drain())
    }

    /// Closes the sink after the bytes that were written. No handle accepts bytes any longer.
    /// Returns a future that continues, as [`write`](Self::write) does.
    pub fn close(&self) -> Option<Draining> {
        self.0.state.lock().is_closed = true;
        let draining = self.drain();
        self.0.waiters.wake_by_ref();
        draining
    }

    /// Waits until all bytes are written and flushed.
    ///
    /// # Errors
    ///
    /// [`OutputError`]
    pub fn poll_flushed(&self, context: &Context<'_>) -> Poll<Result<(), OutputError>> {
        self.0.waiters.poll(context, |context| {
            let mut state = self.0.state.lock();
            state.room()?;
            state.is_flushing = true;
            ready!(state.poll_drain(context));
            Poll::Ready(state.room().map(|_| ()))
        })
    }

    /// Writes the remaining bytes, and returns a future that continues if nothing else does.
    fn drain(&self) -> Option<Draining> {
        let drained =
            self.0.waiters.poll_for_nobody(|context| self.0.state.lock().poll_drain(context));
        let mut state = self.0.state.lock();
        if drained.is_ready() {
            // The next call that can return an error returns it.
            return None;
        }
        let is_drained = core::mem::replace(&mut state.is_drained, true);
        (!is_drained).then(|| Box::pin(self.clone().drained()) as Draining)
    }

    async fn drained(self) {
        poll_fn(|context| {
            self.0.waiters.poll(context, |context| {
                let mut state = self.0.state.lock();
                ready!(state.poll_drain(context));
                state.is_drained = false;
                Poll::Ready(())
            })
        })
        .await;
    }
}

/// A future that continues writing the bytes of an [`OutputStream`].
pub type Draining = core::pin::Pin<Box<dyn Future<Output = ()> + Send>>;

impl ByteSink for OutputStream {
    fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, BytesError>> {
        let written = self.0.waiters.poll(context, |context| {
            let mut state = self.0.state.lock();
            state.room()?;
            ready!(state.poll_drain(context));
            state.poll_write(context, bytes)
        });
        written.map_err(BytesError::from)
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BytesError>> {
        self.poll_flushed(context).map_err(BytesError::from)
    }
}

impl From<OutputError> for BytesError {
    fn from(error: OutputError) -> Self {
        match error {
            OutputError::Failed(error) => error,
            OutputError::Closed => Self::new(BytesErrorKind::BrokenPipe),
        }
    }
}

impl State {
    fn room(&mut self) -> Result<usize, OutputError> {
        match self.error.take() {
            Some(error) if error.kind() != BytesErrorKind::BrokenPipe => {
                Err(OutputError::Failed(error))
            }
            None if self.sink.is_some() && !self.is_closed => {
                let room = CAPACITY.saturating_sub(self.left().len());
                Ok(if self.is_flushing { 0 } else { room })
            }
            _ => Err(OutputError::Closed),
        }
    }

    /// Writes directly to the sink, if nothing is buffered.
    fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, OutputError>> {
        let mut written = 0;
        while self.left().is_empty()
            && let Some(bytes) = bytes.get(written..)
            && !bytes.is_empty()
            && let Some(sink) = &mut self.sink
        {
            match sink.poll_write(context, bytes) {
                Poll::Ready(Ok(0)) => self.fail(BytesErrorKind::BrokenPipe.into()),
                Poll::Ready(Ok(count)) => written += count,
                Poll::Ready(Err(error)) => self.fail(error),
                Poll::Pending if written == 0 => return Poll::Pending,
                Poll::Pending => break,
            }
        }
        if self.sink.is_some() || written > 0 {
            return Poll::Ready(Ok(written));
        }
        Poll::Ready(self.room().map(|_| written))
    }

    /// Waits until nothing is left to write or flush, or the sink has failed.
    fn poll_drain(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while let Some(left) = self.buffer.get(self.position..)
            && !left.is_empty()
            && let Some(sink) = &mut self.sink
        {
            match ready!(sink.poll_write(context, left)) {
                Ok(0) => self.fail(BytesErrorKind::BrokenPipe.into()),
                Ok(count) => self.position += count,
                Err(error) => self.fail(error),
            }
        }
        self.buffer.clear();
        self.position = 0;
        if self.is_flushing
            && let Some(sink) = &mut self.sink
        {
            if let Err(error) = ready!(sink.poll_flush(context)) {
                self.fail(error);
            }
            self.is_flushing = false;
        }
        if self.is_closed
            && let Some(sink) = &mut self.sink
        {
            // The error of a close is not reported.
            let _ = ready!(sink.poll_close(context));
            self.sink = None;
        }
        Poll::Ready(())
    }

    fn fail(&mut self, error: BytesError) {
        self.sink = None;
        self.error = Some(error);
    }

    fn left(&self) -> &[u8] {
        self.buffer.get(self.position..).unwrap_or_default()
    }
}

impl fmt::Debug for OutputStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutputStream").finish_non_exhaustive()
    }
}
