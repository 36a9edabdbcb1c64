//! `weft inspect`.

use crate::weft::Folder;

/// A component as `wit-component` makes them: a module, a shim, an adapter.
const ADAPTED: &str = r#"(component
    (import "wasi:cli/stdout@0.2.6" (instance))
    (import "wasi:io/streams@0.2.6" (instance))
    (import "wasi:clocks/types@0.3.0" (instance))
    (import "log" (func (param "text" string)))
    (core module $main (memory i64 1) (func) (data "abc"))
    (core module $wit-component:shim)
    (component $inner (core module $inner))
    (core module $wit-component:adapter:wasi_snapshot_preview1)
    (core module $Run (func (export "run") (result i32) (i32.const 0)))
    (core instance $core (instantiate $Run))
    (func $run (result (result)) (canon lift (core func $core "run")))
    (instance $run (export "run" (func $run)))
    (export "wasi:cli/run@0.2.6" (instance $run)))"#;

#[test]
fn a_component_is_shown_with_its_parts() {
    let folder = Folder::with(&[("app.wat", ADAPTED.as_bytes())]);
    insta::assert_snapshot!(folder.weft(&["inspect", "app.wat"]));
    let json = folder.weft(&["inspect", "app.wat", "--format", "json"]);
    insta::assert_snapshot!("component_as_json", json);
}

#[test]
fn the_wit_text_alone_can_be_had() {
    insta::assert_snapshot!(Folder::with_shop().weft(&["inspect", "shop.wat", "--wit"]));
}

#[test]
fn a_core_module_is_shown_with_how_to_make_a_component() {
    let module = br#"(module
        (import "wasi_snapshot_preview1" "fd_write" (func (param i32 i32 i32 i32) (result i32)))
        (memory (export "memory") 1))"#;
    let folder = Folder::with(&[("core.wat", module)]);
    insta::assert_snapshot!(folder.weft(&["inspect", "core.wat"]));
    let wit = folder.weft(&["inspect", "core.wat", "--wit"]);
    assert!(wit.ends_with("--- exit code 126\n"), "{wit}");
}

#[test]
fn what_wasmi_lacks_is_named_and_all_else_is_shown() {
    let folder = Folder::with(&[("tag.wat", b"(component (core module (tag) (memory i64 1)))")]);
    insta::assert_snapshot!(folder.weft(&["inspect", "tag.wat"]));
}

#[test]
fn no_color_goes_into_a_pipe() {
    let folder = Folder::with_shop();
    for arguments in [&["inspect", "shop.wat"][..], &["run", "shop.wat", "--invoke", "nothing"]] {
        let shown = folder.weft(arguments);
        assert!(!shown.contains('\u{1b}'), "{shown}");
    }
}
