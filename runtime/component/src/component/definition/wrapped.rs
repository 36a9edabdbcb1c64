//! Messages on lines of at most 100 columns: types in them can be long.

use alloc::string::ToString as _;
use core::fmt::{self, Display, Formatter};

/// The largest number of columns of a line, which most terminals have. A longer word has its own
/// line.
const COLUMNS: usize = 100;

/// The indent of a line that continues another one.
const INDENT: &str = "    ";

/// A text whose long lines are broken at spaces.
pub(crate) struct Wrapped<T>(pub(crate) T);

impl<T: Display> Display for Wrapped<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for (position, line) in self.0.to_string().split('\n').enumerate() {
            if position > 0 {
                f.write_str("\n")?;
            }
            write_wrapped(f, line)?;
        }
        Ok(())
    }
}

fn write_wrapped(f: &mut Formatter<'_>, line: &str) -> fmt::Result {
    let mut column = 0;
    for (position, word) in line.split(' ').enumerate() {
        let width = word.chars().count();
        if position > 0 && column + 1 + width > COLUMNS && column > INDENT.len() {
            write!(f, "\n{INDENT}{word}")?;
            column = INDENT.len() + width;
        } else {
            let space = if position > 0 { " " } else { "" };
            write!(f, "{space}{word}")?;
            column += space.len() + width;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use alloc::format;

    use super::*;

    #[test]
    fn a_line_is_broken_only_if_it_is_long_and_no_word_is_lost() {
        let short = "  two  spaces\nand a second line";
        assert_eq!(Wrapped(short).to_string(), short);

        let words = "word ".repeat(100);
        let text = Wrapped(format!("one\n{words}")).to_string();
        assert!(text.lines().all(|line| line.chars().count() <= COLUMNS));
        assert!(text.lines().skip(2).all(|line| line.starts_with(INDENT)));
        assert_eq!(text.split_whitespace().count(), 101);
        assert_eq!(Wrapped(&text).to_string(), text);

        let long = "x".repeat(150);
        assert_eq!(Wrapped(format!("a {long} b")).to_string(), format!("a {long}\n{INDENT}b"));
    }
}
