//! The parts of files that differ between systems: Unix.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;

use cap_std::fs::{Metadata, MetadataExt as _, OpenOptions, OpenOptionsExt as _};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::io::Errno;

use crate::filesystem::code::FsCode;

/// Reads at a position, without changing that of the file.
pub(in crate::filesystem) fn read_at(
    file: &File,
    buffer: &mut [u8],
    position: u64,
) -> io::Result<usize> {
    file.read_at(buffer, position)
}

/// Writes at a position, without changing that of the file.
pub(in crate::filesystem) fn write_at(
    file: &File,
    bytes: &[u8],
    position: u64,
) -> io::Result<usize> {
    file.write_at(bytes, position)
}

/// Writes at the end in a way that all systems have.
pub(in crate::filesystem) fn append_by_flag(file: &File, bytes: &[u8]) -> io::Result<usize> {
    // Other writers of the same descriptor append meanwhile, too: there is no other way here.
    let flags = fcntl_getfl(file)?;
    fcntl_setfl(file, flags | OFlags::APPEND)?;
    let written = rustix::io::write(file, bytes);
    fcntl_setfl(file, flags)?;
    Ok(written?)
}

/// Makes opening fail unless it is a folder. Even a pipe is not opened, as that would wait for its
/// other end.
pub(in crate::filesystem) fn only_directories(options: &mut OpenOptions) {
    options.custom_flags(i32::try_from(OFlags::DIRECTORY.bits()).unwrap_or_default());
}

/// Returns the seconds and nanoseconds of the last change of the status.
pub(in crate::filesystem) fn status_changed(metadata: &Metadata) -> Option<(i64, u32)> {
    let nanoseconds = u32::try_from(metadata.ctime_nsec()).ok()?;
    Some((metadata.ctime(), nanoseconds))
}

/// Returns the code for an error of the system whose kind is not precise enough.
pub(in crate::filesystem) fn error_code(raw: i32) -> Option<FsCode> {
    Some(match Errno::from_raw_os_error(raw) {
        Errno::ACCESS => FsCode::Access,
        Errno::ALREADY => FsCode::Already,
        Errno::BADF => FsCode::BadDescriptor,
        Errno::BUSY => FsCode::Busy,
        Errno::DEADLK => FsCode::Deadlock,
        Errno::DQUOT => FsCode::Quota,
        Errno::EXIST => FsCode::Exist,
        Errno::FBIG => FsCode::FileTooLarge,
        Errno::ILSEQ => FsCode::IllegalByteSequence,
        Errno::INPROGRESS => FsCode::InProgress,
        Errno::INTR => FsCode::Interrupted,
        Errno::INVAL => FsCode::Invalid,
        Errno::IO => FsCode::Io,
        Errno::ISDIR => FsCode::IsDirectory,
        Errno::LOOP => FsCode::Loop,
        Errno::MLINK => FsCode::TooManyLinks,
        Errno::MSGSIZE => FsCode::MessageSize,
        Errno::NAMETOOLONG => FsCode::NameTooLong,
        Errno::NODEV => FsCode::NoDevice,
        Errno::NOENT => FsCode::NoEntry,
        Errno::NOLCK => FsCode::NoLock,
        Errno::NOMEM => FsCode::InsufficientMemory,
        Errno::NOSPC => FsCode::InsufficientSpace,
        Errno::NOTDIR => FsCode::NotDirectory,
        Errno::NOTEMPTY => FsCode::NotEmpty,
        Errno::NOTRECOVERABLE => FsCode::NotRecoverable,
        Errno::NOTSUP | Errno::NOSYS => FsCode::Unsupported,
        Errno::NOTTY => FsCode::NoTty,
        Errno::NXIO => FsCode::NoSuchDevice,
        Errno::OVERFLOW => FsCode::Overflow,
        Errno::PERM => FsCode::NotPermitted,
        Errno::PIPE => FsCode::Pipe,
        Errno::ROFS => FsCode::ReadOnly,
        Errno::SPIPE => FsCode::InvalidSeek,
        Errno::TXTBSY => FsCode::TextFileBusy,
        Errno::XDEV => FsCode::CrossDevice,
        // On some systems this differs from `NOTSUP`.
        errno if errno == Errno::OPNOTSUPP => FsCode::Unsupported,
        _ => return None,
    })
}
