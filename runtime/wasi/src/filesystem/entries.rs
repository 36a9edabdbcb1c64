//! Listing folders.

use core::fmt;
use core::task::Poll;
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use cap_std::fs::{DirEntry, ReadDir};

use super::code::FsCode;
use super::directory::Directory;
use super::error::FsError;
use super::metadata::{Entry, Kind};
use super::place::Place;

/// The number of entries that are read at a time.
const BATCH: usize = 256;

/// The resource `directory-entry-stream`: the entries of a folder. They are read in batches, while
/// the guest takes them. A guest may or may not see entries that come and go meanwhile.
pub struct DirectoryEntries {
    listing: Arc<Mutex<Listing>>,
    place: Place,
}

/// The entries of a folder.
pub(super) struct Listing {
    reader: ReadDir,
    /// Entries that were read and not taken.
    entries: VecDeque<Result<Entry, FsError>>,
    is_ended: bool,
}

impl DirectoryEntries {
    /// Begins to list a folder.
    pub(crate) async fn open(directory: &Directory) -> Result<Self, FsError> {
        let listing = directory.list().await?;
        Ok(Self { listing: Arc::new(Mutex::new(listing)), place: directory.place })
    }

    /// Returns the next entry, if there is one. After an error for one entry, others may follow.
    pub(crate) async fn next(&self) -> Result<Option<Entry>, FsError> {
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
    fn take(&mut self) -> Poll<Result<Option<Entry>, FsError>> {
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

/// Returns the guest's view of an entry. Returns `None` if the entry was removed meanwhile.
fn entry(next: io::Result<DirEntry>) -> Result<Option<Entry>, FsError> {
    let next = next?;
    let kind = match next.file_type() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        kind => Kind::from(kind?),
    };
    let name = next.file_name().into_string().map_err(|_| FsCode::IllegalByteSequence)?;
    Ok(Some(Entry { kind, name }))
}

/// Locks the listing. A panic of an earlier holder does not make it invalid.
fn lock(listing: &Mutex<Listing>) -> MutexGuard<'_, Listing> {
    listing.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for DirectoryEntries {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DirectoryEntries").finish_non_exhaustive()
    }
}
