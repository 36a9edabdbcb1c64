//! `Binary.md`: the grammar of the binary format.

use weft_spec::model::{Immediate, ImmediateKind};
use weft_spec::{Report, Span, Spec};

use super::checkout::Text;
use super::described;
use super::difference::{Fact, Findings};
use super::markdown::{self, Document};

/// The contents of the text.
#[derive(Debug)]
pub(super) struct Binary {
    text: Text,
    /// The alternatives of all productions.
    rules: Vec<Rule>,
}

/// An alternative of a production: `name ::= symbols => meaning`.
#[derive(Debug)]
struct Rule {
    production: String,
    symbols: Vec<String>,
    /// Its meaning: the items of its expression, or its one word.
    meaning: Vec<String>,
    emoji: String,
    line: usize,
}

impl Rule {
    /// Returns the name in its meaning, such as `stream.read`, without `canon`.
    fn name(&self) -> &str {
        self.meaning.first().map_or("", String::as_str)
    }

    /// Returns the value type in its meaning: `(list t len)` has a name of its own in the data.
    fn value_type(&self) -> &str {
        match self.meaning.as_slice() {
            [list, _, _] if list == "list" => "fixed-length-list",
            _ => self.name(),
        }
    }

    fn opcode(&self) -> Option<String> {
        self.symbols.first().filter(|symbol| symbol.starts_with("0x")).cloned()
    }

    /// Returns the items after the opcode.
    fn operands(&self) -> String {
        self.symbols.get(1..).unwrap_or_default().join(" ")
    }
}

/// The productions of the immediates in the data.
///
/// The data describes these kinds in words; here they are in the notation of the text.
const KINDS: [(&str, &str); 6] = [
    ("async?", "0x00 => "),
    ("async?", "0x01 => async"),
    ("sh?", "0x00 => "),
    ("sh?", "0x01 => shared 🧵②"),
    ("opts", "opt*:vec(<canonopt>) => opt*"),
    ("resultlist", "0x00 t:<valtype> => (result t) | 0x01 0x00 => "),
];

impl Binary {
    /// Reads the text.
    pub(super) fn read(text: &Text) -> Result<Self, Report> {
        let document = Document::read(text)?;
        let mut binary = Self { text: text.clone(), rules: Vec::new() };
        for fence in document.fences.iter().filter(|fence| fence.language == "ebnf") {
            let mut production = String::new();
            for (line, code) in &fence.lines {
                let alternative = match code.split_once("::=") {
                    Some((name, alternative)) => {
                        name.trim().clone_into(&mut production);
                        alternative
                    }
                    None => code.trim_start().strip_prefix('|').unwrap_or_default(),
                };
                let Some((symbols, meaning)) = alternative.split_once("=>") else { continue };
                let unclear =
                    || text.problem(*line, "unbalanced-code", "this production is not balanced");
                let (meaning, emoji) = markdown::split_trailing_emoji(meaning);
                binary.rules.push(Rule {
                    production: production.clone(),
                    symbols: symbols.split_whitespace().map(str::to_owned).collect(),
                    meaning: read_meaning(meaning).ok_or_else(unclear)?,
                    emoji,
                    line: *line,
                });
            }
        }
        Ok(binary)
    }

    fn of(&self, production: &str) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(move |rule| rule.production == production)
    }

    /// Compares the data with the text.
    pub(super) fn compare(&self, spec: &Spec, findings: &mut Findings<'_>) -> Result<(), Report> {
        let definitions = spec.builtins.len() + spec.definitions.len();
        let types = self.value_types().count();
        self.text.expect("definitions", self.of("canon").count(), definitions)?;
        self.text.expect("options", self.of("canonopt").count(), spec.options.len())?;
        self.text.expect("value types", types, spec.value_types.len())?;
        self.compare_kinds(findings);
        self.compare_canon(spec, findings);
        self.compare_options(spec, findings);
        self.compare_value_types(spec, findings);
        Ok(())
    }

    fn compare_kinds(&self, findings: &mut Findings<'_>) {
        let show = |rule: &Rule| {
            let meaning = match rule.meaning.as_slice() {
                [only] => only.clone(),
                [] => String::new(),
                several => format!("({})", several.join(" ")),
            };
            let shown = format!("{} => {meaning} {}", rule.symbols.join(" "), rule.emoji);
            shown.trim_end().to_owned()
        };
        for (kind, _) in KINDS {
            let described: Vec<&str> = KINDS
                .iter()
                .filter(|(other, _)| *other == kind)
                .flat_map(|(_, rule)| rule.split(" | "))
                .map(str::trim_end)
                .collect();
            let found: Vec<String> = self.of(kind).map(show).collect();
            findings.compare(Fact {
                subject: kind,
                what: "immediate",
                described: Some(described.join(" | ")),
                found: (!found.is_empty()).then(|| found.join(" | ")),
                place: self.of(kind).next().map(|rule| self.text.place(rule.line)),
                edit: format!("the meaning of `{kind}` in spec/src/model.rs (`ImmediateKind`)"),
                described_at: None,
            });
        }
    }

    fn compare_canon(&self, spec: &Spec, findings: &mut Findings<'_>) {
        for definition in &spec.definitions {
            let is_lift = described::has(&definition.immediates, ImmediateKind::TypeIndex);
            self.compare_definition(
                &Described {
                    name: &definition.name,
                    opcode: *definition.opcode,
                    immediates: &definition.immediates,
                    emoji: String::new(),
                    makes: if is_lift { "" } else { "(core func)" },
                    file: "spec/abi.toml".to_owned(),
                    name_span: &definition.name.span,
                    opcode_span: &definition.opcode.span,
                },
                findings,
            );
        }
        for builtin in &spec.builtins {
            self.compare_definition(
                &Described {
                    name: &builtin.name,
                    opcode: *builtin.opcode,
                    immediates: &builtin.immediates,
                    emoji: described::emoji(spec, &builtin.gate),
                    makes: "(core func)",
                    file: format!("spec/builtins/{}.toml", builtin.family),
                    name_span: &builtin.name.span,
                    opcode_span: &builtin.opcode.span,
                },
                findings,
            );
        }
        for rule in self.of("canon") {
            let name = rule.name();
            let known = spec.builtin(name).is_some()
                || spec.definitions.iter().any(|definition| *definition.name == name);
            if !known {
                let removed = spec.removed.iter().find(|removed| *removed.name == name);
                findings.compare(Fact {
                    subject: name,
                    what: "opcode",
                    described: removed.map(|_| "removed".to_owned()),
                    found: rule.opcode(),
                    place: Some(self.text.place(rule.line)),
                    edit: described::edit_missing(name),
                    described_at: removed.map(|removed| &removed.name.span),
                });
            }
        }
    }

    fn compare_definition(&self, described: &Described<'_>, findings: &mut Findings<'_>) {
        let rule = self.of("canon").find(|rule| rule.name() == described.name);
        let place = rule.map(|rule| self.text.place(rule.line));
        let edit = |key: &str| format!("the `{key}` of `{}` in {}", described.name, described.file);
        findings.compare(Fact {
            subject: described.name,
            what: "opcode",
            described: Some(format!("{:#04x}", described.opcode)),
            found: rule.and_then(Rule::opcode),
            place: place.clone(),
            edit: edit("opcode"),
            described_at: Some(described.opcode_span),
        });
        findings.compare(Fact {
            subject: described.name,
            what: "immediates",
            described: Some(spell(described.immediates)),
            found: rule.map(Rule::operands),
            place: place.clone(),
            edit: edit("immediates"),
            described_at: Some(described.name_span),
        });
        findings.compare(Fact {
            subject: described.name,
            what: "abstract syntax",
            described: Some(described.syntax()),
            found: rule.map(|rule| rule.meaning.join(" ")),
            place: place.clone(),
            edit: edit("immediates"),
            described_at: Some(described.name_span),
        });
        findings.compare(Fact {
            subject: described.name,
            what: "gate",
            described: Some(described.emoji.clone()),
            found: rule.map(|rule| rule.emoji.clone()),
            place,
            edit: edit("gate"),
            described_at: Some(described.name_span),
        });
    }

    fn compare_options(&self, spec: &Spec, findings: &mut Findings<'_>) {
        for option in &spec.options {
            let rule = self.of("canonopt").find(|rule| rule.name() == *option.name);
            let place = rule.map(|rule| self.text.place(rule.line));
            let edit = format!("option `{}` in spec/abi.toml", *option.name);
            findings.compare(Fact {
                subject: &option.name,
                what: "code",
                described: Some(format!("{:#04x}", *option.code)),
                found: rule.and_then(Rule::opcode),
                place: place.clone(),
                edit: edit.clone(),
                described_at: Some(&option.code.span),
            });
            findings.compare(Fact {
                subject: &option.name,
                what: "immediates",
                described: Some(spell(&option.immediates)),
                found: rule.map(Rule::operands),
                place: place.clone(),
                edit: edit.clone(),
                described_at: Some(&option.name.span),
            });
            findings.compare(Fact {
                subject: &option.name,
                what: "gate",
                described: Some(described::emoji(spec, &option.gate)),
                found: rule.map(|rule| rule.emoji.clone()),
                place,
                edit,
                described_at: Some(&option.gate.span),
            });
        }
        for rule in self.of("canonopt") {
            if spec.options.iter().all(|option| *option.name != rule.name()) {
                let edit = format!("option `{}` in spec/abi.toml", rule.name());
                self.undescribed(rule.name(), "code", rule, edit, findings);
            }
        }
    }

    /// Returns the alternatives that are value types of their own.
    fn value_types(&self) -> impl Iterator<Item = &Rule> {
        self.of("primvaltype").chain(self.of("defvaltype")).filter(|rule| rule.opcode().is_some())
    }

    fn compare_value_types(&self, spec: &Spec, findings: &mut Findings<'_>) {
        for ty in &spec.value_types {
            let rule = self.value_types().find(|rule| rule.value_type() == *ty.name);
            let place = rule.map(|rule| self.text.place(rule.line));
            let edit = |key: &str| format!("the `{key}` of `{}` in spec/types.toml", *ty.name);
            findings.compare(Fact {
                subject: &ty.name,
                what: "opcode",
                described: Some(format!("{:#04x}", *ty.opcode)),
                found: rule.and_then(Rule::opcode),
                place: place.clone(),
                edit: edit("opcode"),
                described_at: Some(&ty.opcode.span),
            });
            findings.compare(Fact {
                subject: &ty.name,
                what: "gate",
                described: Some(described::emoji(spec, &ty.gate)),
                found: rule.map(|rule| rule.emoji.clone()),
                place,
                edit: edit("gate"),
                described_at: Some(&ty.gate.span),
            });
        }
        for rule in self.value_types() {
            let name = rule.value_type();
            if spec.value_types.iter().all(|ty| *ty.name != name) {
                let edit = format!("a row for `{name}` in spec/types.toml");
                self.undescribed(name, "opcode", rule, edit, findings);
            }
        }
    }

    fn undescribed(
        &self,
        subject: &str,
        what: &str,
        rule: &Rule,
        edit: String,
        findings: &mut Findings<'_>,
    ) {
        findings.compare(Fact {
            subject,
            what,
            described: None,
            found: rule.opcode().or_else(|| Some(rule.meaning.join(" "))),
            place: Some(self.text.place(rule.line)),
            edit,
            described_at: None,
        });
    }
}

/// The description of a built-in, or of `lift` or `lower`.
struct Described<'a> {
    name: &'a str,
    opcode: u8,
    immediates: &'a [Immediate],
    emoji: String,
    /// The last item of its abstract syntax.
    makes: &'a str,
    file: String,
    name_span: &'a Span,
    opcode_span: &'a Span,
}

impl Described<'_> {
    /// Returns the abstract syntax: the name, the immediates by name, and the last item.
    fn syntax(&self) -> String {
        let mut words = vec![self.name.to_owned()];
        words.extend(described::named(self.immediates).into_iter().map(
            |(name, kind)| match kind {
                ImmediateKind::CoreMemoryIndex => format!("(memory {name})"),
                // Only the definition of `lift` contains the type of its result.
                ImmediateKind::TypeIndex if self.makes.is_empty() => {
                    format!("type-index-space[{name}]")
                }
                _ => name.to_owned(),
            },
        ));
        words.push(self.makes.to_owned());
        words.join(" ").trim_end().to_owned()
    }
}

/// Formats the immediates in the notation of the grammar.
fn spell(immediates: &[Immediate]) -> String {
    let words: Vec<String> = immediates
        .iter()
        .map(|immediate| match immediate {
            Immediate::Byte(byte) => format!("{byte:#04x}"),
            Immediate::Named { name, kind } => format!("{name}:<{}>", kind.spelling()),
        })
        .collect();
    words.join(" ")
}

/// Returns the items of the expression that is a rule's meaning, without the conditions after it.
fn read_meaning(text: &str) -> Option<Vec<String>> {
    let mut whole = markdown::items(text)?;
    if whole.is_empty() {
        return Some(whole);
    }
    let first = whole.remove(0);
    // `(param lt)*` is not one expression.
    let mut items = markdown::list(&first).unwrap_or_else(|| vec![first]);
    if items.first().is_some_and(|item| item == "canon") {
        items.remove(0);
    }
    Some(items)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(code: &str) -> Binary {
        let text = format!("```ebnf\n{code}\n```\n");
        Binary::read(&Text { path: "Binary.md".into(), text }).unwrap()
    }

    #[test]
    fn rules_have_symbols_a_meaning_and_an_emoji() {
        let read = read(
            "canon ::= 0x20 0x00 m:<core:memoryidx> => (canon a.b (memory m) (core func)) 🔀\n\
             \u{20}    | 0x21 => (canon a.c (core func))\n\
             defvaltype ::= 0x67 t:<valtype> len:<u32> => (list t len)  (if len > 0) 🔧\n\
             \u{20}    | 0x70 t:<valtype> => (list t)\n\
             paramlist ::= lt*:vec(<x>) => (param lt)*\n\
             <T>? ::= 0x00 =>",
        );
        let rule = &read.rules[0];
        assert_eq!((rule.name(), rule.emoji.as_str(), rule.line), ("a.b", "🔀", 2));
        assert_eq!(rule.opcode().as_deref(), Some("0x20"));
        assert_eq!(rule.operands(), "0x00 m:<core:memoryidx>");
        assert_eq!(rule.meaning, ["a.b", "(memory m)", "(core func)"]);
        assert_eq!(read.rules[1].production, "canon");
        assert_eq!(
            (read.rules[2].value_type(), read.rules[2].emoji.as_str()),
            ("fixed-length-list", "🔧")
        );
        assert_eq!(read.rules[3].value_type(), "list");
        assert_eq!(read.rules[4].meaning, ["(param lt)*"]);
        assert!(read.rules[5].meaning.is_empty());
    }

    #[test]
    fn immediates_are_spelled_as_in_the_grammar() {
        let named = |name: &str, kind| Immediate::Named { name: name.to_owned(), kind };
        let immediates = [
            Immediate::Byte(0),
            named("shared?", ImmediateKind::Shared),
            named("m", ImmediateKind::CoreMemoryIndex),
        ];
        assert_eq!(spell(&immediates), "0x00 shared?:<sh?> m:<core:memoryidx>");
    }
}
