//! The entries of folders, as streams.

use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::boxed::Box;
use std::sync::Arc;

use weft::component::streams::{Destination, SourceState, StreamSource};

use crate::filesystem::{Directory, DirectoryEntries, Entry, FsError};
use crate::p3::bindings::filesystem::wasi::filesystem::types::DirectoryEntry;

/// The entries of a folder as a stream of WASI 0.3.
pub(super) struct EntriesStream {
    directory: Directory,
    entries: Option<Arc<DirectoryEntries>>,
    /// The next entry that is waited for.
    next: Option<NextEntry>,
}

type NextEntry =
    Pin<Box<dyn Future<Output = Result<(Arc<DirectoryEntries>, Option<Entry>), FsError>> + Send>>;

impl EntriesStream {
    /// Makes a stream that begins to list a folder when it is read.
    pub(super) const fn new(directory: Directory) -> Self {
        Self { directory, entries: None, next: None }
    }

    fn poll_next(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<Entry>, FsError>> {
        let next = self.next.get_or_insert_with(|| {
            let (directory, entries) = (self.directory.clone(), self.entries.take());
            Box::pin(async move {
                let entries = match entries {
                    Some(entries) => entries,
                    None => Arc::new(DirectoryEntries::open(&directory).await?),
                };
                let next = entries.next().await?;
                Ok((entries, next))
            })
        });
        let polled = ready!(next.as_mut().poll(context));
        self.next = None;
        let (entries, next) = polled?;
        self.entries = Some(entries);
        Poll::Ready(Ok(next))
    }
}

impl StreamSource for EntriesStream {
    type Item = DirectoryEntry;
    type Error = FsError;

    fn poll_fill(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        destination: &mut Destination<'_, DirectoryEntry>,
    ) -> Poll<Result<SourceState, FsError>> {
        let this = Pin::into_inner(self);
        if destination.room() == 0 {
            // A read of 0 entries must not look like the end.
            return Poll::Pending;
        }
        while destination.room() > 0 {
            match this.poll_next(context) {
                Poll::Ready(Ok(Some(entry))) => {
                    destination.put(entry.into());
                }
                Poll::Ready(Ok(None)) => return Poll::Ready(Ok(SourceState::Ended)),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                // The guest gets the entries that there are.
                Poll::Pending if destination.filled() > 0 => break,
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(Ok(SourceState::More))
    }
}
