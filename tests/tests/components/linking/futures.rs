//! Futures with an end at the host, and error contexts.

use weft::abi::{Type, Val};
use weft::code::CopyResult::{Completed, Dropped};
use weft::component::{CallError, EndEvent, HandleProblem};
use weft::error::{Error, MachineError};

use weft_tests::world::World;

#[test]
fn a_host_future_has_one_value() {
    let mut world = World::new();
    let (readable, writable) = world.store.new_future(Some(&Type::U32)).unwrap();
    for count in [0, 2] {
        let error = world.store.read(readable, count).unwrap_err();
        assert!(
            matches!(error, CallError::Error(Error::Machine(MachineError::BufferTooLong { .. }))),
            "{error}"
        );
    }
    world.store.read(readable, 1).unwrap();
    world.store.write(writable, vec![Val::U32(7)]).unwrap();
    let events: Vec<_> = std::iter::from_fn(|| world.store.next_end_event().unwrap()).collect();
    let event = |end, values| EndEvent { end, result: Completed, count: 1, values };
    assert_eq!(events, [event(writable, vec![]), event(readable, vec![Val::U32(7)])]);
    let error = world.store.read(readable, 1).unwrap_err();
    assert!(matches!(error, CallError::Error(Error::Machine(MachineError::EndBusy))), "{error}");
}

#[test]
fn the_reader_of_an_unwritten_future_learns_of_its_drop() {
    let mut world = World::new();
    let (readable, writable) = world.store.new_future(Some(&Type::U32)).unwrap();
    world.store.read(readable, 1).unwrap();
    world.store.drop_end(writable).unwrap();
    let expected = EndEvent { end: readable, result: Dropped, count: 0, values: vec![] };
    assert_eq!(world.event(), expected);
    world.store.drop_end(readable).unwrap();
}

/// Reads the future that it receives, and writes the value plus 1 to a future that it returns.
const ADDS_ONE: &str = r#"
    (component
        (core module $memory (memory (export "memory") 1))
        (core instance $memory (instantiate $memory))
        (type $f (future u32))
        (core func $new (canon future.new $f))
        (core func $read (canon future.read $f (memory (core memory $memory "memory"))))
        (core func $write (canon future.write $f async (memory (core memory $memory "memory"))))
        (core module $module
            (import "" "memory" (memory 1))
            (import "" "new" (func $new (result i64)))
            (import "" "read" (func $read (param i32 i32) (result i32)))
            (import "" "write" (func $write (param i32 i32) (result i32)))
            (func (export "add-one") (param i32) (result i32)
                (local $ends i64)
                (local.set $ends (call $new))
                (if (call $read (local.get 0) (i32.const 8)) (then (unreachable)))
                (i32.store (i32.const 8) (i32.add (i32.load (i32.const 8)) (i32.const 1)))
                (drop (call $write
                    (i32.wrap_i64 (i64.shr_u (local.get $ends) (i64.const 32)))
                    (i32.const 8)))
                (i32.wrap_i64 (local.get $ends))))
        (core instance $instance (instantiate $module (with "" (instance
            (export "memory" (memory $memory "memory"))
            (export "new" (func $new))
            (export "read" (func $read))
            (export "write" (func $write))))))
        (func (export "add-one") async (param "f" $f) (result $f)
            (canon lift (core func $instance "add-one"))))
"#;

#[test]
fn a_guest_waits_for_a_host_future_and_returns_one() {
    let mut world = World::new();
    let instance = world.instance(ADDS_ONE);
    let (theirs, ours) = world.store.new_future(Some(&Type::U32)).unwrap();
    let add_one = world.store.function(&instance, "add-one").unwrap();
    let call = world.store.start(&add_one, &[Val::Future(theirs)]).unwrap();
    world.store.write(ours, vec![Val::U32(6)]).unwrap();
    let expected = EndEvent { end: ours, result: Completed, count: 1, values: vec![] };
    assert_eq!(world.store.next_end_event().unwrap(), Some(expected));
    let Ok(Some(Val::Future(given))) = world.store.run(call) else { panic!() };
    assert_eq!(world.store.element_type(given), Ok(Some(Type::U32)));
    world.store.read(given, 1).unwrap();
    let event = world.store.next_end_event().unwrap().unwrap();
    assert_eq!((event.end, event.values), (given, vec![Val::U32(7)]));
}

/// Keeps an error context, and returns it.
const KEEPS_ERROR: &str = r#"
    (component
        (core module $module
            (global $it (mut i32) (i32.const 0))
            (func (export "keep") (param i32) (global.set $it (local.get 0)))
            (func (export "give") (result i32) (global.get $it)))
        (core instance $instance (instantiate $module))
        (func (export "keep") (param "it" error-context)
            (canon lift (core func $instance "keep")))
        (func (export "give") (result error-context)
            (canon lift (core func $instance "give"))))
"#;

#[test]
fn an_error_context_comes_back_as_the_same() {
    let mut world = World::new();
    let instance = world.instance(KEEPS_ERROR);
    let error_context = world.store.new_error_context("no such file").unwrap();
    let value = Val::ErrorContext(error_context);
    world.call(&instance, "keep", std::slice::from_ref(&value));
    match world.try_call(&instance, "keep", std::slice::from_ref(&value)) {
        Err(CallError::Handle(error)) => assert_eq!(error.problem(), HandleProblem::NotHeld),
        other => panic!("{other:?}"),
    }
    assert_eq!(world.call(&instance, "give", &[]), Some(value));
    assert_eq!(world.store.debug_message(error_context).as_deref(), Ok("no such file"));
    world.store.drop_error_context(error_context).unwrap();
    assert_eq!(world.store.drop_error_context(error_context), Err(MachineError::NotHeld.into()));
}
