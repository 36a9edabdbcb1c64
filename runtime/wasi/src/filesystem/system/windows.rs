//! The parts of files that differ between systems: Windows.

use std::fs::File;
use std::io;
use std::os::windows::fs::FileExt as _;

use cap_std::fs::{Metadata, OpenOptions};

use crate::filesystem::code::FsCode;
use crate::filesystem::flags::Advice;

/// Reads at a position. This may change the position of the file, which nothing uses.
pub(in crate::filesystem) fn read_at(
    file: &File,
    buffer: &mut [u8],
    position: u64,
) -> io::Result<usize> {
    file.seek_read(buffer, position)
}

/// Returns `None`: it is not known if reading has to wait.
pub(in crate::filesystem) const fn read_cached(
    _: &File,
    _: &mut [u8],
    _: u64,
) -> Option<io::Result<usize>> {
    None
}

/// Writes at a position. This may change the position of the file, which nothing uses.
pub(in crate::filesystem) fn write_at(
    file: &File,
    bytes: &[u8],
    position: u64,
) -> io::Result<usize> {
    file.seek_write(bytes, position)
}

/// Writes at the current end.
pub(in crate::filesystem) fn append(file: &File, bytes: &[u8]) -> io::Result<usize> {
    file.seek_write(bytes, file.metadata()?.len())
}

/// Does nothing: advice is optional.
pub(in crate::filesystem) const fn advise(_: &File, _: u64, _: u64, _: Advice) -> io::Result<()> {
    Ok(())
}

/// Does nothing: files are opened without waiting.
pub(in crate::filesystem) const fn only_directories(_: &mut OpenOptions) {}

/// Returns `None`: the system keeps no such time.
pub(in crate::filesystem) const fn status_changed(_: &Metadata) -> Option<(i64, u32)> {
    None
}

/// Returns `None`: the kinds of errors are precise enough.
pub(in crate::filesystem) const fn error_code(_: i32) -> Option<FsCode> {
    None
}
