//! The parts of Markdown that the spec's text uses: headings, fenced code, tables, bullets.

use std::collections::{BTreeSet, HashMap};

use weft_spec::Report;

use super::checkout::Text;

/// A heading.
#[derive(Clone, Debug)]
pub(super) struct Heading {
    /// 1 for `#`.
    pub level: usize,
    /// The emoji at its start; empty if there is none.
    pub emoji: String,
    /// The rest of it.
    pub title: String,
    /// Its anchor on GitHub.
    pub anchor: String,
    pub line: usize,
}

/// Fenced code.
#[derive(Clone, Debug)]
pub(super) struct Fence<'a> {
    /// The word after the opening fence, such as `ebnf`.
    pub language: &'a str,
    pub lines: Vec<(usize, &'a str)>,
}

/// A file, split into its parts.
#[derive(Debug)]
pub(super) struct Document<'a> {
    pub headings: Vec<Heading>,
    pub fences: Vec<Fence<'a>>,
    /// The lines outside of fenced code.
    pub prose: Vec<(usize, &'a str)>,
}

impl<'a> Document<'a> {
    /// Splits `text` into its parts; fails if fenced code has no end.
    pub(super) fn read(text: &'a Text) -> Result<Self, Report> {
        let mut document = Self { headings: Vec::new(), fences: Vec::new(), prose: Vec::new() };
        let mut open: Option<(usize, Fence<'a>)> = None;
        let mut anchors: HashMap<String, usize> = HashMap::new();
        for (number, line) in text.lines() {
            let fence = line.trim_start().strip_prefix("```");
            match (fence, &mut open) {
                (Some(language), None) => {
                    let language = language.trim();
                    open = Some((number, Fence { language, lines: Vec::new() }));
                }
                (Some(_), Some(_)) => document.fences.extend(open.take().map(|(_, fence)| fence)),
                (None, Some((_, fence))) => fence.lines.push((number, line)),
                (None, None) => {
                    document.prose.push((number, line));
                    let title = line.trim_start_matches('#');
                    let level = line.len() - title.len();
                    if level > 0 && title.starts_with(' ') {
                        let title = title.trim();
                        let mut anchor = anchor(title);
                        let seen = anchors.entry(anchor.clone()).or_default();
                        if *seen > 0 {
                            anchor = format!("{anchor}-{seen}");
                        }
                        *seen += 1;
                        let (emoji, title) = split_leading_emoji(title);
                        let title = title.to_owned();
                        document.headings.push(Heading {
                            level,
                            emoji,
                            title,
                            anchor,
                            line: number,
                        });
                    }
                }
            }
        }
        match open {
            Some((line, _)) => {
                Err(text.problem(line, "unclosed-code", "this code block is not closed"))
            }
            None => Ok(document),
        }
    }

    /// Returns the anchors of all headings.
    pub(super) fn anchors(&self) -> BTreeSet<String> {
        self.headings.iter().map(|heading| heading.anchor.clone()).collect()
    }

    /// Returns the number of the line before which the section of `heading` ends.
    pub(super) fn end_of(&self, heading: &Heading) -> usize {
        self.headings
            .iter()
            .find(|other| other.line > heading.line && other.level <= heading.level)
            .map_or(usize::MAX, |other| other.line)
    }

    /// Returns the prose of the section of `heading`, without the heading.
    pub(super) fn prose_of(&self, heading: &Heading) -> Vec<(usize, &'a str)> {
        let end = self.end_of(heading);
        let inside = |line: usize| heading.line < line && line < end;
        self.prose.iter().filter(|(line, _)| inside(*line)).copied().collect()
    }

    /// Returns the fenced code of the section of `heading`.
    pub(super) fn fences_of(&self, heading: &Heading) -> impl Iterator<Item = &Fence<'a>> {
        let (start, end) = (heading.line, self.end_of(heading));
        self.fences.iter().filter(move |fence| {
            fence.lines.first().is_some_and(|(line, _)| start < *line && *line < end)
        })
    }
}

/// Returns the anchor of a heading on GitHub, if it is the first of its name: in lower case, with
/// only letters, marks, digits, `_`, `-` and spaces, and with hyphens for spaces.
///
/// The variation selector of emojis such as ➡️ is a mark, and stays. ② is not a digit, and is
/// removed.
fn anchor(title: &str) -> String {
    title
        .chars()
        .flat_map(char::to_lowercase)
        .filter(|c| {
            c.is_ascii_alphanumeric()
                || matches!(c, '_' | '-' | ' ' | '\u{300}'..='\u{36f}' | '\u{fe00}'..='\u{fe0f}')
                || (!c.is_ascii() && c.is_alphabetic() && !('\u{2460}'..='\u{24ff}').contains(c))
        })
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

/// Returns true if `word` is one or more emojis: not empty, and without a letter.
pub(super) fn is_emoji(word: &str) -> bool {
    !word.is_empty() && word.chars().all(|c| !c.is_ascii() && !c.is_alphabetic())
}

/// Splits off the emoji at the start of `text`, which may be empty.
pub(super) fn split_leading_emoji(text: &str) -> (String, &str) {
    match text.split_once(' ') {
        Some((word, rest)) if is_emoji(word) => (word.to_owned(), rest.trim()),
        _ => (String::new(), text),
    }
}

/// Splits off the emoji at the end of `text`, which may be empty.
pub(super) fn split_trailing_emoji(text: &str) -> (&str, String) {
    match text.trim_end().rsplit_once(' ') {
        Some((rest, word)) if is_emoji(word) => (rest.trim_end(), word.to_owned()),
        _ => (text.trim_end(), String::new()),
    }
}

/// Returns the texts between single backticks.
pub(super) fn code_spans(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Returns the names that `{stream,future}.cancel-{read,write}` stands for; none if braces do not
/// match.
pub(super) fn expand_braces(text: &str) -> Option<Vec<String>> {
    let Some((before, rest)) = text.split_once('{') else {
        return (!text.contains('}')).then(|| vec![text.to_owned()]);
    };
    let (choices, after) = rest.split_once('}')?;
    let tails = expand_braces(after)?;
    let mut names = Vec::new();
    for choice in choices.split(',') {
        names.extend(tails.iter().map(|tail| format!("{before}{}{tail}", choice.trim())));
    }
    (!before.contains('}')).then_some(names)
}

/// Returns the cells of a row of a table; none if the line is not one. A `|` inside code does not
/// separate.
pub(super) fn table_cells(line: &str) -> Option<Vec<String>> {
    let inner = line.trim().strip_prefix('|')?;
    let inner = inner.strip_suffix('|').unwrap_or(inner);
    let mut cells = vec![String::new()];
    let mut in_code = false;
    for character in inner.chars() {
        in_code ^= character == '`';
        match cells.last_mut() {
            Some(cell) if character != '|' || in_code => cell.push(character),
            _ => cells.push(String::new()),
        }
    }
    Some(cells.into_iter().map(|cell| cell.trim().to_owned()).collect())
}

/// A bullet of a list.
#[derive(Clone, Debug)]
pub(super) struct Bullet {
    /// The indentation of the `*`.
    pub indent: usize,
    /// Its text, on one line.
    pub text: String,
    pub line: usize,
}

/// Returns the bullets among `lines`, each joined with the lines that continue it.
pub(super) fn bullets(lines: &[(usize, &str)]) -> Vec<Bullet> {
    let mut bullets: Vec<Bullet> = Vec::new();
    let mut inside = false;
    for (number, line) in lines {
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        if let Some(text) = trimmed.strip_prefix("* ") {
            bullets.push(Bullet { indent, text: text.trim().to_owned(), line: *number });
            inside = true;
        } else if let Some(bullet) = bullets
            .last_mut()
            .filter(|bullet| inside && !trimmed.is_empty() && indent > bullet.indent)
        {
            bullet.text = format!("{} {}", bullet.text, trimmed.trim_end());
        } else if !trimmed.is_empty() || indent == 0 {
            inside = false;
        }
    }
    bullets
}

/// Returns the parts of `text` that white space separates outside of parentheses; none if the
/// parentheses do not match.
pub(super) fn items(text: &str) -> Option<Vec<String>> {
    let mut items = Vec::new();
    let mut item = String::new();
    let mut depth = 0_usize;
    for character in text.chars() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if character.is_whitespace() && depth == 0 {
            if !item.is_empty() {
                items.push(std::mem::take(&mut item));
            }
        } else {
            item.push(character);
        }
    }
    if !item.is_empty() {
        items.push(item);
    }
    (depth == 0).then_some(items)
}

/// Returns the items of `(a b (c))`; none if `text` is not one expression in parentheses.
pub(super) fn list(text: &str) -> Option<Vec<String>> {
    let whole = items(text.trim())?;
    let [only] = whole.as_slice() else { return None };
    items(only.strip_prefix('(')?.strip_suffix(')')?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_are_those_of_github() {
        assert_eq!(anchor("`canon resource.new`"), "canon-resourcenew");
        assert_eq!(anchor("🔀 `canon backpressure.{inc,dec}`"), "-canon-backpressureincdec");
        assert_eq!(anchor("🧵② `thread.spawn-ref`"), "-threadspawn-ref");
        assert_eq!(anchor("🔀🧵 Concurrency built-ins"), "-concurrency-built-ins");
        assert_eq!(anchor("➡️ `a.b` and `c.d`"), "\u{fe0f}-ab-and-cd");
    }

    #[test]
    fn a_repeated_heading_gets_a_number_and_code_has_no_headings() {
        let text = Text { path: "x.md".into(), text: "# A\n```sh\n# not one\n```\n## A\n".into() };
        let document = Document::read(&text).unwrap();
        let anchors: Vec<&str> = document.headings.iter().map(|h| h.anchor.as_str()).collect();
        assert_eq!(anchors, ["a", "a-1"]);
        assert_eq!(document.fences[0].lines, [(3, "# not one")]);
    }

    #[test]
    fn code_without_an_end_is_reported_where_it_starts() {
        let text = Text { path: "x.md".into(), text: "a\n```wat\n(x)\n".into() };
        let report = Document::read(&text).unwrap_err().to_string();
        assert!(
            report.contains("this code block is not closed") && report.contains("x.md:2"),
            "{report}"
        );
    }

    #[test]
    fn braces_stand_for_every_combination() {
        assert_eq!(
            expand_braces("{stream,future}.cancel-{read,write}").unwrap(),
            [
                "stream.cancel-read",
                "stream.cancel-write",
                "future.cancel-read",
                "future.cancel-write"
            ]
        );
        assert_eq!(expand_braces("a.b").unwrap(), ["a.b"]);
        assert_eq!(expand_braces("{a,b"), None);
        assert_eq!(expand_braces("a}b"), None);
        assert_eq!(expand_braces("a}{b}"), None);
    }

    #[test]
    fn cells_keep_bars_inside_code() {
        assert_eq!(table_cells("| a | `b|c` |").unwrap(), ["a", "`b|c`"]);
        assert_eq!(table_cells("a | b"), None);
    }

    #[test]
    fn bullets_are_joined_with_the_lines_that_continue_them() {
        let lines = [(1, "* one"), (2, "  more"), (3, "  * two"), (4, ""), (5, "prose")];
        let found = bullets(&lines);
        assert_eq!(found[0].text, "one more");
        assert_eq!((found[1].indent, found[1].text.as_str()), (2, "two"));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn items_keep_parentheses_together_and_refuse_unbalanced_ones() {
        assert_eq!(items("a (b c)? d").unwrap(), ["a", "(b c)?", "d"]);
        assert_eq!(items("a (b"), None);
        assert_eq!(items("a) b"), None);
        assert_eq!(list("(a (b c) d)").unwrap(), ["a", "(b c)", "d"]);
        assert_eq!(list("(a) b"), None);
    }
}
