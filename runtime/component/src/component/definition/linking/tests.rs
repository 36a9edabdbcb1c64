//! The generated modules, checked by a validator.

use alloc::format;
use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use crate::component::definition::decode::{Bodies, decode};
use crate::component::definition::features::Features;

use super::call_part::CallPart;
use super::encode::flags;
use super::link_import::{LinkEnd, LinkImport, direction_code, of_direction_code};
use super::plan::LinkPlan;

/// Returns a component whose outer instance calls `f`, which has this type, of an inner one.
fn component(function: &str, signature: &str, lifted: &str, [caller, callee]: [&str; 2]) -> String {
    let core = |memory: &str, results: &str| {
        let address = if memory.starts_with("i64") { "i64" } else { "i32" };
        format!(
            r#"(memory (export "m") {memory})
            (func (export "realloc") (param {address} {address} {address} {address})
                (result {address}) unreachable)
            (func (export "post") (param {results}))"#
        )
    };
    let results = lifted.split("(result ").nth(1).map_or("", |it| it.trim_end_matches(')'));
    format!(
        r#"(component
            (component $Callee
                (core module $M {callee} (func (export "f") {lifted} unreachable))
                (core instance $i (instantiate $M))
                (func (export "f") {function} (canon lift (core func $i "f")
                    (memory (core memory $i "m")) (realloc (core func $i "realloc"))
                    (post-return (core func $i "post")))))
            (instance $callee (instantiate $Callee))
            (core module $L {caller})
            (core instance $l (instantiate $L))
            (core func $f (canon lower (func $callee "f")
                (memory (core memory $l "m")) (realloc (core func $l "realloc"))))
            (core module $M (import "" "f" (func {signature})))
            (core instance (instantiate $M (with "" (instance (export "f" (func $f)))))))"#,
        callee = core(callee, results),
        caller = core(caller, results),
    )
}

fn plan(text: &str) -> LinkPlan {
    let bytes = wat::parse_str(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let decoded = decode(&bytes, Features::default(), Bodies::Validated).expect("it is valid");
    let modules = decoded.modules.iter();
    let modules: Vec<_> = modules.map(|module| &bytes[module.bytes.clone()]).collect();
    LinkPlan::of(&decoded, &modules).expect("it is small")
}

/// Compiles the groups of a plan with a validator, and returns the imports of each.
fn validated(plan: &LinkPlan) -> Vec<Vec<LinkImport>> {
    let groups = plan.compile_groups(|bytes| {
        wasmparser::Validator::new_with_features(wasmparser::WasmFeatures::all())
            .validate_all(bytes)
            .expect("it is valid");
        let sections = wasmparser::Parser::new(0).parse_all(bytes);
        let names = sections.filter_map(|payload| match payload {
            Ok(wasmparser::Payload::ImportSection(section)) => Some(section),
            _ => None,
        });
        let names = names.flat_map(wasmparser::ImportSectionReader::into_imports);
        Some(((), names.map(|import| import.expect("it is read").name.into()).collect()))
    });
    groups.expect("all imports are found").into_iter().map(|((), imports)| imports).collect()
}

/// Types of functions, and their core types as they are lowered and lifted with 32-bit addresses.
const FUNCTIONS: [(&str, &str, &str); 9] = [
    ("", "", ""),
    (
        r#"(param "a" bool) (param "b" s8) (param "c" f32) (param "d" char) (result f64)"#,
        "(param i32 i32 f32 i32) (result f64)",
        "(param i32 i32 f32 i32) (result f64)",
    ),
    (
        r#"(param "v" (result u64 (error f32))) (result (option u32))"#,
        "(param i32 i64 i32)",
        "(param i32 i64) (result i32)",
    ),
    (
        r#"(param "s" string) (param "l" (list (tuple u32 u32))) (result (list u64))"#,
        "(param A A A A A)",
        "(param A A A A) (result A)",
    ),
    (
        r#"(param "l" (list u64 20)) (result (tuple u8 s16 f32 f64 char string))"#,
        "(param A A)",
        "(param A) (result A)",
    ),
    (
        r#"(param "t" (tuple u8 bool (option string) (list u8 4) (result (error (list u16)))
            u32 u32 u32 u32 u32 u32 u32))"#,
        "(param A)",
        "(param A)",
    ),
    (
        r#"(param "l" (list string)) (result (list (list u8)))"#,
        "(param A A A)",
        "(param A A) (result A)",
    ),
    (r#"(param "l" (list f32)) (result (list char))"#, "(param A A A)", "(param A A) (result A)"),
    (r#"(param "b" (list bool))"#, "(param A A)", "(param A A)"),
];

#[test]
fn generated_modules_are_valid_with_addresses_and_pages_of_any_size() {
    let memories = ["1", "i64 1", "1 (pagesize 1)", "i64 1 (pagesize 1)"];
    for (function, lowered, lifted) in FUNCTIONS {
        for caller in memories {
            for callee in memories {
                let address = |memory: &str| if memory.starts_with("i64") { "i64" } else { "i32" };
                let lowered = lowered.replace('A', address(caller));
                let lifted = lifted.replace('A', address(callee));
                let lifted = if function.contains("option u32") && callee.starts_with("i64") {
                    lifted.replace("(result i32)", "(result i64)")
                } else {
                    lifted
                };
                let lowered = if function.contains("option u32") && caller.starts_with("i64") {
                    lowered.replace("i64 i32)", "i64 i64)")
                } else {
                    lowered
                };
                let plan = plan(&component(function, &lowered, &lifted, [caller, callee]));
                let imports = validated(&plan);
                assert_eq!((imports.len(), plan.flagged.len()), (1, 1), "{function}");
                assert!(imports[0].contains(&LinkImport::Fallback(0)));
                assert!(imports[0].contains(&LinkImport::Flag(0)));
            }
        }
    }
}

#[test]
fn code_is_made_for_most_types_and_native_code_is_called_for_the_others() {
    let native = FUNCTIONS.map(|(function, lowered, lifted)| {
        let [lowered, lifted] = [lowered, lifted].map(|text| text.replace('A', "i32"));
        let imports = validated(&plan(&component(function, &lowered, &lifted, ["1", "1"])));
        let is_native = |import: &&LinkImport| {
            use super::link_import::LinkFunction::{Arguments, Results};
            matches!(import, LinkImport::Host(Arguments(_) | Results(_)))
        };
        imports[0].iter().filter(is_native).count()
    });
    assert_eq!(native, [0, 0, 0, 0, 0, 0, 2, 2, 1]);
}

#[test]
fn flags_are_valid_and_tell_links_and_parts() {
    for count in [0, 1, 100] {
        assert!(wasmparser::Validator::new().validate_all(&flags(count)).is_ok());
    }
    assert_eq!((CallPart::of_flag(0), CallPart::of_flag(-1)), (None, None));
    let parts = [
        CallPart::Function,
        CallPart::CalleeRealloc,
        CallPart::CallerRealloc,
        CallPart::PostReturn,
    ];
    for link in [0, 1, 7, 1_000] {
        for part in parts {
            assert_eq!(CallPart::of_flag(part.flag(link)), Some((link, part)));
        }
        for end in [LinkEnd::Caller, LinkEnd::Callee] {
            assert_eq!(of_direction_code(direction_code(link, end)), (link, end));
        }
    }
}

#[test]
fn modules_that_differ_only_in_numbers_are_compiled_once() {
    let mut text = String::from(
        r#"(component
            (component $First
                (core module $M (func (export "f")))
                (core instance $i (instantiate $M))
                (func (export "f") (canon lift (core func $i "f"))))
            (component $Later
                (import "f" (func $f))
                (core func $f (canon lower (func $f)))
                (core module $M (import "" "f" (func $f)) (func (export "f") (call $f)))
                (core instance $i (instantiate $M (with "" (instance (export "f" (func $f))))))
                (func (export "f") (canon lift (core func $i "f"))))
            (instance $i1 (instantiate $First))"#,
    );
    for (before, number) in (1..).zip(2..=5) {
        let instance = r#"(instance $iN (instantiate $Later (with "f" (func $iB "f"))))"#;
        text += &instance.replace('N', &number.to_string()).replace('B', &before.to_string());
    }
    let plan = plan(&(text + ")"));
    let compiled = core::cell::Cell::new(0);
    let groups = plan.compile_groups(|_| {
        compiled.set(compiled.get() + 1);
        Some((compiled.get(), Vec::new()))
    });
    assert_eq!(groups.map(|groups| groups.len()), Some(4));
    assert_eq!(compiled.get(), 1);
}

#[test]
fn a_component_that_makes_too_many_instances_is_not_looked_at() {
    let mut text = String::from("(component (component $c0)");
    for number in 1..10 {
        let inner = format!("(instance (instantiate $c{}))", number - 1).repeat(2);
        let alias = "(alias outer 1 $cB (component $cB))".replace('B', &(number - 1).to_string());
        text += &["(component $c", &number.to_string(), &alias, &inner, ")"].concat();
    }
    let text = text + "(instance (instantiate $c9)))";
    let bytes = wat::parse_str(&text).expect("it is a component");
    let decoded = decode(&bytes, Features::default(), Bodies::Validated).expect("it is valid");
    assert!(LinkPlan::of(&decoded, &[]).is_none());
}

#[test]
fn a_component_whose_links_would_be_much_code_is_not_linked() {
    let ty = format!("(tuple {})", "(option string) ".repeat(100));
    let calls = |count: usize| {
        let lower = r#"(core func (canon lower (func $callee "f") (memory (core memory $l "m"))))"#;
        format!(
            r#"(component
                (component $Callee
                    (core module $M
                        (memory (export "m") 1)
                        (func (export "realloc") (param i32 i32 i32 i32) (result i32) unreachable)
                        (func (export "f") (param i32)))
                    (core instance $i (instantiate $M))
                    (func (export "f") (param "t" {ty}) (canon lift (core func $i "f")
                        (memory (core memory $i "m")) (realloc (core func $i "realloc")))))
                (instance $callee (instantiate $Callee))
                (core module $L (memory (export "m") 1))
                (core instance $l (instantiate $L))
                {})"#,
            lower.repeat(count),
        )
    };
    let few = plan(&calls(50));
    assert_eq!((few.links.len(), few.groups.len()), (50, 2));
    validated(&few);
    let bytes = wat::parse_str(calls(500)).expect("it is a component");
    let decoded = decode(&bytes, Features::default(), Bodies::Validated).expect("it is valid");
    let modules = decoded.modules.iter();
    let modules: Vec<_> = modules.map(|module| &bytes[module.bytes.clone()]).collect();
    assert!(LinkPlan::of(&decoded, &modules).is_none());
}
