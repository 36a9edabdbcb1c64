//! The part of files that is the system's own: Unix.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use cap_std::fs::{Metadata, MetadataExt as _, OpenOptions, OpenOptionsExt as _};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;

use super::times::Time;
use crate::p3::bindings::filesystem::wasi::filesystem::types::ErrorCode;

#[cfg(target_os = "linux")]
#[path = "system_linux.rs"]
mod own;
#[cfg(not(target_os = "linux"))]
#[path = "system_unix_other.rs"]
mod own;

pub(super) use own::{advise, read_cached};

/// Reads at a position, and leaves that of the file as it is.
pub(super) fn read_at(file: &File, buffer: &mut [u8], position: u64) -> io::Result<usize> {
    file.read_at(buffer, position)
}

/// Writes at a position, and leaves that of the file as it is.
pub(super) fn write_at(file: &File, bytes: &[u8], position: u64) -> io::Result<usize> {
    file.write_at(bytes, position)
}

/// Writes at the end, wherever that is.
pub(super) fn append(file: &File, bytes: &[u8]) -> io::Result<usize> {
    if let Some(result) = own::append(file, bytes) {
        return result;
    }
    // Other writers of the same descriptor append meanwhile, too: there is no other way here.
    let flags = fcntl_getfl(file)?;
    fcntl_setfl(file, flags | OFlags::APPEND)?;
    let written = rustix::io::write(file, bytes);
    fcntl_setfl(file, flags)?;
    Ok(written?)
}

/// Lets what isn't a folder not be opened: not even a pipe, which would wait for its other end.
pub(super) fn only_directories(options: &mut OpenOptions) {
    options.custom_flags(i32::try_from(OFlags::DIRECTORY.bits()).unwrap_or_default());
}

/// Returns the time when the status was changed last.
pub(super) fn status_changed(metadata: &Metadata) -> Option<Time> {
    let nanoseconds = u32::try_from(metadata.ctime_nsec()).ok()?;
    Some(Time { seconds: metadata.ctime(), nanoseconds })
}

/// Returns the code for an error of the system, where its kind doesn't tell enough.
pub(super) fn error_code(raw: i32) -> Option<ErrorCode> {
    Some(match Errno::from_raw_os_error(raw) {
        Errno::ACCESS => ErrorCode::Access,
        Errno::ALREADY => ErrorCode::Already,
        Errno::BADF => ErrorCode::BadDescriptor,
        Errno::BUSY => ErrorCode::Busy,
        Errno::DEADLK => ErrorCode::Deadlock,
        Errno::DQUOT => ErrorCode::Quota,
        Errno::EXIST => ErrorCode::Exist,
        Errno::FBIG => ErrorCode::FileTooLarge,
        Errno::ILSEQ => ErrorCode::IllegalByteSequence,
        Errno::INPROGRESS => ErrorCode::InProgress,
        Errno::INTR => ErrorCode::Interrupted,
        Errno::INVAL => ErrorCode::Invalid,
        Errno::IO => ErrorCode::Io,
        Errno::ISDIR => ErrorCode::IsDirectory,
        Errno::LOOP => ErrorCode::Loop,
        Errno::MLINK => ErrorCode::TooManyLinks,
        Errno::MSGSIZE => ErrorCode::MessageSize,
        Errno::NAMETOOLONG => ErrorCode::NameTooLong,
        Errno::NODEV => ErrorCode::NoDevice,
        Errno::NOENT => ErrorCode::NoEntry,
        Errno::NOLCK => ErrorCode::NoLock,
        Errno::NOMEM => ErrorCode::InsufficientMemory,
        Errno::NOSPC => ErrorCode::InsufficientSpace,
        Errno::NOTDIR => ErrorCode::NotDirectory,
        Errno::NOTEMPTY => ErrorCode::NotEmpty,
        Errno::NOTRECOVERABLE => ErrorCode::NotRecoverable,
        Errno::NOTSUP | Errno::NOSYS => ErrorCode::Unsupported,
        Errno::NOTTY => ErrorCode::NoTty,
        Errno::NXIO => ErrorCode::NoSuchDevice,
        Errno::OVERFLOW => ErrorCode::Overflow,
        Errno::PERM => ErrorCode::NotPermitted,
        Errno::PIPE => ErrorCode::Pipe,
        Errno::ROFS => ErrorCode::ReadOnly,
        Errno::SPIPE => ErrorCode::InvalidSeek,
        Errno::TXTBSY => ErrorCode::TextFileBusy,
        Errno::XDEV => ErrorCode::CrossDevice,
        // On some systems this is not `NOTSUP`.
        errno if errno == Errno::OPNOTSUPP => ErrorCode::Unsupported,
        _ => return None,
    })
}
