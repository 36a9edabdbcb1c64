//! Parts of the text and of core WebAssembly that `wasmparser` knows: each is decoded, or refused by
//! the name of its feature.

use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::{bytes, decode};
use crate::component::definition::decode::{Bodies, Features, InvalidComponent};

/// Returns the feature for which a component is refused; `None` if it is decoded.
fn feature(bytes: &[u8]) -> Option<&'static str> {
    match decode(bytes) {
        Ok(_) => None,
        Err(InvalidComponent::Unsupported { feature, .. }) => Some(feature),
        Err(other) => panic!("{other}"),
    }
}

fn of_text(text: &str) -> Option<&'static str> {
    let bytes = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    feature(&bytes)
}

/// Returns a component of one section.
fn section(id: u8, content: &[u8]) -> Vec<u8> {
    let length = u8::try_from(content.len()).expect("it is short");
    [b"\0asm\x0d\0\x01\0", &[id, length][..], content].concat()
}

#[test]
fn values_and_start_functions_are_refused() {
    for text in [
        r#"(import "v" (value u8))"#,
        r#"(import "v" (value string)) (export "w" (value 0))"#,
        r#"(import "i" (instance $i (export "v" (value u8))))"#,
        r#"(import "c" (component (import "v" (value u8))))"#,
        r#"(import "c" (component (export "v" (value u8))))"#,
        r#"(type (instance (export "v" (value u8))))"#,
        r#"(type (component (import "v" (value u8))))"#,
        r#"(component $c (import "v" (value u8)))"#,
        r#"(import "f" (func $f)) (start $f)"#,
        r#"(import "f" (func $f (result u8))) (start $f (result (value $v)))"#,
        r#"(component $c (import "f" (func $f)) (start $f))"#,
    ] {
        let found = of_text(&alloc::format!("(component {text})"));
        assert_eq!(found, Some("values and start functions of components"), "{text}");
    }
    // Sorts of values where no import has one: an argument, a part of an instance, an export and an
    // alias.
    let empty = b"\x04\x08\0asm\x0d\0\x01\0";
    for (id, content) in [
        (5, &b"\x01\0\0\x01\x01v\x02\0"[..]),
        (5, b"\x01\x01\x01\0\x01v\x02\0"),
        (11, b"\x01\0\x01v\x02\0\0"),
    ] {
        let mut component = section(id, content);
        component.splice(8..8, empty.iter().copied());
        let refused = decode(&component);
        assert!(refused.is_err(), "{id} {content:?}");
    }
    // A section of value definitions: `(value u8 7)`, and one in a component inside.
    let values = section(12, b"\x01\x7d\x01\x07");
    assert_eq!(feature(&values), Some("values and start functions of components"));
    let nested = section(4, &values);
    assert_eq!(feature(&nested), Some("values and start functions of components"));
}

#[test]
fn options_for_garbage_collected_values_are_refused() {
    for text in [
        r#"(core module $m (func (export "f"))) (core instance $i (instantiate $m))
            (func (canon lift (core func $i "f") gc))"#,
        r#"(core type $t (func)) (import "f" (func $f))
            (core func (canon lower (func $f) (core-type $t) gc))"#,
    ] {
        let found = of_text(&alloc::format!("(component {text})"));
        assert_eq!(found, Some("canonical options for garbage-collected values"), "{text}");
    }
}

#[test]
fn names_with_nested_namespaces_need_their_feature() {
    let text = bytes(r#"(component (import "a:b:c/d/e@1.2.0" (instance)))"#);
    let error = decode(&text).expect_err("it is refused");
    let InvalidComponent::OffByDefault { feature, .. } = &error else { panic!("{error:?}") };
    assert_eq!(*feature, "names with nested namespaces and packages");
    assert!(error.to_string().contains("see `Features`"), "{error}");
    let nested = Features::default().with_nested_names();
    let decoded = crate::component::definition::decode::decode(&text, nested, Bodies::Validated);
    assert!(decoded.is_ok());
    // With another mistake, that is the error.
    let text = bytes(r#"(component (import "a:b:c/d/e@1.2.0" (instance)) (export "f" (func 0)))"#);
    assert!(matches!(decode(&text), Err(InvalidComponent::Invalid { .. })));
}

#[test]
fn proposals_of_core_modules_are_refused() {
    for (text, name) in [
        ("(func try catch_all end)", "legacy exceptions"),
        ("(func try delegate 0)", "legacy exceptions"),
        ("(func try catch_all rethrow 0 end)", "legacy exceptions"),
        (
            "(memory 1) (func (memory.discard (i32.const 0) (i32.const 0)))",
            "instructions of memory control",
        ),
        (
            "(type $t (struct)) (rec (type $a (descriptor $b) (struct)) (type $b (describes $a) (struct)))",
            "custom descriptors",
        ),
        (r#"(type $t (func)) (import "" "f" (func (exact (type $t))))"#, "custom descriptors"),
        (
            "(memory 1 1 shared) (func (drop (i32.atomic.load acqrel (i32.const 0))))",
            "atomic instructions with acquire and release",
        ),
        (
            "(type $t (array (mut i8))) (func (param (ref null $t)) (result i32)
                (i32.load (type $t) (local.get 0) (i32.const 0)))",
            "accesses to arrays of several bytes",
        ),
    ] {
        let found = of_text(&alloc::format!("(component (core module {text}))"));
        assert_eq!(found, Some(name), "{text}");
    }
}

#[test]
fn compact_import_sections_are_refused() {
    // Two imports of functions of one type: `("" "a")` and `("" "b")`.
    let module = [
        &b"\0asm\x01\0\0\0"[..],
        b"\x01\x04\x01\x60\0\0",
        b"\x02\x0b\x01\0\0\x7e\0\0\x02\x01a\x01b",
    ]
    .concat();
    assert_eq!(feature(&section(1, &module)), Some("compact import sections"));
}

#[test]
fn parts_of_the_text_that_are_implemented_are_decoded() {
    for text in [
        // 🗺️, 🔧, 📝
        r#"(import "f" (func (param "m" (map string u32))))"#,
        r#"(import "f" (func (param "m" (list u8 4)) (result (list (list f32 2)))))"#,
        r#"(import "f" (func (param "e" error-context)))"#,
        // 🔀
        r#"(import "f" (func async (param "s" (stream u8)) (result (future))))"#,
        r"(type $s (stream u8)) (core func (canon stream.forward $s))",
        // 🐘
        r"(type (resource (rep i64)))",
        r#"(core module $m (memory (export "m") i64 1)
                (func (export "r") (param i64 i64 i64 i64) (result i64) unreachable)
                (func (export "f") (param i64 i64)))
            (core instance $i (instantiate $m))
            (func (param "s" string) (canon lift (core func $i "f")
                (memory (core memory $i "m")) (realloc (core func $i "r"))))"#,
        // 🧵
        r"(core func (canon thread.index))",
        r"(core func (canon thread.suspend))",
        r"(core type $t (shared (func (param i32)))) (core func (canon thread.spawn-ref $t))",
        r"(core func (canon thread.available_parallelism))",
        // 📡
        r#"(import "[get]x" (func (result u32)))"#,
        r#"(import "r" (type $r (sub resource)))
            (import "[method][get]r.x" (func (param "self" (borrow $r)) (result u32)))"#,
        // 🏷️, 🔗
        r#"(import "a" (implements "a:b/c") (instance))"#,
    ] {
        assert_eq!(of_text(&alloc::format!("(component {text})")), None::<&str>, "{text}");
    }
}

#[test]
fn built_ins_of_later_texts_are_refused() {
    // The numbers that no built-in has, among those of canonical definitions.
    let refused = (0..=0xff_u8).filter(|opcode| {
        let content = [&[1, *opcode][..], &[0; 8]].concat();
        decode(&section(8, &content)).is_err()
    });
    assert!(refused.count() > 150);
    let names: Vec<String> = [0x7f, 0xfe]
        .map(|opcode| decode(&section(8, &[1, opcode])).expect_err("it is refused").to_string())
        .into();
    assert!(names.iter().all(|name| name.contains("at byte")), "{names:?}");
}
