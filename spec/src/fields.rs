//! Fields with an inner form: names, sentences, anchors, immediates, signatures, layouts.

use std::ops::Range;

use crate::Diagnostic;
use crate::model::{
    Anchors, CoreType, Immediate, ImmediateKind, ImportName, Layout, Placed, RequiredOption,
    ResultMeaning, When,
};
use crate::names::Kind;
use crate::reader::{Reader, Row, closest, listed};
use crate::signature::Signature;

/// The milestones in which features shipped.
const MILESTONES: [((), &str); 3] = [((), "wasi-0.2"), ((), "wasi-0.3"), ((), "unreleased")];

/// The parameters of import names.
const IMPORT_PARAMETERS: [&str; 5] = ["type", "slot", "encoding", "resource", "function"];

/// The forms of names. Names of one form make different identifiers in Rust.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Form {
    /// `waitable-set`
    Kebab,
    /// `waitable-set.wait`
    Dotted,
    /// `memory` or `string-encoding=latin1+utf16`
    Option,
    /// `MAX_FLAT_PARAMS`
    Screaming,
    /// Any text: names from earlier revisions of the spec.
    Any,
}

impl Form {
    fn fits(self, name: &str) -> bool {
        let words = |name: &str, separator, fits: fn(char) -> bool, first: fn(char) -> bool| {
            name.split(separator).all(|word| word.starts_with(first) && word.chars().all(fits))
        };
        let lower = |name: &str, separator| {
            words(
                name,
                separator,
                |c| c.is_ascii_lowercase() || c.is_ascii_digit(),
                |c| c.is_ascii_lowercase(),
            )
        };
        match self {
            Self::Kebab => lower(name, '-'),
            Self::Dotted => name.split('.').all(|part| lower(part, '-')),
            Self::Option => {
                let (name, value) = name.split_once('=').unwrap_or((name, "any"));
                lower(name, '-') && lower(value, '+')
            }
            Self::Screaming => words(
                name,
                '_',
                |c| c.is_ascii_uppercase() || c.is_ascii_digit(),
                |c| c.is_ascii_uppercase(),
            ),
            Self::Any => !name.is_empty(),
        }
    }

    fn told(self) -> &'static str {
        match self {
            Self::Kebab => "lower-case words with hyphens, such as `waitable-set`",
            Self::Dotted => "a family and an operation, such as `waitable-set.wait`",
            Self::Option => "an option, such as `memory` or `string-encoding=utf8`",
            Self::Screaming => "upper-case words, such as `MAX_FLAT_PARAMS`",
            Self::Any => "a name",
        }
    }
}

impl Reader<'_> {
    fn malformed(&mut self, text: &Placed<String>, must: &str) {
        let message = format!("expected {must}, found `{}`", text.value);
        self.error("form", text.span.clone(), message);
    }

    /// Reads the name of a row.
    pub(crate) fn name(
        &mut self,
        row: &mut Row<'_>,
        key: &'static str,
        kind: Kind,
        form: Form,
    ) -> Option<Placed<String>> {
        let Some(name) = self.text(row, key) else {
            self.names.lose(kind);
            return None;
        };
        if !form.fits(&name) {
            self.malformed(&name, form.told());
        }
        self.names.define(kind, &name);
        if self.is_damaged(&name.span) {
            // It may be only a part of the name.
            self.names.lose(kind);
        }
        Some(name)
    }

    /// Reads the name of a part of a row; the parts of one row have different names.
    pub(crate) fn part_name(
        &mut self,
        row: &mut Row<'_>,
        key: &'static str,
    ) -> Option<Placed<String>> {
        let name = self.text(row, key)?;
        if !Form::Kebab.fits(&name) {
            self.malformed(&name, Form::Kebab.told());
        }
        Some(name)
    }

    /// Reads a text that is not empty.
    pub(crate) fn filled(
        &mut self,
        row: &mut Row<'_>,
        key: &'static str,
    ) -> Option<Placed<String>> {
        let text = self.text(row, key)?;
        if text.trim().is_empty() {
            self.error("form", text.span.clone(), format!("`{key}` is empty"));
        }
        Some(text)
    }

    /// Reads whole sentences, which become documentation.
    pub(crate) fn sentence(&mut self, row: &mut Row<'_>, key: &'static str) -> Option<String> {
        let text = self.filled(row, key)?;
        let wrong = if text.trim().is_empty() {
            return Some(text.value);
        } else if text.contains('\n') {
            "has a line break"
        } else if text.trim() != text.value {
            "has spaces around it"
        } else if text.starts_with(|c: char| c.is_lowercase()) {
            "does not start with a capital letter"
        } else if !text.ends_with('.') {
            "does not end with a full stop"
        } else {
            return Some(text.value);
        };
        self.error("form", text.span.clone(), format!("`{key}` {wrong}"));
        Some(text.value)
    }

    /// Reads the anchor of a heading, as links have it after `#`.
    pub(crate) fn anchor(&mut self, row: &mut Row<'_>, key: &'static str) -> Option<String> {
        let text = self.text(row, key)?;
        // Characters that are not ASCII stay in anchors, such as the selector that makes a
        // character an emoji.
        let fits = |c: char| match c {
            'a'..='z' | '0'..='9' | '-' | '_' => true,
            other => !other.is_ascii() && !other.is_whitespace(),
        };
        if text.is_empty() || !text.chars().all(fits) {
            self.malformed(&text, "the anchor of a heading, such as `canon-lift`");
        }
        Some(text.value)
    }

    pub(crate) fn anchors(&mut self, row: &mut Row<'_>) -> Anchors {
        let explainer = self.anchor(row, "explainer").unwrap_or_default();
        let canonical_abi = self.anchor(row, "canonical-abi").unwrap_or_default();
        Anchors { explainer, canonical_abi }
    }

    /// Reads the reference's class of a code or type; some types share a class.
    pub(crate) fn class(&mut self, row: &mut Row<'_>) -> Option<String> {
        let text = self.text(row, "reference")?;
        self.python_name(&text);
        Some(text.value)
    }

    /// Reads the reference's name of a constant; empty if the reference has none.
    pub(crate) fn reference(&mut self, row: &mut Row<'_>) -> Option<String> {
        let text = self.text(row, "reference")?;
        if !text.is_empty() {
            self.python_name(&text);
            self.names.define(Kind::Reference, &text);
        }
        Some(text.value)
    }

    /// Reads the functions of the reference that implement a built-in.
    pub(crate) fn references(&mut self, row: &mut Row<'_>) -> Vec<String> {
        let texts = self.distinct_texts(row, "reference");
        for text in &texts {
            self.python_name(text);
        }
        texts.into_iter().map(|text| text.value).collect()
    }

    fn python_name(&mut self, text: &Placed<String>) {
        if !is_python_name(text) {
            self.malformed(text, "a name of definitions.py, such as `Task.return_`");
        }
    }

    /// Reads the places where the reference traps: `function: condition`.
    pub(crate) fn sites(&mut self, row: &mut Row<'_>) -> Vec<Placed<String>> {
        let sites = self.distinct_texts(row, "sites");
        for site in &sites {
            let fits = site.split_once(": ").is_some_and(|(function, condition)| {
                (function == "*" || is_python_name(function)) && !condition.trim().is_empty()
            });
            if !fits {
                self.malformed(site, "`function: condition`");
            }
        }
        sites
    }

    /// Checks that a text is a milestone.
    pub(crate) fn milestone(&mut self, text: &Placed<String>) {
        self.one_of(text, "`since`", &MILESTONES);
    }

    /// Returns the meaning of `text` among `known`; `what` names the field in messages.
    pub(crate) fn one_of<T: Copy>(
        &mut self,
        text: &Placed<String>,
        what: &str,
        known: &[(T, &str)],
    ) -> Option<T> {
        let found = known.iter().find(|(_, spelling)| *spelling == text.value);
        if let Some((value, _)) = found {
            return Some(*value);
        }
        let spellings: Vec<&str> = known.iter().map(|(_, spelling)| *spelling).collect();
        let help = match closest(text, &spellings) {
            Some(close) => format!("did you mean `{close}`?"),
            None => format!("use one of {}", listed(&spellings)),
        };
        let message = format!("{what} cannot be `{}`", text.value);
        let diagnostic = Diagnostic::error("unknown-word", message).at(text.span.clone(), "");
        self.push(diagnostic.help(help));
        None
    }

    /// Reads a number that fits in a byte.
    pub(crate) fn byte(&mut self, row: &mut Row<'_>, key: &'static str) -> Option<Placed<u8>> {
        let number = self.number(row, key, u64::from(u8::MAX))?;
        Some(Placed { value: u8::try_from(number.value).ok()?, span: number.span })
    }

    /// Reads names of rows of kind `among`, each of them once.
    pub(crate) fn named(
        &mut self,
        row: &mut Row<'_>,
        key: &'static str,
        among: &'static [Kind],
    ) -> Vec<Placed<String>> {
        let names = self.distinct_texts(row, key);
        for name in &names {
            self.names.refer(among, name.clone());
        }
        names
    }

    /// Reads the immediates after an opcode, and the place of each.
    pub(crate) fn immediates(&mut self, row: &mut Row<'_>) -> Vec<Placed<Immediate>> {
        let mut immediates: Vec<Placed<Immediate>> = Vec::new();
        for text in self.texts(row, "immediates") {
            let span = text.span.clone();
            if let Some(digits) = text.strip_prefix("0x") {
                match u8::from_str_radix(digits, 16) {
                    Ok(byte) if digits.len() == 2 => {
                        immediates.push(Placed { value: Immediate::Byte(byte), span });
                    }
                    _ => self.malformed(&text, "a byte in hexadecimal, such as `0x00`"),
                }
                continue;
            }
            let Some((name, kind)) = text.split_once(": ").filter(|(name, _)| !name.is_empty())
            else {
                self.malformed(&text, "`name: kind` or a byte such as `0x00`");
                continue;
            };
            let kind = self.ending(&text, kind);
            let known = self.one_of(&kind, "the kind of an immediate", &ImmediateKind::ALL);
            let earlier = immediates.iter().find(
                |earlier| matches!(&earlier.value, Immediate::Named { name: n, .. } if n == name),
            );
            if let Some(earlier) = earlier {
                let message = format!("the immediate `{name}` occurs twice");
                let diagnostic = Diagnostic::error("duplicate-item", message)
                    .at(span.clone(), "here again")
                    .and_at(earlier.span.clone(), "first here");
                self.push(diagnostic);
            }
            if let Some(kind) = known {
                let value = Immediate::Named { name: name.to_owned(), kind };
                immediates.push(Placed { value, span });
            }
        }
        immediates
    }

    /// Returns the end `part` of a text, with its own place.
    fn ending(&self, text: &Placed<String>, part: &str) -> Placed<String> {
        let start = text.len().saturating_sub(part.len());
        Placed { value: part.to_owned(), span: self.part(text, start..text.len()) }
    }

    pub(crate) fn signature(&mut self, row: &mut Row<'_>) -> Option<Placed<Signature>> {
        let text = self.text(row, "signature")?;
        match Signature::parse_whole(&text) {
            Ok(value) => Some(Placed { value, span: text.span }),
            Err(errors) => {
                for (range, message) in errors {
                    self.error("signature", self.part(&text, range), message);
                }
                None
            }
        }
    }

    /// Reads the meaning of a result; `abi.toml` is read before the built-ins.
    pub(crate) fn result(&mut self, row: &mut Row<'_>) -> Option<Placed<ResultMeaning>> {
        let text = self.optional_text(row, "result")?;
        let span = text.span.clone();
        if text.value == "zero" {
            return Some(Placed { value: ResultMeaning::Zero, span });
        }
        self.names.refer(&[Kind::Packing, Kind::Code], text.clone());
        let value = if self.names.has(Kind::Packing, &text) {
            ResultMeaning::Packing(text.value)
        } else if self.names.has(Kind::Code, &text) {
            ResultMeaning::Code(text.value)
        } else {
            return None;
        };
        Some(Placed { value, span })
    }

    pub(crate) fn required_options(&mut self, row: &mut Row<'_>) -> Vec<RequiredOption> {
        let mut required: Vec<RequiredOption> = Vec::new();
        for text in self.texts(row, "required") {
            let (option, when) = if let Some((option, gate)) = text.split_once(" unless ") {
                let gate = self.ending(&text, gate);
                self.names.refer(&[Kind::Gate], gate.clone());
                (option, When::UnlessGate(gate.value))
            } else if let Some((option, condition)) = text.split_once(" if ") {
                let conditions = [(0, "element"), (1, "needs-memory"), (2, "contains-pointer")];
                let condition = self.ending(&text, condition);
                match self.one_of(&condition, "a condition", &conditions) {
                    Some(0) => (option, When::Element),
                    Some(1) => (option, When::NeedsMemory),
                    Some(_) => (option, When::ContainsPointer),
                    None => continue,
                }
            } else {
                (text.as_str(), When::Always)
            };
            if let Some(earlier) = required.iter().find(|earlier| earlier.option == option) {
                let message = format!("`{option}` occurs twice in `required`");
                let diagnostic = Diagnostic::error("duplicate-item", message)
                    .at(text.span.clone(), "here again")
                    .and_at(earlier.span.clone(), "first here");
                self.push(diagnostic);
            }
            let (option, span) = (option.to_owned(), text.span.clone());
            required.push(RequiredOption { option, when, span });
        }
        required
    }

    /// Reads the names under which core modules import a built-in; no other built-in has them.
    pub(crate) fn imports(&mut self, row: &mut Row<'_>) -> Vec<Placed<ImportName>> {
        let mut imports = Vec::new();
        for text in self.texts(row, "imports") {
            let is_async = text.starts_with("async ");
            let pattern = text.strip_prefix("async ").unwrap_or(&text);
            let placed = self.ending(&text, pattern);
            for parameter in self.parameters(&placed) {
                if !IMPORT_PARAMETERS.contains(&parameter.as_str()) {
                    let message =
                        format!("import names have no parameter `{{{}}}`", parameter.value);
                    let diagnostic = Diagnostic::error("parameter", message)
                        .at(parameter.span, "")
                        .help(format!("use one of {}", listed(&IMPORT_PARAMETERS)));
                    self.push(diagnostic);
                }
            }
            if pattern.is_empty() || pattern.contains(char::is_whitespace) {
                self.malformed(&text, "an import name, such as `async [stream-read-{type}]`");
            }
            self.names.define(Kind::Import, &placed);
            let value = ImportName { pattern: placed.value, is_async };
            imports.push(Placed { value, span: text.span });
        }
        imports
    }

    /// Returns the parameters of a message or a name: the words in braces.
    pub(crate) fn parameters(&mut self, text: &Placed<String>) -> Vec<Placed<String>> {
        let mut open = None;
        let mut found = Vec::new();
        for (at, character) in text.char_indices().chain([(text.len(), '\n')]) {
            let last = at == text.len();
            let single: Option<Range<usize>> = match (character, open) {
                ('{', None) => {
                    open = Some(at);
                    None
                }
                ('}', Some(from)) => {
                    let span = self.part(text, from + 1..at);
                    let name = text.get(from + 1..at).unwrap_or_default();
                    found.push(Placed { value: name.to_owned(), span });
                    open = None;
                    None
                }
                ('{', Some(from)) => {
                    open = Some(at);
                    Some(from..from + 1)
                }
                ('}', None) => Some(at..at + 1),
                (_, Some(from)) if last => Some(from..from + 1),
                _ => None,
            };
            if let Some(single) = single {
                let span = self.part(text, single);
                self.error("parameter", span, "a brace without a matching one".into());
            }
        }
        found
    }

    pub(crate) fn layout(&mut self, row: &mut Row<'_>) -> Option<Layout> {
        let text = match self.text_or_table(row, "layout")? {
            Ok(text) => text,
            Err(mut table) => return self.fixed_layout(&mut table),
        };
        if let Some(other) = text.strip_prefix("as ") {
            self.names.refer(&[Kind::Type], self.ending(&text, other));
            return Some(Layout::As(other.to_owned()));
        }
        let known =
            [(0, "pointer-and-length"), (1, "elements"), (2, "fields"), (3, "cases"), (4, "bits")];
        Some(match self.one_of(&text, "`layout`", &known)? {
            0 => Layout::PointerAndLength,
            1 => Layout::Elements,
            2 => Layout::Fields,
            3 => Layout::Cases,
            _ => Layout::Bits,
        })
    }

    fn fixed_layout(&mut self, table: &mut Row<'_>) -> Option<Layout> {
        let size = self.number(table, "size", 8);
        let alignment = self.number(table, "alignment", 8);
        let flat = self.text(table, "flat");
        let flat = flat.and_then(|flat| self.one_of(&flat, "`flat`", &CoreType::ALL));
        self.finish(table);
        let (size, alignment, flat) = (size?, alignment?, flat?);
        let room = match flat {
            CoreType::I32 | CoreType::F32 => 4,
            CoreType::I64 | CoreType::F64 => 8,
        };
        if !size.value.is_power_of_two() {
            let message = format!("a size of {} bytes; it must be 1, 2, 4 or 8", size.value);
            self.error("layout", size.span, message);
        } else if size.value != alignment.value {
            let message =
                format!("a size of {} with an alignment of {}", size.value, alignment.value);
            let diagnostic = Diagnostic::error("layout", message)
                .at(alignment.span, "a type that flattens to one core value is aligned to its size")
                .and_at(size.span, "the size");
            self.push(diagnostic);
        } else if size.value > room || (size.value < 8 && room == 8) {
            let message = format!(
                "a value of {} bytes does not flatten to `{}`",
                size.value,
                flat.spelling()
            );
            self.error("layout", self.span(table.span.clone()), message);
        }
        let size = u32::try_from(size.value).ok()?;
        Some(Layout::Fixed { size, alignment: u32::try_from(alignment.value).ok()?, flat })
    }
}

fn is_python_name(name: &str) -> bool {
    name.split('.').all(|part| {
        part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
    })
}
