//! Handles in Rust types.

use weft::abi::{Resource, Val};
use weft::component::{CallError, Caller, HostResourceType, ImportError, InstantiateError};
use weft::engine::wasmi::Wasmi;
use weft::handle::{BorrowHandle, ErrorContext, FutureHandle, OwnHandle, StreamHandle};

use weft_tests::world::World;

#[derive(Debug)]
enum Word {}

#[derive(Debug)]
enum Other {}

/// Passes on the values from the host, and drops those it owns.
const USES_WORDS: &str = r#"
    (component
        (import "word" (type $word (sub resource)))
        (import "make" (func $make (param "rep" u32) (result (own $word))))
        (import "length" (func $length (param "self" (borrow $word)) (result u32)))
        (core func $make (canon lower (func $make)))
        (core func $length (canon lower (func $length)))
        (core func $drop (canon resource.drop $word))
        (core module $module
            (import "" "make" (func $make (param i32) (result i32)))
            (import "" "length" (func $length (param i32) (result i32)))
            (import "" "drop" (func $drop (param i32)))
            (func (export "make") (param i32) (result i32) (call $make (local.get 0)))
            (func (export "length") (param i32) (result i32) (local $length i32)
                (local.set $length (call $length (local.get 0)))
                (call $drop (local.get 0))
                (local.get $length)))
        (core instance $instance (instantiate $module (with "" (instance
            (export "make" (func $make))
            (export "length" (func $length))
            (export "drop" (func $drop))))))
        (export $t "word" (type $word))
        (func (export "make") (param "rep" u32) (result (own $t))
            (canon lift (core func $instance "make")))
        (func (export "length") (param "it" (own $t)) (result u32)
            (canon lift (core func $instance "length")))
        (func (export "length-of-borrow") (param "it" (borrow $t)) (result u32)
            (canon lift (core func $instance "length"))))
"#;

type Words = Vec<&'static str>;

fn words() -> World<Words> {
    let mut world = World::with(vec!["", "seven"]);
    let word =
        HostResourceType::with_destructor(|caller: &mut Caller<'_, '_, Wasmi, Words>, place| {
            *caller.data_mut().get_mut(usize::try_from(place)?).ok_or("no such word")? = "gone";
            Ok(())
        });
    world.linker.resource("word", &word);
    world
        .linker
        .typed_function("make", |_, (place,): (u32,)| Ok(OwnHandle::<Word>::new(place.into())));
    world.linker.typed_function(
        "length",
        |caller: &mut Caller<'_, '_, Wasmi, Words>, (word,): (BorrowHandle<'static, Word>,)| {
            let place = usize::try_from(word.representation())?;
            let word = caller.data().get(place).ok_or("no such word")?;
            Ok(u32::try_from(word.len())?)
        },
    );
    world
}

#[test]
fn a_host_resource_goes_in_and_out() {
    let mut world = words();
    let instance = world.instance(USES_WORDS);
    let make = world.function(&instance, "make").typed::<(u32,), OwnHandle<Word>>().unwrap();
    let length = world.function(&instance, "length").typed::<(OwnHandle<Word>,), u32>().unwrap();
    let borrowed = world.function(&instance, "length-of-borrow");
    let borrowed = borrowed.typed::<(BorrowHandle<'_, Word>,), u32>().unwrap();

    let word = world.store.call(&make, (1,)).unwrap();
    assert_eq!(word.representation(), 1);
    assert_eq!(world.store.call(&borrowed, (word.borrow(),)).unwrap(), 5);
    assert_eq!(world.store.call(&length, (word,)).unwrap(), 5);
    assert_eq!(world.store.data()[1], "gone");
}

#[test]
fn a_handle_made_by_hand_has_the_functions_type() {
    let mut world = words();
    let instance = world.instance(USES_WORDS);
    let length = world.function(&instance, "length").typed::<(OwnHandle<Word>,), u32>().unwrap();
    assert_eq!(world.store.call(&length, (OwnHandle::new(1),)).unwrap(), 5);
}

#[test]
fn a_resource_of_another_type_is_not_lowered() {
    let mut world = words();
    let other = HostResourceType::new();
    let ty = world.store.resource_type(&other).unwrap();
    let instance = world.instance(USES_WORDS);
    let length = world.function(&instance, "length").typed::<(OwnHandle<Word>,), u32>().unwrap();
    let word = OwnHandle::from(Resource { ty, representation: 1 });
    let refused = world.store.call(&length, (word,)).unwrap_err();
    assert_eq!(refused.to_string(), "a value is not of its type");
    // The guest was not affected.
    assert_eq!(world.store.call(&length, (OwnHandle::new(1),)).unwrap(), 5);
}

#[test]
fn two_resource_types_need_two_rust_types() {
    let mut world = World::new();
    let component = r#"
        (component
            (import "a" (type $a (sub resource)))
            (import "b" (type $b (sub resource)))
            (import "f" (func $f (param "a" (own $a)) (param "b" (own $b)))))
    "#;
    let [a, b] = [(); 2].map(|()| HostResourceType::<Wasmi>::new());
    world.linker.resource("a", &a).resource("b", &b);
    world.linker.typed_function("f", |_, _: (OwnHandle<Word>, OwnHandle<Word>)| Ok(()));
    match world.try_instance(component) {
        Err(InstantiateError::Imports(errors)) => {
            assert!(matches!(&errors[..], [ImportError::Function { name, .. }] if name == "f"));
        }
        other => panic!("{other:?}"),
    }
    world.linker.typed_function("f", |_, _: (OwnHandle<Word>, OwnHandle<Other>)| Ok(()));
    world.instance(component);
}

/// Defines a resource type, and counts the drops.
const DEFINES: &str = r#"
    (component
        (core module $counts
            (global $dropped (mut i32) (i32.const 0))
            (func (export "drop") (param i32)
                (global.set $dropped (i32.add (global.get $dropped) (local.get 0))))
            (func (export "dropped") (result i32) (global.get $dropped)))
        (core instance $counts (instantiate $counts))
        (type $thing' (resource (rep i32) (dtor (core func $counts "drop"))))
        (export $thing "thing" (type $thing'))
        (core func $new (canon resource.new $thing'))
        (core func $rep (canon resource.rep $thing'))
        (core module $module
            (import "" "new" (func $new (param i32) (result i32)))
            (import "" "rep" (func $rep (param i32) (result i32)))
            (func (export "make") (param i32) (result i32) (call $new (local.get 0)))
            (func (export "look") (param i32) (result i32) (local.get 0)))
        (core instance $instance (instantiate $module (with "" (instance
            (export "new" (func $new))
            (export "rep" (func $rep))))))
        (func (export "dropped") (result u32) (canon lift (core func $counts "dropped")))
        (func (export "make") (param "rep" u32) (result (own $thing))
            (canon lift (core func $instance "make")))
        (func (export "look") (param "it" (borrow $thing)) (result u32)
            (canon lift (core func $instance "look"))))
"#;

#[test]
fn a_resource_of_a_guest_is_held_until_it_is_dropped() {
    let mut world = World::new();
    let instance = world.instance(DEFINES);
    let make = world.function(&instance, "make").typed::<(u32,), OwnHandle<Word>>().unwrap();
    let look = world.function(&instance, "look").typed::<(BorrowHandle<'_, Word>,), u32>().unwrap();
    let dropped = world.function(&instance, "dropped").typed::<(), u32>().unwrap();

    let thing = world.store.call(&make, (40,)).unwrap();
    assert_eq!(world.store.call(&look, (thing.borrow(),)).unwrap(), 40);
    world.store.drop_resource(thing.resource().unwrap()).unwrap();
    assert_eq!(world.store.call(&dropped, ()).unwrap(), 40);
    let gone = world.store.call(&look, (thing.borrow(),));
    assert!(matches!(gone, Err(CallError::Handle(_))), "{gone:?}");
}

#[test]
fn a_resource_that_is_not_taken_is_dropped() {
    let mut world = World::new();
    let instance = world.instance(DEFINES);
    let make = world.function(&instance, "make").typed::<(u32,), OwnHandle<Word>>().unwrap();
    let dropped = world.function(&instance, "dropped").typed::<(), u32>().unwrap();
    let call = world.store.start(&make, (2,)).unwrap();
    world.store.forget(call).unwrap();
    while world.store.poll(std::task::Waker::noop()).unwrap().can_go_on {}
    assert_eq!(world.store.call(&dropped, ()).unwrap(), 2);
}

/// Returns the ends and the error context that it receives.
const ENDS: &str = r#"
    (component
        (core module $module
            (func (export "f") (param i32) (result i32) (local.get 0)))
        (core instance $instance (instantiate $module))
        (func (export "stream") (param "it" (stream u8)) (result (stream u8))
            (canon lift (core func $instance "f")))
        (func (export "future") (param "it" (future string)) (result (future string))
            (canon lift (core func $instance "f")))
        (func (export "error") (param "it" error-context) (result error-context)
            (canon lift (core func $instance "f"))))
"#;

#[test]
fn ends_and_error_contexts_go_in_and_out() {
    let mut world = World::new();
    let instance = world.instance(ENDS);
    let stream = world
        .function(&instance, "stream")
        .typed::<(StreamHandle<u8>,), StreamHandle<u8>>()
        .unwrap();
    let future = world.function(&instance, "future");
    let future = future.typed::<(FutureHandle<String>,), FutureHandle<String>>().unwrap();
    let error =
        world.function(&instance, "error").typed::<(ErrorContext,), ErrorContext>().unwrap();

    let (readable, writable) = world.store.new_stream(Some(&weft::abi::Type::U8)).unwrap();
    let back = world.store.call(&stream, (StreamHandle::from(readable),)).unwrap();
    world.store.write(writable, vec![Val::U8(7)]).unwrap();
    world.store.read(back.end(), 1).unwrap();
    assert!(world.store.next_end_event().unwrap().is_some());

    let (readable, _writable) = world.store.new_future(Some(&weft::abi::Type::String)).unwrap();
    world.store.call(&future, (FutureHandle::from(readable),)).unwrap();

    let id = world.store.new_error_context("what went wrong").unwrap();
    let back = world.store.call(&error, (ErrorContext::from(id),)).unwrap();
    assert_eq!(world.store.debug_message(back.id()).unwrap(), "what went wrong");
}

#[test]
fn an_end_of_another_type_is_refused() {
    let mut world = World::new();
    let instance = world.instance(ENDS);
    let stream = world.function(&instance, "stream");
    assert!(stream.typed::<(StreamHandle<u16>,), StreamHandle<u16>>().is_err());
    let stream = stream.typed::<(StreamHandle<u8>,), StreamHandle<u8>>().unwrap();
    let (readable, _writable) = world.store.new_stream(Some(&weft::abi::Type::U16)).unwrap();
    let refused = world.store.call(&stream, (StreamHandle::from(readable),));
    assert!(matches!(refused, Err(CallError::Handle(_))), "{refused:?}");
}
