//! Waiting until a file descriptor can be read or written without blocking.

use std::boxed::Box;
use std::future::Future;
use std::os::fd::AsFd;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{Context, Poll, ready};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, Result};

use crate::runtime::blocking;

/// The time, in nanoseconds, that a thread waits before it checks if the result is still wanted.
const PATIENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

/// Waits until a standard stream can be read or written.
///
/// It asks the system with `poll`. It does not change the stream, which other processes use, too.
pub(super) struct Readiness<F> {
    stream: F,
    direction: PollFlags,
    waiting: Option<Waiting>,
}

/// A waiting thread. It ends soon after this is dropped.
struct Waiting {
    _wanted: Arc<()>,
    ready: Pin<Box<dyn Future<Output = ()> + Send>>,
}

impl<F: AsFd + Clone + Send + 'static> Readiness<F> {
    pub(super) const fn new(stream: F, direction: PollFlags) -> Self {
        Self { stream, direction, waiting: None }
    }

    /// Waits until a read or write would not block, or would fail.
    pub(super) fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<()> {
        loop {
            if let Some(waiting) = &mut self.waiting {
                ready!(waiting.ready.as_mut().poll(context));
                self.waiting = None;
            }
            if is_ready(&self.stream, self.direction, &Timespec::default()) {
                return Poll::Ready(());
            }
            let wanted = Arc::new(());
            let ready = wait(self.stream.clone(), self.direction, Arc::downgrade(&wanted));
            self.waiting = Some(Waiting { _wanted: wanted, ready: Box::pin(ready) });
        }
    }
}

fn wait(
    stream: impl AsFd + Send + 'static,
    direction: PollFlags,
    wanted: Weak<()>,
) -> impl Future<Output = ()> + Send {
    blocking(move || while wanted.strong_count() > 0 && !is_ready(&stream, direction, &PATIENCE) {})
}

fn is_ready(stream: &impl AsFd, direction: PollFlags, time: &Timespec) -> bool {
    let polled: Result<usize> = poll(&mut [PollFd::new(stream, direction)], Some(time));
    // If this fails, the read or write fails, too, and returns the error.
    !matches!(polled, Ok(0) | Err(Errno::INTR))
}
