//! The limits of a store: each has a default, a store can change it, and the error names it.

use std::fmt::Write as _;

use weft::abi::Val;
use weft::component::{
    CallError, Component, Function, Instance, InstantiateError, LimitReached, Linker, Store,
    StoreLimit, StoreLimits,
};
use weft::engine::wasmi::Wasmi;

use weft_tests::world::World;

fn component(engine: &Wasmi, text: &str) -> Component<Wasmi> {
    World::on(engine.clone()).load(text)
}

/// Returns an instance of a component without imports, in a store of its own.
fn load(engine: &Wasmi, text: &str) -> (Store<Wasmi>, Instance<Wasmi>) {
    let mut world = World::on(engine.clone());
    let instance = world.instance(text);
    (world.store, instance)
}

fn function(store: &Store<Wasmi>, instance: &Instance<Wasmi>, name: &str) -> Function {
    store.function(instance, name).unwrap()
}

/// Returns two components that call one another, `n` times deep.
fn recursion() -> &'static str {
    r#"(component
        (core module $T (table (export "t") 1 funcref))
        (core instance $t (instantiate $T))
        (core module $P
            (import "" "t" (table 1 funcref))
            (type $f (func (param i32)))
            (func (export "f") (param $n i32)
                (if (local.get $n)
                    (then (call_indirect (type $f) (local.get $n) (i32.const 0))))))
        (core instance $p (instantiate $P (with "" (instance (export "t" (table $t "t"))))))
        (func $f (param "n" u32) (canon lift (core func $p "f")))
        (component $C
            (import "f" (func $f (param "n" u32)))
            (core func $f (canon lower (func $f)))
            (core module $M
                (import "" "f" (func $f (param i32)))
                (func (export "g") (param $n i32)
                    (call $f (i32.sub (local.get $n) (i32.const 1)))))
            (core instance $m (instantiate $M (with "" (instance (export "f" (func $f))))))
            (func (export "g") (param "n" u32) (canon lift (core func $m "g"))))
        (instance $c (instantiate $C (with "f" (func $f))))
        (core func $g (canon lower (func $c "g")))
        (core module $Fill
            (import "" "t" (table 1 funcref))
            (import "" "g" (func $g (param i32)))
            (elem (i32.const 0) func $g))
        (core instance (instantiate $Fill (with "" (instance
            (export "t" (table $t "t")) (export "g" (func $g))))))
        (export "run" (func $f)))"#
}

/// Returns the limit that a call has reached.
fn reached(store: &mut Store<Wasmi>, run: &Function, arguments: &[Val]) -> LimitReached {
    match store.call(run, arguments) {
        Err(CallError::Limit(reached)) => reached,
        other => panic!("{other:?}"),
    }
}

/// Checks that the text of an error contains the value and the method.
fn names(reached: LimitReached, limit: StoreLimit, value: u64, method: &str) {
    assert_eq!((reached.limit, reached.value), (limit, value));
    let text = reached.to_string();
    assert!(text.contains(&value.to_string()), "{text}");
    assert!(text.contains(&format!("StoreLimits::{method}`")), "{text}");
}

#[test]
fn the_limits_of_a_store_are_the_default_ones_until_they_are_set() {
    let mut store = Store::new(&Wasmi::default(), ());
    assert_eq!(store.limits(), StoreLimits::DEFAULT);
    assert_eq!(StoreLimits::default(), StoreLimits::DEFAULT);
    store.set_limits(StoreLimits::UNTRUSTED);
    assert_eq!(store.limits(), StoreLimits::UNTRUSTED);
}

#[test]
fn the_store_allows_ten_thousand_nested_calls() {
    let engine = Wasmi::default();
    // Each level is two calls.
    let (mut store, instance) = load(&engine, recursion());
    let run = function(&store, &instance, "run");
    let error = reached(&mut store, &run, &[Val::U32(10_000)]);
    names(error, StoreLimit::NestedCalls, 10_000, "with_nested_calls");

    let (mut store, instance) = load(&engine, recursion());
    store.set_limits(StoreLimits::DEFAULT.with_nested_calls(20_002));
    let run = function(&store, &instance, "run");
    assert_eq!(store.call(&run, &[Val::U32(10_000)]).unwrap(), None);

    store.set_limits(StoreLimits::UNTRUSTED);
    let error = reached(&mut store, &run, &[Val::U32(10_000)]);
    names(error, StoreLimit::NestedCalls, 1_000, "with_nested_calls");
}

#[test]
fn the_depth_of_guest_calls_does_not_depend_on_native_calls() {
    for native_calls in [0, 1, 2, 24, 40] {
        let (mut store, instance) = load(&Wasmi::default(), recursion());
        store.set_limits(StoreLimits::DEFAULT.with_native_calls(native_calls));
        let run = function(&store, &instance, "run");
        assert_eq!(store.call(&run, &[Val::U32(500)]).unwrap(), None, "{native_calls}");
    }
}

/// `strings(n)` returns a list of `n` strings that are the same 4,096 bytes, in 5 pages of memory.
const SHARES: &str = r#"
    (core module $M
        (memory (export "memory") 5)
        (func (export "strings") (param $n i32) (result i32) (local $i i32)
            (loop $next
                (i32.store offset=4
                    (i32.add (i32.const 65536) (i32.mul (local.get $i) (i32.const 8)))
                    (i32.const 4096))
                (local.set $i (i32.add (local.get $i) (i32.const 1)))
                (br_if $next (i32.lt_u (local.get $i) (local.get $n))))
            (i32.store (i32.const 60000) (i32.const 65536))
            (i32.store (i32.const 60004) (local.get $n))
            (i32.const 60000)))
    (core instance $m (instantiate $M))
    (func (export "strings") (param "n" u32) (result (list string))
        (canon lift (core func $m "strings") (memory (core memory $m "memory"))))"#;

/// Returns a component that passes the strings to another guest.
fn shares_with_a_guest() -> String {
    format!(
        r#"(component
            (component $C {SHARES})
            (component $D
                (import "strings" (func $strings (param "n" u32) (result (list string))))
                (core module $L
                    (memory (export "memory") 1)
                    (global $at (mut i32) (i32.const 65536))
                    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (local $p i32)
                        (local.set $p
                            (i32.and (i32.add (global.get $at) (i32.const 7)) (i32.const -8)))
                        (global.set $at (i32.add (local.get $p) (local.get 3)))
                        (block $ok (loop $grow
                            (br_if $ok (i32.le_u (global.get $at)
                                (i32.mul (memory.size) (i32.const 65536))))
                            (drop (memory.grow (i32.const 64)))
                            (br $grow)))
                        (local.get $p)))
                (core instance $l (instantiate $L))
                (core func $strings (canon lower (func $strings)
                    (memory (core memory $l "memory")) (realloc (core func $l "realloc"))))
                (core module $M
                    (import "" "strings" (func $strings (param i32 i32)))
                    (func (export "run") (param i32)
                        (call $strings (local.get 0) (i32.const 0))))
                (core instance $m (instantiate $M (with "" (instance
                    (export "strings" (func $strings))))))
                (func (export "run") (param "n" u32) (canon lift (core func $m "run"))))
            (instance $c (instantiate $C))
            (instance $d (instantiate $D (with "strings" (func $c "strings"))))
            (export "strings" (func $c "strings"))
            (export "run" (func $d "run")))"#
    )
}

#[test]
fn moved_bytes_of_shared_strings_are_limited() {
    let text = shares_with_a_guest();
    let limits = StoreLimits::DEFAULT.with_lifted_bytes(4 << 20);
    for name in ["run", "strings"] {
        let (mut store, instance) = load(&Wasmi::default(), &text);
        store.set_limits(limits);
        let run = function(&store, &instance, name);
        assert!(store.call(&run, &[Val::U32(900)]).is_ok(), "{name}");
        let error = reached(&mut store, &run, &[Val::U32(2_000)]);
        names(error, StoreLimit::LiftedBytes, 4 << 20, "with_lifted_bytes");

        let (mut store, instance) = load(&Wasmi::default(), &text);
        store.set_limits(limits.with_lifted_bytes(16 << 20));
        let run = function(&store, &instance, name);
        assert!(store.call(&run, &[Val::U32(2_000)]).is_ok(), "{name}");
    }
}

/// Returns the limit that an instantiation has reached.
fn refused(limits: StoreLimits, text: &str) -> LimitReached {
    let engine = Wasmi::default();
    let mut store = Store::new(&engine, ());
    store.set_limits(limits);
    match store.instantiate(&component(&engine, text), &Linker::new()) {
        Err(InstantiateError::Limit(reached)) => reached,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("it was instantiated"),
    }
}

#[test]
fn instances_their_nesting_and_their_imports_are_limited() {
    let mut text = String::from("(component (component $c0)");
    for number in 1..10 {
        let before = number - 1;
        write!(text, "(component $c{number} (instance (instantiate $c{before})))").unwrap();
    }
    text.push_str("(instance (instantiate $c9)))");
    let limits = StoreLimits::DEFAULT;
    let error = refused(limits.with_instances(5), &text);
    names(error, StoreLimit::Instances, 5, "with_instances");
    let error = refused(limits.with_instance_depth(5), &text);
    names(error, StoreLimit::InstanceDepth, 5, "with_instance_depth");
    let error = refused(limits.with_visible_definitions(5), &text);
    names(error, StoreLimit::VisibleDefinitions, 5, "with_visible_definitions");
    let engine = Wasmi::default();
    let mut store = Store::new(&engine, ());
    store.set_limits(limits.with_instances(11).with_instance_depth(10));
    assert!(store.instantiate(&component(&engine, &text), &Linker::new()).is_ok());
}
