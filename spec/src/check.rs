//! Contradictions between rows: values used twice, and values that are impossible.
//!
//! Each problem points at both places that disagree, if there are two. [`crate::names`] finds
//! references to names that do not exist.

mod abi;
mod builtin;
mod trap;

use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;

use crate::model::{Immediate, ImmediateKind, Placed, Spec};
use crate::rows::Draft;
use crate::{Diagnostic, Report, Span};

/// Reports every contradiction in `draft`.
pub(crate) fn check(draft: &Draft, report: &mut Report) {
    let mut check = Check { spec: &draft.spec, report };
    check.nothing_twice();
    check.definitions(&draft.definition_immediates);
    check.codes();
    for packing in &draft.spec.packings {
        check.packing(packing);
    }
    check.value_types();
    check.guards();
    for (builtin, places) in draft.spec.builtins.iter().zip(&draft.places) {
        check.builtin(builtin, places);
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

    /// Reports an error at both places that disagree.
    fn disagree(
        &mut self,
        code: &'static str,
        message: String,
        (span, label): (&Span, &str),
        (other, other_label): (&Span, &str),
    ) {
        let diagnostic = Diagnostic::error(code, message).at(span.clone(), label);
        self.report.push(diagnostic.and_at(other.clone(), other_label));
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
                let message = format!("{what} {key} is used twice");
                self.disagree(code, message, (span, "here again"), (earlier, "first here"));
            } else {
                first.insert(key, span);
            }
        }
    }

    fn nothing_twice(&mut self) {
        let spec = self.spec;
        let opcode = |opcode: &Placed<u8>| format!("{:#04x}", opcode.value);
        let definitions = spec.definitions.iter().map(|definition| &definition.opcode);
        let opcodes = definitions.chain(spec.builtins.iter().map(|builtin| &builtin.opcode));
        self.twice("duplicate-opcode", "the opcode", opcodes.map(|o| (opcode(o), &o.span)));
        let codes = spec.options.iter().map(|o| (opcode(&o.code), &o.code.span));
        self.twice("duplicate-opcode", "the option code", codes);
        let opcodes = spec.value_types.iter().map(|t| (opcode(&t.opcode), &t.opcode.span));
        self.twice("duplicate-opcode", "the type opcode", opcodes);
        let gates = spec.gates.iter().filter(|gate| !gate.emoji.is_empty());
        let emojis = gates.map(|gate| (&gate.emoji, &gate.name.span));
        self.twice("duplicate-emoji", "the emoji", emojis);
    }

    /// Checks that exactly the definitions with options name the options they allow.
    fn definitions(&mut self, places: &[Vec<Span>]) {
        for (definition, places) in self.spec.definitions.iter().zip(places) {
            let (immediates, allowed) = (&definition.immediates, &definition.allowed);
            self.options(&definition.name, immediates, places, allowed);
        }
    }

    fn options(
        &mut self,
        name: &Placed<String>,
        immediates: &[Immediate],
        places: &[Span],
        allowed: &[Placed<String>],
    ) {
        match (place_of(immediates, places, ImmediateKind::Options), allowed.first()) {
            (Some(place), None) => {
                let message = format!("`{}` takes options, but `allowed` names none", name.value);
                self.disagree("options", message, (place, "has options"), (&name.span, "here"));
            }
            (None, Some(allowed)) => {
                let message = format!(
                    "`{}` allows options, but has no `opts` among its immediates",
                    name.value
                );
                let allows = (&allowed.span, "allows an option");
                self.disagree("options", message, allows, (&name.span, "has no `opts`"));
            }
            _ => {}
        }
    }
}

/// Returns the place of `wanted` among `immediates`, whose places are `places`.
fn place_of<'p>(
    immediates: &[Immediate],
    places: &'p [Span],
    wanted: ImmediateKind,
) -> Option<&'p Span> {
    let is_wanted =
        |one: &Immediate| matches!(one, Immediate::Named { kind, .. } if *kind == wanted);
    immediates.iter().zip(places).find(|(one, _)| is_wanted(one)).map(|(_, place)| place)
}
