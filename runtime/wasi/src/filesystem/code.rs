//! Codes of errors, for both versions of WASI.

use std::io::{Error, ErrorKind};

use super::system;

/// The code of an error of files. Each is named after that of POSIX.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FsCode {
    /// `EACCES`.
    Access,
    /// `EALREADY`.
    Already,
    /// `EBADF`.
    BadDescriptor,
    /// `EBUSY`.
    Busy,
    /// `EDEADLK`.
    Deadlock,
    /// `EDQUOT`.
    Quota,
    /// `EEXIST`.
    Exist,
    /// `EFBIG`.
    FileTooLarge,
    /// `EILSEQ`.
    IllegalByteSequence,
    /// `EINPROGRESS`.
    InProgress,
    /// `EINTR`.
    Interrupted,
    /// `EINVAL`.
    Invalid,
    /// `EIO`.
    Io,
    /// `EISDIR`.
    IsDirectory,
    /// `ELOOP`.
    Loop,
    /// `EMLINK`.
    TooManyLinks,
    /// `EMSGSIZE`.
    MessageSize,
    /// `ENAMETOOLONG`.
    NameTooLong,
    /// `ENODEV`.
    NoDevice,
    /// `ENOENT`.
    NoEntry,
    /// `ENOLCK`.
    NoLock,
    /// `ENOMEM`.
    InsufficientMemory,
    /// `ENOSPC`.
    InsufficientSpace,
    /// `ENOTDIR`.
    NotDirectory,
    /// `ENOTEMPTY`.
    NotEmpty,
    /// `ENOTRECOVERABLE`.
    NotRecoverable,
    /// `ENOTSUP`.
    Unsupported,
    /// `ENOTTY`.
    NoTty,
    /// `ENXIO`.
    NoSuchDevice,
    /// `EOVERFLOW`.
    Overflow,
    /// `EPERM`.
    NotPermitted,
    /// `EPIPE`.
    Pipe,
    /// `EROFS`.
    ReadOnly,
    /// `ESPIPE`.
    InvalidSeek,
    /// `ETXTBSY`.
    TextFileBusy,
    /// `EXDEV`.
    CrossDevice,
    /// `EAGAIN`. In version 0.3 it is `other`.
    WouldBlock,
}

impl FsCode {
    /// Returns the code of an error of the system.
    pub(crate) fn of(error: &Error) -> Self {
        if let Some(code) = error.raw_os_error().and_then(system::error_code) {
            return code;
        }
        match error.kind() {
            // Windows reports an impossible name in this way.
            ErrorKind::NotFound | ErrorKind::InvalidFilename => Self::NoEntry,
            // A refusal by the system is `access`. A refusal by `cap-std` is a path that leads out
            // of a folder.
            ErrorKind::PermissionDenied if error.raw_os_error().is_some() => Self::Access,
            ErrorKind::PermissionDenied => Self::NotPermitted,
            ErrorKind::AlreadyExists => Self::Exist,
            ErrorKind::NotADirectory => Self::NotDirectory,
            ErrorKind::IsADirectory => Self::IsDirectory,
            ErrorKind::DirectoryNotEmpty => Self::NotEmpty,
            ErrorKind::ReadOnlyFilesystem => Self::ReadOnly,
            ErrorKind::InvalidInput => Self::Invalid,
            ErrorKind::InvalidData => Self::IllegalByteSequence,
            ErrorKind::StorageFull | ErrorKind::WriteZero => Self::InsufficientSpace,
            ErrorKind::NotSeekable => Self::InvalidSeek,
            ErrorKind::QuotaExceeded => Self::Quota,
            ErrorKind::FileTooLarge => Self::FileTooLarge,
            ErrorKind::ResourceBusy => Self::Busy,
            ErrorKind::ExecutableFileBusy => Self::TextFileBusy,
            ErrorKind::Deadlock => Self::Deadlock,
            ErrorKind::CrossesDevices => Self::CrossDevice,
            ErrorKind::TooManyLinks => Self::TooManyLinks,
            ErrorKind::Interrupted => Self::Interrupted,
            ErrorKind::Unsupported => Self::Unsupported,
            ErrorKind::OutOfMemory => Self::InsufficientMemory,
            ErrorKind::BrokenPipe => Self::Pipe,
            ErrorKind::WouldBlock => Self::WouldBlock,
            _ => Self::Io,
        }
    }
}
