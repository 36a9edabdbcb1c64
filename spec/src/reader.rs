//! Reads TOML row by row. Reports each mistake with its place, and goes on with the next field.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::model::Placed;
use crate::names::{Kind, Names};
use crate::{Diagnostic, Report, Span, syntax};

/// The longest text, in bytes, because messages quote texts: one without end would hide all other
/// problems.
const LONGEST_TEXT: usize = 4096;

/// A file that is being read. Problems go to its report, names to the record of all files.
#[derive(Debug)]
pub(crate) struct Reader<'r> {
    report: &'r mut Report,
    pub(crate) names: &'r mut Names,
    source: usize,
    text: &'r str,
    /// The kinds of rows in this file.
    kinds: &'static [Kind],
    /// The parts that syntax errors make unreadable; other problems there only follow from them.
    pub(crate) damaged: Vec<Span>,
    damaged_rows: Vec<Range<usize>>,
}

impl<'r> Reader<'r> {
    /// Creates a reader of `text`, which is already source number `source` of the report.
    pub(crate) fn new(
        report: &'r mut Report,
        names: &'r mut Names,
        source: usize,
        text: &'r str,
        kinds: &'static [Kind],
    ) -> Self {
        Self { report, names, source, text, kinds, damaged: Vec::new(), damaged_rows: Vec::new() }
    }

    /// Returns the place of a byte range of this file.
    pub(crate) fn span(&self, range: Range<usize>) -> Span {
        Span { source: self.source, range }
    }

    /// Returns the place of a part of a text; it is exact unless the text is written with escapes.
    pub(crate) fn part(&self, text: &Placed<String>, part: Range<usize>) -> Span {
        let Range { start, end } = text.span.range;
        // Between quotes, or already a part of a text.
        for quote in [1, 0] {
            let inside = start.saturating_add(quote)..end.saturating_sub(quote);
            if self.text.get(inside) == Some(text.value.as_str()) {
                let start = start + quote;
                return self.span(start + part.start..start + part.end);
            }
        }
        text.span.clone()
    }

    /// Reports a problem.
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        self.report.push(diagnostic);
    }

    /// Returns true if a syntax error is at `span`.
    pub(crate) fn is_damaged(&self, span: &Span) -> bool {
        self.damaged.iter().any(|damaged| touch(damaged, span))
    }

    /// Returns the number of problems so far.
    pub(crate) fn problems(&self) -> usize {
        self.report.diagnostics().len()
    }

    /// Reports an error at a place of this file.
    pub(crate) fn error(&mut self, code: &'static str, span: Span, message: String) {
        self.push(Diagnostic::error(code, message).at(span, ""));
    }

    /// Parses the file's text. Reports syntax errors, and returns the parts that could be read.
    pub(crate) fn parse(&mut self) -> Row<'r> {
        let parsed = syntax::parse(self.text);
        if !parsed.errors.is_empty() {
            self.names.lose_uses();
        }
        if parsed.lost {
            self.lose_rows();
        }
        for error in parsed.errors {
            let label = if error.first.is_some() { "here again" } else { "" };
            let line = error.range.start.saturating_sub(error.field.start);
            let opening = self.text.get(error.field.clone()).and_then(|field| field.lines().next());
            let opening = opening.map_or(0, |opening| opening.trim_end().len());
            let mut diagnostic =
                Diagnostic::error("toml-syntax", error.message).at(self.span(error.range), label);
            if let Some(first) = error.first {
                diagnostic = diagnostic.and_at(self.span(first), "first here");
            } else if line > opening {
                // The parser notices an unclosed text or list only lines later.
                let opening = error.field.start..error.field.start + opening;
                diagnostic = diagnostic.and_at(self.span(opening), "in the value that starts here");
            }
            self.damaged.push(self.span(error.field));
            self.damaged_rows.push(error.row);
            self.push(diagnostic);
        }
        Row { is_file: true, ..Row::new("the file", 0..0, parsed.root) }
    }

    /// Records that rows of this file could not be read.
    fn lose_rows(&mut self) {
        for kind in self.kinds {
            self.names.lose(*kind);
        }
    }

    /// Reports the keys that `row` lacks, and the unknown keys that it has.
    pub(crate) fn finish(&mut self, row: &Row<'_>) {
        let mut missing = row.missing.clone();
        for key in row.table.keys().filter(|key| !row.asked.contains(key.get_ref().as_ref())) {
            let shown: String = key.get_ref().chars().take(60).collect();
            let message = format!("unknown key `{shown}` in {}", row.what);
            let known: Vec<&str> = row.asked.iter().copied().collect();
            let absent: Vec<&str> =
                known.iter().copied().filter(|known| !row.present(known)).collect();
            let mut diagnostic = Diagnostic::error("unknown-key", message)
                .at(self.span(key.span()), "the legend has no such key");
            if let Some(meant) = closest(key.get_ref(), &absent) {
                // The key is misspelt, not missing.
                missing.retain(|missing| *missing != meant);
                diagnostic = diagnostic.help(format!("did you mean `{meant}`?"));
            } else {
                diagnostic = diagnostic.help(format!("the known keys are {}", listed(&known)));
            }
            self.push(diagnostic);
            if row.is_file {
                self.lose_rows();
            }
        }
        // A missing key may be one that could not be read.
        let damaged = row.is_file && !self.damaged_rows.is_empty()
            || self.damaged_rows.iter().any(|damaged| damaged.contains(&row.span.start));
        if missing.is_empty() || damaged {
            return;
        }
        let missing: Vec<String> = missing
            .iter()
            .map(|key| if row.is_file { format!("[[{key}]]") } else { (*key).to_owned() })
            .collect();
        let missing: Vec<&str> = missing.iter().map(String::as_str).collect();
        let message = format!("{} has no {}", row.what, listed(&missing));
        self.error("missing-key", self.span(row.span.clone()), message);
    }

    fn wrong_type(&mut self, item: &Item<'_>, key: &str, expected: &str) {
        let found = match item.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) => "a whole number",
            DeValue::Float(_) => "a number with a fraction",
            DeValue::Boolean(_) => "`true` or `false`",
            DeValue::Datetime(_) => "a date or time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        let message = format!("`{key}` must be {expected}, but it is {found}");
        self.error("wrong-type", self.span(item.span()), message);
    }

    /// Reads a text that is required.
    pub(crate) fn text(&mut self, row: &mut Row<'_>, key: &'static str) -> Option<Placed<String>> {
        let item = row.required(key)?;
        self.as_text(item, key, "a text")
    }

    /// Reads a text that is optional.
    pub(crate) fn optional_text(
        &mut self,
        row: &mut Row<'_>,
        key: &'static str,
    ) -> Option<Placed<String>> {
        row.asked.insert(key);
        let item = row.table.get(key)?;
        self.as_text(item, key, "a text")
    }

    fn as_text(&mut self, item: &Item<'_>, key: &str, expected: &str) -> Option<Placed<String>> {
        if let Some(text) = item.get_ref().as_str() {
            let span = self.span(item.span());
            if text.len() > LONGEST_TEXT {
                let message = format!("`{key}` is longer than {LONGEST_TEXT} bytes");
                self.error("form", span, message);
                return None;
            }
            return Some(Placed { value: text.to_owned(), span });
        }
        self.wrong_type(item, key, expected);
        None
    }

    /// Reads a whole number that is required and at most `max`.
    pub(crate) fn number(
        &mut self,
        row: &mut Row<'_>,
        key: &'static str,
        max: u64,
    ) -> Option<Placed<u64>> {
        let item = row.required(key)?;
        let Some(number) = item.get_ref().as_integer() else {
            self.wrong_type(item, key, "a whole number");
            return None;
        };
        let digits: String = number.as_str().chars().filter(|c| *c != '_').collect();
        match u64::from_str_radix(digits.trim_start_matches('+'), number.radix()) {
            Ok(value) if value <= max => Some(Placed { value, span: self.span(item.span()) }),
            _ => {
                let message = format!("`{key}` must be a whole number from 0 to {max}");
                self.error("number-out-of-range", self.span(item.span()), message);
                None
            }
        }
    }

    /// Reads `true` or `false`; a missing key is `false`.
    pub(crate) fn flag(&mut self, row: &mut Row<'_>, key: &'static str) -> bool {
        row.asked.insert(key);
        let Some(item) = row.table.get(key) else { return false };
        item.get_ref().as_bool().unwrap_or_else(|| {
            self.wrong_type(item, key, "`true` or `false`");
            false
        })
    }

    /// Reads a list of texts; a missing key is an empty list.
    pub(crate) fn texts(&mut self, row: &mut Row<'_>, key: &'static str) -> Vec<Placed<String>> {
        row.asked.insert(key);
        let Some(item) = row.table.get(key) else { return Vec::new() };
        let Some(array) = item.get_ref().as_array() else {
            self.wrong_type(item, key, "a list of texts");
            return Vec::new();
        };
        array.iter().filter_map(|item| self.as_text(item, key, "a list of texts")).collect()
    }

    /// Reads a list of different texts; a missing key is an empty list.
    pub(crate) fn distinct_texts(
        &mut self,
        row: &mut Row<'_>,
        key: &'static str,
    ) -> Vec<Placed<String>> {
        let texts = self.texts(row, key);
        let mut first_of: BTreeMap<&str, &Placed<String>> = BTreeMap::new();
        for text in &texts {
            let first = *first_of.entry(text).or_insert(text);
            if first.span != text.span {
                let message = format!("`{}` occurs twice in `{key}`", text.value);
                let diagnostic = Diagnostic::error("duplicate-item", message)
                    .at(text.span.clone(), "here again")
                    .and_at(first.span.clone(), "first here");
                self.push(diagnostic);
            }
        }
        texts
    }

    /// Reads a list of at least one text, all of them different.
    pub(crate) fn some_texts(
        &mut self,
        row: &mut Row<'_>,
        key: &'static str,
    ) -> Vec<Placed<String>> {
        if let Some(item) = row.required(key) {
            self.not_empty(item, key);
        }
        self.distinct_texts(row, key)
    }

    fn not_empty(&mut self, item: &Item<'_>, key: &'static str) {
        if item.get_ref().as_array().is_some_and(|array| array.is_empty()) {
            self.error("empty-list", self.span(item.span()), format!("`{key}` is empty"));
        }
    }

    /// Reads the rows under `key`: an array of tables, each called `what` in messages. A missing
    /// key means no rows.
    pub(crate) fn rows<'t>(
        &mut self,
        row: &mut Row<'t>,
        key: &'static str,
        what: &'static str,
    ) -> Vec<Row<'t>> {
        row.asked.insert(key);
        let Some(item) = row.table.remove(key) else { return Vec::new() };
        let expected = format!("a list of tables{}", if row.is_file { ", `[[…]]`" } else { "" });
        let mut rows = Vec::new();
        let mut whole = true;
        if let DeValue::Array(array) = item.get_ref() {
            for item in array {
                if let DeValue::Table(table) = item.get_ref() {
                    rows.push(Row::new(what, item.span(), table.clone()));
                } else {
                    self.wrong_type(item, key, &expected);
                    whole = false;
                }
            }
        } else {
            self.wrong_type(&item, key, &expected);
            whole = false;
        }
        if row.is_file && !whole {
            self.lose_rows();
        }
        rows
    }

    /// Reads the rows under `key`, at least one.
    pub(crate) fn some_rows<'t>(
        &mut self,
        row: &mut Row<'t>,
        key: &'static str,
        what: &'static str,
    ) -> Vec<Row<'t>> {
        let is_file = row.is_file;
        if let Some(item) = row.required(key) {
            self.not_empty(item, key);
        } else if is_file {
            self.lose_rows();
        }
        self.rows(row, key, what)
    }

    /// Reads a text or a table: `Ok(text)` or `Err(table)`. Reports anything else, and a missing
    /// key.
    pub(crate) fn text_or_table<'t>(
        &mut self,
        row: &mut Row<'t>,
        key: &'static str,
    ) -> Option<Result<Placed<String>, Row<'t>>> {
        let item = row.required(key)?;
        match item.get_ref() {
            DeValue::Table(table) => Some(Err(Row::new(key, item.span(), table.clone()))),
            _ => self.as_text(item, key, "a text or a table").map(Ok),
        }
    }

    /// Reads the table under `key`, if the key is there.
    pub(crate) fn optional_table<'t>(
        &mut self,
        row: &mut Row<'t>,
        key: &'static str,
    ) -> Option<Row<'t>> {
        row.asked.insert(key);
        let item = row.table.get(key)?;
        if let DeValue::Table(table) = item.get_ref() {
            return Some(Row::new(key, item.span(), table.clone()));
        }
        self.wrong_type(item, key, "a table");
        None
    }
}

type Item<'t> = Spanned<DeValue<'t>>;

/// A table of a file.
#[derive(Debug)]
pub(crate) struct Row<'t> {
    /// Its name in messages.
    what: &'static str,
    /// Its start, the place of a problem of the whole row.
    pub(crate) span: Range<usize>,
    /// Set if this is the whole file, whose keys are the kinds of its rows.
    is_file: bool,
    table: DeTable<'t>,
    asked: BTreeSet<&'static str>,
    missing: Vec<&'static str>,
}

impl<'t> Row<'t> {
    fn new(what: &'static str, span: Range<usize>, table: DeTable<'t>) -> Self {
        let (asked, missing) = (BTreeSet::new(), Vec::new());
        Self { what, span, is_file: false, table, asked, missing }
    }

    /// Returns the item under `key`, which is required.
    fn required(&mut self, key: &'static str) -> Option<&Item<'t>> {
        self.asked.insert(key);
        let found = self.table.get(key);
        if found.is_none() {
            self.missing.push(key);
        }
        found
    }

    fn present(&self, key: &str) -> bool {
        self.table.contains_key(key)
    }
}

/// Returns true if nothing is between two places.
pub(crate) fn touch(one: &Span, other: &Span) -> bool {
    one.source == other.source
        && one.range.start <= other.range.end
        && other.range.start <= one.range.end
}

/// Returns the words as a list in English: `` `a`, `b` and `c` ``.
pub(crate) fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.as_slice() {
        [] => "none".into(),
        [only] => only.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// Returns the one of `known` that `word` was probably meant to be.
pub fn closest<'k>(word: &str, known: &[&'k str]) -> Option<&'k str> {
    let near = word.chars().count() / 3 + 1;
    let distances = known.iter().map(|known| (strsim::osa_distance(word, known), *known));
    distances.filter(|(distance, _)| *distance <= near).min().map(|(_, known)| known)
}
