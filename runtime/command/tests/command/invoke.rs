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

#[test]
fn a_trap_is_told_with_the_names_of_functions() {
    insta::assert_snapshot!(invoke("trap()"));
}

#[test]
fn guests_that_wait_for_themselves_are_told() {
    insta::assert_snapshot!(invoke("wait()"));
}
