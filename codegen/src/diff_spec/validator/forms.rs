//! The forms of a built-in, and the facts in the data about each.

use wasmparser::WasmFeatures;
use weft_spec::Spec;
use weft_spec::model::{Builtin, CoreType, ImmediateKind, When};
use weft_spec::signature::{ResolvedType, SymbolicType, Widths};

use super::component::{Form, FunctionType, Payload};
use super::features;
use crate::diff_spec::described;

/// The built-in under test.
#[derive(Clone, Copy, Debug)]
pub(super) struct Forms<'a> {
    pub spec: &'a Spec,
    pub builtin: &'a Builtin,
}

/// Both address types.
const WIDTHS: [CoreType; 2] = [CoreType::I32, CoreType::I64];

impl Forms<'_> {
    /// Returns all forms, each with the options that it must have if every gate is open.
    pub(super) fn all(&self) -> Vec<Form> {
        let mut forms = vec![Form::PLAIN];
        let immediates = &self.builtin.immediates;
        let has = |kind| described::has(immediates, kind);
        let takes_memory = has(ImmediateKind::CoreMemoryIndex) || self.allows("memory");
        vary(&mut forms, takes_memory, &WIDTHS, |form, width| form.memory = *width);
        let takes_table = has(ImmediateKind::CoreTableIndex);
        vary(&mut forms, takes_table, &WIDTHS, |form, width| form.table = *width);
        vary(&mut forms, self.has_immediate_type(), &WIDTHS, |form, ty| form.immediate = *ty);
        let booleans = [false, true];
        vary(&mut forms, has(ImmediateKind::Shared), &booleans, |form, on| form.shared = *on);
        vary(&mut forms, has(ImmediateKind::Async), &booleans, |form, on| form.is_async = *on);
        let slots: Vec<u64> = (0..self.constant("CONTEXT_SLOTS")).collect();
        vary(&mut forms, has(ImmediateKind::U32), &slots, |form, slot| form.slot = *slot);
        vary(&mut forms, true, &self.payloads(), |form, payload| form.payload = *payload);
        for form in &mut forms {
            form.options = self.required(form, WasmFeatures::all());
        }
        // Without a memory, there is no address type to change.
        forms.retain(|form| form.memory == CoreType::I32 || self.has_memory(form));
        forms
    }

    fn payloads(&self) -> Vec<Payload> {
        let limit = usize::try_from(self.constant("MAX_FLAT_PARAMS")).unwrap_or_default();
        if described::has(&self.builtin.immediates, ImmediateKind::ResultList) {
            let tuples = [Payload::Tuple(limit.max(1)), Payload::Tuple(limit + 1)];
            let [full, spilled] = tuples;
            return vec![Payload::None, Payload::Number, Payload::String, full, spilled];
        }
        match self.builtin.family.as_str() {
            "stream" | "future" => vec![Payload::None, Payload::Number, Payload::String],
            _ => vec![Payload::None],
        }
    }

    /// Returns the constant with this name in the data; 0 if there is none.
    pub(super) fn constant(&self, name: &str) -> u64 {
        let constant = self.spec.constants.iter().find(|constant| *constant.name == name);
        constant.map_or(0, |constant| constant.value)
    }

    /// Returns true if the built-in allows an option of this kind.
    pub(super) fn allows(&self, kind: &str) -> bool {
        self.builtin.allowed.iter().any(|allowed| **allowed == *kind)
    }

    /// Returns true if a definition of this form names a memory.
    pub(super) fn has_memory(&self, form: &Form) -> bool {
        described::has(&self.builtin.immediates, ImmediateKind::CoreMemoryIndex)
            || form.has("memory")
    }

    /// Returns true if the signature depends on a type from an immediate.
    fn has_immediate_type(&self) -> bool {
        let signature = &self.builtin.signature;
        signature.params.iter().chain(&signature.results).any(|slot| {
            matches!(
                slot.ty,
                SymbolicType::ContextType
                    | SymbolicType::ResourceRepresentation
                    | SymbolicType::StartParameter
                    | SymbolicType::StartReference
            )
        })
    }

    /// Returns the options that the data requires of this form with these features.
    pub(super) fn required(&self, form: &Form, on: WasmFeatures) -> Vec<String> {
        let limit = usize::try_from(self.constant("MAX_FLAT_PARAMS")).unwrap_or_default();
        let spills = form.payload.flat(CoreType::I32).len() > limit;
        let applies = |when: &When| match when {
            When::Always => true,
            When::Element => form.payload != Payload::None,
            When::NeedsMemory => spills || form.payload.has_pointer(),
            When::ContainsPointer => form.payload.has_pointer(),
            When::UnlessGate(gate) => !on.contains(features::feature(gate)),
        };
        let required = self.builtin.required.iter().filter(|required| applies(&required.when));
        required.map(|required| required.option.clone()).collect()
    }

    /// Returns the gates of this form in the data, without those that are always open.
    pub(super) fn gates(&self, form: &Form) -> Vec<&str> {
        let mut gates = vec![self.builtin.gate.value.as_str()];
        if described::has(&self.builtin.immediates, ImmediateKind::TypeIndex) {
            let ty = self.spec.value_types.iter().find(|ty| *ty.name == self.builtin.family);
            gates.extend(ty.map(|ty| ty.gate.value.as_str()));
        }
        let options = self.spec.options.iter();
        let options = options.filter(|option| form.options.contains(&option.name));
        gates.extend(options.map(|option| option.gate.value.as_str()));
        if form.is_async {
            gates.push(features::ASYNC_IMMEDIATE);
        }
        if [form.memory, form.table, form.immediate].contains(&CoreType::I64) {
            gates.push("memory64");
        }
        for required in &self.builtin.required {
            match &required.when {
                When::UnlessGate(gate) if !form.has(&required.option) => gates.push(gate),
                _ => {}
            }
        }
        gates.retain(|gate| !features::feature(gate).is_empty());
        gates.sort_unstable();
        gates.dedup();
        gates
    }

    /// Returns the signature of this form in the data.
    pub(super) fn signature(&self, form: &Form) -> FunctionType {
        let memory = if self.has_memory(form) { form.memory } else { CoreType::I32 };
        let widths = Widths { memory, table: form.table, immediate: form.immediate };
        let limit = usize::try_from(self.constant("MAX_FLAT_PARAMS")).unwrap_or_default();
        let mut results = form.payload.flat(memory);
        if results.len() > limit {
            results = vec![memory];
        }
        let spell = |types: Vec<ResolvedType>| -> Vec<String> {
            let spelled = types.into_iter().flat_map(|ty| match ty {
                ResolvedType::Number(ty) => vec![ty.spelling().to_owned()],
                ResolvedType::StartReference => vec!["(ref null $ft)".to_owned()],
                ResolvedType::FlatResults => {
                    results.iter().map(|ty| ty.spelling().to_owned()).collect()
                }
            });
            spelled.collect()
        };
        let (params, results) = self.builtin.signature.resolve(widths);
        FunctionType { params: spell(params), results: spell(results) }
    }

    /// Returns the label that distinguishes this form from the others of the built-in.
    pub(super) fn label(&self, form: &Form) -> String {
        let mut words = Vec::new();
        let has = |kind| described::has(&self.builtin.immediates, kind);
        if self.has_memory(form) {
            words.push(format!("memory {}", form.memory.spelling()));
        }
        if has(ImmediateKind::CoreTableIndex) {
            words.push(format!("table {}", form.table.spelling()));
        }
        if self.has_immediate_type() {
            words.push(form.immediate.spelling().to_owned());
        }
        if has(ImmediateKind::Shared) {
            words.push(if form.shared { "shared" } else { "not shared" }.to_owned());
        }
        if has(ImmediateKind::Async) {
            words.push(if form.is_async { "async" } else { "not async" }.to_owned());
        }
        if has(ImmediateKind::U32) {
            words.push(format!("slot {}", form.slot));
        }
        if self.payloads().len() > 1 {
            words.push(match form.payload {
                Payload::None => "no type".to_owned(),
                Payload::Number => "u32".to_owned(),
                Payload::String => "string".to_owned(),
                Payload::Tuple(fields) => format!("tuple of {fields}"),
            });
        }
        if !form.options.is_empty() {
            words.push(format!("with {}", form.options.join(" ")));
        }
        words.join(", ")
    }
}

/// Replaces each form by one for each value, if the value concerns the form.
fn vary<T>(forms: &mut Vec<Form>, concerns: bool, values: &[T], set: impl Fn(&mut Form, &T)) {
    if concerns {
        *forms = forms
            .iter()
            .flat_map(|form| values.iter().map(move |value| (form.clone(), value)))
            .map(|(mut form, value)| {
                set(&mut form, value);
                form
            })
            .collect();
    }
}

/// Returns every signature with one parameter or result changed, removed or added.
pub(super) fn mutations(of: &FunctionType) -> Vec<FunctionType> {
    let change = |types: &[String]| {
        let mut changed: Vec<Vec<String>> = Vec::new();
        for at in 0..types.len() {
            let mut other = types.to_vec();
            if let Some(ty) = other.get_mut(at) {
                (if *ty == "i32" { "i64" } else { "i32" }).clone_into(ty);
            }
            changed.push(other);
            let mut fewer = types.to_vec();
            fewer.remove(at);
            changed.push(fewer);
        }
        for at in [0, types.len()] {
            let mut more = types.to_vec();
            more.insert(at, "i32".to_owned());
            changed.push(more);
        }
        changed
    };
    let mut mutations: Vec<FunctionType> = Vec::new();
    for params in change(&of.params) {
        mutations.push(FunctionType { params, results: of.results.clone() });
    }
    for results in change(&of.results) {
        mutations.push(FunctionType { params: of.params.clone(), results });
    }
    let mut unique: Vec<FunctionType> = Vec::new();
    for mutation in mutations {
        if !unique.contains(&mutation) {
            unique.push(mutation);
        }
    }
    unique
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mutations_change_one_thing_each_and_none_is_the_original() {
        let of = |params: &[&str], results: &[&str]| FunctionType {
            params: params.iter().map(|ty| (*ty).to_owned()).collect(),
            results: results.iter().map(|ty| (*ty).to_owned()).collect(),
        };
        let original = of(&["i32", "i64"], &["i32"]);
        let mutations = mutations(&original);
        assert!(!mutations.contains(&original));
        for expected in [
            of(&["i64", "i64"], &["i32"]),
            of(&["i32", "i32"], &["i32"]),
            of(&["i64"], &["i32"]),
            of(&["i32"], &["i32"]),
            of(&["i32", "i64", "i32"], &["i32"]),
            of(&["i32", "i64"], &["i64"]),
            of(&["i32", "i64"], &[]),
            of(&["i32", "i64"], &["i32", "i32"]),
        ] {
            assert!(mutations.contains(&expected), "{}", expected.text());
        }
    }
}
