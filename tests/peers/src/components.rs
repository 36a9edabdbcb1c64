//! The components, as text or created by these functions.

pub const CALLS: &str = include_str!("components/calls.wat");
pub const HOST: &str = include_str!("components/host.wat");
pub const GUEST: &str = include_str!("components/guest.wat");
pub const ASYNC: &str = include_str!("components/async.wat");
pub const SCHEDULED: &str = include_str!("components/scheduled.wat");
pub const PIPE: &str = include_str!("components/pipe.wat");
pub const CANCEL: &str = include_str!("components/cancel.wat");
pub const FAN_IN: &str = include_str!("components/fan-in.wat");
pub const PARK: &str = include_str!("components/park.wat");
pub const STAND: &str = include_str!("components/stand.wat");

/// The component of the smallest hosts.
pub const ADDER: &str = r#"(component
    (core module $M (func (export "add") (param i32 i32) (result i32)
        (i32.add (local.get 0) (local.get 1))))
    (core instance $i (instantiate $M))
    (func (export "add") (param "a" u32) (param "b" u32) (result u32)
        (canon lift (core func $i "add"))))"#;

/// The module of the smallest hosts.
pub const ADDER_MODULE: &str = r#"(module (func (export "add") (param i32 i32) (result i32)
    (i32.add (local.get 0) (local.get 1))))"#;

const RELAY: &str = include_str!("components/relay.wat");
const STREAM: &str = include_str!("components/stream.wat");

/// Returns the bytes of a component or module.
pub fn bytes(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("a text that is ours")
}

/// Returns [`CALLS`] without the one function that is a task.
pub fn calls_without_tasks() -> String {
    let text = before(CALLS, "  (func (export \"at-once\") async").to_owned() + ")";
    text.replace(
        "(core func $return (canon task.return))",
        r#"(core module $R (func (export "r"))) (core instance $r (instantiate $R))
           (alias core export $r "r" (core func $return))"#,
    )
}

/// Returns the same without the function of a record, because not all hosts accept a component that
/// exports a type by itself.
pub fn calls_without_types() -> String {
    let text = calls_without_tasks().replace(r#"(export $rec "rec" (type $Rec))"#, "");
    let record = r#"  (func (export "echo-rec") (param "r" $rec)"#;
    let next = r#"  (func (export "sink") (param "bytes""#;
    before(&text, record).to_owned() + from(&text, next)
}

/// Returns a component with a stream of these elements.
pub fn stream(element: &str) -> String {
    STREAM.replace("$Element", element)
}

/// Returns components in a row, each of which calls the one before it.
pub fn composed(count: u32) -> String {
    let mut text = String::from(
        r#"(component
        (component $C0
            (core module $M
                (memory (export "memory") 1)
                (func (export "run") (param i32) (result i32)
                    (i32.add (local.get 0) (i32.const 1))))
            (core instance $i (instantiate $M))
            (func (export "run") (param "n" u32) (result u32) (canon lift (core func $i "run"))))
        (component $C
            (import "run" (func $run (param "n" u32) (result u32)))
            (core func $run (canon lower (func $run)))
            (core module $M
                (import "" "run" (func $run (param i32) (result i32)))
                (memory (export "memory") 1)
                (func (export "run") (param i32) (result i32)
                    (i32.add (call $run (local.get 0)) (i32.const 1))))
            (core instance $i (instantiate $M (with "" (instance (export "run" (func $run))))))
            (func (export "run") (param "n" u32) (result u32) (canon lift (core func $i "run"))))
        (instance $i0 (instantiate $C0))"#,
    );
    for number in 1..count {
        let previous = number - 1;
        let instance = format!(
            r#"(instance $i{number} (instantiate $C (with "run" (func $i{previous} "run"))))"#
        );
        text.push_str(&instance);
    }
    let last = count - 1;
    text + &format!(r#"(export "run" (func $i{last} "run")))"#)
}

/// Returns a component that writes to a stream, `count` that pass it on, and one that reads.
pub fn relays(count: u32) -> String {
    let pipe = from(PIPE, "(component").replacen("(component", "(component $Pipe", 1);
    let relay = from(RELAY, "(component");
    let mut text = format!(
        r#"(component {pipe} {relay}
        (instance $first (instantiate $Pipe))
        (instance $last (instantiate $Pipe))
        (export "pour" (func $first "pour"))
        (export "eat" (func $last "eat"))"#
    );
    for number in 0..count {
        let one = format!(
            r#"(instance $i{number} (instantiate $Relay))
            (export "relay-{number}" (func $i{number} "relay"))"#
        );
        text.push_str(&one);
    }
    text + ")"
}

/// Returns a module with this number of functions, of about a hundred bytes each.
pub fn large_module(functions: u32) -> String {
    let mut text = String::from("(module $Module (memory 1) (global $g (mut i32) (i32.const 0))");
    for number in 0..functions {
        let callee = number.wrapping_mul(7) % functions;
        let function = format!(
            "(func $f{number} (param $a i32) (param $b i32) (result i32) (local $n i32) (local $m i64)
               (block $done (loop $again
                 (br_if $done (i32.ge_u (local.get $n) (local.get $b)))
                 (local.set $m (i64.add (local.get $m)
                   (i64.load (i32.and (i32.add (local.get $a) (local.get $n)) (i32.const 65528)))))
                 (if (i32.eqz (i32.rem_u (local.get $n) (i32.const {modulus})))
                   (then (i64.store offset={offset} (i32.const 64) (local.get $m)))
                   (else (global.set $g (i32.xor (global.get $g) (i32.wrap_i64 (local.get $m))))))
                 (local.set $n (i32.add (local.get $n) (i32.const 1)))
                 (br $again)))
               (select (call $f{callee} (local.get $b) (i32.const {number}))
                 (i32.wrap_i64 (i64.shr_u (local.get $m) (i64.const 32))) (global.get $g)))",
            modulus = number % 97 + 2,
            offset = number % 1000 * 8,
        );
        text.push_str(&function);
    }
    text + ")"
}

/// Returns a component that has [`large_module`] and nothing else.
pub fn large(functions: u32) -> String {
    let module = large_module(functions).replacen("(module", "(core module", 1);
    format!("(component {module})")
}

/// Returns the first core module with this name as a module of its own.
pub fn module(text: &str, name: &str) -> String {
    let start = format!("(core module ${name}");
    let text = from(text, &start);
    let mut depth = 0;
    let end = text.find(|character| {
        match character {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        depth == 0
    });
    text[..=end.expect("its end")].replacen(&start, "(module", 1)
}

/// Returns the part of a text that begins with `start`.
pub fn from<'a>(text: &'a str, start: &str) -> &'a str {
    &text[text.find(start).expect("the part")..]
}

/// Returns the part of a text that ends before `end`.
fn before<'a>(text: &'a str, end: &str) -> &'a str {
    &text[..text.find(end).expect("the part")]
}
