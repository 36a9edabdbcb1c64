//! A case as a component: a guest with the values calls another one, which receives them.
//!
//! The values are either arguments, which the callee receives, or a result, which the caller
//! receives. The receiver has the `realloc` of the case, and records its calls.

use std::fmt::Write as _;

use serde_json::Value;
use weft::abi::{StringEncoding, TypeList};
use weft::core_value::{CoreType, IntegerType};

use crate::case::{Case, Side, to_type};

/// The directions in which values move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Arguments,
    Result,
}

/// The largest number of flat values of parameters and of results.
const MAX_FLAT_PARAMS: usize = 16;
const MAX_FLAT_RESULTS: usize = 1;
/// The address of the recorded calls of `realloc`, four numbers each, after the received flat
/// values.
pub const CALLS: usize = 4096;
/// The address of the number of calls.
pub const NUM_CALLS: usize = 1024;
/// The address of the address and length of the whole record.
const DUMP: usize = 2048;
const LOG_PAGES: usize = 64;

impl Way {
    /// Returns the direction for a case, if it has one.
    pub fn of(case: &Case) -> Option<Self> {
        let list = TypeList::new(case.types.iter().map(to_type)).unwrap();
        let sides = [&case.source.side, &case.destination.side];
        if case.types.iter().any(has_handles) {
            return None;
        }
        let spilled = |max| sides.map(|side| list.abi().of(side.addresses).flat.exceed(max))[0];
        match sides.map(|side| side.max_flat) {
            [MAX_FLAT_PARAMS, MAX_FLAT_PARAMS]
                if case.destination.out_param.is_none() || !spilled(MAX_FLAT_PARAMS) =>
            {
                Some(Self::Arguments)
            }
            [MAX_FLAT_RESULTS, MAX_FLAT_RESULTS]
                if case.types.len() == 1
                    && case.destination.out_param.is_some() == spilled(MAX_FLAT_RESULTS) =>
            {
                Some(Self::Result)
            }
            _ => None,
        }
    }
}

fn has_handles(ty: &Value) -> bool {
    match ty {
        Value::String(keyword) => keyword == "error-context",
        Value::Array(parts) => match parts[0].as_str().unwrap() {
            "own" | "borrow" | "stream" | "future" => true,
            _ => parts.iter().skip(1).any(has_handles),
        },
        _ => false,
    }
}

/// Types that need a name, with their definitions; each uses only earlier ones.
#[derive(Default)]
struct Named {
    definitions: Vec<String>,
}

impl Named {
    /// Returns the text of a type.
    fn text(&mut self, ty: &Value) -> String {
        let Some(parts) = ty.as_array() else { return ty.as_str().unwrap().into() };
        let optional = |named: &mut Self, ty: &Value| (!ty.is_null()).then(|| named.text(ty));
        let all = |named: &mut Self, types: &[Value]| {
            types.iter().map(|ty| named.text(ty)).collect::<Vec<_>>().join(" ")
        };
        let labels = || {
            let labels = (0..parts[1].as_u64().unwrap()).map(|it| format!("\"l{it}\""));
            labels.collect::<Vec<_>>().join(" ")
        };
        let rest = &parts[1..];
        match parts[0].as_str().unwrap() {
            "list" if parts.len() == 2 => format!("(list {})", self.text(&parts[1])),
            "list" => format!("(list {} {})", self.text(&parts[1]), parts[2]),
            "map" => format!("(list (tuple {}))", all(self, rest)),
            "record" | "tuple" => format!("(tuple {})", all(self, rest)),
            "option" => format!("(option {})", self.text(&parts[1])),
            "result" => {
                let ok = optional(self, &parts[1]).unwrap_or_default();
                let error = optional(self, &parts[2]).map(|ty| format!("(error {ty})"));
                format!("(result {ok} {})", error.unwrap_or_default())
            }
            "variant" => {
                let cases = rest.iter().enumerate().map(|(number, ty)| {
                    let payload = optional(self, ty).unwrap_or_default();
                    format!("(case \"c{number}\" {payload})")
                });
                let cases = cases.collect::<Vec<_>>().join(" ");
                self.define(format!("(variant {cases})"))
            }
            "enum" => self.define(format!("(enum {})", labels())),
            "flags" => self.define(format!("(flags {})", labels())),
            other => panic!("{other}"),
        }
    }

    fn define(&mut self, definition: String) -> String {
        self.definitions.push(definition);
        format!("$t{}", self.definitions.len() - 1)
    }

    fn each(&self, text: impl Fn(usize, &str) -> String) -> String {
        let definitions = self.definitions.iter().enumerate();
        definitions.map(|(number, definition)| text(number, definition)).collect()
    }
}

const fn core_type(ty: CoreType) -> &'static str {
    match ty {
        CoreType::I32 => "i32",
        CoreType::I64 => "i64",
        CoreType::F32 => "f32",
        CoreType::F64 => "f64",
        CoreType::Function => "funcref",
    }
}

const fn address(side: &Side) -> &'static str {
    match side.addresses {
        IntegerType::I32 => "i32",
        IntegerType::I64 => "i64",
    }
}

/// Returns a core value with these bits.
fn constant(ty: &str, bits: u64) -> String {
    match ty {
        "f32" => format!("(f32.reinterpret_i32 (i32.const {}))", bits & 0xffff_ffff),
        "f64" => format!("(f64.reinterpret_i64 (i64.const {bits}))"),
        "i32" => format!("(i32.const {})", bits & 0xffff_ffff),
        _ => format!("(i64.const {bits})"),
    }
}

/// Returns code that records a parameter or result by its bits.
fn remember(number: usize, ty: &str, value: &str) -> String {
    let bits = match ty {
        "f32" => format!("(i64.extend_i32_u (i32.reinterpret_f32 {value}))"),
        "f64" => format!("(i64.reinterpret_f64 {value})"),
        "i32" => format!("(i64.extend_i32_u {value})"),
        _ => value.into(),
    };
    format!("(i64.store $log (i32.const {}) {bits})", 8 * number)
}

/// Returns a memory with these bytes.
fn memory(side: &Side) -> String {
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

/// Returns the options of a canonical definition.
fn options(side: &Side, instance: &str, has_realloc: bool) -> String {
    let encoding = match side.encoding {
        StringEncoding::Utf8 => "utf8",
        StringEncoding::Utf16 => "utf16",
        StringEncoding::Latin1Utf16 => "latin1+utf16",
    };
    let realloc = if has_realloc {
        format!("(realloc (core func {instance} \"realloc\"))")
    } else {
        String::new()
    };
    format!("(memory (core memory {instance} \"m\")) string-encoding={encoding} {realloc}")
}

/// Returns the receiver's memory, its `realloc`, and the code of its record.
fn library(case: &Case) -> String {
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

const DUMPS: &str = r#"
    (func (export "dump") (result (list u8))
        (canon lift (core func $i "dump") (memory (core memory $i "log"))))"#;

/// Returns the component. It exports `run`, which makes the call, and `dump`, which returns the
/// receiver's record.
pub fn text(case: &Case, way: Way) -> String {
    let mut named = Named::default();
    let types: Vec<String> = case.types.iter().map(|ty| named.text(ty)).collect();
    let function = match way {
        Way::Arguments => {
            let params = types.iter().enumerate();
            let params = params.map(|(number, ty)| format!("(param \"p{number}\" {ty})"));
            params.collect::<Vec<_>>().concat()
        }
        Way::Result => format!("(result {})", types[0]),
    };
    let list = TypeList::new(case.types.iter().map(to_type)).unwrap();
    let flat = |side: &Side| -> Vec<&'static str> {
        let flat = list.abi().of(side.addresses).flat;
        if flat.exceed(side.max_flat) {
            vec![address(side)]
        } else {
            flat.iter().map(core_type).collect()
        }
    };
    let (source, destination) = (&case.source.side, &case.destination.side);
    let given = flat(source).into_iter().zip(&case.source.flat);
    let given: String = given.map(|(ty, bits)| constant(ty, *bits)).collect();
    let spilled = list.abi().of(source.addresses).flat.exceed(source.max_flat);
    let (callee, caller) = match way {
        Way::Arguments => arguments(case, &given, &flat(source), &flat(destination)),
        Way::Result => result(case, &given, &flat(source), &flat(destination), spilled),
    };
    let (callee_dumps, caller_dumps, dumps) = match way {
        Way::Arguments => (DUMPS, "", "$callee"),
        Way::Result => ("", DUMPS, "$caller"),
    };
    let (callee_side, caller_side) = match way {
        Way::Arguments => (destination, source),
        Way::Result => (source, destination),
    };
    format!(
        r#"(component
        (component $Callee
            {exported}
            (core module $M {callee})
            (core instance $i (instantiate $M))
            (func (export "f") {function} (canon lift (core func $i "f") {lift}))
            {callee_dumps})
        (instance $callee (instantiate $Callee))
        (component $Caller
            {imported}
            (import "f" (func $f {function}))
            (core module $Library {library})
            (core instance $i (instantiate $Library))
            (core func $f (canon lower (func $f) {lower}))
            (core module $M {caller})
            (core instance $run (instantiate $M (with "" (instance (export "f" (func $f))))
                (with "library" (instance $i))))
            (func (export "run") (canon lift (core func $run "run")))
            {caller_dumps})
        (instance $caller (instantiate $Caller {given_types} (with "f" (func $callee "f"))))
        (func (export "run") (alias export $caller "run"))
        (func (export "dump") (alias export {dumps} "dump")))"#,
        exported = named.each(|number, definition| format!(
            "(type $d{number} {definition}) (export $t{number} \"t{number}\" (type $d{number}))\n"
        )),
        imported = named.each(|number, definition| format!(
            "(type $d{number} {definition})
            (import \"t{number}\" (type $t{number} (eq $d{number})))\n"
        )),
        given_types =
            named.each(|number, _| format!("(with \"t{number}\" (type $callee \"t{number}\"))")),
        library = match way {
            Way::Arguments => memory(source),
            Way::Result => library(case),
        },
        lift = options(callee_side, "$i", way == Way::Arguments),
        lower = options(caller_side, "$i", way == Way::Result),
    )
}

/// Returns the core modules of callee and caller, if the values are arguments.
fn arguments(case: &Case, given: &str, from: &[&str], to: &[&str]) -> (String, String) {
    let remembered = to
        .iter()
        .enumerate()
        .map(|(number, ty)| remember(number, ty, &format!("(local.get {number})")));
    let callee = format!(
        r#"{} (func (export "f") (param {}) {})"#,
        library(case),
        to.join(" "),
        remembered.collect::<String>(),
    );
    let caller = format!(
        r#"(import "" "f" (func $f (param {}))) (func (export "run") (call $f {given}))"#,
        from.join(" "),
    );
    (callee, caller)
}

/// Returns the same if the values are a result.
fn result(case: &Case, given: &str, from: &[&str], to: &[&str], spilled: bool) -> (String, String) {
    let callee = format!(
        r#"{} (func (export "f") (result {}) {given})"#,
        memory(&case.source.side),
        from.join(" "),
    );
    let log = format!(r#"(import "library" "log" (memory $log {LOG_PAGES}))"#);
    let caller = if spilled {
        let a = address(&case.destination.side);
        let out = constant(a, case.destination.out_param.unwrap_or_default());
        format!(
            r#"(import "" "f" (func $f (param {a}))) {log} (func (export "run") (call $f {out}))"#
        )
    } else {
        format!(
            r#"(import "" "f" (func $f (result {}))) {log} (func (export "run") {})"#,
            to.join(" "),
            remember(0, to[0], "(call $f)"),
        )
    };
    (callee, caller)
}
