//! Errors of sources and sinks.

use alloc::sync::Arc;
use core::error::Error;
use core::fmt;

/// An error of a [`ByteSource`](super::ByteSource) or [`ByteSink`](super::ByteSink).
///
/// Its cause is an error of the host. With the feature `std`, an [`io::Error`][io]
/// converts into one and is its cause.
///
/// [io]: https://doc.rust-lang.org/std/io/struct.Error.html
#[derive(Clone, Debug)]
pub struct BytesError {
    kind: BytesErrorKind,
    cause: Option<Arc<dyn Error + Send + Sync>>,
}

/// The kinds of a [`BytesError`] that a guest can distinguish.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BytesErrorKind {
    /// The bytes are no longer read.
    BrokenPipe,
    /// The bytes are not valid in the required encoding.
    IllegalByteSequence,
    /// Any other error.
    Io,
}

impl BytesError {
    /// Makes an error without a cause.
    #[must_use]
    pub const fn new(kind: BytesErrorKind) -> Self {
        Self { kind, cause: None }
    }

    /// Makes an error with a cause.
    pub fn with_cause(
        kind: BytesErrorKind,
        cause: impl Into<alloc::boxed::Box<dyn Error + Send + Sync>>,
    ) -> Self {
        Self { kind, cause: Some(Arc::from(cause.into())) }
    }

    /// Returns its kind.
    #[must_use]
    pub const fn kind(&self) -> BytesErrorKind {
        self.kind
    }

    /// Returns its cause, if that is a `C`.
    #[must_use]
    pub fn cause<C: Error + 'static>(&self) -> Option<&C> {
        self.cause.as_ref()?.downcast_ref()
    }
}

impl From<BytesErrorKind> for BytesError {
    fn from(kind: BytesErrorKind) -> Self {
        Self::new(kind)
    }
}

#[cfg(feature = "std")]
impl From<std::io::Error> for BytesError {
    fn from(error: std::io::Error) -> Self {
        let kind = match error.kind() {
            std::io::ErrorKind::BrokenPipe => BytesErrorKind::BrokenPipe,
            std::io::ErrorKind::InvalidData => BytesErrorKind::IllegalByteSequence,
            _ => BytesErrorKind::Io,
        };
        Self::with_cause(kind, error)
    }
}

impl fmt::Display for BytesErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BrokenPipe => "broken pipe",
            Self::IllegalByteSequence => "illegal byte sequence",
            Self::Io => "input/output error",
        })
    }
}

impl fmt::Display for BytesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.cause {
            Some(cause) => cause.fmt(f),
            None => self.kind.fmt(f),
        }
    }
}

impl Error for BytesError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        // The cause already is the message.
        self.cause.as_ref()?.source()
    }
}
