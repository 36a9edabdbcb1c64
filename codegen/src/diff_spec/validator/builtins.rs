//! The built-ins: signature, opcode, immediates, options, gates.

use wasmparser::WasmFeatures;
use weft_spec::Spec;
use weft_spec::model::{Builtin, Immediate, ImmediateKind};

use super::bytes::{self, Value};
use super::component::{self, Form, FunctionType, Subject};
use super::features::{self, GATES};
use super::forms::{self, Forms};
use super::tally::Tally;
use crate::diff_spec::described;
use crate::diff_spec::difference::{Fact, Findings};

/// Compares the data on `builtin` with the results of the validator.
pub(in crate::diff_spec) fn check(spec: &Spec, builtin: &Builtin, findings: &mut Findings<'_>) {
    let forms = Forms { spec, builtin };
    let mut subject = Subject {
        spec,
        name: &builtin.name,
        family: &builtin.family,
        immediates: &builtin.immediates,
        writes_shared: true,
    };
    let mut immediates = builtin.immediates.clone();
    // The text format may have another word for the built-in, or none for `shared`.
    let shared = described::has(&immediates, ImmediateKind::Shared);
    let form = Form { shared, ..Form::PLAIN };
    let form = Form { options: forms.required(&form, WasmFeatures::all()), ..form };
    let written = |subject: &Subject<'_>| {
        component::encode(&subject.component(&form, &forms.signature(&form))).is_ok()
    };
    let other_name = builtin.name.replace('-', "_");
    let as_described = subject;
    for (name, writes_shared) in [
        (&*builtin.name.value, true),
        (&other_name, true),
        (&builtin.name, false),
        (&other_name, false),
    ] {
        subject = Subject { name, writes_shared, ..as_described };
        if written(&subject) {
            break;
        }
        subject = as_described;
    }
    if !subject.writes_shared {
        immediates.retain(|immediate| {
            !matches!(immediate, Immediate::Named { kind: ImmediateKind::Shared, .. })
        });
    }
    let check = Check { forms, subject, immediates };
    check.encoding(findings);
    check.signature(findings);
    check.gates(findings);
    check.options(findings);
    check.slots(findings);
}

struct Check<'a> {
    forms: Forms<'a>,
    subject: Subject<'a>,
    /// The immediates in the data, without those that the text format has no word for.
    immediates: Vec<Immediate>,
}

impl<'a> Check<'a> {
    fn tally(&self, what: &'a str, expected: &'a str, key: &str) -> Tally<'a> {
        let builtin = self.forms.builtin;
        let edit = described::edit(builtin, key);
        Tally::new(&builtin.name, what, expected, edit, &builtin.name.span)
    }

    /// Encodes the component with the signature in the data.
    fn encode(&self, form: &Form) -> Result<Vec<u8>, String> {
        self.encode_with(form, &self.forms.signature(form))
    }

    fn encode_with(&self, form: &Form, import: &FunctionType) -> Result<Vec<u8>, String> {
        component::encode(&self.subject.component(form, import))
    }

    /// Checks that the validator accepts this form.
    fn accepts(&self, form: &Form, on: WasmFeatures) -> Result<(), String> {
        component::validate(&self.encode(form)?, on).map_err(|error| format!("refused: {error}"))
    }

    /// Checks that the validator refuses this form, and that the form can be encoded at all.
    fn refuses(&self, form: &Form, on: WasmFeatures) -> Result<(), String> {
        match component::validate(&self.encode(form)?, on) {
            Ok(()) => Err("accepted".to_owned()),
            Err(_) => Ok(()),
        }
    }

    /// Checks the opcode, and that the bytes after it are the immediates in the data.
    fn encoding(&self, findings: &mut Findings<'_>) {
        let builtin = self.forms.builtin;
        if self.immediates.len() < builtin.immediates.len() {
            findings.compare(Fact {
                subject: &builtin.name,
                what: "immediates",
                described: Some("`shared?`".to_owned()),
                found: Some("no `shared?`: it is always shared".to_owned()),
                place: None,
                edit: described::edit(builtin, "immediates"),
                described_at: Some(&builtin.name.span),
            });
        }
        findings.compare(Fact {
            subject: &builtin.name,
            what: "name in the text format",
            described: Some(builtin.name.value.clone()),
            found: Some(self.subject.name.to_owned()),
            place: None,
            edit: described::edit(builtin, "name"),
            described_at: Some(&builtin.name.span),
        });
        let opcode = format!("{:#04x}", *builtin.opcode);
        let mut opcodes = self.tally("opcode", &opcode, "opcode");
        let mut immediates = self.tally("immediates", "read as described", "immediates");
        for form in self.forms.all() {
            let label = self.forms.label(&form);
            let encoded = self.encode(&form);
            let definition = encoded.as_deref().map(bytes::last_definition);
            match definition {
                Ok(Some([found, rest @ ..])) => {
                    let same = *found == *builtin.opcode;
                    opcodes.count("", if same { Ok(()) } else { Err(format!("{found:#04x}")) });
                    immediates.count(&label, self.read_back(&form, rest));
                }
                Ok(_) => immediates.count(&label, Err("no definition in the component".to_owned())),
                Err(error) => immediates.count(&label, Err(error.clone())),
            }
        }
        opcodes.finish(findings);
        immediates.finish(findings);
    }

    /// Checks that `bytes` are the immediates in the data, with the values that were written.
    fn read_back(&self, form: &Form, bytes: &[u8]) -> Result<(), String> {
        let shown = || bytes::hex(bytes);
        let values = bytes::read(self.forms.spec, &self.immediates, bytes)
            .map_err(|error| format!("{error}, in {}", shown()))?;
        let kinds = described::named(&self.immediates);
        for ((name, value), (_, kind)) in values.into_iter().zip(kinds) {
            let same = match (&value, kind) {
                (Value::Options(found), _) => *found == form.options,
                (Value::Flag(found), ImmediateKind::Async) => *found == form.is_async,
                (Value::Flag(found), _) => *found == form.shared,
                (Value::Result(found), _) => *found == form.payload.wat().is_some(),
                (Value::Number(found), ImmediateKind::U32) => u64::from(*found) == form.slot,
                (Value::CoreType(found), _) => {
                    let code =
                        if form.immediate == weft_spec::model::CoreType::I32 { 0x7f } else { 0x7e };
                    *found == code
                }
                // The only type, memory, table or core type of the component.
                (Value::Number(found), ImmediateKind::TypeIndex) => {
                    *found == u32::from(form.payload.wat().is_some())
                }
                (Value::Number(found), _) => *found == 0,
            };
            if !same {
                return Err(format!("`{name}` is read as {value:?}, in {}", shown()));
            }
        }
        Ok(())
    }

    /// Checks that the signature in the data is accepted, and every other one refused.
    fn signature(&self, findings: &mut Findings<'_>) {
        let mut right = self.tally("signature", "accepted", "signature");
        let mut wrong = self.tally("signature", "any other signature refused", "signature");
        let all = WasmFeatures::all();
        for form in self.forms.all() {
            let label = self.forms.label(&form);
            let accepted = self.accepts(&form, all);
            if accepted.is_ok() {
                for mutation in forms::mutations(&self.forms.signature(&form)) {
                    let outcome = match self.encode_with(&form, &mutation) {
                        Ok(bytes) if component::validate(&bytes, all).is_err() => Ok(()),
                        Ok(_) => Err(format!("accepted as {}", mutation.text())),
                        Err(error) => Err(error),
                    };
                    wrong.count(&label, outcome);
                }
            }
            right.count(&label, accepted);
        }
        right.finish(findings);
        wrong.finish(findings);
    }

    /// Checks that a form is refused exactly if one of its gates is closed.
    fn gates(&self, findings: &mut Findings<'_>) {
        let mut tally = self.tally("gate", "refused exactly if one of its gates is closed", "gate");
        for form in self.forms.all().into_iter().flat_map(|form| self.with_gated_options(&form)) {
            let Ok(component) = self.encode(&form) else { continue };
            // A form that is refused with every gate open is reported as such.
            if component::validate(&component, WasmFeatures::all()).is_err() {
                continue;
            }
            let label = self.forms.label(&form);
            let described = self.forms.gates(&form);
            let mut needed = described.clone();
            for (gate, _) in GATES {
                let outcome = component::validate(&component, features::without(gate));
                let expected = described.contains(&gate);
                let outcome = match (outcome, expected) {
                    (Ok(()), true) => Err(format!("accepted without `{gate}`")),
                    (Err(error), false) => {
                        needed.push(gate);
                        Err(format!("refused without `{gate}`: {error}"))
                    }
                    _ => Ok(()),
                };
                tally.count(&label, outcome);
            }
            let only = features::only(needed);
            let outcome = component::validate(&component, only);
            tally.count(
                &label,
                outcome.map_err(|error| format!("refused with only the described gates: {error}")),
            );
        }
        tally.finish(findings);
    }

    /// Returns the form, and the forms with the options that are required unless a gate is open.
    fn with_gated_options(&self, form: &Form) -> Vec<Form> {
        let mut forms = vec![form.clone()];
        for required in self.forms.required(form, WasmFeatures::empty()) {
            if !form.has(&required) {
                let mut options = form.options.clone();
                options.push(required);
                forms.push(Form { options, ..form.clone() });
            }
        }
        forms
    }

    /// Checks that required options are needed, allowed ones accepted, and all others refused.
    fn options(&self, findings: &mut Findings<'_>) {
        if !described::has(&self.immediates, ImmediateKind::Options) {
            return;
        }
        let mut required = self.tally("required options", "refused without", "required");
        let mut allowed = self.tally("allowed options", "accepted", "allowed");
        let mut others = self.tally("allowed options", "any other option refused", "allowed");
        let all = WasmFeatures::all();
        for form in self.forms.all() {
            if self.accepts(&form, all).is_err() {
                continue;
            }
            let label = self.forms.label(&form);
            for left_out in &form.options {
                let mut without = form.clone();
                without.options.retain(|option| option != left_out);
                let refused = self.refuses(&without, all);
                required.count(&label, refused.map_err(|e| format!("{e} without `{left_out}`")));
            }
            let mut full = form.clone();
            for option in self.forms.spec.options.iter().map(|option| option.name.value.as_str()) {
                let kind = described::option_kind(option);
                if form.has(kind) {
                    continue;
                }
                let mut with = form.clone();
                self.add(&mut with, option);
                if self.forms.allows(kind) {
                    if !full.has(kind) {
                        full.options.push(option.to_owned());
                    }
                    let accepted = self.accepts(&with, all);
                    allowed.count(&label, accepted.map_err(|e| format!("`{option}` {e}")));
                } else {
                    let refused = self.refuses(&with, all);
                    others.count(&label, refused.map_err(|e| format!("`{option}` {e}")));
                }
            }
            let accepted = self.accepts(&full, all);
            allowed.count(&label, accepted.map_err(|e| format!("all options {e}")));
        }
        required.finish(findings);
        allowed.finish(findings);
        others.finish(findings);
    }

    /// Adds an option, and the options that it needs in any definition.
    fn add(&self, form: &mut Form, option: &str) {
        let granted = match option {
            "realloc" => Some("memory"),
            "callback" => Some("async"),
            _ => None,
        };
        if let Some(granted) =
            granted.filter(|granted| self.forms.allows(granted) && !form.has(granted))
        {
            form.options.push(granted.to_owned());
        }
        form.options.push(option.to_owned());
    }

    /// Checks that there is no context slot after the last one in the data.
    fn slots(&self, findings: &mut Findings<'_>) {
        if !described::has(&self.immediates, ImmediateKind::U32) {
            return;
        }
        let mut tally = self.tally("slots", "refused after the last", "immediates");
        let slot = self.forms.constant("CONTEXT_SLOTS");
        let form = Form { slot, ..Form::PLAIN };
        tally.count(&self.forms.label(&form), self.refuses(&form, WasmFeatures::all()));
        tally.finish(findings);
    }
}
