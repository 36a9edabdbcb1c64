//! Panics in code of the host, below a guest.
//!
//! | file | source of the panic |
//! |---|---|
//! | `functions` | host functions, and their futures |
//! | `elsewhere` | conversions of values, destructors, choosers |
//! | `driving` | the place at which a panic continues if several calls are active |

mod driving;
mod elsewhere;
mod functions;

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use weft::abi::Val;
use weft::component::{CallError, Instance, Store};
use weft::engine::wasmi::Wasmi;
use weft_tests::world::World;

/// Returns a component whose `run` calls the import `f` and returns its result. `kind` is `async`,
/// or empty.
fn caller(kind: &str) -> String {
    r#"(component
        (import "f" (func $f KIND (param "q" u32) (result u32)))
        (canon lower (func $f) (core func $f))
        (core module $Module
            (import "" "f" (func $f (param i32) (result i32)))
            (func (export "run") (param i32) (result i32) (call $f (local.get 0)))
            (func (export "add") (param i32) (result i32)
                (i32.add (local.get 0) (i32.const 1))))
        (core instance $module (instantiate $Module (with "" (instance (export "f" (func $f))))))
        (func (export "add") (param "q" u32) (result u32) (canon lift (core func $module "add")))
        (func (export "run") KIND (param "q" u32) (result u32)
            (canon lift (core func $module "run"))))"#
        .replace("KIND", kind)
}

/// Runs a closure, and returns the message of its panic.
fn panics<R>(run: impl FnOnce() -> R) -> String {
    match catch_unwind(AssertUnwindSafe(run)) {
        Ok(_) => panic!("there was no panic"),
        Err(payload) => message(payload.as_ref()),
    }
}

/// Returns the message of a panic.
fn message(payload: &(dyn Any + Send)) -> String {
    match payload.downcast_ref::<&'static str>() {
        Some(message) => (*message).into(),
        None => payload.downcast_ref::<String>().expect("it is a message").clone(),
    }
}

/// Asserts that a call panics with this message, that its instance can no longer be entered, and
/// that the store still works.
fn panics_and_locks(world: &mut World, instance: &Instance<Wasmi>, expected: &str) {
    let argument = [Val::U32(1)];
    let run = world.function(instance, "run");
    assert_eq!(panics(|| world.store.call(&run, &argument)), expected);
    let add = world.function(instance, "add");
    assert!(matches!(world.store.call(&add, &argument), Err(CallError::InstanceTrapped(_))));
    works(&mut world.store);
}

/// Asserts that a store works, and that it holds no panic.
fn works<T: 'static>(store: &mut Store<Wasmi, T>) {
    let progress = store.poll(std::task::Waker::noop()).unwrap();
    assert!(progress.is_at_rest());
    assert_eq!(progress.calls, 0);
}
