//! Calls that stop and continue, traps, and tables.

use weft::abi::CoreFunctionType;
use weft::core_value::CoreType::{I32, I64};
use weft::core_value::CoreValue;
use weft::engine::{
    CoreContext as _, CoreEngine as _, CoreExtern, CoreProgress, CoreTrap, TableEntry,
};

use crate::engine::host::{Guests, NEST, STOP, TRAP, flat, returned, stopped, trap, words};

/// `g(x)` is `f(x) + 100 x`, and `f` is a host function.
const ADDS: &str = r#"(module
    (import "h" "f" (func $f (param i32) (result i32)))
    (func (export "g") (param i32) (result i32)
        (i32.add (call $f (local.get 0)) (i32.mul (local.get 0) (i32.const 100)))))"#;

#[test]
fn stopped_calls_continue_in_any_order() {
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut guests = Guests::new();
        let stop = guests.import(STOP, &words(1));
        let instance = guests.instantiate(ADDS, &[stop]);
        let g = guests.function(instance, "g");
        let mut activations: Vec<_> =
            (1..=3).map(|argument| Some(guests.stop(g, &[argument]))).collect();
        for position in order {
            let activation = activations[position].take().unwrap();
            let position = u32::try_from(position).unwrap();
            let result = returned(guests.resume(activation, position + 7));
            assert_eq!(result, position + 7 + 100 * (position + 1), "{order:?}");
        }
    }
}

#[test]
fn a_call_stops_at_each_host_call() {
    let mut guests = Guests::new();
    let stop = guests.import(STOP, &words(1));
    let instance = guests.instantiate(
        r#"(module
            (import "h" "f" (func $f (param i32) (result i32)))
            (func (export "g") (param $count i32) (result i32) (local $sum i32)
                (loop $again
                    (local.set $sum (i32.add (local.get $sum) (call $f (local.get $count))))
                    (local.set $count (i32.sub (local.get $count) (i32.const 1)))
                    (br_if $again (local.get $count)))
                (local.get $sum)))"#,
        &[stop],
    );
    let g = guests.function(instance, "g");
    let mut activation = guests.stop(g, &[100]);
    for count in 1..100 {
        activation = stopped(guests.resume(activation, count));
    }
    assert_eq!(returned(guests.resume(activation, 100)), 5050);
    let asked: Vec<_> = (1..=100).rev().map(|count| vec![CoreValue::I32(count)]).collect();
    assert_eq!(guests.host(|host| host.arguments.clone()), asked);
}

/// Returns an outer guest that calls an inner one through the host, and the inner guest's import.
fn nested(inner_import: u32) -> (Guests, weft::engine::wasmi::WasmiFunction) {
    let mut guests = Guests::new();
    let import = guests.import(inner_import, &words(1));
    let inner = guests.instantiate(ADDS, &[import]);
    let inner = guests.function(inner, "g");
    guests.host(|host| host.inner = Some(inner));
    let nest = guests.import(NEST, &words(1));
    let outer = guests.instantiate(ADDS, &[nest]);
    let outer = guests.function(outer, "g");
    (guests, outer)
}

#[test]
fn a_guest_whose_inner_call_returns_never_stops() {
    let (mut guests, outer) = nested(crate::engine::host::RETURN);
    guests.host(|host| host.result = Some(CoreValue::I32(5)));
    assert_eq!(returned(guests.call(outer, &[1])), 205);
}

#[test]
fn two_nested_stopped_calls_continue_inner_first() {
    let (mut guests, outer) = nested(STOP);
    let outer = guests.stop(outer, &[1]);
    let inner = guests.host(|host| host.stopped.pop()).unwrap();
    let result = returned(guests.resume(inner, 5));
    assert_eq!(result, 105);
    assert_eq!(returned(guests.resume(outer, result)), 205);
}

#[test]
fn two_nested_stopped_calls_continue_outer_first() {
    let (mut guests, outer) = nested(STOP);
    let outer = guests.stop(outer, &[1]);
    assert_eq!(returned(guests.resume(outer, 9)), 109);
    let inner = guests.host(|host| host.stopped.pop()).unwrap();
    assert_eq!(returned(guests.resume(inner, 5)), 105);
}

#[test]
fn a_resumed_guest_calls_another() {
    let mut guests = Guests::new();
    let (stop, nest) = (guests.import(STOP, &words(1)), guests.import(NEST, &words(1)));
    let inner = guests.instantiate(ADDS, &[stop]);
    let inner = guests.function(inner, "g");
    guests.host(|host| host.inner = Some(inner));
    let outer = guests.instantiate(
        r#"(module
            (import "h" "stop" (func $stop (param i32) (result i32)))
            (import "h" "nest" (func $nest (param i32) (result i32)))
            (func (export "g") (param i32) (result i32)
                (call $nest (call $stop (local.get 0)))))"#,
        &[stop, nest],
    );
    let g = guests.function(outer, "g");
    let outer = guests.stop(g, &[1]);
    let outer = stopped(guests.resume(outer, 2));
    let inner = guests.host(|host| host.stopped.pop()).unwrap();
    let result = returned(guests.resume(inner, 3));
    assert_eq!(result, 203);
    assert_eq!(returned(guests.resume(outer, result)), 203);
}

#[test]
fn a_stopped_call_can_be_dropped() {
    let mut guests = Guests::new();
    let stop = guests.import(STOP, &words(1));
    let instance = guests.instantiate(ADDS, &[stop]);
    let g = guests.function(instance, "g");
    for round in 0..1_000 {
        let (kept, dropped) = (guests.stop(g, &[round]), guests.stop(g, &[round]));
        drop(dropped);
        assert_eq!(returned(guests.resume(kept, 1)), 1 + 100 * round);
    }
    let abandoned = guests.stop(g, &[1]);
    drop(guests);
    drop(abandoned);
}

#[test]
fn a_result_of_another_type_is_a_trap_not_a_wrong_value() {
    let mut guests = Guests::new();
    let stop = guests.import(STOP, &words(1));
    let instance = guests.instantiate(ADDS, &[stop]);
    let g = guests.function(instance, "g");
    for wrong in [None, Some(CoreValue::I64(1)), Some(CoreValue::F32(1))] {
        let activation = guests.stop(g, &[1]);
        let result = guests.context().resume(activation, wrong);
        assert!(matches!(result, Err(CoreTrap::Engine(_))), "{result:?}");
    }
}

#[test]
fn a_start_function_cannot_stop() {
    let start = r#"(module
        (import "h" "f" (func $f (param i32) (result i32)))
        (func $start (drop (call $f (i32.const 1))))
        (start $start))"#;
    let mut guests = Guests::new();
    let stop = guests.import(STOP, &words(1));
    assert_eq!(guests.try_instantiate(start, &[stop]).unwrap_err(), CoreTrap::CannotStop);
    let trap = guests.import(TRAP, &words(1));
    assert_eq!(guests.try_instantiate(start, &[trap]).unwrap_err(), CoreTrap::Host);
    let unreachable = "(module (func $start unreachable) (start $start))";
    let unreachable = guests.try_instantiate(unreachable, &[]).unwrap_err();
    assert_eq!(unreachable.to_string(), "wasm `unreachable` instruction executed");
}

#[test]
fn traps_have_messages() {
    let mut guests = Guests::new();
    let host = guests.import(TRAP, &words(1));
    let instance = guests.instantiate(
        r#"(module
            (import "h" "f" (func $f (param i32) (result i32)))
            (memory 1)
            (table $table 2 funcref)
            (elem (i32.const 1) $no_result)
            (func $no_result)
            (func (export "unreachable") (result i32) unreachable)
            (func (export "divide") (result i32) (i32.div_u (i32.const 1) (i32.const 0)))
            (func (export "overflow") (result i32)
                (i32.div_s (i32.const 0x80000000) (i32.const -1)))
            (func (export "convert") (result i32) (i32.trunc_f32_s (f32.const nan)))
            (func (export "load") (result i32) (i32.load (i32.const 65533)))
            (func (export "null") (result i32) (call_indirect (result i32) (i32.const 0)))
            (func (export "type") (result i32) (call_indirect (result i32) (i32.const 1)))
            (func (export "table") (result i32) (call_indirect (result i32) (i32.const 2)))
            (func $recurse (export "recurse") (result i32) (call $recurse) (i32.const 1) i32.add)
            (func (export "host") (result i32) (call $f (i32.const 1))))"#,
        &[host],
    );
    for (name, text) in [
        ("unreachable", "wasm `unreachable` instruction executed"),
        ("divide", "integer divide by zero"),
        ("overflow", "integer overflow"),
        ("convert", "invalid conversion to integer"),
        ("load", "out of bounds memory access"),
        ("null", "uninitialized element 2"),
        ("type", "indirect call type mismatch"),
        ("table", "undefined element: out of bounds table access"),
        ("recurse", "call stack exhausted"),
        ("host", "a host function trapped"),
    ] {
        let function = guests.function(instance, name);
        let trap = trap(guests.call(function, &[]));
        assert_eq!(trap.to_string(), text, "{name}");
        assert_eq!(trap == CoreTrap::Host, name == "host");
    }
}

#[test]
fn a_resumed_guest_may_trap() {
    let mut guests = Guests::new();
    let stop = guests.import(STOP, &words(1));
    let instance = guests.instantiate(
        r#"(module
            (import "h" "f" (func $f (param i32) (result i32)))
            (func (export "g") (result i32)
                (i32.div_u (i32.const 1) (call $f (i32.const 1)))))"#,
        &[stop],
    );
    let g = guests.function(instance, "g");
    let activation = guests.stop(g, &[]);
    assert_eq!(trap(guests.resume(activation, 0)).to_string(), "integer divide by zero");
}

#[test]
fn a_function_with_an_unlifted_result_type_is_not_called() {
    let mut guests = Guests::new();
    let instance = guests.instantiate(
        r#"(module
            (func (export "two") (result i32 i32) (i32.const 1) (i32.const 2))
            (func (export "vector") (result v128) (v128.const i64x2 1 2)))"#,
        &[],
    );
    for name in ["two", "vector"] {
        let function = guests.function(instance, name);
        assert!(matches!(trap(guests.call(function, &[])), CoreTrap::Engine(_)));
    }
}

#[test]
fn a_table_returns_functions_of_the_requested_type() {
    let mut guests = Guests::new();
    let instance = guests.instantiate(
        r#"(module
            (table (export "t") 3 funcref)
            (elem (i32.const 0) $one $other)
            (func $one (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
            (func $other (param i64) (result i32) (i32.const 2)))"#,
        &[],
    );
    let CoreExtern::Table(table) = guests.export(instance, "t") else { panic!("no table") };
    let TableEntry::Function(one) = guests.context().table_function(table, 0, &words(1)) else {
        panic!("no function")
    };
    assert_eq!(returned(guests.call(one, &[6])), 7);
    let context = guests.context();
    let wide = CoreFunctionType { params: flat(&[I64]), results: flat(&[I32]) };
    let entry = |index, ty: &CoreFunctionType| match context.table_function(table, index, ty) {
        TableEntry::Function(_) => "function",
        TableEntry::OtherType => "other type",
        TableEntry::Empty => "empty",
    };
    assert_eq!(entry(0, &wide), "other type");
    assert_eq!(entry(1, &words(1)), "other type");
    assert_eq!(entry(1, &wide), "function");
    assert_eq!(entry(2, &words(1)), "empty");
    assert_eq!(entry(3, &words(1)), "empty");
    assert_eq!(entry(u64::MAX, &words(1)), "empty");
}

#[test]
fn modules_list_their_imports_in_order() {
    let guests = Guests::new();
    let module = wat::parse_str(r#"(module (import "b" "c" (func)) (import "a" "d" (func)))"#);
    let module = guests.engine.compile(&module.unwrap()).unwrap();
    let imports = weft::engine::wasmi::Wasmi::imports(&module);
    let imports: Vec<_> = imports.iter().map(|(from, name)| (&**from, &**name)).collect();
    assert_eq!(imports, [("b", "c"), ("a", "d")]);
}

#[test]
fn more_arguments_than_a_lifted_function_has_are_refused() {
    let mut guests = Guests::new();
    let params = "i32 ".repeat(18);
    let module =
        format!(r#"(module (func (export "g") (param {params}) (result i32) i32.const 1))"#);
    let instance = guests.instantiate(&module, &[]);
    let g = guests.function(instance, "g");
    assert!(matches!(guests.call(g, &[0; 18]), Err(CoreTrap::Engine(_))));
    assert!(!matches!(guests.call(g, &[0; 17]), Ok(CoreProgress::Returned(_))));
}
