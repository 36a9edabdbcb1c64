//! The data's side of the facts that several sources have.

use weft_spec::Spec;
use weft_spec::model::{Builtin, Immediate, ImmediateKind};

/// Returns the place to edit to change the `key` of `builtin`.
pub(super) fn edit(builtin: &Builtin, key: &str) -> String {
    format!("the `{key}` of `{}` in spec/builtins/{}.toml", *builtin.name, builtin.family)
}

/// Returns the place to edit to add a built-in that the data lacks.
pub(super) fn edit_missing(name: &str) -> String {
    format!("a row for `{name}` in spec/builtins")
}

/// Returns the emoji of a gate; empty for none.
pub(super) fn emoji(spec: &Spec, gate: &str) -> String {
    spec.gate(gate).map_or_else(|| format!("(no gate `{gate}`)"), |gate| gate.emoji.clone())
}

/// Returns true if `immediates` has one of this kind.
pub(super) fn has(immediates: &[Immediate], wanted: ImmediateKind) -> bool {
    immediates
        .iter()
        .any(|immediate| matches!(immediate, Immediate::Named { kind, .. } if *kind == wanted))
}

/// Returns the immediates that have a name; fixed bytes are part of the binary format only.
pub(super) fn named(immediates: &[Immediate]) -> Vec<(&str, ImmediateKind)> {
    immediates
        .iter()
        .filter_map(|immediate| match immediate {
            Immediate::Named { name, kind } => Some((name.as_str(), *kind)),
            Immediate::Byte(_) => None,
        })
        .collect()
}

/// Formats the built-in's signature as in the text, with `shared?` in front if that is an
/// immediate.
pub(super) fn signature(builtin: &Builtin) -> String {
    let shared = if has(&builtin.immediates, ImmediateKind::Shared) { "shared? " } else { "" };
    format!("{shared}{}", builtin.signature.value)
}

/// Returns the name of an option without its value: `string-encoding` for `string-encoding=utf8`.
pub(super) fn option_kind(name: &str) -> &str {
    name.split_once('=').map_or(name, |(kind, _)| kind)
}
