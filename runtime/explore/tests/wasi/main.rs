//! Guests of WASI on the virtual clock.

#![expect(clippy::unwrap_used, reason = "a test that fails to set up has failed")]

use std::collections::BTreeSet;
use std::time::Duration;

use weft::component::{Component, Instance, Linker, Store};
use weft::engine::wasmi::Wasmi;
use weft_explore::{Bound, Exploration, Explored, Explorer, explore};
use weft_wasi::WasiCtx;

/// A guest in Rust that waits for a limited time.
const PATIENCE: &[u8] = include_bytes!("../../../../tests/guests/built/patience-rust.wasm");

/// A guest of WASI 0.2.
const POLLS: &str = include_str!("polls.wat");

/// A guest that lets others run, and writes a letter of "abcdefgh".
const SAYS: &str = include_str!("says.wat");

/// The seconds of an hour. On a real clock, these tests would not end in time.
const HOUR: u64 = 3600;
const NANOSECONDS: u64 = 1_000_000_000;

/// A guest, and what it needs.
struct Guest {
    engine: Wasmi,
    component: Component<Wasmi>,
    linker: Linker<Wasmi, WasiCtx>,
}

impl Guest {
    fn new(bytes: &[u8]) -> Self {
        let engine = Wasmi::default();
        let component = Component::new(&engine, bytes).unwrap();
        let mut linker = Linker::new();
        weft_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi);
        Self { engine, component, linker }
    }

    fn polls() -> Self {
        Self::new(&wat::parse_str(POLLS).unwrap())
    }

    /// Makes an instance in a store of a run.
    fn instantiate(&self, explorer: &mut Explorer) -> (Store<Wasmi, WasiCtx>, Instance<Wasmi>) {
        let wasi = explorer.host_events().wasi().build();
        let mut store = explorer.store(&self.engine, wasi);
        let instance = store.instantiate(&self.component, &self.linker).unwrap();
        (store, instance)
    }

    /// Begins two sleeps at once, and explores which one ends first.
    fn race(&self, name: &str, times: (u64, u64)) -> Explored<(u32, Duration)> {
        explore(|explorer| {
            let (mut store, instance) = self.instantiate(explorer);
            let race = store.typed_function::<(u64, u64), u32>(&instance, name).unwrap();
            let first = explorer.call(&mut store, &race, times).unwrap();
            (first, explorer.host_events().now())
        })
    }

    /// Asks for an answer, which another call works on.
    fn ask(&self, patience: u64, work: u64) -> Explored<(Option<u32>, bool)> {
        explore(|explorer| self.run_ask(explorer, patience, work))
    }

    fn run_ask(&self, explorer: &mut Explorer, patience: u64, work: u64) -> (Option<u32>, bool) {
        let (mut store, instance) = self.instantiate(explorer);
        let ask = store.typed_function::<(u64,), Option<u32>>(&instance, "ask").unwrap();
        let answer = store.typed_function::<(u64, u32), bool>(&instance, "answer").unwrap();
        let asked = store.start(&ask, (patience,)).unwrap();
        let answered = store.start(&answer, (work, 7)).unwrap();
        let asked = explorer.run(&mut store, asked).unwrap();
        (asked, explorer.run(&mut store, answered).unwrap())
    }
}

fn results<R: Copy + Ord>(explored: &Explored<R>) -> Vec<R> {
    assert_eq!(explored.bound(), None);
    explored.results().copied().collect::<BTreeSet<_>>().into_iter().collect()
}

#[test]
fn sleeps_end_in_the_order_of_their_times_and_equal_ones_in_every_order() {
    let (rust, polls) = (Guest::new(PATIENCE), Guest::polls());
    let hour = Duration::from_secs(HOUR);
    assert_eq!(results(&rust.race("race", (HOUR, 2 * HOUR))), [(1, hour)]);
    assert_eq!(results(&rust.race("race", (2 * HOUR, HOUR))), [(2, hour)]);
    assert_eq!(results(&rust.race("race", (HOUR, HOUR))), [(1, hour), (2, hour)]);
    let nanoseconds = HOUR * NANOSECONDS;
    assert_eq!(results(&polls.race("first", (nanoseconds, nanoseconds - 1)))[0].0, 1);
    let both = results(&polls.race("first", (nanoseconds, nanoseconds)));
    assert_eq!(both, [(0, hour), (1, hour)]);
}

#[test]
fn a_time_out_races_an_answer_and_each_outcome_is_found_and_replayed() {
    let guest = Guest::new(PATIENCE);
    // The answer of `(None, true)` is lost: it was given, and nobody has it.
    let explored = guest.ask(HOUR, HOUR);
    assert_eq!(results(&explored), [(None, false), (None, true), (Some(7), true)]);
    for outcome in explored.outcomes() {
        let schedule = outcome.schedule.to_string().parse().unwrap();
        let replayed = Exploration::new()
            .replay(&schedule, |explorer| guest.run_ask(explorer, HOUR, HOUR))
            .unwrap();
        assert_eq!(replayed.ending, outcome.result);
    }
    assert!(results(&guest.ask(10 * HOUR, HOUR)).contains(&(Some(7), true)));
    let late = results(&guest.ask(HOUR, 10 * HOUR));
    assert_eq!(late, [(None, false)]);
}

#[test]
fn guests_that_look_at_the_clock_without_sleeping_get_on() {
    let rust = Guest::new(PATIENCE);
    let explored = explore(|explorer| {
        let (mut store, instance) = rust.instantiate(explorer);
        let spin = store.typed_function::<(u64,), ()>(&instance, "spin").unwrap();
        explorer.call(&mut store, &spin, (2,)).unwrap();
        explorer.host_events().now()
    });
    assert!(explored.results().eq([&Duration::from_secs(2)]));
    assert_eq!(explored.bound(), Some(Bound::Looks));
    let polls = Guest::polls();
    let explored = explore(|explorer| {
        let (mut store, instance) = polls.instantiate(explorer);
        let ask = store.typed_function::<(u64,), u64>(&instance, "ask").unwrap();
        explorer.call(&mut store, &ask, (2 * NANOSECONDS,)).unwrap() / NANOSECONDS
    });
    assert!(explored.results().eq([&2]));
    assert_eq!(explored.bound(), Some(Bound::Looks));
}

#[test]
fn a_guest_that_begins_a_new_timer_for_each_look_gets_on() {
    let polls = Guest::polls();
    let explored = explore(|explorer| {
        let (mut store, instance) = polls.instantiate(explorer);
        let ask = store.typed_function::<(u64,), ()>(&instance, "ask-anew").unwrap();
        explorer.call(&mut store, &ask, (2 * NANOSECONDS,)).unwrap();
        explorer.host_events().now()
    });
    assert!(explored.results().eq([&Duration::from_secs(2)]), "{explored}");
    assert_eq!(explored.bound(), Some(Bound::Looks));
}

#[test]
fn dropped_timers_take_no_time_if_events_happen_between_them() {
    let polls = Guest::polls();
    let explored = explore(|explorer| {
        let (mut store, instance) = polls.instantiate(explorer);
        let give_up = store.typed_function::<(u64, u32), ()>(&instance, "give-up").unwrap();
        let first = store.typed_function::<(u64, u64), u32>(&instance, "first").unwrap();
        for _ in 0..4 {
            explorer.call(&mut store, &give_up, (HOUR * NANOSECONDS, 60)).unwrap();
            // Its first timer ends at once.
            explorer.call(&mut store, &first, (1, 1_000)).unwrap();
        }
        explorer.host_events().now()
    });
    assert!(explored.results().eq([&Duration::from_nanos(4)]), "{explored}");
    assert_eq!(explored.bound(), None);
}

#[test]
fn each_run_begins_at_the_same_moment_and_draws_the_same_numbers() {
    let (rust, polls) = (Guest::new(PATIENCE), Guest::polls());
    let explored = explore(|explorer| {
        // Any number of runs.
        let _ = explorer.host_events().choose(3);
        let (mut store, instance) = polls.instantiate(explorer);
        let date = store.typed_function::<(u64,), u64>(&instance, "date").unwrap();
        let date = explorer.call(&mut store, &date, (HOUR * NANOSECONDS,)).unwrap();
        let (mut store, instance) = rust.instantiate(explorer);
        let draw = store.typed_function::<(), u64>(&instance, "draw").unwrap();
        let draws = [(); 2].map(|()| explorer.call(&mut store, &draw, ()).unwrap());
        (date, draws)
    });
    let (date, draws) = explored.only();
    assert_eq!((explored.num_schedules(), *date), (3, 946_684_800 + HOUR));
    assert_eq!(draws[0], 0xE220_A839_7B1D_CDAF, "the first number of SplitMix64");
    assert_ne!(draws[0], draws[1]);
}

/// Looks at the clock, begins two sleeps of a second, and returns the number of the one that ends first.
const LOOKS: &str = r#"(component
    (import "wasi:clocks/monotonic-clock@0.3.0" (instance $clock
        (export "now" (func (result u64)))
        (export "wait-for" (func async (param "how-long" u64)))))
    (core module $Memory (memory (export "memory") 1))
    (core instance $memory (instantiate $Memory))
    (alias core export $memory "memory" (core memory $mem))
    (core func $now (canon lower (func $clock "now")))
    (core func $sleep (canon lower (func $clock "wait-for") async))
    (core func $new (canon waitable-set.new))
    (core func $join (canon waitable.join))
    (core func $wait (canon waitable-set.wait (memory $mem)))
    (core module $Module
        (import "" "memory" (memory 1))
        (import "" "now" (func $now (result i64)))
        (import "" "sleep" (func $sleep (param i64) (result i32)))
        (import "" "new" (func $new (result i32)))
        (import "" "join" (func $join (param i32 i32)))
        (import "" "wait" (func $wait (param i32 i32) (result i32)))
        (func $look (param $looks i32)
            (block $end (loop $again
                (br_if $end (i32.eqz (local.get $looks)))
                (drop (call $now))
                (local.set $looks (i32.sub (local.get $looks) (i32.const 1)))
                (br $again))))
        ;; Begins a sleep of a second, and returns its subtask.
        (func $begin (param $set i32) (result i32)
            (local $subtask i32)
            (local.set $subtask (i32.shr_u (call $sleep (i64.const 1000000000)) (i32.const 4)))
            (call $join (local.get $subtask) (local.get $set))
            (local.get $subtask))
        (func (export "first") (param $looks i32) (result i32)
            (local $set i32) (local $one i32)
            (call $look (local.get $looks))
            (local.set $set (call $new))
            (local.set $one (call $begin (local.get $set)))
            (drop (call $begin (local.get $set)))
            (drop (call $wait (local.get $set) (i32.const 0)))
            (i32.ne (i32.load (i32.const 0)) (local.get $one)))
        ;; Begins some sleeps at once, and waits for them.
        (func (export "all") (param $sleeps i32)
            (local $set i32) (local $left i32)
            (local.set $set (call $new))
            (local.set $left (local.get $sleeps))
            (loop $again
                (drop (call $begin (local.get $set)))
                (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
            (loop $again
                (drop (call $wait (local.get $set) (i32.const 0)))
                (br_if $again (local.tee $sleeps (i32.sub (local.get $sleeps) (i32.const 1)))))))
    (core instance $module (instantiate $Module (with "" (instance
        (export "memory" (memory $mem)) (export "now" (func $now)) (export "sleep" (func $sleep))
        (export "new" (func $new)) (export "join" (func $join)) (export "wait" (func $wait))))))
    (func (export "first") async (param "looks" u32) (result u32)
        (canon lift (core func $module "first")))
    (func (export "all") async (param "sleeps" u32) (canon lift (core func $module "all"))))"#;

#[test]
fn equal_sleeps_end_in_every_order_after_any_number_of_looks() {
    let guest = Guest::new(&wat::parse_str(LOOKS).unwrap());
    for (looks, bound) in
        [0, 97, 98, 100, 101, 200].map(|it| (it, (it > 100).then_some(Bound::Looks)))
    {
        let explored = explore(|explorer| {
            let (mut store, instance) = guest.instantiate(explorer);
            let first = store.typed_function::<(u32,), u32>(&instance, "first").unwrap();
            explorer.call(&mut store, &first, (looks,)).unwrap()
        });
        let first: BTreeSet<_> = explored.results().copied().collect();
        assert_eq!((first, explored.bound()), (BTreeSet::from([0, 1]), bound), "{looks} looks");
    }
}

#[test]
fn sleeps_of_many_guests_take_no_longer_than_one() {
    let guest = Guest::new(&wat::parse_str(LOOKS).unwrap());
    for sleeps in [60, 300] {
        let explored = Exploration::new().max_schedules(1).run(|explorer| {
            let (mut store, instance) = guest.instantiate(explorer);
            let all = store.typed_function::<(u32,), ()>(&instance, "all").unwrap();
            explorer.call(&mut store, &all, (sleeps,)).unwrap();
            explorer.host_events().now()
        });
        assert!(explored.results().eq([&Duration::from_secs(1)]), "{sleeps}\n{explored}");
    }
}

#[test]
fn after_a_spin_that_ends_a_timer_the_clock_stands_still_again() {
    let polls = Guest::polls();
    let explored = explore(|explorer| {
        let (mut store, instance) = polls.instantiate(explorer);
        let ask = store.typed_function::<(u64,), u64>(&instance, "ask").unwrap();
        let first = store.typed_function::<(u64, u64), u32>(&instance, "first").unwrap();
        explorer.call(&mut store, &ask, (2 * NANOSECONDS,)).unwrap();
        explorer.call(&mut store, &first, (NANOSECONDS, NANOSECONDS)).unwrap()
    });
    assert_eq!(explored.results().copied().collect::<BTreeSet<_>>(), BTreeSet::from([0, 1]));
    assert_eq!(explored.bound(), Some(Bound::Looks));
}

#[test]
fn output_is_part_of_the_outcome_in_its_order() {
    let guest = Guest::new(&wat::parse_str(SAYS).unwrap());
    let explored = explore(|explorer| {
        let (mut store, instance) = guest.instantiate(explorer);
        let say = store.function(&instance, "say").unwrap();
        let [first, second] =
            [0, 1].map(|letter| store.start(&say, &[weft::abi::Val::U32(letter)]).unwrap());
        explorer.run(&mut store, first).unwrap();
        explorer.run(&mut store, second).unwrap();
    });
    assert_eq!(explored.bound(), None);
    let notes: BTreeSet<String> = explored.outcomes().iter().map(|it| it.notes.concat()).collect();
    assert_eq!(notes, ["ab", "ba"].map(String::from).into());
}

#[test]
fn output_of_other_bytes_has_an_outcome_of_its_own() {
    // The two bytes of é, and one that is never in UTF-8.
    let text = SAYS.replace("\"abcdefgh\"", "\"\\c3\\a9\\ff\"");
    let guest = Guest::new(&wat::parse_str(text).unwrap());
    let said = |letters: [u32; 2]| {
        let explored = explore(|explorer| {
            let (mut store, instance) = guest.instantiate(explorer);
            let say = store.function(&instance, "say").unwrap();
            let calls =
                letters.map(|letter| store.start(&say, &[weft::abi::Val::U32(letter)]).unwrap());
            for call in calls {
                explorer.run(&mut store, call).unwrap();
            }
        });
        let notes = explored.outcomes().iter().map(|it| it.notes.concat());
        notes.collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>()
    };
    assert_eq!(said([0, 1]), [r"\xa9\xc3", "é"]);
    assert_eq!(said([1, 2]), [r"\xa9\xff", r"\xff\xa9"]);
    assert_eq!(said([0, 0]), [r"\xc3\xc3"]);
}

#[test]
fn a_timer_names_the_guest_that_has_begun_it_if_that_is_known() {
    let guest = Guest::polls();
    // All remarks about timers, of calls in this many instances at the same time.
    let remarks = |instances: usize| {
        let explored = Exploration::new().max_schedules(20).run(|explorer| {
            let (mut store, instance) = guest.instantiate(explorer);
            let others = (1..instances).map(|_| store.instantiate(&guest.component, &guest.linker));
            let others: Vec<_> = others.collect::<Result<_, _>>().unwrap();
            let calls: Vec<_> = std::iter::once(&instance)
                .chain(&others)
                .map(|instance| {
                    let first = store.typed_function::<(u64, u64), u32>(instance, "first").unwrap();
                    store.start(&first, (NANOSECONDS, NANOSECONDS)).unwrap()
                })
                .collect();
            let ends = calls.into_iter().map(|call| explorer.run(&mut store, call).unwrap());
            ends.collect::<Vec<_>>()
        });
        let schedules = explored.outcomes().iter().map(|it| it.schedule.to_string());
        let lines = schedules.flat_map(|it| it.lines().map(str::to_owned).collect::<Vec<_>>());
        let remarks = lines.filter_map(|it| it.split_once("# ").map(|it| it.1.to_owned()));
        remarks.filter(|it| it.contains("timer")).collect::<BTreeSet<_>>()
    };
    assert_eq!(remarks(1), BTreeSet::from(["a timer of 1s of thread 1 of 1 (first)".to_owned()]));
    assert_eq!(remarks(2), BTreeSet::from(["a timer of 1s".to_owned()]));
}
