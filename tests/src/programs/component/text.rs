//! The world as a component, in the text format.
//!
//! Each instance is one of a component of its own, which imports the functions of the instances
//! before it, and contains the next component or not: see [`Composition`]. An instance can call its
//! own functions and those of instances inside it, because core functions get there through a table.

use std::fmt::Write as _;

use weft::machine::LiftMode;

use super::calls::{Call, Shape, calls};
use super::composition::Composition;
use crate::programs::world::{ENDS, FUNCTIONS, Function, HOST_FUNCTIONS, Width, memory};

/// The core module of every guest. `ADDRESS` stands for the type of addresses, and `REFUSED` for an
/// address: see [`guest`].
const GUEST: &str = include_str!("guest.wat");

/// The type of the streams that are elements.
const BYTES: &str = "(type $bytes (stream u8))";

/// The host functions with which guests are controlled, and their types.
const HOST: [(&str, &str, &str); 4] = [
    ("begin", r#"(param "code" u32) (param "index" u32) (param "argument" u64)"#, "u32"),
    (
        "event",
        r#"(param "index" u32) (param "code" u32) (param "waitable" u32) (param "payload" u32)"#,
        "u32",
    ),
    (
        "next",
        r#"(param "thread" u32) (param "result" u64) (param "event-index" u32)
           (param "event-payload" u32) (param "checksum" u32) (param "post-returns" u32)
           (param "reallocs" u32) (param "length" u32) (param "context-zero" u64)
           (param "context-one" u64)"#,
        "u32",
    ),
    ("argument", r#"(param "position" u32)"#, "u64"),
];

/// Returns a component with `instances` instances, exported as `i0` and so on. Instance `number` has
/// a memory and a table of 64 bits if bit `number` of `wide` is set.
#[must_use]
pub fn world(composition: Composition, instances: u32, wide: u32) -> String {
    let mut text = format!("(component\n{BYTES}\n");
    for number in 0..instances {
        import_host(&mut text, number);
    }
    import_host_functions(&mut text);
    let outermost = match composition {
        Composition::Siblings => instances,
        Composition::Nested => 1,
    };
    for number in 0..outermost {
        text.push_str(&component((composition, wide), number, instances));
        instantiate(&mut text, composition, number, instances);
        for other in 0..number {
            write(&mut text, format_args!("(with \"i{other}\" (instance $i{other}))"));
        }
        write(&mut text, format_args!("))"));
        write(&mut text, format_args!("(export \"i{number}\" (instance $i{number}))"));
    }
    for inner in outermost..instances {
        write(&mut text, format_args!("(export \"i{inner}\" (instance $i0 \"i{inner}\"))"));
    }
    text.push(')');
    text
}

/// Begins an instance of component `number`, with its imports from the host.
fn instantiate(text: &mut String, composition: Composition, number: u32, instances: u32) {
    write(text, format_args!("(instance $i{number} (instantiate $C{number}"));
    for host in std::iter::once(number).chain(composition.inside(number, instances)) {
        write(text, format_args!("(with \"host{host}\" (instance $host{host}))"));
    }
    for index in 0..HOST_FUNCTIONS.len() {
        write(text, format_args!("(with \"h{index}\" (func $h{index}))"));
    }
}

fn write(text: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(text, "{line}").expect("a string");
}

/// Imports the instance with the host functions that control the guest of instance `number`.
fn import_host(text: &mut String, number: u32) {
    let exports = HOST.map(|(name, params, result)| {
        format!("(export \"{name}\" (func {params} (result {result})))")
    });
    let exports = exports.join("\n");
    write(text, format_args!("(import \"host{number}\" (instance $host{number} {exports}))"));
}

fn import_host_functions(text: &mut String) {
    for (index, function) in HOST_FUNCTIONS.into_iter().enumerate() {
        let ty = function_type(function);
        write(text, format_args!("(import \"h{index}\" (func $h{index} {ty}))"));
    }
}

/// Returns the type of a function, in the text format.
fn function_type(function: Function) -> String {
    let mut ty = if function.is_async { "async".to_owned() } else { String::new() };
    if let Some(param) = function.param {
        write!(ty, " (param \"value\" {})", param.text()).expect("a string");
    }
    if let Some(result) = function.result {
        write!(ty, " (result {})", result.text()).expect("a string");
    }
    ty
}

/// Returns the component of instance `number`.
fn component((composition, wide): (Composition, u32), number: u32, instances: u32) -> String {
    let mut text = format!("(component $C{number}\n{BYTES}\n");
    for host in std::iter::once(number).chain(composition.inside(number, instances)) {
        import_host(&mut text, host);
    }
    import_host_functions(&mut text);
    for other in 0..number {
        import_instance(&mut text, number, other);
    }
    let width = Width::of(wide, number);
    let calls = calls(composition, number, instances, width);
    define_core(&mut text, number, width, calls.len());
    let destructor = r#"(core func $guest "destructor")"#;
    write(&mut text, format_args!("(type $R{number} (resource (rep i32) (dtor {destructor})))"));
    write(&mut text, format_args!("(export $r{number} \"r\" (type $R{number}))"));
    for (position, element) in ENDS.iter().enumerate() {
        let kind =
            if position < crate::programs::world::STREAMS as usize { "stream" } else { "future" };
        write(&mut text, format_args!("(type $ends{position} ({kind} {}))", element.text()));
    }
    for (index, function) in FUNCTIONS.into_iter().enumerate() {
        lift(&mut text, number, index, function);
    }
    if number == 0 {
        let ty = r#"(param "representation" u32) (result (own $r0))"#;
        let lift = r#"(canon lift (core func $guest "make"))"#;
        write(&mut text, format_args!("(func (export \"make\") {ty} {lift})"));
    }
    contain(&mut text, (composition, wide), number, instances);
    fill_table(&mut text, &calls);
    text.push_str(")\n");
    text
}

/// Adds the next component and its instance, if `composition` says so, and exports the instances
/// inside.
fn contain(
    text: &mut String,
    (composition, wide): (Composition, u32),
    number: u32,
    instances: u32,
) {
    let mut inside = composition.inside(number, instances);
    let Some(inner) = inside.next() else { return };
    text.push_str(&component((composition, wide), inner, instances));
    instantiate(text, composition, inner, instances);
    for other in 0..number {
        write(text, format_args!("(with \"i{other}\" (instance $i{other}))"));
    }
    write(text, format_args!("(with \"i{number}\" (instance (export \"r\" (type $r{number}))"));
    for index in 0..FUNCTIONS.len() {
        write(text, format_args!("(export \"f{index}\" (func $f{number}-{index}))"));
    }
    write(text, format_args!("))))"));
    name_exports(text, inner);
    write(text, format_args!("(export \"i{inner}\" (instance $i{inner}))"));
    for other in inside {
        write(text, format_args!("(alias export $i{inner} \"i{other}\" (instance $i{other}))"));
        name_exports(text, other);
        write(text, format_args!("(export \"i{other}\" (instance $i{other}))"));
    }
}

/// Imports an instance before the one with this number.
fn import_instance(text: &mut String, number: u32, other: u32) {
    write(text, format_args!("(import \"i{other}\" (instance $i{other}"));
    if other > 0 {
        write(text, format_args!("(alias outer $C{number} $r0 (type $r0))"));
    }
    write(text, format_args!("(export \"r\" (type $r{other} (sub resource)))"));
    for (index, function) in FUNCTIONS.into_iter().enumerate() {
        let ty = function_type(function);
        write(text, format_args!("(export \"f{index}\" (func {ty}))"));
    }
    write(text, format_args!("))"));
    name_exports(text, other);
}

/// Adds ids for the resource type and the functions of another instance.
fn name_exports(text: &mut String, other: u32) {
    // Under the name that other components use, and that of the built-ins.
    write(text, format_args!("(alias export $i{other} \"r\" (type $r{other}))"));
    write(text, format_args!("(alias export $i{other} \"r\" (type $R{other}))"));
    for index in 0..FUNCTIONS.len() {
        write(text, format_args!("(alias export $i{other} \"f{index}\" (func $f{other}-{index}))"));
    }
}

/// Defines the core modules, and their instances.
fn define_core(text: &mut String, number: u32, width: Width, calls: usize) {
    let address = width.address_name();
    let bytes: String = memory(number, width).iter().fold(String::new(), |mut bytes, byte| {
        write!(bytes, "\\{byte:02x}").expect("a string");
        bytes
    });
    write(
        text,
        format_args!(
            r#"(core type $start (func (param {address})))
            (core module $ProgramWorld
                (memory (export "memory") {address} 256 256 (pagesize 1))
                (data ({address}.const 0) "{bytes}")
                (table (export "calls") {calls} funcref))
            (core instance $world (instantiate $ProgramWorld))
            (canon thread.index (core func $thread-index))
            (canon context.get {address} 0 (core func $context-get-0))
            (canon context.get {address} 1 (core func $context-get-1))
            (core module $Guest {} {} {})"#,
            guest(width),
            run(),
            functions()
        ),
    );
    for (name, ..) in HOST {
        write(
            text,
            format_args!("(canon lower (func $host{number} \"{name}\") (core func ${name}))"),
        );
    }
    let host = HOST.map(|(name, ..)| format!("(export \"{name}\" (func ${name}))")).join("\n");
    write(
        text,
        format_args!(
            r#"(core instance $guest (instantiate $Guest
                (with "world" (instance
                    (export "memory" (memory $world "memory"))
                    (export "calls" (table $world "calls"))
                    (export "thread-index" (func $thread-index))
                    (export "context-get-0" (func $context-get-0))
                    (export "context-get-1" (func $context-get-1))))
                (with "host" (instance {host}))))"#
        ),
    );
}

/// Returns the common functions of guests whose addresses have a width.
fn guest(width: Width) -> String {
    let address = width.address_name();
    let [to_word, to_long, to_address] = match width {
        Width::Narrow => ["", "i64.extend_i32_u", ""],
        Width::Wide => ["i32.wrap_i64", "", "i64.extend_i32_u"],
    };
    let mut text = GUEST.replace("ADDRESS", address);
    text = text.replace("REFUSED", &width.refused_address().to_string());
    for (name, from, to, by) in [
        ("word", address, "i32", to_word),
        ("long", address, "i64", to_long),
        ("address", "i32", address, to_address),
    ] {
        write(
            &mut text,
            format_args!("(func ${name} (param {from}) (result {to}) (local.get 0) {by})"),
        );
    }
    text
}

/// Returns the types of calls, and the functions that perform what the host says: `$run` until it
/// says to return, and `$run-after-return` one call, with zeros.
fn run() -> String {
    let mut text = String::new();
    for shape in Shape::ALL {
        write(&mut text, format_args!("(type $shape{} (func {}))", shape as u32, shape.text()));
    }
    let asked = branches(|shape| {
        if shape == Shape::Return {
            return "(global.set $after-return (i32.wrap_i64 (call $argument (i32.const 1))))
                (return (i32.wrap_i64 (call $argument (i32.const 0))))"
                .to_owned();
        }
        let call = call_of_shape(shape, |position, ty| match ty {
            "i64" => format!("(call $argument (i32.const {position}))"),
            _ => format!("(i32.wrap_i64 (call $argument (i32.const {position})))"),
        });
        let call = match shape.result() {
            None => call,
            Some("i64") => format!("(local.set $result {call})"),
            Some(_) => format!("(local.set $result (i64.extend_i32_u {call}))"),
        };
        format!("{call} (br $again)")
    });
    let after_return = branches(|shape| {
        let call = call_of_shape(shape, |_, ty| format!("({ty}.const 0)"));
        match shape.result() {
            _ if shape == Shape::Return => "(return)".to_owned(),
            None => format!("{call} (return)"),
            Some(_) => format!("(drop {call}) (return)"),
        }
    });
    write(
        &mut text,
        format_args!(
            "(func $run (param $thread i32) (result i32)
              (local $next i32) (local $call i32) (local $result i64)
              (loop $again
                (local.set $next (call $ask (local.get $thread) (local.get $result)))
                (local.set $call (i32.shr_u (local.get $next) (i32.const 4)))
                (local.set $result (i64.const 0))
                {asked})
              (unreachable))
            (func $run-after-return (param $next i32) (local $call i32)
              (local.set $call (i32.shr_u (local.get $next) (i32.const 4)))
              {after_return})"
        ),
    );
    text
}

/// Returns a branch by the type of the next call, with the instructions for each.
fn branches(instructions: impl Fn(Shape) -> String) -> String {
    let labels: String =
        Shape::ALL.map(|shape| format!(" $shape{}", shape as u32)).into_iter().collect();
    let mut text = format!("(br_table{labels} (i32.and (local.get $next) (i32.const 15)))");
    for shape in Shape::ALL {
        text = format!("(block $shape{} {text})\n{}", shape as u32, instructions(shape));
    }
    text
}

/// Returns a call of a type, with these arguments.
fn call_of_shape(shape: Shape, argument: impl Fn(usize, &str) -> String) -> String {
    let arguments = shape.params().iter().enumerate().map(|(at, ty)| argument(at, ty));
    let arguments: String = arguments.collect();
    let number = shape as u32;
    format!("(call_indirect $calls (type $shape{number}) {arguments} (local.get $call))")
}

/// Returns the core functions that are lifted.
fn functions() -> String {
    let mut text = String::new();
    for (index, function) in FUNCTIONS.into_iter().enumerate() {
        let has_result = match function.lift {
            LiftMode::Callback => true,
            LiftMode::Stackful => false,
            LiftMode::Sync { .. } => function.result.is_some(),
        };
        let (param, argument) = match function.param {
            Some(_) => ("(param i32)", "(i64.extend_i32_u (local.get 0))"),
            None => ("", "(i64.const 0)"),
        };
        let (result, end) = if has_result { ("(result i32)", "") } else { ("", "(drop)") };
        let begin = format!("(call $begin (i32.const {index}) (call $thread-index) {argument})");
        write(
            &mut text,
            format_args!("(func (export \"f{index}\") {param} {result} (call $run {begin}) {end})"),
        );
    }
    text
}

fn lift(text: &mut String, number: u32, index: usize, function: Function) {
    let options = match function.lift {
        LiftMode::Sync { has_post_return: false } => "",
        LiftMode::Sync { has_post_return: true } => {
            r#"(post-return (core func $guest "post-return"))"#
        }
        LiftMode::Stackful => "async",
        LiftMode::Callback => r#"async (callback (core func $guest "callback"))"#,
    };
    let lift = format!(
        r#"(canon lift (core func $guest "f{index}") (memory (core memory $world "memory")) {options})"#
    );
    let ty = function_type(function);
    write(text, format_args!("(func $f{number}-{index} (export \"f{index}\") {ty} {lift})"));
}

/// Defines the calls of guests, and puts them into their table.
fn fill_table(text: &mut String, calls: &[Call]) {
    let (mut imports, mut exports, mut elements) = (String::new(), String::new(), String::new());
    for (position, Call { name, shape, definition }) in calls.iter().enumerate() {
        write(text, format_args!("(core func $call{position} ({definition})) (; {name} ;)"));
        write(
            &mut imports,
            format_args!("(import \"\" \"{position}\" (func $call{position} {}))", shape.text()),
        );
        write(&mut exports, format_args!("(export \"{position}\" (func $call{position}))"));
        write(&mut elements, format_args!("$call{position}"));
    }
    write(
        text,
        format_args!(
            r#"(core module $Fill
                {imports}
                (import "world" "calls" (table {count} funcref))
                (elem (i32.const 0) {elements}))
            (core instance (instantiate $Fill
                (with "" (instance {exports}))
                (with "world" (instance $world))))"#,
            count = calls.len(),
        ),
    );
}
