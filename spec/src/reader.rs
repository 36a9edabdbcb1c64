//! Reading TOML row by row: each field once, each mistake reported with its place, the rest read on.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::model::Placed;
use crate::{Diagnostic, Report, Span};

/// A file that is being read; problems go to its report.
#[derive(Debug)]
pub(crate) struct Reader<'r> {
    report: &'r mut Report,
    source: usize,
}

impl<'r> Reader<'r> {
    /// Reads `text`, which the report already has as number `source`.
    pub(crate) fn new(report: &'r mut Report, source: usize) -> Self {
        Self { report, source }
    }

    /// The place of a byte range of this file.
    pub(crate) fn span(&self, range: Range<usize>) -> Span {
        Span { source: self.source, range }
    }

    /// Reports an error at a byte range of this file.
    pub(crate) fn error(&mut self, code: &'static str, range: Range<usize>, message: String) {
        let span = self.span(range);
        self.report.push(Diagnostic::error(code, message).at(span, ""));
    }

    /// Parses the file's text; every syntax error is reported, what could be read is given.
    pub(crate) fn parse<'t>(&mut self, text: &'t str) -> Row<'t> {
        let (root, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let range = error.span().unwrap_or(0..0);
            self.error("toml-syntax", range, error.message().to_owned());
        }
        Row::new("the file", root.span(), root.into_inner())
    }

    /// Reports what stands in `row` and was not asked for.
    pub(crate) fn finish(&mut self, row: &Row<'_>) {
        for key in row.table.keys() {
            if !row.asked.contains(key.get_ref().as_ref()) {
                let message = format!("unknown key `{}` in {}", key.get_ref(), row.what);
                let mut known: Vec<&str> = row.asked.iter().copied().collect();
                known.sort_unstable();
                let diagnostic = Diagnostic::error("unknown-key", message)
                    .at(self.span(key.span()), "not a key of the legend")
                    .help(format!("the keys are {}", listed(&known)));
                self.report.push(diagnostic);
            }
        }
    }

    fn required<'a, 't>(
        &mut self,
        row: &'a mut Row<'t>,
        key: &'static str,
    ) -> Option<&'a Item<'t>> {
        row.asked.insert(key);
        let found = row.table.get(key);
        if found.is_none() {
            let message = format!("{} has no `{key}`", row.what);
            self.error("missing-key", row.span.clone(), message);
        }
        found
    }

    fn wrong_type(&mut self, item: &Item<'_>, key: &str, expected: &str) {
        let found = item.get_ref().type_str();
        let message = format!("`{key}` must be {expected}, and is of type {found}");
        self.error("wrong-type", item.span(), message);
    }

    /// A text that must be there.
    pub(crate) fn text(&mut self, row: &mut Row<'_>, key: &'static str) -> Option<Placed<String>> {
        let item = self.required(row, key)?;
        self.as_text(item, key)
    }

    /// A text that may be there.
    pub(crate) fn optional_text(
        &mut self,
        row: &mut Row<'_>,
        key: &'static str,
    ) -> Option<Placed<String>> {
        row.asked.insert(key);
        let item = row.table.get(key)?;
        self.as_text(item, key)
    }

    fn as_text(&mut self, item: &Item<'_>, key: &str) -> Option<Placed<String>> {
        if let Some(text) = item.get_ref().as_str() {
            let span = self.span(item.span());
            return Some(Placed { value: text.to_owned(), span });
        }
        self.wrong_type(item, key, "a text");
        None
    }

    /// A whole number that must be there and must not be above `max`.
    pub(crate) fn number(
        &mut self,
        row: &mut Row<'_>,
        key: &'static str,
        max: u64,
    ) -> Option<Placed<u64>> {
        let item = self.required(row, key)?;
        let Some(number) = item.get_ref().as_integer() else {
            self.wrong_type(item, key, "a whole number");
            return None;
        };
        let digits: String = number.as_str().chars().filter(|c| *c != '_').collect();
        match u64::from_str_radix(digits.trim_start_matches('+'), number.radix()) {
            Ok(value) if value <= max => Some(Placed { value, span: self.span(item.span()) }),
            _ => {
                let message = format!("`{key}` must be a whole number from 0 to {max}");
                self.error("number-out-of-range", item.span(), message);
                None
            }
        }
    }

    /// `true` or `false`; `false` where it is not there.
    pub(crate) fn flag(&mut self, row: &mut Row<'_>, key: &'static str) -> bool {
        row.asked.insert(key);
        let Some(item) = row.table.get(key) else { return false };
        item.get_ref().as_bool().unwrap_or_else(|| {
            self.wrong_type(item, key, "true or false");
            false
        })
    }

    /// A list of texts; empty where it is not there.
    pub(crate) fn texts(&mut self, row: &mut Row<'_>, key: &'static str) -> Vec<Placed<String>> {
        row.asked.insert(key);
        let Some(item) = row.table.get(key) else { return Vec::new() };
        let Some(array) = item.get_ref().as_array() else {
            self.wrong_type(item, key, "a list of texts");
            return Vec::new();
        };
        array.iter().filter_map(|item| self.as_text(item, key)).collect()
    }

    /// The rows under `key`: an array of tables, each called `what` in messages.
    pub(crate) fn rows<'t>(
        &mut self,
        row: &mut Row<'t>,
        key: &'static str,
        what: &'static str,
    ) -> Vec<Row<'t>> {
        row.asked.insert(key);
        let Some(item) = row.table.remove(key) else { return Vec::new() };
        let DeValue::Array(array) = item.get_ref() else {
            self.wrong_type(&item, key, "a list of tables");
            return Vec::new();
        };
        let mut rows = Vec::new();
        for item in array {
            match item.get_ref() {
                DeValue::Table(table) => rows.push(Row::new(what, item.span(), table.clone())),
                _ => self.wrong_type(item, key, "a list of tables"),
            }
        }
        rows
    }

    /// A text or a table: `Ok(text)` or `Err(table)`. Reports anything else, and its absence.
    pub(crate) fn text_or_table<'t>(
        &mut self,
        row: &mut Row<'t>,
        key: &'static str,
    ) -> Option<Result<Placed<String>, Row<'t>>> {
        let item = self.required(row, key)?;
        match item.get_ref() {
            DeValue::Table(table) => Some(Err(Row::new(key, item.span(), table.clone()))),
            DeValue::String(_) => self.as_text(item, key).map(Ok),
            _ => {
                self.wrong_type(item, key, "a text or a table");
                None
            }
        }
    }

    /// The table under `key`, if it is there.
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
    /// What it is called in messages.
    what: &'static str,
    /// Where it starts; for a problem of the whole row.
    pub(crate) span: Range<usize>,
    table: DeTable<'t>,
    asked: BTreeSet<&'static str>,
}

impl<'t> Row<'t> {
    fn new(what: &'static str, span: Range<usize>, table: DeTable<'t>) -> Self {
        Self { what, span, table, asked: BTreeSet::new() }
    }
}

/// `` `a`, `b` and `c` ``.
pub(crate) fn listed(words: &[&str]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match quoted.as_slice() {
        [] => "none".into(),
        [only] => only.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
