//! Values from guest to guest in components, by linked calls, by ordinary ones, and by tasks.
//!
//! All have the results of the reference; linked and ordinary calls also have the same traces.

use serde_json::{Value, json};
use weft::abi::Val;
use weft::component::{CallError, Component, Linker, Store};
use weft::engine::CoreTrap;
use weft::engine::wasmi::Wasmi;
use weft_tests::nan_chooser::NanChooser;

use crate::case::{Case, hex};
use crate::component::{Values, Way, text};
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
        (kind, outcome(engine, &component, case))
    });
    Some(outcomes.collect())
}

fn outcome(engine: &Wasmi, component: &Component<Wasmi>, case: &Case) -> Value {
    let mut store = Store::with_chooser(engine, Box::new(NanChooser(case.nan)), ());
    let instance = store.instantiate(component, &Linker::new()).unwrap();
    let run = store.function(&instance, "run").unwrap();
    match store.call(&run, &[]) {
        Ok(_) => {
            let dump = store.function(&instance, "dump").unwrap();
            let dumped = store.call(&dump, &[]).unwrap().unwrap();
            remembered(case, &bytes(&dumped))
        }
        Err(error) => {
            // Both instances refuse further calls.
            let again = store.call(&run, &[]).unwrap_err();
            assert!(matches!(again, CallError::InstanceTrapped(_)), "{again:?}");
            let dump = store.function(&instance, "dump").unwrap();
            let again = store.call(&dump, &[]).unwrap_err();
            assert!(matches!(again, CallError::InstanceTrapped(_)), "{again:?}");
            let backtrace = store.last_trap().unwrap().to_string();
            json!({ "trap": rule(&error), "backtrace": backtrace })
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
fn remembered(case: &Case, dumped: &[u8]) -> Value {
    let number = |at: usize| u64::from_le_bytes(*dumped[at..].first_chunk().unwrap());
    let calls = u32::from_le_bytes(*dumped[NUM_CALLS..].first_chunk().unwrap()) as usize;
    let end = CALLS + 32 * calls;
    let calls = (0..calls)
        .map(|call| (0..4).map(|part| number(CALLS + 32 * call + 8 * part)).collect::<Vec<_>>());
    let list = weft::abi::TypeList::new(case.types.iter().map(crate::case::to_type)).unwrap();
    let side = &case.destination.side;
    let flat = list.abi().of(side.addresses).flat;
    let count = match (flat.exceed(side.max_flat), Way::of(case)) {
        (false, _) => flat.count().unwrap(),
        (true, Some(Way { values: Values::Arguments, .. })) => 1,
        (true, _) => 0,
    };
    json!({
        "flat": (0..count).map(|at| number(8 * at)).collect::<Vec<_>>(),
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
