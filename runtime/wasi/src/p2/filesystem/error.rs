//! Errors of files, as codes of WASI 0.2.

use weft::binding::{HostError, WitError};

use crate::filesystem::{FsCode, FsError};
use crate::p2::bindings::filesystem::wasi::filesystem::types::ErrorCode;

impl WitError<ErrorCode> for FsError {
    fn into_wit(self) -> Result<ErrorCode, HostError> {
        Ok(self.into_code()?.into())
    }
}

impl From<FsCode> for ErrorCode {
    fn from(code: FsCode) -> Self {
        match code {
            FsCode::Access => Self::Access,
            FsCode::Already => Self::Already,
            FsCode::BadDescriptor => Self::BadDescriptor,
            FsCode::Busy => Self::Busy,
            FsCode::Deadlock => Self::Deadlock,
            FsCode::Quota => Self::Quota,
            FsCode::Exist => Self::Exist,
            FsCode::FileTooLarge => Self::FileTooLarge,
            FsCode::IllegalByteSequence => Self::IllegalByteSequence,
            FsCode::InProgress => Self::InProgress,
            FsCode::Interrupted => Self::Interrupted,
            FsCode::Invalid => Self::Invalid,
            FsCode::Io => Self::Io,
            FsCode::IsDirectory => Self::IsDirectory,
            FsCode::Loop => Self::Loop,
            FsCode::TooManyLinks => Self::TooManyLinks,
            FsCode::MessageSize => Self::MessageSize,
            FsCode::NameTooLong => Self::NameTooLong,
            FsCode::NoDevice => Self::NoDevice,
            FsCode::NoEntry => Self::NoEntry,
            FsCode::NoLock => Self::NoLock,
            FsCode::InsufficientMemory => Self::InsufficientMemory,
            FsCode::InsufficientSpace => Self::InsufficientSpace,
            FsCode::NotDirectory => Self::NotDirectory,
            FsCode::NotEmpty => Self::NotEmpty,
            FsCode::NotRecoverable => Self::NotRecoverable,
            FsCode::Unsupported => Self::Unsupported,
            FsCode::NoTty => Self::NoTty,
            FsCode::NoSuchDevice => Self::NoSuchDevice,
            FsCode::Overflow => Self::Overflow,
            FsCode::NotPermitted => Self::NotPermitted,
            FsCode::Pipe => Self::Pipe,
            FsCode::ReadOnly => Self::ReadOnly,
            FsCode::InvalidSeek => Self::InvalidSeek,
            FsCode::TextFileBusy => Self::TextFileBusy,
            FsCode::CrossDevice => Self::CrossDevice,
            FsCode::WouldBlock => Self::WouldBlock,
        }
    }
}
