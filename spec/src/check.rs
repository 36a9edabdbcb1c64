//! Contradictions between rows: what refers to nothing, what is there twice, what cannot be.
//!
//! Each problem points at both places that disagree, where there are two.

use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;

use crate::model::{
    Blocks, Builtin, Immediate, ImmediateKind, Layout, Packing, Placed, Spec, When,
};
use crate::reader::listed;
use crate::signature::SymbolicType;
use crate::{Diagnostic, Report, Span};

/// The sources that an exception can be about.
const SOURCES: [&str; 6] =
    ["explainer", "canonical-abi", "binary", "validator", "reference", "suite"];

/// Reports every contradiction in `spec`.
pub(crate) fn check(spec: &Spec, report: &mut Report) {
    let mut check = Check { spec, report };
    check.nothing_twice();
    check.gates();
    check.options();
    check.codes();
    for packing in &spec.packings {
        check.packing(packing);
    }
    check.value_types();
    check.traps();
    for builtin in &spec.builtins {
        check.builtin(builtin);
        check.signature(builtin);
    }
    check.removed();
    for exception in &spec.exceptions {
        let known = SOURCES.iter().map(|source| (*source).to_owned());
        check.known("source", &exception.source, known);
    }
}

struct Check<'s> {
    spec: &'s Spec,
    report: &'s mut Report,
}

impl Check<'_> {
    fn error(&mut self, code: &'static str, span: &Span, message: String, label: &str) {
        self.report.push(Diagnostic::error(code, message).at(span.clone(), label));
    }

    /// `word` is one of `known`; otherwise says what there is.
    fn known(
        &mut self,
        what: &str,
        word: &Placed<String>,
        known: impl Iterator<Item = String>,
    ) -> bool {
        let known: Vec<String> = known.collect();
        if known.contains(&word.value) {
            return true;
        }
        let message = format!("there is no {what} `{}`", word.value);
        let mut diagnostic =
            Diagnostic::error("undefined", message).at(word.span.clone(), "not defined");
        if let Some(close) = closest(&word.value, &known) {
            diagnostic = diagnostic.help(format!("there is a {what} `{close}`"));
        } else if known.len() <= 20 {
            let known: Vec<&str> = known.iter().map(String::as_str).collect();
            diagnostic = diagnostic.help(format!("there are {}", listed(&known)));
        }
        self.report.push(diagnostic);
        false
    }

    fn twice<'k, K: Eq + Hash + Display + 'k>(
        &mut self,
        code: &'static str,
        what: &str,
        keys: impl Iterator<Item = (K, &'k Span)>,
    ) {
        let mut first: HashMap<K, &Span> = HashMap::new();
        for (key, span) in keys {
            if let Some(earlier) = first.get(&key) {
                let diagnostic = Diagnostic::error(code, format!("{what} {key} is there twice"))
                    .at(span.clone(), "here again")
                    .and_at((*earlier).clone(), "first here");
                self.report.push(diagnostic);
            } else {
                first.insert(key, span);
            }
        }
    }

    fn nothing_twice(&mut self) {
        let spec = self.spec;
        let name = |name: &'_ Placed<String>| format!("`{}`", name.value);
        let opcode = |opcode: &Placed<u8>| format!("{:#04x}", opcode.value);
        let definitions = spec.definitions.iter().map(|d| (&d.name, &d.opcode));
        let canons: Vec<_> =
            definitions.chain(spec.builtins.iter().map(|b| (&b.name, &b.opcode))).collect();
        let names = canons.iter().map(|(n, _)| (name(n), &n.span));
        self.twice("duplicate-name", "the built-in", names);
        let opcodes = canons.iter().map(|(_, o)| (opcode(o), &o.span));
        self.twice("duplicate-opcode", "the opcode", opcodes);
        let gates = spec.gates.iter().map(|g| (name(&g.name), &g.name.span));
        self.twice("duplicate-name", "the gate", gates);
        let emojis = spec.gates.iter().map(|g| (format!("`{}`", g.emoji), &g.name.span));
        self.twice("duplicate-emoji", "the emoji", emojis);
        let options = spec.options.iter().map(|o| (name(&o.name), &o.name.span));
        self.twice("duplicate-name", "the option", options);
        let codes = spec.options.iter().map(|o| (opcode(&o.code), &o.code.span));
        self.twice("duplicate-opcode", "the option code", codes);
        let constants = spec.constants.iter().map(|c| (name(&c.name), &c.name.span));
        self.twice("duplicate-name", "the constant", constants);
        let codes = spec.codes.iter().map(|c| (name(&c.name), &c.name.span));
        let packings = spec.packings.iter().map(|p| (name(&p.name), &p.name.span));
        self.twice("duplicate-name", "the code or packing", codes.chain(packings));
        let types = spec.value_types.iter().map(|t| (name(&t.name), &t.name.span));
        self.twice("duplicate-name", "the type", types);
        let opcodes = spec.value_types.iter().map(|t| (opcode(&t.opcode), &t.opcode.span));
        self.twice("duplicate-opcode", "the type opcode", opcodes);
        let traps = spec.traps.iter().map(|t| (name(&t.id), &t.id.span));
        self.twice("duplicate-name", "the trap", traps);
        let guards = spec.guards.iter().map(|g| (name(&g.name), &g.name.span));
        self.twice("duplicate-name", "the guard", guards);
        let words = spec.trap_words.iter().map(|w| (name(&w.name), &w.name.span));
        self.twice("duplicate-name", "the words", words);
        let removed = spec.removed.iter().map(|r| (name(&r.name), &r.name.span));
        let present = spec.builtins.iter().map(|b| (name(&b.name), &b.name.span));
        self.twice("duplicate-name", "the built-in", present.chain(removed));
        let exceptions = spec.exceptions.iter().map(|e| (name(&e.name), &e.name.span));
        self.twice("duplicate-name", "the exception", exceptions);
    }

    fn gates(&mut self) {
        for gate in &self.spec.gates {
            if !["wasi-0.2", "wasi-0.3", "unreleased"].contains(&gate.since.as_str()) {
                let message = format!("`{}` is no milestone", gate.since);
                self.error("milestone", &gate.name.span, message, "of this gate");
            }
        }
        let gates = || self.spec.gates.iter().map(|gate| gate.name.value.clone());
        for option in &self.spec.options {
            self.known("gate", &option.gate, gates());
        }
        for ty in &self.spec.value_types {
            self.known("gate", &ty.gate, gates());
        }
    }

    fn option_names(&self) -> impl Iterator<Item = String> + use<'_> {
        // The three encodings are one option to whoever takes it.
        let names = self.spec.options.iter();
        names.map(|option| option.name.split('=').next().unwrap_or_default().to_owned())
    }

    fn options(&mut self) {
        let spec = self.spec;
        for definition in &spec.definitions {
            for option in &definition.allowed {
                let names: Vec<String> = self.option_names().collect();
                self.known("option", option, names.into_iter());
            }
        }
    }

    fn codes(&mut self) {
        for code in &self.spec.codes {
            let values = code.cases.iter().map(|case| (case.value, &case.name.span));
            self.twice("duplicate-value", "the value", values);
            let names =
                code.cases.iter().map(|case| (format!("`{}`", *case.name), &case.name.span));
            self.twice("duplicate-name", "the case", names);
        }
    }

    fn packing(&mut self, packing: &Packing) {
        let mut next = 0;
        for field in &packing.fields {
            if field.low != next || field.high <= field.low {
                let message = format!(
                    "the field `{}` is bits {} to {}, and bit {next} comes next",
                    *field.name, field.low, field.high
                );
                self.error("packing", &field.name.span, message, "");
            }
            next = field.high;
            let Some(code) = &field.code else { continue };
            let Some(code) = self.spec.codes.iter().find(|known| *known.name == *code) else {
                let message = format!("there is no code `{code}`");
                self.error("undefined", &field.name.span, message, "of this field");
                continue;
            };
            let room = field.high.saturating_sub(field.low).min(32);
            let too_large = code.cases.iter().find(|case| u64::from(case.value) >= 1_u64 << room);
            if let Some(case) = too_large {
                let message = format!("`{}` does not fit in {room} bits", *case.name);
                let diagnostic = Diagnostic::error("packing", message)
                    .at(field.name.span.clone(), "this field is too small")
                    .and_at(case.name.span.clone(), "for this case");
                self.report.push(diagnostic);
            }
        }
        if next != packing.width || ![32, 64].contains(&packing.width) {
            let message =
                format!("the fields of `{}` fill {next} of {} bits", *packing.name, packing.width);
            self.error("packing", &packing.name.span, message, "");
        }
        if let Some(sentinel) = &packing.sentinel
            && !self.spec.constants.iter().any(|constant| *constant.name == sentinel.constant)
        {
            let message = format!("there is no constant `{}`", sentinel.constant);
            self.error("undefined", &packing.name.span, message, "of this packing's sentinel");
        }
        if let Some(trap) = &packing.trap
            && self.spec.trap(trap).is_none()
        {
            let message = format!("there is no trap `{trap}`");
            self.error("undefined", &packing.name.span, message, "of this packing");
        }
    }

    fn value_types(&mut self) {
        for ty in &self.spec.value_types {
            match &ty.layout {
                Layout::As(other)
                    if !self.spec.value_types.iter().any(|known| {
                        *known.name == *other && !matches!(known.layout, Layout::As(_))
                    }) =>
                {
                    let message = format!("`{other}` is no type that others are laid out as");
                    self.error("undefined", &ty.name.span, message, "of this type");
                }
                Layout::Fixed { size, alignment, .. } if size != alignment => {
                    let message = format!("a size of {size} with an alignment of {alignment}");
                    self.error("layout", &ty.name.span, message, "of this type");
                }
                _ => {}
            }
        }
    }

    fn traps(&mut self) {
        let spec = self.spec;
        for trap in &spec.traps {
            for parameter in parameters(&trap.message) {
                let known = spec.trap_words.iter().any(|words| *words.name == *parameter);
                if !known && parameter != "index" {
                    let message = format!("`{{{parameter}}}` is neither `{{index}}` nor words");
                    self.error("undefined", &trap.message.span, message, "");
                }
            }
            let sites = trap.sites.iter().map(|site| (format!("`{}`", **site), &site.span));
            self.twice("duplicate-site", "the site", sites);
            for site in &trap.sites {
                if site.split_once(": ").is_none() {
                    let message = format!("`{}` is not `function: condition`", **site);
                    self.error("site", &site.span, message, "");
                }
            }
        }
        for guard in &spec.guards {
            for trap in &guard.traps {
                self.known("trap", trap, spec.traps.iter().map(|t| t.id.value.clone()));
            }
            let fields = guard.traps.iter().filter_map(|trap| spec.trap(trap));
            let fields = fields.flat_map(|trap| parameters(&trap.message)).count();
            if guard.leading && (guard.traps.len() != 1 || fields != 0) {
                let message = "a leading guard raises one trap, without parameters".into();
                self.error("guard", &guard.name.span, message, "");
            }
            if guard.traps.is_empty() {
                let message = format!("the guard `{}` raises no trap", *guard.name);
                self.error("guard", &guard.name.span, message, "");
            }
        }
        for words in spec.trap_words.iter().filter(|words| words.words.is_empty()) {
            let message = format!("there are no words for `{{{}}}`", *words.name);
            self.error("words", &words.name.span, message, "");
        }
    }

    fn builtin(&mut self, builtin: &Builtin) {
        let spec = self.spec;
        let name = &builtin.name;
        // `waitable-set.new` is in the family of `waitable.join`.
        let prefix = name.split('.').next().unwrap_or_default();
        if !prefix.starts_with(&builtin.family) || !name.contains('.') {
            let message = format!("`{}` is not in the family `{}`", **name, builtin.family);
            self.error("family", &name.span, message, "in the file of that family");
        }
        self.known("gate", &builtin.gate, spec.gates.iter().map(|g| g.name.value.clone()));
        for option in &builtin.allowed {
            let names: Vec<String> = self.option_names().collect();
            self.known("option", option, names.into_iter());
        }
        for required in &builtin.required {
            if !builtin.allowed.iter().any(|allowed| **allowed == required.option) {
                let message = format!("`{}` is required and not allowed", required.option);
                self.error("required-option", &required.span, message, "");
            }
            if let When::UnlessGate(gate) = &required.when {
                let gate = Placed { value: gate.clone(), span: required.span.clone() };
                self.known("gate", &gate, spec.gates.iter().map(|g| g.name.value.clone()));
            }
        }
        let takes = |kind| has_immediate(builtin, kind);
        if takes(ImmediateKind::Options) == builtin.allowed.is_empty() {
            let message =
                "options are allowed where `opts` is among the immediates, and only there";
            self.error("options", &name.span, message.into(), "");
        }
        let asynchronous =
            takes(ImmediateKind::Async) || builtin.allowed.iter().any(|option| **option == "async");
        if (builtin.blocks == Blocks::UnlessAsync) != asynchronous {
            let message = "`blocks` is `unless-async` where `async` can be said, and only there";
            self.error("blocks", &name.span, message.into(), "");
        }
        let mut leading_over = false;
        for guard in &builtin.guards {
            let known = spec.guards.iter().map(|g| g.name.value.clone());
            if !self.known("guard", guard, known) {
                continue;
            }
            let leading = spec.guard(guard).is_some_and(|guard| guard.leading);
            if leading && leading_over {
                let message = format!("the guard `{}` leads, and stands behind others", **guard);
                self.error("guard-order", &guard.span, message, "");
            }
            leading_over |= !leading;
        }
        for trap in &builtin.traps {
            self.known("trap", trap, spec.traps.iter().map(|t| t.id.value.clone()));
        }
        let traps = builtin.traps.iter().map(|trap| (format!("`{}`", **trap), &trap.span));
        self.twice("duplicate-trap", "the trap", traps);
    }

    /// A symbol of a signature stands for something that the definition fixes.
    fn signature(&mut self, builtin: &Builtin) {
        let signature = &builtin.signature;
        for slot in signature.params.iter().chain(&signature.results) {
            let takes = |kind| has_immediate(builtin, kind);
            let fixed = match slot.ty {
                SymbolicType::Core(_) => true,
                SymbolicType::MemoryAddress => {
                    takes(ImmediateKind::CoreMemoryIndex)
                        || builtin.allowed.iter().any(|option| **option == "memory")
                }
                SymbolicType::TableAddress => takes(ImmediateKind::CoreTableIndex),
                SymbolicType::ContextType => takes(ImmediateKind::CoreValueType),
                SymbolicType::ResourceRepresentation => takes(ImmediateKind::TypeIndex),
                SymbolicType::StartParameter | SymbolicType::StartReference => {
                    takes(ImmediateKind::CoreTypeIndex)
                }
                SymbolicType::FlatResults => takes(ImmediateKind::ResultList),
            };
            if !fixed {
                let message = format!("nothing fixes `{}`", slot.ty.spelling());
                self.error("signature", &signature.span, message, "no immediate or option does");
            }
        }
        if builtin.result.is_some() && signature.results.is_empty() {
            let message = "`result` says what the result is, and there is none".into();
            self.error("signature", &signature.span, message, "");
        }
        if signature.results.len() > 1 {
            let message = "a built-in has at most one result".into();
            self.error("signature", &signature.span, message, "");
        }
    }

    fn removed(&mut self) {
        let spec = self.spec;
        for removed in &spec.removed {
            for name in &removed.replaced_by {
                self.known("built-in", name, spec.builtins.iter().map(|b| b.name.value.clone()));
            }
        }
    }
}

fn has_immediate(builtin: &Builtin, wanted: ImmediateKind) -> bool {
    builtin
        .immediates
        .iter()
        .any(|immediate| matches!(immediate, Immediate::Named { kind, .. } if *kind == wanted))
}

/// The parameters of a trap's message: what stands in braces.
pub(crate) fn parameters(message: &str) -> impl Iterator<Item = &str> {
    message.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0))
}

/// The one of `known` that `word` was probably meant to be.
fn closest<'k>(word: &str, known: &'k [String]) -> Option<&'k String> {
    let near = word.chars().count() / 3 + 1;
    let distances = known.iter().map(|known| (strsim::levenshtein(word, known), known));
    distances.filter(|(distance, _)| *distance <= near).min().map(|(_, known)| known)
}
