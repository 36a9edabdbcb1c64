//! The syntax of a file with errors, parsed piece by piece.
//!
//! A parser that goes on after an error finds more errors, because it takes values for keys. After
//! a list that is not closed, it finds them in the whole rest of the file. But a line `[[…]]`
//! always opens a row, and a line `key = …` is always a field. In a file with an error, each row is
//! therefore parsed by itself, and in a row with an error each field. The user sees one error for
//! each wrong field, and all other rows are read.

use std::collections::{BTreeSet, VecDeque};
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

/// An error of syntax.
#[derive(Debug)]
pub(crate) struct SyntaxError {
    pub(crate) range: Range<usize>,
    pub(crate) message: String,
    /// The other place of a contradiction.
    pub(crate) first: Option<Range<usize>>,
    /// The field that this error makes unreadable in part, and its row.
    pub(crate) field: Range<usize>,
    pub(crate) row: Range<usize>,
}

/// The parts of a file that could be read, and its errors.
#[derive(Debug, Default)]
pub(crate) struct Parsed<'t> {
    pub(crate) root: DeTable<'t>,
    pub(crate) errors: Vec<SyntaxError>,
    /// Set if a row could not be read at all.
    pub(crate) lost: bool,
}

/// The largest number of errors that are reported of a file.
const MOST_ERRORS: usize = 100;

/// Parses a file.
pub(crate) fn parse(text: &str) -> Parsed<'_> {
    let (root, errors) = DeTable::parse_recoverable(text);
    if errors.is_empty() {
        return Parsed { root: root.into_inner(), ..Parsed::default() };
    }
    let mut parsed = Parsed::default();
    for row in pieces(text, 0..text.len(), opens_row) {
        if parsed.errors.len() >= MOST_ERRORS {
            parsed.lost = true;
            break;
        }
        let (table, error) = parse_piece(text, &row);
        if error.is_none() {
            parsed.add(table, &row);
            continue;
        }
        parsed.add_fields(text, &row);
    }
    // There may have been more after an error at the end.
    let end = text.trim_end().len();
    parsed.lost |= parsed.errors.iter().any(|error| error.range.end >= end);
    // The error shows only in the whole file, not in the pieces.
    if parsed.errors.is_empty() {
        let of_whole = errors.first().map(|error| (error.span(), error.message()));
        let (range, message) = of_whole.unwrap_or((None, "not TOML"));
        let (field, row) = (0..text.len(), 0..text.len());
        let (range, message) = (range.unwrap_or(0..0), message.to_owned());
        parsed.errors.push(SyntaxError { range, message, first: None, field, row });
        parsed.lost = true;
    }
    parsed
}

impl<'t> Parsed<'t> {
    /// Parses the row `piece` field by field, and adds it.
    fn add_fields(&mut self, text: &'t str, piece: &Range<usize>) {
        let mut table = DeTable::new();
        let mut fields: VecDeque<(DeTable<'t>, Range<usize>)> = VecDeque::new();
        for (number, field) in pieces(text, piece.clone(), opens_field).into_iter().enumerate() {
            let (field_table, error) = parse_piece(text, &field);
            if let Some((range, message)) = error {
                let (field, row) = (field.clone(), piece.clone());
                self.errors.push(SyntaxError { range, message, first: None, field, row });
            }
            if number == 0 {
                table = field_table;
            } else {
                fields.push_back((field_table, field));
            }
        }
        if fields.is_empty() {
            return self.add(table, piece);
        }
        let Some(first) = row_of(&mut table) else {
            self.lost = true;
            return self.add(table, piece);
        };
        let mut rows = vec![Spanned::new(piece.clone(), std::mem::take(first))];
        while let (Some(row), Some((next, field))) = (rows.last_mut(), fields.pop_front()) {
            let row = row.get_mut();
            let Some((range, first)) = repeated(row, &next) else {
                row.extend(next);
                continue;
            };
            let new_row = fields.iter().any(|(other, _)| repeated(row, other).is_some());
            let message = if new_row {
                rows.push(Spanned::new(range.clone(), next));
                "the keys of a row are there again: is a line `[[…]]` missing before them?"
            } else {
                "duplicate key"
            };
            let (message, first, row) = (message.into(), Some(first), piece.clone());
            self.errors.push(SyntaxError { range, message, first, field, row });
        }
        self.lost |= !put_rows(&mut table, rows);
        self.add(table, piece);
    }

    /// Adds the rows that were read from `piece`.
    fn add(&mut self, table: DeTable<'t>, piece: &Range<usize>) {
        for (key, value) in table {
            let span = value.span();
            let range = key.span();
            let Some(known) = self.root.get_mut(key.get_ref().as_ref()) else {
                self.root.insert(key, value);
                continue;
            };
            let value = value.into_inner();
            match (known.get_mut(), value) {
                (DeValue::Array(rows), DeValue::Array(more)) => append(rows, more),
                (DeValue::Array(rows), one @ DeValue::Table(_)) => {
                    rows.push(Spanned::new(span, one));
                    self.not_a_row(range, piece);
                }
                (one @ DeValue::Table(_), DeValue::Array(more)) => {
                    let first = std::mem::replace(one, DeValue::Boolean(false));
                    let at = known.span();
                    let mut rows = DeArray::new();
                    rows.push(Spanned::new(at.clone(), first));
                    append(&mut rows, more);
                    *known.get_mut() = DeValue::Array(rows);
                    self.not_a_row(at, piece);
                }
                _ => {
                    self.lost = true;
                    self.error(range, "duplicate key", piece);
                }
            }
        }
    }

    fn not_a_row(&mut self, range: Range<usize>, piece: &Range<usize>) {
        self.error(range, "a row must be in two brackets, `[[…]]`", piece);
    }

    fn error(&mut self, range: Range<usize>, message: &str, row: &Range<usize>) {
        let (field, row) = (range.clone(), row.clone());
        self.errors.push(SyntaxError { range, message: message.into(), first: None, field, row });
    }
}

fn append<'t>(rows: &mut DeArray<'t>, more: DeArray<'t>) {
    for row in more {
        rows.push(row);
    }
}

/// Returns the one row that was read.
fn row_of<'a, 't>(table: &'a mut DeTable<'t>) -> Option<&'a mut DeTable<'t>> {
    let (_, value) = table.iter_mut().next()?;
    match value.get_mut() {
        DeValue::Table(table) => Some(table),
        DeValue::Array(rows) => match rows.iter_mut().last()?.get_mut() {
            DeValue::Table(table) => Some(table),
            _ => None,
        },
        _ => None,
    }
}

/// Puts back the row that [`row_of`] returned, and the rows after it. Returns false if there is no
/// list that takes them.
fn put_rows<'t>(table: &mut DeTable<'t>, rows: Vec<Spanned<DeTable<'t>>>) -> bool {
    let mut rows = rows.into_iter();
    if let (Some(first), Some(row)) = (row_of(table), rows.next()) {
        *first = row.into_inner();
    }
    let mut rows = rows.map(|row| Spanned::new(row.span(), DeValue::Table(row.into_inner())));
    match table.iter_mut().next().map(|(_, value)| value.get_mut()) {
        Some(DeValue::Array(list)) => {
            rows.for_each(|row| list.push(row));
            true
        }
        _ => rows.next().is_none(),
    }
}

/// Returns the places of a key of `field` that `row` has, too: in the field, and in the row.
fn repeated(row: &DeTable<'_>, field: &DeTable<'_>) -> Option<(Range<usize>, Range<usize>)> {
    field.keys().find_map(|key| {
        let (first, _) = row.get_key_value(key.get_ref().as_ref())?;
        Some((key.span(), first.span()))
    })
}

/// Parses a piece of the text. Returns the parts that could be read, and the first error.
fn parse_piece<'t>(
    text: &'t str,
    piece: &Range<usize>,
) -> (DeTable<'t>, Option<(Range<usize>, String)>) {
    let (table, errors) = DeTable::parse_recoverable(text.get(piece.clone()).unwrap_or_default());
    let first = errors
        .into_iter()
        .map(|error| {
            let at = moved(error.span().unwrap_or(0..0), piece.start);
            let wrong = text.get(at.clone()).unwrap_or_default();
            let message = in_plain_words(error.message(), wrong);
            (at, message)
        })
        .min_by_key(|(range, _)| range.start);
    (move_table(table.into_inner(), piece.start), first)
}

/// Returns the user's mistake, if the parser's message only names the token it tried to read.
fn in_plain_words(message: &str, wrong: &str) -> String {
    if let Some((kind, quote @ ("`\"`" | "`'`"))) = message.split_once(" string, expected ")
        && kind.starts_with("invalid")
    {
        return format!("a text that is not closed, expected {quote}");
    }
    let of_value = message.starts_with("invalid ") || message.starts_with("string values must");
    match wrong {
        "" if message.starts_with("string values must") => "a key without a value".into(),
        word if of_value
            && word.starts_with(char::is_alphabetic)
            && word.chars().all(is_of_key) =>
        {
            "a text must be in quotes".into()
        }
        _ => message.to_owned(),
    }
}

/// Cuts `whole` before each line that opens a piece.
fn pieces(text: &str, whole: Range<usize>, opens: fn(&str) -> bool) -> Vec<Range<usize>> {
    let mut cuts = BTreeSet::from([whole.start, whole.end]);
    let mut at = whole.start;
    for line in text.get(whole).unwrap_or_default().split_inclusive('\n') {
        if opens(line) {
            cuts.insert(at);
        }
        at += line.len();
    }
    let ends = cuts.iter().skip(1);
    cuts.iter().zip(ends).map(|(start, end)| *start..*end).collect()
}

/// Returns true for `[[row]]` and `[row]`, and false for `[[row.part]]`.
fn opens_row(line: &str) -> bool {
    let name = line.trim_start_matches(['\u{feff}', ' ', '\t']).strip_prefix('[');
    let name = name.map(|name| name.strip_prefix('[').unwrap_or(name));
    name.is_some_and(|name| {
        let end = name.find(|c: char| !is_of_key(c)).unwrap_or(name.len());
        let rest = name.get(end..).unwrap_or_default();
        end > 0 && !rest.starts_with(['.', ','])
    })
}

/// Returns true for `key =`.
fn opens_field(line: &str) -> bool {
    let line = line.trim_start_matches([' ', '\t']);
    let end = line.find(|c: char| !is_of_key(c)).unwrap_or(line.len());
    end > 0 && line.get(end..).unwrap_or_default().trim_start_matches([' ', '\t']).starts_with('=')
}

fn is_of_key(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

fn moved(range: Range<usize>, by: usize) -> Range<usize> {
    range.start + by..range.end + by
}

fn move_table(table: DeTable<'_>, by: usize) -> DeTable<'_> {
    let mut out = DeTable::new();
    for (key, value) in table {
        let at = moved(key.span(), by);
        out.insert(Spanned::new(at, key.into_inner()), move_value(value, by));
    }
    out
}

fn move_value(value: Spanned<DeValue<'_>>, by: usize) -> Spanned<DeValue<'_>> {
    let at = moved(value.span(), by);
    let value = match value.into_inner() {
        DeValue::Array(array) => {
            let mut out = DeArray::new();
            for item in array {
                out.push(move_value(item, by));
            }
            DeValue::Array(out)
        }
        DeValue::Table(table) => DeValue::Table(move_table(table, by)),
        other => other,
    };
    Spanned::new(at, value)
}
