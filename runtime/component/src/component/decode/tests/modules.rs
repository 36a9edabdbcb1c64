use alloc::vec::Vec;

use crate::engine::Capability;

use super::super::super::missing::missing_capabilities;
use super::super::InvalidComponent;
use super::{bytes, decoded};

#[test]
fn modules_are_numbered_in_the_order_of_the_binary_and_found_in_it() {
    let text = r#"(component
        (core module (func (export "a")))
        (component (core module (func (export "b"))))
        (core module (func (export "c"))))"#;
    let all = bytes(text);
    let decoded = decoded(text);
    let expected: Vec<_> = ["a", "b", "c"]
        .map(|name| bytes(&alloc::format!("(module (func (export \"{name}\")))")))
        .into();
    let found: Vec<_> =
        decoded.modules.iter().map(|module| all[module.bytes.clone()].to_vec()).collect();
    assert_eq!(found, expected);
    assert!(!decoded.has_tail_calls());
}

#[test]
fn a_tail_call_of_any_kind_is_noticed_in_its_module() {
    for call in [
        "return_call $f",
        "(return_call_indirect (i32.const 0))",
        "(return_call_ref $t (ref.null $t))",
    ] {
        let decoded = decoded(&alloc::format!(
            "(component
                (core module (func))
                (core module (type $t (func)) (table 1 funcref) (func $f {call})))"
        ));
        let calls: Vec<_> = decoded.modules.iter().map(|module| module.has_tail_calls).collect();
        assert_eq!(calls, [false, true], "{call}");
        assert!(decoded.has_tail_calls());
    }
}

/// Modules that need one thing.
const NEEDS: [(Capability, &str); 12] = [
    (Capability::Memory64, "(memory i64 1)"),
    (Capability::MultiMemory, "(memory 1) (memory 1)"),
    (Capability::CustomPageSizes, "(memory 1 (pagesize 1))"),
    (Capability::TailCalls, "(func $f return_call $f)"),
    (Capability::Simd, "(func (param v128))"),
    (
        Capability::RelaxedSimd,
        "(func (param v128) (drop (i8x16.relaxed_swizzle (local.get 0) (local.get 0))))",
    ),
    (Capability::ExceptionHandling, "(tag)"),
    (Capability::FunctionReferences, "(type $t (func)) (func (param (ref $t)))"),
    (Capability::GarbageCollection, "(type (struct))"),
    (Capability::Threads, "(memory 1 1 shared)"),
    (
        Capability::WideArithmetic,
        "(func (drop (drop (i64.mul_wide_u (i64.const 1) (i64.const 2)))))",
    ),
    (Capability::StackSwitching, "(type $f (func)) (type (cont $f))"),
];

#[test]
fn what_a_module_needs_is_named_when_an_engine_lacks_it() {
    for (needed, text) in NEEDS {
        let module = bytes(&alloc::format!("(module {text})"));
        let missing = missing_capabilities(&module, &[]).expect("the module is valid");
        assert!(missing.contains(&needed), "{needed}: {missing:?}");
        let all = missing_capabilities(&module, &Capability::ALL).expect("the module is valid");
        assert!(all.is_empty(), "{needed}: {all:?}");
        // Garbage collection builds on references to functions: no engine has it without them.
        let builds_on =
            |it| (needed, it) == (Capability::FunctionReferences, Capability::GarbageCollection);
        let others: Vec<_> =
            Capability::ALL.into_iter().filter(|it| *it != needed && !builds_on(*it)).collect();
        let missing = missing_capabilities(&module, &others).expect("the module is valid");
        assert_eq!(missing, [needed]);
    }
}

#[test]
fn a_plain_module_needs_nothing() {
    let module = bytes("(module (func (result i32) (i32.const 1)) (memory 1))");
    assert_eq!(missing_capabilities(&module, &[]), Ok(Vec::new()));
}

#[test]
fn several_needs_are_named_together() {
    let module = bytes("(module (memory i64 1) (memory 1) (tag))");
    let missing = missing_capabilities(&module, &[Capability::Simd]);
    let expected =
        [Capability::Memory64, Capability::MultiMemory, Capability::ExceptionHandling].to_vec();
    assert_eq!(missing, Ok(expected));
}

#[test]
fn a_module_that_is_not_valid_needs_nothing_but_correction() {
    let module = bytes("(module (func (result i32)))");
    assert!(matches!(missing_capabilities(&module, &[]), Err(InvalidComponent::Invalid { .. })));
}
