//! `weft wast`.

use crate::weft::Folder;

const PASSES: &[u8] = br#"(component
    (core module $module (func (export "f") (result i32) (i32.const 7)))
    (core instance $instance (instantiate $module))
    (func (export "seven") (result u32) (canon lift (core func $instance "f"))))
(assert_return (invoke "seven") (u32.const 7))"#;

#[test]
fn scripts_are_played_and_counted() {
    let fails = String::from_utf8_lossy(PASSES).replace("u32.const 7", "u32.const 8");
    let files = [
        ("a.wast", PASSES),
        ("b.wast", fails.as_bytes()),
        ("c.wast", b"(component (core module (tag)))"),
        ("d.wast", b"(component"),
    ];
    let folder = Folder::with(&files);
    insta::assert_snapshot!(folder.weft(&["wast", "."]));
    let json = folder.weft(&["wast", "a.wast", "b.wast", "c.wast", "--format", "json"]);
    insta::assert_snapshot!("wast_as_json", json);
    let fine = folder.weft(&["wast", "a.wast", "c.wast"]);
    assert!(fine.ends_with("1 passed, 0 failed, 1 not applicable\n--- exit code 0\n"), "{fine}");
}

#[test]
fn a_script_without_directives_and_a_folder_without_scripts_are_refused() {
    let folder = Folder::with(&[
        ("comments.wast", b";; nothing\n(; at (; all ;) ;)\n"),
        ("empty.wast", b""),
        ("spaces.wast", b" \t\r\n\n"),
    ]);
    insta::assert_snapshot!("without_directives", folder.weft(&["wast", "."]));
    insta::assert_snapshot!("explored_without_directives", folder.weft(&["explore", "empty.wast"]));
    std::fs::create_dir(folder.path().join("none")).unwrap();
    insta::assert_snapshot!("without_scripts", folder.weft(&["wast", "none"]));
    let both = folder.weft(&["wast", "none", "empty.wast"]);
    assert!(both.contains("0 passed, 1 failed, 0 not applicable"), "{both}");
}

#[test]
fn scripts_are_recorded_into_one_timeline() {
    let folder = Folder::with(&[("a.wast", PASSES), ("b.wast", PASSES)]);
    let recorded = |path: &str, file: &str| {
        folder.weft(&["wast", path, "--timeline", file]);
        std::fs::read_to_string(folder.path().join(file)).unwrap()
    };
    let text = recorded(".", "out.txt");
    let stores = ["./a.wast, ", "./b.wast, "].map(|it| text.matches(it).count());
    assert!(stores[0] > 3 && stores[0] == stores[1], "{text}");
    assert_eq!(text.matches("the host calls seven").count(), 2, "{text}");
    let page = recorded("a.wast", "out.html");
    assert!(page.contains("<title>a.wast</title>"), "{page}");
}

#[test]
fn a_timeline_of_scripts_has_their_failures_and_the_tasks_that_wait() {
    let shop = include_str!("shop.wat");
    let waits = format!("{shop}\n(assert_return (invoke \"wait\"))");
    let files = [("a.wast", PASSES), ("b.wast", waits.as_bytes()), ("c.wast", b"\xff")];
    let folder = Folder::with(&files);
    for largest in ["15", "1000"] {
        let options = ["--timeline", "out.txt", "--timeline-events", largest];
        folder.weft(&[&["wast", "a.wast", "b.wast", "c.wast"][..], &options].concat());
        let text = std::fs::read_to_string(folder.path().join("out.txt")).unwrap();
        assert!(text.contains("\nFAIL  b.wast:") && text.contains("deadlock"), "{text}");
        assert!(text.contains("\nFAIL  c.wast:1: "), "{text}");
        let waits = "\nwaits: `wait` of instance 1 of b.wast waits for an event of";
        assert!(text.contains(waits), "{text}");
        assert_eq!(text.contains("one earlier store is left out"), largest == "15", "{text}");
    }
}
