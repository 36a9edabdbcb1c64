//! Guests that call guests that call guests.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use weft::abi::Val;
use weft::component::{CallError, Linker, Store};
use weft::engine::wasmi::Wasmi;

use crate::engine::components::{component, function, load};

/// Returns a component of `length` instances, each of which calls the one before and adds 1 to its
/// result; the first calls the host.
fn chain(length: usize, ty: &str, core: &str) -> String {
    let mut text = format!(
        r#"(component
            (import "host" (func $f0 (param "n" {ty}) (result {ty})))
            (component $link
                (import "f" (func $f (param "n" {ty}) (result {ty})))
                (core func $f (canon lower (func $f)))
                (core module $m
                    (import "" "f" (func $f (param {core}) (result {core})))
                    (func (export "f") (param {core}) (result {core})
                        ({core}.add (call $f (local.get 0)) ({core}.const 1))))
                (core instance $m (instantiate $m (with "" (instance (export "f" (func $f))))))
                (func (export "f") (param "n" {ty}) (result {ty})
                    (canon lift (core func $m "f"))))"#,
    );
    for number in 1..=length {
        let before = number - 1;
        write!(
            text,
            r#"(instance $i{number} (instantiate $link (with "f" (func $f{before}))))
            (alias export $i{number} "f" (func $f{number}))"#
        )
        .unwrap();
    }
    write!(text, r#"(export "f" (func $f{length})))"#).unwrap();
    text
}

/// Calls a chain on a thread with `stack_bytes` bytes of stack. Returns the result and the stack
/// position at which the host was called.
fn call_chain(length: usize, argument: Val, stack_bytes: usize) -> (Option<Val>, usize) {
    let engine = Wasmi::default();
    let (ty, core) = if let Val::F32(_) = argument { ("f32", "f32") } else { ("u32", "i32") };
    let component = component(&engine, &chain(length, ty, core));
    let address = Arc::new(AtomicUsize::new(0));
    let seen = address.clone();
    let mut linker = Linker::new();
    linker.function("host", move |_, mut arguments| {
        let here = 0_u8;
        seen.store(std::ptr::from_ref(&here).addr(), Ordering::Relaxed);
        Ok(arguments.pop())
    });
    let run = move || {
        let mut store = Store::new(&engine, ());
        let instance = store.instantiate(&component, &linker).unwrap();
        let f = function(&store, &instance, "f");
        let base = 0_u8;
        let result = store.call(&f, &[argument]).unwrap();
        (result, std::ptr::from_ref(&base).addr().abs_diff(address.load(Ordering::Relaxed)))
    };
    thread::Builder::new().stack_size(stack_bytes).spawn(run).unwrap().join().unwrap()
}

#[test]
fn guests_nest_a_thousand_deep_on_a_small_stack() {
    let (result, _) = call_chain(1_000, Val::U32(7), 1 << 20);
    assert_eq!(result, Some(Val::U32(1_007)));
    let (result, _) = call_chain(1_000, Val::F32(7.0), 1 << 20);
    assert_eq!(result, Some(Val::F32(1_007.0)));
}

#[test]
fn a_deep_chain_continues_after_interruptions() {
    let counts = chain(100, "u32", "i32");
    for fuel in [1, 10, 100] {
        let engine = Wasmi::new(&wasmi::Config::default(), Some(fuel));
        let mut linker = Linker::new();
        linker.function("host", |_, mut arguments| Ok(arguments.pop()));
        let mut store = Store::new(&engine, ());
        let instance = store.instantiate(&component(&engine, &counts), &linker).unwrap();
        let f = function(&store, &instance, "f");
        for _ in 0..3 {
            assert_eq!(store.call(&f, &[Val::U32(7)]).unwrap(), Some(Val::U32(107)));
        }
    }
}

#[test]
fn a_start_function_calls_a_deep_chain_though_it_cannot_stop() {
    let engine = Wasmi::default();
    let starts = format!(
        r#"(component
            (import "host" (func $host (param "n" u32) (result u32)))
            (component $chain {})
            (instance $chain (instantiate $chain (with "host" (func $host))))
            (core func $f (canon lower (func $chain "f")))
            (core module $m
                (import "" "f" (func $f (param i32) (result i32)))
                (global $result (mut i32) (i32.const 0))
                (func $start (global.set $result (call $f (i32.const 7))))
                (func (export "result") (result i32) (global.get $result))
                (start $start))
            (core instance $m (instantiate $m (with "" (instance (export "f" (func $f))))))
            (func (export "result") (result u32) (canon lift (core func $m "result"))))"#,
        chain(100, "u32", "i32").strip_prefix("(component").unwrap().strip_suffix(')').unwrap()
    );
    let mut linker = Linker::new();
    linker.function("host", |_, mut arguments| Ok(arguments.pop()));
    let mut store = Store::new(&engine, ());
    let instance = store.instantiate(&component(&engine, &starts), &linker).unwrap();
    let result = function(&store, &instance, "result");
    assert_eq!(store.call(&result, &[]).unwrap(), Some(Val::U32(107)));
}

#[test]
fn the_native_stack_use_of_guests_is_bounded() {
    for argument in [Val::U32(7), Val::F32(7.0)] {
        let [near, far, most] =
            [4, 20, 500].map(|length| call_chain(length, argument.clone(), 1 << 22).1);
        let level = (far - near) / 16;
        println!("{level} bytes of the native stack for each guest, {most} at most");
        // This holds without any optimization; `MAX_DEPTH` follows from it.
        assert!(level < 34_000, "{level} bytes of the native stack for each guest");
        assert!(most < 900 << 10, "{most} bytes");
    }
}

#[test]
fn guests_that_call_one_another_without_end_trap() {
    // The outer component calls the inner one through a table, and is called by it.
    let donut = r#"(component
        (core module $m
            (table (export "t") 1 funcref)
            (func (export "f") (param i32) (result i32)
                (call_indirect (param i32) (result i32) (local.get 0) (i32.const 0)))
            (func (export "one") (result i32) (i32.const 1)))
        (core instance $m (instantiate $m))
        (func $f (param "n" u32) (result u32) (canon lift (core func $m "f")))
        (component $inner
            (import "f" (func $f (param "n" u32) (result u32)))
            (core func $f (canon lower (func $f)))
            (core module $m
                (import "" "f" (func $f (param i32) (result i32)))
                (func (export "g") (param $n i32) (result i32)
                    (if (result i32) (local.get $n)
                        (then (call $f (i32.sub (local.get $n) (i32.const 1))))
                        (else (i32.const 5)))))
            (core instance $m (instantiate $m (with "" (instance (export "f" (func $f))))))
            (func (export "g") (param "n" u32) (result u32) (canon lift (core func $m "g"))))
        (instance $inner (instantiate $inner (with "f" (func $f))))
        (core func $g (canon lower (func $inner "g")))
        (core module $fill
            (import "" "t" (table 1 funcref))
            (import "" "g" (func $g (param i32) (result i32)))
            (elem (i32.const 0) $g))
        (core instance (instantiate $fill (with "" (instance
            (export "t" (table $m "t")) (export "g" (func $g))))))
        (export "f" (func $f))
        (func (export "one") (result u32) (canon lift (core func $m "one"))))"#;
    let engine = Wasmi::default();
    let (mut store, instance) = load(&engine, donut);
    let other = store.instantiate(&component(&engine, donut), &Linker::new()).unwrap();
    let f = function(&store, &instance, "f");
    // Weft does not limit recursion that ends.
    for depth in [0, 1, 100, 4_000] {
        assert_eq!(store.call(&f, &[Val::U32(depth)]).unwrap(), Some(Val::U32(5)));
    }
    let result = store.call(&f, &[Val::U32(u32::MAX)]);
    assert!(matches!(&result, Err(CallError::Limit(_))), "{result:?}");
    let one = function(&store, &instance, "one");
    assert!(matches!(store.call(&one, &[]), Err(CallError::InstanceTrapped(_))));
    let one = function(&store, &other, "one");
    assert_eq!(store.call(&one, &[]).unwrap(), Some(Val::U32(1)));
}
