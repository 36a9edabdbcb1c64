//! The machine behaves as the executable reference does, in all programs up to a number of calls.
//!
//! `WEFT_CALLS` adds a number of calls to the programs of every subject, and `WEFT_SUBJECT` selects
//! the subjects whose names contain it. With `WEFT_REQUIRE_REFERENCE` set, it is a failure if the
//! reference cannot run.

#![expect(clippy::expect_used, reason = "a test that fails to set up has failed")]

use std::collections::BTreeSet;
use std::sync::mpsc;
use std::thread;

use serde_json::Value;
use weft_tests::programs::Run;
use weft_tests::programs::exhaustive::{EveryProgram, INSTANCES, SUBJECTS, Subject};
use weft_tests::programs::features::features;
use weft_tests::programs::reference::{Reference, program};

/// The number of programs that the reference plays at once.
const BATCH: usize = 5000;

/// Returns the subjects that are selected, with the numbers of calls of their programs.
fn subjects() -> Vec<(&'static Subject, u32)> {
    let more: u32 = std::env::var("WEFT_CALLS").map_or(0, |it| it.parse().expect("a number"));
    let part = std::env::var("WEFT_SUBJECT").unwrap_or_default();
    let subjects = SUBJECTS.iter().filter(|it| it.name.contains(&part));
    subjects.map(|subject| (subject, subject.calls + more)).collect()
}

/// Plays a subject's programs on the reference, while the next ones are made.
///
/// Returns the number of programs, the features that they reach, and the first one that differs.
fn play(reference: Option<&Reference>, subject: &'static Subject, calls: u32) -> Played {
    let mut played = Played::default();
    let (batches, received) = mpsc::sync_channel::<Vec<Run>>(1);
    thread::scope(|scope| {
        let differing = scope.spawn(move || {
            received.into_iter().find_map(|runs| {
                let reference = reference?;
                let programs: Vec<Value> = runs.iter().map(|run| program(INSTANCES, run)).collect();
                let answers = reference.play(&programs).expect("the reference plays");
                let differing = runs.into_iter().zip(answers).filter(|(_, how)| how.is_some());
                differing.map(|(run, _)| run).min_by_key(|run| run.entries.len())
            })
        });
        let mut programs = EveryProgram::new(subject, calls).peekable();
        while programs.peek().is_some() {
            let runs: Vec<Run> = programs.by_ref().take(BATCH).collect();
            played.programs += runs.len();
            played.features.extend(runs.iter().flat_map(features));
            if batches.send(runs).is_err() {
                // One differs.
                break;
            }
        }
        drop(batches);
        played.differing = differing.join().expect("no panic");
    });
    played
}

/// The results of the programs of a subject.
#[derive(Default)]
struct Played {
    programs: usize,
    features: BTreeSet<String>,
    differing: Option<Run>,
}

#[test]
fn the_machine_and_the_reference_agree_on_every_short_program() {
    let reference = match Reference::find() {
        Ok(reference) => Some(reference),
        Err(why) if std::env::var_os("WEFT_REQUIRE_REFERENCE").is_some() => panic!("{why}"),
        Err(why) => {
            println!("left out: short programs on the reference: {why}");
            None
        }
    };
    let (mut programs, mut reached) = (0, BTreeSet::new());
    for (subject, calls) in subjects() {
        let played = play(reference.as_ref(), subject, calls);
        println!("{}, {calls} calls: {} programs", subject.name, played.programs);
        if let (Some(run), Some(reference)) = (played.differing, &reference) {
            let (run, how) = reference.shorten(INSTANCES, &run).expect("it can be played again");
            let trace = run.trace.join("\n");
            panic!("{}: {how}\n{} actions\n{trace}", subject.name, run.entries.len());
        }
        programs += played.programs;
        reached.extend(played.features);
    }
    println!("{programs} programs reach {} features", reached.len());
    if std::env::var_os("WEFT_RECORD").is_some() {
        println!("{reached:#?}");
    }
    let is_whole = std::env::var_os("WEFT_SUBJECT").is_none();
    let required = include_str!("../../reference/features-of-short-programs.txt").lines();
    let missing: Vec<&str> = required.filter(|it| is_whole && !reached.contains(*it)).collect();
    assert!(missing.is_empty(), "no short program reaches: {missing:#?}");
}
