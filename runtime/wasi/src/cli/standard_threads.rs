//! Standard streams of the process, on systems that can't tell if they would block: on a thread.

use std::boxed::Box;
use std::fmt;
use std::future::Future;
use std::io::{self, Read as _, Write, stderr, stdin, stdout};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::vec;
use std::vec::Vec;

use crate::bytes::{ByteSink, ByteSource, BytesError};
use crate::runtime::blocking;

/// The number of bytes that are read or written at a time.
const MOST: usize = 8 << 10;

/// The work of a thread.
type Work<R> = Pin<Box<dyn Future<Output = io::Result<R>> + Send>>;

/// Standard input.
#[derive(Default)]
pub(super) struct ProcessInput {
    bytes: Vec<u8>,
    reading: Option<Work<Vec<u8>>>,
}

impl ProcessInput {
    pub(super) fn new() -> Self {
        Self::default()
    }
}

impl ByteSource for ProcessInput {
    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<Result<usize, BytesError>> {
        if self.bytes.is_empty() {
            let reading = self.reading.get_or_insert_with(|| Box::pin(blocking(read)));
            let read = ready!(reading.as_mut().poll(context));
            self.reading = None;
            self.bytes = read?;
        }
        let count = self.bytes.len().min(buffer.len());
        for (into, from) in buffer.iter_mut().zip(self.bytes.drain(..count)) {
            *into = from;
        }
        Poll::Ready(Ok(count))
    }
}

fn read() -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; MOST];
    let count = stdin().read(&mut bytes)?;
    bytes.truncate(count);
    Ok(bytes)
}

/// Standard output or the standard error output of the process, as a [`ByteSink`]. It is for hosts
/// that wrap it, to see a guest's output or its errors. Otherwise use
/// [`inherit_stdout`](crate::WasiCtxBuilder::inherit_stdout).
pub struct ProcessOutput {
    output: fn() -> Box<dyn Write>,
    writing: Option<Work<()>>,
}

impl ProcessOutput {
    /// Returns standard output.
    #[must_use]
    pub fn stdout() -> Self {
        Self { output: || Box::new(stdout()), writing: None }
    }

    /// Returns the standard error output.
    #[must_use]
    pub fn stderr() -> Self {
        Self { output: || Box::new(stderr()), writing: None }
    }
}

impl fmt::Debug for ProcessOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessOutput").finish_non_exhaustive()
    }
}

impl ByteSink for ProcessOutput {
    fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, BytesError>> {
        ready!(self.poll_flush(context))?;
        let bytes = bytes.get(..MOST).unwrap_or(bytes).to_vec();
        let (count, output) = (bytes.len(), self.output);
        self.writing = Some(Box::pin(blocking(move || {
            let mut output = output();
            output.write_all(&bytes)?;
            output.flush()
        })));
        Poll::Ready(Ok(count))
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BytesError>> {
        if let Some(writing) = &mut self.writing {
            let written = ready!(writing.as_mut().poll(context));
            self.writing = None;
            written?;
        }
        Poll::Ready(Ok(()))
    }
}
