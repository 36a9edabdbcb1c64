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
