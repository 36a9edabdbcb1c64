//! Any bytes as a component: the outcome is an error, a trap or a result, in bounded time.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use weft_tests::hostile::{Fate, Hostile, Mutants, components, handmade};
use weft_wast::script_files;

/// The number of changed components that are tried; `WEFT_MUTANTS` sets another number.
const MUTANTS: usize = 20_000;
/// The time after which one counts as endless. Most take milliseconds.
const LONGEST: Duration = Duration::from_mins(2);

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus/component")
}

/// Returns the components of the official suite.
fn official() -> Vec<Vec<u8>> {
    let suite = weft_tests::pinned::component_model().expect("the pinned sources").join("test");
    let files = script_files(&suite).expect("the suite can be read");
    let texts =
        files.iter().map(|file| std::fs::read_to_string(file).expect("a file of the suite"));
    texts.flat_map(|text| components(&text)).collect()
}

/// Tries one component, and names it if it takes too long.
fn attempt(hostile: &Hostile, name: &str, bytes: &[u8]) -> Fate {
    let begin = Instant::now();
    let fate = hostile.attempt(bytes);
    assert!(begin.elapsed() < LONGEST, "{name} took {:?}: {fate:?}", begin.elapsed());
    fate
}

#[test]
fn the_corpus_matches_its_generator() {
    let made: BTreeMap<_, _> = handmade().into_iter().collect();
    if std::env::var_os("WEFT_WRITE_CORPUS").is_some() {
        std::fs::create_dir_all(corpus()).expect("a folder for the corpus");
        for (name, bytes) in &made {
            std::fs::write(corpus().join(name), bytes).expect("a file of the corpus");
        }
    }
    let entries = std::fs::read_dir(corpus()).expect("the corpus is there");
    let found: BTreeMap<_, _> = entries
        .map(|entry| entry.expect("an entry"))
        .map(|it| {
            (
                it.file_name().into_string().expect("a name"),
                std::fs::read(it.path()).expect("a file"),
            )
        })
        .collect();
    assert_eq!(found.keys().collect::<Vec<_>>(), made.keys().collect::<Vec<_>>());
    for (name, bytes) in made {
        assert!(found[&name] == bytes, "{name}: WEFT_WRITE_CORPUS=1 writes it anew");
    }
}

#[test]
fn hostile_components_of_the_corpus_have_the_expected_outcomes() {
    let hostile = Hostile::default();
    let fates: Vec<_> = handmade()
        .iter()
        .map(|(name, bytes)| format!("{name}: {}", attempt(&hostile, name, bytes)))
        .collect();
    insta::assert_snapshot!(fates.join("\n"));
}

#[test]
fn components_of_the_official_suite_run_within_the_bounds() {
    let hostile = Hostile::default();
    let seeds = official();
    let fates = seeds.iter().map(|bytes| attempt(&hostile, "a component of the suite", bytes));
    let called = fates.filter(|fate| matches!(fate, Fate::Called { returned: 1.., .. })).count();
    // Components that are meant to be refused, or that only trap, are not among them.
    assert!(called > 60, "{called} of {}", seeds.len());
}

#[test]
fn changed_components_are_refused_or_run_within_the_bounds() {
    let count = std::env::var("WEFT_MUTANTS").ok().and_then(|it| it.parse().ok());
    let seed = std::env::var("WEFT_SEED").ok().and_then(|it| it.parse().ok()).unwrap_or(5);
    let hostile = Hostile::default();
    let mut seeds = official();
    seeds.retain(|bytes| !matches!(hostile.attempt(bytes), Fate::Refused(_)));
    seeds.extend(handmade().into_iter().map(|(_, bytes)| bytes).filter(|it| it.len() < 4_096));
    let mut fates = BTreeMap::new();
    for (number, mutant) in Mutants::new(&seeds, seed).take(count.unwrap_or(MUTANTS)).enumerate() {
        let fate = attempt(&hostile, &format!("mutant {number} of seed {seed}"), &mutant);
        let kind = match fate {
            Fate::Called { returned: 0, failed } if failed.is_empty() => "had nothing to call",
            Fate::Called { failed, .. } if failed.is_empty() => "returned",
            Fate::Called { .. } => "failed",
            Fate::NotInstantiated(_) => "not instantiated",
            Fate::NotLinked => "not linked",
            Fate::Refused(_) | Fate::TooLong => "refused",
        };
        *fates.entry(kind).or_insert(0_u32) += 1;
    }
    println!("{fates:?}");
    // If all mutants were refused, they would prove little.
    for kind in ["had nothing to call", "failed", "returned", "not instantiated", "refused"] {
        assert!(fates.get(kind).is_some_and(|count| *count > 10), "{kind}: {fates:?}");
    }
}
