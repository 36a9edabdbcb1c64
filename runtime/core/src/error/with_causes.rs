//! Errors with their causes, as one text.

use core::error::Error;
use core::fmt;

/// An error whose text also has the messages of its causes, each after a colon.
///
/// ```
/// # use weft_core as weft;
/// use weft::error::WithCauses;
///
/// # #[cfg(feature = "std")] {
/// #[derive(Debug, thiserror::Error)]
/// #[error("the file is not written")]
/// struct NotWritten(#[source] std::io::Error);
///
/// let error = NotWritten(std::io::Error::other("the disk is full"));
/// assert_eq!(WithCauses(&error).to_string(), "the file is not written: the disk is full");
/// # }
/// ```
#[derive(Clone, Copy, Debug)]
pub struct WithCauses<'a>(
    /// The error.
    pub &'a dyn Error,
);

impl fmt::Display for WithCauses<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.0, f)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
