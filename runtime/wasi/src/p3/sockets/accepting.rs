//! The stream of the connections that a socket accepts.

use core::convert::Infallible;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::boxed::Box;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Sleep, sleep};
use weft::binding::Own;
use weft::component::streams::{Destination, SourceState, StreamSource};

use crate::runtime::enter;
use crate::sockets::{SocketError, TcpListener, TcpSocket};

/// The pause if the system has no room for another socket.
const PAUSE: Duration = Duration::from_millis(50);

/// The largest number of aborted connections that are skipped at a time.
const MOST_AT_ONCE: usize = 64;

/// A source of the connections that a socket accepts. It never ends.
pub(super) struct Accepting {
    listener: Arc<TcpListener>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl Accepting {
    pub(super) const fn new(listener: Arc<TcpListener>) -> Self {
        Self { listener, pause: None }
    }
}

impl StreamSource for Accepting {
    type Item = Own<TcpSocket>;
    type Error = Infallible;

    fn poll_fill(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        destination: &mut Destination<'_, Self::Item>,
    ) -> Poll<Result<SourceState, Infallible>> {
        for _ in 0..MOST_AT_ONCE {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(context));
                self.pause = None;
            }
            match ready!(self.listener.poll_accept(context)) {
                Ok(socket) => {
                    // One at a time: the system keeps connections that no guest has read.
                    let _ = destination.put(Own::new(socket));
                    return Poll::Ready(Ok(SourceState::More));
                }
                Err(SocketError::ConnectionAborted) => {}
                Err(_) => self.pause = Some(enter(|| Box::pin(sleep(PAUSE)))),
            }
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}
