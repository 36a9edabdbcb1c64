//! Errors of files.

use core::fmt;
use std::io::{self, ErrorKind};

use weft::binding::{HostError, WitError};
use weft::component::streams::StreamError;

use super::system;
use crate::bytes::{BytesError, BytesErrorKind};
use crate::p2::bindings::filesystem::wasi::filesystem::types::ErrorCode as ErrorCode2;
use crate::p3::bindings::filesystem::wasi::filesystem::types::ErrorCode;

/// The error of a function of `wasi:filesystem`, which guests get as a code of their version.
#[derive(Debug)]
pub enum FsError {
    /// The guest gets this code.
    Code(ErrorCode),
    /// The guest gets the code of an error of the system.
    System(io::Error),
    /// The guest traps.
    Trap(HostError),
}

impl FsError {
    /// Returns the code of an error of a stream, if it is one of the system.
    pub(crate) fn code_of_stream(error: &BytesError) -> Option<ErrorCode2> {
        error.cause::<io::Error>().map(older_code)
    }

    /// Returns the result of a guest's future. A trap has no code: it is `io`.
    pub(crate) fn into_code(self) -> Result<(), ErrorCode> {
        Err(self.into_wit().unwrap_or(ErrorCode::Io))
    }

    /// Returns the code for a guest whose stream of bytes has ended.
    pub(crate) fn of_transfer<R>(
        result: Result<R, StreamError<BytesError>>,
    ) -> Result<(), ErrorCode> {
        match result {
            Err(StreamError::Failed(error)) => Err(match error.cause::<io::Error>() {
                Some(cause) => code(cause),
                None if error.kind() == BytesErrorKind::BrokenPipe => ErrorCode::Pipe,
                None => ErrorCode::Io,
            }),
            Err(StreamError::Panicked(_)) => Err(ErrorCode::Io),
            // A guest that drops its end, or is gone, makes no error.
            _ => Ok(()),
        }
    }
}

impl WitError<ErrorCode> for FsError {
    fn into_wit(self) -> Result<ErrorCode, HostError> {
        match self {
            Self::Code(code) => Ok(code),
            Self::System(error) => Ok(code(&error)),
            Self::Trap(error) => Err(error),
        }
    }
}

impl WitError<ErrorCode2> for FsError {
    fn into_wit(self) -> Result<ErrorCode2, HostError> {
        match self {
            Self::Code(code) => Ok(code.into()),
            Self::System(error) => Ok(older_code(&error)),
            Self::Trap(error) => Err(error),
        }
    }
}

impl From<HostError> for FsError {
    fn from(error: HostError) -> Self {
        Self::Trap(error)
    }
}

impl From<io::Error> for FsError {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

impl From<ErrorCode> for FsError {
    fn from(code: ErrorCode) -> Self {
        Self::Code(code)
    }
}

impl fmt::Display for FsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => code.fmt(f),
            Self::System(error) => error.fmt(f),
            Self::Trap(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for FsError {}

/// Returns the code of WASI 0.3 for an error of the system.
fn code(error: &io::Error) -> ErrorCode {
    if let Some(code) = error.raw_os_error().and_then(system::error_code) {
        return code;
    }
    match error.kind() {
        // A name that no file can have is told so by Windows.
        ErrorKind::NotFound | ErrorKind::InvalidFilename => ErrorCode::NoEntry,
        // What the system refuses is `access`; what `cap-std` refuses leads out of a folder.
        ErrorKind::PermissionDenied if error.raw_os_error().is_some() => ErrorCode::Access,
        ErrorKind::PermissionDenied => ErrorCode::NotPermitted,
        ErrorKind::AlreadyExists => ErrorCode::Exist,
        ErrorKind::NotADirectory => ErrorCode::NotDirectory,
        ErrorKind::IsADirectory => ErrorCode::IsDirectory,
        ErrorKind::DirectoryNotEmpty => ErrorCode::NotEmpty,
        ErrorKind::ReadOnlyFilesystem => ErrorCode::ReadOnly,
        ErrorKind::InvalidInput => ErrorCode::Invalid,
        ErrorKind::InvalidData => ErrorCode::IllegalByteSequence,
        ErrorKind::StorageFull | ErrorKind::WriteZero => ErrorCode::InsufficientSpace,
        ErrorKind::NotSeekable => ErrorCode::InvalidSeek,
        ErrorKind::QuotaExceeded => ErrorCode::Quota,
        ErrorKind::FileTooLarge => ErrorCode::FileTooLarge,
        ErrorKind::ResourceBusy => ErrorCode::Busy,
        ErrorKind::ExecutableFileBusy => ErrorCode::TextFileBusy,
        ErrorKind::Deadlock => ErrorCode::Deadlock,
        ErrorKind::CrossesDevices => ErrorCode::CrossDevice,
        ErrorKind::TooManyLinks => ErrorCode::TooManyLinks,
        ErrorKind::Interrupted => ErrorCode::Interrupted,
        ErrorKind::Unsupported => ErrorCode::Unsupported,
        ErrorKind::OutOfMemory => ErrorCode::InsufficientMemory,
        ErrorKind::BrokenPipe => ErrorCode::Pipe,
        _ => ErrorCode::Io,
    }
}

/// Returns the code of WASI 0.2 for an error of the system.
fn older_code(error: &io::Error) -> ErrorCode2 {
    match error.kind() {
        // Version 0.3 has no code for this.
        ErrorKind::WouldBlock => ErrorCode2::WouldBlock,
        _ => code(error).into(),
    }
}

impl From<ErrorCode> for ErrorCode2 {
    fn from(code: ErrorCode) -> Self {
        match code {
            ErrorCode::Access => Self::Access,
            ErrorCode::Already => Self::Already,
            ErrorCode::BadDescriptor => Self::BadDescriptor,
            ErrorCode::Busy => Self::Busy,
            ErrorCode::Deadlock => Self::Deadlock,
            ErrorCode::Quota => Self::Quota,
            ErrorCode::Exist => Self::Exist,
            ErrorCode::FileTooLarge => Self::FileTooLarge,
            ErrorCode::IllegalByteSequence => Self::IllegalByteSequence,
            ErrorCode::InProgress => Self::InProgress,
            ErrorCode::Interrupted => Self::Interrupted,
            ErrorCode::Invalid => Self::Invalid,
            ErrorCode::Io | ErrorCode::Other(_) => Self::Io,
            ErrorCode::IsDirectory => Self::IsDirectory,
            ErrorCode::Loop => Self::Loop,
            ErrorCode::TooManyLinks => Self::TooManyLinks,
            ErrorCode::MessageSize => Self::MessageSize,
            ErrorCode::NameTooLong => Self::NameTooLong,
            ErrorCode::NoDevice => Self::NoDevice,
            ErrorCode::NoEntry => Self::NoEntry,
            ErrorCode::NoLock => Self::NoLock,
            ErrorCode::InsufficientMemory => Self::InsufficientMemory,
            ErrorCode::InsufficientSpace => Self::InsufficientSpace,
            ErrorCode::NotDirectory => Self::NotDirectory,
            ErrorCode::NotEmpty => Self::NotEmpty,
            ErrorCode::NotRecoverable => Self::NotRecoverable,
            ErrorCode::Unsupported => Self::Unsupported,
            ErrorCode::NoTty => Self::NoTty,
            ErrorCode::NoSuchDevice => Self::NoSuchDevice,
            ErrorCode::Overflow => Self::Overflow,
            ErrorCode::NotPermitted => Self::NotPermitted,
            ErrorCode::Pipe => Self::Pipe,
            ErrorCode::ReadOnly => Self::ReadOnly,
            ErrorCode::InvalidSeek => Self::InvalidSeek,
            ErrorCode::TextFileBusy => Self::TextFileBusy,
            ErrorCode::CrossDevice => Self::CrossDevice,
        }
    }
}
