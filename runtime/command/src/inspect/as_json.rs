//! The findings for tools.

use serde_json::{Value, json};
use weft::engine::Capability;

use crate::input::Kind;

use super::findings::Findings;
use super::named::Named;

/// Returns the findings as a JSON value.
pub(super) fn json_of(findings: &Findings) -> Value {
    let Findings { path, kind, imports, exports, wit, wasi, capabilities, parts, .. } = findings;
    let modules = parts.modules.iter().map(|module| {
        json!({
            "name": module.name,
            "bytes": module.bytes,
            "code": module.code,
            "functions": module.functions,
            "data": module.data,
            "custom": module.custom,
        })
    });
    let producers = findings
        .producers
        .iter()
        .map(|it| json!({ "field": it.field, "name": it.name, "version": it.version }));
    let wasi = wasi.iter().map(|it| json!({ "version": it.version, "packages": it.packages }));
    json!({
        "file": path,
        "kind": match kind {
            Kind::Component => "component",
            Kind::CoreModule => "core-module",
        },
        "bytes": parts.bytes,
        "imports": named(imports),
        "exports": named(exports),
        "wit": (*kind == Kind::Component).then_some(wit),
        "wasi": wasi.collect::<Vec<_>>(),
        "capabilities": {
            "needed": names(&capabilities.needed),
            "missing": names(&capabilities.missing),
        },
        "core-modules": modules.collect::<Vec<_>>(),
        "nested-components": parts.components,
        "definitions": parts.definitions(),
        "custom": parts.custom,
        "producers": producers.collect::<Vec<_>>(),
        "advice": findings.advice,
    })
}

fn named(all: &[Named]) -> Vec<Value> {
    all.iter().map(|it| json!({ "name": it.name, "type": it.ty })).collect()
}

fn names(capabilities: &[Capability]) -> Vec<&'static str> {
    capabilities.iter().map(|it| it.name()).collect()
}
