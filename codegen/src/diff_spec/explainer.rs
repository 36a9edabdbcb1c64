//! `Explainer.md`: the grammar of the text format, and a heading with a table for each built-in.

use std::collections::BTreeSet;

use weft_spec::model::{Immediate, ImmediateKind, ResultMeaning};
use weft_spec::signature::Signature;
use weft_spec::{Report, Spec};

use super::checkout::Text;
use super::described;
use super::difference::{Fact, Findings};
use super::markdown::{self, Document, Heading};

/// The contents of the text.
#[derive(Debug)]
pub(super) struct Explainer {
    text: Text,
    anchors: BTreeSet<String>,
    gates: Vec<GateRow>,
    /// `(canon lift …)` and `(canon lower …)`.
    definitions: Vec<Production>,
    options: Vec<Production>,
    /// The other productions of `canon`.
    builtins: Vec<Production>,
    synopses: Vec<Synopsis>,
}

/// A feature in the list of gated features.
#[derive(Debug)]
struct GateRow {
    emoji: String,
    /// Set if it is in the list of features that have shipped.
    shipped: bool,
    line: usize,
}

/// An alternative of a production of the grammar.
#[derive(Debug)]
struct Production {
    name: String,
    /// The items after the name.
    items: Vec<String>,
    emoji: String,
    line: usize,
}

/// A built-in's heading and the table under it.
#[derive(Debug)]
struct Synopsis {
    name: String,
    emoji: String,
    line: usize,
    /// The anchor of the heading.
    anchor: String,
    /// The approximate signature in WIT.
    wit: Option<(usize, String)>,
    /// The signature in the canonical ABI.
    signature: Option<(usize, String)>,
    /// Set if the text says that the result is always 0.
    zero: bool,
}

/// The spellings of the kinds of immediates in the grammar.
const SPELLINGS: [(ImmediateKind, &str); 12] = [
    (ImmediateKind::TypeIndex, "<typeidx>"),
    (ImmediateKind::FunctionIndex, "<funcsortidx>"),
    (ImmediateKind::CoreFunctionIndex, "core-prefix(<core:funcsortidx>)"),
    (ImmediateKind::CoreTypeIndex, "core-prefix(<core:typeidx>)"),
    (ImmediateKind::CoreTableIndex, "core-prefix(<core:tableidx>)"),
    (ImmediateKind::CoreMemoryIndex, "(memory core-prefix(<core:memoryidx>))"),
    (ImmediateKind::CoreValueType, "<core:valtype>"),
    (ImmediateKind::U32, "<u32>"),
    (ImmediateKind::ResultList, "(result <valtype>)?"),
    (ImmediateKind::Options, "<canonopt>*"),
    (ImmediateKind::Async, "async?"),
    (ImmediateKind::Shared, "shared?"),
];

/// The last item of the definition of a core function.
const CORE_FUNC: &str = "(core func <id>?)";

impl Explainer {
    /// Reads the text.
    pub(super) fn read(text: &Text) -> Result<Self, Report> {
        let document = Document::read(text)?;
        let mut explainer = Self {
            text: text.clone(),
            anchors: document.anchors(),
            gates: gates(&document),
            definitions: Vec::new(),
            options: Vec::new(),
            builtins: Vec::new(),
            synopses: synopses(text, &document)?,
        };
        explainer.read_grammar(&document)?;
        Ok(explainer)
    }

    fn read_grammar(&mut self, document: &Document<'_>) -> Result<(), Report> {
        for fence in document.fences.iter().filter(|fence| fence.language == "ebnf") {
            let mut production = "";
            for (line, code) in &fence.lines {
                let alternative = match code.split_once("::=") {
                    Some((name, alternative)) => {
                        production = name.trim();
                        alternative
                    }
                    None => code,
                };
                let alternative = alternative.trim().trim_start_matches('|').trim();
                if !matches!(production, "canon" | "canonopt") || matches!(alternative, "" | "...")
                {
                    continue;
                }
                let unclear = || {
                    self.text.problem(*line, "unbalanced-code", "this production is not balanced")
                };
                let (code, emoji) = markdown::split_trailing_emoji(alternative);
                let mut items = if code.starts_with('(') {
                    markdown::list(code).ok_or_else(unclear)?
                } else {
                    vec![code.to_owned()]
                };
                if production == "canon" && items.first().is_some_and(|first| first == "canon") {
                    items.remove(0);
                }
                if items.is_empty() {
                    return Err(unclear());
                }
                let name = items.remove(0);
                let row = Production { name, items, emoji, line: *line };
                match (production, row.name.as_str()) {
                    ("canonopt", _) => self.options.push(row),
                    (_, "lift" | "lower") => self.definitions.push(row),
                    _ => self.builtins.push(row),
                }
            }
        }
        Ok(())
    }

    /// Compares the data with the text.
    pub(super) fn compare(&self, spec: &Spec, findings: &mut Findings<'_>) -> Result<(), Report> {
        let described = spec.builtins.len();
        self.text.expect("built-ins with a heading", self.synopses.len(), described)?;
        self.text.expect("built-ins in the grammar", self.builtins.len(), described)?;
        self.text.expect("options in the grammar", self.options.len(), spec.options.len())?;
        self.text.expect("gated features", self.gates.len(), spec.gates.len() - 1)?;
        self.compare_gates(spec, findings);
        self.compare_definitions(spec, findings);
        self.compare_grammar(spec, findings);
        self.compare_synopses(spec, findings);
        Ok(())
    }

    fn compare_gates(&self, spec: &Spec, findings: &mut Findings<'_>) {
        let list = |shipped: bool| if shipped { "shipped" } else { "not shipped" }.to_owned();
        for gate in spec.gates.iter().filter(|gate| !gate.emoji.is_empty()) {
            let row = self.gates.iter().find(|row| row.emoji == gate.emoji);
            findings.compare(Fact {
                subject: &gate.name.value,
                what: "gate",
                described: Some(list(gate.since != "unreleased")),
                found: row.map(|row| list(row.shipped)),
                place: row.map(|row| self.text.place(row.line)),
                edit: format!("`since` of gate `{}` in spec/gates.toml", *gate.name),
                described_at: Some(&gate.name.span),
            });
        }
        for row in &self.gates {
            if spec.gates.iter().all(|gate| gate.emoji != row.emoji) {
                findings.compare(Fact {
                    subject: &row.emoji,
                    what: "gate",
                    described: None,
                    found: Some(list(row.shipped)),
                    place: Some(self.text.place(row.line)),
                    edit: format!("a gate for {} in spec/gates.toml", row.emoji),
                    described_at: None,
                });
            }
        }
    }

    fn compare_definitions(&self, spec: &Spec, findings: &mut Findings<'_>) {
        for definition in &spec.definitions {
            let row = self.definitions.iter().find(|row| row.name == *definition.name);
            let mut items = spell(&definition.immediates);
            // A lifted function is a component function, and its type is part of its name.
            match items.iter_mut().find(|item| *item == "<typeidx>") {
                Some(last) => "bind-id(<externtype>)".clone_into(last),
                None => items.push(CORE_FUNC.to_owned()),
            }
            findings.compare(Fact {
                subject: &definition.name,
                what: "immediates in the text format",
                described: Some(items.join(" ")),
                found: row.map(|row| row.items.join(" ")),
                place: row.map(|row| self.text.place(row.line)),
                edit: format!("the `immediates` of `{}` in spec/abi.toml", *definition.name),
                described_at: Some(&definition.name.span),
            });
            self.compare_anchor(
                &definition.name,
                &definition.anchors.explainer,
                "spec/abi.toml",
                &definition.name.span,
                findings,
            );
        }
        for (number, option) in spec.options.iter().enumerate() {
            let row = self.options.iter().find(|row| row.name == *option.name);
            let items: Vec<String> = described::named(&option.immediates)
                .into_iter()
                .map(|(_, kind)| format!("core-prefix(<{}>)", kind.spelling()))
                .collect();
            let described = option_facts(number, &items, &described::emoji(spec, &option.gate));
            let position = |row: &Production| self.options.iter().position(|o| o.name == row.name);
            findings.compare(Fact {
                subject: &option.name,
                what: "option in the grammar",
                described: Some(described),
                found: row.map(|row| {
                    option_facts(position(row).unwrap_or_default(), &row.items, &row.emoji)
                }),
                place: row.map(|row| self.text.place(row.line)),
                edit: format!("option `{}` in spec/abi.toml", *option.name),
                described_at: Some(&option.name.span),
            });
        }
        let known = |row: &&Production| spec.options.iter().all(|option| *option.name != row.name);
        for row in self.options.iter().filter(known) {
            self.undescribed(row, "option in the grammar", "an option in spec/abi.toml", findings);
        }
        let known = |row: &&Production| spec.definitions.iter().all(|d| *d.name != row.name);
        for row in self.definitions.iter().filter(known) {
            self.undescribed(row, "definition", "a definition in spec/abi.toml", findings);
        }
    }

    fn compare_grammar(&self, spec: &Spec, findings: &mut Findings<'_>) {
        for builtin in &spec.builtins {
            let row = self.builtins.iter().find(|row| row.name == *builtin.name);
            let mut items = spell(&builtin.immediates);
            items.push(CORE_FUNC.to_owned());
            let place = row.map(|row| self.text.place(row.line));
            findings.compare(Fact {
                subject: &builtin.name,
                what: "immediates in the text format",
                described: Some(items.join(" ")),
                found: row.map(|row| row.items.join(" ")),
                place: place.clone(),
                edit: described::edit(builtin, "immediates"),
                described_at: Some(&builtin.name.span),
            });
            findings.compare(Fact {
                subject: &builtin.name,
                what: "gate in the grammar",
                described: Some(described::emoji(spec, &builtin.gate)),
                found: row.map(|row| row.emoji.clone()),
                place,
                edit: described::edit(builtin, "gate"),
                described_at: Some(&builtin.gate.span),
            });
        }
        for row in self.builtins.iter().filter(|row| spec.builtin(&row.name).is_none()) {
            let edit = described::edit_missing(&row.name);
            self.undescribed(row, "built-in in the grammar", &edit, findings);
        }
    }

    fn compare_synopses(&self, spec: &Spec, findings: &mut Findings<'_>) {
        for builtin in &spec.builtins {
            let row = self.synopses.iter().find(|row| row.name == *builtin.name);
            let heading = row.map(|row| self.text.place(row.line));
            findings.compare(Fact {
                subject: &builtin.name,
                what: "gate in the heading",
                described: Some(described::emoji(spec, &builtin.gate)),
                found: row.map(|row| row.emoji.clone()),
                place: heading.clone(),
                edit: described::edit(builtin, "gate"),
                described_at: Some(&builtin.gate.span),
            });
            let wit = row.and_then(|row| row.wit.as_ref());
            findings.compare(Fact {
                subject: &builtin.name,
                what: "signature in WIT",
                described: Some(builtin.wit.clone()),
                found: wit.map(|(_, wit)| wit.clone()),
                place: wit.map(|(line, _)| self.text.place(*line)).or(heading.clone()),
                edit: described::edit(builtin, "wit"),
                described_at: Some(&builtin.name.span),
            });
            let signature = row.and_then(|row| row.signature.as_ref());
            let described = described::signature(builtin);
            findings.compare(Fact {
                subject: &builtin.name,
                what: "signature",
                found: signature.map(|(_, found)| agreeing_signature(&described, found)),
                described: Some(described),
                place: signature.map(|(line, _)| self.text.place(*line)).or(heading),
                edit: described::edit(builtin, "signature"),
                described_at: Some(&builtin.signature.span),
            });
            let zero = |zero: bool| if zero { "always 0" } else { "not always 0" }.to_owned();
            findings.compare(Fact {
                subject: &builtin.name,
                what: "result",
                described: Some(zero(builtin.result == Some(ResultMeaning::Zero))),
                found: row.map(|row| zero(row.zero)),
                place: row.map(|row| self.text.place(row.line)),
                edit: described::edit(builtin, "result"),
                described_at: Some(&builtin.name.span),
            });
            self.compare_anchor(
                &builtin.name,
                &builtin.anchors.explainer,
                &format!("spec/builtins/{}.toml", builtin.family),
                &builtin.name.span,
                findings,
            );
        }
        for row in self.synopses.iter().filter(|row| spec.builtin(&row.name).is_none()) {
            findings.compare(Fact {
                subject: &row.name,
                what: "built-in with a heading",
                described: None,
                found: Some(row.signature.as_ref().map_or(String::new(), |(_, text)| text.clone())),
                place: Some(self.text.place(row.line)),
                edit: described::edit_missing(&row.name),
                described_at: None,
            });
        }
    }

    /// Checks that `anchor` is a heading of `subject`. If the text has no heading for `subject`
    /// alone, any heading will do.
    fn compare_anchor(
        &self,
        subject: &str,
        anchor: &str,
        file: &str,
        span: &weft_spec::Span,
        findings: &mut Findings<'_>,
    ) {
        let own = self.synopses.iter().find(|row| row.name == subject);
        let found = match own {
            Some(row) => Some(row.anchor.clone()),
            None => self.anchors.contains(anchor).then(|| anchor.to_owned()),
        };
        findings.compare(Fact {
            subject,
            what: "anchor",
            described: Some(anchor.to_owned()),
            found,
            place: own.map(|row| self.text.place(row.line)),
            edit: format!("the anchor `explainer` of `{subject}` in {file}"),
            described_at: Some(span),
        });
    }

    fn undescribed(&self, row: &Production, what: &str, edit: &str, findings: &mut Findings<'_>) {
        findings.compare(Fact {
            subject: &row.name,
            what,
            described: None,
            found: Some(row.items.join(" ")),
            place: Some(self.text.place(row.line)),
            edit: edit.to_owned(),
            described_at: None,
        });
    }
}

/// Formats the immediates as in the grammar of the text format.
fn spell(immediates: &[Immediate]) -> Vec<String> {
    described::named(immediates)
        .into_iter()
        .map(|(_, kind)| {
            let known = SPELLINGS.iter().find(|(known, _)| *known == kind);
            known.map_or(kind.spelling(), |(_, spelling)| spelling).to_owned()
        })
        .collect()
}

fn option_facts(number: usize, items: &[String], emoji: &str) -> String {
    format!("number {number}, {} {emoji}", items.join(" ")).trim_end().to_owned()
}

/// Returns `found` in the notation of the data, or `described` itself if they agree. If the text
/// has no name for a parameter, every name agrees.
fn agreeing_signature(described: &str, found: &str) -> String {
    let (shared, found) = match found.strip_prefix("shared?") {
        Some(rest) => ("shared? ", rest.trim()),
        None => ("", found),
    };
    let spaced = found.replace(',', " ").replace(": ", ":");
    let Ok(signature) = Signature::parse(&spaced) else {
        return format!("{shared}{found}");
    };
    // If only one side has the prefix, the rest of the data's text is not a signature.
    let same = described.strip_prefix(shared).and_then(|rest| Signature::parse(rest).ok());
    match same {
        Some(same) if agree(&same, &signature) => described.to_owned(),
        _ => format!("{shared}{signature}"),
    }
}

fn agree(described: &Signature, found: &Signature) -> bool {
    let slots = |signature: &Signature| {
        let names = signature.params.iter().chain(&signature.results);
        names.map(|slot| slot.name.clone()).collect::<Vec<_>>()
    };
    described.same_types(found)
        && slots(described)
            .iter()
            .zip(slots(found))
            .all(|(described, found)| found.is_empty() || *described == found)
}

/// Returns the bullets under "Gated Features": first the features that have shipped, then the
/// others.
fn gates(document: &Document<'_>) -> Vec<GateRow> {
    let Some(heading) = document.headings.iter().find(|heading| heading.title == "Gated Features")
    else {
        return Vec::new();
    };
    let prose = document.prose_of(heading);
    let rest = prose.iter().find(|(_, line)| line.starts_with("All other features"));
    let rest = rest.map_or(usize::MAX, |(line, _)| *line);
    markdown::bullets(&prose)
        .into_iter()
        .filter_map(|bullet| {
            let (emoji, _) = bullet.text.split_once(':')?;
            let emoji = emoji.trim().to_owned();
            let shipped = bullet.line < rest;
            markdown::is_emoji(&emoji).then_some(GateRow { emoji, shipped, line: bullet.line })
        })
        .collect()
}

/// Returns the headings that name built-ins, each with its table.
fn synopses(text: &Text, document: &Document<'_>) -> Result<Vec<Synopsis>, Report> {
    let mut synopses = Vec::new();
    for heading in document.headings.iter().filter(|heading| heading.level == 6) {
        let mut rows = Vec::new();
        for span in markdown::code_spans(&heading.title) {
            let names = markdown::expand_braces(span).ok_or_else(|| {
                text.problem(heading.line, "unbalanced-code", "a brace has no partner")
            })?;
            rows.extend(names.into_iter().map(|name| Synopsis {
                name,
                emoji: heading.emoji.clone(),
                line: heading.line,
                anchor: heading.anchor.clone(),
                wit: None,
                signature: None,
                zero: says_zero(document, heading),
            }));
        }
        read_table(document, heading, &mut rows);
        if rows.iter().any(|row| row.wit.is_none() && row.signature.is_none()) {
            let message = "expected a table with the signatures under this heading";
            return Err(text.problem(heading.line, "no-table", message));
        }
        synopses.extend(rows);
    }
    Ok(synopses)
}

/// Returns true if the section says that the built-in always returns 0.
fn says_zero(document: &Document<'_>, heading: &Heading) -> bool {
    let prose = document.prose_of(heading);
    let lines: Vec<&str> = prose.iter().map(|(_, line)| line.trim()).collect();
    lines.join(" ").contains("returned `i32` is always `0`")
}

/// Reads the signatures from the table under `heading`; a row is for one name or for all.
fn read_table(document: &Document<'_>, heading: &Heading, rows: &mut [Synopsis]) {
    for (line, prose) in document.prose_of(heading) {
        let Some(cells) = markdown::table_cells(prose) else { continue };
        let [label, value] = cells.as_slice() else { continue };
        let value = (line, markdown::code_spans(value).concat());
        let (label, only) = match label.split_once(" for ") {
            Some((label, name)) => (label, Some(name.trim_matches('`'))),
            None => (label.as_str(), None),
        };
        for row in rows.iter_mut().filter(|row| only.is_none_or(|only| only == row.name)) {
            match label {
                "Approximate WIT signature" => row.wit = Some(value.clone()),
                "Canonical ABI signature" => row.signature = Some(value.clone()),
                _ => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
## Gated Features
These have shipped:
* 🔀: native concurrency

All other features are not:
* 🧵: threads
  * 🧵②: more threads

## Grammar
```ebnf
canon    ::= (canon lift core-prefix(<core:funcsortidx>) <canonopt>* bind-id(<externtype>))
canonopt ::= string-encoding=utf8
           | (memory core-prefix(<core:memoryidx>))
           | async 🔀
canon ::= ...
        | (canon a.b <typeidx> (result <valtype>)? (core func <id>?)) 🧵②
```

###### 🔀 `a.b` and `a.c`

| Synopsis                          |                |
| --------------------------------- | -------------- |
| Approximate WIT signature for `a.b` | `func() -> x` |
| Approximate WIT signature for `a.c` | `func() -> y` |
| Canonical ABI signature           | `[e: i32, f:i32] -> []` |

The returned
`i32` is always `0` and more.
";

    fn read(text: &str) -> Result<Explainer, Report> {
        Explainer::read(&Text { path: "Explainer.md".into(), text: text.into() })
    }

    #[test]
    fn features_productions_and_tables_are_read() {
        let read = read(TEXT).unwrap();
        let gates: Vec<(&str, bool)> =
            read.gates.iter().map(|gate| (gate.emoji.as_str(), gate.shipped)).collect();
        assert_eq!(gates, [("🔀", true), ("🧵", false), ("🧵②", false)]);
        assert_eq!(read.definitions[0].items.len(), 3);
        assert_eq!(read.options.len(), 3);
        assert_eq!(read.options[1].items, ["core-prefix(<core:memoryidx>)"]);
        assert_eq!(
            (read.options[2].name.as_str(), read.options[2].emoji.as_str()),
            ("async", "🔀")
        );
        let builtin = &read.builtins[0];
        assert_eq!(
            (builtin.name.as_str(), builtin.emoji.as_str(), builtin.line),
            ("a.b", "🧵②", 16)
        );
        assert_eq!(builtin.items, ["<typeidx>", "(result <valtype>)?", CORE_FUNC]);
        let [one, two] = read.synopses.as_slice() else { panic!("{:?}", read.synopses) };
        assert_eq!(one.wit, Some((23, "func() -> x".to_owned())));
        assert_eq!(two.wit, Some((24, "func() -> y".to_owned())));
        assert_eq!(one.signature, two.signature);
        assert!(one.zero && one.anchor == "-ab-and-ac");
    }

    #[test]
    fn a_production_that_is_not_balanced_is_reported_with_its_line() {
        let report = read(&TEXT.replace("<id>?)) 🧵②", "<id>?) 🧵②")).unwrap_err().to_string();
        assert!(report.contains("Explainer.md:16"), "{report}");
    }

    #[test]
    fn unnamed_parameters_agree_with_any_name() {
        let agrees =
            |described: &str, found: &str| agreeing_signature(described, found) == described;
        assert!(agrees("[v:T] -> []", "[T] -> []"));
        assert!(agrees("[w:i32 maybe_set:i32] -> []", "[w:i32, maybe_set: i32] -> []"));
        assert!(agrees("shared? [] -> [i32]", "shared? [] -> [i32]"));
        assert!(!agrees("[v:T] -> []", "[w:T] -> []"));
        assert!(!agrees("[] -> [i32]", "shared? [] -> [i32]"));
        assert!(!agrees("shared? [] -> [i32]", "[] -> [i32]"));
        assert!(!agrees("[] -> [i32]", "[] -> [i64]"));
        assert_eq!(agreeing_signature("[] -> []", "[x"), "[x");
    }
}
