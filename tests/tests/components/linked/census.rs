//! Calls of components that are linked, and the reasons why others are not.

use weft::abi::Val;
use weft::component::{Component, NotLinked};
use weft::engine::CoreEngine as _;
use weft::engine::wasmi::Wasmi;
use weft_counting_engine::CountingEngine;
use weft_tests::world::World;

use super::guests::{chain, forbid_ordinary_calls, num_linked, reasons};

#[test]
fn all_calls_of_a_chain_are_linked_and_named() {
    for length in [1, 2, 3, 8, 64] {
        let mut world = World::new();
        let component = world.load(&chain(length));
        assert_eq!(num_linked(&component), length - 1);
        let lines: Vec<String> = component.guest_calls().map(ToString::to_string).collect();
        let expected =
            (1..length).map(|it| format!("instance {it} calls `f` of instance {}: linked", it - 1));
        assert_eq!(lines, expected.collect::<Vec<_>>());
        let instance = world.store.instantiate(&component, &world.linker).unwrap();
        if length > 1 {
            forbid_ordinary_calls(&mut world.store);
            let name = format!("f{length}");
            let expected = 7 + u32::try_from(length).unwrap();
            for calls in 1..4 {
                assert_eq!(world.number(&instance, &name, &[Val::U32(7)]), expected);
                assert_eq!(world.number(&instance, &format!("count{length}"), &[]), calls);
            }
        }
    }
}

#[test]
fn an_engine_without_linking_links_nothing() {
    let text = chain(3);
    let bytes = wat::parse_str(&text).unwrap();
    let engine = Wasmi::default().with_linked_guests(false);
    assert_eq!(Component::new(&engine, &bytes).unwrap().guest_calls().count(), 0);
    let fuel = Wasmi::new(&wasmi::Config::default(), Some(1_000));
    assert!(!fuel.links_guests());
    assert_eq!(Component::new(&fuel, &bytes).unwrap().guest_calls().count(), 0);
    let counting = CountingEngine::default();
    assert_eq!(Component::new(&counting, &bytes).unwrap().guest_calls().count(), 0);
}

/// A callee and a caller in one component, with the parts that tests replace.
#[derive(Default)]
struct Pair {
    function: &'static str,
    lift: &'static str,
    lower: &'static str,
    callee: &'static str,
    callee_core: &'static str,
    caller: &'static str,
    caller_core: &'static str,
    caller_imports: &'static str,
    signature: &'static str,
}

impl Pair {
    fn text(&self) -> String {
        let Self { function, lift, lower, callee, callee_core, .. } = self;
        let Self { caller, caller_core, caller_imports, signature, .. } = self;
        let lifted = signature.replace("i32 i32 i32)", "i32 i32) (result i32)");
        format!(
            r#"(component
                (import "host" (func $host))
                (component $Callee
                    (import "host" (func $host))
                    {callee}
                    (core module $M (memory (export "m") 1) {callee_core}
                        (func (export "f") {lifted} unreachable))
                    (core instance $i (instantiate $M))
                    (func (export "f") {function} (canon lift (core func $i "f") {lift})))
                (instance $callee (instantiate $Callee (with "host" (func $host))))
                (component $Caller
                    (import "host" (func $host))
                    (import "f" (func $f {function}))
                    {caller}
                    (core module $L {caller_core} (memory (export "m") 1))
                    (core instance $l (instantiate $L {caller_imports}))
                    (core func $f (canon lower (func $f) {lower}))
                    (core module $M (import "" "f" (func {signature})))
                    (core instance (instantiate $M (with "" (instance (export "f" (func $f)))))))
                (instance (instantiate $Caller
                    (with "host" (func $host)) (with "f" (func $callee "f")))))"#
        )
    }

    fn reason(&self) -> Option<NotLinked> {
        let reasons = reasons(&self.text());
        reasons.iter().find(|(function, _)| function == "f").expect("`f` is called").1
    }
}

#[test]
fn a_plain_call_is_linked_for_every_caller() {
    assert_eq!(Pair::default().reason(), None);
    let caller = "(core func $host (canon lower (func $host)))
        (core func $get (canon context.get i32 0))
        (core func $set (canon waitable-set.new))";
    assert_eq!(Pair { caller, ..Pair::default() }.reason(), None);
}

#[test]
fn a_callee_with_built_ins_or_host_functions_is_not_linked() {
    for callee in [
        "(core func $get (canon context.get i32 0))",
        "(core func $set (canon waitable-set.new))",
        "(core func $yield (canon thread.yield))",
        "(core func $host (canon lower (func $host)))",
    ] {
        let reason = Pair { callee, ..Pair::default() }.reason();
        assert_eq!(reason, Some(NotLinked::CalleeLooks), "{callee}");
    }
}

#[test]
fn asynchronous_calls_are_not_linked() {
    let pair = Pair { function: "async", ..Pair::default() };
    assert_eq!(pair.reason(), Some(NotLinked::Async));
    let text = Pair { lower: "async", ..pair }.text();
    let text = text.replace(r#"(import "" "f" (func ))"#, r#"(import "" "f" (func (result i32)))"#);
    assert_eq!(reasons(&text), [("f".into(), Some(NotLinked::Async))]);
}

#[test]
fn functions_with_handles_or_too_large_types_are_not_linked() {
    let pair = Pair {
        function: r#"(param "s" (stream u8))"#,
        signature: "(param i32)",
        ..Pair::default()
    };
    assert_eq!(pair.reason(), Some(NotLinked::Types));
    let mut ty = String::from("u8");
    for _ in 0..10 {
        ty = format!("(tuple {ty} {ty})");
    }
    let text = Pair {
        lift: r#"(memory (core memory $i "m")) (realloc (core func $i "realloc"))"#,
        lower: r#"(memory (core memory $l "m"))"#,
        callee_core: r#"(func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)"#,
        signature: "(param i32)",
        function: "FUNCTION",
        ..Pair::default()
    };
    let text = text.text().replace("FUNCTION", &format!(r#"(param "p" {ty})"#));
    assert_eq!(reasons(&text), [("f".into(), Some(NotLinked::Types))]);
}

const STRINGS: Pair = Pair {
    function: r#"(param "s" string) (result string)"#,
    signature: "(param i32 i32 i32)",
    lift: r#"(memory (core memory $i "m")) (realloc (core func $i "realloc"))"#,
    lower: r#"(memory (core memory $l "m")) (realloc (core func $l "realloc"))"#,
    callee: "",
    callee_core: r#"(func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)"#,
    caller: "(core func $host (canon lower (func $host)))",
    caller_core: r#"(import "" "host" (func $host))
        (func $other) (table 1 funcref) (elem (i32.const 0) func $other)
        (type $nothing (func))
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))"#,
    caller_imports: r#"(with "" (instance (export "host" (func $host))))"#,
};

#[test]
fn a_realloc_without_calls_allows_linking() {
    assert_eq!(STRINGS.reason(), None);
    let indirect = r#"(import "" "host" (func $host))
        (func $other) (table 1 funcref) (elem (i32.const 0) func $other)
        (type $nothing (func))
        (func (export "realloc") (param i32 i32 i32 i32) (result i32)
            (call_indirect (type $nothing) (i32.const 0)) (i32.const 0))"#;
    assert_eq!(Pair { caller_core: indirect, ..STRINGS }.reason(), None);
}

#[test]
fn a_realloc_that_may_call_imports_prevents_linking() {
    let realloc = |body: &str, rest: &str| {
        format!(
            r#"(import "" "host" (func $host)) {rest}
            (type $nothing (func))
            (func $calls (call $host))
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) {body} (i32.const 0))"#
        )
    };
    let indirect = "(call_indirect (type $nothing) (i32.const 0))";
    for (body, rest) in [
        ("(call $host)", ""),
        ("(call $calls)", ""),
        ("(if (i32.const 0) (then (call $calls)))", ""),
        // The table contains an import, or a function that calls one, or its contents are unknown.
        (indirect, "(table 1 funcref) (elem (i32.const 0) func $host)"),
        (indirect, "(table 1 funcref) (elem (i32.const 0) funcref (ref.func $calls))"),
        (indirect, r#"(table (export "t") 1 funcref)"#),
        (indirect, "(table 1 funcref) (func (param funcref))"),
    ] {
        let core = realloc(body, rest)
            .replace("(return_call_indirect", "(drop (i32.const 0)) (call_indirect");
        let pair = Pair { caller_core: Box::leak(core.into_boxed_str()), ..STRINGS };
        assert_eq!(pair.reason(), Some(NotLinked::Realloc), "{body} {rest}");
        // A call without `realloc` is not the call that `realloc` may make, unless it may make any.
        let pair = Pair { function: r#"(param "s" string)"#, signature: "(param i32 i32)", ..pair };
        let may_make_any = rest.contains("export") || rest.contains("(param funcref)");
        let expected = may_make_any.then_some(NotLinked::Realloc);
        assert_eq!(pair.reason(), expected, "{body} {rest}");
    }
}

/// A caller whose `realloc` makes the call itself.
const REALLOC_CALLS: &str = r#"(component
    (component $Callee
        (core module $M (func (export "f")))
        (core instance $i (instantiate $M))
        (func (export "f") (canon lift (core func $i "f"))))
    (instance $callee (instantiate $Callee))
    (core func $f (canon lower (func $callee "f")))
    (core func $again (canon lower (func $callee "f")))
    (core module $M
        (import "" "f" (func $f))
        (memory (export "m") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (call $f) (i32.const 8))
        (func (export "run") (param i32 i32)))
    (core instance $m (instantiate $M (with "" (instance (export "f" (func $f))))))
    (func (export "run") (param "s" string)
        (canon lift (core func $m "run") (memory (core memory $m "m"))
            (realloc (core func $m "realloc")))))"#;

#[test]
fn a_call_that_realloc_makes_is_not_linked_and_traps() {
    assert_eq!(
        reasons(REALLOC_CALLS),
        [("f".to_owned(), Some(NotLinked::Realloc)), ("f".to_owned(), None)]
    );
    let mut world = World::new();
    let instance = world.instance(REALLOC_CALLS);
    let error = world.try_call(&instance, "run", &[Val::from("text")]).unwrap_err();
    assert_eq!(error.to_string(), "cannot leave component instance");
}

#[test]
fn a_realloc_of_another_module_is_followed_there() {
    // A library that calls the function that is passed to it.
    let reason = |body: &str| {
        let caller = format!(
            r#"(core func $host (canon lower (func $host)))
            (core module $Lib
                (import "" "host" (func $host))
                (func (export "alloc") {body}))
            (core instance $lib (instantiate $Lib (with "" (instance
                (export "host" (func $host))))))"#
        );
        let pair = Pair {
            caller: Box::leak(caller.into_boxed_str()),
            caller_core: r#"(import "lib" "alloc" (func $alloc))
                (func (export "realloc") (param i32 i32 i32 i32) (result i32)
                    (call $alloc) (i32.const 0))"#,
            caller_imports: r#"(with "lib" (instance $lib))"#,
            ..STRINGS
        };
        pair.reason()
    };
    assert_eq!(reason(""), None);
    assert_eq!(reason("(call $host)"), Some(NotLinked::Realloc));
}

#[test]
fn host_functions_and_own_functions_are_not_linked() {
    let text = r#"(component
        (import "host" (func $host))
        (core module $M (func (export "f")))
        (core instance $m (instantiate $M))
        (func $own (canon lift (core func $m "f")))
        (core func (canon lower (func $host)))
        (core func (canon lower (func $own))))"#;
    assert_eq!(
        reasons(text),
        [
            ("host".to_owned(), Some(NotLinked::NotOfTheComponent)),
            ("function 1".to_owned(), Some(NotLinked::SameInstance)),
        ]
    );
}

/// Two instances that call one another, because one passes a function to the other.
const CIRCLE: &str = r#"(component
    (core module $M (func (export "f")))
    (core instance $m (instantiate $M))
    (func $f (canon lift (core func $m "f")))
    (component $C
        (import "f" (func $f))
        (core func $f (canon lower (func $f)))
        (core module $M (import "" "f" (func $f)) (func (export "g") (call $f)))
        (core instance $m (instantiate $M (with "" (instance (export "f" (func $f))))))
        (func (export "g") (canon lift (core func $m "g"))))
    (instance $c (instantiate $C (with "f" (func $f))))
    (core func (canon lower (func $c "g"))))"#;

#[test]
fn instances_that_call_one_another_in_a_circle_are_not_linked() {
    assert_eq!(
        reasons(CIRCLE),
        [
            ("g".to_owned(), Some(NotLinked::CalleeLooks)),
            ("f".to_owned(), Some(NotLinked::CalleeLooks)),
        ]
    );
}

/// The module that `wasm-tools` generates for imports with strings: the imports go through a table,
/// which another module fills after the instantiation.
const WITH_SHIM: &str = r#"(component
    (component $Callee
        (core module $Main
            (memory (export "memory") 1)
            (global $next (mut i32) (i32.const 1024))
            (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (global.set $next (i32.add (global.get $next) (local.get 3)))
                (i32.sub (global.get $next) (local.get 3)))
            (func (export "length") (param i32 i32) (result i32) (local.get 1))
            (func (export "first") (param i32 i32) (result i32) (i32.load8_u (local.get 0))))
        (core instance $main (instantiate $Main))
        (func (export "length") (param "s" string) (result u32)
            (canon lift (core func $main "length")
                (memory (core memory $main "memory")) (realloc (core func $main "cabi_realloc"))))
        (func (export "first") (param "s" string) (result u8)
            (canon lift (core func $main "first")
                (memory (core memory $main "memory")) (realloc (core func $main "cabi_realloc")))))
    (component $Caller
        (import "callee" (instance $callee
            (export "length" (func (param "s" string) (result u32)))
            (export "first" (func (param "s" string) (result u8)))))
        (core module $Main
            (import "callee" "length" (func $length (param i32 i32) (result i32)))
            (import "callee" "first" (func $first (param i32 i32) (result i32)))
            (memory (export "memory") 1)
            (data (i32.const 8) "hello")
            (func (export "run") (result i32)
                (i32.add (call $length (i32.const 8) (i32.const 5))
                    (call $first (i32.const 9) (i32.const 1)))))
        (core module $Shim
            (type $t (func (param i32 i32) (result i32)))
            (table (export "$imports") 2 funcref)
            (func (export "0") (param i32 i32) (result i32)
                (call_indirect (type $t) (local.get 0) (local.get 1) (i32.const 0)))
            (func (export "1") (param i32 i32) (result i32)
                (call_indirect (type $t) (local.get 0) (local.get 1) (i32.const 1))))
        (core module $Fixup
            (import "" "$imports" (table 2 funcref))
            (import "" "0" (func $f0 (param i32 i32) (result i32)))
            (import "" "1" (func $f1 (param i32 i32) (result i32)))
            (elem (i32.const 0) func $f0 $f1))
        (core instance $shim (instantiate $Shim))
        (alias core export $shim "0" (core func $s0))
        (alias core export $shim "1" (core func $s1))
        (core instance $main (instantiate $Main (with "callee" (instance
            (export "length" (func $s0)) (export "first" (func $s1))))))
        (alias core export $main "memory" (core memory $memory))
        (alias export $callee "length" (func $length))
        (core func $l (canon lower (func $length) (memory $memory)))
        (alias export $callee "first" (func $first))
        (core func $f (canon lower (func $first) (memory $memory)))
        (alias core export $shim "$imports" (core table $imports))
        (core instance (instantiate $Fixup (with "" (instance
            (export "$imports" (table $imports))
            (export "0" (func $l)) (export "1" (func $f))))))
        (func (export "run") (result u32) (canon lift (core func $main "run"))))
    (instance $callee (instantiate $Callee))
    (instance $caller (instantiate $Caller (with "callee" (instance $callee))))
    (func (export "run") (alias export $caller "run")))"#;

#[test]
fn functions_that_go_through_a_table_are_linked() {
    let mut world = World::new();
    let component = world.load(WITH_SHIM);
    assert_eq!(num_linked(&component), 2);
    let instance = world.store.instantiate(&component, &world.linker).unwrap();
    forbid_ordinary_calls(&mut world.store);
    for _ in 0..3 {
        assert_eq!(world.number(&instance, "run", &[]), 5 + u32::from(b'e'));
    }
}
