//! Standard output, which ends the guest if its reader is gone.

use std::task::{Context, Poll};

use weft_wasi::bytes::{ByteSink, BytesError, BytesErrorKind};
use weft_wasi::cli::ProcessOutput;

use super::ending::{Ending, Reason};

/// Standard output. If its reader is gone, the guest is ended, as `SIGPIPE` ends other programs. A
/// program that ignores errors would write forever.
#[derive(Debug)]
pub(super) struct StandardOutput {
    output: ProcessOutput,
    ending: Ending,
}

impl StandardOutput {
    /// Returns standard output for a guest that `ending` ends.
    pub(super) fn new(ending: &Ending) -> Self {
        Self { output: ProcessOutput::stdout(), ending: ending.clone() }
    }

    /// Stops the guest if an error says that the reader is gone. The guest does not get that error.
    fn or_end<T>(&self, polled: Poll<Result<T, BytesError>>) -> Poll<Result<T, BytesError>> {
        match polled {
            Poll::Ready(Err(error)) if error.kind() == BytesErrorKind::BrokenPipe => {
                self.ending.end(Reason::NobodyReads);
                Poll::Pending
            }
            polled => polled,
        }
    }
}

impl ByteSink for StandardOutput {
    fn poll_write(
        &mut self,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize, BytesError>> {
        let written = self.output.poll_write(context, bytes);
        self.or_end(written)
    }

    fn poll_flush(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BytesError>> {
        let flushed = self.output.poll_flush(context);
        self.or_end(flushed)
    }
}
