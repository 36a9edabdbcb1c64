//! The receiver of values in a component: its memory, its `realloc`, and its record of both.

use std::fmt::Write as _;

use weft::core_value::IntegerType;

use crate::case::{Case, Side};
use crate::component::address;

/// The address of the recorded calls of `realloc`, four numbers each, after the received flat
/// values.
pub const CALLS: usize = 4096;
/// The address of the number of calls.
pub const NUM_CALLS: usize = 1024;
/// The address of the address and length of the whole record.
const DUMP: usize = 2048;
/// The pages of the memory with the record.
pub const LOG_PAGES: usize = 64;

/// Returns code that records a parameter or result by its bits.
pub fn remember(number: usize, ty: &str, value: &str) -> String {
    let bits = match ty {
        "f32" => format!("(i64.extend_i32_u (i32.reinterpret_f32 {value}))"),
        "f64" => format!("(i64.reinterpret_f64 {value})"),
        "i32" => format!("(i64.extend_i32_u {value})"),
        _ => value.into(),
    };
    format!("(i64.store $log (i32.const {}) {bits})", 8 * number)
}

/// Returns a memory with these bytes.
pub fn memory(side: &Side) -> String {
    let (address, bytes) = (address(side), &side.memory);
    let mut text = format!(
        "(memory $m (export \"m\") {address} {} (pagesize 1)) (data ({address}.const 0) \"",
        bytes.len(),
    );
    for byte in bytes {
        write!(text, "\\{byte:02x}").unwrap();
    }
    text + "\")"
}

/// Returns the receiver's memory, its `realloc`, and the code of its record.
pub fn library(case: &Case) -> String {
    let side = &case.destination.side;
    let a = address(side);
    let (wide, narrow) = match side.addresses {
        IntegerType::I32 => ("i64.extend_i32_u", "i32.wrap_i64"),
        IntegerType::I64 => ("", ""),
    };
    let wide =
        |value: &str| if wide.is_empty() { value.into() } else { format!("({wide} {value})") };
    let (behaviour, at) = (&*case.destination.realloc.0, case.destination.realloc.1);
    let (memory, size) = (memory(side), side.memory.len());
    let misbehaves = match behaviour {
        "unaligned" => {
            "(if (i64.gt_u (local.get $align) (i64.const 1)) (then
                (return (i64.add (call $aligned (global.get $last) (local.get $align)) (i64.const 1)))))"
                .into()
        }
        "beyond" => format!("(return (i64.const {size}))"),
        "far" => "(return (i64.const 0xfffffff8))".into(),
        "trap" => "(unreachable)".into(),
        _ => String::new(),
    };
    let shrinks = if behaviour == "move" {
        ""
    } else {
        "(if (i32.and (i64.ne (local.get $old) (i64.const 0))
                      (i64.lt_u (local.get $new) (local.get $length)))
            (then (return (call $aligned (local.get $old) (local.get $align)))))"
    };
    let result = if narrow.is_empty() {
        "(call $place".to_owned()
    } else {
        format!("({narrow} (call $place")
    };
    let end = if narrow.is_empty() { ")" } else { "))" };
    let arguments: Vec<String> = (0..4).map(|it| wide(&format!("(local.get {it})"))).collect();
    let arguments = arguments.join(" ");
    let (into, count) = match side.addresses {
        IntegerType::I32 => ("(i32.const 0)", format!("(i32.const {size})")),
        IntegerType::I64 => ("(i64.const 0)", format!("(i32.const {size})")),
    };
    let address_of = |value: &str| {
        if narrow.is_empty() { value.to_owned() } else { format!("({narrow} {value})") }
    };
    format!(
        r#"{memory}
        (memory $log (export "log") {LOG_PAGES})
        (global $last (mut i64) (i64.const 0))
        (global $calls (mut i32) (i32.const 0))
        (func $aligned (param i64 i64) (result i64)
            (i64.and (i64.add (local.get 0) (i64.sub (local.get 1) (i64.const 1)))
                     (i64.sub (i64.const 0) (local.get 1))))
        (func $place (param $old i64) (param $length i64) (param $align i64) (param $new i64)
            (result i64) (local $at i32) (local $address i64)
            (local.set $at (i32.add (i32.const {CALLS}) (i32.mul (global.get $calls) (i32.const 32))))
            (i64.store $log (local.get $at) (local.get $old))
            (i64.store $log offset=8 (local.get $at) (local.get $length))
            (i64.store $log offset=16 (local.get $at) (local.get $align))
            (i64.store $log offset=24 (local.get $at) (local.get $new))
            (global.set $calls (i32.add (global.get $calls) (i32.const 1)))
            (if (i32.eq (global.get $calls) (i32.const {at})) (then {misbehaves}))
            {shrinks}
            (local.set $address (call $aligned (global.get $last) (local.get $align)))
            (if (i64.gt_u (i64.add (local.get $address) (local.get $new)) (i64.const {size}))
                (then (unreachable)))
            (if (i64.ne (global.get $last) (i64.add (local.get $address) (local.get $new))) (then
                (global.set $last (i64.add (local.get $address) (local.get $new)))
                (memory.copy $m $m {to} {from} {kept})))
            (local.get $address))
        (func (export "realloc") (param {a} {a} {a} {a}) (result {a})
            {result} {arguments}{end})
        (func (export "dump") (result i32) (local $end i32)
            (local.set $end (i32.add (i32.const {CALLS}) (i32.mul (global.get $calls) (i32.const 32))))
            (i32.store $log (i32.const {NUM_CALLS}) (global.get $calls))
            (memory.copy $log $m (local.get $end) {into} {count})
            (i32.store $log (i32.const {DUMP}) (i32.const 0))
            (i32.store $log offset=4 (i32.const {DUMP}) (i32.add (local.get $end) (i32.const {size})))
            (i32.const {DUMP}))"#,
        to = address_of("(local.get $address)"),
        from = address_of("(local.get $old)"),
        kept = address_of(
            "(select (local.get $length) (local.get $new)
                (i64.lt_u (local.get $length) (local.get $new)))"
        ),
    )
}
