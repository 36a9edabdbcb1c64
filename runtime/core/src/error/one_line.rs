//! Text of others in one line of a message.

use core::fmt;

/// A text of somebody else, such as a guest, that can't be mistaken for the lines around it.
///
/// Most texts are shown as they are. A text that would break the line, steer a terminal, or change
/// the direction of writing is shown in quotes, with such characters escaped. So is a text that
/// begins with a quote, so that the two can be told apart. In the alternate form, `{:#}`, a text that
/// needs no quotes stands in backticks, as names do in messages.
///
/// ```
/// use weft_core::error::OneLine;
///
/// assert_eq!(OneLine("the disk is full").to_string(), "the disk is full");
/// assert_eq!(OneLine("lost\n    at main").to_string(), r#""lost\n    at main""#);
/// assert_eq!(OneLine("\u{1b}[2J").to_string(), r#""\u{1b}[2J""#);
/// assert_eq!(format!("{:#}", OneLine("main")), "`main`");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OneLine<'a>(
    /// The text.
    pub &'a str,
);

impl OneLine<'_> {
    /// Returns `true` if the text is shown in quotes, where it would otherwise stand alone.
    fn needs_quotes(self) -> bool {
        self.0.starts_with('"') || self.0.contains(steers)
    }
}

/// Returns `true` if a character does more than to stand in its line.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            // Ends of lines and paragraphs, marks of the direction of writing, and what has no
            // width.
            '\u{61C}' | '\u{200B}' | '\u{200E}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
                | '\u{2060}'..='\u{206F}' | '\u{FEFF}'
        )
}

impl fmt::Display for OneLine<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(text) = *self;
        match f.alternate() {
            false if !self.needs_quotes() => f.write_str(text),
            true if !self.needs_quotes() && !text.contains('`') => write!(f, "`{text}`"),
            _ => write!(f, "\"{}\"", text.escape_debug()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::ToString as _;

    use super::*;

    #[test]
    fn a_text_is_as_it_is_or_quoted() {
        for plain in ["", "a", "it's \"so\"", r"C:\new\x.rs", "naïve é 日本語 नमस्ते", "a`b"]
        {
            assert_eq!(OneLine(plain).to_string(), plain);
        }
        assert_eq!(format!("{:#}", OneLine("a`b")), "\"a`b\"");
        assert_eq!(OneLine("\"a\"").to_string(), r#""\"a\"""#);
    }

    #[test]
    fn whatever_steers_is_escaped() {
        let steering = (0..=0x1F).chain(0x7F..=0x9F).chain(0x2028..=0x202E).chain(0x2066..=0x2069);
        for c in steering.filter_map(char::from_u32) {
            for text in [format!("{c}"), format!("a{c}b"), format!("a`{c}")] {
                for shown in [format!("{}", OneLine(&text)), format!("{:#}", OneLine(&text))] {
                    assert!(shown.starts_with('"') && shown.ends_with('"'), "{c:?}: {shown}");
                    assert!(!shown.contains(steers), "{c:?}: {shown}");
                }
            }
        }
        for c in (0..=0x10_FFFF).filter_map(char::from_u32) {
            let shown = OneLine(c.encode_utf8(&mut [0; 4])).to_string();
            assert!(!shown.contains(steers) && shown.lines().count() <= 1, "{c:?}");
        }
    }
}
