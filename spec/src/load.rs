//! Reading the files of the data into the model, row by row.

use std::fs;
use std::path::Path;

use crate::check::check;
use crate::model::{
    Anchors, Blocks, Builtin, CanonicalOption, Code, CodeCase, Constant, CoreType, Definition,
    Exception, Gate, Guard, Immediate, ImmediateKind, ImportName, Layout, PackedField, Packing,
    Placed, RemovedBuiltin, RequiredOption, ResultMeaning, Sentinel, Spec, Trap, TrapLayer,
    TrapWords, ValueType, When,
};
use crate::reader::{Reader, Row, listed};
use crate::signature::Signature;
use crate::{Diagnostic, Report};

/// The families of built-ins, in the order of the reference; each is a file of `builtins/`.
const FAMILIES: [&str; 10] = [
    "resource",
    "context",
    "backpressure",
    "task",
    "subtask",
    "waitable",
    "stream",
    "future",
    "error-context",
    "thread",
];

/// Reads and checks the data in the folder `directory`.
///
/// # Errors
///
/// A [`Report`] of everything that is wrong: files that cannot be read, syntax errors, missing,
/// unknown and mistyped keys, references to nothing, contradictions between rows.
pub fn load(directory: &Path) -> Result<Spec, Report> {
    load_with_sources(directory).map(|(spec, _)| spec)
}

/// Like [`load`], and also gives a report without problems, which has the texts that the places
/// in the [`Spec`] point into.
///
/// # Errors
///
/// As [`load`].
pub fn load_with_sources(directory: &Path) -> Result<(Spec, Report), Report> {
    let mut loader = Loader { report: Report::new(), spec: Spec::default() };
    loader.file(directory, "gates.toml", Loader::gates);
    loader.file(directory, "abi.toml", Loader::abi);
    loader.file(directory, "types.toml", Loader::types);
    loader.file(directory, "traps.toml", Loader::traps);
    for family in FAMILIES {
        loader.file(directory, &format!("builtins/{family}.toml"), |spec, reader, root| {
            Loader::builtins(spec, reader, root, family);
        });
    }
    loader.file(directory, "builtins/removed.toml", Loader::removed);
    loader.file(directory, "exceptions.toml", Loader::exceptions);
    loader.unknown_files(&directory.join("builtins"));
    let Loader { mut report, spec } = loader;
    check(&spec, &mut report);
    report.sort();
    if report.has_errors() { Err(report) } else { Ok((spec, report)) }
}

struct Loader {
    report: Report,
    spec: Spec,
}

impl Loader {
    fn file(
        &mut self,
        directory: &Path,
        name: &str,
        read: impl FnOnce(&mut Spec, &mut Reader<'_>, &mut Row<'_>),
    ) {
        let path = directory.join(name);
        let text = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) => return self.report.append(Report::of_io("read", &path, &error)),
        };
        let text = match String::from_utf8(text) {
            Ok(text) => text,
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let message = format!("`{}` is not UTF-8, from byte {at} on", path.display());
                return self.report.push(Diagnostic::error("not-utf8", message));
            }
        };
        let source = self.report.add_source(shown(&path), text.clone());
        let mut reader = Reader::new(&mut self.report, source);
        let mut root = reader.parse(&text);
        read(&mut self.spec, &mut reader, &mut root);
        reader.finish(&root);
    }

    /// A file that nobody reads is a mistake: a family that isn't known, or a stray copy.
    fn unknown_files(&mut self, builtins: &Path) {
        let Ok(entries) = fs::read_dir(builtins) else { return };
        let mut names: Vec<String> = entries
            .flatten()
            .map(|entry| entry.file_name().to_string_lossy().into_owned())
            .filter(|name| {
                let family = name.strip_suffix(".toml").unwrap_or(name);
                family != "removed" && !FAMILIES.contains(&family)
            })
            .collect();
        names.sort();
        for name in names {
            let message = format!("`{}` is no family of built-ins", shown(&builtins.join(&name)));
            let help = format!("the families are {}", listed(&FAMILIES));
            self.report.push(Diagnostic::error("unknown-file", message).help(help));
        }
    }

    fn gates(spec: &mut Spec, reader: &mut Reader<'_>, root: &mut Row<'_>) {
        for mut row in reader.rows(root, "gate", "[[gate]]") {
            let name = reader.text(&mut row, "name");
            let emoji = reader.text(&mut row, "emoji");
            let since = reader.text(&mut row, "since");
            let summary = reader.text(&mut row, "summary");
            reader.finish(&row);
            let (Some(name), Some(emoji), Some(since), Some(summary)) =
                (name, emoji, since, summary)
            else {
                continue;
            };
            let gate = Gate {
                name: name.clone(),
                emoji: emoji.value,
                since: since.value,
                summary: summary.value,
            };
            spec.gates.push(gate);
        }
    }

    fn abi(spec: &mut Spec, reader: &mut Reader<'_>, root: &mut Row<'_>) {
        for mut row in reader.rows(root, "definition", "[[definition]]") {
            let name = reader.text(&mut row, "name");
            let opcode = byte(reader, &mut row, "opcode");
            let immediates = immediates(reader, &mut row);
            let allowed = reader.texts(&mut row, "allowed");
            let anchors = anchors(reader, &mut row);
            let summary = reader.text(&mut row, "summary");
            reader.finish(&row);
            if let (Some(name), Some(opcode), Some(summary)) = (name, opcode, summary) {
                let summary = summary.value;
                spec.definitions.push(Definition {
                    name,
                    opcode,
                    immediates,
                    allowed,
                    summary,
                    anchors,
                });
            }
        }
        for mut row in reader.rows(root, "option", "[[option]]") {
            let name = reader.text(&mut row, "name");
            let code = byte(reader, &mut row, "code");
            let immediates = immediates(reader, &mut row);
            let gate = reader.text(&mut row, "gate");
            let summary = reader.text(&mut row, "summary");
            reader.finish(&row);
            if let (Some(name), Some(code), Some(gate), Some(summary)) = (name, code, gate, summary)
            {
                let summary = summary.value;
                spec.options.push(CanonicalOption { name, code, immediates, gate, summary });
            }
        }
        for mut row in reader.rows(root, "constant", "[[constant]]") {
            let name = reader.text(&mut row, "name");
            let value = reader.number(&mut row, "value", u64::MAX);
            let reference = reader.text(&mut row, "reference");
            let anchor = reader.text(&mut row, "canonical-abi");
            let summary = reader.text(&mut row, "summary");
            reader.finish(&row);
            if let (Some(name), Some(value), Some(reference), Some(anchor), Some(summary)) =
                (name, value, reference, anchor, summary)
            {
                spec.constants.push(Constant {
                    name,
                    value: value.value,
                    reference: reference.value,
                    summary: summary.value,
                    anchor: anchor.value,
                });
            }
        }
        Self::codes(spec, reader, root);
        Self::packings(spec, reader, root);
    }

    fn codes(spec: &mut Spec, reader: &mut Reader<'_>, root: &mut Row<'_>) {
        for mut row in reader.rows(root, "code", "[[code]]") {
            let name = reader.text(&mut row, "name");
            let reference = reader.text(&mut row, "reference");
            let anchor = reader.text(&mut row, "canonical-abi");
            let summary = reader.text(&mut row, "summary");
            let mut cases = Vec::new();
            for mut case in reader.rows(&mut row, "cases", "a case") {
                let name = reader.text(&mut case, "name");
                let value = reader.number(&mut case, "value", u64::from(u32::MAX));
                let summary = reader.text(&mut case, "summary");
                reader.finish(&case);
                if let (Some(name), Some(value), Some(summary)) = (name, value, summary) {
                    let value = u32::try_from(value.value).unwrap_or(u32::MAX);
                    cases.push(CodeCase { name, value, summary: summary.value });
                }
            }
            reader.finish(&row);
            if let (Some(name), Some(reference), Some(anchor), Some(summary)) =
                (name, reference, anchor, summary)
            {
                spec.codes.push(Code {
                    name,
                    reference: reference.value,
                    summary: summary.value,
                    anchor: anchor.value,
                    cases,
                });
            }
        }
    }

    fn packings(spec: &mut Spec, reader: &mut Reader<'_>, root: &mut Row<'_>) {
        let small = |number: Option<Placed<u64>>| {
            number.and_then(|number| u32::try_from(number.value).ok())
        };
        for mut row in reader.rows(root, "packing", "[[packing]]") {
            let name = reader.text(&mut row, "name");
            let width = small(reader.number(&mut row, "width", 64));
            let anchor = reader.text(&mut row, "canonical-abi");
            let summary = reader.text(&mut row, "summary");
            let trap = reader.optional_text(&mut row, "trap").map(|trap| trap.value);
            let mut sentinel = None;
            if let Some(mut table) = reader.optional_table(&mut row, "sentinel") {
                let name = reader.text(&mut table, "name");
                let constant = reader.text(&mut table, "constant");
                let otherwise = reader.text(&mut table, "otherwise");
                reader.finish(&table);
                if let (Some(name), Some(constant), Some(otherwise)) = (name, constant, otherwise) {
                    sentinel = Some(Sentinel {
                        name: name.value,
                        constant: constant.value,
                        otherwise: otherwise.value,
                    });
                }
            }
            let mut fields = Vec::new();
            for mut field in reader.rows(&mut row, "fields", "a field") {
                let name = reader.text(&mut field, "name");
                let low = small(reader.number(&mut field, "low", 64));
                let high = small(reader.number(&mut field, "high", 64));
                let code = reader.optional_text(&mut field, "code").map(|code| code.value);
                reader.finish(&field);
                if let (Some(name), Some(low), Some(high)) = (name, low, high) {
                    fields.push(PackedField { name, low, high, code });
                }
            }
            reader.finish(&row);
            if let (Some(name), Some(width), Some(anchor), Some(summary)) =
                (name, width, anchor, summary)
            {
                let (anchor, summary) = (anchor.value, summary.value);
                spec.packings.push(Packing {
                    name,
                    width,
                    fields,
                    sentinel,
                    trap,
                    summary,
                    anchor,
                });
            }
        }
    }

    fn types(spec: &mut Spec, reader: &mut Reader<'_>, root: &mut Row<'_>) {
        for mut row in reader.rows(root, "type", "[[type]]") {
            let name = reader.text(&mut row, "name");
            let opcode = byte(reader, &mut row, "opcode");
            let gate = reader.text(&mut row, "gate");
            let reference = reader.text(&mut row, "reference");
            let layout = layout(reader, &mut row);
            let summary = reader.text(&mut row, "summary");
            reader.finish(&row);
            if let (
                Some(name),
                Some(opcode),
                Some(gate),
                Some(reference),
                Some(layout),
                Some(summary),
            ) = (name, opcode, gate, reference, layout, summary)
            {
                spec.value_types.push(ValueType {
                    name,
                    opcode,
                    gate,
                    reference: reference.value,
                    layout,
                    summary: summary.value,
                });
            }
        }
    }

    fn traps(spec: &mut Spec, reader: &mut Reader<'_>, root: &mut Row<'_>) {
        for mut row in reader.rows(root, "words", "[[words]]") {
            let name = reader.text(&mut row, "name");
            let words = values(reader.texts(&mut row, "words"));
            let summary = reader.text(&mut row, "summary");
            reader.finish(&row);
            if let (Some(name), Some(summary)) = (name, summary) {
                spec.trap_words.push(TrapWords { name, words, summary: summary.value });
            }
        }
        for mut row in reader.rows(root, "trap", "[[trap]]") {
            let id = reader.text(&mut row, "id");
            let message = reader.text(&mut row, "message");
            let layer = word(reader, &mut row, "layer", &TrapLayer::ALL);
            let sites = reader.texts(&mut row, "sites");
            let summary = reader.text(&mut row, "summary");
            reader.finish(&row);
            if let (Some(id), Some(message), Some(layer), Some(summary)) =
                (id, message, layer, summary)
            {
                spec.traps.push(Trap { id, message, layer, sites, summary: summary.value });
            }
        }
        for mut row in reader.rows(root, "guard", "[[guard]]") {
            let name = reader.text(&mut row, "name");
            let traps = reader.texts(&mut row, "traps");
            let leading = reader.flag(&mut row, "leading");
            let summary = reader.text(&mut row, "summary");
            reader.finish(&row);
            if let (Some(name), Some(summary)) = (name, summary) {
                spec.guards.push(Guard { name, traps, leading, summary: summary.value });
            }
        }
    }

    fn builtins(spec: &mut Spec, reader: &mut Reader<'_>, root: &mut Row<'_>, family: &str) {
        for mut row in reader.rows(root, "builtin", "[[builtin]]") {
            let name = reader.text(&mut row, "name");
            let opcode = byte(reader, &mut row, "opcode");
            let gate = reader.text(&mut row, "gate");
            let since = reader.optional_text(&mut row, "since").map(|since| since.value);
            let immediates = immediates(reader, &mut row);
            let signature = signature(reader, &mut row);
            let result = result(spec, reader, &mut row);
            let wit = reader.text(&mut row, "wit");
            let allowed = reader.texts(&mut row, "allowed");
            let required = required(reader, &mut row);
            let blocks = word(reader, &mut row, "blocks", &Blocks::ALL);
            let guards = reader.texts(&mut row, "guards");
            let traps = reader.texts(&mut row, "traps");
            let reference = values(reader.texts(&mut row, "reference"));
            let imports = reader.texts(&mut row, "imports").into_iter().map(import_name).collect();
            let anchors = anchors(reader, &mut row);
            let summary = reader.text(&mut row, "summary");
            reader.finish(&row);
            let (Some(name), Some(opcode), Some(gate), Some(signature)) =
                (name, opcode, gate, signature)
            else {
                continue;
            };
            let (Some(wit), Some(blocks), Some(summary)) = (wit, blocks, summary) else { continue };
            spec.builtins.push(Builtin {
                name,
                family: family.to_owned(),
                opcode,
                gate,
                since,
                immediates,
                allowed,
                required,
                signature,
                result,
                wit: wit.value,
                blocks,
                guards,
                traps,
                reference,
                imports,
                summary: summary.value,
                anchors,
            });
        }
    }

    fn removed(spec: &mut Spec, reader: &mut Reader<'_>, root: &mut Row<'_>) {
        for mut row in reader.rows(root, "removed", "[[removed]]") {
            let name = reader.text(&mut row, "name");
            let opcode = byte(reader, &mut row, "opcode");
            let replaced_by = reader.texts(&mut row, "replaced-by");
            let last_seen = reader.text(&mut row, "last-seen");
            let note = reader.text(&mut row, "note");
            reader.finish(&row);
            if let (Some(name), Some(opcode), Some(last_seen), Some(note)) =
                (name, opcode, last_seen, note)
            {
                let (last_seen, note) = (last_seen.value, note.value);
                spec.removed.push(RemovedBuiltin { name, opcode, replaced_by, last_seen, note });
            }
        }
    }

    fn exceptions(spec: &mut Spec, reader: &mut Reader<'_>, root: &mut Row<'_>) {
        for mut row in reader.rows(root, "exception", "[[exception]]") {
            let name = reader.text(&mut row, "name");
            let source = reader.text(&mut row, "source");
            let subject = reader.text(&mut row, "subject");
            let says = reader.text(&mut row, "says");
            let reason = reader.text(&mut row, "reason");
            reader.finish(&row);
            if let (Some(name), Some(source), Some(subject), Some(says), Some(reason)) =
                (name, source, subject, says, reason)
            {
                spec.exceptions.push(Exception {
                    name,
                    source,
                    subject: subject.value,
                    says: says.value,
                    reason: reason.value,
                });
            }
        }
    }
}

/// A path as the user would write it: relative to where they are.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().ok();
    let relative = here.and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    relative.as_deref().unwrap_or(path).display().to_string()
}

fn values(texts: Vec<Placed<String>>) -> Vec<String> {
    texts.into_iter().map(|text| text.value).collect()
}

fn byte(reader: &mut Reader<'_>, row: &mut Row<'_>, key: &'static str) -> Option<Placed<u8>> {
    let number = reader.number(row, key, u64::from(u8::MAX))?;
    Some(Placed { value: u8::try_from(number.value).ok()?, span: number.span })
}

fn word<T: Copy>(
    reader: &mut Reader<'_>,
    row: &mut Row<'_>,
    key: &'static str,
    known: &[(T, &str)],
) -> Option<T> {
    let text = reader.text(row, key)?;
    one_of(reader, &text, key, known)
}

fn one_of<T: Copy>(
    reader: &mut Reader<'_>,
    text: &Placed<String>,
    key: &str,
    known: &[(T, &str)],
) -> Option<T> {
    let found = known.iter().find(|(_, spelling)| *spelling == text.value).map(|(value, _)| *value);
    if found.is_none() {
        let spellings: Vec<&str> = known.iter().map(|(_, spelling)| *spelling).collect();
        let message = format!("`{}` is no {key}; there are {}", text.value, listed(&spellings));
        reader.error("unknown-word", text.span.range.clone(), message);
    }
    found
}

fn anchors(reader: &mut Reader<'_>, row: &mut Row<'_>) -> Anchors {
    let explainer = reader.text(row, "explainer").map_or_else(String::new, |text| text.value);
    let canonical_abi =
        reader.text(row, "canonical-abi").map_or_else(String::new, |text| text.value);
    Anchors { explainer, canonical_abi }
}

fn immediates(reader: &mut Reader<'_>, row: &mut Row<'_>) -> Vec<Immediate> {
    let mut immediates = Vec::new();
    for text in reader.texts(row, "immediates") {
        if let Some(digits) = text.strip_prefix("0x") {
            if let Ok(byte) = u8::from_str_radix(digits, 16) {
                immediates.push(Immediate::Byte(byte));
            } else {
                let message = format!("`{}` is no byte in hexadecimal", text.value);
                reader.error("immediate", text.span.range, message);
            }
            continue;
        }
        let Some((name, kind)) = text.split_once(": ") else {
            let message = format!("`{}` is neither `name: kind` nor a byte such as `0x00`", *text);
            reader.error("immediate", text.span.range, message);
            continue;
        };
        let kind = Placed { value: kind.to_owned(), span: text.span.clone() };
        if let Some(kind) = one_of(reader, &kind, "kind of immediate", &ImmediateKind::ALL) {
            immediates.push(Immediate::Named { name: name.to_owned(), kind });
        }
    }
    immediates
}

fn signature(reader: &mut Reader<'_>, row: &mut Row<'_>) -> Option<Placed<Signature>> {
    let text = reader.text(row, "signature")?;
    match Signature::parse(&text.value) {
        Ok(value) => Some(Placed { value, span: text.span }),
        Err((range, message)) => {
            // The text starts after its quote; signatures have no escapes.
            let start = text.span.range.start + 1;
            reader.error("signature", start + range.start..start + range.end, message);
            None
        }
    }
}

/// What a result is; `abi.toml` is read before the built-ins.
fn result(spec: &Spec, reader: &mut Reader<'_>, row: &mut Row<'_>) -> Option<ResultMeaning> {
    let text = reader.optional_text(row, "result")?;
    if text.value == "zero" {
        return Some(ResultMeaning::Zero);
    }
    if spec.packings.iter().any(|packing| *packing.name == text.value) {
        return Some(ResultMeaning::Packing(text.value));
    }
    if spec.codes.iter().any(|code| *code.name == text.value) {
        return Some(ResultMeaning::Code(text.value));
    }
    let message = format!("`{}` is no packing, no code and not `zero`", text.value);
    reader.error("undefined", text.span.range, message);
    None
}

fn required(reader: &mut Reader<'_>, row: &mut Row<'_>) -> Vec<RequiredOption> {
    let mut required = Vec::new();
    for text in reader.texts(row, "required") {
        let (option, when) = if let Some((option, gate)) = text.split_once(" unless ") {
            (option, When::UnlessGate(gate.to_owned()))
        } else if let Some((option, condition)) = text.split_once(" if ") {
            let conditions = [(0, "element"), (1, "needs-memory"), (2, "contains-pointer")];
            let condition = Placed { value: condition.to_owned(), span: text.span.clone() };
            match one_of(reader, &condition, "condition", &conditions) {
                Some(0) => (option, When::Element),
                Some(1) => (option, When::NeedsMemory),
                Some(_) => (option, When::ContainsPointer),
                None => continue,
            }
        } else {
            (text.as_str(), When::Always)
        };
        required.push(RequiredOption { option: option.to_owned(), when, span: text.span.clone() });
    }
    required
}

fn import_name(text: Placed<String>) -> ImportName {
    match text.strip_prefix("async ") {
        Some(pattern) => ImportName { pattern: pattern.to_owned(), is_async: true },
        None => ImportName { pattern: text.value, is_async: false },
    }
}

fn layout(reader: &mut Reader<'_>, row: &mut Row<'_>) -> Option<Layout> {
    let text = match reader.text_or_table(row, "layout")? {
        Ok(text) => text,
        Err(mut table) => {
            let size = reader.number(&mut table, "size", 8);
            let alignment = reader.number(&mut table, "alignment", 8);
            let flat = word(reader, &mut table, "flat", &CoreType::ALL);
            reader.finish(&table);
            let size = u32::try_from(size?.value).ok()?;
            let alignment = u32::try_from(alignment?.value).ok()?;
            return Some(Layout::Fixed { size, alignment, flat: flat? });
        }
    };
    if let Some(other) = text.strip_prefix("as ") {
        return Some(Layout::As(other.to_owned()));
    }
    let known =
        [(0, "pointer-and-length"), (1, "elements"), (2, "fields"), (3, "cases"), (4, "bits")];
    Some(match one_of(reader, &text, "layout", &known)? {
        0 => Layout::PointerAndLength,
        1 => Layout::Elements,
        2 => Layout::Fields,
        3 => Layout::Cases,
        _ => Layout::Bits,
    })
}
