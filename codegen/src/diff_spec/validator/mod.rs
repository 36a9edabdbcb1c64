//! The validator: components that follow the data are valid, and components with one mistake are
//! not.
//!
//! | module | contents |
//! |---|---|
//! | [`builtins`] | the built-ins: signature, opcode, immediates, options, gates |
//! | [`definitions`] | `lift` and `lower`, and the gates of options |
//! | [`values`] | the value types, and limits |
//! | [`forms`] | the forms of a built-in: widths, element types, options |
//! | [`component`] | writes, encodes and validates components |
//! | [`bytes`] | reads encoded definitions back, as the data describes them |
//! | [`features`] | gates, and the validator's features |
//! | [`tally`] | counts many tries, and reports each difference once |

use weft_spec::{Report, Spec};

use super::difference::{Fact, Findings, Source};

mod builtins;
mod bytes;
mod component;
mod definitions;
mod features;
mod forms;
mod tally;
mod values;

pub(super) use builtins::check as check_builtin;
pub(super) use definitions::check as check_definitions;
pub(super) use values::{check_limit, check_type};

/// Compares the data with the validator.
pub(super) fn compare<'a>(spec: &Spec, texts: &'a Report) -> Findings<'a> {
    let mut findings = Findings::new(Source::Validator, texts);
    for gate in features::unknown(spec) {
        findings.compare(Fact {
            subject: gate,
            what: "feature",
            described: Some(gate.to_owned()),
            found: None,
            place: None,
            edit: format!(
                "gate `{gate}` from spec/gates.toml, or add a feature for it to `diff_spec`"
            ),
            described_at: None,
        });
    }
    for builtin in &spec.builtins {
        check_builtin(spec, builtin, &mut findings);
    }
    check_definitions(spec, &mut findings);
    for ty in &spec.value_types {
        check_type(ty, &mut findings);
    }
    for constant in &spec.constants {
        check_limit(constant, &mut findings);
    }
    findings
}
