//! The validator's features, and the gates in the data that they stand for.

use wasmparser::WasmFeatures;
use weft_spec::Spec;

/// The gates, each with its feature.
pub(super) const GATES: [(&str, WasmFeatures); 15] = [
    ("async", WasmFeatures::CM_ASYNC),
    ("map", WasmFeatures::CM_MAP),
    ("implements", WasmFeatures::CM_IMPLEMENTS),
    ("values", WasmFeatures::CM_VALUES),
    ("nested-names", WasmFeatures::CM_NESTED_NAMES),
    ("more-async-builtins", WasmFeatures::CM_MORE_ASYNC_BUILTINS),
    ("stackful-lift", WasmFeatures::CM_ASYNC_STACKFUL),
    ("threads", WasmFeatures::CM_THREADING),
    ("shared-everything-threads", WasmFeatures::SHARED_EVERYTHING_THREADS),
    ("fixed-length-list", WasmFeatures::CM_FIXED_LENGTH_LISTS),
    ("error-context", WasmFeatures::CM_ERROR_CONTEXT),
    ("canonical-names", WasmFeatures::CM_CANON_NAMES),
    ("memory64", WasmFeatures::CM64),
    ("accessors", WasmFeatures::CM_ACCESSORS),
    ("forward", WasmFeatures::CM_FORWARD),
];

/// The gate that the `async?` immediate belongs to; see
/// [`ImmediateKind::Async`](weft_spec::model::ImmediateKind::Async).
pub(super) const ASYNC_IMMEDIATE: &str = "more-async-builtins";

/// Returns the feature of a gate; none if the gate is always open, or unknown.
pub(super) fn feature(gate: &str) -> WasmFeatures {
    GATES.iter().find(|(name, _)| *name == gate).map_or(WasmFeatures::empty(), |(_, f)| *f)
}

/// Returns all features except that of the gate.
pub(super) fn without(gate: &str) -> WasmFeatures {
    WasmFeatures::all().difference(feature(gate))
}

/// Returns the features without a gate, and those of these gates.
pub(super) fn only<'a>(gates: impl IntoIterator<Item = &'a str>) -> WasmFeatures {
    let open = GATES.iter().fold(WasmFeatures::all(), |open, (_, gated)| open.difference(*gated));
    gates.into_iter().fold(open, |open, gate| open.union(feature(gate)))
}

/// Returns the gates in the data that no feature stands for.
pub(super) fn unknown(spec: &Spec) -> Vec<&str> {
    let gates = spec.gates.iter().filter(|gate| !gate.emoji.is_empty());
    gates
        .map(|gate| gate.name.as_str())
        .filter(|name| GATES.iter().all(|(known, _)| known != name))
        .collect()
}
