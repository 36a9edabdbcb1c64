//! Comparison of lifting, lowering, layout and flattening with the executable reference.
//!
//! Types, values, encodings, widths and memories are random, well-formed and malformed. Bytes, core
//! values, lifted values, calls of `realloc` and the rules of traps agree with `definitions.py` in
//! each of Weft's ways: dynamic, typed, and from guest to guest by a plan.
//!
//! | test | needs |
//! |---|---|
//! | recorded cases, with the reference's results | nothing |
//! | new cases, tens of thousands | Python and the pinned sources; skipped without them |
//!
//! `WEFT_RECORD=1` records again; `WEFT_SEED` and `WEFT_CASES` select the new cases.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::case::Case;
use crate::linked::Engines;
use crate::{generate, linked, mistakes, paths, typed};

/// The rules that may be broken at each site of the reference.
pub(crate) type Sites = BTreeMap<String, BTreeSet<String>>;

fn sites() -> Sites {
    let spec = weft_spec::load(Path::new(weft_spec::DATA)).unwrap();
    let mut sites = Sites::new();
    for trap in &spec.traps {
        for site in &trap.sites {
            sites.entry(site.value.clone()).or_default().insert(trap.id.value.clone());
        }
    }
    sites
}

/// Returns the reference's results for the cases, or the reason why it cannot run.
fn ask_reference(cases: &[Case]) -> Result<Vec<Value>, String> {
    let sources = weft_tests::pinned::component_model().map_err(|report| report.to_string())?;
    let definitions = sources.join("design/mvp/canonical-abi/definitions.py");
    let at_a_time = std::thread::available_parallelism().map_or(1, usize::from);
    let share = cases.len().div_ceil(at_a_time).max(1);
    std::thread::scope(|scope| {
        let parts = cases.chunks(share);
        let parts = parts.map(|cases| scope.spawn(|| ask_python(&definitions, cases)));
        let parts: Vec<_> = parts.collect();
        let results =
            parts.into_iter().map(|it| it.join().unwrap()).collect::<Result<Vec<_>, _>>()?;
        Ok(results.concat())
    })
}

fn ask_python(definitions: &Path, cases: &[Case]) -> Result<Vec<Value>, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("reference/abi.py");
    let mut python = Command::new("python3")
        .arg(script)
        .arg(definitions)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot run python3: {error}"))?;
    let mut input = python.stdin.take().unwrap();
    let lines: Vec<String> = cases.iter().map(|case| case.to_json().to_string()).collect();
    let writer = std::thread::spawn(move || input.write_all((lines.join("\n") + "\n").as_bytes()));
    let output = python.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "the reference failed");
    let text = String::from_utf8(output.stdout).unwrap();
    Ok(text.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[derive(Debug, Default)]
struct Tally {
    cases: usize,
    typed: usize,
    lifts_trapped: usize,
    lowers_trapped: usize,
    /// Cases moved as elements of a stream: well-formed ones, and malformed ones.
    elements: [usize; 2],
    /// Cases moved between the guests of a component, and those of them that trapped.
    linked: usize,
    linked_traps: usize,
    /// Those moved by asynchronous calls, and those of them that trapped.
    asynchronous: usize,
    asynchronous_traps: usize,
    /// Those moved by streams in components: well-formed ones, and malformed ones.
    streamed: [usize; 2],
    rules: BTreeSet<String>,
}

/// Panics with the case if the result of a component differs from the reference's.
fn compare_in_components(
    engines: &Engines,
    case: &Case,
    reference: &Value,
    sites: &Sites,
    tally: &mut Tally,
) {
    let is_malformed = reference["lift"]["trap"].is_string();
    if let Some(outcome) = linked::stream_outcome(engines, case, is_malformed) {
        let way = "stream in a component";
        let difference =
            paths::difference_in_component(way, &outcome, reference, sites, &mut tally.rules);
        if let Err(difference) = difference {
            panic!("{difference}\ncase: {}\nreference: {reference}\n{outcome}", case.to_json());
        }
        tally.streamed[usize::from(is_malformed)] += 1;
    }
    let Some(outcomes) = linked::outcomes(engines, case) else { return };
    let rules = &mut tally.rules;
    let mut ways = outcomes.iter();
    let difference = linked::difference(&outcomes).and_then(|()| {
        ways.try_for_each(|(way, outcome)| {
            paths::difference_in_component(way, outcome, reference, sites, rules)
        })
    });
    if let Err(difference) = difference {
        panic!("{difference}\ncase: {}\nreference: {reference}", case.to_json());
    }
    let traps = usize::from(outcomes[0].1["trap"].is_string());
    if outcomes.len() == 2 {
        tally.linked += 1;
        tally.linked_traps += traps;
    } else {
        tally.asynchronous += 1;
        tally.asynchronous_traps += traps;
    }
}

/// Panics with the case if any result differs from the reference's.
fn compare(case: &Case, reference: &Value, sites: &Sites, tally: &mut Tally) {
    let ours = paths::run(case);
    tally.cases += 1;
    let difference = paths::difference(case, &ours, reference, sites, &mut tally.rules);
    match difference.and_then(|()| typed::difference(case, &ours)) {
        Ok(typed) => tally.typed += typed,
        Err(difference) => {
            panic!("{difference}\ncase: {}\nreference: {reference}\nours: {ours}", case.to_json())
        }
    }
    tally.lifts_trapped += usize::from(ours["lift"]["trap"].is_string());
    tally.lowers_trapped += usize::from(ours["lower"]["host"]["trap"].is_string());
    if !ours["elements"].is_null() {
        tally.elements[usize::from(ours["lift"]["trap"].is_string())] += 1;
    }
}

fn recorded() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/abi/recorded.jsonl")
}

fn number(variable: &str, without: u64) -> u64 {
    std::env::var(variable).map_or(without, |text| text.parse().unwrap())
}

#[test]
fn recorded_results_of_the_reference_are_matched() {
    if std::env::var_os("WEFT_RECORD").is_some() {
        // Small memories keep the record small.
        let cases: Vec<Case> = generate::cases(4).filter(Case::is_small).take(150).collect();
        let results = ask_reference(&cases).unwrap();
        let mut lines = String::new();
        for (case, result) in cases.iter().zip(results) {
            let line = serde_json::json!({ "case": case.to_json(), "reference": result });
            lines.push_str(&line.to_string());
            lines.push('\n');
        }
        std::fs::write(recorded(), lines).unwrap();
    }
    let (sites, mut tally, engines) = (sites(), Tally::default(), Engines::default());
    for line in std::fs::read_to_string(recorded()).unwrap().lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let (case, reference) = (Case::from_json(&line["case"]), &line["reference"]);
        compare(&case, reference, &sites, &mut tally);
        compare_in_components(&engines, &case, reference, &sites, &mut tally);
    }
    assert!(tally.cases >= 150 && tally.lifts_trapped > 20 && tally.typed > 40, "{tally:?}");
    assert!(tally.linked > 10 && tally.linked_traps > 0, "{tally:?}");
    assert!(tally.streamed.iter().all(|it| *it > 2), "{tally:?}");
    assert!(tally.asynchronous > 10 && tally.asynchronous_traps > 0, "{tally:?}");
}

#[test]
fn random_values_are_lifted_and_lowered_like_the_reference() {
    let count = usize::try_from(number("WEFT_CASES", 12_000)).unwrap();
    let cases: Vec<Case> = generate::cases(number("WEFT_SEED", 1)).take(count).collect();
    let results = match ask_reference(&cases) {
        Ok(results) => results,
        Err(reason) => {
            eprintln!("skipped the comparison with the reference: {reason}");
            return;
        }
    };
    assert_eq!(results.len(), cases.len());
    let (sites, mut tally, engines) = (sites(), Tally::default(), Engines::default());
    for (number, (case, reference)) in cases.iter().zip(&results).enumerate() {
        compare(case, reference, &sites, &mut tally);
        // Components take more time than all other ways.
        if number.is_multiple_of(4) {
            compare_in_components(&engines, case, reference, &sites, &mut tally);
        }
    }
    let [well_formed, malformed] = tally.elements;
    assert!(count < 1000 || well_formed.min(malformed) > count / 50, "{tally:?}");
    println!("{tally:#?}");
}

#[test]
fn the_two_mistakes_of_the_reference_are_not_repeated() {
    let mut cases = Vec::new();
    for (case, rule) in mistakes::of_align_to() {
        assert_eq!(paths::run(&case)["lift"]["trap"], rule, "{case:?}");
        cases.push(case);
    }
    for (case, length) in mistakes::of_the_tag() {
        let outcome = paths::run(&case);
        assert_eq!(outcome["ways"]["both memories"]["flat"][1], length, "{case:?}");
        cases.push(case);
    }
    let results = match ask_reference(&cases) {
        Ok(results) => results,
        Err(reason) => {
            eprintln!("skipped the comparison with the reference: {reason}");
            return;
        }
    };
    assert_eq!(results.len(), cases.len());
    let (sites, mut tally) = (sites(), Tally::default());
    for (case, reference) in cases.iter().zip(&results) {
        compare(case, reference, &sites, &mut tally);
    }
}
