//! Guests of WASI on the virtual clock.

#![expect(clippy::unwrap_used, reason = "a test that fails to set up has failed")]

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use weft::component::{Component, Instance, Linker, Store};
use weft::engine::wasmi::Wasmi;
use weft_explore::{Exploration, Explored, Explorer, explore};
use weft_wasi::WasiCtx;

/// A guest in Rust that waits for a limited time.
const PATIENCE: &[u8] = include_bytes!("../../../../tests/guests/built/patience-rust.wasm");

/// A guest of WASI 0.2.
const POLLS: &str = include_str!("polls.wat");

const MINUTE: u64 = 60;
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
    let began = Instant::now();
    let (rust, polls) = (Guest::new(PATIENCE), Guest::polls());
    let minute = Duration::from_secs(MINUTE);
    assert_eq!(results(&rust.race("race", (MINUTE, 2 * MINUTE))), [(1, minute)]);
    assert_eq!(results(&rust.race("race", (2 * MINUTE, MINUTE))), [(2, minute)]);
    assert_eq!(results(&rust.race("race", (MINUTE, MINUTE))), [(1, minute), (2, minute)]);
    let nanoseconds = MINUTE * NANOSECONDS;
    assert_eq!(results(&polls.race("first", (nanoseconds, nanoseconds - 1)))[0].0, 1);
    let both = results(&polls.race("first", (nanoseconds, nanoseconds)));
    assert_eq!(both, [(0, minute), (1, minute)]);
    // The sleeps take minutes.
    assert!(began.elapsed() < minute);
}

#[test]
fn a_time_out_races_an_answer_and_each_outcome_is_found_and_replayed() {
    let guest = Guest::new(PATIENCE);
    // The answer of `(None, true)` is lost: it was given, and nobody has it.
    let explored = guest.ask(MINUTE, MINUTE);
    assert_eq!(results(&explored), [(None, false), (None, true), (Some(7), true)]);
    for outcome in explored.outcomes() {
        let schedule = outcome.schedule.to_string().parse().unwrap();
        let replayed = Exploration::new()
            .replay(&schedule, |explorer| guest.run_ask(explorer, MINUTE, MINUTE))
            .unwrap();
        assert_eq!(replayed.ending, outcome.result);
    }
    assert!(results(&guest.ask(10 * MINUTE, MINUTE)).contains(&(Some(7), true)));
    let late = results(&guest.ask(MINUTE, 10 * MINUTE));
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
    assert_eq!(explored.only(), &Duration::from_secs(2));
    let polls = Guest::polls();
    let explored = explore(|explorer| {
        let (mut store, instance) = polls.instantiate(explorer);
        let ask = store.typed_function::<(u64,), u64>(&instance, "ask").unwrap();
        explorer.call(&mut store, &ask, (2 * NANOSECONDS,)).unwrap() / NANOSECONDS
    });
    assert_eq!(explored.only(), &2);
}

#[test]
fn each_run_begins_at_the_same_moment_and_draws_the_same_numbers() {
    let (rust, polls) = (Guest::new(PATIENCE), Guest::polls());
    let explored = explore(|explorer| {
        // Any number of runs.
        let _ = explorer.host_events().choose(3);
        let (mut store, instance) = polls.instantiate(explorer);
        let date = store.typed_function::<(u64,), u64>(&instance, "date").unwrap();
        let date = explorer.call(&mut store, &date, (MINUTE * NANOSECONDS,)).unwrap();
        let (mut store, instance) = rust.instantiate(explorer);
        let draw = store.typed_function::<(), u64>(&instance, "draw").unwrap();
        let draws = [(); 2].map(|()| explorer.call(&mut store, &draw, ()).unwrap());
        (date, draws)
    });
    let (date, draws) = explored.only();
    assert_eq!((explored.num_schedules(), *date), (3, 946_684_800 + MINUTE));
    assert_eq!(draws[0], 0xE220_A839_7B1D_CDAF, "the first number of SplitMix64");
    assert_ne!(draws[0], draws[1]);
}
