//! Sources with several handles.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::task::Wake as _;
use alloc::vec;
use alloc::vec::Vec;
use core::fmt;
use core::task::{Context, Poll};

use spin::Mutex;

use super::error::BytesError;
use super::source::ByteSource;
use super::waiters::Waiters;

/// The largest number of bytes that are read at a time, which bounds the host's memory for them.
const MOST: usize = 64 << 10;

/// A handle of a [`ByteSource`]: the resource `input-stream` of WASI 0.2, and standard input.
///
/// Clones are handles of the same source. Bytes that one handle has read are not read by the
/// others.
#[derive(Clone)]
pub struct InputStream(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    waiters: Arc<Waiters>,
}

struct State {
    /// `None` after its end or its error.
    source: Option<Box<dyn ByteSource>>,
    /// Bytes that were read to find out if there are any, from `position`.
    buffer: Vec<u8>,
    position: usize,
    /// An error that was not returned yet.
    error: Option<BytesError>,
}

/// The end of an [`InputStream`].
#[derive(Clone, Debug)]
pub enum InputError {
    /// The source failed. Later reads return [`Closed`](Self::Closed).
    Failed(BytesError),
    /// The source has ended.
    Closed,
}

impl InputStream {
    /// Makes a handle of a source.
    #[must_use]
    pub fn new(source: impl ByteSource) -> Self {
        let state =
            State { source: Some(Box::new(source)), buffer: Vec::new(), position: 0, error: None };
        Self(Arc::new(Shared { state: Mutex::new(state), waiters: Arc::default() }))
    }

    /// Waits until there are bytes, the end or an error.
    pub fn poll_ready(&self, context: &Context<'_>) -> Poll<()> {
        self.0.waiters.poll(context, |context| self.0.state.lock().poll_ready(context))
    }

    /// Drops the source, and the bytes that were not read. For all handles, the source has ended.
    pub fn close(&self) {
        let closed = {
            let mut state = self.0.state.lock();
            state.buffer.clear();
            state.position = 0;
            state.error = None;
            state.source.take()
        };
        drop(closed);
        self.0.waiters.wake_by_ref();
    }

    /// Returns the bytes that there are now, at most `length`. There may be none.
    ///
    /// # Errors
    ///
    /// [`InputError`]
    pub fn read(&self, length: u64) -> Result<Vec<u8>, InputError> {
        let read = self.0.waiters.poll_for_nobody(|context| {
            let mut state = self.0.state.lock();
            state.poll_take(context, length)
        });
        match read {
            Poll::Ready(read) => read,
            Poll::Pending => Ok(Vec::new()),
        }
    }

    /// Waits until there are bytes, and returns at most `length` of them.
    ///
    /// # Errors
    ///
    /// [`InputError`]
    pub fn poll_take(
        &self,
        context: &Context<'_>,
        length: u64,
    ) -> Poll<Result<Vec<u8>, InputError>> {
        self.0.waiters.poll(context, |context| self.0.state.lock().poll_take(context, length))
    }
}

impl ByteSource for InputStream {
    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<Result<usize, BytesError>> {
        let read =
            self.0.waiters.poll(context, |context| self.0.state.lock().poll_read(context, buffer));
        read.map(|read| match read {
            Ok(count) => Ok(count),
            Err(InputError::Closed) => Ok(0),
            Err(InputError::Failed(error)) => Err(error),
        })
    }
}

impl State {
    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<()> {
        if self.is_open() && self.buffered().is_empty() {
            let mut buffer = core::mem::take(&mut self.buffer);
            buffer.resize(MOST, 0);
            let read = self.poll_source(context, &mut buffer);
            match &read {
                Poll::Ready(Ok(count)) => buffer.truncate(*count),
                _ => buffer.clear(),
            }
            (self.buffer, self.position) = (buffer, 0);
            match read {
                Poll::Ready(Err(InputError::Failed(error))) => self.error = Some(error),
                Poll::Ready(_) => {}
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(())
    }

    fn poll_take(
        &mut self,
        context: &mut Context<'_>,
        length: u64,
    ) -> Poll<Result<Vec<u8>, InputError>> {
        let length = usize::try_from(length).map_or(MOST, |length| length.min(MOST));
        if length == 0 {
            let is_closed = !self.is_open() && self.buffered().is_empty();
            return Poll::Ready(if is_closed { Err(self.closed()) } else { Ok(Vec::new()) });
        }
        let mut bytes = vec![0; length];
        self.poll_read(context, &mut bytes).map_ok(|count| {
            bytes.truncate(count);
            bytes
        })
    }

    /// Reads at least one byte.
    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<Result<usize, InputError>> {
        let buffered = self.buffered();
        if buffered.is_empty() {
            if !self.is_open() {
                return Poll::Ready(Err(self.closed()));
            }
            return self.poll_source(context, into);
        }
        let count = buffered.len().min(into.len());
        if let (Some(into), Some(from)) = (into.get_mut(..count), buffered.get(..count)) {
            into.copy_from_slice(from);
        }
        self.position += count;
        Poll::Ready(Ok(count))
    }

    fn poll_source(
        &mut self,
        context: &mut Context<'_>,
        into: &mut [u8],
    ) -> Poll<Result<usize, InputError>> {
        let Some(source) = &mut self.source else { return Poll::Ready(Err(InputError::Closed)) };
        let read = source.poll_read(context, into).map(|read| match read {
            Ok(0) => Err(InputError::Closed),
            Ok(count) => Ok(count.min(into.len())),
            Err(error) => Err(InputError::Failed(error)),
        });
        if let Poll::Ready(Err(_)) = &read {
            self.source = None;
        }
        read
    }

    const fn is_open(&self) -> bool {
        self.source.is_some()
    }

    fn buffered(&self) -> &[u8] {
        self.buffer.get(self.position..).unwrap_or_default()
    }

    fn closed(&mut self) -> InputError {
        self.error.take().map_or(InputError::Closed, InputError::Failed)
    }
}

impl fmt::Debug for InputStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InputStream").finish_non_exhaustive()
    }
}
