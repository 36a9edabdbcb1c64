//! Writing the bytes that a sink has received to a writer of any trait.

use core::task::{Poll, ready};
use std::io;

use crate::component::run::serving::{Received, SinkState};

/// Writes all bytes that were received, with as many writes as it takes.
pub(super) fn write_all(
    received: &mut Received<'_, u8>,
    mut write: impl FnMut(&[u8]) -> Poll<io::Result<usize>>,
) -> Poll<io::Result<SinkState>> {
    while !received.is_empty() {
        let count = ready!(write(received.bytes()))?;
        if count == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        received.advance(count);
    }
    Poll::Ready(Ok(SinkState::More))
}
