//! A list of decisions, as a text that can be kept, read and edited.

use core::fmt;

use super::Choice;

#[cfg(feature = "alloc")]
pub use with_alloc::{Schedule, ScheduleError, ScheduleLineError};

/// A decision that was made. As a text it is such as `tick 1 of 3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Chosen {
    /// The decision.
    pub choice: Choice,
    /// The number of possibilities.
    pub count: u32,
    /// The number of the chosen one, from 0.
    pub chosen: u32,
}

impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { choice, count, chosen } = self;
        write!(f, "{choice} {chosen} of {count}")
    }
}

#[cfg(feature = "alloc")]
mod with_alloc {
    use alloc::format;
    use alloc::string::{String, ToString as _};
    use alloc::vec::Vec;
    use core::fmt;
    use core::str::FromStr;

    use thiserror::Error;

    use crate::chooser::{Choice, Chosen, UnknownChoice};
    use crate::error::OneLine;

    /// The largest number of characters of a line in an error. No right line is nearly as long, but
    /// a file that is no schedule may have lines of any length.
    const MAX_TEXT: usize = 100;

    /// The decisions of a run, in their order.
    ///
    /// As a text, a schedule has a line for each decision: its [name](Choice::name), the number of
    /// the chosen possibility from 0, and the number of possibilities. Blank lines and what follows
    /// a `#` mean nothing.
    ///
    /// ```
    /// # use weft_core as weft;
    /// use weft::chooser::{Choice, Chosen, Schedule};
    ///
    /// let schedule: Schedule = "
    ///     tick 1 of 2  # the reader runs before the writer
    ///     wait 0 of 2  # it gets its event at once
    /// ".parse()?;
    /// assert_eq!(schedule.chosen()[0], Chosen { choice: Choice::Tick, chosen: 1, count: 2 });
    /// assert_eq!(schedule.to_string(), "tick 1 of 2\nwait 0 of 2\n");
    ///
    /// let error = "tick 1 of 2\ntick 2 of 2".parse::<Schedule>().unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "line 2 (`tick 2 of 2`): expected a possibility from 0 to 1, found 2",
    /// );
    /// # Ok::<(), weft::chooser::ScheduleError>(())
    /// ```
    #[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
    pub struct Schedule {
        chosen: Vec<Chosen>,
    }

    impl Schedule {
        /// Creates a schedule without decisions.
        #[must_use]
        pub const fn new() -> Self {
            Self { chosen: Vec::new() }
        }

        /// Returns the decisions.
        #[must_use]
        pub fn chosen(&self) -> &[Chosen] {
            &self.chosen
        }

        /// Adds a decision at the end.
        pub fn push(&mut self, chosen: Chosen) {
            self.chosen.push(chosen);
        }

        /// Takes the last decision away, and returns it.
        pub fn pop(&mut self) -> Option<Chosen> {
            self.chosen.pop()
        }

        /// Keeps the first `count` decisions.
        pub fn truncate(&mut self, count: usize) {
            self.chosen.truncate(count);
        }
    }

    impl From<Vec<Chosen>> for Schedule {
        fn from(chosen: Vec<Chosen>) -> Self {
            Self { chosen }
        }
    }

    impl fmt::Display for Schedule {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            self.chosen.iter().try_for_each(|chosen| writeln!(f, "{chosen}"))
        }
    }

    /// A line that is not part of a schedule.
    #[derive(Clone, Debug, PartialEq, Eq, Error)]
    #[error("line {line} ({:#}): {error}", OneLine(text))]
    pub struct ScheduleError {
        /// The number of the line, from 1.
        pub line: usize,
        /// The line, without its comment. One of more than 100 characters is cut, and ends with
        /// `…`.
        pub text: String,
        /// The mistake in it.
        #[source]
        pub error: ScheduleLineError,
    }

    /// A mistake in a line of a schedule.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Error)]
    #[non_exhaustive]
    pub enum ScheduleLineError {
        /// The line has another form.
        #[error("expected a decision such as `tick 1 of 3`")]
        Form,
        /// There is no decision of this name.
        #[error(transparent)]
        Choice(#[from] UnknownChoice),
        /// The chosen possibility does not exist.
        #[error("expected a possibility from 0 to {}, found {chosen}", .count - 1)]
        Possibility {
            /// The number of possibilities, at least 1.
            count: u32,
            /// The chosen one.
            chosen: u32,
        },
        /// There is no possibility.
        #[error("expected at least 1 possibility, found 0")]
        NoPossibility,
    }

    fn parse_line(line: &str) -> Result<Chosen, ScheduleLineError> {
        let mut words = line.split_whitespace();
        let mut word = || words.next().ok_or(ScheduleLineError::Form);
        let (name, chosen, of, count) = (word()?, word()?, word()?, word()?);
        if of != "of" || words.next().is_some() {
            return Err(ScheduleLineError::Form);
        }
        let choice: Choice = name.parse()?;
        let number = |text: &str| text.parse::<u32>().map_err(|_| ScheduleLineError::Form);
        let (chosen, count) = (number(chosen)?, number(count)?);
        match count {
            0 => Err(ScheduleLineError::NoPossibility),
            _ if chosen >= count => Err(ScheduleLineError::Possibility { count, chosen }),
            _ => Ok(Chosen { choice, count, chosen }),
        }
    }

    /// Returns a line, or its beginning.
    fn cut(line: &str) -> String {
        match line.char_indices().nth(MAX_TEXT) {
            Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
            None => line.to_string(),
        }
    }

    impl FromStr for Schedule {
        type Err = ScheduleError;

        fn from_str(text: &str) -> Result<Self, ScheduleError> {
            let mut schedule = Self::new();
            for (line, number) in text.lines().zip(1..) {
                let line = line.split('#').next().unwrap_or_default().trim();
                if line.is_empty() {
                    continue;
                }
                schedule.push(parse_line(line).map_err(|error| ScheduleError {
                    line: number,
                    text: cut(line),
                    error,
                })?);
            }
            Ok(schedule)
        }
    }
}

#[cfg(all(test, feature = "alloc"))]
mod tests {
    use alloc::string::ToString as _;

    use super::*;
    use crate::chooser::UnknownChoice;

    #[test]
    fn a_schedule_comes_back_from_its_text() {
        let all = Choice::ALL.map(|choice| Chosen { choice, count: 5, chosen: 4 });
        let schedule = Schedule::from(all.to_vec());
        assert_eq!(schedule.to_string().parse(), Ok(schedule));
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        let error = |text: &str| text.parse::<Schedule>().unwrap_err();
        for (text, expected) in [
            ("tick", ScheduleLineError::Form),
            ("tick 1 of", ScheduleLineError::Form),
            ("tick 1 in 2", ScheduleLineError::Form),
            ("tick 1 of 2 3", ScheduleLineError::Form),
            ("tick -1 of 2", ScheduleLineError::Form),
            ("tick 1 of 99999999999", ScheduleLineError::Form),
            ("tock 1 of 2", ScheduleLineError::Choice(UnknownChoice)),
            ("tick 0 of 0", ScheduleLineError::NoPossibility),
            ("tick 2 of 2", ScheduleLineError::Possibility { count: 2, chosen: 2 }),
        ] {
            let text = alloc::format!("# comment\n\n  {text} # why");
            assert_eq!((error(&text).line, error(&text).error), (3, expected), "{text}");
        }
    }

    #[test]
    fn a_long_line_is_cut_and_what_steers_a_terminal_is_quoted() {
        let text = |line: &str| line.parse::<Schedule>().unwrap_err().to_string();
        let (begin, long) = ("é".repeat(100), "é".repeat(400_000));
        let form = "expected a decision such as `tick 1 of 3`";
        assert_eq!(text(&long), alloc::format!("line 1 (`{begin}…`): {form}"));
        assert_eq!(text(&begin), alloc::format!("line 1 (`{begin}`): {form}"));
        assert_eq!(text("\u{1b}[2J"), alloc::format!(r#"line 1 ("\u{{1b}}[2J"): {form}"#));
    }
}
