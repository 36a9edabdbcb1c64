//! Waiting until a socket can be read or written.

use core::task::{Context, Poll, ready};
use std::io::{self, ErrorKind};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::AsFd;
use tokio::io::Interest;
use tokio::net::{TcpStream, UdpSocket};

/// The direction of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Read,
    Write,
}

/// A socket whose readiness a runtime of tokio watches.
pub(super) trait Watched: AsFd {
    /// Waits until the runtime has learned that the socket is ready. That may be long ago.
    fn poll_heard(&self, direction: Direction, context: &mut Context<'_>) -> Poll<io::Result<()>>;

    /// Tries an operation. If it would block, the runtime forgets that the socket was ready.
    fn attempt<R>(
        &self,
        direction: Direction,
        operation: impl FnOnce() -> io::Result<R>,
    ) -> io::Result<R>;
}

impl Direction {
    const fn interest(self) -> Interest {
        match self {
            Self::Read => Interest::READABLE,
            Self::Write => Interest::WRITABLE,
        }
    }

    const fn flags(self) -> PollFlags {
        match self {
            Self::Read => PollFlags::IN,
            Self::Write => PollFlags::OUT,
        }
    }
}

impl Watched for TcpStream {
    fn poll_heard(&self, direction: Direction, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match direction {
            Direction::Read => self.poll_read_ready(context),
            Direction::Write => self.poll_write_ready(context),
        }
    }

    fn attempt<R>(
        &self,
        direction: Direction,
        operation: impl FnOnce() -> io::Result<R>,
    ) -> io::Result<R> {
        self.try_io(direction.interest(), operation)
    }
}

impl Watched for UdpSocket {
    fn poll_heard(&self, direction: Direction, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match direction {
            Direction::Read => self.poll_recv_ready(context),
            Direction::Write => self.poll_send_ready(context),
        }
    }

    fn attempt<R>(
        &self,
        direction: Direction,
        operation: impl FnOnce() -> io::Result<R>,
    ) -> io::Result<R> {
        self.try_io(direction.interest(), operation)
    }
}

/// Waits until an operation doesn't block, and returns its result.
///
/// The system is asked first, and not the runtime. A guest that polls endlessly may keep the
/// runtime from learning of anything. Also, a runtime does not know yet that a new socket is
/// writable.
pub(super) fn poll_operation<S: Watched, R>(
    socket: &S,
    direction: Direction,
    context: &mut Context<'_>,
    mut operation: impl FnMut() -> io::Result<R>,
) -> Poll<io::Result<R>> {
    let mut result = operation();
    loop {
        match result {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                ready!(socket.poll_heard(direction, context))?;
                result = socket.attempt(direction, &mut operation);
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => result = operation(),
            result => return Poll::Ready(result),
        }
    }
}

/// Waits until the socket is ready, according to the system.
pub(super) fn poll_ready<S: Watched>(
    socket: &S,
    direction: Direction,
    context: &mut Context<'_>,
) -> Poll<()> {
    // The next operation returns the error.
    poll_operation(socket, direction, context, || is_ready(socket, direction)).map(|_| ())
}

/// Asks the system if the socket is ready. If not, returns an error, so that this can be used as an
/// operation.
pub(super) fn is_ready(socket: &impl AsFd, direction: Direction) -> io::Result<()> {
    let mut sockets = [PollFd::new(socket, direction.flags())];
    match poll(&mut sockets, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }))? {
        0 => Err(ErrorKind::WouldBlock.into()),
        _ => Ok(()),
    }
}
