//! A file as a source of bytes.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::boxed::Box;
use std::io;
use std::sync::Arc;
use std::vec::Vec;

use super::file::{File, MOST, blocking_read};
use crate::bytes::{ByteSource, BytesError};

/// The contents of a file from a position on.
pub(crate) struct FileSource {
    file: File,
    position: u64,
    /// Bytes that were read on another thread, from `taken`.
    bytes: Vec<u8>,
    taken: usize,
    reading: Option<Reading>,
}

type Reading = Pin<Box<dyn Future<Output = (io::Result<usize>, Vec<u8>)> + Send>>;

impl FileSource {
    pub(super) const fn new(file: File, position: u64) -> Self {
        Self { file, position, bytes: Vec::new(), taken: 0, reading: None }
    }

    /// Advances by the number of bytes that were read.
    fn advance(&mut self, count: usize) -> usize {
        self.position = self.position.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        count
    }

    /// Takes bytes that were read before.
    fn take(&mut self, buffer: &mut [u8]) -> usize {
        let left = self.bytes.get(self.taken..).unwrap_or_default();
        let count = left.len().min(buffer.len());
        if let (Some(into), Some(from)) = (buffer.get_mut(..count), left.get(..count)) {
            into.copy_from_slice(from);
        }
        self.taken += count;
        count
    }
}

impl ByteSource for FileSource {
    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<Result<usize, BytesError>> {
        if self.reading.is_none() {
            let taken = self.take(buffer);
            if taken > 0 {
                return Poll::Ready(Ok(taken));
            }
            if let Some(read) = self.file.read_at_once(buffer, self.position) {
                return Poll::Ready(Ok(self.advance(read?)));
            }
        }
        // Not more than asked for: later bytes could change before they are wanted.
        let length = buffer.len().min(MOST);
        let reading = self.reading.get_or_insert_with(|| {
            let mut bytes = core::mem::take(&mut self.bytes);
            bytes.resize(length, 0);
            let (place, file) = (self.file.place, Arc::clone(&self.file.system));
            Box::pin(blocking_read(place, file, bytes, self.position))
        });
        let (count, mut bytes) = ready!(reading.as_mut().poll(context));
        self.reading = None;
        bytes.truncate(count?);
        self.advance(bytes.len());
        (self.bytes, self.taken) = (bytes, 0);
        Poll::Ready(Ok(self.take(buffer)))
    }
}
