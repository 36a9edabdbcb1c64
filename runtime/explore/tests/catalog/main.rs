//! A catalog of components with a mistake that shows only under some schedules: each is found. With
//! the mistake corrected, each is right under every schedule.
//!
//! In the text of a component, a line after `@wrong:` is the mistake, and those after `@right:` are
//! the correction.

#![expect(clippy::unwrap_used, reason = "a test that fails to set up has failed")]

use weft::component::{CallError, Component, Linker};
use weft::engine::wasmi::Wasmi;
use weft_explore::{Bound, Ending, Exploration, Explored, Explorer};

const CATALOG: [(&str, &str); 5] = [
    ("lost wake-up", include_str!("lost_wake_up.wat")),
    ("order of joins", include_str!("order_of_joins.wat")),
    ("cancel races return", include_str!("cancel_races_return.wat")),
    ("back-pressure", include_str!("back_pressure.wat")),
    ("dropped stream", include_str!("dropped_stream.wat")),
];

/// Returns the text with the corrections, and without the mistakes that they replace.
fn corrected(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut is_wrong = false;
    for line in text.lines() {
        match line.split_once(";; @right: ") {
            Some((indent, right)) => lines.push(format!("{indent}{right}")),
            None if line.contains(";; @wrong:") => is_wrong = line.contains("the event is"),
            None if is_wrong => is_wrong = false,
            None => lines.push(line.to_owned()),
        }
    }
    lines.join("\n")
}

/// The end of each call: `ok`, or the error.
type Ends = Vec<String>;

/// Begins the exported functions `first`, `second` and `third`, and runs them to their ends.
fn run(component: &Component<Wasmi>, engine: &Wasmi, explorer: &mut Explorer) -> Ends {
    let mut linker = Linker::new();
    let events = explorer.host_events();
    linker.typed_async_function("work", move |_, (number,): (u32,)| {
        let event = events.ready(format!("the work {number} is done"));
        async move {
            event.await;
            Ok(())
        }
    });
    let mut store = explorer.store(engine, ());
    let instance = store.instantiate(component, &linker).unwrap();
    let functions = ["first", "second", "third"]
        .into_iter()
        .filter_map(|name| store.typed_function::<(), ()>(&instance, name).ok())
        .collect::<Vec<_>>();
    let calls: Vec<_> = functions.iter().map(|it| store.start(it, ()).unwrap()).collect();
    let end = |result| match result {
        Ok(()) => "ok".to_owned(),
        Err(CallError::Deadlock(_)) => "deadlock".to_owned(),
        Err(error) => error.to_string(),
    };
    calls.into_iter().map(|call| end(explorer.run(&mut store, call))).collect()
}

fn explored(text: &str, exploration: &Exploration<'_>) -> Explored<Ends> {
    let engine = Wasmi::default();
    let component = Component::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
    exploration.run(|explorer| run(&component, &engine, explorer))
}

fn is_right(ending: &Ending<Ends>) -> bool {
    matches!(ending, Ending::Returned(ends) if ends.iter().all(|end| end == "ok"))
}

/// Returns the texts of the outcomes, in order.
fn texts(explored: &Explored<Ends>) -> Vec<String> {
    let mut texts: Vec<_> =
        explored.outcomes().iter().map(|it| format!("{:?}", it.result)).collect();
    texts.sort();
    texts
}

#[test]
fn every_mistake_is_found_and_the_first_schedule_is_right() {
    for (name, text) in CATALOG {
        let explored = explored(text, &Exploration::new());
        println!("{name}: {explored}");
        assert!(is_right(&explored.outcomes()[0].result), "{name}: {explored}");
        let wrong: Vec<_> = explored.outcomes().iter().filter(|it| !is_right(&it.result)).collect();
        assert!(!wrong.is_empty(), "{name}: {explored}");
        assert!(matches!(explored.bound(), None | Some(Bound::Yields)), "{name}: {explored}");
    }
}

#[test]
fn what_is_corrected_is_right_under_every_schedule() {
    for (name, text) in CATALOG {
        let explored = explored(&corrected(text), &Exploration::new());
        println!("{name}, corrected: {explored}");
        assert!(explored.outcomes().iter().all(|it| is_right(&it.result)), "{name}: {explored}");
        assert!(matches!(explored.bound(), None | Some(Bound::Yields)), "{name}: {explored}");
    }
}

#[test]
fn all_orders_lead_to_the_same_outcomes() {
    for (name, text) in CATALOG {
        for text in [text.to_owned(), corrected(text)] {
            let reduced = explored(&text, &Exploration::new());
            let full = explored(&text, &Exploration::new().reduce(false));
            println!("{name}: {} of {}", reduced.num_schedules(), full.num_schedules());
            assert_eq!(texts(&reduced), texts(&full), "{name}");
            assert!(reduced.num_schedules() <= full.num_schedules(), "{name}");
        }
    }
}

#[test]
fn two_workers_find_the_same_outcomes() {
    for (name, text) in CATALOG {
        let one = explored(text, &Exploration::new());
        let two = explored(text, &Exploration::new().workers(2));
        assert_eq!(texts(&one), texts(&two), "{name}");
    }
}

#[test]
fn the_schedule_of_each_outcome_leads_to_it_again() {
    let engine = Wasmi::default();
    for (name, text) in CATALOG {
        let component = Component::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
        let explored = explored(text, &Exploration::new());
        for outcome in explored.outcomes() {
            let schedule = outcome.schedule.to_string().parse().unwrap();
            let replayed = Exploration::new()
                .replay(&schedule, |explorer| run(&component, &engine, explorer))
                .unwrap();
            assert_eq!(replayed.ending, outcome.result, "{name}");
            assert!(replayed.timeline.is_some());
        }
    }
}
