//! The conformance runner on files outside the official suite: its fixtures, its directives, and
//! its messages.

use weft::engine::wasmi::Wasmi;
use weft_wast::{Verdict, play as play_on};

fn play(text: &str) -> Verdict {
    play_on(&Wasmi::default(), text)
}

/// Returns the failure, and its line.
fn failure(text: &str) -> (usize, String) {
    match play(text) {
        Verdict::Failed { line, reason } => (line, reason),
        other => panic!("{other}"),
    }
}

/// Returns a component that calls a function of a fixture.
fn forwarding(instance: &str, function: &str, ty: &str, options: &str) -> String {
    format!(
        r#"(component
            (import "{instance}" (instance $it (export "{function}" (func {ty}))))
            (core module $libc
                (memory (export "memory") 1)
                (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 16)))
            (core instance $libc (instantiate $libc))
            (core func $lowered (canon lower (func $it "{function}") {options}))
            (core module $module
                (import "" "f" (func $f (param i32)))
                (func (export "f") (result i32) (call $f (i32.const 8)) (i32.const 8)))
            (core instance $module (instantiate $module (with "" (instance
                (export "f" (func $lowered))))))
            (func (export "f") {ty} (canon lift (core func $module "f") {options})))"#
    )
}

#[test]
fn the_fixtures_return_the_values_in_the_suites() {
    let memory = r#"(memory (core memory $libc "memory")) (realloc (core func $libc "realloc"))"#;
    let text = forwarding("host", "return-hi", "(result string)", memory);
    let text = format!(
        r#"{text}
        (assert_return (invoke "f") (str.const "hi"))
        (component
            (import "host-return-two" (func $two (result u32)))
            (import "host-echo-u32" (func $echo async (param "it" u32) (result u32)))
            (import "host" (instance $host
                (export "return-three" (func (result u32)))
                (export "return-two-slowly" (func async (result s32)))
                (export "echo-slowly" (func async (param "it" u32) (result u32)))
                (export "nested" (instance (export "return-four" (func (result u32)))))
                (export "simple-module" (core module
                    (export "g" (global i32)) (export "f" (func (result i32)))))))
            (import "wasmtime" (instance $wasmtime (export "gc" (func))))
            (alias export $host "nested" (instance $nested))
            (core instance $simple (instantiate (module $host "simple-module")))
            (core func $two (canon lower (func $two)))
            (core func $echo (canon lower (func $echo)))
            (core func $slow-echo (canon lower (func $host "echo-slowly")))
            (core func $slow-two (canon lower (func $host "return-two-slowly")))
            (core func $three (canon lower (func $host "return-three")))
            (core func $four (canon lower (func $nested "return-four")))
            (core func $gc (canon lower (func $wasmtime "gc")))
            (func (export "gc") (canon lift (core func $gc)))
            (func (export "two") (result u32) (canon lift (core func $two)))
            (func (export "three") (result u32) (canon lift (core func $three)))
            (func (export "four") (result u32) (canon lift (core func $four)))
            (func (export "echo") async (param "it" u32) (result u32)
                (canon lift (core func $echo)))
            (func (export "slow-echo") async (param "it" u32) (result u32)
                (canon lift (core func $slow-echo)))
            (func (export "slow-two") async (result s32) (canon lift (core func $slow-two)))
            (func (export "f") (result u32) (canon lift (core func $simple "f"))))
        (assert_return (invoke "gc"))
        (assert_return (invoke "two") (u32.const 2))
        (assert_return (invoke "three") (u32.const 3))
        (assert_return (invoke "four") (u32.const 4))
        (assert_return (invoke "echo" (u32.const 5)) (u32.const 5))
        (assert_return (invoke "slow-echo" (u32.const 6)) (u32.const 6))
        (assert_return (invoke "slow-two") (s32.const 2))
        (assert_return (invoke "f") (u32.const 101))"#
    );
    assert_eq!(play(&text), Verdict::Passed);
}

/// Creates a resource of the host, and reads it.
const RESOURCES: &str = r#"
    (component
        (import "host" (instance $host
            (export "resource1" (type $r (sub resource)))
            (export "resource1-again" (type (eq $r)))
            (export "resource2" (type (sub resource)))
            (export "[constructor]resource1" (func (param "r" u32) (result (own $r))))
            (export "[static]resource1.assert" (func (param "r" (own $r)) (param "rep" u32)))
            (export "[static]resource1.drops" (func (result u32)))
            (export "[static]resource1.last-drop" (func (result u32)))
            (export "[method]resource1.simple" (func (param "self" (borrow $r)) (param "rep" u32)))))
        (alias export $host "resource1" (type $r))
        (core func $new (canon lower (func $host "[constructor]resource1")))
        (core func $assert (canon lower (func $host "[static]resource1.assert")))
        (core func $simple (canon lower (func $host "[method]resource1.simple")))
        (core func $drops (canon lower (func $host "[static]resource1.drops")))
        (core func $last (canon lower (func $host "[static]resource1.last-drop")))
        (core func $drop (canon resource.drop $r))
        (core module $module
            (import "" "new" (func $new (param i32) (result i32)))
            (import "" "simple" (func $simple (param i32 i32)))
            (import "" "assert" (func $assert (param i32 i32)))
            (import "" "drop" (func $drop (param i32)))
            (func (export "dropped") (param i32) (local i32)
                (local.set 1 (call $new (local.get 0)))
                (call $simple (local.get 1) (local.get 0))
                (call $drop (local.get 1)))
            (func (export "given") (param i32 i32)
                (call $assert (call $new (local.get 0)) (local.get 1))))
        (core instance $module (instantiate $module (with "" (instance
            (export "new" (func $new))
            (export "simple" (func $simple))
            (export "assert" (func $assert))
            (export "drop" (func $drop))))))
        (func (export "dropped") (param "rep" u32) (canon lift (core func $module "dropped")))
        (func (export "given") (param "rep" u32) (param "expected" u32)
            (canon lift (core func $module "given")))
        (func (export "drops") (result u32) (canon lift (core func $drops)))
        (func (export "last") (result u32) (canon lift (core func $last))))"#;

#[test]
fn resources_of_fixtures_are_distinct_and_their_drops_counted() {
    let text = format!(
        r#"{RESOURCES}
        (assert_return (invoke "drops") (u32.const 0))
        (assert_return (invoke "dropped" (u32.const 7)))
        (assert_return (invoke "drops") (u32.const 1))
        (assert_return (invoke "last") (u32.const 7))
        (assert_return (invoke "given" (u32.const 8) (u32.const 8)))
        (assert_trap (invoke "given" (u32.const 8) (u32.const 9)) "expected the resource 9, not 8")
        (assert_unlinkable
            (component (import "host" (instance
                (export "resource1" (type (sub resource)))
                (export "resource2" (type $r (sub resource)))
                (export "resource1-again" (type (eq $r))))))
            "mismatched resource types")"#
    );
    assert_eq!(play(&text), Verdict::Passed);
}

#[test]
fn a_call_that_never_returns_can_be_cancelled() {
    let text = r#"
        (component
            (import "host" (instance $host (export "never-return" (func async))))
            (core func $never (canon lower (func $host "never-return") async))
            (core func $cancel (canon subtask.cancel))
            (core module $module
                (import "" "never" (func $never (result i32)))
                (import "" "cancel" (func $cancel (param i32) (result i32)))
                (func (export "f") (result i32)
                    (call $cancel (i32.shr_u (call $never) (i32.const 4)))))
            (core instance $module (instantiate $module (with "" (instance
                (export "never" (func $never))
                (export "cancel" (func $cancel))))))
            (func (export "f") async (result u32) (canon lift (core func $module "f"))))
        (assert_return (invoke "f") (u32.const 4))"#;
    assert_eq!(play(text), Verdict::Passed);
}

#[test]
fn more_left_in_a_table_than_a_file_allows_is_a_failure() {
    let text = r#"
        (component
            (import "wasmtime" (instance $wasmtime
                (export "set-max-table-capacity" (func (param "max" u32)))))
            (type $stream (stream u8))
            (core func $new (canon stream.new $stream))
            (core func $set (canon lower (func $wasmtime "set-max-table-capacity")))
            (core module $module
                (import "" "new" (func $new (result i64)))
                (func (export "new") (drop (call $new))))
            (core instance $module (instantiate $module (with "" (instance
                (export "new" (func $new))))))
            (func (export "set") (param "max" u32) (canon lift (core func $set)))
            (func (export "new") (canon lift (core func $module "new"))))
        (invoke "set" (u32.const 4))
        (invoke "new")
        (invoke "new")
        (invoke "new")"#;
    assert_eq!(failure(text), (18, "6 waitables are left; 4 may be".to_owned()));
}

#[test]
fn instances_are_imported_by_own_and_registered_names() {
    let text = r#"
        (component definition $Seven
            (core module $m (func (export "f") (result i32) (i32.const 7)))
            (core instance $m (instantiate $m))
            (func (export "f") (result u32) (canon lift (core func $m "f"))))
        (component instance $seven $Seven)
        (register "other" $seven)
        (component
            (import "seven" (instance $a (export "f" (func (result u32)))))
            (import "other" (instance $b (export "f" (func (result u32)))))
            (export "a" (func $a "f"))
            (export "b" (func $b "f")))
        (assert_return (invoke "a") (u32.const 7))
        (assert_return (invoke "b") (u32.const 7))"#;
    assert_eq!(play(text), Verdict::Passed);
}

#[test]
fn errors_of_imports_have_the_words_of_the_suite() {
    let text = r#"
        (component $it
            (core module (export "m")
                (import "env" "needed" (func))
                (func (export "f"))
                (memory (export "memory") 1)))
        (assert_unlinkable (component (import "nothing" (func))) "was not found")
        (assert_unlinkable (component (import "it" (func))) "expected function found instance")
        (assert_unlinkable (component (import "it" (core module))) "expected module found instance")
        (assert_unlinkable
            (component (import "it" (instance (export "m" (core module)))))
            "module import `env::needed` not defined")
        (assert_unlinkable
            (component (import "it" (instance (export "m" (core module
                (import "env" "needed" (global i32)))))))
            "module import `env::needed` has the wrong type")
        (assert_unlinkable
            (component (import "it" (instance (export "m" (core module
                (import "env" "needed" (func)) (export "g" (func)))))))
            "module export `g` not defined")
        (assert_unlinkable
            (component (import "it" (instance (export "m" (core module
                (import "env" "needed" (func)) (export "memory" (memory 2)))))))
            "export `memory` has the wrong type")
        (assert_unlinkable
            (component (import "it" (instance (export "m" (core module
                (import "env" "needed" (func)) (export "f" (memory 2)))))))
            "expected memory found func")"#;
    assert_eq!(play(text), Verdict::Passed);
}

#[test]
fn an_error_that_is_another_than_expected_is_a_failure() {
    for (directive, reason) in [
        (
            r#"(assert_unlinkable (component (import "x" (func))) "expected func found instance")"#,
            "does not define",
        ),
        (
            r#"(assert_unlinkable (component (import "host" (func))) "was not found")"#,
            "an instance",
        ),
        (
            r#"(assert_unlinkable (component (import "host" (func))) "expected instance found func")"#,
            "an instance",
        ),
        (r#"(assert_unlinkable (component) "was not found")"#, "instantiated"),
        (
            r#"(assert_invalid (component (export "x" (func 0))) "unexpected token")"#,
            "unknown function",
        ),
        (r#"(assert_invalid (component) "unknown function")"#, "loaded"),
        (
            r#"(assert_malformed (component quote "(nonsense)") "unknown function")"#,
            "expected valid component field",
        ),
        (
            r#"(component (import "host" (instance $host (export "return-three" (func (result u32)))))
            (core func $f (canon lower (func $host "return-three")))
            (func (export "f") (result u32) (canon lift (core func $f))))
            (assert_trap (invoke "f") "unreachable")"#,
            "returned Some(U32(3))",
        ),
    ] {
        let (_, said) = failure(directive);
        assert!(said.contains(reason), "{directive}: {said}");
    }
}

#[test]
fn missing_engine_features_are_named_and_are_no_failure() {
    let not_applicable = |it: &str| Verdict::NotApplicable { capability: it.to_owned() };
    let tags = "(component (core module (tag (param i32))))";
    assert_eq!(play(tags), not_applicable("exception-handling"));
    let shared = "(component (core module (memory 1 1 shared)))";
    assert_eq!(play(shared), not_applicable("threads"));
    let gc = r#"(component
        (core module $m (func (export "f")))
        (core instance $m (instantiate $m))
        (func (canon lift (core func $m "f") gc)))"#;
    assert_eq!(play(gc), not_applicable("gc"));
}
