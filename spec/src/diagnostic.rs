//! Problems in an input, all of them at once, each with its place.
//!
//! A [`Report`] owns the texts that its problems point into. It can be returned as an error, and
//! shown at the end with source lines and carets ([`Report::render`]) or as data for tools
//! ([`Report::to_json`]).

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::path::Path;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// A text that diagnostics can point into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// The name to show: a path as the user would write it.
    pub path: String,
    /// The whole text.
    pub text: String,
}

/// A place: the bytes `range` of the source `source` of a report.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Span {
    /// The index of the [`SourceFile`] in its report.
    pub source: usize,
    /// Byte offsets into the text, end exclusive.
    pub range: Range<usize>,
}

/// A place with an explanation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// The explanation; may be empty.
    pub text: String,
}

/// The severity of a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The input is refused.
    Error,
    /// The input is accepted, but the user should know of the problem.
    Warning,
}

/// One problem.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The severity.
    pub severity: Severity,
    /// A stable name for this kind of problem, such as `duplicate-opcode`.
    pub code: &'static str,
    /// The problem in one line.
    pub message: String,
    /// The place that is wrong, if it has one.
    pub primary: Option<Label>,
    /// Other places that explain the problem, such as the other half of a contradiction.
    pub secondary: Vec<Label>,
    /// Advice for the user.
    pub help: Vec<String>,
}

impl Diagnostic {
    /// Creates an error of kind `code`.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Error,
            code,
            message: message.into(),
            primary: None,
            secondary: Vec::new(),
            help: Vec::new(),
        }
    }

    /// Creates a warning of kind `code`.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, message) }
    }

    /// Sets the place that is wrong.
    #[must_use]
    pub fn at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.primary = Some(Label { span, text: text.into() });
        self
    }

    /// Adds another place that explains the problem.
    #[must_use]
    pub fn and_at(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label { span, text: text.into() });
        self
    }

    /// Adds advice for the user.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }
}

/// All problems of an input, and the texts of the input.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Report {
    sources: Vec<SourceFile>,
    diagnostics: Vec<Diagnostic>,
}

impl Report {
    /// Creates a report without texts or problems.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a report of one problem that has no place in a text.
    pub fn of(diagnostic: Diagnostic) -> Self {
        Self { sources: Vec::new(), diagnostics: vec![diagnostic] }
    }

    /// Creates a report of a file or folder that could not be read or written.
    ///
    /// `doing` completes "cannot …", for example `"read"` or `"write"`.
    pub fn of_io(doing: &str, path: &Path, error: &std::io::Error) -> Self {
        Self::of(Diagnostic::error("io", format!("cannot {doing} `{}`: {error}", path.display())))
    }

    /// Adds a text and returns its number, for [`Span::source`].
    pub fn add_source(&mut self, path: impl Into<String>, text: impl Into<String>) -> usize {
        self.sources.push(SourceFile { path: path.into(), text: text.into() });
        self.sources.len() - 1
    }

    /// Adds a problem.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// Removes all problems for which `keep` returns false.
    pub(crate) fn retain(&mut self, keep: impl FnMut(&Diagnostic) -> bool) {
        self.diagnostics.retain(keep);
    }

    /// Removes all problems after the first `most`, and returns the number removed.
    pub(crate) fn truncate(&mut self, most: usize) -> usize {
        let left_out = self.diagnostics.len().saturating_sub(most);
        self.diagnostics.truncate(most);
        left_out
    }

    /// Moves the texts and problems of another report to this one.
    pub fn append(&mut self, other: Report) {
        let offset = self.sources.len();
        self.sources.extend(other.sources);
        self.diagnostics.extend(other.diagnostics.into_iter().map(|mut diagnostic| {
            for label in diagnostic.primary.iter_mut().chain(&mut diagnostic.secondary) {
                label.span.source += offset;
            }
            diagnostic
        }));
    }

    /// Sorts the problems by place; those without a place come first.
    pub fn sort(&mut self) {
        self.diagnostics.sort_by_key(|diagnostic| {
            diagnostic.primary.as_ref().map(|label| (label.span.source, label.span.range.start))
        });
    }

    /// Returns the texts, by number.
    pub fn sources(&self) -> &[SourceFile] {
        &self.sources
    }

    /// Returns the problems, in the order in which they were found.
    pub fn diagnostics(&self) -> &[Diagnostic] {
        &self.diagnostics
    }

    /// Returns true if any problem is an error.
    pub fn has_errors(&self) -> bool {
        self.diagnostics.iter().any(|d| d.severity == Severity::Error)
    }

    /// Returns `Err(self)` if any problem is an error, otherwise `Ok(value)`.
    pub fn into_result<T>(self, value: T) -> Result<T, Report> {
        if self.has_errors() { Err(self) } else { Ok(value) }
    }

    /// Returns the line and column of a place. Both count from 1; columns are in characters.
    ///
    /// Returns `None` if the place is not inside a text of this report.
    pub fn line_and_column(&self, span: &Span) -> Option<(usize, usize)> {
        let text = &self.sources.get(span.source)?.text;
        let before = text.get(..span.range.start)?;
        let line = before.matches('\n').count() + 1;
        let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
        Some((line, column))
    }

    /// Formats the report as the Rust compiler does; with `color`, for a terminal. Of a long line, the
    /// part around the place is shown, in 140 columns. Messages are cut after 1,000 characters: they
    /// may name a part of the input, of any length.
    pub fn render(&self, color: bool) -> String {
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        let mut out = String::new();
        for diagnostic in &self.diagnostics {
            out.push_str(&renderer.render(&self.groups(diagnostic)));
            out.push_str("\n\n");
        }
        while out.ends_with('\n') {
            out.pop();
        }
        out
    }

    fn groups<'a>(&'a self, diagnostic: &'a Diagnostic) -> Vec<Group<'a>> {
        let level = match diagnostic.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = level.primary_title(cut(&diagnostic.message)).id(diagnostic.code);
        let mut group = Group::with_title(title);
        // One snippet for each text; the text with the primary place comes first.
        let mut order: Vec<usize> = Vec::new();
        for label in diagnostic.primary.iter().chain(&diagnostic.secondary) {
            if !order.contains(&label.span.source) && self.sources.len() > label.span.source {
                order.push(label.span.source);
            }
        }
        for number in order {
            let Some(source) = self.sources.get(number) else { continue };
            let mut snippet = Snippet::source(&source.text).path(&source.path);
            let kinds =
                diagnostic.primary.iter().map(|label| (AnnotationKind::Primary, label)).chain(
                    diagnostic.secondary.iter().map(|label| (AnnotationKind::Context, label)),
                );
            for (kind, label) in kinds.filter(|(_, label)| label.span.source == number) {
                let range = clamp(&source.text, &label.span.range);
                let mut annotation = kind.span(range);
                if !label.text.is_empty() {
                    annotation = annotation.label(cut(&label.text));
                }
                snippet = snippet.annotation(annotation);
            }
            group = group.element(snippet);
        }
        for help in &diagnostic.help {
            group = group.element(Level::HELP.message(help));
        }
        vec![group]
    }

    /// Returns the problems as JSON: an array of objects with `severity`, `code`, `message` and
    /// `help`. Problems with a place also have `file`, `line`, `column` and `notes` (other places).
    pub fn to_json(&self) -> serde_json::Value {
        let place = |label: &Label| {
            let file = self.sources.get(label.span.source).map(|s| s.path.as_str());
            let at = self.line_and_column(&label.span);
            serde_json::json!({
                "file": file,
                "line": at.map(|(line, _)| line),
                "column": at.map(|(_, column)| column),
                "text": label.text,
            })
        };
        self.diagnostics
            .iter()
            .map(|d| {
                serde_json::json!({
                    "severity": match d.severity {
                        Severity::Error => "error",
                        Severity::Warning => "warning",
                    },
                    "code": d.code,
                    "message": d.message,
                    "place": d.primary.as_ref().map(place),
                    "notes": d.secondary.iter().map(place).collect::<Vec<_>>(),
                    "help": d.help,
                })
            })
            .collect()
    }
}

/// Returns a message without what follows the first characters.
fn cut(message: &str) -> Cow<'_, str> {
    /// The largest number of characters: longer than names that compilers make.
    const LONGEST: usize = 1000;
    match message.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", message.get(..end).unwrap_or_default()).into(),
        None => message.into(),
    }
}

/// Moves `range` inside `text` and onto character boundaries; a long range is cut to its start.
fn clamp(text: &str, range: &Range<usize>) -> Range<usize> {
    /// The longest range that is shown in full, in bytes, because an unclosed value may run to the
    /// end of the file.
    const LONGEST: usize = 1000;
    let start = text.floor_char_boundary(range.start.min(text.len()));
    let end = range.end.clamp(start, text.len()).min(start.saturating_add(LONGEST));
    start..text.ceil_char_boundary(end)
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

/// Formats as `Display` does, on lines of its own: `unwrap` and a failing `main` print this.
impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{self}")
    }
}

impl std::error::Error for Report {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_shows_both_places_with_file_line_and_caret() {
        let mut report = Report::new();
        let source = report.add_source("a.toml", "opcode = 0x02\nname = 1\nopcode = 0x02\n");
        report.push(
            Diagnostic::error("duplicate-opcode", "opcode 0x02 is used twice")
                .at(Span { source, range: 32..36 }, "used again here")
                .and_at(Span { source, range: 9..13 }, "first used here")
                .help("change one of the opcodes"),
        );
        let text = report.render(false);
        assert!(text.contains("error[duplicate-opcode]: opcode 0x02 is used twice"), "{text}");
        assert!(text.contains("a.toml:3:10"), "{text}");
        assert!(text.contains("^^^^ used again here"), "{text}");
        assert!(text.contains("---- first used here"), "{text}");
        assert!(text.contains("help: change one of the opcodes"), "{text}");
    }

    #[test]
    fn a_place_outside_its_text_is_moved_inside_and_never_panics() {
        let mut report = Report::new();
        let source = report.add_source("ä.toml", "ä");
        for range in [0..9, 1..1, 1..2, 7..9, Range { start: 5, end: 2 }] {
            report.push(Diagnostic::error("x", "y").at(Span { source, range }, ""));
        }
        report.push(Diagnostic::error("x", "y").at(Span { source: 9, range: 0..1 }, "nowhere"));
        assert!(report.render(false).contains("error[x]: y"));
        assert_eq!(report.to_json().as_array().map(Vec::len), Some(6));
    }

    /// Returns the number of columns that a text takes in a terminal.
    fn width(text: &str) -> usize {
        text.chars().map(|c| if c >= '\u{2e80}' { 2 } else { 1 }).sum()
    }

    #[test]
    fn a_long_line_is_cut_around_the_place() {
        let (narrow, wide) = ("a".repeat(400_000), "漢字😀".repeat(100_000));
        for (before, after) in [
            (narrow.as_str(), narrow.as_str()),
            ("", narrow.as_str()),
            (narrow.as_str(), ""),
            (wide.as_str(), wide.as_str()),
            ("漢字\té", wide.as_str()),
            (&"\t(é)\t".repeat(50_000), "\t\t"),
            (&" ".repeat(400_000), &" ".repeat(400_000)),
        ] {
            let mut report = Report::new();
            let source = report.add_source("a", format!("first\n{before}PLACE{after}\nlast"));
            let start = "first\n".len() + before.len();
            let span = Span { source, range: start..start + 5 };
            report.push(Diagnostic::error("x", "y").at(span, "here"));
            let text = report.render(false);
            let line = text.lines().find(|line| line.contains("PLACE")).unwrap();
            let carets = text.lines().find(|line| line.contains("^^^^^ here")).unwrap();
            let until = |line: &str, place: &str| width(line.split(place).next().unwrap());
            assert_eq!(until(line, "PLACE"), until(carets, "^"), "{text}");
            assert!(text.lines().all(|line| width(line) <= 140), "{text}");
        }
    }

    #[test]
    fn a_long_place_and_long_messages_are_cut() {
        let long = "é".repeat(400_000);
        let mut report = Report::new();
        let source = report.add_source("a", &long);
        let span = Span { source, range: 10..long.len() };
        report.push(Diagnostic::error("x", &long).at(span, &long));
        assert!(report.render(false).len() < 10_000);
        assert_eq!(report.to_json()[0]["message"].as_str().map(str::len), Some(long.len()));
    }

    #[test]
    fn appended_reports_keep_pointing_into_their_own_texts() {
        let mut one = Report::new();
        one.add_source("one", "1");
        let mut two = Report::new();
        let source = two.add_source("two", "2");
        two.push(Diagnostic::error("x", "y").at(Span { source, range: 0..1 }, ""));
        one.append(two);
        assert!(one.render(false).contains("two:1:1"));
        assert_eq!(one.to_json()[0]["place"]["file"], "two");
    }
}
