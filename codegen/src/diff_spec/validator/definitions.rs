//! `lift` and `lower`: opcode, immediates, options; and the gates of options.

use std::fmt::Write;

use wasmparser::WasmFeatures;
use weft_spec::Spec;
use weft_spec::model::Definition;

use super::bytes::{self, Value};
use super::component::{self, Form, Subject};
use super::features;
use super::tally::Tally;
use crate::diff_spec::described;
use crate::diff_spec::difference::Findings;

/// Compares the data on `lift` and `lower` with the validator.
pub(in crate::diff_spec) fn check(spec: &Spec, findings: &mut Findings<'_>) {
    for definition in &spec.definitions {
        Check { spec, definition }.run(findings);
    }
}

struct Check<'a> {
    spec: &'a Spec,
    definition: &'a Definition,
}

impl<'a> Check<'a> {
    fn tally(&self, what: &'a str, expected: &'a str, key: &str) -> Tally<'a> {
        let name = &self.definition.name;
        let edit = format!("the `{key}` of `{}` in spec/abi.toml", **name);
        Tally::new(name, what, expected, edit, &name.span)
    }

    fn run(&self, findings: &mut Findings<'_>) {
        let opcode = format!("{:#04x}", *self.definition.opcode);
        let mut opcodes = self.tally("opcode", &opcode, "opcode");
        let mut immediates = self.tally("immediates", "read as described", "immediates");
        let mut allowed = self.tally("allowed options", "accepted", "allowed");
        let mut others = self.tally("allowed options", "any other option refused", "allowed");
        let mut gates = self.tally(
            "gate of option",
            "refused exactly if its gate is closed",
            "gate of an option",
        );
        let all = WasmFeatures::all();
        let mut sets = vec![Vec::new()];
        sets.extend(self.spec.options.iter().map(|option| granted(&option.name)));
        for options in sets {
            let label = options.join(" ");
            let component = match component::encode(&self.component(&options)) {
                Ok(component) => component,
                Err(error) => {
                    immediates.count(&label, Err(error));
                    continue;
                }
            };
            let last = options.last();
            let kind = last.map_or("", |option| described::option_kind(option));
            let outcome = component::validate(&component, all);
            if last.is_some() && self.definition.allowed.iter().all(|allowed| **allowed != *kind) {
                let outcome = outcome.map_or(Ok(()), |()| Err("accepted".to_owned()));
                others.count(&label, outcome);
                continue;
            }
            if let Some(option) = self.spec.options.iter().find(|o| Some(&o.name.value) == last) {
                let gate = option.gate.value.as_str();
                let off = component::validate(&component, features::without(gate));
                let is_gated = !features::feature(gate).is_empty();
                gates.count(
                    &label,
                    match (off, is_gated) {
                        (Ok(()), true) => Err(format!("accepted without `{gate}`")),
                        (Err(error), false) => Err(format!("refused: {error}")),
                        _ => Ok(()),
                    },
                );
                if !is_gated {
                    let only = component::validate(&component, features::only([]));
                    gates.count(&label, only.map_err(|e| format!("refused without gates: {e}")));
                }
            }
            allowed.count(&label, outcome.map_err(|error| format!("refused: {error}")));
            match bytes::last_definition(&component) {
                Some([found, rest @ ..]) => {
                    let same = *found == *self.definition.opcode;
                    opcodes.count("", if same { Ok(()) } else { Err(format!("{found:#04x}")) });
                    immediates.count(&label, self.read_back(&options, rest));
                }
                _ => immediates.count(&label, Err("no definition in the component".to_owned())),
            }
        }
        for tally in [opcodes, immediates, allowed, others, gates] {
            tally.finish(findings);
        }
    }

    fn read_back(&self, options: &[String], bytes: &[u8]) -> Result<(), String> {
        let shown = || bytes::hex(bytes);
        let values = bytes::read(self.spec, &self.definition.immediates, bytes)
            .map_err(|error| format!("{error}, in {}", shown()))?;
        for (name, value) in values {
            match value {
                Value::Options(found) if found != options => {
                    return Err(format!("`{name}` is read as {found:?}, in {}", shown()));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Returns a component that lifts or lowers a function of one number, with these options.
    fn component(&self, options: &[String]) -> String {
        let subject = Subject {
            spec: self.spec,
            name: &self.definition.name,
            family: "",
            immediates: &self.definition.immediates,
            writes_shared: true,
        };
        let has = |option: &str| options.iter().any(|other| other == option);
        let spelled: Vec<String> = options.iter().map(|name| subject.option(name)).collect();
        let spelled = spelled.join(" ");
        let effect = if has("async") { "async " } else { "" };
        let param = format!("{effect}(param \"x\" u32)");
        let mut wat = String::from("(component\n");
        component::write_libc(&mut wat, &Form::PLAIN);
        if *self.definition.name == "lower" {
            let _ = write!(
                wat,
                "  (import \"f\" (func $function {param}))
  (core func $f (canon lower (func $function) {spelled}))\n)"
            );
        } else {
            // A lifted function has a result, with which `post-return` can be called. A lowered one
            // has none, because a result would need a memory with `async`. The core function
            // returns the result, a code for the event loop, or nothing.
            let result = if has("async") && !has("callback") { "" } else { "(result i32)" };
            let _ = write!(
                wat,
                "  (core module $m (func (export \"f\") (param i32) {result} unreachable))
  (core instance $m (instantiate $m))
  (alias core export $m \"f\" (core func $function))
  (func $f {param} (result u32) (canon {} (core func $function) {spelled}))\n)",
                *self.definition.name
            );
        }
        wat
    }
}

/// Returns the option, after the options that it needs.
fn granted(option: &str) -> Vec<String> {
    let before = match option {
        "realloc" => Some("memory"),
        "callback" => Some("async"),
        _ => None,
    };
    before.into_iter().chain([option]).map(str::to_owned).collect()
}
