//! The async files of the official suite under other choosers than first-in first-out, and
//! explored.
//!
//! The environment variable `WEFT_SEEDS` sets the number of seeds, and `WEFT_SCHEDULES` the largest
//! number of schedules that are explored of a file:
//!
//! ```sh
//! WEFT_SEEDS=1000 WEFT_SCHEDULES=100000 cargo test -p weft-tests --test components every_schedule
//! ```

use std::path::PathBuf;
use std::str::FromStr;

use weft::chooser::{Choice, Chooser, DeterministicProfile, LastInFirstOut, Seeded};
use weft::component::AnyChooser;
use weft::engine::wasmi::Wasmi;
use weft_explore::{Ending, Exploration};
use weft_wast::{Verdict, explore_script, play_with_chooser, script_files};

/// The decisions that a file of the suite depends on: its assertions hold only if the first
/// possibility is taken. The spec allows the others.
const DEPENDENT: [(&str, Choice); 3] = [
    // Line 250: the caller expects that its subtasks return in the order in which they were
    // started. `Store.tick` may resume their threads in any order.
    ("async-calls-sync.wast", Choice::Tick),
    // Lines 943, 1004, 1326 and 1539: the guest expects to get events in the order of its waits, and
    // at once. `WaitableSet.wait` may let other threads run first, as it does in the deterministic
    // profile.
    ("big-interleaving-test.wast", Choice::Wait),
    // Line 140: the callee has to be unresolved when its caller drops the subtask. It waits by two
    // yields, at which `Thread.yield_` may go on.
    ("drop-subtask.wast", Choice::Yield),
];

/// A chooser that takes the first possibility of one kind of decision.
struct WithFirst<C>(C, Option<Choice>);

impl<C: Chooser> Chooser for WithFirst<C> {
    fn choose(&mut self, choice: Choice, count: u32) -> u32 {
        // The order of threads also depends on these.
        let is_fixed = match self.1 {
            Some(Choice::Tick) => matches!(choice, Choice::Tick | Choice::Event | Choice::Enter),
            fixed => fixed == Some(choice),
        };
        if is_fixed { 0 } else { self.0.choose(choice, count) }
    }
}

fn number<T: FromStr>(variable: &str, default: T) -> T {
    let value = std::env::var(variable).ok();
    value.and_then(|value| value.parse().ok()).unwrap_or(default)
}

/// Returns the name and the text of each async file.
fn async_files() -> Vec<(String, String)> {
    let suite = weft_tests::pinned::component_model().expect("the pinned sources").join("test");
    let files: Vec<PathBuf> = script_files(&suite.join("async")).expect("the suite can be read");
    let file = |path: &PathBuf| {
        let name = path.file_name().expect("a file").to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).expect("a file of the suite can be read"))
    };
    files.iter().map(file).collect()
}

fn dependent(name: &str) -> Option<Choice> {
    DEPENDENT.iter().find(|(dependent, _)| *dependent == name).map(|(_, choice)| *choice)
}

/// Plays each file with the chooser that `chooser` makes for its dependence.
fn assert_all_pass(what: &str, chooser: impl Fn(Option<Choice>) -> Box<dyn AnyChooser>) {
    let engine = Wasmi::default();
    for (name, text) in async_files() {
        let verdict = play_with_chooser(&engine, &text, chooser(dependent(&name)));
        assert_eq!(verdict, Verdict::Passed, "{name}, {what}");
    }
}

#[test]
fn async_files_pass_last_in_first_out_and_in_the_deterministic_profile() {
    assert_all_pass("last in, first out", |fixed| {
        Box::new(WithFirst(LastInFirstOut::new(), fixed))
    });
    assert_all_pass("deterministic profile", |fixed| {
        Box::new(WithFirst(DeterministicProfile, fixed))
    });
}

#[test]
fn async_files_pass_with_random_decisions() {
    for seed in 0..number("WEFT_SEEDS", 20) {
        assert_all_pass(&format!("seed {seed}"), |fixed| {
            Box::new(WithFirst(Seeded::new(seed), fixed))
        });
    }
}

#[test]
fn async_files_pass_under_every_schedule() {
    let max_schedules = number("WEFT_SCHEDULES", 60);
    let engine = Wasmi::default();
    for (name, text) in async_files() {
        let exploration = Exploration::new().max_schedules(max_schedules);
        let explored = exploration.run(|explorer| explore_script(&engine, &text, explorer));
        println!(
            "{name}: {} schedules, {} redundant, {} outcomes{}",
            explored.num_schedules(),
            explored.num_redundant(),
            explored.outcomes().len(),
            explored.bound().map(|bound| format!(", {bound}")).unwrap_or_default(),
        );
        // The first schedule is first-in first-out.
        let first = explored.outcomes().first().map(|it| &it.result);
        assert_eq!(first, Some(&Ending::Returned(Verdict::Passed)), "{name}");
        let is_dependent = dependent(&name).is_some();
        assert_eq!(explored.outcomes().len() > 1, is_dependent, "{name}: {explored}");
    }
}
