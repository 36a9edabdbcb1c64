//! Calls of exports with Rust types.

use std::future::Future as _;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

use weft::abi::{ComponentType, Lift, Lower, Val};
use weft::chooser::Replaying;
use weft::component::{CallError, Component, Linker, Store};
use weft::engine::wasmi::Wasmi;

use crate::typed::guests::{MEMORY, passes_on};
use weft_tests::causes::chain;
use weft_tests::world::World;

/// Returns a guest that returns its core argument, or two of them by their address.
fn identity(ty: &str, flat: &str) -> String {
    format!(
        r#"(component
            (core module $module
                {MEMORY}
                (func (export "f") (param {flat}) (result {flat}) (local.get 0)))
            (core instance $instance (instantiate $module))
            (func (export "f") (param "it" {ty}) (result {ty})
                (canon lift (core func $instance "f")
                    (memory (core memory $instance "memory")) (realloc (core func $instance "realloc")))))"#
    )
}

/// Returns a guest that returns two core arguments of 32 bits as two words in memory.
fn pair(types: &str, ty: &str) -> String {
    format!(
        r#"(component
            {types}
            (core module $module
                {MEMORY}
                (func (export "f") (param i32 i32) (result i32)
                    (i32.store (i32.const 64) (local.get 0))
                    (i32.store (i32.const 68) (local.get 1))
                    (i32.const 64)))
            (core instance $instance (instantiate $module))
            (func (export "f") (param "it" {ty}) (result {ty})
                (canon lift (core func $instance "f")
                    (memory (core memory $instance "memory")) (realloc (core func $instance "realloc")))))"#
    )
}

#[derive(ComponentType, Lift, Lower, Clone, Copy, Debug, PartialEq)]
enum Colour {
    Red,
    DarkGreen,
}

/// The same as a `variant` whose cases have no payloads.
#[derive(weft::binding::Value, Clone, Copy, Debug, PartialEq)]
#[component(variant)]
enum Shade {
    Red,
    DarkGreen,
}

#[derive(ComponentType, Lift, Lower, Clone, Copy, Debug, PartialEq)]
struct Point {
    x: u32,
    #[component(name = "how-high")]
    y: i32,
}

#[test]
fn scalars_come_back() {
    let mut world = World::new();
    assert_eq!(world.round_trip(&identity("u8", "i32"), 200_u8), 200);
    assert_eq!(world.round_trip(&identity("s16", "i32"), -7_i16), -7);
    assert_eq!(world.round_trip(&identity("u64", "i64"), u64::MAX), u64::MAX);
    assert_eq!(world.round_trip(&identity("f64", "f64"), 0.5_f64).to_bits(), 0.5_f64.to_bits());
    assert_eq!(world.round_trip(&identity("char", "i32"), '😀'), '😀');
    assert!(world.round_trip(&identity("bool", "i32"), true));
}

/// Returns the bits of the float in its argument.
const BITS: &str = r#"
    (component
        (core module $module
            (func (export "f") (param f32) (result i32) (i32.reinterpret_f32 (local.get 0))))
        (core instance $instance (instantiate $module))
        (func (export "f") (param "it" f32) (result u32)
            (canon lift (core func $instance "f"))))
"#;

#[test]
fn the_chooser_selects_the_bits_of_a_nan() {
    let engine = Wasmi::default();
    let bytes = wat::parse_str(BITS).unwrap();
    let component = Component::new(&engine, &bytes).unwrap();
    for (choices, expected) in [(&[][..], 0x7fc0_0000), (&[1], 0xffc0_0000), (&[6], 0x7f80_0001)] {
        let chooser = Box::new(Replaying::new(choices));
        let mut store = Store::with_chooser(&engine, chooser, ());
        let instance = store.instantiate(&component, &Linker::new()).unwrap();
        let f = store.function(&instance, "f").unwrap();
        let bits = f.typed::<(f32,), u32>().unwrap();
        assert_eq!(store.call(&bits, (f32::NAN,)).unwrap(), expected);
        // The choices are used up, so the first possibility is taken.
        assert_eq!(store.call(&f, &[Val::F32(f32::NAN)]).unwrap(), Some(Val::U32(0x7fc0_0000)));
        assert_eq!(store.call(&bits, (1.0,)).unwrap(), 1.0_f32.to_bits());
    }
}

#[test]
fn values_in_memory_come_back() {
    let mut world = World::new();
    let text = String::from("näive");
    assert_eq!(world.round_trip(&pair("", "string"), text.clone()), text);
    assert_eq!(world.round_trip(&pair("", "(list u16)"), vec![1_u16, 2, 3]), [1, 2, 3]);
    assert_eq!(
        world.round_trip(&pair("", "(list string)"), vec![String::from("a"), text.clone()]),
        [String::from("a"), text]
    );
    assert_eq!(world.round_trip(&pair("", "(list u32 2)"), [7_u32, 8]), [7, 8]);
    assert_eq!(world.round_trip(&pair("", "(tuple u32 u32)"), (9_u32, 10_u32)), (9, 10));
}

#[test]
fn types_of_the_user_are_compared_with_their_names() {
    let mut world = World::new();
    let record = r#"(type $p' (record (field "x" u32) (field "how-high" s32)))
        (export $p "p" (type $p'))"#;
    let point = Point { x: 1, y: -2 };
    assert_eq!(world.round_trip(&pair(record, "$p"), point), point);
    let colours = r#"(type $c' (enum "red" "dark-green")) (export $c "c" (type $c'))"#;
    let component =
        identity("$c", "i32").replacen("(component", &format!("(component {colours}"), 1);
    assert_eq!(world.round_trip(&component, Colour::DarkGreen), Colour::DarkGreen);
    assert_eq!(world.round_trip(&component, Colour::Red), Colour::Red);

    let other = r#"(type $p' (record (field "x" u32) (field "y" s32))) (export $p "p" (type $p'))"#;
    let instance = world.instance(&pair(other, "$p"));
    let mismatch = world.function(&instance, "f").typed::<(Point,), Point>().unwrap_err();
    assert_eq!(
        chain(&mismatch),
        "in `func(it: record { x: u32, y: s32 }) -> record { x: u32, y: s32 }`, the parameters are \
         of other\n    types: at [0]: expected record { x: u32, y: s32 }, found record { x: u32, \
         how-high: s32 }"
    );
}

#[test]
fn a_variant_without_payloads_is_not_an_enum() {
    let mut world = World::new();
    let cases =
        r#"(type $c' (variant (case "red") (case "dark-green"))) (export $c "c" (type $c'))"#;
    let component = identity("$c", "i32").replacen("(component", &format!("(component {cases}"), 1);
    assert_eq!(world.round_trip(&component, Shade::DarkGreen), Shade::DarkGreen);
    assert_eq!(world.round_trip(&component, Shade::Red), Shade::Red);
    let instance = world.instance(&component);
    assert!(world.function(&instance, "f").typed::<(Colour,), Colour>().is_err());
}

#[test]
fn a_function_of_another_type_names_the_difference() {
    let mut world = World::new();
    let instance = world.instance(&identity("u32", "i32"));
    let f = world.function(&instance, "f");
    let message = |mismatch: weft::component::FunctionMismatch| {
        (mismatch.ty().to_owned(), mismatch.mismatch().to_string())
    };
    let ty = String::from("func(it: u32) -> u32");
    let (expected, found) = ("at [0]: expected u32, found s32", "expected u32, found bool");
    assert_eq!(message(f.typed::<(i32,), u32>().unwrap_err()), (ty.clone(), expected.into()));
    assert_eq!(message(f.typed::<(u32,), bool>().unwrap_err()), (ty.clone(), found.into()));
    let count = "expected 1 parameter, found 0";
    assert_eq!(message(f.typed::<(), u32>().unwrap_err()), (ty.clone(), count.into()));
    let nothing = "expected u32, found nothing";
    assert_eq!(message(f.typed::<(u32,), ()>().unwrap_err()), (ty, nothing.into()));
}

#[test]
fn arguments_and_results_may_borrow_or_own_nothing() {
    let mut world = World::new();
    let instance = world.instance(&pair("", "string"));
    let f = world.function(&instance, "f").typed::<(&str,), String>().unwrap();
    for text in ["", "one", "another"] {
        assert_eq!(world.store.call(&f, (text,)).unwrap(), text);
    }
}

/// `f` waits until `go` was called, because it is lifted with a callback and yields; meanwhile,
/// other calls cannot enter.
const BUSY: &str = r#"
    (component
        (core module $libc (memory (export "memory") 1)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 512)))
        (core instance $libc (instantiate $libc))
        (core func $return (canon task.return (result string) (memory (core memory $libc "memory"))))
        (core func $increment (canon backpressure.inc))
        (core func $decrement (canon backpressure.dec))
        (core module $module
            (import "" "memory" (memory 1))
            (import "" "return" (func $return (param i32 i32)))
            (import "" "inc" (func $inc))
            (import "" "dec" (func $dec))
            (func (export "block") (call $inc))
            (func (export "open") (call $dec))
            (func (export "f") (param i32 i32) (result i32)
                (call $return (local.get 0) (local.get 1)) (i32.const 0))
            (func (export "callback") (param i32 i32 i32) (result i32) unreachable))
        (core instance $instance (instantiate $module (with "" (instance
            (export "memory" (memory $libc "memory"))
            (export "return" (func $return))
            (export "inc" (func $increment))
            (export "dec" (func $decrement))))))
        (func (export "block") (canon lift (core func $instance "block")))
        (func (export "open") (canon lift (core func $instance "open")))
        (func (export "f") async (param "text" string) (result string)
            (canon lift (core func $instance "f") async (callback (core func $instance "callback"))
                (memory (core memory $libc "memory")) (realloc (core func $libc "realloc")))))
"#;

#[test]
fn arguments_wait_for_a_guest_that_cannot_be_entered() {
    let mut world = World::new();
    let instance = world.instance(BUSY);
    let f = world.function(&instance, "f").typed::<(&str,), String>().unwrap();
    let block = world.function(&instance, "block").typed::<(), ()>().unwrap();
    let open = world.function(&instance, "open").typed::<(), ()>().unwrap();

    world.store.call(&block, ()).unwrap();
    let text = String::from("patience");
    let call = world.store.start(&f, (&text,)).unwrap();
    drop(text);
    assert!(world.store.take_result(call).unwrap().is_none());
    world.store.call(&open, ()).unwrap();
    assert_eq!(world.store.run(call).unwrap(), "patience");
    assert_eq!(world.store.call(&f, ("at once",)).unwrap(), "at once");
}

#[test]
fn a_typed_call_is_a_future() {
    let mut world = World::new();
    let instance = world.instance(BUSY);
    let f = world.function(&instance, "f").typed::<(&str,), String>().unwrap();
    let mut call = pin!(world.store.call_async(&f, ("soon",)));
    let mut context = Context::from_waker(Waker::noop());
    match call.as_mut().poll(&mut context) {
        Poll::Ready(Ok(text)) => assert_eq!(text, "soon"),
        other => panic!("{other:?}"),
    }
    assert!(matches!(call.as_mut().poll(&mut context), Poll::Ready(Err(_))));
}

#[test]
fn a_result_that_is_forgotten_is_dropped() {
    let mut world = World::new();
    let instance = world.instance(BUSY);
    let f = world.function(&instance, "f").typed::<(&str,), String>().unwrap();
    let call = world.store.start(&f, ("nobody asks",)).unwrap();
    world.store.forget(call).unwrap();
    assert!(world.store.take_result(call).is_err());
}

#[test]
fn a_guest_that_returns_garbage_traps() {
    let mut world = World::new();
    let instance = world.instance(
        r#"(component
            (core module $module
                (memory (export "memory") 1)
                (func (export "char") (result i32) (i32.const 0xd800))
                (func (export "string") (result i32)
                    (i32.store (i32.const 8) (i32.const -1))
                    (i32.store (i32.const 12) (i32.const 5))
                    (i32.const 8)))
            (core instance $instance (instantiate $module))
            (func (export "string") (result string)
                (canon lift (core func $instance "string") (memory (core memory $instance "memory"))))
            (func (export "char") (result char) (canon lift (core func $instance "char"))))"#,
    );
    let char = world.function(&instance, "char").typed::<(), char>().unwrap();
    assert!(matches!(world.store.call(&char, ()), Err(CallError::Trap(_))));
    // It is now locked down, as every instance that trapped.
    let string = world.function(&instance, "string").typed::<(), String>().unwrap();
    assert!(matches!(world.store.call(&string, ()), Err(CallError::InstanceTrapped(_))));
}

#[test]
fn a_function_of_another_store_is_refused() {
    let (mut here, mut there) = (World::new(), World::new());
    let instance = there.instance(&identity("u32", "i32"));
    let f = there.function(&instance, "f").typed::<(u32,), u32>().unwrap();
    assert!(matches!(here.store.call(&f, (1,)), Err(CallError::OtherStore)));
    assert_eq!(there.store.call(&f, (1,)).unwrap(), 1);
}

#[test]
fn typed_and_untyped_calls_agree() {
    let mut world = World::new();
    world.linker.function("f", |_, mut arguments| Ok(arguments.pop()));
    let component =
        passes_on("", r#"(param "it" (list string)) (result (list string))"#, "i32 i32");
    let instance = world.instance(&component);
    let f = world.function(&instance, "f");
    let texts = vec![String::from("a"), String::new()];
    let typed = f.typed::<(Vec<String>,), Vec<String>>().unwrap();
    assert_eq!(world.store.call(&typed, (texts.clone(),)).unwrap(), texts);
    let vals = Val::List(texts.iter().map(|it| Val::from(&**it)).collect());
    assert_eq!(world.store.call(&f, std::slice::from_ref(&vals)).unwrap(), Some(vals));
}
