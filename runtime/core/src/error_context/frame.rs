//! Where an error came from.

use core::fmt;

use crate::error::OneLine;

/// A place in some code that was under way when an error came to be: a **host extension**.
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
    /// The file that it is in.
    pub file: Option<&'a str>,
    /// The line.
    pub line: Option<u32>,
    /// The column.
    pub column: Option<u32>,
}

impl<'a> StackFrame<'a> {
    /// A frame of which nothing but the function is known.
    pub const fn new(function: &'a str) -> Self {
        Self { function, file: None, line: None, column: None }
    }

    /// The same, in this file.
    pub const fn file(self, file: &'a str) -> Self {
        Self { file: Some(file), ..self }
    }

    /// The same, in this line.
    pub const fn line(self, line: u32) -> Self {
        Self { line: Some(line), ..self }
    }

    /// The same, in this column.
    pub const fn column(self, column: u32) -> Self {
        Self { column: Some(column), ..self }
    }
}

/// The function, and what is known of the file, line and column.
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
    fn a_frame_says_what_is_known_of_its_place() {
        let frame = StackFrame::new("f");
        assert_eq!(frame.to_string(), "f");
        assert_eq!(frame.file("a.rs").to_string(), "f (a.rs)");
        assert_eq!(frame.file("a.rs").line(1).to_string(), "f (a.rs:1)");
        assert_eq!(frame.file("a.rs").line(1).column(2).to_string(), "f (a.rs:1:2)");
        assert_eq!(frame.line(1).to_string(), "f (?:1)");
        assert_eq!(frame.column(2).to_string(), "f (?:?:2)");
    }
}
