//! Calls do not allocate after a warm-up.

use allocation_counter::measure;
use weft::abi::Val;
use weft::engine::wasmi::Wasmi;

use crate::engine::components::{function, load};

/// Returns a function that counts the allocations of one call of an export `run(n)`.
fn allocations(component: &str, linked: bool) -> impl FnMut(u32) -> u64 {
    let engine = Wasmi::default().with_linked_guests(linked);
    let (mut store, instance) = load(&engine, component);
    let run = function(&store, &instance, "run");
    move |count| {
        let arguments = [Val::U32(count)];
        measure(|| {
            let _ = store.call(&run, &arguments).unwrap();
        })
        .count_total
    }
}

/// Checks that `n` repetitions in `run(n)` do not allocate, with and without linked calls between
/// guests: more repetitions allocate the same.
fn check(component: &str) {
    for linked in [true, false] {
        let mut allocations = allocations(component, linked);
        let _warm = (allocations(1_000), allocations(1_000));
        let (once, twice) = (allocations(1_000), allocations(2_000));
        assert_eq!(once, twice, "a thousand times {once}, two thousand times {twice}");
    }
}

/// Returns a core function `run` that calls `f` in a loop.
fn loop_of(call: &str) -> String {
    format!(
        r#"(func (export "run") (param $n i32)
            (loop $again
                {call}
                (local.set $n (i32.sub (local.get $n) (i32.const 1)))
                (br_if $again (local.get $n))))"#
    )
}

#[test]
fn a_built_in_that_returns_at_once_does_not_allocate() {
    let body = loop_of("(call $set (i32.add (call $get) (i32.const 1)))");
    check(&format!(
        r#"(component
            (core func $get (canon context.get i32 0))
            (core func $set (canon context.set i32 0))
            (core module $m
                (import "" "get" (func $get (result i32)))
                (import "" "set" (func $set (param i32)))
                {body})
            (core instance $m (instantiate $m (with "" (instance
                (export "get" (func $get)) (export "set" (func $set))))))
            (func (export "run") (param "n" u32) (canon lift (core func $m "run"))))"#
    ));
}

#[test]
fn calls_of_guests_by_guests_do_not_allocate() {
    let body = loop_of("(drop (call $f (local.get $n)))");
    check(&format!(
        r#"(component
            (component $add
                (core module $m
                    (func (export "f") (param i32) (result i32)
                        (i32.add (local.get 0) (i32.const 1))))
                (core instance $m (instantiate $m))
                (func (export "f") (param "n" u32) (result u32) (canon lift (core func $m "f"))))
            (component $forward
                (import "f" (func $f (param "n" u32) (result u32)))
                (core func $f (canon lower (func $f)))
                (core module $m
                    (import "" "f" (func $f (param i32) (result i32)))
                    (func (export "f") (param i32) (result i32) (call $f (local.get 0))))
                (core instance $m (instantiate $m (with "" (instance (export "f" (func $f))))))
                (func (export "f") (param "n" u32) (result u32) (canon lift (core func $m "f"))))
            (instance $a (instantiate $add))
            (instance $b (instantiate $forward (with "f" (func $a "f"))))
            (instance $c (instantiate $forward (with "f" (func $b "f"))))
            (core func $f (canon lower (func $c "f")))
            (core module $m
                (import "" "f" (func $f (param i32) (result i32)))
                {body})
            (core instance $m (instantiate $m (with "" (instance (export "f" (func $f))))))
            (func (export "run") (param "n" u32) (canon lift (core func $m "run"))))"#
    ));
}

#[test]
fn a_callback_that_yields_does_not_allocate() {
    check(
        r#"(component
            (core func $return (canon task.return))
            (core module $m
                (import "" "return" (func $return))
                (global $n (mut i32) (i32.const 0))
                (func (export "run") (param i32) (result i32)
                    (global.set $n (local.get 0))
                    (i32.const 1 (; yield ;)))
                (func (export "callback") (param i32 i32 i32) (result i32)
                    (global.set $n (i32.sub (global.get $n) (i32.const 1)))
                    (if (result i32) (global.get $n)
                        (then (i32.const 1 (; yield ;)))
                        (else (call $return) (i32.const 0 (; exit ;))))))
            (core instance $m (instantiate $m (with "" (instance
                (export "return" (func $return))))))
            (func (export "run") async (param "n" u32)
                (canon lift (core func $m "run") async (callback (core func $m "callback")))))"#,
    );
}
