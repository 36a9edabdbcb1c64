//! Open files.

use std::fs;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use std::vec;
use std::vec::Vec;

use cap_fs_ext::SystemTimeSpec;
use cap_std::fs::Metadata;
use fs_set_times::SetTimes;

use super::code::FsCode;
use super::error::FsError;
use super::flags::{Advice, DescriptorFlags};
use super::metadata::Kind;
use super::permissions::FsPerms;
use super::place::Place;
use super::sink::FileSink;
use super::source::FileSource;
use super::system;

/// The largest number of bytes that are read or written at a time.
pub(super) const MOST: usize = 1 << 20;

/// An open file that is not a folder. Clones are the same file.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(super) system: Arc<fs::File>,
    pub(super) kind: Kind,
    pub(super) flags: DescriptorFlags,
    pub(super) permissions: FsPerms,
    pub(super) place: Place,
}

impl File {
    /// Returns a source of the contents from a position on.
    pub(crate) fn read_from(&self, position: u64) -> Result<FileSource, FsError> {
        if !self.flags.contains(DescriptorFlags::READ) {
            return Err(FsCode::BadDescriptor.into());
        }
        Ok(FileSource::new(self.clone(), position))
    }

    /// Returns a sink that writes from a position on.
    pub(crate) fn write_from(&self, position: u64) -> Result<FileSink, FsError> {
        self.may_write()?;
        Ok(FileSink::new(self.clone(), Some(position)))
    }

    /// Returns a sink that writes at its end.
    pub(crate) fn append(&self) -> Result<FileSink, FsError> {
        self.may_write()?;
        Ok(FileSink::new(self.clone(), None))
    }

    /// Reads at a position. Returns no bytes at the end.
    pub(crate) async fn read(&self, length: u64, position: u64) -> Result<Vec<u8>, FsError> {
        let length = usize::try_from(length).map_or(MOST, |length| length.min(MOST));
        let mut bytes = vec![0; length];
        let count = match self.read_at_once(&mut bytes, position) {
            Some(count) => count?,
            None => {
                let file = Arc::clone(&self.system);
                let (count, read) = blocking_read(self.place, file, bytes, position).await;
                bytes = read;
                count?
            }
        };
        bytes.truncate(count);
        Ok(bytes)
    }

    /// Reads at a position, if that needs no wait for the disk, or if this thread may wait.
    pub(super) fn read_at_once(
        &self,
        buffer: &mut [u8],
        position: u64,
    ) -> Option<io::Result<usize>> {
        match self.place {
            Place::Here => Some(read_at(&self.system, buffer, position)),
            Place::Thread => system::read_cached(&self.system, buffer, position),
        }
    }

    /// Writes at a position. Returns the number of bytes.
    pub(crate) async fn write(&self, bytes: Vec<u8>, position: u64) -> Result<u64, FsError> {
        self.may_write()?;
        let written = self.run(move |file| write_at(file, &bytes, Some(position))).await?;
        Ok(u64::try_from(written).unwrap_or(u64::MAX))
    }

    pub(crate) async fn advise(
        &self,
        offset: u64,
        length: u64,
        advice: Advice,
    ) -> Result<(), FsError> {
        self.run(move |file| system::advise(file, offset, length, advice)).await
    }

    pub(crate) async fn set_size(&self, size: u64) -> Result<(), FsError> {
        self.may_change()?;
        if !self.flags.contains(DescriptorFlags::WRITE) {
            // This follows `ftruncate`, while other calls on such a descriptor fail differently.
            return Err(FsCode::Invalid.into());
        }
        self.run(move |file| file.set_len(size)).await
    }

    pub(super) async fn set_times(
        &self,
        accessed: Option<SystemTimeSpec>,
        modified: Option<SystemTimeSpec>,
    ) -> Result<(), FsError> {
        self.may_change()?;
        let into = |time: Option<SystemTimeSpec>| {
            time.map(|time| match time {
                SystemTimeSpec::SymbolicNow => fs_set_times::SystemTimeSpec::SymbolicNow,
                SystemTimeSpec::Absolute(time) => {
                    fs_set_times::SystemTimeSpec::Absolute(time.into_std())
                }
            })
        };
        self.run(move |file| SetTimes::set_times(file, into(accessed), into(modified))).await
    }

    /// Waits until all writes are on the disk, with or without the metadata.
    pub(super) async fn sync(&self, with_metadata: bool) -> Result<(), FsError> {
        let may_write = self.flags.contains(DescriptorFlags::WRITE);
        let sync = move |file: &fs::File| {
            if with_metadata { file.sync_all() } else { file.sync_data() }
        };
        match self.run(sync).await {
            // Some systems refuse this for a file that is not open for writing, which has nothing
            // to sync.
            Err(FsError::System(error))
                if error.kind() == ErrorKind::PermissionDenied && !may_write =>
            {
                Ok(())
            }
            result => result,
        }
    }

    pub(super) async fn metadata(&self) -> Result<Metadata, FsError> {
        self.run(Metadata::from_file).await
    }

    async fn run<R: Send + 'static>(
        &self,
        work: impl FnOnce(&fs::File) -> io::Result<R> + Send + 'static,
    ) -> Result<R, FsError> {
        let file = Arc::clone(&self.system);
        Ok(self.place.run(move || work(&file)).await?)
    }

    fn may_change(&self) -> Result<(), FsError> {
        match self.permissions {
            FsPerms::ReadOnly => Err(FsCode::NotPermitted.into()),
            FsPerms::ReadWrite => Ok(()),
        }
    }

    fn may_write(&self) -> Result<(), FsError> {
        self.may_change()?;
        if self.flags.contains(DescriptorFlags::WRITE) {
            Ok(())
        } else {
            Err(FsCode::BadDescriptor.into())
        }
    }
}

/// Reads in a place where that may block. Returns the buffer, too.
pub(super) async fn blocking_read(
    place: Place,
    file: Arc<fs::File>,
    mut buffer: Vec<u8>,
    position: u64,
) -> (io::Result<usize>, Vec<u8>) {
    place
        .run(move || {
            let count = read_at(&file, &mut buffer, position);
            (count, buffer)
        })
        .await
}

/// Reads at a position, and repeats that if the system was interrupted.
pub(super) fn read_at(file: &fs::File, buffer: &mut [u8], position: u64) -> io::Result<usize> {
    loop {
        match system::read_at(file, buffer, position) {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            read => return read,
        }
    }
}

/// Writes at a position, or at the end, and repeats that if the system was interrupted.
pub(super) fn write_at(file: &fs::File, bytes: &[u8], position: Option<u64>) -> io::Result<usize> {
    loop {
        let written = match position {
            Some(position) => system::write_at(file, bytes, position),
            None => system::append(file, bytes),
        };
        match written {
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            written => return written,
        }
    }
}
