//! Bytes in memory.

use alloc::sync::Arc;
use alloc::vec::Vec;
use core::task::{Context, Poll};

use spin::Mutex;

use super::error::{BytesError, BytesErrorKind};
use super::sink::ByteSink;
use super::source::ByteSource;

/// A source of bytes that are in memory.
#[derive(Clone, Debug)]
pub struct MemorySource {
    bytes: Vec<u8>,
    position: usize,
}

impl MemorySource {
    /// Makes a source of these bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), position: 0 }
    }
}

impl ByteSource for MemorySource {
    fn poll_read(
        &mut self,
        _: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<Result<usize, BytesError>> {
        let left = self.bytes.get(self.position..).unwrap_or_default();
        let count = left.len().min(buffer.len());
        if let (Some(into), Some(from)) = (buffer.get_mut(..count), left.get(..count)) {
            into.copy_from_slice(from);
        }
        self.position += count;
        Poll::Ready(Ok(count))
    }
}

/// A sink that keeps bytes in memory. Clones are the same sink.
#[derive(Clone, Debug)]
pub struct MemorySink {
    bytes: Arc<Mutex<Vec<u8>>>,
    capacity: usize,
}

impl MemorySink {
    /// Makes a sink that takes at most `capacity` bytes. Further writes fail with a broken pipe.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { bytes: Arc::default(), capacity }
    }

    /// Returns the bytes that were written.
    #[must_use]
    pub fn contents(&self) -> Vec<u8> {
        self.bytes.lock().clone()
    }
}

impl ByteSink for MemorySink {
    fn poll_write(&mut self, _: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize, BytesError>> {
        let mut all = self.bytes.lock();
        let count = bytes.len().min(self.capacity.saturating_sub(all.len()));
        if count == 0 {
            return Poll::Ready(Err(BytesErrorKind::BrokenPipe.into()));
        }
        all.extend_from_slice(bytes.get(..count).unwrap_or_default());
        Poll::Ready(Ok(count))
    }
}
