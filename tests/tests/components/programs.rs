//! Components on an engine behave as the machine does, in random programs of built-in calls.
//!
//! `WEFT_PROGRAMS` sets the number of programs, and `WEFT_FIRST_PROGRAM` the first one; a number is
//! a seed.

use std::collections::BTreeSet;

use weft::chooser::Seeded;
use weft::limits::Heap;
use weft_tests::programs::component::composition::Composition;
use weft_tests::programs::component::stage::{ComponentStage, play_again, rehearse};
use weft_tests::programs::features::features;
use weft_tests::programs::generator::{Generator, wide};
use weft_tests::programs::reference::read_program;
use weft_tests::programs::{ProgramPlayer, Run};

/// The programs in which the reference agrees.
const RECORDED: &str = include_str!("../../reference/programs.jsonl");

/// The number of them that are played unchanged by siblings, and by nested components; in the others,
/// some operations are replaced.
const UNCHANGED: [usize; 2] = [12, 18];

/// The features that programs reach on the machine but not as components: a store ends the
/// cancellation of a guest's read or write at once, starts host functions when they are called, and
/// ends them when they are cancelled. Threads are not spawned there.
const OUT_OF_REACH: [&str; 11] = [
    "choice: spawn 0",
    "choice: spawn 1",
    "host.finish-cancellation",
    "subtask: 0 0 001",
    "subtask: 3 0 010",
    "subtask: 3 0 011",
    "subtask: 3 0 110",
    "thread.spawn-indirect",
    "thread.spawn-ref",
    "waitable-set.poll: event 1 3",
    "waitable-set.wait: event 1 3",
];

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |count| count.parse().expect("a number"))
}

/// Seeds of programs that reach rare features.
const RARE: [u64; 13] =
    [696, 897, 916, 998, 1041, 1360, 1396, 1897, 3184, 3693, 5610, 11_487, 28_029];

fn seeds(count: u64) -> impl Iterator<Item = u64> {
    let first = number("WEFT_FIRST_PROGRAM", 0);
    (first..first + number("WEFT_PROGRAMS", count)).chain(RARE)
}

fn instances(seed: u64) -> u32 {
    1 + u32::try_from(seed % 3).unwrap_or(0)
}

const COMPOSITIONS: [Composition; 2] = [Composition::Siblings, Composition::Nested];

/// Returns the position in [`COMPOSITIONS`] of the world of a seed.
const fn composition(seed: u64) -> usize {
    (seed / 6 % 2) as usize
}

/// Generates and plays the program of a seed.
fn play(seed: u64) -> (Run, ProgramPlayer<Heap, Seeded>) {
    let generator = Generator::new(seed, 20 + u32::try_from(seed % 120).unwrap_or(0));
    let player = ProgramPlayer::wide(Seeded::new(seed), instances(seed), wide(seed));
    rehearse(COMPOSITIONS[composition(seed)], player, generator)
}

/// Returns the number of instances of a program that passes streams from one to another.
fn passing_instances(seed: u64) -> u32 {
    2 + u32::try_from(seed % 2).unwrap_or(0)
}

/// Generates and plays the program of a seed, with streams that are passed to other instances.
fn play_passing(seed: u64) -> (Run, ProgramPlayer<Heap, Seeded>) {
    let generator = Generator::passing(seed, 40 + u32::try_from(seed % 120).unwrap_or(0));
    let player = ProgramPlayer::wide(Seeded::new(seed), passing_instances(seed), wide(seed));
    rehearse(COMPOSITIONS[composition(seed)], player, generator)
}

#[test]
fn components_behave_as_the_machine_in_random_programs() {
    let stages = COMPOSITIONS.map(|it| ComponentStage::new(it, 3));
    let eager = stages.clone().map(ComponentStage::eager);
    let recorded = stages.clone().map(ComponentStage::recorded);
    let (mut count, mut lines, mut differ) = (0, 0, Vec::new());
    let mut message = String::new();
    let programs = seeds(1200).map(|seed| (seed, instances(seed), play(seed)));
    let passing = seeds(500).map(|seed| (seed, passing_instances(seed), play_passing(seed)));
    for (seed, instances, (run, player)) in programs.chain(passing) {
        let composition = composition(seed);
        let stage = &stages[composition];
        count += 1;
        lines += run.trace.len();
        if seed % 4 == 0 {
            assert_eq!(
                eager[composition].play(&run, &player),
                None,
                "with records at once: seed {seed}"
            );
        }
        if seed % 4 == 2 {
            assert_eq!(
                recorded[composition].play(&run, &player),
                None,
                "with a timeline: seed {seed}"
            );
        }
        let Some(difference) = stage.play(&run, &player) else { continue };
        if differ.is_empty() {
            message = match stage.shorten(instances, &run) {
                Some(it) => format!("{:#?}\n{}", it.difference, it.trace.join("\n")),
                None => format!("{difference:#?}\n{}", run.trace.join("\n")),
            };
        }
        differ.push(format!("{seed}: {}", difference.found));
    }
    println!("{count} programs, {lines} lines, {} differ", differ.len());
    assert!(differ.is_empty(), "these seeds differ:\n{}\n{message}", differ.join("\n"));
}

#[test]
fn components_behave_as_the_machine_in_recorded_programs() {
    let unchanged = COMPOSITIONS.map(|composition| {
        let stage = ComponentStage::new(composition, 3);
        let mut unchanged = 0;
        for (position, line) in RECORDED.lines().enumerate() {
            let program = serde_json::from_str(line).expect("JSON");
            let program = read_program(&program).expect("a program");
            let world = (program.instances, program.wide);
            let played = play_again(composition, world, &program.entries, program.choices);
            let (run, player) = played.expect("it can be played");
            assert_eq!(stage.play(&run, &player), None, "{composition:?}: program {position}");
            unchanged += usize::from(run.trace == program.trace);
        }
        unchanged
    });
    assert_eq!(unchanged, UNCHANGED);
}

#[test]
fn component_programs_reach_all_possible_features() {
    let mut reached = BTreeSet::new();
    for seed in (0..600).chain(RARE) {
        reached.extend(features(&play(seed).0));
    }
    for seed in (0..500).chain(RARE) {
        reached.extend(features(&play_passing(seed).0));
    }
    let required = include_str!("../../reference/features.txt").lines();
    let missing: Vec<&str> = required.filter(|feature| !reached.contains(*feature)).collect();
    assert_eq!(missing, OUT_OF_REACH);
}

#[test]
fn nothing_is_left_after_a_storm() {
    let stages = COMPOSITIONS.map(|it| ComponentStage::new(it, 3));
    // In these, a guest traps after some of the ends in its buffer have been lifted.
    for seed in seeds(120).chain([2125, 3653, 6443]) {
        let (run, player) = if seed % 2 == 0 { play(seed) } else { play_passing(seed) };
        let lines = usize::try_from(seed * 37 % 211).unwrap_or(0).min(run.trace.len());
        let left = stages[composition(seed)].storm(&run, &player, (seed, lines, 120));
        assert_eq!(left, [], "seed {seed}");
    }
}
