//! Components that are hostile on purpose.

use std::fmt::Write as _;

use wast::Wat;
use wast::parser::{self, ParseBuffer};

// Opcodes of core functions, and the type of a block without parameters and results.
const NOP: u8 = 0x01;
const BLOCK: u8 = 0x02;
const LOOP: u8 = 0x03;
const IF: u8 = 0x04;
const END: u8 = 0x0b;
const I32_CONST: u8 = 0x41;
const EMPTY_BLOCK: u8 = 0x40;

/// A valid component, which tests break.
const HARMLESS: &str = r#"(component
    (core module $module
        (memory (export "memory") 1)
        (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 64))
        (func (export "f") (param i32 i32) (result i32) (i32.store (i32.const 8) (i32.const 64))
            (i32.store (i32.const 12) (local.get 1)) (i32.const 8)))
    (core instance $module (instantiate $module))
    (func (export "f") (param "it" string) (result string) (canon lift (core func $module "f")
        (memory (core memory $module "memory")) (realloc (core func $module "realloc")))))"#;

/// Returns the corpus of the fuzz target: names, and components in their binary format. They are
/// always the same.
#[must_use]
pub fn handmade() -> Vec<(String, Vec<u8>)> {
    let texts = [guests(), endless_guests(), definitions()].concat().into_iter();
    let mut all: Vec<_> = texts.map(|(name, text)| (name.into(), encode(&text))).collect();
    all.extend(broken().into_iter().map(|(name, bytes)| (name.into(), bytes)));
    all.extend(operators_after_the_end());
    let harmless = encode(HARMLESS);
    for length in [4, 8, 9, harmless.len() / 2, harmless.len() - 1] {
        all.push((format!("truncated-{length}"), harmless[..length].to_vec()));
    }
    for place in (8..harmless.len()).step_by(harmless.len() / 12) {
        let mut flipped = harmless.clone();
        flipped[place] ^= 1 << (place % 8);
        all.push((format!("flipped-{place}"), flipped));
    }
    all
}

fn encode(text: &str) -> Vec<u8> {
    let buffer = ParseBuffer::new(text).expect("the component is text");
    let mut wat = parser::parse::<Wat<'_>>(&buffer).expect("the component is well-formed");
    wat.encode().expect("the component has a binary form")
}

/// Returns a component with one core function `f`, which is lifted as a function without
/// parameters.
fn guest(definitions: &str, body: &str) -> String {
    format!(
        r#"(component
            (core module $module {definitions} (func $f (export "f") {body}))
            (core instance $module (instantiate $module))
            (func (export "f") (canon lift (core func $module "f"))))"#
    )
}

/// Returns the same with a callback, which returns a code.
fn callback(first: u32, then: &str) -> String {
    format!(
        r#"(component
            (core module $module
                (func (export "f") (result i32) (i32.const {first}))
                (func (export "callback") (param i32 i32 i32) (result i32) {then}))
            (core instance $module (instantiate $module))
            (func (export "f") async (canon lift (core func $module "f") async
                (callback (core func $module "callback")))))"#
    )
}

/// Returns a component that receives a string from the host, with this `realloc`.
fn realloc(body: &str) -> String {
    format!(
        r#"(component
            (core module $module
                (memory (export "memory") 1)
                (func $realloc (export "realloc") (param i32 i32 i32 i32) (result i32) {body})
                (func (export "f") (param i32 i32)))
            (core instance $module (instantiate $module))
            (func (export "f") (param "it" string) (canon lift (core func $module "f")
                string-encoding=latin1+utf16 (memory (core memory $module "memory"))
                (realloc (core func $module "realloc")))))"#
    )
}

/// Returns a component that returns a value of a type, at the address that `f` returns.
fn returning(ty: &str, body: &str) -> String {
    format!(
        r#"(component
            (core module $module
                (memory (export "memory") 2)
                (data (i32.const 8) "\08\00\00\00\00\20\00\00")
                (func (export "f") (result i32) {body}))
            (core instance $module (instantiate $module))
            {ty}
            (func (export "f") (result $t) (canon lift (core func $module "f")
                (memory (core memory $module "memory")))))"#
    )
}

/// Returns a component whose function repeats a built-in forever.
fn endless(definition: &str, signature: &str, body: &str) -> String {
    format!(
        r#"(component
            {definition}
            (core module $module
                (import "" "built-in" (func $built-in {signature}))
                (func (export "f") (loop {body} (br 0))))
            (core instance $module (instantiate $module (with "" (instance
                (export "built-in" (func $built-in))))))
            (func (export "f") async (canon lift (core func $module "f") async)))"#
    )
}

/// Returns guests that misbehave.
fn guests() -> Vec<(&'static str, String)> {
    vec![
        ("harmless", HARMLESS.to_owned()),
        ("loops", guest("", "(loop (br 0))")),
        ("loops-at-start", guest("(func $start (loop (br 0))) (start $start)", "")),
        ("recurses", guest("", "(call $f)")),
        ("recurses-at-start", guest("(start $f)", "(call $f)")),
        ("grows", guest("(memory 1)", "(loop (drop (memory.grow (i32.const 64))) (br 0))")),
        ("grows-at-once", guest("(memory 1)", "(drop (memory.grow (i32.const 65535)))")),
        (
            "grows-a-table",
            guest(
                "(table $t 1 funcref)",
                "(loop (drop (table.grow $t (ref.null func) (i32.const 4096))) (br 0))",
            ),
        ),
        ("starts-large", guest("(memory 65536)", "")),
        ("starts-with-a-large-table", guest("(table 10000000 funcref)", "")),
        ("starts-with-64-bits", guest("(memory i64 281474976710655)", "")),
        ("starts-with-many", guest(&"(memory 32768)".repeat(100), "")),
        ("exits-with-a-garbage-code", callback(0xffff_ffff, "(i32.const 0)")),
        ("waits-for-no-set", callback(0x72, "(i32.const 0)")),
        ("yields-for-ever", callback(1, "(i32.const 1)")),
        ("yields-then-loops", callback(1, "(loop (br 0)) (i32.const 0)")),
        ("yields-then-says-garbage", callback(1, "(i32.const 0x7ffffff5)")),
        ("never-returns-its-result", callback(0, "(unreachable)")),
        ("reallocates-outside", realloc("(i32.const -1)")),
        ("reallocates-unaligned", realloc("(i32.const 3)")),
        ("reallocates-for-ever", realloc("(loop (br 0)) (i32.const 0)")),
        (
            "reallocates-by-recursion",
            realloc("(call $realloc (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 1))"),
        ),
        (
            "reallocates-by-growing",
            realloc("(i32.mul (memory.grow (i32.const 1)) (i32.const 65536))"),
        ),
        (
            "returns-a-garbage-pointer",
            returning("(type $t (tuple string string))", "(i32.const 0x7fffffff)"),
        ),
        ("returns-a-garbage-length", returning("(type $t string)", "(i32.const 0)")),
        ("returns-a-string-of-anything", returning("(type $t string)", "(i32.const 8)")),
        (
            "returns-lists-that-share-their-place",
            returning(
                "(type $l1 (list u8)) (type $l2 (list $l1)) (type $l3 (list $l2)) (type $l4 (list $l3)) (type $t (list $l4))",
                "(i32.const 8)",
            ),
        ),
    ]
}

/// Returns guests that repeat a built-in, or call one another, forever.
fn endless_guests() -> Vec<(&'static str, String)> {
    vec![
        (
            "makes-streams",
            endless(
                "(type $s (stream u8)) (core func $built-in (canon stream.new $s))",
                "(result i64)",
                "(drop (call $built-in))",
            ),
        ),
        (
            "makes-sets",
            endless(
                "(core func $built-in (canon waitable-set.new))",
                "(result i32)",
                "(drop (call $built-in))",
            ),
        ),
        (
            "makes-backpressure",
            endless("(core func $built-in (canon backpressure.inc))", "", "(call $built-in)"),
        ),
        (
            "yields-by-itself",
            endless(
                "(core func $built-in (canon thread.yield))",
                "(result i32)",
                "(drop (call $built-in))",
            ),
        ),
        (
            "makes-resources",
            endless(
                "(type $r (resource (rep i32))) (core func $built-in (canon resource.new $r))",
                "(param i32) (result i32)",
                "(drop (call $built-in (i32.const 7)))",
            ),
        ),
        ("calls-across-for-ever", ACROSS.to_owned()),
        ("moves-lists-that-share-their-place", moving()),
    ]
}

/// Returns components that are hostile before any of their code runs.
fn definitions() -> Vec<(&'static str, String)> {
    vec![
        ("a-type-of-exponential-size", exponential()),
        ("a-type-of-exponential-size-that-is-called", exponential_call()),
        ("a-type-of-many-lists", deep_type()),
        ("instantiates-by-powers-of-two", powers()),
        ("imports-much", imports()),
        ("exports-nothing-that-is-there", r#"(component (export "f" (func 7)))"#.to_owned()),
        ("lifts-what-is-not-there", "(component (func (canon lift (core func 0))))".to_owned()),
        ("a-long-name", format!(r#"(component (import "{}" (func)))"#, "a".repeat(20_000))),
        ("everything-imported", EVERYTHING.to_owned()),
    ]
}

/// An import of each kind.
const EVERYTHING: &str = r#"(component
        (import "a:b/c@1.0.0" (instance $i (export "r" (type $r (sub resource)))
            (export "[constructor]r" (func (result (own $r))))
            (export "n" (func async (param "s" string) (result string)))))
        (import "m" (core module)) (import "c" (component)) (import "f" (func (result u32)))
        (core func $f (canon lower (func 0)))
        (func (export "f") (result u32) (canon lift (core func $f))))"#;

/// Two components, one around the other, that call each other forever.
const ACROSS: &str = r#"(component
    (core module $shim
        (table (export "table") 1 1 funcref)
        (func (export "f") (call_indirect (i32.const 0))))
    (core instance $shim (instantiate $shim))
    (func $through (canon lift (core func $shim "f")))
    (component $inner
        (import "f" (func $f))
        (core func $f (canon lower (func $f)))
        (func (export "f") (canon lift (core func $f))))
    (instance $inner (instantiate $inner (with "f" (func $through))))
    (core func $inner (canon lower (func $inner "f")))
    (core module $outer
        (import "" "table" (table 1 1 funcref))
        (import "" "inner" (func $inner))
        (elem (i32.const 0) func $f)
        (func $f (export "f") (call $inner)))
    (core instance $outer (instantiate $outer (with "" (instance
        (export "table" (table $shim "table"))
        (export "inner" (func $inner))))))
    (func (export "f") (canon lift (core func $outer "f"))))"#;

/// Returns components that pass lists of lists of lists, all at the same address.
fn moving() -> String {
    let types = |list: &str| {
        (1..8).fold(String::from("(type $t0 u8)"), |mut all, depth| {
            let _ = write!(all, " (type $t{depth} ({list} $t{}))", depth - 1);
            all
        })
    };
    let types = types("list");
    format!(
        r#"(component
            (component $to
                {types}
                (core module $module
                    (memory (export "memory") 1)
                    (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
                    (func (export "f") (param i32 i32)))
                (core instance $module (instantiate $module))
                (func (export "f") (param "it" $t7) (canon lift (core func $module "f")
                    (memory (core memory $module "memory"))
                    (realloc (core func $module "realloc")))))
            (component $from
                {types}
                (import "f" (func $f (param "it" $t7)))
                (core module $libc (memory (export "memory") 1))
                (core instance $libc (instantiate $libc))
                (core func $f (canon lower (func $f) (memory (core memory $libc "memory"))))
                (core module $module
                    (import "" "memory" (memory 1))
                    (import "" "f" (func $f (param i32 i32)))
                    (func (export "f") (local i32)
                        (loop
                            (i32.store (i32.add (local.get 0) (i32.const 4)) (i32.const 1024))
                            (local.set 0 (i32.add (local.get 0) (i32.const 8)))
                            (br_if 0 (i32.lt_u (local.get 0) (i32.const 8192))))
                        (call $f (i32.const 0) (i32.const 1024))))
                (core instance $module (instantiate $module (with "" (instance
                    (export "memory" (memory $libc "memory"))
                    (export "f" (func $f))))))
                (func (export "f") (canon lift (core func $module "f"))))
            (instance $to (instantiate $to))
            (instance $from (instantiate $from (with "f" (func $to "f"))))
            (export "f" (func $from "f")))"#
    )
}

/// Returns tuples, each with two of the previous tuple.
fn doubled(times: u32) -> String {
    (1..=times).fold(String::from("(type $t0 (tuple u64 u64))"), |mut all, depth| {
        let _ = write!(all, " (type $t{depth} (tuple $t{0} $t{0}))", depth - 1);
        all
    })
}

fn exponential() -> String {
    format!("(component {})", doubled(60))
}

fn exponential_call() -> String {
    format!(
        r#"(component
            {}
            (core module $module
                (memory (export "memory") 1)
                (func (export "f") (result i32) (i32.const 0)))
            (core instance $module (instantiate $module))
            (func (export "f") (result $t16) (canon lift (core func $module "f")
                (memory (core memory $module "memory")))))"#,
        doubled(16)
    )
}

fn deep_type() -> String {
    let mut text = String::from("(component (type $t0 u8)");
    for depth in 1..900 {
        let _ = write!(text, " (type $t{depth} (list $t{}))", depth - 1);
    }
    text + r#" (import "f" (func (param "it" $t899))))"#
}

/// Returns components, each with two instances of the previous one.
fn powers() -> String {
    let mut text = String::from("(component (component $c0 (core module))");
    for depth in 1..40 {
        let _ = write!(
            text,
            " (component $c{depth} (alias outer 1 $c{0} (component $c)) \
                (instance (instantiate $c)) (instance (instantiate $c)))",
            depth - 1
        );
    }
    text + " (instance (instantiate $c39)))"
}

fn imports() -> String {
    let mut text = String::from("(component");
    for number in 0..500 {
        let _ = write!(text, r#" (import "i{number}" (instance (export "f" (func))))"#);
    }
    text + ")"
}

/// The header of a component.
const HEADER: &[u8] = b"\0asm\x0d\0\x01\0";

/// Returns components, each inside the next.
fn nested(depth: u32) -> Vec<u8> {
    (0..depth).fold(HEADER.to_vec(), |inner, _| {
        let mut outer = HEADER.to_vec();
        outer.push(4);
        let mut length = inner.len();
        while length >= 0x80 {
            outer.push(u8::try_from(length & 0x7f).unwrap_or_default() | 0x80);
            length >>= 7;
        }
        outer.push(u8::try_from(length).unwrap_or_default());
        outer.extend(inner);
        outer
    })
}

/// Returns bytes that have no text form.
/// Returns components with a function whose body goes on after its last `end`.
fn operators_after_the_end() -> impl Iterator<Item = (String, Vec<u8>)> {
    let nops = encode(&guest("", "nop nop nop nop"));
    let body = nops.windows(5).position(|bytes| bytes == [NOP, NOP, NOP, NOP, END]);
    let body = body.expect("the component has the function");
    let rests = [
        ("nop", [NOP, NOP, NOP, END]),
        ("loop", [LOOP, EMPTY_BLOCK, END, END]),
        ("block", [BLOCK, EMPTY_BLOCK, END, NOP]),
        ("if", [I32_CONST, 1, IF, EMPTY_BLOCK]),
        ("constant", [I32_CONST, 1, I32_CONST, 1]),
        ("end", [END, END, END, END]),
    ];
    rests.into_iter().map(move |(name, rest)| {
        let mut bytes = nops.clone();
        bytes[body] = END;
        bytes[body + 1..body + 5].copy_from_slice(&rest);
        (format!("after-the-end-{name}"), bytes)
    })
}

fn broken() -> Vec<(&'static str, Vec<u8>)> {
    let with = |rest: &[u8]| [HEADER, rest].concat();
    vec![
        ("nothing", Vec::new()),
        ("a-core-module", b"\0asm\x01\0\0\0".to_vec()),
        ("an-empty-component", HEADER.to_vec()),
        ("another-version", b"\0asm\x0e\0\x01\0".to_vec()),
        ("a-count-of-types-that-is-not-there", with(b"\x07\x05\xff\xff\xff\xff\x0f")),
        ("a-length-that-is-not-there", with(b"\x07\xff\xff\xff\xff\x0f\x01")),
        ("a-length-that-is-too-long", with(b"\x07\xff\xff\xff\xff\xff\xff\xff\xff\x7f")),
        ("a-section-that-does-not-exist", with(b"\x7f\x00")),
        ("many-fields-that-are-not-there", with(b"\x07\x07\x01\x72\xff\xff\xff\xff\x0f")),
        ("a-list-as-long-as-can-be", with(b"\x07\x08\x01\x67\x7d\xff\xff\xff\xff\x0f")),
        ("nested", nested(90)),
        ("nested-too-deeply", nested(110)),
        ("nested-far-too-deeply", nested(2_000)),
    ]
}
