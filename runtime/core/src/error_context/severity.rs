//! Severities of errors.

use core::fmt;

/// The severity of an error: a **host extension**.
///
/// An error context with no severity set, such as a guest's, has [`Error`](Self::Error).
///
/// ```
/// # use weft_core as weft;
/// use weft::error_context::{ErrorSeverity, UnknownSeverity};
///
/// assert!(ErrorSeverity::Warning < ErrorSeverity::Critical);
/// assert_eq!(ErrorSeverity::Critical.as_str(), "critical");
/// assert_eq!(ErrorSeverity::from_u32(3), Ok(ErrorSeverity::Critical));
/// assert_eq!(ErrorSeverity::from_u32(4), Err(UnknownSeverity(4)));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorSeverity {
    /// Something happened, and nothing is wrong.
    Info,
    /// Something could be wrong.
    Warning,
    /// Something went wrong.
    #[default]
    Error,
    /// Something went wrong, and nothing works without it.
    Critical,
}

/// The error that a number stands for no severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("expected the number of a severity, from 0 to 3, and found {0}")]
pub struct UnknownSeverity(pub u32);

impl ErrorSeverity {
    /// All severities, the least severe first.
    pub const ALL: [Self; 4] = [Self::Info, Self::Warning, Self::Error, Self::Critical];

    /// Returns the name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Critical => "critical",
        }
    }

    /// Returns the number, from 0 to 3.
    #[must_use]
    pub const fn as_u32(self) -> u32 {
        match self {
            Self::Info => 0,
            Self::Warning => 1,
            Self::Error => 2,
            Self::Critical => 3,
        }
    }

    /// Returns the severity with this number.
    ///
    /// # Errors
    ///
    /// - [`UnknownSeverity`] if the number is over 3.
    pub const fn from_u32(number: u32) -> Result<Self, UnknownSeverity> {
        Ok(match number {
            0 => Self::Info,
            1 => Self::Warning,
            2 => Self::Error,
            3 => Self::Critical,
            _ => return Err(UnknownSeverity(number)),
        })
    }
}

impl fmt::Display for ErrorSeverity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_severity_has_a_number_a_name_and_a_rank() {
        for (number, severity) in (0..).zip(ErrorSeverity::ALL) {
            assert_eq!(severity.as_u32(), number);
            assert_eq!(ErrorSeverity::from_u32(number), Ok(severity));
        }
        assert!(ErrorSeverity::ALL.is_sorted());
        let names = ErrorSeverity::ALL.map(ErrorSeverity::as_str);
        assert_eq!(names, ["info", "warning", "error", "critical"]);
        assert_eq!(std::format!("{:>8}", ErrorSeverity::Info), "    info");
        for number in [4, u32::MAX] {
            assert_eq!(ErrorSeverity::from_u32(number), Err(UnknownSeverity(number)));
        }
    }
}
