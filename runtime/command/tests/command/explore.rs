//! `weft explore`.

use crate::weft::Folder;

/// A consumer that is not woken if the producer comes between its look and its wait.
const LOST: &[u8] = include_bytes!("../../../explore/tests/catalog/lost_wake_up.wat");

/// A guest of WASI that waits for answers, for a limited time.
const PATIENCE: &[u8] = include_bytes!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../tests/guests/built/patience-rust.wasm"
));

const SCRIPT: &[u8] = br#"(component
    (core module $module (func (export "f") (result i32) (i32.const 7)))
    (core instance $instance (instantiate $module))
    (func (export "seven") (result u32) (canon lift (core func $instance "f"))))
(assert_return (invoke "seven") (u32.const 7))"#;

const BOTH: [&str; 6] = ["explore", "lost.wat", "--invoke", "first()", "--invoke", "second()"];

fn folder() -> Folder {
    Folder::with(&[
        ("lost.wat", LOST),
        ("seven.wast", SCRIPT),
        ("lost.txt", b"yield 0 of 2\nyield 1 of 2 # the producer goes on\n"),
        ("other.txt", b"yield 0 of 2\nwait 1 of 2\n"),
        ("wrong.txt", b"yield 0 of 2\n\ntock 1 of 2\n"),
    ])
}

#[test]
fn each_outcome_is_told_with_its_schedule() {
    let folder = folder();
    insta::assert_snapshot!("explored", folder.weft(&BOTH));
    let json = folder.weft(&[&BOTH[..], &["--format", "json"]].concat());
    insta::assert_snapshot!("explored_as_json", json);
    let one = folder.weft(&["explore", "lost.wat", "--invoke", "second()"]);
    assert!(
        one.contains(" 1 outcome: every schedule") && one.ends_with("--- exit code 0\n"),
        "{one}"
    );
}

#[test]
fn several_workers_find_the_same_outcomes() {
    let folder = Folder::with(&[("patience.wasm", PATIENCE)]);
    let ask = ["explore", "patience.wasm", "--invoke", "ask(60)", "--invoke", "answer(60, 7)"];
    let outcomes = |workers: &str| {
        let shown = folder.weft(&[&ask[..], &["--workers", workers]].concat());
        let lines = shown.lines().filter(|line| line.contains(" = "));
        let lines: Vec<_> = lines.map(str::to_owned).collect();
        let mut outcomes: Vec<_> = lines.chunks(2).map(<[String]>::to_vec).collect();
        outcomes.sort();
        outcomes
    };
    assert_eq!(outcomes("1").len(), 3);
    assert_eq!(outcomes("1"), outcomes("3"));
    assert_eq!(outcomes("1"), outcomes("18446744073709551615"));
}

#[test]
fn a_script_is_explored() {
    let shown = folder().weft(&["explore", "seven.wast"]);
    assert!(shown.contains("a success") && shown.ends_with("--- exit code 0\n"), "{shown}");
}

#[test]
fn a_schedule_is_replayed_and_another_one_refused() {
    let folder = folder();
    let replay = |file| folder.weft(&[&BOTH[..], &["--replay", file]].concat());
    insta::assert_snapshot!("replayed", replay("lost.txt"));
    insta::assert_snapshot!("replay_of_another_run", replay("other.txt"));
    insta::assert_snapshot!("replay_of_no_schedule", replay("wrong.txt"));
}

#[test]
fn the_run_that_fails_is_drawn() {
    let folder = folder();
    folder.weft(&[&BOTH[..], &["--timeline", "lost.html"]].concat());
    let page = std::fs::read_to_string(folder.path().join("lost.html")).unwrap();
    assert!(page.contains("first() failed: deadlock") && page.contains("lost.wat"));
}

#[test]
fn a_time_out_of_minutes_races_an_answer_in_no_time() {
    let folder = Folder::with(&[("patience.wasm", PATIENCE)]);
    let ask = ["explore", "patience.wasm", "--invoke", "ask(60)", "--invoke", "answer(60, 7)"];
    let explored = folder.weft(&ask);
    insta::assert_snapshot!("explored_with_time_out", explored);
    // The second outcome is the lost answer: its lines are those of a schedule.
    let lost =
        explored.split("outcome").find(|it| it.contains("ask(60) = none\n  answer(60, 7) = true"));
    let schedule = lost.unwrap().lines().skip(4).collect::<Vec<_>>().join("\n");
    std::fs::write(folder.path().join("lost.txt"), schedule).unwrap();
    let replayed = folder.weft(&[&ask[..], &["--replay", "lost.txt"]].concat());
    assert_eq!(replayed, "ask(60) = none\nanswer(60, 7) = true\n--- exit code 0\n");
    // The page has the virtual times.
    folder.weft(&[&ask[..], &["--replay", "lost.txt", "--timeline", "lost.txt"]].concat());
    let drawn = std::fs::read_to_string(folder.path().join("lost.txt")).unwrap();
    assert!(drawn.contains("       0 µs  ") && drawn.contains("60000000 µs  "), "{drawn}");
    let spins = folder.weft(&["explore", "patience.wasm", "--invoke", "spin(3)"]);
    assert!(spins.contains("1 outcome: a guest looked at the clock until time went on"), "{spins}");
    assert!(spins.ends_with("--- exit code 0\n"), "{spins}");
    // A slow guest also misses an answer that comes long before the end.
    let patient = ["explore", "patience.wasm", "--invoke", "ask(90)", "--invoke", "answer(60, 7)"];
    assert!(!folder.weft(&patient).contains("ask(90) = none"));
    let slow = folder.weft(&[&patient[..], &["--slow-guests"]].concat());
    assert!(slow.contains("ask(90) = none"), "{slow}");
}

#[test]
fn fuel_ends_a_run_whose_guest_spins() {
    let spins = br#"(component
        (core module $Module
            (func (export "spin") (loop (br 0)))
            (func (export "end")))
        (core instance $module (instantiate $Module))
        (func (export "spin") (canon lift (core func $module "spin")))
        (func (export "end") (canon lift (core func $module "end"))))"#;
    let folder = Folder::with(&[("spins.wat", spins)]);
    let explore =
        |call| folder.weft(&["explore", "spins.wat", "--fuel", "100000", "--invoke", call]);
    let shown = explore("spin()");
    assert!(shown.contains("spin() failed: the guest ran for too long"), "{shown}");
    assert!(shown.ends_with("--- exit code 1\n"), "{shown}");
    assert!(explore("end()").ends_with("--- exit code 0\n"));
}

#[test]
fn mistakes_on_the_command_line_are_told() {
    let folder = folder();
    for (arguments, expected) in [
        (&["explore", "lost.wat"][..], "expected a call to explore"),
        (&["explore", "seven.wast", "--invoke", "seven()"], "leave out --invoke"),
        (&["explore", "lost.wat", "--invoke", "frist()"], "did you mean `first`?"),
        (&["explore", "lost.wat", "--invoke", "first()", "--replay", "no.txt"], "no.txt"),
        (&["explore", "lost.wat", "--invoke", "first()", "--timeline", "a.png"], ".html"),
        (&["explore", "no.wast"], "no.wast"),
        (&["explore", "seven.wast", "--fuel", "9"], "leave out --fuel"),
        (&["explore", "seven.wast", "--max-schedules", "0"], "0 is not in 1.."),
        (&["explore", "seven.wast", "--max-time", "0s"], "no run could begin in no time"),
    ] {
        let shown = folder.weft(arguments);
        assert!(shown.contains(expected) && !shown.ends_with("--- exit code 0\n"), "{shown}");
    }
}
