//! Standard streams of the process, on systems that can tell if they would block.

use std::fmt;
use std::io::{Stderr, Stdin, Stdout, stderr, stdin, stdout};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use rustix::event::PollFlags;
use rustix::io::{Errno, read, write};

use super::readiness::Readiness;
use crate::bytes::{ByteSink, ByteSource, BytesError};

/// The number of bytes that a pipe takes without blocking, if it takes any: POSIX's smallest
/// `PIPE_BUF`.
const ATOMIC: usize = 512;

/// The number of bytes that are written at a time to a stream that is not a pipe.
const MOST: usize = 64 << 10;

/// Standard input.
pub(super) struct ProcessInput {
    stream: Arc<Stdin>,
    readiness: Readiness<Arc<Stdin>>,
}

impl ProcessInput {
    pub(super) fn new() -> Self {
        let stream = Arc::new(stdin());
        Self { readiness: Readiness::new(stream.clone(), PollFlags::IN), stream }
    }
}

impl ByteSource for ProcessInput {
    fn poll_read(
        &mut self,
        context: &mut Context<'_>,
        buffer: &mut [u8],
    ) -> Poll<Result<usize, BytesError>> {
        loop {
            ready!(self.readiness.poll_ready(context));
            match read(&*self.stream, &mut *buffer) {
                // Another process that has the stream was faster.
                Err(Errno::INTR | Errno::AGAIN) => {}
                read => {
                    return Poll::Ready(
                        read.map_err(|errno| BytesError::from(std::io::Error::from(errno))),
                    );
                }
            }
        }
    }
}

/// Standard output or the standard error output of the process, as a [`ByteSink`]. It is for hosts
/// that wrap it, to see a guest's output or its errors. Otherwise use
/// [`inherit_stdout`](crate::WasiCtxBuilder::inherit_stdout).
pub struct ProcessOutput {
    stream: Arc<Output>,
    readiness: Readiness<Arc<Output>>,
    /// The number of bytes that it takes at a time without blocking, if it takes any.
    most: usize,
}

/// An output of the process.
pub(super) enum Output {
    Stdout(Stdout),
    Stderr(Stderr),
}

impl AsFd for Output {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Stdout(stream) => stream.as_fd(),
            Self::Stderr(stream) => stream.as_fd(),
        }
    }
}

impl ProcessOutput {
    /// Returns standard output.
    #[must_use]
    pub fn stdout() -> Self {
        Self::new(Output::Stdout(stdout()))
    }

    /// Returns the standard error output.
    #[must_use]
    pub fn stderr() -> Self {
        Self::new(Output::Stderr(stderr()))
    }

    fn new(output: Output) -> Self {
        use rustix::fs::{FileType, fstat};
        let is_file = fstat(&output).is_ok_and(|stat| {
            matches!(FileType::from_raw_mode(stat.st_mode), FileType::RegularFile)
        });
        let stream = Arc::new(output);
        let readiness = Readiness::new(stream.clone(), PollFlags::OUT);
        Self { stream, readiness, most: if is_file { MOST } else { ATOMIC } }
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
        let bytes = bytes.get(..self.most).unwrap_or(bytes);
        loop {
            ready!(self.readiness.poll_ready(context));
            match write(&*self.stream, bytes) {
                Err(Errno::INTR | Errno::AGAIN) => {}
                written => {
                    return Poll::Ready(
                        written.map_err(|errno| BytesError::from(std::io::Error::from(errno))),
                    );
                }
            }
        }
    }
}
