//! `weft run --timeline`.

use serde_json::Value;

use crate::weft::Folder;

/// Calls a function of the shop with a timeline. Returns the visible result, and the file.
fn recorded(call: &str, file: &str) -> (String, String) {
    let folder = Folder::with_shop();
    let shown = folder.weft(&["run", "shop.wat", "--timeline", file, "--invoke", call]);
    (shown, std::fs::read_to_string(folder.path().join(file)).unwrap())
}

#[test]
fn a_call_is_written_as_text_as_a_trace_and_as_a_page() {
    let (shown, text) = recorded("add(40, 2)", "out.txt");
    assert_eq!(shown, "42\n--- exit code 0\n");
    assert!(text.contains("the host calls add of 1 (call "), "{text}");
    let (_, trace) = recorded("add(40, 2)", "out.json");
    let trace: Value = serde_json::from_str(&trace).unwrap();
    assert!(trace["traceEvents"].as_array().unwrap().len() > 10);
    let (_, page) = recorded("add(40, 2)", "out.html");
    assert!(page.contains("<title>shop.wat: add(40, 2)</title>"), "{page}");
}

#[test]
fn a_trap_and_a_deadlock_are_written_too() {
    let (shown, text) = recorded("trap()", "out.txt");
    assert!(shown.ends_with("--- exit code 134\n"), "{shown}");
    assert!(text.contains("is locked down") && text.contains("unreachable"), "{text}");
    let (shown, page) = recorded("wait()", "out.html");
    assert!(shown.ends_with("--- exit code 134\n"), "{shown}");
    assert!(page.contains("<pre id=\"outcome\">deadlock"), "{page}");
    assert!(page.contains("\"an empty set\""), "{page}");
}

#[test]
fn a_guest_that_is_stopped_leaves_its_last_events() {
    let folder = Folder::with_shop();
    let limits = ["--timeout", "200ms", "--timeline-events", "50"];
    let call = ["run", "shop.wat", "--timeline", "out.txt", "--invoke", "yields()"];
    let shown = folder.weft(&[&call[..], &limits[..]].concat());
    assert!(shown.ends_with("--- exit code 124\n"), "{shown}");
    let text = std::fs::read_to_string(folder.path().join("out.txt")).unwrap();
    assert!(text.contains("earlier events were dropped"), "{text}");
    assert!(text.lines().count() < 60, "{text}");
}

#[test]
fn a_timeline_is_written_to_its_end_however_long_that_takes() {
    let folder = Folder::with_shop();
    let limits = ["--timeout", "1s", "--timeline-events", "10000000"];
    let call = ["run", "shop.wat", "--timeline", "out.html", "--invoke", "yields()"];
    let shown = folder.weft(&[&call[..], &limits[..]].concat());
    assert!(shown.ends_with("--- exit code 124\n"), "{shown}");
    let page = std::fs::read_to_string(folder.path().join("out.html")).unwrap();
    assert!(page.trim_end().ends_with("</html>"), "{} bytes", page.len());
}

#[test]
fn wrong_files_are_told_before_anything_runs() {
    let folder = Folder::with_shop();
    let run =
        |file: &str| folder.weft(&["run", "shop.wat", "--timeline", file, "--invoke", "add(1, 2)"]);
    for wrong in ["out", "out.pdf", ".html"] {
        let shown = run(wrong);
        assert!(shown.contains("`.html`, `.json` or `.txt`"), "{shown}");
        assert!(shown.ends_with("--- exit code 2\n"), "{shown}");
    }
    let shown = run("nowhere/out.html");
    assert!(shown.contains("cannot write `nowhere/out.html`"), "{shown}");
    assert!(shown.ends_with("--- exit code 125\n") && !shown.starts_with('3'), "{shown}");
}
