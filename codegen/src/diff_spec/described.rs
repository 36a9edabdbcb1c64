//! The description's side of the facts that several sources have.

use weft_spec::Spec;
use weft_spec::model::{Builtin, Immediate, ImmediateKind};

/// What to edit to change the `key` of `builtin`.
pub(super) fn edit(builtin: &Builtin, key: &str) -> String {
    format!("the `{key}` of `{}` in spec/builtins/{}.toml", *builtin.name, builtin.family)
}

/// What to edit for a built-in that the description lacks.
pub(super) fn edit_missing(name: &str) -> String {
    format!("a row for `{name}` in spec/builtins")
}

/// The emoji of a gate; empty for none.
pub(super) fn emoji(spec: &Spec, gate: &str) -> String {
    spec.gate(gate).map_or_else(|| format!("(no gate `{gate}`)"), |gate| gate.emoji.clone())
}

/// Whether `immediates` has one of this kind.
pub(super) fn has(immediates: &[Immediate], wanted: ImmediateKind) -> bool {
    immediates
        .iter()
        .any(|immediate| matches!(immediate, Immediate::Named { kind, .. } if *kind == wanted))
}

/// The immediates that have a name: the bytes that carry nothing are of the binary format only.
pub(super) fn named(immediates: &[Immediate]) -> Vec<(&str, ImmediateKind)> {
    immediates
        .iter()
        .filter_map(|immediate| match immediate {
            Immediate::Named { name, kind } => Some((name.as_str(), *kind)),
            Immediate::Byte(_) => None,
        })
        .collect()
}

/// The built-in's signature as the text writes it: `shared?` in front where that is an immediate.
pub(super) fn signature(builtin: &Builtin) -> String {
    let shared = if has(&builtin.immediates, ImmediateKind::Shared) { "shared? " } else { "" };
    format!("{shared}{}", builtin.signature.value)
}

/// The name of an option without its value: `string-encoding` for `string-encoding=utf8`.
pub(super) fn option_kind(name: &str) -> &str {
    name.split_once('=').map_or(name, |(kind, _)| kind)
}
