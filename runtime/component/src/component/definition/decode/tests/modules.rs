use alloc::vec::Vec;

use super::{bytes, decoded};
use crate::component::definition::decode::{Bodies, Features, InvalidComponent, decode};

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

#[test]
fn numbers_that_look_like_a_tail_call_are_none() {
    for constant in [
        "(i32.const 0x12)",
        "(i32.const 0x13)",
        "(v128.const i8x16 0x15 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0)",
    ] {
        let text = alloc::format!("(component (core module (func (drop {constant}))))");
        assert!(!decoded(&text).has_tail_calls(), "{constant}");
    }
    let late = "(i32.const 0x12) drop ".repeat(50);
    let text = alloc::format!("(component (core module (func $f {late} return_call $f)))");
    assert!(decoded(&text).has_tail_calls());
}

#[test]
fn bodies_are_left_to_an_engine_that_validates_them_and_all_else_is_not() {
    let left = |text: &str| decode(&bytes(text), Features::default(), Bodies::LeftToEngine);
    assert!(left("(component (core module (func (result i32))))").is_ok());
    for text in [
        "(component (core module (global i32 (i64.const 1))))",
        "(component (core module (export \"f\" (func 0))))",
        "(component (core module (memory 1) (data (i64.const 0) \"\")))",
    ] {
        assert!(matches!(left(text), Err(InvalidComponent::Invalid { .. })), "{text}");
    }
}
