//! `spec/BUILTINS.md`: the built-ins for people, one section each.

use askama::Template;
use weft_spec::Spec;
use weft_spec::model::{Blocks, Builtin, ResultMeaning};

use super::description::{required, spelled};

/// The page, as the template uses it.
#[derive(Template)]
#[template(path = "builtins.md", escape = "none")]
struct Page<'s> {
    text: &'static str,
    families: Vec<Family<'s>>,
    builtins: Vec<Entry<'s>>,
    removed: Vec<Removed<'s>>,
}

struct Family<'s> {
    name: &'s str,
    links: Vec<Link<'s>>,
}

struct Link<'s> {
    name: &'s str,
    anchor: String,
}

/// The facts about a built-in, in words.
#[derive(Debug)]
pub(crate) struct Entry<'s> {
    pub(crate) name: &'s str,
    pub(crate) summary: &'s str,
    pub(crate) opcode: String,
    pub(crate) immediates: Vec<String>,
    pub(crate) signature: String,
    pub(crate) wit: &'s str,
    pub(crate) gate: String,
    pub(crate) since: &'s str,
    pub(crate) options: String,
    pub(crate) blocks: &'static str,
    pub(crate) result: String,
    pub(crate) imports: Vec<String>,
    pub(crate) explainer: &'s str,
    pub(crate) canonical_abi: &'s str,
    pub(crate) traps: Vec<TrapLine<'s>>,
}

/// A trap of a built-in.
#[derive(Debug)]
pub(crate) struct TrapLine<'s> {
    pub(crate) id: &'s str,
    pub(crate) message: &'s str,
    pub(crate) summary: &'s str,
}

struct Removed<'s> {
    name: &'s str,
    opcode: String,
    replaced_by: Vec<&'s str>,
    note: &'s str,
}

/// Returns the whole page.
pub(super) fn page(spec: &Spec) -> askama::Result<String> {
    let families = spec.families().into_iter().map(|family| Family {
        name: family,
        links: spec
            .builtins
            .iter()
            .filter(|builtin| builtin.family == family)
            .map(|builtin| Link { name: &builtin.name, anchor: builtin.name.replace('.', "") })
            .collect(),
    });
    let removed = spec.removed.iter().map(|removed| Removed {
        name: &removed.name,
        opcode: format!("{:#04x}", *removed.opcode),
        replaced_by: removed.replaced_by.iter().map(|name| name.as_str()).collect(),
        note: &removed.note,
    });
    let page = Page {
        text: super::rust::TEXT,
        families: families.collect(),
        builtins: spec.builtins.iter().map(|builtin| Entry::new(spec, builtin)).collect(),
        removed: removed.collect(),
    };
    page.render()
}

impl<'s> Entry<'s> {
    /// Collects the facts about `builtin`.
    pub(crate) fn new(spec: &'s Spec, builtin: &'s Builtin) -> Self {
        let gate = spec.gate(&builtin.gate);
        let emoji = gate.map_or("", |gate| gate.emoji.as_str());
        let gate = if emoji.is_empty() {
            builtin.gate.value.clone()
        } else {
            format!("{emoji} {}", *builtin.gate)
        };
        let allowed: Vec<String> =
            builtin.allowed.iter().map(|option| format!("`{}`", **option)).collect();
        let required: Vec<String> =
            builtin.required.iter().map(|option| format!("`{}`", required(option))).collect();
        let options = match (allowed.is_empty(), required.is_empty()) {
            (true, _) => String::new(),
            (false, true) => allowed.join(", "),
            (false, false) => format!("{}; required: {}", allowed.join(", "), required.join(", ")),
        };
        Self {
            name: &builtin.name,
            summary: &builtin.summary,
            opcode: format!("{:#04x}", *builtin.opcode),
            immediates: builtin.immediates.iter().map(spelled).collect(),
            signature: builtin.signature.to_string(),
            wit: &builtin.wit,
            gate,
            since: spec.since(builtin),
            options,
            blocks: blocks(builtin.blocks),
            result: result(spec, builtin),
            imports: builtin.imports.iter().map(|import| import.pattern.clone()).collect(),
            explainer: &builtin.anchors.explainer,
            canonical_abi: &builtin.anchors.canonical_abi,
            traps: spec
                .traps_of(builtin)
                .into_iter()
                .map(|trap| TrapLine {
                    id: &trap.id,
                    message: &trap.message,
                    summary: &trap.summary,
                })
                .collect(),
        }
    }
}

fn blocks(blocks: Blocks) -> &'static str {
    match blocks {
        Blocks::Never => "never",
        Blocks::UnlessAsync => "may block, unless defined with `async`",
        Blocks::May => "may",
        Blocks::CallsGuest => "never, but may run guest code to its end",
    }
}

fn result(spec: &Spec, builtin: &Builtin) -> String {
    match &builtin.result {
        None => String::new(),
        Some(ResultMeaning::Zero) => "always 0".to_owned(),
        Some(ResultMeaning::Code(name)) => {
            let code = spec.codes.iter().find(|code| *code.name == *name);
            let cases = code.map_or(&[][..], |code| &code.cases);
            let cases: Vec<String> =
                cases.iter().map(|case| format!("{} `{}`", case.value, *case.name)).collect();
            format!("`{name}`: {}", cases.join(", "))
        }
        Some(ResultMeaning::Packing(name)) => {
            let packing = spec.packings.iter().find(|packing| *packing.name == *name);
            let fields = packing.map_or(&[][..], |packing| &packing.fields);
            let fields: Vec<String> = fields
                .iter()
                .map(|field| format!("bits {}–{} `{}`", field.low, field.high - 1, *field.name))
                .collect();
            let sentinel = packing.and_then(|packing| packing.sentinel.as_ref());
            let sentinel = sentinel
                .map_or_else(String::new, |sentinel| format!("; or `{}`", sentinel.constant));
            format!("`{name}`: {}{sentinel}", fields.join(", "))
        }
    }
}
