//! `CanonicalABI.md`: a section for each `canon` definition, with the rules of its validation.

use std::collections::BTreeSet;

use weft_spec::model::{Builtin, ImmediateKind, RequiredOption, When};
use weft_spec::signature::{Signature, Slot};
use weft_spec::{Report, Span, Spec};

use super::checkout::Text;
use super::described;
use super::difference::{Fact, Findings};
use super::func_type::TypeReader;
use super::markdown::{self, Bullet, Document, Heading};

/// The contents of the text.
#[derive(Debug)]
pub(super) struct CanonicalAbi {
    text: Text,
    anchors: BTreeSet<String>,
    /// The options that the text allows only in some definitions, with those definitions.
    restricted: Vec<(String, Vec<String>)>,
    /// The option that lifting and lowering of strings and lists need; `lift` and `lower` are meant
    /// as in that text.
    needs: Vec<(String, String)>,
    sections: Vec<Section>,
}

/// A definition's name, and the contents of its section.
#[derive(Debug)]
struct Section {
    name: String,
    emoji: String,
    anchor: String,
    line: usize,
    /// The items after the name in the example definition; none for `lift` and `lower`.
    operands: Option<(usize, Vec<String>)>,
    /// Its type: the line, and the type in the notation of signatures.
    signature: Option<(usize, String)>,
    bullets: Vec<Bullet>,
}

impl CanonicalAbi {
    /// Reads the text.
    pub(super) fn read(text: &Text) -> Result<Self, Report> {
        let document = Document::read(text)?;
        let mut read = Self {
            text: text.clone(),
            anchors: document.anchors(),
            restricted: Vec::new(),
            needs: Vec::new(),
            sections: Vec::new(),
        };
        for heading in document.headings.iter().filter(|heading| heading.level == 3) {
            match markdown::code_spans(&heading.title).first() {
                Some(code) if code.starts_with("canon ") => {
                    read.read_section(&document, heading, code)?;
                }
                Some(&"canonopt") => read.read_options(&document, heading),
                _ => {}
            }
        }
        Ok(read)
    }

    fn read_options(&mut self, document: &Document<'_>, heading: &Heading) {
        let bullets = markdown::bullets(&document.prose_of(heading));
        for (number, bullet) in bullets.iter().enumerate() {
            let (_, text) = markdown::split_leading_emoji(&bullet.text);
            let spans = markdown::code_spans(text);
            let Some(subject) = spans.first().filter(|_| text.starts_with('`')) else { continue };
            if text.contains("only allowed") {
                let (_, rest) = text.split_once("only allowed").unwrap_or_default();
                let definitions = markdown::code_spans(rest)
                    .into_iter()
                    .filter_map(|span| span.strip_prefix("canon "))
                    .map(str::to_owned)
                    .collect();
                self.restricted.push(((*subject).to_owned(), definitions));
            }
            let next = bullets.get(number + 1).filter(|next| next.indent > bullet.indent);
            if let (Some((function, _)), Some(next)) = (subject.split_once("(T)"), next)
                && let Some(needed) = next.text.strip_prefix("requires ")
                && let Some(option) = markdown::code_spans(needed).first()
            {
                self.needs.push((function.to_owned(), (*option).to_owned()));
            }
        }
    }

    fn read_section(
        &mut self,
        document: &Document<'_>,
        heading: &Heading,
        code: &str,
    ) -> Result<(), Report> {
        let unbalanced = |line, what: &str| self.text.problem(line, "unbalanced-code", what);
        let names = markdown::expand_braces(code.trim_start_matches("canon "))
            .ok_or_else(|| unbalanced(heading.line, "a brace has no partner"))?;
        let prose = document.prose_of(heading);
        let bullets = markdown::bullets(&prose);
        // The examples: the form of each definition, and the variable of its function.
        let mut examples = Vec::new();
        for fence in document.fences_of(heading).filter(|fence| fence.language == "wat") {
            for (line, code) in &fence.lines {
                let mut items = markdown::list(code)
                    .ok_or_else(|| unbalanced(*line, "this definition is not balanced"))?;
                if items.first().is_some_and(|item| item == "canon") && items.len() > 1 {
                    let name = items.remove(1);
                    items.remove(0);
                    examples.push((*line, name, items));
                }
            }
        }
        for name in names {
            let example = examples.iter().find(|(_, example, _)| *example == name);
            let mut operands = example.map(|(line, _, items)| (*line, items.clone()));
            let function = operands.as_mut().and_then(|(_, items)| items.pop()).unwrap_or_default();
            let variable =
                function.strip_prefix("(core func ").and_then(|rest| rest.strip_suffix(')'));
            let signature = match variable {
                Some(variable) => self.read_type(&bullets, variable, operands.as_ref())?,
                None => None,
            };
            self.sections.push(Section {
                name,
                emoji: heading.emoji.clone(),
                anchor: heading.anchor.clone(),
                line: heading.line,
                operands: operands.filter(|_| variable.is_some()),
                signature,
                bullets: bullets.clone(),
            });
        }
        Ok(())
    }

    /// Returns the type that `variable` "is given" in a bullet.
    fn read_type(
        &self,
        bullets: &[Bullet],
        variable: &str,
        operands: Option<&(usize, Vec<String>)>,
    ) -> Result<Option<(usize, String)>, Report> {
        for (number, bullet) in bullets.iter().enumerate() {
            let Some((subject, ty)) = bullet.text.split_once(" given type ") else { continue };
            let named = markdown::code_spans(subject).contains(&variable);
            let Some(ty) = markdown::code_spans(ty).first().copied().filter(|_| named) else {
                continue;
            };
            // The explanation of a placeholder: in the bullet itself, in those below it, then in
            // the others.
            let below = bullets
                .iter()
                .skip(number + 1)
                .take_while(|other| other.indent > bullet.indent)
                .count();
            let own = bullets.get(number..=number + below).unwrap_or_default();
            let explanations = own.iter().chain(bullets).map(|b| b.text.as_str()).collect();
            let words = operands.map(|(_, items)| items.clone()).unwrap_or_default();
            let reader = TypeReader { explanations, operands: words };
            let signature = reader.read(ty).ok_or_else(|| {
                self.text.problem(bullet.line, "unbalanced-code", "this type is not balanced")
            })?;
            return Ok(Some((bullet.line, signature)));
        }
        Ok(None)
    }

    /// Compares the data with the text.
    pub(super) fn compare(&self, spec: &Spec, findings: &mut Findings<'_>) -> Result<(), Report> {
        let typed = self.sections.iter().filter(|section| section.signature.is_some()).count();
        let all = spec.builtins.len() + spec.definitions.len();
        self.text.expect("sections of definitions", self.sections.len(), all)?;
        self.text.expect("types of definitions", typed, spec.builtins.len())?;
        self.text.expect("restricted options", self.restricted.len(), 3)?;
        self.text.expect("options that values need", self.needs.len(), 2)?;
        for builtin in &spec.builtins {
            self.compare_builtin(spec, builtin, findings);
        }
        for definition in &spec.definitions {
            let section = self.section(&definition.name);
            self.compare_anchor(
                &definition.name,
                &definition.anchors.canonical_abi,
                section,
                "spec/abi.toml",
                &definition.name.span,
                findings,
            );
            let found = section.map(|section| {
                let open = |option: &str| {
                    let rule = self.restricted.iter().find(|(restricted, _)| restricted == option);
                    rule.is_none_or(|(_, names)| names.contains(&section.name))
                };
                set(option_kinds(spec).into_iter().filter(|option| open(option)))
            });
            findings.compare(Fact {
                subject: &definition.name,
                what: "allowed options",
                described: Some(set(definition.allowed.iter().map(|option| option.value.as_str()))),
                found,
                place: section.map(|section| self.text.place(section.line)),
                edit: format!("the `allowed` of `{}` in spec/abi.toml", *definition.name),
                described_at: Some(&definition.name.span),
            });
        }
        for section in &self.sections {
            let known = spec.builtin(&section.name).is_some()
                || spec.definitions.iter().any(|definition| *definition.name == section.name);
            if !known {
                findings.compare(Fact {
                    subject: &section.name,
                    what: "section",
                    described: None,
                    found: Some(section.signature.as_ref().map_or(String::new(), |s| s.1.clone())),
                    place: Some(self.text.place(section.line)),
                    edit: described::edit_missing(&section.name),
                    described_at: None,
                });
            }
        }
        let anchored = spec
            .constants
            .iter()
            .map(|constant| (&constant.name, &constant.anchor))
            .chain(spec.codes.iter().map(|code| (&code.name, &code.anchor)))
            .chain(spec.packings.iter().map(|packing| (&packing.name, &packing.anchor)));
        for (name, anchor) in anchored {
            self.compare_anchor(name, anchor, None, "spec/abi.toml", &name.span, findings);
        }
        Ok(())
    }

    fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.name == name)
    }

    fn compare_builtin(&self, spec: &Spec, builtin: &Builtin, findings: &mut Findings<'_>) {
        let section = self.section(&builtin.name);
        self.compare_form(spec, builtin, section, findings);
        self.compare_options(spec, builtin, section, findings);
        self.compare_slots(spec, builtin, section, findings);
        let file = format!("spec/builtins/{}.toml", builtin.family);
        self.compare_anchor(
            &builtin.name,
            &builtin.anchors.canonical_abi,
            section,
            &file,
            &builtin.name.span,
            findings,
        );
    }

    /// Compares the gate, the immediates and the type.
    fn compare_form(
        &self,
        spec: &Spec,
        builtin: &Builtin,
        section: Option<&Section>,
        findings: &mut Findings<'_>,
    ) {
        let heading = section.map(|section| self.text.place(section.line));
        findings.compare(Fact {
            subject: &builtin.name,
            what: "gate",
            described: Some(described::emoji(spec, &builtin.gate)),
            found: section.map(|section| section.emoji.clone()),
            place: heading.clone(),
            edit: described::edit(builtin, "gate"),
            described_at: Some(&builtin.gate.span),
        });
        let operands = section.and_then(|section| section.operands.as_ref());
        findings.compare(Fact {
            subject: &builtin.name,
            what: "immediates",
            described: Some(kinds(builtin)),
            found: operands.map(|(_, operands)| read_operands(operands)),
            place: operands.map(|(line, _)| self.text.place(*line)).or(heading.clone()),
            edit: described::edit(builtin, "immediates"),
            described_at: Some(&builtin.name.span),
        });
        let signature = section.and_then(|section| section.signature.as_ref());
        findings.compare(Fact {
            subject: &builtin.name,
            what: "type",
            described: Some(without_names(builtin)),
            found: signature.map(|(_, signature)| signature.clone()),
            place: signature.map(|(line, _)| self.text.place(*line)).or(heading),
            edit: described::edit(builtin, "signature"),
            described_at: Some(&builtin.signature.span),
        });
    }

    /// Compares the allowed and required options, and the gate of `async?`.
    fn compare_options(
        &self,
        spec: &Spec,
        builtin: &Builtin,
        section: Option<&Section>,
        findings: &mut Findings<'_>,
    ) {
        let heading = section.map(|section| self.text.place(section.line));
        findings.compare(Fact {
            subject: &builtin.name,
            what: "allowed options",
            described: Some(set(builtin.allowed.iter().map(|option| option.value.as_str()))),
            found: section
                .map(|section| set(self.allowed(spec, section).iter().map(String::as_str))),
            place: heading.clone(),
            edit: described::edit(builtin, "allowed"),
            described_at: Some(&builtin.name.span),
        });
        findings.compare(Fact {
            subject: &builtin.name,
            what: "required options",
            described: Some(set(builtin.required.iter().map(|r| requirement(spec, r)))),
            found: section.map(|section| set(self.required(builtin, section))),
            place: heading.clone(),
            edit: described::edit(builtin, "required"),
            described_at: Some(&builtin.name.span),
        });
        // An `async?` immediate always belongs to the same gate; see `ImmediateKind::Async`.
        let is_async = described::has(&builtin.immediates, ImmediateKind::Async);
        let found = section.and_then(|section| {
            let sentence = "`async` is allowed (otherwise it must be absent)";
            let bullet = section.bullets.iter().find(|bullet| bullet.text.contains(sentence))?;
            Some(bullet.text.split_once(" - ").map_or(String::new(), |(emoji, _)| emoji.to_owned()))
        });
        findings.compare(Fact {
            subject: &builtin.name,
            what: "gate of `async?`",
            described: is_async.then(|| described::emoji(spec, "more-async-builtins")),
            found,
            place: heading,
            edit: described::edit(builtin, "immediates"),
            described_at: Some(&builtin.name.span),
        });
    }

    /// Compares the number of context slots, of built-ins that have one.
    fn compare_slots(
        &self,
        spec: &Spec,
        builtin: &Builtin,
        section: Option<&Section>,
        findings: &mut Findings<'_>,
    ) {
        let slots = spec.constants.iter().find(|constant| *constant.name == "CONTEXT_SLOTS");
        let slots = slots.filter(|_| described::has(&builtin.immediates, ImmediateKind::U32));
        let bound = section.and_then(|section| {
            let mut texts = section.bullets.iter();
            texts.find_map(|bullet| bullet.text.strip_prefix("`$i` must be less than "))
        });
        findings.compare(Fact {
            subject: &builtin.name,
            what: "slots",
            described: slots.map(|slots| slots.value.to_string()),
            found: bound.map(|bound| bound.trim_matches('`').to_owned()),
            place: section.map(|section| self.text.place(section.line)),
            edit: "constant `CONTEXT_SLOTS` in spec/abi.toml".to_owned(),
            described_at: slots.map(|slots| &slots.name.span),
        });
    }

    /// Returns the options that the section allows: those for all definitions, and its own.
    fn allowed(&self, spec: &Spec, section: &Section) -> Vec<String> {
        let takes_options = section
            .operands
            .iter()
            .any(|(_, operands)| operands.iter().any(|operand| operand == "$opts"));
        if !takes_options {
            return Vec::new();
        }
        let says = |text: &str| section.bullets.iter().any(|bullet| bullet.text.contains(text));
        if let Some(only) = section
            .bullets
            .iter()
            .find_map(|bullet| bullet.text.strip_prefix("`$opts` may only contain "))
        {
            return markdown::code_spans(only).into_iter().map(str::to_owned).collect();
        }
        let allowed = |option: &str| {
            let restricted = self.restricted.iter().any(|(restricted, _)| restricted == option);
            let omittable = format!("`{option}` is allowed to be omitted");
            let absent = format!("`{option}` is not present");
            (!restricted || says(&omittable)) && !says(&absent)
        };
        let kinds = option_kinds(spec).into_iter();
        kinds.filter(|option| allowed(option)).map(str::to_owned).collect()
    }

    /// Returns the options that the section requires, as `option` or `option if condition`.
    fn required(&self, builtin: &Builtin, section: &Section) -> Vec<String> {
        let mut required: Vec<String> = Vec::new();
        for bullet in &section.bullets {
            let text = bullet.text.as_str();
            let option = markdown::code_spans(text).first().copied().unwrap_or_default();
            if text == format!("`{option}` must be present") {
                required.push(option.to_owned());
            } else if text == format!("`{option}` is required to be present") {
                required.push(format!("{option} if element"));
            } else if let Some((emoji, rest)) = text.split_once(" - ") {
                if rest.ends_with("is allowed to be omitted, otherwise it must be present") {
                    required.push(format!("{option} unless {emoji}"));
                }
            } else if text.contains("defines required options") {
                // "[`lift($t)` above] defines required options for `read`"; it is for all if none
                // is named.
                let function = option.split('(').next().unwrap_or_default();
                let only = text.split_once("required options for ").map(|(_, only)| only);
                let only = only.and_then(|only| markdown::code_spans(only).first().copied());
                if only.is_none_or(|only| only == builtin.operation()) {
                    let needs = self.needs.iter().filter(|(name, _)| name == function);
                    required
                        .extend(needs.map(|(_, option)| format!("{option} if contains-pointer")));
                }
            }
        }
        // An option that is required for every element is also required for elements with pointers.
        let stronger = |option: &str| {
            required.iter().any(|other| other == option || *other == format!("{option} if element"))
        };
        let implied = |requirement: &String| {
            requirement.strip_suffix(" if contains-pointer").is_some_and(stronger)
        };
        required.iter().filter(|requirement| !implied(requirement)).cloned().collect()
    }

    fn compare_anchor(
        &self,
        subject: &str,
        anchor: &str,
        section: Option<&Section>,
        file: &str,
        span: &Span,
        findings: &mut Findings<'_>,
    ) {
        let found = match section {
            Some(section) => Some(section.anchor.clone()),
            None => self.anchors.contains(anchor).then(|| anchor.to_owned()),
        };
        findings.compare(Fact {
            subject,
            what: "anchor",
            described: Some(anchor.to_owned()),
            found,
            place: section.map(|section| self.text.place(section.line)),
            edit: format!("the anchor `canonical-abi` of `{subject}` in {file}"),
            described_at: Some(span),
        });
    }
}

/// Returns the kinds of the options in the data, each once.
fn option_kinds(spec: &Spec) -> Vec<&str> {
    let mut kinds: Vec<&str> = Vec::new();
    for option in &spec.options {
        let kind = described::option_kind(&option.name);
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

/// Formats items in alphabetical order, so that sets can be compared as text.
fn set(items: impl IntoIterator<Item = impl Into<String>>) -> String {
    let sorted: BTreeSet<String> = items.into_iter().map(Into::into).collect();
    sorted.into_iter().collect::<Vec<_>>().join(", ")
}

/// Formats a requirement of the data as [`CanonicalAbi::required`] does.
fn requirement(spec: &Spec, required: &RequiredOption) -> String {
    let option = &required.option;
    match &required.when {
        When::Always => option.clone(),
        When::Element => format!("{option} if element"),
        When::NeedsMemory => format!("{option} if needs-memory"),
        When::ContainsPointer => format!("{option} if contains-pointer"),
        When::UnlessGate(gate) => format!("{option} unless {}", described::emoji(spec, gate)),
    }
}

/// Formats the kinds of the immediates in the data.
fn kinds(builtin: &Builtin) -> String {
    let kinds = described::named(&builtin.immediates).into_iter();
    kinds.map(|(_, kind)| kind.spelling()).collect::<Vec<_>>().join(" ")
}

/// Returns the kinds of the operands of an example; an unknown operand stays as it is.
fn read_operands(operands: &[String]) -> String {
    let kind = |operand: &String| match operand.as_str() {
        "$rt" | "$stream_t" | "$future_t" => "typeidx".to_owned(),
        "$ft" => "core:typeidx".to_owned(),
        "$ftbl" | "$tbl" => "core:tableidx".to_owned(),
        "(memory $mem)" => "core:memoryidx".to_owned(),
        "$t" => "core:valtype".to_owned(),
        "$i" => "u32".to_owned(),
        "(result $t)?" => "resultlist".to_owned(),
        "$opts" => "opts".to_owned(),
        "$async?" | "async?" => "async?".to_owned(),
        "shared?" => "sh?".to_owned(),
        other => other.to_owned(),
    };
    operands.iter().map(kind).collect::<Vec<_>>().join(" ")
}

/// Returns the signature in the data without names, because this text has names of its own.
fn without_names(builtin: &Builtin) -> String {
    let unnamed = |slots: &[Slot]| -> Vec<Slot> {
        slots.iter().map(|slot| Slot { name: String::new(), ty: slot.ty }).collect()
    };
    let signature = Signature {
        params: unnamed(&builtin.signature.params),
        results: unnamed(&builtin.signature.results),
    };
    let shared = described::has(&builtin.immediates, ImmediateKind::Shared);
    format!("{}{signature}", if shared { "shared? " } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
### `canonopt` Validation
* `memory` - this is a subtype
* 🔀 `async` - is only allowed with an `async` type in
  [`canon lift`](#canon-lift) or [`canon lower`](#canon-lower)

* `lower(T)`
  * requires `memory` if `T` contains a `list` or `string`

### 🔀 `canon {a,b}.{get,set}`
```wat
(canon a.get $stream_t $opts (core func $one))
(canon a.set $stream_t $opts (core func $two))
(canon b.get (core func $two))
```
validation specifies:
* `$one` is given type
  `(func (param $p i32))`
* `$two` is given type `(func (result i64))`
* `realloc` must be present
* [`lower($t)` above](#x) defines required options for `set`
* 🚝 - `async` is allowed to be omitted, otherwise it must be present
";

    #[test]
    fn sections_are_read_for_each_of_their_names() {
        let text = Text { path: "CanonicalABI.md".into(), text: TEXT.into() };
        let read = CanonicalAbi::read(&text).unwrap();
        assert_eq!(
            read.restricted,
            [("async".to_owned(), vec!["lift".to_owned(), "lower".to_owned()])]
        );
        assert_eq!(read.needs, [("lower".to_owned(), "memory".to_owned())]);
        let names: Vec<&str> = read.sections.iter().map(|section| section.name.as_str()).collect();
        assert_eq!(names, ["a.get", "a.set", "b.get", "b.set"]);
        let [get, set, other, missing] = read.sections.as_slice() else { panic!("{names:?}") };
        assert_eq!(get.signature, Some((16, "[i32] -> []".to_owned())));
        assert_eq!(set.signature, Some((18, "[] -> [i64]".to_owned())));
        assert_eq!(other.signature, set.signature);
        assert_eq!(missing.signature, None);
        let (line, operands) = get.operands.as_ref().unwrap();
        assert_eq!((*line, read_operands(operands).as_str()), (11, "typeidx opts"));
        assert_eq!((get.emoji.as_str(), get.anchor.as_str()), ("🔀", "-canon-abgetset"));
    }
}
