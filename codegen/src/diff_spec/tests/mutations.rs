//! Changes of each fact in the data: a source has to notice each of them.

use std::collections::BTreeSet;

use weft_spec::Span;
use weft_spec::model::{
    CoreType, Immediate, ImmediateKind, Layout, Placed, RequiredOption, ResultMeaning, When,
};
use weft_spec::signature::SymbolicType;

use super::*;

/// A change of one fact about the built-in with the given number. It returns false if there is no
/// such fact.
type Mutation = (&'static str, fn(&mut Spec, usize) -> bool);

fn placed<T>(value: T) -> Placed<T> {
    Placed { value, span: Span { source: 0, range: 0..0 } }
}

/// Facts that both the texts and the validator have.
const SHARED: [Mutation; 10] = [
    ("opcode", |spec, at| {
        spec.builtins[at].opcode.value ^= 0x80;
        true
    }),
    ("gate", |spec, at| {
        let gate = &mut spec.builtins[at].gate.value;
        *gate = if gate == "threads" { "async" } else { "threads" }.to_owned();
        true
    }),
    ("one immediate more", |spec, at| {
        let name = "more".to_owned();
        spec.builtins[at]
            .immediates
            .push(Immediate::Named { name, kind: ImmediateKind::TypeIndex });
        true
    }),
    ("one immediate fewer", |spec, at| spec.builtins[at].immediates.pop().is_some()),
    ("one parameter more", |spec, at| {
        let slot = weft_spec::signature::Slot {
            name: String::new(),
            ty: SymbolicType::Core(CoreType::F32),
        };
        spec.builtins[at].signature.value.params.push(slot);
        true
    }),
    ("one parameter fewer", |spec, at| spec.builtins[at].signature.value.params.pop().is_some()),
    ("the type of the first parameter", |spec, at| {
        let slot = spec.builtins[at].signature.value.params.first_mut();
        slot.map(|slot| slot.ty = SymbolicType::Core(CoreType::F64)).is_some()
    }),
    ("the type of the last parameter", |spec, at| {
        let slot = spec.builtins[at].signature.value.params.last_mut();
        slot.map(|slot| slot.ty = SymbolicType::Core(CoreType::F64)).is_some()
    }),
    ("the results", |spec, at| {
        let results = &mut spec.builtins[at].signature.value.results;
        if results.pop().is_none() {
            let ty = SymbolicType::Core(CoreType::I32);
            results.push(weft_spec::signature::Slot { name: String::new(), ty });
        }
        true
    }),
    ("an option that is not required", |spec, at| {
        let required = &mut spec.builtins[at].required;
        // Another source leaves this open, so the two cannot be distinguished: see the exceptions.
        !required.is_empty() && {
            required.remove(0);
            true
        }
    }),
];

/// Facts that only the texts have.
const TEXTS: [Mutation; 13] = [
    ("name", |spec, at| {
        spec.builtins[at].name.value.push('s');
        true
    }),
    ("the name of the first immediate", |spec, at| {
        match spec.builtins[at].immediates.first_mut() {
            Some(Immediate::Named { name, .. }) => name.push('s'),
            Some(Immediate::Byte(byte)) => *byte = 1,
            None => return false,
        }
        true
    }),
    ("the name of the first parameter", |spec, at| {
        // The text has no names for the parameters of `context.set` and `task.return`.
        let builtin = &mut spec.builtins[at];
        let named = !matches!(builtin.name.as_str(), "context.set" | "task.return");
        let slot = builtin.signature.value.params.first_mut().filter(|_| named);
        slot.map(|slot| slot.name.push('s')).is_some()
    }),
    ("signature in WIT", |spec, at| {
        spec.builtins[at].wit.push(' ');
        true
    }),
    ("result", |spec, at| {
        let result = &mut spec.builtins[at].result;
        *result = match result {
            Some(ResultMeaning::Zero) => None,
            _ => Some(ResultMeaning::Zero),
        };
        true
    }),
    ("anchor in Explainer.md", |spec, at| {
        spec.builtins[at].anchors.explainer.push('s');
        true
    }),
    ("anchor in CanonicalABI.md", |spec, at| {
        spec.builtins[at].anchors.canonical_abi.push('s');
        true
    }),
    ("one allowed option more", |spec, at| {
        spec.builtins[at].allowed.push(placed("post-return".to_owned()));
        true
    }),
    ("one allowed option fewer", |spec, at| spec.builtins[at].allowed.pop().is_some()),
    ("one required option more", |spec, at| {
        let option = "callback".to_owned();
        let span = Span { source: 0, range: 0..0 };
        spec.builtins[at].required.push(RequiredOption { option, when: When::Always, span });
        true
    }),
    ("no function of the reference", |spec, at| {
        let reference = &mut spec.builtins[at].reference;
        let some = !reference.is_empty();
        reference.clear();
        some
    }),
    ("another function of the reference", |spec, at| {
        spec.builtins[at].reference.push("no_such_function".to_owned());
        true
    }),
    ("no built-in at all", |spec, at| {
        spec.builtins[at].name.value = "gone.gone".to_owned();
        true
    }),
];

/// Returns the subjects of the unexplained differences.
fn subjects(mut comparison: Comparison, spec: &Spec) -> BTreeSet<String> {
    comparison.excuse(&spec.exceptions);
    comparison.unexcused().map(|difference| difference.subject.clone()).collect()
}

#[test]
fn every_change_of_a_built_in_differs_from_some_text() {
    let (spec, texts) = description();
    let sources = sources();
    let before = sources.compare(spec, texts).unwrap().differences;
    let mut changed = 0;
    for at in 0..spec.builtins.len() {
        let name = spec.builtins[at].name.as_str();
        for (what, mutate) in SHARED.iter().chain(&TEXTS) {
            let mut mutated = spec.clone();
            if !mutate(&mut mutated, at) {
                continue;
            }
            changed += 1;
            let mut comparison = sources.compare(&mutated, texts).unwrap();
            comparison.differences.retain(|difference| !before.contains(difference));
            comparison.excuse(&spec.exceptions);
            let told = comparison.unexcused().any(|difference| difference.subject == name);
            assert!(told, "{name}: {what} was changed, {:#?}", comparison.differences);
        }
    }
    assert!(changed > 15 * spec.builtins.len(), "only {changed} changes");
}

#[test]
fn every_change_of_a_built_in_differs_from_the_validator() {
    let (spec, texts) = description();
    let options: [Mutation; 2] = [
        ("one allowed option more", |spec, at| {
            let builtin = &mut spec.builtins[at];
            let takes = described::has(&builtin.immediates, ImmediateKind::Options);
            builtin.allowed.push(placed("post-return".to_owned()));
            takes
        }),
        ("one allowed option fewer", |spec, at| {
            let builtin = &mut spec.builtins[at];
            // Unless the option is required, and is therefore always present.
            let optional =
                |name: &str| builtin.required.iter().all(|required| required.option != name);
            let position = builtin.allowed.iter().position(|option| optional(&option.value));
            position.map(|position| builtin.allowed.remove(position)).is_some()
        }),
    ];
    for at in 0..spec.builtins.len() {
        for (what, mutate) in SHARED.iter().chain(&options) {
            let mut mutated = spec.clone();
            if !mutate(&mut mutated, at) {
                continue;
            }
            let name = spec.builtins[at].name.as_str();
            let mut findings = Findings::new(Source::Validator, texts);
            validator::check_builtin(&mutated, &mutated.builtins[at], &mut findings);
            let mut comparison = Comparison::default();
            comparison.add(findings);
            let found = subjects(comparison, &mutated);
            assert!(found.contains(name), "{name}: {what} was changed, and nothing differs");
        }
    }
}

#[test]
fn every_change_of_a_definition_or_an_option_is_reported() {
    let (spec, texts) = description();
    let sources = sources();
    let tell = |mutated: &Spec, name: &str, what: &str, by_validator: bool| {
        let found = subjects(sources.compare(mutated, texts).unwrap(), mutated);
        assert!(found.contains(name), "{name}: {what} was changed, {found:?} differ");
        if by_validator {
            let mut findings = Findings::new(Source::Validator, texts);
            validator::check_definitions(mutated, &mut findings);
            assert!(!findings.differences.is_empty(), "{name}: the validator misses {what}");
        }
    };
    for (at, definition) in spec.definitions.iter().enumerate() {
        let change =
            |what: &str, by_validator, mutate: &dyn Fn(&mut weft_spec::model::Definition)| {
                let mut mutated = spec.clone();
                mutate(&mut mutated.definitions[at]);
                tell(&mutated, &definition.name, what, by_validator);
            };
        change("opcode", true, &|definition| definition.opcode.value = 0x55);
        change("immediates", true, &|definition| {
            definition.immediates.pop();
        });
        change("allowed", true, &|definition| {
            definition.allowed.pop();
        });
        change("anchors", false, &|definition| definition.anchors.explainer.push('x'));
        change("anchors", false, &|definition| definition.anchors.canonical_abi.push('x'));
    }
    for (at, option) in spec.options.iter().enumerate() {
        let change =
            |what: &str, by_validator, mutate: &dyn Fn(&mut weft_spec::model::CanonicalOption)| {
                let mut mutated = spec.clone();
                mutate(&mut mutated.options[at]);
                tell(&mutated, &option.name, what, by_validator);
            };
        change("code", true, &|option| option.code.value = 0x55);
        change("gate", true, &|option| option.gate.value = "threads".to_owned());
        change("immediates", true, &|option| {
            if option.immediates.pop().is_none() {
                option.immediates.push(Immediate::Byte(0));
            }
        });
        change("name", false, &|option| option.name.value.push('x'));
    }
}

#[test]
fn every_change_of_a_gate_constant_or_code_is_reported() {
    let (spec, texts) = description();
    let sources = sources();
    let tell = |mutated: &Spec, name: &str| {
        let found = subjects(sources.compare(mutated, texts).unwrap(), mutated);
        assert!(found.contains(name), "{name} was changed, {found:?} differ");
    };
    for at in 0..spec.gates.len() {
        let mut mutated = spec.clone();
        let gate = &mut mutated.gates[at];
        if gate.emoji.is_empty() {
            continue;
        }
        gate.since = if gate.since == "unreleased" { "wasi-0.3" } else { "unreleased" }.to_owned();
        tell(&mutated, &spec.gates[at].name);
        mutated = spec.clone();
        mutated.gates[at].emoji = "🦀".to_owned();
        tell(&mutated, &spec.gates[at].name);
        mutated = spec.clone();
        let gone = mutated.gates.remove(at);
        tell(&mutated, &gone.emoji);
    }
    for at in 0..spec.constants.len() {
        let mut mutated = spec.clone();
        let constant = &mut mutated.constants[at];
        constant.anchor.push('x');
        tell(&mutated, &spec.constants[at].name);
        mutated = spec.clone();
        mutated.constants[at].value += 1;
        match spec.constants[at].name.as_str() {
            "CONTEXT_SLOTS" => tell(&mutated, "context.get"),
            // The validator has these.
            "MAX_FLAGS" | "MAX_VALUE_BYTE_LENGTH" => {}
            name => tell(&mutated, name),
        }
        if spec.constants[at].reference.is_empty() {
            continue;
        }
        mutated = spec.clone();
        mutated.constants[at].value ^= 1;
        tell(&mutated, &spec.constants[at].name);
        mutated = spec.clone();
        let gone = mutated.constants.remove(at);
        tell(&mutated, &gone.reference);
    }
    for at in 0..spec.codes.len() {
        for case in 0..spec.codes[at].cases.len() {
            let mut mutated = spec.clone();
            mutated.codes[at].cases[case].value += 100;
            tell(&mutated, &spec.codes[at].name);
            mutated = spec.clone();
            mutated.codes[at].cases.remove(case);
            tell(&mutated, &spec.codes[at].name);
        }
        let mut mutated = spec.clone();
        let gone = mutated.codes.remove(at);
        tell(&mutated, &gone.reference);
    }
    for at in 0..spec.packings.len() {
        let mut mutated = spec.clone();
        mutated.packings[at].anchor.push('x');
        tell(&mutated, &spec.packings[at].name);
    }
}

#[test]
fn a_wrong_limit_differs_from_the_validator() {
    let (spec, texts) = description();
    let mut told = 0;
    for at in 0..spec.constants.len() {
        for change in [|value: u64| value + 1, |value: u64| value - 1] {
            let mut mutated = spec.clone();
            mutated.constants[at].value = change(spec.constants[at].value);
            let mut findings = Findings::new(Source::Validator, texts);
            validator::check_limit(&mutated.constants[at], &mut findings);
            told += usize::from(!findings.differences.is_empty());
        }
    }
    assert_eq!(told, 2 * 5, "the limits that the validator knows");
}

#[test]
fn every_change_of_a_value_type_is_reported() {
    let (spec, texts) = description();
    let sources = sources();
    for (at, ty) in spec.value_types.iter().enumerate() {
        let change = |by_validator, mutate: &dyn Fn(&mut weft_spec::model::ValueType)| {
            let mut mutated = spec.clone();
            mutate(&mut mutated.value_types[at]);
            let found = subjects(sources.compare(&mutated, texts).unwrap(), &mutated);
            let name = ty.name.as_str();
            assert!(found.contains(name), "{name} was changed, {found:?} differ");
            if by_validator {
                let mut findings = Findings::new(Source::Validator, texts);
                validator::check_type(&mutated.value_types[at], &mut findings);
                assert!(!findings.differences.is_empty(), "{name}: the validator misses it");
            }
        };
        change(true, &|ty| ty.opcode.value ^= 0x40);
        change(true, &|ty| ty.gate.value = "threads".to_owned());
        change(false, &|ty| ty.name.value.push('x'));
        change(false, &|ty| ty.reference = "NoType".to_owned());
        if let Layout::Fixed { size, alignment, flat } = &ty.layout {
            let (size, alignment, flat) = (*size, *alignment, *flat);
            let other = if flat == CoreType::I32 { CoreType::I64 } else { CoreType::I32 };
            change(false, &|ty| ty.layout = Layout::Fixed { size: size + 1, alignment, flat });
            change(false, &|ty| ty.layout = Layout::Fixed { size, alignment: alignment + 1, flat });
            change(true, &|ty| ty.layout = Layout::Fixed { size, alignment, flat: other });
        } else {
            change(false, &|ty| {
                let flat = CoreType::F32;
                ty.layout = Layout::Fixed { size: 3, alignment: 3, flat };
            });
        }
    }
}

#[test]
fn every_trap_site_is_claimed_and_every_claim_is_a_site() {
    let (spec, texts) = description();
    let sources = sources();
    let reference = |mutated: &Spec| {
        let mut findings = Findings::new(Source::Reference, texts);
        sources.reference.compare(mutated, &mut findings).unwrap();
        findings.differences
    };
    // A claim on a site that does not exist.
    for (at, trap) in spec.traps.iter().enumerate() {
        for site in 0..trap.sites.len() {
            let mut mutated = spec.clone();
            mutated.traps[at].sites[site].value.push('x');
            let found = reference(&mutated);
            let told = found.iter().any(|d| d.subject == trap.id.value && d.found.is_none());
            assert!(told, "`{}` of {}", trap.sites[site].value, *trap.id);
        }
    }
    // A site without a claim.
    let claims: BTreeSet<&str> =
        spec.traps.iter().flat_map(|trap| &trap.sites).map(|site| site.value.as_str()).collect();
    for claim in claims {
        let mut mutated = spec.clone();
        for trap in &mut mutated.traps {
            trap.sites.retain(|site| site.value != claim);
        }
        let (function, condition) = claim.split_once(": ").unwrap();
        let told = reference(&mutated).iter().any(|difference| {
            (difference.subject == function || function == "*")
                && difference.described.is_none()
                && difference.found.as_deref().is_some_and(|found| found.ends_with(condition))
        });
        assert!(told, "no trap claims `{claim}`");
    }
    // A built-in that traps, without the trap in the data.
    for at in 0..spec.builtins.len() {
        let mut mutated = spec.clone();
        let builtin = &mut mutated.builtins[at];
        let described = builtin.guards.len() + builtin.traps.len();
        let traps = described > 0 && !builtin.reference.is_empty();
        builtin.guards.clear();
        builtin.traps.clear();
        let name = spec.builtins[at].name.as_str();
        let told = reference(&mutated).iter().any(|d| d.subject == name && d.what == "trap");
        assert_eq!(told, traps, "{name}");
    }
}

#[test]
fn every_message_of_the_suite_belongs_to_a_trap() {
    let (spec, texts) = description();
    let sources = sources();
    let before = {
        let mut findings = Findings::new(Source::Suite, texts);
        sources.suite.compare(spec, &mut findings).unwrap();
        findings.differences.len()
    };
    let mut missed = 0;
    for at in 0..spec.traps.len() {
        let mut mutated = spec.clone();
        mutated.traps[at].message.value = "another message".to_owned();
        let mut findings = Findings::new(Source::Suite, texts);
        sources.suite.compare(&mutated, &mut findings).unwrap();
        missed += usize::from(findings.differences.len() > before);
    }
    assert!(missed > 25, "only {missed} messages are expected by the suite");
}
