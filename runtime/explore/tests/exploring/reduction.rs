//! Random components with several instances: the schedules that are left out lead to no outcome of
//! their own.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Duration;

use weft::chooser::{Choice, Chooser as _, Seeded};
use weft::component::{CallError, Component, Linker};
use weft::engine::wasmi::Wasmi;
use weft_explore::{Bound, Exploration, Explored};

/// Returns the text of a component. Each of its functions `run0`, `run1` and so on is in an instance
/// of its own, and lets others run before each of these: it tells the host a number, changes a
/// counter in another instance and tells the host its value, waits for the host, or reads what it
/// has written itself.
fn program(random: &mut Seeded, processes: u32) -> String {
    let mut runs = String::new();
    let mut instances = String::new();
    for process in 0..processes {
        let mut body = String::new();
        for position in 0..2 + random.choose(Choice::Host, 4 - processes) {
            let number = 10 * process + position;
            body += "(drop (call $yield))";
            let operation = match random.choose(Choice::Host, 6) {
                0 | 1 => String::new(),
                2 => format!("(call $note (i32.const {number}))"),
                3 => "(call $note (i32.add (i32.const 100) (call $bump)))".to_owned(),
                4 => format!("(call $pause (i32.const {number}))"),
                _ => "(global.set $own (i32.add (global.get $own) (i32.const 1)))".to_owned(),
            };
            body.push_str(&operation);
        }
        write!(
            instances,
            r#"
            (component $P{process}
                (import "note" (func $note (param "number" u32)))
                (import "pause" (func $pause async (param "number" u32)))
                (import "bump" (func $bump (result u32)))
                (core func $note (canon lower (func $note)))
                (core func $pause (canon lower (func $pause)))
                (core func $bump (canon lower (func $bump)))
                (core func $yield (canon thread.yield))
                (core func $return (canon task.return (result u32)))
                (core module $Module
                    (import "" "note" (func $note (param i32)))
                    (import "" "pause" (func $pause (param i32)))
                    (import "" "bump" (func $bump (result i32)))
                    (import "" "yield" (func $yield (result i32)))
                    (import "" "return" (func $return (param i32)))
                    (global $own (mut i32) (i32.const 0))
                    (func (export "run") {body} (call $return (global.get $own))))
                (core instance $module (instantiate $Module (with "" (instance
                    (export "note" (func $note)) (export "pause" (func $pause))
                    (export "bump" (func $bump)) (export "yield" (func $yield))
                    (export "return" (func $return))))))
                (func (export "run") async (result u32)
                    (canon lift (core func $module "run") async)))
            (instance $p{process} (instantiate $P{process}
                (with "note" (func $note)) (with "pause" (func $pause))
                (with "bump" (func $counter "bump"))))"#
        )
        .unwrap();
        write!(runs, r#"(export "run{process}" (func $p{process} "run"))"#).unwrap();
    }
    format!(
        r#"(component
            (import "note" (func $note (param "number" u32)))
            (import "pause" (func $pause async (param "number" u32)))
            (component $Counter
                (core module $Module
                    (global $number (mut i32) (i32.const 0))
                    (func (export "bump") (result i32)
                        (global.set $number (i32.add (global.get $number) (i32.const 1)))
                        (global.get $number)))
                (core instance $module (instantiate $Module))
                (func (export "bump") (result u32) (canon lift (core func $module "bump"))))
            (instance $counter (instantiate $Counter))
            {instances}
            {runs})"#
    )
}

fn explored(text: &str, processes: u32, exploration: &Exploration<'_>) -> Explored<Vec<String>> {
    let engine = Wasmi::default();
    let component = Component::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
    exploration.run(|explorer| {
        let mut linker = Linker::new();
        let events = explorer.host_events();
        linker.typed_function("note", move |_, (number,): (u32,)| {
            events.note(number.to_string());
            Ok(())
        });
        let events = explorer.host_events();
        linker.typed_async_function("pause", move |_, (number,): (u32,)| {
            let events = events.clone();
            let event = match number % 3 {
                0 => events.ready(format!("pause {number}")),
                _ => events.sleep(Duration::from_secs((number % 10).into())),
            };
            async move {
                event.await;
                events.note(format!("{number} at {:?}", events.now()));
                Ok(())
            }
        });
        let mut store = explorer.store(&engine, ());
        let instance = store.instantiate(&component, &linker).unwrap();
        let mut calls = Vec::new();
        for process in 0..processes {
            let name = format!("run{process}");
            let run = store.typed_function::<(), u32>(&instance, &name).unwrap();
            calls.push(store.start(&run, ()).unwrap());
        }
        let result = |result: Result<u32, CallError>| match result {
            Ok(result) => result.to_string(),
            Err(error) => error.to_string(),
        };
        calls.into_iter().map(|call| result(explorer.run(&mut store, call))).collect()
    })
}

fn outcomes(explored: &Explored<Vec<String>>) -> BTreeSet<String> {
    explored.outcomes().iter().map(|it| format!("{:?} {:?}", it.result, it.notes)).collect()
}

#[test]
fn schedules_that_are_left_out_have_no_outcome_of_their_own() {
    let (mut reduced_sum, mut full_sum, mut outcomes_sum, mut num_programs) = (0, 0, 0, 0);
    let seeds = std::env::var("WEFT_SEEDS").ok().and_then(|it| it.parse().ok()).unwrap_or(60);
    for seed in 0..seeds {
        let mut random = Seeded::new(seed);
        let processes = 2 + random.choose(Choice::Host, 2);
        let text = program(&mut random, processes);
        let exploration = Exploration::new().max_schedules(600).max_yields(0);
        let exploration = exploration.slow_guests(seed % 2 == 1);
        let full = explored(&text, processes, &exploration.clone().reduce(false));
        if full.bound() == Some(Bound::Schedules) {
            continue;
        }
        num_programs += 1;
        let reduced = explored(&text, processes, &exploration);
        assert_ne!(reduced.bound(), Some(Bound::Schedules), "seed {seed}");
        assert_eq!(outcomes(&reduced), outcomes(&full), "seed {seed}: {text}");
        reduced_sum += reduced.num_schedules() + reduced.num_redundant();
        full_sum += full.num_schedules();
        outcomes_sum += full.outcomes().len();
    }
    println!(
        "{num_programs} programs, {reduced_sum} of {full_sum} schedules, {outcomes_sum} outcomes"
    );
    assert!(num_programs > 30 && 2 * outcomes_sum > 3 * num_programs && reduced_sum * 2 < full_sum);
}
