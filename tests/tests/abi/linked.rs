//! Values from guest to guest in components, by linked calls, by ordinary and asynchronous ones, and
//! by streams.
//!
//! All have the results of the reference; linked and ordinary calls also have the same traces.

use serde_json::{Value, json};
use weft::abi::Val;
use weft::component::{CallError, Component, Linker, Store};
use weft::engine::CoreTrap;
use weft::engine::wasmi::Wasmi;
use weft_tests::nan_chooser::NanChooser;

use crate::case::{Case, hex};
use crate::component::{Way, text};
use crate::elements::{Elements, with_harmless_destination};
use crate::receiver::{CALLS, NUM_CALLS};

/// The engines of a comparison.
pub struct Engines {
    linked: Wasmi,
    ordinary: Wasmi,
}

impl Default for Engines {
    fn default() -> Self {
        let linked = Wasmi::default();
        Self { ordinary: linked.clone().with_linked_guests(false), linked }
    }
}

/// Returns the results of a case in components, with the kinds of their calls: by a linked call and
/// by an ordinary one, or by an asynchronous one. Returns nothing if no component can express it.
pub fn outcomes(engines: &Engines, case: &Case) -> Option<Vec<(&'static str, Value)>> {
    let way = Way::of(case)?;
    let text = text(case, way);
    let bytes = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let kinds: &[_] = if way.is_async() {
        &[("asynchronous", &engines.ordinary, 0)]
    } else {
        &[("linked", &engines.linked, 1), ("ordinary", &engines.ordinary, 0)]
    };
    let outcomes = kinds.iter().map(|&(kind, engine, num_linked)| {
        let component = Component::new(engine, &bytes);
        let component = component.unwrap_or_else(|error| panic!("{error:?}\n{text}"));
        let linked = component.guest_calls().filter(|call| call.not_linked().is_none()).count();
        assert_eq!(linked, num_linked, "{:?}\n{text}", component.guest_calls().collect::<Vec<_>>());
        let (outcome, is_receiver_trapped) =
            outcome(engine, &component, case, way.flat_count(case));
        assert_eq!(outcome["trap"].is_string(), is_receiver_trapped);
        (kind, outcome)
    });
    Some(outcomes.collect())
}

/// Returns the result of a case whose values are elements of a stream, in a component. Returns
/// nothing if no component can express it.
pub fn stream_outcome(engines: &Engines, case: &Case, is_malformed: bool) -> Option<Value> {
    let elements = Elements::of(case, is_malformed).filter(|it| it.is_for_components(case))?;
    let case = if is_malformed { &with_harmless_destination(case) } else { case };
    let text = elements.text(case);
    let bytes = wat::parse_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let component = Component::new(&engines.ordinary, &bytes);
    let component = component.unwrap_or_else(|error| panic!("{error:?}\n{text}"));
    let count = elements.flat_count(case);
    let (mut outcome, is_receiver_trapped) = outcome(&engines.ordinary, &component, case, count);
    assert!(!is_receiver_trapped || outcome["trap"].is_string());
    if let Some(rule) = outcome["trap"].as_str() {
        outcome["trap"] = elements.rule(rule.to_owned()).into();
    }
    Some(outcome)
}

/// Returns the result of a case in a component, of which the receiver records `flat_count` values;
/// and true if the receiver's instance refuses further calls.
fn outcome(
    engine: &Wasmi,
    component: &Component<Wasmi>,
    case: &Case,
    flat_count: usize,
) -> (Value, bool) {
    let mut store = Store::with_chooser(engine, Box::new(NanChooser(case.nan)), ());
    let instance = store.instantiate(component, &Linker::new()).unwrap();
    let run = store.function(&instance, "run").unwrap();
    let dump = store.function(&instance, "dump").unwrap();
    match store.call(&run, &[]) {
        Ok(_) => {
            let dumped = store.call(&dump, &[]).unwrap().unwrap();
            (remembered(flat_count, &bytes(&dumped)), false)
        }
        Err(error) => {
            let again = store.call(&run, &[]).unwrap_err();
            assert!(matches!(again, CallError::InstanceTrapped(_)), "{again:?}");
            let again = store.call(&dump, &[]);
            let backtrace = store.last_trap().unwrap().to_string();
            let outcome = json!({ "trap": rule(&error), "backtrace": backtrace });
            (outcome, matches!(again, Err(CallError::InstanceTrapped(_))))
        }
    }
}

fn rule(error: &CallError) -> String {
    match error {
        CallError::Trap(trap) => trap.rule().id().into(),
        CallError::Core(CoreTrap::Engine(text)) if text.contains("unreachable") => "realloc".into(),
        other => panic!("{other:?}"),
    }
}

fn bytes(val: &Val) -> Vec<u8> {
    let elements = val.as_list().unwrap().iter();
    elements.map(|val| if let Val::U8(byte) = val { *byte } else { panic!("{val:?}") }).collect()
}

/// Formats the receiver's record as the other ways do.
fn remembered(flat_count: usize, dumped: &[u8]) -> Value {
    let number = |at: usize| u64::from_le_bytes(*dumped[at..].first_chunk().unwrap());
    let calls = u32::from_le_bytes(*dumped[NUM_CALLS..].first_chunk().unwrap()) as usize;
    let end = CALLS + 32 * calls;
    let calls = (0..calls)
        .map(|call| (0..4).map(|part| number(CALLS + 32 * call + 8 * part)).collect::<Vec<_>>());
    json!({
        "flat": (0..flat_count).map(|at| number(8 * at)).collect::<Vec<_>>(),
        "calls": calls.collect::<Vec<_>>(),
        "memory": hex(&dumped[end..]),
    })
}

/// Returns the difference between the results of the kinds of calls, if there is one.
pub fn difference(outcomes: &[(&str, Value)]) -> Result<(), String> {
    match outcomes {
        [(_, linked), (_, ordinary)] if linked != ordinary => {
            Err(format!("linked: {linked}\nordinary: {ordinary}"))
        }
        _ => Ok(()),
    }
}
