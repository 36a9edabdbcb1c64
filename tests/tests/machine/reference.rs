//! The machine behaves as the executable reference does, in random programs of built-in calls.
//!
//! `WEFT_PROGRAMS` sets the number of programs, and `WEFT_FIRST_PROGRAM` the first one; a number is
//! a seed. With `WEFT_RECORD` set, programs that agree are written to
//! `tests/reference/programs.jsonl`, which the tests without Python play. With
//! `WEFT_REQUIRE_REFERENCE` set, it is a failure if the reference cannot run.

#![expect(clippy::expect_used, reason = "a test that fails to set up has failed")]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;
use weft::chooser::{Chooser, Replaying, Seeded};
use weft::limits::{Heap, Limits, Table};
use weft::machine::{Hooks, Machine};
use weft_tests::programs::features::features;
use weft_tests::programs::generator::{Generator, wide};
use weft_tests::programs::player::Tape;
use weft_tests::programs::reference::{Reference, program, read_program};
use weft_tests::programs::values::Lifted;
use weft_tests::programs::{ProgramPlayer, Run, Settings, Watch};

weft::limits! {
    /// Limits that are large enough for every program here.
    struct Bounded {
        instances: 3,
        functions: 70,
        types: 20,
        handles: 160,
        thread_indices: 80,
        tasks: 160,
        threads: 160,
        waitables: 320,
        waitable_sets: 80,
        resources: 160,
        lends: 80,
        error_contexts: 160,
        frames: 160, held_frames: 0,
        message_bytes: 8,
    }
}

/// The number of recorded programs; none of them has a longer trace than this.
const RECORDED: usize = 80;
const LONGEST_RECORDED: usize = 110;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |count| count.parse().expect("a number"))
}

fn seeds(count: u64) -> std::ops::Range<u64> {
    let first = number("WEFT_FIRST_PROGRAM", 0);
    first..first + number("WEFT_PROGRAMS", count)
}

/// Returns true if no other programs are asked for.
fn is_gate() -> bool {
    seeds(0) == (0..0)
}

/// Seeds of programs that reach rare features.
const RARE: [u64; 3] = [2841, 4438, 10_613];

/// The features of programs with full tables or hundreds of tasks.
const MANY: [&str; 15] = [
    "a hundred handles",
    "a hundred threads",
    "a hundred waiting to enter",
    "trap: table-full in call",
    "trap: table-full in error-context.new",
    "trap: table-full in future.new",
    "trap: table-full in resource.drop",
    "trap: table-full in resource.new",
    "trap: table-full in return",
    "trap: table-full in stream.new",
    "trap: table-full in subtask.cancel",
    "trap: table-full in thread.new-indirect",
    "trap: table-full in thread.spawn-indirect",
    "trap: table-full in thread.spawn-ref",
    "trap: table-full in waitable-set.new",
];

fn instances(seed: u64) -> u32 {
    1 + u32::try_from(seed % 3).unwrap_or(0)
}

/// Creates a player for the program of a seed.
fn player<L: Limits>(seed: u64, instances: u32) -> ProgramPlayer<L, Seeded> {
    ProgramPlayer::wide(Seeded::new(seed), instances, wide(seed))
}

/// Generates and plays the program of a seed, with many nested calls.
fn play_nesting<L: Limits>(seed: u64) -> Run {
    let mut generator = Generator::nesting(seed, 20 + u32::try_from(seed % 120).unwrap_or(0));
    player::<L>(seed, instances(seed)).play(&mut generator).0
}

/// Returns the number of instances of a program that passes streams from one to another.
fn passing_instances(seed: u64) -> u32 {
    2 + u32::try_from(seed % 2).unwrap_or(0)
}

/// Generates and plays the program of a seed, with streams that are passed to other instances.
fn play_passing<L: Limits>(seed: u64) -> (Run, ProgramPlayer<L, Seeded>) {
    let mut generator = Generator::passing(seed, 40 + u32::try_from(seed % 120).unwrap_or(0));
    player(seed, passing_instances(seed)).play(&mut generator)
}

/// Generates and plays the program of a seed.
fn play<L: Limits>(seed: u64) -> (Run, ProgramPlayer<L, Seeded>) {
    let mut generator = Generator::new(seed, 20 + u32::try_from(seed % 120).unwrap_or(0));
    player(seed, instances(seed)).play(&mut generator)
}

/// Generates and plays a program whose guests fill small tables.
fn play_filling(seed: u64) -> Run {
    let mut generator = Generator::filling(seed, 40 + u32::try_from(seed % 80).unwrap_or(0));
    let table_length = 1 + u32::try_from(seed % 11).unwrap_or(0);
    let settings = Settings { table_length, goes_on: false, wide: wide(seed) };
    let chooser = Seeded::new(seed);
    let player = ProgramPlayer::<Heap, _>::with_settings(chooser, instances(seed), settings);
    player.play(&mut generator).0
}

/// Generates and plays a program that goes on after traps.
fn play_trapping(seed: u64) -> Run {
    let length = 60 + u32::try_from(seed % 120).unwrap_or(0);
    let mut generator = match seed % 3 {
        0 => Generator::new(seed, length),
        1 => Generator::nesting(seed, length),
        _ => Generator::passing(seed, length),
    };
    let table_length = Heap::MAX_TABLE_LENGTH;
    let settings = Settings { table_length, goes_on: true, wide: wide(seed) };
    let chooser = Seeded::new(seed);
    let player = ProgramPlayer::<Heap, _>::with_settings(chooser, 3, settings);
    player.play(&mut generator).0
}

/// Generates and plays a program with hundreds of tasks.
fn play_crowding(seed: u64) -> Run {
    let mut generator = Generator::crowding(seed, 700);
    player::<Heap>(seed, instances(seed)).play(&mut generator).0
}

fn recorded() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("reference/programs.jsonl")
}

/// Returns the reference, if it can run.
fn reference() -> Option<Reference> {
    let found = Reference::find();
    if std::env::var_os("WEFT_REQUIRE_REFERENCE").is_some() {
        return Some(found.expect("the reference can run"));
    }
    found.inspect_err(|why| println!("left out: random programs on the reference: {why}")).ok()
}

/// Plays runs, with their seeds and numbers of instances, on the reference. Returns them as they
/// were written for it.
fn agree(reference: &Reference, runs: &[(u64, u32, Run)]) -> Vec<Value> {
    let programs: Vec<Value> =
        runs.iter().map(|(_, instances, run)| program(*instances, run)).collect();
    let answers = reference.play(&programs).expect("the reference plays");
    let mut message = String::new();
    for ((seed, instances, run), answer) in runs.iter().zip(&answers) {
        let Some(how) = answer else { continue };
        let (shortest, shortest_how) =
            reference.shorten(*instances, run).expect("it can be played again");
        let trace = shortest.trace.join("\n");
        write!(message, "\nseed {seed}: {how}\nshortened: {shortest_how}\n{trace}")
            .expect("a string");
        break;
    }
    let disagreements = answers.iter().flatten().count();
    let lines: usize = runs.iter().map(|(.., run)| run.trace.len()).sum();
    println!("{} programs, {lines} lines, {disagreements} disagreements", runs.len());
    assert!(disagreements == 0, "{disagreements} programs differ{message}");
    programs
}

#[test]
fn the_machine_and_the_reference_agree_on_random_programs() {
    let Some(reference) = reference() else { return };
    let runs: Vec<(u64, u32, Run)> = seeds(1900)
        .map(|seed| (seed, instances(seed), play::<Heap>(seed).0))
        .chain(seeds(400).map(|seed| (seed, instances(seed), play_nesting::<Heap>(seed))))
        .chain(seeds(600).map(|seed| (seed, passing_instances(seed), play_passing::<Heap>(seed).0)))
        .collect();
    let programs = agree(&reference, &runs);
    if std::env::var_os("WEFT_RECORD").is_some() {
        let short = runs.iter().zip(&programs);
        let short = short.filter(|((.., run), _)| run.trace.len() <= LONGEST_RECORDED);
        let lines = short.take(RECORDED).map(|(_, program)| format!("{program}\n"));
        std::fs::write(recorded(), lines.collect::<String>()).expect("it can be written");
    }
}

#[test]
fn machine_and_reference_agree_on_full_tables_and_hundreds_of_tasks() {
    // In the last one, a table is full in `subtask.cancel`.
    let filling = seeds(500).chain([3924]);
    let filling = filling.map(|seed| (seed, instances(seed), play_filling(seed)));
    let crowding = seeds(300).step_by(100).map(|seed| (seed, instances(seed), play_crowding(seed)));
    let runs: Vec<(u64, u32, Run)> = filling.chain(crowding).collect();
    let reached: BTreeSet<String> = runs.iter().flat_map(|(.., run)| features(run)).collect();
    if std::env::var_os("WEFT_RECORD").is_some() {
        println!("{reached:#?}");
    }
    let missing: Vec<&str> = MANY.into_iter().filter(|it| !reached.contains(*it)).collect();
    assert!(!is_gate() || missing.is_empty(), "no program reaches: {missing:#?}");
    if let Some(reference) = reference() {
        agree(&reference, &runs);
    }
}

#[test]
fn machine_and_reference_agree_on_programs_that_go_on_after_traps() {
    // In these, a built-in takes an end out of its table and traps, and a call has not entered.
    let seeds = seeds(600).chain([300_479, 301_460]);
    let runs: Vec<(u64, u32, Run)> = seeds.map(|seed| (seed, 3, play_trapping(seed))).collect();
    let traps = |run: &Run| run.trace.iter().filter(|line| line.starts_with("trap")).count();
    let several = runs.iter().filter(|(.., run)| traps(run) > 1).count();
    let refused = "trap cannot-enter-component-instance".to_owned();
    let refused = runs.iter().filter(|(.., run)| run.trace.contains(&refused)).count();
    println!("{several} programs trap more than once, and {refused} enter after a trap");
    assert!(!is_gate() || several > 300 && refused > 300);
    if let Some(reference) = reference() {
        agree(&reference, &runs);
    }
}

#[test]
fn recorded_programs_still_have_the_same_traces() {
    let programs = std::fs::read_to_string(recorded()).expect("recorded programs");
    let mut count = 0;
    for line in programs.lines() {
        let value: Value = serde_json::from_str(line).expect("JSON");
        let recorded = read_program(&value).expect("a program");
        let choices = Replaying::new(&recorded.choices);
        let player = ProgramPlayer::<Heap, _>::wide(choices, recorded.instances, recorded.wide);
        let (run, _) = player.play(&mut Tape(recorded.entries.iter()));
        assert_eq!(run.trace, recorded.trace, "program {count}");
        count += 1;
    }
    assert_eq!(count, RECORDED);
}

#[test]
fn random_programs_reach_every_operation_event_state_and_decision() {
    let mut reached = BTreeSet::new();
    for seed in seeds(2000).chain(RARE) {
        reached.extend(features(&play::<Heap>(seed).0));
    }
    for seed in seeds(600) {
        reached.extend(features(&play_passing::<Heap>(seed).0));
    }
    if std::env::var_os("WEFT_RECORD").is_some() {
        println!("{reached:#?}");
    }
    let required = include_str!("../../reference/features.txt").lines();
    let missing: Vec<&str> = required.filter(|feature| !reached.contains(*feature)).collect();
    assert!(missing.is_empty(), "no program reaches: {missing:#?}");
}

#[test]
fn a_bounded_machine_behaves_like_a_growing_one() {
    for seed in seeds(300) {
        assert_eq!(play::<Bounded>(seed).0, play::<Heap>(seed).0, "seed {seed}");
    }
}

/// Plays a run again, while it is observed as in `watch`.
fn watch<L: Limits>(seed: u64, run: &Run, watch: Watch) -> (Run, Watch) {
    let choices: Vec<u32> = run.choices.iter().map(|it| it.chosen.chosen).collect();
    let chooser = Replaying::new(&choices);
    let player = ProgramPlayer::<L, _>::watched(chooser, instances(seed), wide(seed), watch);
    let (run, player) = player.play(&mut Tape(run.entries.iter()));
    (run, player.watch().expect("it was watched").clone())
}

/// Plays programs with calls that start without records, and observes them never, always, and
/// sometimes: the states and events are the same as with the records of every call.
fn observing_calls_without_records_changes_nothing<L: Limits>(
    runs: impl Iterator<Item = (u64, Run)>,
) -> ([usize; 2], Vec<usize>) {
    let (mut ended, mut made) = ([0; 2], Vec::new());
    for (seed, run) in runs {
        let (eager, seen) = watch::<L>(seed, &run, Watch::eager());
        assert_eq!((&eager.entries, &eager.choices), (&run.entries, &run.choices), "seed {seed}");
        let is_state =
            |line: &&String| line.starts_with('i') || **line == "host" || line.starts_with("host ");
        let events: Vec<&String> = run.trace.iter().filter(|line| !is_state(line)).collect();
        assert_eq!(eager.trace.iter().collect::<Vec<_>>(), events, "seed {seed}");
        for one_in in [0, 1, 2, 8] {
            let coin = Watch::deferred(seed ^ u64::from(one_in) << 32, one_in);
            let (deferred, looked) = watch::<L>(seed, &run, coin);
            assert_eq!(deferred, eager, "seed {seed}, looking at one in {one_in}");
            assert_eq!(looked.moments.len(), seen.moments.len(), "seed {seed}");
            for (position, (looked, seen)) in looked.moments.iter().zip(&seen.moments).enumerate() {
                let is_same = looked.is_none() || looked == seen;
                assert!(is_same, "seed {seed}, {one_in}, {position}: {looked:#?}, not {seen:#?}");
            }
            ended[0] += looked.ended;
            ended[1] += looked.ended_async;
            made.extend(looked.made);
        }
    }
    (ended, made)
}

#[test]
fn calls_without_records_do_not_depend_on_observation() {
    let nesting = seeds(300).map(|seed| (seed, play_nesting::<Heap>(seed)));
    let runs = seeds(1000).map(|seed| (seed, play::<Heap>(seed).0)).chain(nesting);
    let ([ended, ended_async], made) =
        observing_calls_without_records_changes_nothing::<Heap>(runs);
    let at_once = |count| made.iter().filter(|it| **it >= count).count();
    println!(
        "{ended} calls ended without, {ended_async} async; together {}, {}",
        at_once(2),
        at_once(3)
    );
    assert!(ended > 2000 && ended_async > 100 && at_once(2) > 1000 && at_once(3) > 200);
}

#[test]
fn calls_without_records_are_the_same_in_a_bounded_machine() {
    let nesting = seeds(200).map(|seed| (seed, play_nesting::<Bounded>(seed)));
    let runs = seeds(200).map(|seed| (seed, play::<Bounded>(seed).0)).chain(nesting);
    observing_calls_without_records_changes_nothing::<Bounded>(runs);
}

#[test]
fn the_same_entries_and_choices_give_the_same_trace() {
    for seed in seeds(300) {
        let (run, _) = play::<Heap>(seed);
        let choices: Vec<u32> = run.choices.iter().map(|it| it.chosen.chosen).collect();
        let choices = Replaying::new(&choices);
        let player = ProgramPlayer::<Heap, _>::wide(choices, instances(seed), wide(seed));
        let (again, _) = player.play(&mut Tape(run.entries.iter()));
        assert_eq!(again, run, "seed {seed}");
    }
}

#[test]
fn observations_name_every_instance_that_changes() {
    for seed in seeds(600) {
        let count = instances(seed);
        let mut generator = Generator::new(seed, 20 + u32::try_from(seed % 120).unwrap_or(0));
        let player = ProgramPlayer::<Heap, _>::checked(Seeded::new(seed), count, wide(seed));
        let (run, _) = player.play(&mut generator);
        assert_eq!(run, play::<Heap>(seed).0, "seed {seed}");
    }
}

#[test]
fn nothing_is_left_after_all_removals_and_drops() {
    for seed in seeds(1000) {
        let (_, player) = play::<Heap>(seed);
        let ProgramPlayer { mut machine, world, host_function_calls, host_ends, lost, .. } = player;
        // A program that trapped has left active calls.
        while machine.count_of(Table::Frames) > 0 {
            machine.trapped().expect("a call is active");
        }
        for call in host_function_calls {
            machine.drop_call(call.subtask.expect("a record")).expect("a call of the host");
        }
        for instance in world.instances {
            machine.remove_instance(instance).expect("an instance that doesn't run");
        }
        for end in host_ends.into_iter().flatten() {
            drop_end(&mut machine, end.id);
        }
        for lost in lost {
            match lost {
                Lifted::Resource(_) => {}
                Lifted::End(end) => drop_end(&mut machine, end),
                Lifted::ErrorContext(it) => machine.drop_error_context(it).expect("it was lifted"),
            }
        }
        let left: Vec<(Table, usize)> = Table::ALL
            .into_iter()
            .filter(|table| !matches!(table, Table::Functions | Table::Types))
            .map(|table| (table, machine.count_of(table)))
            .filter(|(_, count)| *count > 0)
            .collect();
        assert_eq!(left, [], "seed {seed}");
        assert_eq!(machine.ready_threads(), 0);
    }
}

fn drop_end<L: Limits, C: Chooser, H: Hooks>(
    machine: &mut Machine<L, C, H>,
    end: weft::machine::EndId,
) {
    if machine.drop_host_end(end).is_err() {
        // A read or write is active, and perhaps being cancelled.
        machine.cancel_host_copy(end).ok();
        if let Ok(Some(other)) = machine.other_end(end) {
            machine.finish_cancellation(other).ok();
        }
        while machine.next_host_event().expect("events").is_some() {}
        machine.drop_host_end(end).expect("an end that is done");
    }
}
