//! Calling functions with calls as text.

use crate::weft::Folder;

/// Calls a function of the shop, and returns the visible result.
fn invoke(call: &str) -> String {
    Folder::with_shop().weft(&["run", "shop.wat", "--invoke", call])
}

#[test]
fn a_result_is_printed() {
    assert_eq!(invoke("add(40, 2)"), "42\n--- exit code 0\n");
    assert_eq!(invoke(" add ( 40 , 2 ) "), "42\n--- exit code 0\n");
    assert_eq!(invoke("same(\"h\u{e9} \\\"\")"), "\"h\u{e9} \\\"\"\n--- exit code 0\n");
    assert_eq!(invoke("quiet()"), "--- exit code 0\n");
    assert_eq!(invoke("quiet"), "--- exit code 0\n");
}

#[test]
fn functions_of_interfaces_have_several_names() {
    for name in
        ["example:words/count@1.2.0#count", "example:words/count#count", "count.count", "count"]
    {
        assert_eq!(invoke(&format!("{name}(1, 2)")), "3\n--- exit code 0\n", "{name}");
    }
}

#[test]
fn a_result_that_is_an_error_ends_with_1() {
    assert_eq!(invoke("fail()"), "err(7)\n--- exit code 1\n");
}

#[test]
fn a_result_is_data_for_tools() {
    let folder = Folder::with_shop();
    let json = |call: &str| folder.weft(&["run", "shop.wat", "--format", "json", "--invoke", call]);
    insta::assert_snapshot!(json("add(40, 2)"));
    insta::assert_snapshot!("problem_as_json", json("add(40, true)"));
}

#[test]
fn what_is_wrong_is_pointed_at() {
    insta::assert_snapshot!("argument", invoke("add(1, -2)"));
    insta::assert_snapshot!("too_many_arguments", invoke("same(\"h\u{e9}\", 1)"));
    insta::assert_snapshot!("too_few_arguments", invoke("add"));
    insta::assert_snapshot!("unknown_function", invoke("ad(1, 2)"));
    insta::assert_snapshot!("no_name", invoke("(1, 2)"));
    insta::assert_snapshot!("not_closed", invoke("add(1"));
}

/// Functions with handles, with optional parameters, and of a resource. An instance can't be made.
const HANDLES: &str = r#"(component
    (type $r (resource (rep i32)))
    (export $connection "connection" (type $r))
    (core module $Starts (func $start unreachable) (start $start))
    (core instance (instantiate $Starts))
    (core module $M
        (func (export "f") (result i32) unreachable)
        (func (export "takes") (param i32) unreachable)
        (func (export "option") (param i32 i32) unreachable))
    (core instance $m (instantiate $M))
    (type $name (option string))
    (func (export "open") (result (own $connection)) (canon lift (core func $m "f")))
    (func (export "streams") (result (stream u8)) (canon lift (core func $m "f")))
    (func (export "future") (result (future string)) (canon lift (core func $m "f")))
    (func (export "close") (param "which" (own $connection)) (canon lift (core func $m "takes")))
    (func (export "look") (param "at" (tuple (borrow $connection)))
        (canon lift (core func $m "takes")))
    (func (export "maybe") (param "which" (option (own $connection)))
        (canon lift (core func $m "option")))
    (func (export "[constructor]connection") (result (own $connection))
        (canon lift (core func $m "f")))
    (func (export "[method]connection.send") (param "self" (borrow $connection))
        (canon lift (core func $m "takes")))
    (func (export "[static]connection.count") (result u32) (canon lift (core func $m "f"))))"#;

#[test]
fn what_has_handles_is_refused_before_anything_runs() {
    let folder = Folder::with(&[("net.wat", HANDLES.as_bytes())]);
    let explore = |call: &str| folder.weft(&["explore", "net.wat", "--invoke", call]);
    let run = |call: &str| folder.weft(&["run", "net.wat", "--invoke", call]);
    for call in [
        "open()",
        "streams()",
        "future()",
        "close()",
        "close(1)",
        "look((1))",
        "[constructor]connection()",
        "[method]connection.send(1)",
        "maybe(some(1))",
        "maybe(1)",
    ] {
        let shown = run(call);
        assert!(shown.contains("there is no text for handles, streams, futures"), "{shown}");
        assert!(shown.ends_with("--- exit code 2\n") && !shown.contains("<<"), "{shown}");
        assert_eq!(explore(call), shown);
    }
    insta::assert_snapshot!("handle_as_result", run("open()"));
    insta::assert_snapshot!("stream_as_result", run("streams()"));
    insta::assert_snapshot!("handle_as_parameter", run("look((1))"));
    insta::assert_snapshot!("handle_in_argument", run("maybe(1)"));
    insta::assert_snapshot!("functions_without_text_are_counted", run("send()"));
    // Without a handle, these are called.
    for call in ["maybe()", "maybe(none)", "[static]connection.count()"] {
        let shown = run(call);
        assert!(shown.ends_with("--- exit code 134\n"), "{shown}");
        assert!(explore(call).contains("not instantiated: "), "{shown}");
    }
}

/// `sum` has optional parameters, and `add-fields` a record with optional fields. Both add numbers.
const OPTIONS: &str = r#"(component
    (core module $M
        (memory (export "memory") 1)
        (func (export "sum") (param i32 i32 i32 i32) (result i32)
            (i32.add (local.get 1) (local.get 3)))
        (func (export "fields") (param i32 i32 i32 i32 i32) (result i32)
            (i32.add (local.get 0) (i32.add (local.get 2) (local.get 4)))))
    (core instance $m (instantiate $M))
    (type $record (record (field "a" u32) (field "b" (option u32)) (field "c" (option u32))))
    (export $fields "fields" (type $record))
    (func (export "sum") (param "a" (option u32)) (param "b" (option u32)) (result u32)
        (canon lift (core func $m "sum")))
    (func (export "add-fields") (param "fields" $fields) (result u32)
        (canon lift (core func $m "fields"))))"#;

#[test]
fn options_may_be_left_out() {
    let folder = Folder::with(&[("options.wat", OPTIONS.as_bytes())]);
    let run = |call: &str| folder.weft(&["run", "options.wat", "--invoke", call]);
    for (call, result) in [
        ("sum", 0),
        ("sum()", 0),
        (" sum (  ) ", 0),
        ("sum(1)", 1),
        ("sum(some(1),)", 1),
        ("sum(none, 2)", 2),
        ("sum(1, 2)", 3),
        ("add-fields({a: 1})", 1),
        ("add-fields({c: 3, a: 1})", 4),
        ("add-fields({a: 1, b: 2, c: none})", 3),
    ] {
        assert_eq!(run(call), format!("{result}\n--- exit code 0\n"), "{call}");
    }
    insta::assert_snapshot!("too_many_options", run("sum(1, 2, 3)"));
    insta::assert_snapshot!("field_that_is_needed", run("add-fields({b: 2})"));
}

#[test]
fn a_trap_is_told_with_the_names_of_functions() {
    insta::assert_snapshot!(invoke("trap()"));
}

#[test]
fn guests_that_wait_for_themselves_are_told() {
    insta::assert_snapshot!(invoke("wait()"));
}
