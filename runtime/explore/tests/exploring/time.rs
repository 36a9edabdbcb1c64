//! Guests that spin, in an exploration whose time is limited.

use std::path::Path;
use std::time::Duration;

use weft::chooser::Schedule;
use weft::component::{Component, Instance, Linker, Store};
use weft::engine::wasmi::Wasmi;
use weft_explore::{Bound, Ending, Exploration, Explored, Explorer};

/// A guest whose functions never come to their ends: each spins somewhere else.
const SPINS: &str = r#"(component
    (import "event" (func $event async))
    (import "call" (func $call))
    (core func $event (canon lower (func $event)))
    (core func $call (canon lower (func $call)))
    (core func $yield (canon thread.yield))
    (core module $Module
        (import "" "event" (func $event))
        (import "" "call" (func $call))
        (import "" "yield" (func $yield (result i32)))
        (memory (export "memory") 1)
        (func $forever (loop (br 0)))
        (func (export "spin") (call $forever))
        (func (export "after") (call $event) (call $forever))
        (func (export "yields") (loop (drop (call $yield)) (br 0)))
        (func (export "calls") (call $call))
        (func (export "begin") (result i32) (i32.const 1 (; YIELD ;)))
        (func (export "callback") (param i32 i32 i32) (result i32) (call $forever) (i32.const 0))
        (func (export "post") (call $forever))
        (func (export "nothing"))
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (call $forever) (i32.const 0))
        (func (export "take") (param i32 i32)))
    (core instance $module (instantiate $Module (with "" (instance
        (export "event" (func $event)) (export "call" (func $call))
        (export "yield" (func $yield))))))
    (func (export "spin") (canon lift (core func $module "spin")))
    (func (export "after-event") async (canon lift (core func $module "after") async))
    (func (export "yields") async (canon lift (core func $module "yields") async))
    (func (export "calls") (canon lift (core func $module "calls")))
    (func (export "in-callback") async (canon lift (core func $module "begin") async
        (callback (core func $module "callback"))))
    (func (export "in-post-return") (canon lift (core func $module "nothing")
        (post-return (core func $module "post"))))
    (func (export "take") (param "text" string) (canon lift (core func $module "take")
        (memory (core memory $module "memory")) (realloc (core func $module "realloc")))))"#;

/// A component whose start function never returns, and one whose start function does.
const STARTS: [&str; 2] = [
    "(component (core module $Module (func $f (loop (br 0))) (start $f))
        (core instance (instantiate $Module)))",
    "(component (core module $Module (func $f) (start $f)) (core instance (instantiate $Module)))",
];

/// A time that is over soon.
const SHORT: Duration = Duration::from_millis(150);

/// An engine that interrupts guests.
struct Guest {
    engine: Wasmi,
    component: Component<Wasmi>,
}

impl Guest {
    fn new(text: &str) -> Self {
        let engine = Wasmi::with_fuel(1_000);
        let component = Component::new(&engine, &wat::parse_str(text).unwrap()).unwrap();
        Self { engine, component }
    }

    /// Makes an instance. The host function `call` calls a function that spins.
    fn instantiate(&self, explorer: &mut Explorer) -> (Store<Wasmi>, Instance<Wasmi>) {
        let mut store = explorer.store(&self.engine, ());
        let mut linker = Linker::new();
        linker.typed_function("call", |_, ()| Ok(()));
        let event = explorer.host_events();
        linker.typed_async_function("event", move |_, ()| {
            let event = event.ready("an event");
            async move {
                event.await;
                Ok(())
            }
        });
        let inner = explorer.instantiate(&mut store, &self.component, &linker).unwrap();
        let spin = store.typed_function::<(), ()>(&inner, "spin").unwrap();
        linker.typed_function("call", move |caller, ()| {
            // It is called again after it was stopped.
            let _ = caller.call(&spin, ());
            let _ = caller.call(&spin, ());
            Ok(())
        });
        let instance = explorer.instantiate(&mut store, &self.component, &linker).unwrap();
        (store, instance)
    }

    /// Begins a function, after the choice of one of many runs.
    fn run(&self, explorer: &mut Explorer, name: &str) {
        let _ = explorer.host_events().choose(8);
        let (mut store, instance) = self.instantiate(explorer);
        if name == "take" {
            let take = store.typed_function::<(&str,), ()>(&instance, name).unwrap();
            let _ = explorer.call(&mut store, &take, ("text",));
        } else {
            let function = store.typed_function::<(), ()>(&instance, name).unwrap();
            let _ = explorer.call(&mut store, &function, ());
        }
    }
}

/// Checks that an exploration was cut by its time in runs of which none has ended.
fn assert_stopped<R: std::fmt::Debug>(explored: &Explored<R>, workers: usize, name: &str) {
    assert_eq!(explored.bound(), Some(Bound::Time), "{name}: {explored}");
    assert!(explored.outcomes().is_empty() && explored.num_schedules() == 0, "{name}: {explored}");
    let unfinished = explored.unfinished();
    assert!((1..=workers).contains(&unfinished.len()), "{name}: {explored}");
    assert!(unfinished.iter().all(|it| it.time > Duration::ZERO), "{name}: {explored}");
}

#[test]
fn a_guest_that_spins_anywhere_is_stopped_and_the_place_is_told() {
    let guest = Guest::new(SPINS);
    for (name, place) in [
        ("spin", Some("0: `spin` of instance 2: core function `spin`")),
        ("after-event", Some("0: `after-event` of instance 2: core function `after`")),
        ("in-callback", Some("0: the callback of `in-callback` of instance 2")),
        ("in-post-return", Some("`in-post-return` of instance 2")),
        ("yields", None),
        // The host function has control, and not the explorer.
        ("calls", None),
        ("take", None),
    ] {
        for workers in [1, 4] {
            let exploration = Exploration::new().max_time(SHORT).max_steps(usize::MAX);
            let explored = exploration.workers(workers).run(|it| guest.run(it, name));
            assert_stopped(&explored, workers, name);
            if let Some(place) = place {
                let shown = explored.to_string();
                assert!(shown.contains(place), "{name}: {shown}");
            }
        }
    }
}

#[test]
fn a_start_function_that_spins_is_stopped_and_one_that_ends_is_not() {
    let [spins, ends] = STARTS.map(Guest::new);
    let instantiate = |guest: &Guest, explorer: &mut Explorer| {
        let mut store = explorer.store(&guest.engine, ());
        explorer.instantiate(&mut store, &guest.component, &Linker::new()).is_ok()
    };
    for workers in [1, 4] {
        let exploration = Exploration::new().max_time(Duration::from_millis(20)).workers(workers);
        assert_stopped(&exploration.run(|it| instantiate(&spins, it)), workers, "start");
        let exploration = exploration.max_time(Duration::from_hours(1));
        assert_eq!(exploration.run(|it| instantiate(&ends, it)).only(), &true);
    }
}

#[test]
fn a_guest_that_spins_before_another_call_begins_is_stopped() {
    let guest = Guest::new(SPINS);
    let explored = Exploration::new().max_time(SHORT).run(|explorer| {
        let (mut store, instance) = guest.instantiate(explorer);
        let other = explorer.instantiate(&mut store, &guest.component, &{
            let mut linker = Linker::new();
            linker.typed_function("call", |_, ()| Ok(()));
            linker.typed_async_function("event", |_, ()| async { Ok(()) });
            linker
        });
        let functions = [(&instance, "spin"), (&other.unwrap(), "yields")]
            .map(|(instance, name)| store.typed_function::<(), ()>(instance, name).unwrap());
        // The second one begins after the first has ended.
        for call in functions.map(|function| store.start(&function, ())) {
            let _ = call.map(|call| explorer.run(&mut store, call));
        }
    });
    assert_stopped(&explored, 1, "two calls");
}

/// Spins if the host chooses 1, which is not the first possibility.
fn spin_sometimes(guest: &Guest, explorer: &mut Explorer) -> u32 {
    let number = explorer.host_events().choose(2);
    explorer.note(format!("chosen: {number}"));
    let (mut store, instance) = guest.instantiate(explorer);
    if number == 1 {
        let spin = store.typed_function::<(), ()>(&instance, "spin").unwrap();
        let _ = explorer.call(&mut store, &spin, ());
    }
    number
}

#[test]
fn the_schedule_of_a_run_that_spins_is_told_and_replayed() {
    let guest = Guest::new(SPINS);
    let exploration = Exploration::new().max_time(Duration::from_secs(1));
    let explored = exploration.run(|explorer| spin_sometimes(&guest, explorer));
    assert_eq!(explored.bound(), Some(Bound::Time));
    assert_eq!(explored.results().collect::<Vec<_>>(), [&0]);
    let [run] = explored.unfinished() else { panic!("{explored}") };
    assert_eq!((run.schedule.to_string().as_str(), run.num_steps), ("host 1 of 2\n", 0));
    assert_eq!(run.notes, ["chosen: 1"]);
    let shown = explored.to_string();
    assert!(shown.contains("\na run had not ended after 1."), "{shown}");
    assert!(shown.contains("it was stopped before its first step\n  0: `spin` of"), "{shown}");
    assert!(shown.contains("    host 1 of 2\n"), "{shown}");
    let replay = |schedule: &Schedule| {
        exploration
            .clone()
            .max_time(SHORT)
            .replay(schedule, |it| spin_sometimes(&guest, it))
            .unwrap()
    };
    let replayed = replay(run.schedule.schedule());
    assert_eq!(replayed.ending, Ending::OutOfTime);
    assert!(replayed.timeline.is_some_and(|timeline| timeline.events().len() > 0));
    assert_eq!(replay(&Schedule::new()).ending, Ending::Returned(0));
}

#[test]
fn the_replay_of_a_run_with_too_many_steps_has_a_timeline() {
    let guest = Guest::new(SPINS);
    let exploration = Exploration::new().max_steps(20).max_yields(0);
    let replayed = exploration.replay(&Schedule::new(), |it| guest.run(it, "yields")).unwrap();
    assert_eq!(replayed.ending, Ending::TooManySteps);
    assert!(replayed.timeline.is_some_and(|timeline| timeline.events().len() > 20));
}

/// A guest whose steps take more than a thousand instructions. One order of its steps is a mistake.
const LONG_STEPS: &str = r#"(component
    (core func $yield (canon thread.yield))
    (core func $return (canon task.return))
    (core module $Module
        (import "" "yield" (func $yield (result i32)))
        (import "" "return" (func $return))
        (global $order (mut i32) (i32.const 0))
        (func $work (local $left i32)
            (local.set $left (i32.const 300))
            (loop $again (br_if $again
                (local.tee $left (i32.sub (local.get $left) (i32.const 1))))))
        (func $step (param $number i32)
            (call $work)
            (global.set $order
                (i32.add (i32.mul (global.get $order) (i32.const 10)) (local.get $number)))
            (call $work))
        (func $run (param $number i32)
            (drop (call $yield))
            (call $step (local.get $number))
            (drop (call $yield))
            (call $step (local.get $number))
            (if (i32.eq (global.get $order) (i32.const 2112)) (then unreachable))
            (call $return))
        (func (export "first") (call $run (i32.const 1)))
        (func (export "second") (call $run (i32.const 2))))
    (core instance $module (instantiate $Module (with "" (instance
        (export "yield" (func $yield)) (export "return" (func $return))))))
    (func (export "first") async (canon lift (core func $module "first") async))
    (func (export "second") async (canon lift (core func $module "second") async)))"#;

/// Returns all figures of an exploration: the outcomes with their schedules, and the numbers.
fn figures(explored: &Explored<Vec<String>>) -> String {
    let bound = explored.bound();
    format!("{bound:?} {} {explored}", explored.num_redundant())
}

#[test]
fn a_long_time_and_short_slices_of_fuel_change_nothing() {
    let catalog = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/catalog");
    let names = ["lost_wake_up", "order_of_joins", "cancel_races_return", "dropped_stream"];
    let texts = names.map(|name| {
        (name, std::fs::read_to_string(catalog.join(name).with_extension("wat")).unwrap())
    });
    for (name, text) in texts.into_iter().chain([("long steps", LONG_STEPS.to_owned())]) {
        let text = wat::parse_str(text).unwrap();
        let explored = |engine: &Wasmi, exploration: &Exploration<'_>| {
            let component = Component::new(engine, &text).unwrap();
            figures(&exploration.run(|explorer| run_all(explorer, engine, &component)))
        };
        let expected = explored(&Wasmi::default(), &Exploration::new());
        let long = Exploration::new().max_time(Duration::from_hours(10));
        for engine in [Wasmi::default(), Wasmi::with_fuel(1_000)] {
            assert_eq!(explored(&engine, &long), expected, "{name}");
        }
        // The steps take several slices.
        for slice in [20, 100] {
            let engine = Wasmi::with_fuel(slice);
            assert_eq!(explored(&engine, &Exploration::new()), expected, "{name}: {slice}");
        }
    }
}

fn run_all(explorer: &mut Explorer, engine: &Wasmi, component: &Component<Wasmi>) -> Vec<String> {
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
    let instance = explorer.instantiate(&mut store, component, &linker).unwrap();
    let functions = ["first", "second", "third"]
        .into_iter()
        .filter_map(|name| store.typed_function::<(), ()>(&instance, name).ok())
        .collect::<Vec<_>>();
    let calls: Vec<_> = functions.iter().map(|it| store.start(it, ()).unwrap()).collect();
    calls.into_iter().map(|call| format!("{:?}", explorer.run(&mut store, call).is_ok())).collect()
}
