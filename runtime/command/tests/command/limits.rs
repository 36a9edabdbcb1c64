//! Fuel, time and memory.

use std::time::{Duration, Instant};

use crate::weft::Folder;

fn run(call: &str, limit: &[&str]) -> String {
    let arguments = ["run", "shop.wat", "--invoke", call].into_iter().chain(limit.iter().copied());
    Folder::with_shop().weft(&arguments.collect::<Vec<_>>())
}

#[test]
fn a_guest_that_spins_uses_up_its_fuel() {
    insta::assert_snapshot!(run("spin()", &["--fuel", "10000000"]));
    assert_eq!(run("add(1, 2)", &["--fuel", "10000"]), "3\n--- exit code 0\n");
}

#[test]
fn a_guest_ends_when_its_time_is_over() {
    for call in ["spin()", "yields()"] {
        let begin = Instant::now();
        let shown = run(call, &["--timeout", "200ms"]);
        assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
        assert_eq!(
            shown,
            "--- standard error\n\
             error[timeout]: the guest ran for longer than 200ms, and was stopped\n\
             --- exit code 124\n",
        );
    }
    assert_eq!(run("add(1, 2)", &["--timeout", "1h"]), "3\n--- exit code 0\n");
}

#[test]
fn a_guest_gets_no_more_memory_than_it_may_have() {
    assert_eq!(run("grow()", &["--max-memory", "1MiB"]), "-1\n--- exit code 0\n");
    assert_eq!(run("grow()", &["--max-memory", "64MiB"]), "1\n--- exit code 0\n");
    insta::assert_snapshot!(run("grow()", &["--max-memory", "1KiB"]));
}
