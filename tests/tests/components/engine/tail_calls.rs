//! Tail calls of host functions.

use weft::engine::{CoreContext as _, CoreExtern};

use crate::engine::host::{Guests, STOP, returned, words};

/// `outer(x)` is `f(x) + 1000`; `f` is a host function, in a tail call of an inner frame.
const TAIL_CALL: &str = r#"(module
    (import "h" "f" (func $f (param i32) (result i32)))
    (table 1 funcref)
    (elem (i32.const 0) $f)
    (func $inner (param i32) (result i32) (local $a i64) (local $b i64)
        (local.set $a (i64.const 77))
        (local.set $b (i64.const 78))
        (return_call $f (local.get 0)))
    (func $indirect (param i32) (result i32) (local $a i64) (local $b i64)
        (local.set $a (i64.const 77))
        (local.set $b (i64.const 78))
        (return_call_indirect (param i32) (result i32) (local.get 0) (i32.const 0)))
    (func (export "outer") (param i32) (result i32)
        (i32.add (call $inner (local.get 0)) (i32.const 1000)))
    (func (export "outer-indirect") (param i32) (result i32)
        (i32.add (call $indirect (local.get 0)) (i32.const 1000)))
    (func (export "root") (param i32) (result i32) (return_call $f (local.get 0))))"#;

#[test]
fn a_tail_call_of_a_host_function_that_stops_gets_its_value() {
    let mut guests = Guests::new();
    let stop = guests.context().new_function_for_tail_calls(STOP, &words(1));
    let instance = guests.instantiate(TAIL_CALL, &[CoreExtern::Function(stop)]);
    for (name, expected) in [("outer", 1005), ("outer-indirect", 1005), ("root", 5)] {
        let function = guests.function(instance, name);
        let activation = guests.stop(function, &[1]);
        assert_eq!(returned(guests.resume(activation, 5)), expected, "{name}");
    }
}

/// Checks that wasmi still has this fault. When this test fails,
/// [`new_function_for_tail_calls`](weft::engine::CoreContext::new_function_for_tail_calls) is no
/// longer needed.
#[test]
fn wasmi_gets_a_wrong_value_from_a_host_tail_call_that_stops() {
    for (name, right) in [("outer", 1005), ("outer-indirect", 1005)] {
        let mut guests = Guests::new();
        let stop = guests.import(STOP, &words(1));
        let instance = guests.instantiate(TAIL_CALL, &[stop]);
        let function = guests.function(instance, name);
        let activation = guests.stop(function, &[1]);
        assert_ne!(returned(guests.resume(activation, 5)), right, "wasmi has fixed `{name}`");
    }
}

/// Checks the outermost frame: wasmi keeps nothing of it, so the later result of the host function
/// becomes the result of the call.
#[test]
fn a_host_tail_call_by_the_outermost_function_may_stop() {
    let mut guests = Guests::new();
    let stop = guests.import(STOP, &words(1));
    let instance = guests.instantiate(TAIL_CALL, &[stop]);
    let root = guests.function(instance, "root");
    let activation = guests.stop(root, &[1]);
    assert_eq!(returned(guests.resume(activation, 5)), 5);
}

#[test]
fn a_host_function_called_only_by_the_host_may_stop() {
    let mut guests = Guests::new();
    let CoreExtern::Function(stop) = guests.import(STOP, &words(1)) else { panic!("a function") };
    let [first, second] = [(); 2].map(|()| guests.stop(stop, &[1]));
    assert_eq!(returned(guests.resume(second, 6)), 6);
    assert_eq!(returned(guests.resume(first, 5)), 5);
}
