//! The machine does what the executable reference does, in random programs of built-in calls.
#![expect(clippy::expect_used, clippy::panic, reason = "a test that fails to set up has failed")]

use weft::chooser::Seeded;
use weft::limits::Heap;
use weft_tests::programs::generator::Generator;
use weft_tests::programs::reference::{Reference, program};
use weft_tests::programs::{Player, Run};

fn play(seed: u64) -> (u32, Run) {
    let instances = 1 + u32::try_from(seed % 3).unwrap_or(0);
    let mut generator = Generator::new(seed, 24 + u32::try_from(seed % 60).unwrap_or(0));
    let (run, _) = Player::<Heap, _>::new(Seeded::new(seed), instances).play(&mut generator);
    (instances, run)
}

#[test]
fn the_machine_and_the_reference_agree_on_random_programs() {
    let reference = match Reference::find() {
        Ok(reference) => reference,
        Err(why) => {
            println!("left out: random programs on the reference: {why}");
            return;
        }
    };
    let count = std::env::var("WEFT_PROGRAMS").map_or(1000, |count| count.parse().expect("a number"));
    let runs: Vec<(u64, (u32, Run))> = (0..count).map(|seed| (seed, play(seed))).collect();
    let programs: Vec<_> = runs.iter().map(|(_, (instances, run))| program(*instances, run)).collect();
    let mut stats = std::collections::BTreeMap::<String, usize>::new();
    for (_, (_, run)) in &runs {
        let end = run.trap.map_or("end".to_owned(), |trap| trap.rule().id().to_owned());
        *stats.entry(format!("ends: {end}")).or_default() += 1;
        *stats.entry("lines".to_owned()).or_default() += run.trace.len();
        *stats.entry("entries".to_owned()).or_default() += run.entries.len();
        *stats.entry("choices".to_owned()).or_default() += run.choices.len();
        for entry in &run.entries { *stats.entry(entry.operation.name().to_owned()).or_default() += 1; }
    }
    println!("{stats:#?}");
    let answers = reference.play(&programs).expect("the reference plays");
    let mut differ = 0;
    for ((seed, (instances, run)), answer) in runs.iter().zip(answers) {
        let Some(how) = answer else { continue };
        differ += 1;
        if differ > 3 { continue }
        let (shortest, how_shortest) = reference.shorten(*instances, run).expect("it can be shortened");
        println!("seed {seed}: {how}\nshortened: {how_shortest}\n{}", shortest.trace.join("\n"));
    }
    assert_eq!(differ, 0);
}
