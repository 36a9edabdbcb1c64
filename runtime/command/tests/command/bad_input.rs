//! Files that can't be run.

use crate::weft::Folder;

/// Tries to run a file, and returns the visible result.
fn run(name: &str, bytes: &[u8]) -> String {
    Folder::with(&[(name, bytes)]).weft(&["run", name, "--invoke", "f()"])
}

#[test]
fn a_core_module_is_none_and_how_to_make_one_is_said() {
    insta::assert_snapshot!("core_module", run("core.wat", b"(module)"));
    let module = br#"(module (import "wasi_snapshot_preview1" "sched_yield" (func)))"#;
    insta::assert_snapshot!("core_module_of_wasi_0_1", run("core.wat", module));
}

#[test]
fn what_the_engine_lacks_is_named() {
    insta::assert_snapshot!(run("tag.wat", b"(component (core module (tag)))"));
}

#[test]
fn what_is_not_valid_is_told() {
    insta::assert_snapshot!("no_webassembly", run("text.wasm", b"hello"));
    insta::assert_snapshot!("empty", run("empty.wasm", b""));
    insta::assert_snapshot!("cut", run("cut.wasm", b"\0asm\x0d\0\x01\0\x01"));
    insta::assert_snapshot!(
        "wrong_text",
        run("wrong.wat", b"(component\n  (func $f (param u32)))")
    );
    let module = b"(component (core module (func (result i32))))";
    insta::assert_snapshot!("wrong_code", run("wrong.wat", module));
}

/// Returns the widths of a text in a terminal: that before `place`, that before the caret, and that of
/// the longest line.
fn widths(shown: &str, place: &str) -> (usize, usize, usize) {
    let width = |text: &str| text.chars().map(|it| if it > '\u{2e80}' { 2 } else { 1 }).sum();
    let source = shown.lines().find(|it| it.contains(place)).unwrap();
    let caret = shown.lines().find(|it| it.contains('^')).unwrap();
    let before = |line: &str, end: &str| width(line.split(end).next().unwrap());
    (before(source, place), before(caret, "^"), shown.lines().map(width).max().unwrap())
}

#[test]
fn a_long_line_is_cut_around_the_place_that_is_wrong() {
    let long = "(core func (canon thread.yield)) ".repeat(12_000);
    let wide = "\u{6f22}\u{5b57}\u{1f600}";
    let wrong = "(func $f (param u32))";
    let folder = Folder::with(&[]);
    for (before, after) in [
        (long.as_str(), long.as_str()),
        ("", &long),
        (&long, ""),
        (&format!("{long}\n\t\t(;\tx\t;)\t"), &long),
        (&format!("(;{};)", wide.repeat(100_000)), &format!("(;{};)", wide.repeat(100_000))),
        (&format!("\n(;{wide};)\t"), ""),
    ] {
        let text = format!("(component {before}{wrong}{after})");
        std::fs::write(folder.path().join("long.wat"), text).unwrap();
        for command in [&["inspect", "long.wat"][..], &["run", "long.wat"]] {
            let shown = folder.weft(command);
            let (place, caret, longest) = widths(&shown, "u32");
            assert!(place == caret && longest <= 140, "{shown}");
        }
    }
    // Names in messages are cut, too.
    let name = "x".repeat(400_000);
    let component = format!("(component (core module (func call ${name})))");
    for (file, text, command) in [
        ("name.wat", &component, &["inspect", "name.wat"][..]),
        ("name.wast", &component, &["wast", "name.wast"]),
        ("name.wast", &component, &["explore", "name.wast"]),
        ("line.txt", &name, &["explore", "fine.wast", "--replay", "line.txt"]),
    ] {
        std::fs::write(folder.path().join("fine.wast"), "(component)").unwrap();
        std::fs::write(folder.path().join(file), text).unwrap();
        let shown = folder.weft(command);
        assert!(shown.contains("xxx") && shown.contains('\u{2026}'), "{command:?}: {shown}");
        assert!(shown.len() < 3_000, "{command:?}: {shown}");
    }
}

#[test]
fn text_that_ends_too_early_and_text_that_is_not_utf_8_are_told() {
    insta::assert_snapshot!("cut_text", run("cut.wat", b"(component\n  (core module)\n\n"));
    insta::assert_snapshot!("no_utf_8", run("bytes.wat", b"(component \"\xff\")"));
    let json = Folder::with(&[("wrong.wat", b"(component\n\t(func $f (param u32)))")]);
    insta::assert_snapshot!(
        "text_as_json",
        json.weft(&["inspect", "wrong.wat", "--format", "json"])
    );
}

#[test]
fn a_file_that_is_not_there_ends_with_127() {
    let folder = Folder::with(&[]);
    for command in [
        &["run", "no.wasm", "--invoke", "f()"][..],
        &["serve", "no.wasm"],
        &["inspect", "no.wasm"],
        &["wast", "no"],
        &["explore", "no.wasm", "--invoke", "f()"],
        &["explore", "no.wast"],
    ] {
        let shown = folder.weft(command);
        assert!(shown.contains("cannot read `no"), "{shown}");
        assert!(shown.ends_with("--- exit code 127\n"), "{shown}");
    }
}

#[test]
fn a_file_that_is_not_what_it_should_be_ends_with_126() {
    let broken = b"(component)\n(component";
    let folder = Folder::with(&[
        ("fine.wast", b"(component)"),
        ("broken.wast", broken),
        ("bytes.wast", b"\xff"),
        ("bytes.wasm", b"\xff"),
        ("bytes.txt", b"\xff"),
        ("empty.wat", b"(component)"),
        ("invalid.wat", b"(component (import \"f\" (func (type 5))))"),
    ]);
    for (command, expected) in [
        (&["explore", "broken.wast"][..], "`broken.wast` is not a script: line 2: expected `)`"),
        (&["explore", "broken.wast", "--timeline", "out.txt"], "is not a script: line 2"),
        (&["explore", "bytes.wast"], "cannot read `bytes.wast`: "),
        (&["explore", ".", "--invoke", "f()"], "cannot read `.`: "),
        (&["explore", "bytes.wasm", "--invoke", "f()"], "is not WebAssembly"),
        (&["explore", "invalid.wat", "--invoke", "f()"], "unknown type"),
        (&["explore", "fine.wast", "--replay", "bytes.txt"], "cannot read `bytes.txt`: "),
        (&["explore", "fine.wast", "--replay", "broken.wast"], "is not a schedule: line 1"),
        (&["wast", "bytes.wast"], "FAIL  bytes.wast:1: "),
        (&["wast", "broken.wast", "fine.wast"], "1 passed, 1 failed"),
        (&["wast", "broken.wast", "--timeline", "out.txt"], "FAIL  broken.wast:2: "),
        (&["run", "bytes.wasm"], "is not WebAssembly"),
        (&["serve", "bytes.wasm"], "is not WebAssembly"),
        (&["inspect", "bytes.wasm"], "is not WebAssembly"),
        (&["inspect", "invalid.wat"], "unknown type"),
        (&["inspect", "."], "cannot read `.`: "),
    ] {
        let shown = folder.weft(command);
        assert!(shown.contains(expected), "{command:?}: {shown}");
        assert!(shown.ends_with("--- exit code 126\n"), "{command:?}: {shown}");
    }
}

#[test]
fn a_folder_is_no_component() {
    let shown = Folder::with(&[]).weft(&["run", ".", "--invoke", "f()"]);
    assert!(shown.starts_with("--- standard error\nerror[io]: cannot read `.`"), "{shown}");
    assert!(shown.ends_with("--- exit code 126\n"), "{shown}");
}

#[test]
fn imports_that_are_missing_are_listed() {
    let component = br#"(component
        (import "log" (func (param "text" string)))
        (import "example:words/count@1.2.0" (instance (export "count" (func (result u32)))))
        (core module $Module (func (export "f")))
        (core instance $module (instantiate $Module))
        (func (export "f") (canon lift (core func $module "f"))))"#;
    insta::assert_snapshot!(run("app.wat", component));
}

#[test]
fn a_component_without_functions_has_none_to_call() {
    insta::assert_snapshot!(run("empty.wat", b"(component)"));
}
