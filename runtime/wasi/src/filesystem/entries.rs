//! Listing folders.

use core::fmt;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context, Poll, ready};
use std::boxed::Box;
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cap_std::fs::{DirEntry, ReadDir};
use weft::component::streams::{Destination, SourceState, StreamSource};

use super::directory::Directory;
use super::error::FsError;
use super::metadata;
use super::place::Place;
use crate::p3::bindings::filesystem::wasi::filesystem::types::{DirectoryEntry, ErrorCode};

/// So many entries are read at once.
const BATCH: usize = 256;

/// The resource `directory-entry-stream`: what is in a folder. Entries are read some at a time, while
/// the guest takes them: of those that come and go meanwhile, it may see them or not.
pub struct DirectoryEntries {
    listing: Arc<Mutex<Listing>>,
    place: Place,
}

/// The entries of a folder.
pub(super) struct Listing {
    reader: ReadDir,
    /// Those that were read, and nobody has taken.
    entries: VecDeque<Result<DirectoryEntry, FsError>>,
    is_ended: bool,
}

impl DirectoryEntries {
    /// Begins to list a folder.
    pub(crate) async fn open(directory: &Directory) -> Result<Self, FsError> {
        let listing = directory.list().await?;
        Ok(Self { listing: Arc::new(Mutex::new(listing)), place: directory.place })
    }

    /// Returns the next entry, if there is one. After the error of one entry others may come.
    pub(crate) async fn next(&self) -> Result<Option<DirectoryEntry>, FsError> {
        loop {
            match lock(&self.listing).take() {
                Poll::Ready(next) => return next,
                Poll::Pending => {}
            }
            self.read().await;
        }
    }

    /// Reads some entries. Nothing is lost if the future is dropped.
    async fn read(&self) {
        let listing = Arc::clone(&self.listing);
        self.place.run(move || lock(&listing).read()).await;
    }
}

impl Listing {
    pub(super) const fn new(reader: ReadDir) -> Self {
        Self { reader, entries: VecDeque::new(), is_ended: false }
    }

    /// Takes the next entry, if it was read.
    fn take(&mut self) -> Poll<Result<Option<DirectoryEntry>, FsError>> {
        match self.entries.pop_front() {
            Some(entry) => Poll::Ready(entry.map(Some)),
            None if self.is_ended => Poll::Ready(Ok(None)),
            None => Poll::Pending,
        }
    }

    fn read(&mut self) {
        while self.entries.len() < BATCH && !self.is_ended {
            match self.reader.next() {
                Some(next) => self.entries.extend(entry(next).transpose()),
                None => self.is_ended = true,
            }
        }
    }
}

/// Returns what a guest gets to know of an entry; `None` if it has gone meanwhile.
fn entry(next: io::Result<DirEntry>) -> Result<Option<DirectoryEntry>, FsError> {
    let next = next?;
    let kind = match next.file_type() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        kind => metadata::kind(kind?),
    };
    let name = next.file_name().into_string().map_err(|_| ErrorCode::IllegalByteSequence)?;
    Ok(Some(DirectoryEntry { r#type: kind, name }))
}

/// A panic of who had the lock before leaves the listing as it is.
fn lock(listing: &Mutex<Listing>) -> MutexGuard<'_, Listing> {
    listing.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for DirectoryEntries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectoryEntries").finish_non_exhaustive()
    }
}

/// The entries of a folder as a stream of WASI 0.3.
pub(crate) struct EntriesStream {
    directory: Directory,
    entries: Option<Arc<DirectoryEntries>>,
    /// The next entry that is waited for.
    next: Option<NextEntry>,
}

type NextEntry = Pin<
    Box<
        dyn Future<Output = Result<(Arc<DirectoryEntries>, Option<DirectoryEntry>), FsError>>
            + Send,
    >,
>;

impl EntriesStream {
    /// Makes a stream that begins to list a folder when it is read.
    pub(crate) const fn new(directory: Directory) -> Self {
        Self { directory, entries: None, next: None }
    }

    fn poll_next(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Result<Option<DirectoryEntry>, FsError>> {
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
        while destination.room() > 0 {
            match this.poll_next(context) {
                Poll::Ready(Ok(Some(entry))) => {
                    destination.put(entry);
                }
                Poll::Ready(Ok(None)) => return Poll::Ready(Ok(SourceState::Ended)),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                // The guest gets those that are there.
                Poll::Pending if destination.filled() > 0 => break,
                Poll::Pending => return Poll::Pending,
            }
        }
        Poll::Ready(Ok(SourceState::More))
    }
}
