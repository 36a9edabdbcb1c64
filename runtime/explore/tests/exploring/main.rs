//! Explorations: their results, bounds, host events and mistakes in their use.

#![expect(clippy::unwrap_used, reason = "a test that fails to set up has failed")]

mod reduction;
mod time;

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use weft::component::{Component, Linker, Store};
use weft::engine::wasmi::Wasmi;
use weft_explore::{Bound, Ending, Exploration, Explored, Explorer, explore};

/// A guest whose function `run` yields three times, and returns a number that only it changes.
const YIELDS: &str = r#"
    (component
        (core func $yield (canon thread.yield))
        (core func $return (canon task.return (result u32)))
        (core module $Module
            (import "" "yield" (func $yield (result i32)))
            (import "" "return" (func $return (param i32)))
            (global $number (mut i32) (i32.const 0))
            (func (export "run")
                (drop (call $yield))
                (drop (call $yield))
                (global.set $number (i32.add (global.get $number) (i32.const 1)))
                (drop (call $yield))
                (call $return (global.get $number))))
        (core instance $module (instantiate $Module (with "" (instance
            (export "yield" (func $yield)) (export "return" (func $return))))))
        (func (export "run") async (result u32) (canon lift (core func $module "run") async)))
"#;

/// A guest whose function `spin` yields until it is cancelled, which never happens.
const SPINS: &str = r#"
    (component
        (core func $yield (canon thread.yield))
        (core module $Module
            (import "" "yield" (func $yield (result i32)))
            (func (export "spin") (loop $again (drop (call $yield)) (br $again))))
        (core instance $module (instantiate $Module (with "" (instance
            (export "yield" (func $yield))))))
        (func (export "spin") async (canon lift (core func $module "spin") async)))
"#;

/// A guest whose function `run` calls an async import.
const CALLS: &str = r#"
    (component
        (import "work" (func $work async (param "number" u32) (result u32)))
        (core func $work (canon lower (func $work)))
        (core func $return (canon task.return (result u32)))
        (core module $Module
            (import "" "work" (func $work (param i32) (result i32)))
            (import "" "return" (func $return (param i32)))
            (func (export "run") (param i32) (call $return (call $work (local.get 0)))))
        (core instance $module (instantiate $Module (with "" (instance
            (export "work" (func $work)) (export "return" (func $return))))))
        (func (export "run") async (param "number" u32) (result u32)
            (canon lift (core func $module "run") async)))
"#;

fn load(text: &str) -> (Wasmi, Component<Wasmi>) {
    let engine = Wasmi::default();
    let component = Component::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
    (engine, component)
}

/// Begins `run` in each of these many instances, and returns the results.
fn run_in_instances(
    explorer: &mut Explorer,
    (engine, component): &(Wasmi, Component<Wasmi>),
    instances: usize,
) -> Vec<u32> {
    let mut store = explorer.store(engine, ());
    let mut calls = Vec::new();
    for _ in 0..instances {
        let instance = store.instantiate(component, &Linker::new()).unwrap();
        let run = store.typed_function::<(), u32>(&instance, "run").unwrap();
        calls.push(store.start(&run, ()).unwrap());
    }
    calls.into_iter().map(|call| explorer.run(&mut store, call).unwrap()).collect()
}

#[test]
fn steps_in_independent_instances_are_not_permuted() {
    let guest = load(YIELDS);
    let exploration = Exploration::new().max_yields(0);
    let run = |reduce: bool| {
        exploration.clone().reduce(reduce).run(|explorer| run_in_instances(explorer, &guest, 2))
    };
    let (reduced, full) = (run(true), run(false));
    println!("{} of {} schedules", reduced.num_schedules(), full.num_schedules());
    for explored in [&reduced, &full] {
        assert_eq!(explored.outcomes().len(), 1, "{explored}");
        assert_eq!(explored.results().next(), Some(&vec![1, 1]));
    }
    assert!(reduced.num_schedules() * 5 < full.num_schedules());
}

#[test]
fn a_panic_is_an_outcome_with_a_schedule() {
    let explored = explore(|explorer| {
        let number = explorer.host_events().choose(3);
        assert!(number < 2, "the number is {number}");
        number
    });
    assert_eq!(explored.num_schedules(), 3);
    let panicked = Ending::Panicked("the number is 2".to_owned());
    let panicked = explored.outcomes().iter().find(|it| it.result == panicked).unwrap();
    assert_eq!(panicked.schedule.to_string(), "host 2 of 3\n");
    let message = std::panic::catch_unwind(|| explored.results().count()).unwrap_err();
    let message = message.downcast_ref::<String>().unwrap();
    assert!(message.contains("the number is 2") && message.contains("host 2 of 3"), "{message}");
}

#[test]
fn the_only_result_is_returned_and_several_are_refused() {
    assert_eq!(explore(|_| 7).only(), &7);
    let several = explore(|explorer| explorer.host_events().choose(2));
    assert!(std::panic::catch_unwind(|| *several.only()).is_err());
    let cut = Exploration::new().max_decisions(0).run(|explorer| explorer.host_events().choose(2));
    assert_eq!((cut.bound(), cut.num_schedules()), (Some(Bound::Decisions), 1));
    assert!(std::panic::catch_unwind(|| *cut.only()).is_err());
}

#[test]
fn notes_are_part_of_the_outcome() {
    let explored = explore(|explorer| {
        let events = explorer.host_events();
        let texts = if events.choose(2) == 0 { ["a", "b"] } else { ["b", "a"] };
        for text in texts {
            explorer.note(text);
        }
    });
    let notes: Vec<_> = explored.outcomes().iter().map(|it| it.notes.join(" ")).collect();
    assert_eq!(notes, ["a b", "b a"]);
}

#[test]
fn a_run_with_too_many_steps_is_stopped() {
    let (engine, component) = load(SPINS);
    let explored = Exploration::new().max_steps(50).max_yields(0).run(|explorer| {
        let mut store = explorer.store(&engine, ());
        let instance = store.instantiate(&component, &Linker::new()).unwrap();
        let spin = store.typed_function::<(), ()>(&instance, "spin").unwrap();
        explorer.call(&mut store, &spin, ()).unwrap();
    });
    assert_eq!(explored.bound(), Some(Bound::Steps));
    assert_eq!(explored.outcomes()[0].result, Ending::TooManySteps);
}

#[test]
fn no_run_is_begun_after_the_time() {
    let explored = Exploration::new().max_time(Duration::ZERO).run(|it| it.host_events().choose(2));
    assert_eq!((explored.bound(), explored.num_schedules()), (Some(Bound::Time), 0));
}

/// Calls `run` twice at once, with host functions that `work` makes.
fn run_twice<F, W>(work: F) -> Explored<(Vec<u32>, Duration)>
where
    F: Fn(weft_explore::HostEvents, u32) -> W + Clone + Send + Sync + 'static,
    W: Future<Output = ()> + Send + 'static,
{
    let (engine, component) = load(CALLS);
    explore(move |explorer| {
        let mut linker = Linker::new();
        let (events, work) = (explorer.host_events(), work.clone());
        linker.typed_async_function("work", move |_, (number,): (u32,)| {
            let done = work(events.clone(), number);
            let events = events.clone();
            async move {
                done.await;
                events.note(format!("{number} is done"));
                Ok(number * 10)
            }
        });
        let mut store = explorer.store(&engine, ());
        let instance = store.instantiate(&component, &linker).unwrap();
        let run = store.typed_function::<(u32,), u32>(&instance, "run").unwrap();
        let calls: Vec<_> = (1..3).map(|it| store.start(&run, (it,)).unwrap()).collect();
        let results = calls.into_iter().map(|it| explorer.run(&mut store, it).unwrap()).collect();
        (results, explorer.host_events().now())
    })
}

/// Returns the distinct orders of notes.
fn orders<R>(explored: &Explored<R>) -> Vec<String> {
    let mut orders: Vec<_> = explored.outcomes().iter().map(|it| it.notes.join(", ")).collect();
    orders.sort();
    orders.dedup();
    orders
}

#[test]
fn host_events_happen_in_every_order() {
    let explored = run_twice(|events, number| events.ready(format!("work {number}")));
    assert_eq!(orders(&explored), ["1 is done, 2 is done", "2 is done, 1 is done"]);
    assert!(explored.results().all(|(results, now)| *results == [10, 20] && now.is_zero()));
}

#[test]
fn timers_end_in_the_order_of_their_times() {
    let explored = run_twice(|events, number| events.sleep(Duration::from_secs(number.into())));
    assert_eq!(orders(&explored), ["1 is done, 2 is done"]);
    assert!(explored.results().all(|(_, now)| *now == Duration::from_secs(2)));
}

#[test]
fn timers_of_the_same_time_end_in_every_order() {
    let explored = run_twice(|events, _| events.sleep(Duration::from_secs(1)));
    assert_eq!(orders(&explored), ["1 is done, 2 is done", "2 is done, 1 is done"]);
}

#[test]
fn a_timer_that_is_set_later_and_ends_earlier_may_also_be_late() {
    // The first call waits for a long time. The second one lets others run, notes that, and waits for
    // a short time.
    let text = CALLS
        .replace("(call $return (call $work", "(drop (call $yield)) (call $return (call $work");
    let text = text.replace(
        "(import \"\" \"work\"",
        "(import \"\" \"yield\" (func $yield (result i32))) (import \"\" \"work\"",
    );
    let text = text.replace(
        "(export \"work\" (func $work))",
        "(export \"work\" (func $work)) (export \"yield\" (func $yield))",
    );
    let late = text.replace(
        "(core func $return",
        "(core func $yield (canon thread.yield)) (core func $return",
    );
    let (engine, early) = load(CALLS);
    let late = Component::new(&engine, &wat::parse_str(late).unwrap()).unwrap();
    let explored = Exploration::new().max_yields(0).slow_guests(true).run(|explorer| {
        let mut linker = Linker::new();
        let events = explorer.host_events();
        linker.typed_async_function("work", move |_, (seconds,): (u32,)| {
            let events = events.clone();
            events.note(format!("{seconds} begins"));
            async move {
                events.sleep(Duration::from_secs(seconds.into())).await;
                events.note(format!("{seconds} ends"));
                Ok(seconds)
            }
        });
        let mut store = explorer.store(&engine, ());
        let calls: Vec<_> = [(&early, 5), (&late, 1)]
            .into_iter()
            .map(|(component, seconds)| {
                let instance = store.instantiate(component, &linker).unwrap();
                let run = store.typed_function::<(u32,), u32>(&instance, "run").unwrap();
                store.start(&run, (seconds,)).unwrap()
            })
            .collect();
        for call in calls {
            explorer.run(&mut store, call).unwrap();
        }
    });
    let orders = orders(&explored);
    assert!(orders.contains(&"5 begins, 5 ends, 1 begins, 1 ends".to_owned()), "{orders:?}");
    assert!(orders.contains(&"5 begins, 1 begins, 1 ends, 5 ends".to_owned()), "{orders:?}");
}

/// A guest whose function `run` returns a result and goes on after a yield, and whose function `get`
/// returns the progress of `run`.
const GOES_ON: &str = r#"
    (component
        (core func $yield (canon thread.yield))
        (core func $return (canon task.return))
        (core module $Module
            (import "" "yield" (func $yield (result i32)))
            (import "" "return" (func $return))
            (global $progress (mut i32) (i32.const 0))
            (func (export "run")
                (drop (call $yield))
                (call $return)
                (drop (call $yield))
                (global.set $progress (i32.const 1)))
            (func (export "get") (result i32) (global.get $progress)))
        (core instance $module (instantiate $Module (with "" (instance
            (export "yield" (func $yield)) (export "return" (func $return))))))
        (func (export "run") async (canon lift (core func $module "run") async))
        (func (export "get") (result u32) (canon lift (core func $module "get"))))
"#;

#[test]
fn a_guest_may_go_on_after_its_result_before_the_host_does() {
    let (engine, component) = load(GOES_ON);
    let explored = explore(|explorer| {
        let mut store = explorer.store(&engine, ());
        let instance = store.instantiate(&component, &Linker::new()).unwrap();
        let run = store.typed_function::<(), ()>(&instance, "run").unwrap();
        let get = store.typed_function::<(), u32>(&instance, "get").unwrap();
        explorer.call(&mut store, &run, ()).unwrap();
        explorer.call(&mut store, &get, ()).unwrap()
    });
    let results: std::collections::BTreeSet<_> = explored.results().copied().collect();
    assert_eq!(results.into_iter().collect::<Vec<_>>(), [0, 1], "{explored}");
}

#[test]
fn a_step_that_panics_may_also_be_later() {
    let (engine, component) = load(CALLS);
    let explored = explore(|explorer| {
        let mut linker = Linker::new();
        let events = explorer.host_events();
        let is_set = std::sync::Arc::new(AtomicU32::new(0));
        linker.typed_async_function("work", move |_, (number,): (u32,)| {
            let (event, is_set) = (events.ready(format!("work {number}")), is_set.clone());
            async move {
                event.await;
                match number {
                    1 => assert_eq!(is_set.load(Ordering::Relaxed), 1, "it is not set"),
                    _ => is_set.store(1, Ordering::Relaxed),
                }
                Ok(number)
            }
        });
        let mut store = explorer.store(&engine, ());
        let instance = store.instantiate(&component, &linker).unwrap();
        let run = store.typed_function::<(u32,), u32>(&instance, "run").unwrap();
        let calls: Vec<_> = (1..3).map(|it| store.start(&run, (it,)).unwrap()).collect();
        calls.into_iter().map(|it| explorer.run(&mut store, it).unwrap()).collect::<Vec<_>>()
    });
    let endings: Vec<_> = explored.outcomes().iter().map(|it| &it.result).collect();
    assert!(endings.contains(&&Ending::Returned(vec![1, 2])), "{explored}");
    assert!(endings.iter().any(|it| matches!(it, Ending::Panicked(_))), "{explored}");
}

#[test]
fn a_host_that_waits_for_something_else_is_told_so() {
    let explored = run_twice(|_, _| std::future::pending::<()>());
    let Ending::Panicked(message) = &explored.outcomes()[0].result else { panic!("{explored:?}") };
    assert!(message.contains("host_events"), "{message}");
}

#[test]
fn a_store_of_somebody_else_is_refused() {
    let (engine, component) = load(YIELDS);
    let explored = explore(|explorer| {
        let mut store = Store::new(&engine, ());
        let instance = store.instantiate(&component, &Linker::new()).unwrap();
        let run = store.typed_function::<(), u32>(&instance, "run").unwrap();
        explorer.call(&mut store, &run, ()).unwrap()
    });
    assert!(matches!(&explored.outcomes()[0].result, Ending::Panicked(it) if it.contains("store")));
    let adopted = explore(|explorer| {
        let mut store = Store::new(&engine, ());
        explorer.adopt(&mut store);
        let instance = store.instantiate(&component, &Linker::new()).unwrap();
        let run = store.typed_function::<(), u32>(&instance, "run").unwrap();
        explorer.call(&mut store, &run, ()).unwrap()
    });
    assert_eq!(adopted.results().next(), Some(&1));
}

#[test]
fn a_function_that_depends_on_something_else_is_refused() {
    let runs = AtomicU32::new(0);
    let refused = std::panic::catch_unwind(|| {
        explore(|explorer| {
            let run = runs.fetch_add(1, Ordering::Relaxed);
            explorer.host_events().choose(2 + run)
        })
    });
    let message = refused.unwrap_err();
    assert!(message.downcast_ref::<String>().unwrap().contains("the same decisions"));
}

#[test]
fn a_schedule_of_something_else_is_refused() {
    let exploration = Exploration::new();
    let build = |explorer: &mut Explorer| explorer.host_events().choose(3);
    let error = exploration.replay(&"host 1 of 2".parse().unwrap(), build).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the run does not follow the schedule: decision 1 of the schedule is `host 1 of 2`, but this \
         run decides `host` among 3",
    );
}
