//! Components on an engine do what the machine does, in random programs of built-in calls.
//!
//! `WEFT_PROGRAMS` says how many programs, `WEFT_FIRST_PROGRAM` which comes first; a number is a
//! seed.
#![expect(clippy::expect_used, reason = "a test that fails to set up has failed")]

use weft::chooser::Seeded;
use weft::limits::Heap;
use weft_tests::programs::Player;
use weft_tests::programs::component::stage::{Stage, rehearse};
use weft_tests::programs::generator::Generator;

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |count| count.parse().expect("a number"))
}

fn seeds(count: u64) -> std::ops::Range<u64> {
    let first = number("WEFT_FIRST_PROGRAM", 0);
    first..first + number("WEFT_PROGRAMS", count)
}

fn instances(seed: u64) -> u32 {
    1 + u32::try_from(seed % 3).unwrap_or(0)
}

#[test]
fn components_do_what_the_machine_does_in_random_programs() {
    let stage = Stage::new(3);
    let (mut lines, mut differ) = (0, Vec::new());
    let mut message = String::new();
    for seed in seeds(300) {
        let generator = Generator::new(seed, 20 + u32::try_from(seed % 120).unwrap_or(0));
        let player = Player::<Heap, _>::new(Seeded::new(seed), instances(seed));
        let (run, player) = rehearse(player, generator);
        lines += run.trace.len();
        let Some(difference) = stage.play(&run, &player) else { continue };
        if differ.is_empty() {
            message = match stage.shorten(instances(seed), &run) {
                Some(it) => format!("{:#?}\n{}", it.difference, it.trace.join("\n")),
                None => format!("{difference:#?}\n{}", run.trace.join("\n")),
            };
        }
        differ.push(seed);
    }
    println!("{} programs, {lines} lines, {} differ", seeds(300).count(), differ.len());
    assert!(differ.is_empty(), "these seeds differ: {differ:?}\n{message}");
}

#[test]
fn coverage() {
    use weft_tests::programs::features::features;
    let mut reached = std::collections::BTreeSet::new();
    let mut traps = std::collections::BTreeMap::<_, u32>::new();
    for seed in seeds(300) {
        let generator = Generator::new(seed, 20 + u32::try_from(seed % 120).unwrap_or(0));
        let player = Player::<Heap, _>::new(Seeded::new(seed), instances(seed));
        let (run, _) = rehearse(player, generator);
        reached.extend(features(&run));
        *traps.entry(run.trap.map(|it| it.rule().id())).or_default() += 1;
    }
    let required = include_str!("../reference/features.txt").lines();
    let missing: Vec<&str> = required.filter(|feature| !reached.contains(*feature)).collect();
    println!("{missing:#?} {traps:?}");
}
