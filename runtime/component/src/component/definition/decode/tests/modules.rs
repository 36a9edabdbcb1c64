use alloc::vec::Vec;

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
