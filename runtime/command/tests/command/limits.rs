//! Fuel, time and memory.

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

/// A component whose start function counts to 5,000,000, and whose `grow` grows a table by 100,000.
const STARTS: &str = r#"(component
    (core module $M
        (table $t 1 funcref)
        (global $n (mut i32) (i32.const 5000000))
        (func $start (loop (global.set $n (i32.sub (global.get $n) (i32.const 1)))
            (br_if 0 (global.get $n))))
        (start $start)
        (func (export "grow") (result i32) (table.grow $t (ref.null func) (i32.const 100000))))
    (core instance $m (instantiate $M))
    (func (export "grow") (result s32) (canon lift (core func $m "grow"))))"#;

#[test]
fn a_start_function_may_use_all_fuel() {
    let folder = Folder::with(&[("starts.wat", STARTS.as_bytes())]);
    let run = |fuel| folder.weft(&["run", "starts.wat", "--invoke", "grow()", "--fuel", fuel]);
    assert_eq!(run("1000000000"), "1\n--- exit code 0\n");
    let shown = run("1000000");
    assert!(shown.contains("error[fuel]: the guest has used its 1000000 units"), "{shown}");
    assert!(shown.ends_with("--- exit code 124\n"), "{shown}");
}

#[test]
fn a_guest_gets_no_larger_tables_than_it_may_have() {
    let folder = Folder::with(&[("starts.wat", STARTS.as_bytes())]);
    for (memory, shown) in [("512KiB", "-1"), ("1MiB", "1")] {
        let call = ["run", "starts.wat", "--invoke", "grow()", "--max-memory", memory];
        assert_eq!(folder.weft(&call), format!("{shown}\n--- exit code 0\n"));
    }
}

#[test]
fn a_guest_ends_when_its_time_is_over() {
    for call in ["spin()", "yields()"] {
        let shown = run(call, &["--timeout", "200ms"]);
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
