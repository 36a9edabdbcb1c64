//! Places in code that an error passed through.

use core::fmt;

use crate::error::OneLine;

/// A place in code that an error passed through: a **host extension**.
///
/// ```
/// # use weft_core as weft;
/// use weft::error_context::StackFrame;
///
/// let frame = StackFrame::new("connect").file("database.rs").line(142);
/// assert_eq!(frame.to_string(), "connect (database.rs:142)");
/// assert_eq!(StackFrame::new("main").to_string(), "main");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
pub struct StackFrame<'a> {
    /// The function.
    pub function: &'a str,
    /// The file that has the function.
    pub file: Option<&'a str>,
    /// The line.
    pub line: Option<u32>,
    /// The column.
    pub column: Option<u32>,
}

impl<'a> StackFrame<'a> {
    /// Creates a frame that names only the function.
    pub const fn new(function: &'a str) -> Self {
        Self { function, file: None, line: None, column: None }
    }

    /// Returns the frame with this file.
    pub const fn file(self, file: &'a str) -> Self {
        Self { file: Some(file), ..self }
    }

    /// Returns the frame with this line.
    pub const fn line(self, line: u32) -> Self {
        Self { line: Some(line), ..self }
    }

    /// Returns the frame with this column.
    pub const fn column(self, column: u32) -> Self {
        Self { column: Some(column), ..self }
    }
}

/// Shows the function, and those of file, line and column that are known.
impl fmt::Display for StackFrame<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", OneLine(self.function))?;
        let Self { file, line, column, .. } = *self;
        if file.is_none() && line.is_none() && column.is_none() {
            return Ok(());
        }
        write!(f, " ({}", OneLine(file.unwrap_or("?")))?;
        match (line, column) {
            (Some(line), Some(column)) => write!(f, ":{line}:{column}")?,
            (Some(line), None) => write!(f, ":{line}")?,
            (None, Some(column)) => write!(f, ":?:{column}")?,
            (None, None) => {}
        }
        f.write_str(")")
    }
}

#[cfg(test)]
mod tests {
    use std::string::ToString as _;

    use super::*;

    #[test]
    fn a_frame_shows_what_is_known_of_its_place() {
        let frame = StackFrame::new("f");
        assert_eq!(frame.to_string(), "f");
        assert_eq!(frame.file("a.rs").to_string(), "f (a.rs)");
        assert_eq!(frame.file("a.rs").line(1).to_string(), "f (a.rs:1)");
        assert_eq!(frame.file("a.rs").line(1).column(2).to_string(), "f (a.rs:1:2)");
        assert_eq!(frame.line(1).to_string(), "f (?:1)");
        assert_eq!(frame.column(2).to_string(), "f (?:?:2)");
    }
}
