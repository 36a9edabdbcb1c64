//! A file as a sink of bytes.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::boxed::Box;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::vec::Vec;

use super::file::{File, MOST, write_at};
use super::place::Place;
use crate::bytes::{ByteSink, BytesError};

/// A file that is written from a position on, or at its end.
pub(crate) struct FileSink {
    file: File,
    /// The position; `None` for the end.
    position: Option<u64>,
    /// A write on another thread. It continues if this is dropped.
    writing: Option<Writing>,
    /// A buffer that is reused.
    buffer: Vec<u8>,
}

type Writing = Pin<Box<dyn Future<Output = (io::Result<()>, Vec<u8>)> + Send>>;

impl FileSink {
    pub(super) const fn new(file: File, position: Option<u64>) -> Self {
        Self { file, position, writing: None, buffer: Vec::new() }
    }

    /// Advances by the number of bytes that are written.
    fn advance(&mut self, count: usize) {
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        self.position = self.position.map(|position| position.saturating_add(count));
    }
}

impl ByteSink for FileSink {
    fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, BytesError>> {
        if self.file.place == Place::Here {
            let count = write_at(&self.file.system, bytes, self.position)?;
            self.advance(count);
            return Poll::Ready(Ok(count));
        }
        ready!(self.poll_flush(context))?;
        let bytes = bytes.get(..MOST).unwrap_or(bytes);
        let mut buffer = core::mem::take(&mut self.buffer);
        buffer.extend_from_slice(bytes);
        let (file, position) = (Arc::clone(&self.file.system), self.position);
        self.advance(bytes.len());
        let mut writing: Writing = Box::pin(Place::Thread.run(move || {
            let written = write_all(&file, &buffer, position);
            buffer.clear();
            (written, buffer)
        }));
        // It begins at the first poll.
        match writing.as_mut().poll(context) {
            Poll::Ready((written, buffer)) => {
                self.buffer = buffer;
                written?;
            }
            Poll::Pending => self.writing = Some(writing),
        }
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BytesError>> {
        if let Some(writing) = &mut self.writing {
            let (written, buffer) = ready!(writing.as_mut().poll(context));
            (self.writing, self.buffer) = (None, buffer);
            written?;
        }
        Poll::Ready(Ok(()))
    }
}

/// Writes all bytes at a position, or at the end.
fn write_all(file: &std::fs::File, mut bytes: &[u8], mut position: Option<u64>) -> io::Result<()> {
    while !bytes.is_empty() {
        let count = match write_at(file, bytes, position)? {
            0 => return Err(ErrorKind::WriteZero.into()),
            count => count,
        };
        bytes = bytes.get(count..).unwrap_or_default();
        let count = u64::try_from(count).unwrap_or(u64::MAX);
        position = position.map(|position| position.saturating_add(count));
    }
    Ok(())
}
