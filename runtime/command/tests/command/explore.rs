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
fn a_script_that_the_engine_can_not_play_is_no_failure() {
    let tags = b"(component (core module (tag)))";
    let fails = b"(component)\n(assert_return (invoke \"f\"))";
    let folder = Folder::with(&[("tags.wast", tags), ("fails.wast", fails)]);
    insta::assert_snapshot!("not_applicable", folder.weft(&["explore", "tags.wast"]));
    let json = folder.weft(&["explore", "tags.wast", "--format", "json"]);
    insta::assert_snapshot!("not_applicable_as_json", json);
    std::fs::write(folder.path().join("schedule.txt"), "").unwrap();
    // `weft wast` has the same opinion.
    for (file, code) in [("tags.wast", 0), ("fails.wast", 1)] {
        for command in [
            &["wast", file][..],
            &["explore", file],
            &["explore", file, "--replay", "schedule.txt"],
        ] {
            let shown = folder.weft(command);
            assert!(shown.ends_with(&format!("--- exit code {code}\n")), "{shown}");
        }
    }
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
    let expected =
        "spin() failed: the guest ran for too long: it has used the fuel that `--fuel` allows";
    assert!(shown.contains(expected), "{shown}");
    assert!(shown.ends_with("--- exit code 1\n"), "{shown}");
    assert!(explore("end()").ends_with("--- exit code 0\n"));
}

/// Functions that don't come to their ends: at once, after others have run, and in a start function.
const NO_ENDS: [(&str, &[u8]); 2] = [
    (
        "spins.wat",
        br#"(component
            (core func $yield (canon thread.yield))
            (core func $return (canon task.return))
            (core module $Module
                (import "" "yield" (func $yield (result i32)))
                (import "" "return" (func $return))
                (func (export "spin") (loop (br 0)))
                (func (export "later") (drop (call $yield)) (loop (br 0)))
                (func (export "end") (drop (call $yield)) (call $return)))
            (core instance $module (instantiate $Module (with "" (instance
                (export "yield" (func $yield)) (export "return" (func $return))))))
            (func (export "spin") (canon lift (core func $module "spin")))
            (func (export "later") async (canon lift (core func $module "later") async))
            (func (export "end") async (canon lift (core func $module "end") async)))"#,
    ),
    (
        "starts.wat",
        br#"(component
            (core module $Starts (func $spin (loop (br 0))) (start $spin))
            (core instance (instantiate $Starts))
            (core module $Module (func (export "end")))
            (core instance $module (instantiate $Module))
            (func (export "end") (canon lift (core func $module "end"))))"#,
    ),
];

#[test]
fn a_run_that_does_not_end_is_stopped_when_the_time_is_over() {
    let [(_, spins), (_, starts)] = NO_ENDS;
    let script = |component: &[u8], call: &str| [component, call.as_bytes()].concat();
    let folder = Folder::with(&[
        ("spins.wat", spins),
        ("starts.wat", starts),
        ("spins.wast", &script(spins, "(assert_return (invoke \"spin\"))")),
        ("starts.wast", &script(starts, "(assert_return (invoke \"end\"))")),
    ]);
    let place = "  0: `spin` of instance 1: core function `spin` of core module `Module`\n";
    for (subject, place) in [
        (&["spins.wat", "--invoke", "spin()"][..], place),
        (&["spins.wat", "--invoke", "later()"], "  0: `later` of instance 1: core function"),
        (&["spins.wat", "--invoke", "end()", "--invoke", "later()"], "0: `later` of instance 1"),
        (&["starts.wat", "--invoke", "end()"], ""),
        (&["spins.wast"], place),
        (&["starts.wast"], ""),
    ] {
        // A start function gets fuel for an optimized interpreter: it takes longer in this test.
        let time = if place.is_empty() { "50ms" } else { "100ms" };
        for workers in ["1", "4"] {
            let options = ["--max-time", time, "--workers", workers];
            let shown = folder.weft(&[&["explore"], subject, &options].concat());
            assert!(shown.contains(" 0 outcomes: the time was over\n"), "{subject:?}: {shown}");
            assert!(shown.contains("\na run had not ended after "), "{subject:?}: {shown}");
            assert!(shown.contains(place), "{subject:?}: {shown}");
            // No outcome is a failure.
            assert!(shown.ends_with("--- exit code 0\n"), "{subject:?}: {shown}");
        }
    }
}

#[test]
fn a_run_that_does_not_end_is_shown_to_tools_drawn_and_replayed() {
    let folder = Folder::with(&NO_ENDS);
    let [end, later] = ["end()", "later()"].map(|call| ["--invoke", call]);
    let explore = |options: &[&str]| {
        let always = ["explore", "spins.wat", "--max-time", "100ms"];
        folder.weft(&[&always, &end[..], &later, options].concat())
    };
    let shown = explore(&["--format", "json", "--timeline", "out.txt"]);
    let json: serde_json::Value =
        serde_json::from_str(shown.strip_suffix("--- exit code 0\n").unwrap()).unwrap();
    assert_eq!(json["outcomes"].as_array().map(Vec::len), Some(0));
    assert_eq!(json["bound"], "the time was over");
    let run = &json["unfinished"][0];
    assert!(run["seconds"].as_f64() > Some(0.1) && run["steps"].as_u64() >= Some(1), "{shown}");
    assert!(run["backtrace"][0].as_str().unwrap().starts_with("0: `later`"), "{shown}");
    let drawn = std::fs::read_to_string(folder.path().join("out.txt")).unwrap();
    assert!(drawn.contains("stopped when the time was over"), "{drawn}");
    assert!(drawn.contains("the host calls later of 1"), "{drawn}");
    std::fs::write(folder.path().join("run.txt"), run["schedule"].as_str().unwrap()).unwrap();
    let replayed = explore(&["--replay", "run.txt"]);
    assert_eq!(replayed, "stopped when the time was over\n--- exit code 124\n");
}

#[test]
fn a_long_time_changes_nothing() {
    let folder =
        Folder::with(&[("lost.wat", LOST), ("patience.wasm", PATIENCE), ("seven.wast", SCRIPT)]);
    let ask = ["explore", "patience.wasm", "--invoke", "ask(60)", "--invoke", "answer(60, 7)"];
    for explore in [&BOTH[..], &ask, &["explore", "seven.wast"]] {
        // The last one is longer than a clock can count.
        for time in ["10h", "18446744073709551615"] {
            let long = folder.weft(&[explore, &["--max-time", time]].concat());
            assert_eq!(long, folder.weft(explore), "{time}");
        }
    }
}

#[test]
fn a_run_in_which_a_call_fails_at_once_can_be_drawn() {
    let folder = Folder::with(&[
        ("shop.wat", crate::weft::SHOP.as_bytes()),
        (
            "trap.wast",
            br#"
        (component
            (core module $Module (func (export "f") unreachable))
            (core instance $module (instantiate $Module))
            (func (export "f") (canon lift (core func $module "f"))))
        (assert_return (invoke "f"))"#,
        ),
        ("none.wast", b"(assert_return (invoke \"f\"))"),
    ]);
    for (subject, call) in [
        (&["shop.wat", "--invoke", "trap()"][..], "the host calls trap of 1"),
        (&["trap.wast"], "the host calls f of 1"),
        (&["none.wast"], "no such instance"),
    ] {
        let shown = folder.weft(&[&["explore"], subject, &["--timeline", "out.txt"]].concat());
        assert!(shown.ends_with("--- exit code 1\n"), "{shown}");
        let drawn = std::fs::read_to_string(folder.path().join("out.txt")).unwrap();
        assert!(drawn.contains(call), "{drawn}");
    }
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
