//! Errors of files.

use core::fmt;
use std::io;

use weft::binding::HostError;

use super::code::FsCode;
use crate::bytes::{BytesError, BytesErrorKind};

/// The error of a function of `wasi:filesystem`. Guests get it as a code of their version.
#[derive(Debug)]
pub enum FsError {
    /// The guest gets this code.
    Code(FsCode),
    /// The guest gets the code of an error of the system.
    System(io::Error),
    /// The guest traps.
    Trap(HostError),
}

impl FsError {
    /// Returns the code, or the error of the trap.
    pub(crate) fn into_code(self) -> Result<FsCode, HostError> {
        match self {
            Self::Code(code) => Ok(code),
            Self::System(error) => Ok(FsCode::of(&error)),
            Self::Trap(error) => Err(error),
        }
    }
}

impl FsCode {
    /// Returns the code of an error of a stream, if it is an error of files.
    pub(crate) fn of_stream(error: &BytesError) -> Option<Self> {
        match error.cause::<io::Error>() {
            Some(cause) => Some(Self::of(cause)),
            None if error.kind() == BytesErrorKind::BrokenPipe => Some(Self::Pipe),
            None => None,
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

impl From<FsCode> for FsError {
    fn from(code: FsCode) -> Self {
        Self::Code(code)
    }
}

impl fmt::Display for FsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "the code is {code:?}"),
            Self::System(error) => error.fmt(f),
            Self::Trap(error) => error.fmt(f),
        }
    }
}

impl core::error::Error for FsError {}
