//! The limits of instantiation, and functions that are lifted as they were lowered.

use std::fmt::Write as _;

use weft::abi::Val;
use weft::component::{InstantiateError, Linker, Store};
use weft::engine::wasmi::Wasmi;

use crate::engine::components::{component, function};

/// Returns components each of which instantiates the one before.
fn chain(length: u32) -> String {
    let mut text = String::from("(component (component $c0)");
    for number in 1..length {
        let before = number - 1;
        write!(text, "(component $c{number} (instance (instantiate $c{before})))").unwrap();
    }
    write!(text, "(instance (instantiate $c{})))", length - 1).unwrap();
    text
}

#[test]
fn components_nested_too_deeply_are_refused() {
    let engine = Wasmi::default();
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(move || {
        let mut store = Store::new(&engine, ());
        store.instantiate(&component(&engine, &chain(48)), &Linker::new()).unwrap();
        let error = store.instantiate(&component(&engine, &chain(900)), &Linker::new());
        assert!(matches!(error, Err(InstantiateError::Limit(_))), "{error:?}");
    });
    thread.unwrap().join().unwrap();
}

#[test]
fn components_that_multiply_are_refused() {
    let engine = Wasmi::default();
    let mut text = String::from("(component (component $c0 (core module $m) ");
    text.push_str("(core instance (instantiate $m)))");
    for number in 1..30 {
        let one = format!("(instance (instantiate $c{}))", number - 1);
        write!(text, "(component $c{number} {one} {one})").unwrap();
    }
    text.push_str("(instance (instantiate $c29)))");
    let error = Store::new(&engine, ()).instantiate(&component(&engine, &text), &Linker::new());
    assert!(matches!(error, Err(InstantiateError::Limit(_))), "{error:?}");
}

/// Lowers an import and lifts it again, without core code in between.
const PASSES_ON: &str = r#"(component
    (import "later" (func $later async (result u32)))
    (core func $lowered (canon lower (func $later)))
    (core module $m
        (import "" "later" (func $later (result i32)))
        (import "" "return" (func $return (param i32)))
        (export "later" (func $later)))
    (core func $return (canon task.return (result u32)))
    (core instance $m (instantiate $m (with "" (instance
        (export "later" (func $lowered)) (export "return" (func $return))))))
    (func (export "sync") async (result u32) (canon lift (core func $lowered)))
    (func (export "again") async (result u32) (canon lift (core func $m "later"))))"#;

#[test]
fn a_lowered_function_that_is_lifted_again_can_wait() {
    let engine = Wasmi::default();
    let mut linker = Linker::new();
    linker.async_function("later", |_, _| {
        let mut is_polled = false;
        std::future::poll_fn(move |cx| {
            if std::mem::replace(&mut is_polled, true) {
                return std::task::Poll::Ready(Ok(Some(Val::U32(7))));
            }
            cx.waker().wake_by_ref();
            std::task::Poll::Pending
        })
    });
    let mut store = Store::new(&engine, ());
    let instance = store.instantiate(&component(&engine, PASSES_ON), &linker).unwrap();
    for name in ["sync", "again"] {
        let passes_on = function(&store, &instance, name);
        assert_eq!(store.call(&passes_on, &[]).unwrap(), Some(Val::U32(7)));
    }
}

#[test]
fn resources_with_64_bit_representations_are_destroyed() {
    let engine = Wasmi::default();
    let text = r#"(component
        (core module $m
            (global $dropped (mut i64) (i64.const 0))
            (func (export "drop") (param i64) (global.set $dropped (local.get 0)))
            (func (export "dropped") (result i64) (global.get $dropped)))
        (core instance $m (instantiate $m))
        (type $r (resource (rep i64) (dtor (core func $m "drop"))))
        (core func $new (canon resource.new $r))
        (core func $drop (canon resource.drop $r))
        (core module $n
            (import "" "new" (func $new (param i64) (result i32)))
            (import "" "drop" (func $drop (param i32)))
            (func (export "run")
                (call $drop (call $new (i64.const 0x1234567890)))))
        (core instance $n (instantiate $n (with "" (instance
            (export "new" (func $new)) (export "drop" (func $drop))))))
        (func (export "run") (canon lift (core func $n "run")))
        (func (export "dropped") (result u64) (canon lift (core func $m "dropped"))))"#;
    let (mut store, instance) = crate::engine::components::load(&engine, text);
    let [run, dropped] = ["run", "dropped"].map(|name| function(&store, &instance, name));
    store.call(&run, &[]).unwrap();
    assert_eq!(store.call(&dropped, &[]).unwrap(), Some(Val::U64(0x12_3456_7890)));
}
