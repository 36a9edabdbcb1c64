//! The official test suite: the messages of its `assert_trap`s.

use std::collections::BTreeMap;

use weft_spec::{Report, Spec};

use super::checkout::Text;
use super::difference::{Fact, Findings, Place};

/// The messages that the suite expects, each with the first place that expects it.
#[derive(Debug)]
pub(super) struct Suite {
    messages: BTreeMap<String, Place>,
    scripts: usize,
}

impl Suite {
    /// Reads the scripts; fails if the parentheses of one do not match.
    pub(super) fn read(scripts: &[Text]) -> Result<Self, Report> {
        let mut messages = BTreeMap::new();
        for script in scripts {
            for (line, message) in expected_traps(script)? {
                let message = message.strip_prefix("wasm trap: ").unwrap_or(&message).to_owned();
                messages.entry(message).or_insert_with(|| script.place(line));
            }
        }
        Ok(Self { messages, scripts: scripts.len() })
    }

    /// Compares the messages of the data's traps with the expected ones.
    pub(super) fn compare(&self, spec: &Spec, findings: &mut Findings<'_>) -> Result<(), Report> {
        if self.scripts == 0 || self.messages.len() * 4 < spec.traps.len() {
            let message = format!(
                "too few facts recognized in the official suite: {} trap messages in {} scripts",
                self.messages.len(),
                self.scripts
            );
            return Err(Report::of(weft_spec::Diagnostic::error("layout-changed", message)));
        }
        for (message, place) in &self.messages {
            let described = spec.traps.iter().any(|trap| gives(spec, &trap.message, message));
            findings.compare(Fact {
                subject: message,
                what: "message",
                described: described.then(|| message.clone()),
                found: Some(message.clone()),
                place: Some(place.clone()),
                edit: "a trap with this `message` in spec/traps.toml".to_owned(),
                described_at: None,
            });
        }
        Ok(())
    }
}

/// Returns true if a test that expects `expected` accepts a trap with the message `template`. Tests
/// compare only the beginning of the message.
fn gives(spec: &Spec, template: &str, expected: &str) -> bool {
    if expected.is_empty() {
        return false;
    }
    let Some((before, rest)) = template.split_once('{') else {
        return template.starts_with(expected);
    };
    let Some(expected) = expected.strip_prefix(before) else {
        return before.starts_with(expected);
    };
    let Some((parameter, after)) = rest.split_once('}') else { return false };
    if expected.is_empty() {
        return true;
    }
    if parameter == "index" {
        let rest = expected.trim_start_matches(|c: char| c.is_ascii_digit());
        return rest.len() < expected.len() && (rest.is_empty() || gives(spec, after, rest));
    }
    let words = spec.trap_words.iter().filter(|words| *words.name == parameter);
    words.flat_map(|words| &words.words).any(|word| match expected.strip_prefix(word.as_str()) {
        Some("") => true,
        Some(rest) => gives(spec, after, rest),
        None => word.starts_with(expected),
    })
}

/// Skips the rest of a block comment. Returns the number of line ends in it, if it has an end.
fn skip_comment(characters: &mut impl Iterator<Item = char>) -> Option<usize> {
    let (mut depth, mut before, mut lines) = (1_usize, ' ', 0);
    while depth > 0 {
        let c = characters.next()?;
        lines += usize::from(c == '\n');
        match (before, c) {
            ('(', ';') => depth += 1,
            (';', ')') => depth -= 1,
            _ => {}
        }
        // A `;` that has opened or closed a comment cannot do so again.
        before = if (before, c) == ('(', ';') { ' ' } else { c };
    }
    Some(lines)
}

/// Reads the rest of a string. Returns it with the number of line ends in it, if it has an end.
fn read_string(characters: &mut impl Iterator<Item = char>) -> Option<(String, usize)> {
    let (mut string, mut lines) = (String::new(), 0);
    loop {
        match characters.next()? {
            '"' => return Some((string, lines)),
            '\\' => string.extend(characters.next()),
            c => {
                lines += usize::from(c == '\n');
                string.push(c);
            }
        }
    }
}

/// Returns the last string of each `(assert_trap …)`, with the line of the assertion.
fn expected_traps(script: &Text) -> Result<Vec<(usize, String)>, Report> {
    let mut found = Vec::new();
    // The lines and first words of the open lists, and the last string directly in each.
    let mut open: Vec<(usize, String, Option<String>)> = Vec::new();
    let mut characters = script.text.chars().peekable();
    let mut line = 1;
    while let Some(character) = characters.next() {
        match character {
            '\n' => line += 1,
            ';' if characters.peek() == Some(&';') => {
                while characters.next_if(|c| *c != '\n').is_some() {}
            }
            '(' if characters.peek() == Some(&';') => {
                characters.next();
                let lines = skip_comment(&mut characters).ok_or_else(|| {
                    script.problem(line, "unbalanced-code", "this comment is not closed")
                })?;
                line += lines;
            }
            '(' => open.push((line, String::new(), None)),
            ')' => match open.pop() {
                Some((start, word, Some(message))) if word == "assert_trap" => {
                    found.push((start, message));
                }
                Some(_) => {}
                None => {
                    return Err(script.problem(
                        line,
                        "unbalanced-code",
                        "this parenthesis closes nothing",
                    ));
                }
            },
            '"' => {
                let (string, lines) = read_string(&mut characters).ok_or_else(|| {
                    script.problem(line, "unbalanced-code", "this string is not closed")
                })?;
                line += lines;
                if let Some((_, _, last)) = open.last_mut() {
                    *last = Some(string);
                }
            }
            c if !c.is_whitespace() => {
                let mut word = String::from(c);
                while let Some(c) = characters
                    .next_if(|c| !c.is_whitespace() && !matches!(c, '(' | ')' | '"' | ';'))
                {
                    word.push(c);
                }
                if let Some((_, first, _)) =
                    open.last_mut().filter(|(_, first, _)| first.is_empty())
                {
                    *first = word;
                }
            }
            _ => {}
        }
    }
    match open.pop() {
        Some((start, ..)) => {
            Err(script.problem(start, "unbalanced-code", "this parenthesis is not closed"))
        }
        None => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use weft_spec::Span;
    use weft_spec::model::{Placed, TrapWords};

    use super::*;

    fn script(text: &str) -> Text {
        Text { path: "x.wast".into(), text: text.into() }
    }

    #[test]
    fn the_last_string_of_an_assertion_is_its_message() {
        let text = "(module \"no\")\n;; (assert_trap (invoke \"f\") \"no\")\n(; (; \" ;)\n(assert_trap \"no\") ;)\n\
                    (assert_trap\n  (component (import \"a\\\"b\" (func)))\n  \"yes \\\" it is\")";
        assert_eq!(expected_traps(&script(text)).unwrap(), [(5, "yes \" it is".to_owned())]);
    }

    #[test]
    fn an_unbalanced_script_is_reported_with_its_line() {
        for (text, line) in [("\n(a", 2), ("(a))", 1), ("\n(a \"b", 2), ("\n\n(; b", 3)] {
            let report = expected_traps(&script(text)).unwrap_err().to_string();
            assert!(report.contains(&format!("x.wast:{line}")), "{text}: {report}");
        }
    }

    #[test]
    fn templates_match_messages_with_the_same_beginning() {
        let mut spec = Spec::default();
        let name = Placed { value: "kind".to_owned(), span: Span { source: 0, range: 0..0 } };
        let words = ["stream", "future"].map(str::to_owned).to_vec();
        spec.trap_words.push(TrapWords { name, words, summary: String::new() });
        let gives = |template, expected| gives(&spec, template, expected);
        assert!(gives("cannot drop busy {kind}", "cannot drop busy stream"));
        assert!(gives("cannot drop busy {kind} {index}!", "cannot drop busy future 17"));
        assert!(gives("unaligned pointer", "unaligned"));
        assert!(gives("handle {index} used", "handle 1 used"));
        assert!(!gives("handle {index} used", "handle x used"));
        assert!(!gives("busy {kind}", "busy table"));
        assert!(!gives("unaligned", "unaligned pointer"));
        assert!(!gives("unaligned", ""));
        assert!(!gives("a {other} b", "a c b"));
    }
}
