//! The parts of files that only Linux has.

use core::num::NonZeroU64;
use std::fs::File;
use std::io::{self, IoSlice, IoSliceMut};

use rustix::fs::fadvise;
use rustix::io::{Errno, ReadWriteFlags, preadv2, pwritev2};

use super::unix::append_by_flag;
use crate::filesystem::flags::Advice;

/// Reads data in the system's cache at a position. Returns `None` if the read may have to wait.
pub(in crate::filesystem) fn read_cached(
    file: &File,
    buffer: &mut [u8],
    position: u64,
) -> Option<io::Result<usize>> {
    // The largest number would stand for the current position of the file.
    i64::try_from(position).ok()?;
    match preadv2(file, &mut [IoSliceMut::new(buffer)], position, ReadWriteFlags::NOWAIT) {
        Err(Errno::AGAIN | Errno::INTR | Errno::NOSYS | Errno::NOTSUP) => None,
        read => Some(read.map_err(io::Error::from)),
    }
}

/// Writes at the current end.
pub(in crate::filesystem) fn append(file: &File, bytes: &[u8]) -> io::Result<usize> {
    match pwritev2(file, &[IoSlice::new(bytes)], 0, ReadWriteFlags::APPEND) {
        Err(Errno::NOSYS | Errno::NOTSUP) => append_by_flag(file, bytes),
        written => Ok(written?),
    }
}

/// Tells the system about the future use of a part of a file.
pub(in crate::filesystem) fn advise(
    file: &File,
    offset: u64,
    length: u64,
    advice: Advice,
) -> io::Result<()> {
    let advice = match advice {
        Advice::Normal => rustix::fs::Advice::Normal,
        Advice::Sequential => rustix::fs::Advice::Sequential,
        Advice::Random => rustix::fs::Advice::Random,
        Advice::WillNeed => rustix::fs::Advice::WillNeed,
        Advice::DontNeed => rustix::fs::Advice::DontNeed,
        Advice::NoReuse => rustix::fs::Advice::NoReuse,
    };
    Ok(fadvise(file, offset, NonZeroU64::new(length), advice)?)
}
