//! `list` and `explain`: the contents of `spec/`, on the terminal or as JSON.

use std::fmt::Write as _;

use serde_json::{Value, json};
use weft_spec::model::{Builtin, Definition, Layout};
use weft_spec::signature::{ResolvedType, Signature, Widths};
use weft_spec::{Diagnostic, Report, Spec};

use crate::generate::{Entry, spelled};

/// An explanation, for people and for tools.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Lines for a terminal.
    pub text: String,
    /// The same as data.
    pub json: Value,
}

/// Lists the built-ins, one on each line: opcode, name, core signature, gate.
pub fn list(spec: &Spec) -> Explanation {
    let name_width = spec.builtins.iter().map(|b| b.name.chars().count()).max().unwrap_or(0);
    let signatures: Vec<String> = spec.builtins.iter().map(|b| b.signature.to_string()).collect();
    let width = signatures.iter().map(|text| text.chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for (builtin, signature) in spec.builtins.iter().zip(&signatures) {
        let (opcode, name, gate) = (*builtin.opcode, &*builtin.name, &*builtin.gate);
        let _ = writeln!(text, "{opcode:#04x}  {name:name_width$}  {signature:width$}  {gate}");
    }
    let json = spec.builtins.iter().map(|builtin| builtin_json(spec, builtin)).collect();
    Explanation { text, json }
}

/// Explains `name`: a built-in (or its opcode), `lift` or `lower`, a removed built-in, a trap,
/// guard, gate, option, constant, code, packing or type. Explains all of them if several have this
/// name.
///
/// # Errors
///
/// A [`Report`] if nothing has this name. It suggests the nearest names.
pub fn explain(spec: &Spec, name: &str) -> Result<Explanation, Report> {
    let opcode = name.strip_prefix("0x").and_then(|digits| u8::from_str_radix(digits, 16).ok());
    let mut found: Vec<Explanation> = Vec::new();
    for builtin in &spec.builtins {
        if *builtin.name == name || Some(*builtin.opcode) == opcode {
            found.push(builtin_page(spec, builtin));
        }
    }
    for definition in &spec.definitions {
        if *definition.name == name || Some(*definition.opcode) == opcode {
            found.push(definition_page(definition));
        }
    }
    for removed in &spec.removed {
        if *removed.name == name || Some(*removed.opcode) == opcode {
            let now: Vec<&str> = removed.replaced_by.iter().map(|n| n.as_str()).collect();
            let opcode = *removed.opcode;
            found.push(page(
                "removed built-in",
                &removed.name,
                &removed.note,
                &[
                    ("opcode then", format!("{opcode:#04x}")),
                    ("last seen in", format!("wasmparser {}", removed.last_seen)),
                    ("use now", now.join(", ")),
                ],
            ));
        }
    }
    found.extend(other_pages(spec, name));
    let Some(first) = found.first() else { return Err(unknown(spec, name)) };
    if found.len() == 1 {
        return Ok(first.clone());
    }
    let text = found.iter().map(|explanation| explanation.text.as_str()).collect::<Vec<_>>();
    let json = found.iter().map(|explanation| explanation.json.clone()).collect();
    Ok(Explanation { text: text.join("\n"), json })
}

fn other_pages(spec: &Spec, name: &str) -> Vec<Explanation> {
    let mut found = Vec::new();
    for trap in spec.traps.iter().filter(|trap| *trap.id == name) {
        let raised = spec.builtins.iter();
        let raised = raised.filter(|b| spec.traps_of(b).iter().any(|t| *t.id == name));
        let raised: Vec<&str> = raised.map(|builtin| builtin.name.as_str()).collect();
        let sites: Vec<&str> = trap.sites.iter().map(|site| site.as_str()).collect();
        let rows = [
            ("message", trap.message.value.clone()),
            ("raised by", raised.join(", ")),
            ("reference", sites.join("\n")),
        ];
        found.push(page("trap", name, &trap.summary, &rows));
    }
    for guard in spec.guards.iter().filter(|guard| *guard.name == name) {
        let users = spec.builtins.iter().filter(|b| b.guards.iter().any(|g| **g == name));
        let users: Vec<&str> = users.map(|builtin| builtin.name.as_str()).collect();
        let traps: Vec<&str> = guard.traps.iter().map(|trap| trap.as_str()).collect();
        let rows = [("traps", traps.join(", ")), ("shared by", users.join(", "))];
        found.push(page("guard", name, &guard.summary, &rows));
    }
    for gate in spec.gates.iter().filter(|gate| *gate.name == name) {
        let gated = spec.builtins.iter().filter(|builtin| *builtin.gate == name);
        let gated: Vec<&str> = gated.map(|builtin| builtin.name.as_str()).collect();
        let rows = [
            ("emoji", gate.emoji.clone()),
            ("since", gate.since.clone()),
            ("built-ins", gated.join(", ")),
        ];
        found.push(page("gate", name, &gate.summary, &rows));
    }
    for option in spec.options.iter().filter(|option| *option.name == name) {
        let code = *option.code;
        let rows = [("code", format!("{code:#04x}")), ("gate", option.gate.value.clone())];
        found.push(page("option", name, &option.summary, &rows));
    }
    for constant in spec.constants.iter().filter(|constant| *constant.name == name) {
        let rows = [
            ("value", format!("{} ({:#x})", constant.value, constant.value)),
            ("reference", constant.reference.clone()),
        ];
        found.push(page("constant", name, &constant.summary, &rows));
    }
    for code in spec.codes.iter().filter(|code| *code.name == name) {
        let cases = code.cases.iter().map(|c| format!("{} {}: {}", c.value, *c.name, c.summary));
        let rows = [("cases", cases.collect::<Vec<_>>().join("\n"))];
        found.push(page("code", name, &code.summary, &rows));
    }
    for packing in spec.packings.iter().filter(|packing| *packing.name == name) {
        let fields = packing.fields.iter().map(|field| {
            let code = field.code.as_deref().unwrap_or("a number");
            format!("bits {} to {}: {} ({code})", field.low, field.high - 1, *field.name)
        });
        let mut rows = vec![
            ("integer", format!("i{}", packing.width)),
            ("fields", fields.collect::<Vec<_>>().join("\n")),
        ];
        if let Some(sentinel) = &packing.sentinel {
            rows.push(("or", format!("{} for {}", sentinel.constant, sentinel.name)));
        }
        found.push(page("packing", name, &packing.summary, &rows));
    }
    for ty in spec.value_types.iter().filter(|ty| *ty.name == name) {
        let opcode = *ty.opcode;
        let rows = [
            ("opcode", format!("{opcode:#04x}")),
            ("gate", ty.gate.value.clone()),
            ("layout", layout(&ty.layout)),
        ];
        found.push(page("type", name, &ty.summary, &rows));
    }
    found
}

fn layout(layout: &Layout) -> String {
    match layout {
        Layout::Fixed { size, alignment, flat } => {
            format!("{size} bytes, aligned to {alignment}; flat: {}", flat.spelling())
        }
        Layout::PointerAndLength => "a pointer and a length".into(),
        Layout::Elements => "the elements, one after the other".into(),
        Layout::Fields => "the fields, one after the other, each at its alignment".into(),
        Layout::Cases => "a discriminant, then the payload of the case".into(),
        Layout::Bits => "one bit for each label, in 1, 2 or 4 bytes; flat: i32".into(),
        Layout::As(other) => format!("as a {other}"),
    }
}

fn builtin_page(spec: &Spec, builtin: &Builtin) -> Explanation {
    let entry = Entry::new(spec, builtin);
    let mut opcode = entry.opcode.clone();
    for immediate in &entry.immediates {
        let _ = write!(opcode, " {immediate}");
    }
    let traps: Vec<String> =
        entry.traps.iter().map(|trap| format!("{}: {}", trap.id, trap.summary)).collect();
    let guards: Vec<&str> = builtin.guards.iter().map(|guard| guard.as_str()).collect();
    let mut rows = vec![
        ("opcode", opcode),
        ("core type", entry.signature.clone()),
        ("  32-bit", core_type(&builtin.signature, Widths::ALL_32)),
        ("  64-bit", core_type(&builtin.signature, Widths::ALL_64)),
        ("WIT, roughly", entry.wit.to_owned()),
        ("gate", format!("{}, since {}", entry.gate, entry.since)),
        ("options", entry.options.replace('`', "")),
        ("blocks", entry.blocks.replace('`', "")),
        ("result", entry.result.replace('`', "")),
        ("guards", guards.join(", ")),
        ("traps", traps.join("\n")),
        ("imported as", entry.imports.join("\n")),
        ("reference", builtin.reference.join(", ")),
        ("spec", format!("Explainer.md#{}", entry.explainer)),
        ("", format!("CanonicalABI.md#{}", entry.canonical_abi)),
    ];
    rows.retain(|(_, value)| !value.is_empty());
    Explanation {
        text: page("built-in", entry.name, entry.summary, &rows).text,
        json: builtin_json(spec, builtin),
    }
}

fn definition_page(definition: &Definition) -> Explanation {
    let mut opcode = format!("{:#04x}", *definition.opcode);
    for immediate in &definition.immediates {
        let _ = write!(opcode, " {}", spelled(immediate));
    }
    let options: Vec<&str> = definition.allowed.iter().map(|option| option.as_str()).collect();
    let rows = [
        ("opcode", opcode),
        ("options", options.join(", ")),
        (
            "spec",
            format!(
                "Explainer.md#{}\nCanonicalABI.md#{}",
                definition.anchors.explainer, definition.anchors.canonical_abi
            ),
        ),
    ];
    page("definition", &definition.name, &definition.summary, &rows)
}

/// Returns the core function type for given widths, in the text format of core WebAssembly.
fn core_type(signature: &Signature, widths: Widths) -> String {
    let (params, results) = signature.resolve(widths);
    let spelled = |ty: &ResolvedType| match ty {
        ResolvedType::Number(ty) => ty.spelling().to_owned(),
        ResolvedType::StartReference => "(ref null $start)".to_owned(),
        ResolvedType::FlatResults => "…".to_owned(),
    };
    let mut text = "(func".to_owned();
    for (slot, ty) in signature.params.iter().zip(&params) {
        let name = if slot.name.is_empty() { String::new() } else { format!("${} ", slot.name) };
        let _ = write!(text, " (param {name}{})", spelled(ty));
    }
    for ty in &results {
        let _ = write!(text, " (result {})", spelled(ty));
    }
    text + ")"
}

fn builtin_json(spec: &Spec, builtin: &Builtin) -> Value {
    let entry = Entry::new(spec, builtin);
    json!({
        "kind": "built-in",
        "name": entry.name,
        "family": builtin.family,
        "opcode": *builtin.opcode,
        "immediates": entry.immediates,
        "signature": entry.signature,
        "core32": core_type(&builtin.signature, Widths::ALL_32),
        "core64": core_type(&builtin.signature, Widths::ALL_64),
        "wit": entry.wit,
        "gate": *builtin.gate,
        "since": entry.since,
        "allowed": builtin.allowed.iter().map(|option| option.as_str()).collect::<Vec<_>>(),
        "required": builtin.required.iter().map(crate::generate::required).collect::<Vec<_>>(),
        "blocks": entry.blocks,
        "guards": builtin.guards.iter().map(|guard| guard.as_str()).collect::<Vec<_>>(),
        "traps": entry.traps.iter().map(|trap| json!({
            "id": trap.id, "message": trap.message, "summary": trap.summary,
        })).collect::<Vec<_>>(),
        "imports": entry.imports,
        "summary": entry.summary,
        "explainer": entry.explainer,
        "canonical-abi": entry.canonical_abi,
    })
}

/// Creates a page: a name, a summary, and rows of facts.
fn page(kind: &str, name: &str, summary: &str, rows: &[(&str, String)]) -> Explanation {
    let mut text = format!("{name} ({kind})\n  {summary}\n\n");
    let width = rows.iter().map(|(key, _)| key.len()).max().unwrap_or(0);
    for (key, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        for (number, line) in value.lines().enumerate() {
            let key = if number == 0 { key } else { "" };
            let _ = writeln!(text, "  {key:width$}  {line}");
        }
    }
    let mut json = serde_json::Map::new();
    json.insert("kind".into(), kind.into());
    json.insert("name".into(), name.into());
    json.insert("summary".into(), summary.into());
    for (key, value) in rows {
        json.insert((*key).to_owned(), value.clone().into());
    }
    Explanation { text, json: json.into() }
}

fn unknown(spec: &Spec, name: &str) -> Report {
    let names = spec.builtins.iter().map(|builtin| builtin.name.as_str());
    let names = names.chain(spec.definitions.iter().map(|definition| definition.name.as_str()));
    let names = names.chain(spec.removed.iter().map(|removed| removed.name.as_str()));
    let names = names.chain(spec.traps.iter().map(|trap| trap.id.as_str()));
    let names = names.chain(spec.guards.iter().map(|guard| guard.name.as_str()));
    let names = names.chain(spec.gates.iter().map(|gate| gate.name.as_str()));
    let names = names.chain(spec.options.iter().map(|option| option.name.as_str()));
    let names = names.chain(spec.constants.iter().map(|constant| constant.name.as_str()));
    let names = names.chain(spec.codes.iter().map(|code| code.name.as_str()));
    let names = names.chain(spec.packings.iter().map(|packing| packing.name.as_str()));
    let names = names.chain(spec.value_types.iter().map(|ty| ty.name.as_str()));
    let mut near: Vec<(usize, &str)> = names
        .map(|known| (strsim::levenshtein(name, known), known))
        .filter(|(distance, known)| *distance <= name.len() / 3 + 1 || known.contains(name))
        .collect();
    near.sort_unstable();
    near.dedup();
    let near: Vec<String> = near.iter().take(5).map(|(_, known)| format!("`{known}`")).collect();
    let mut diagnostic = Diagnostic::error("unknown-name", format!("nothing is called `{name}`"));
    if near.is_empty() {
        diagnostic = diagnostic.help("`codegen list` lists the built-ins");
    } else {
        diagnostic = diagnostic.help(format!("there is {}", near.join(", ")));
    }
    Report::of(diagnostic)
}
