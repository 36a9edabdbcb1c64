use alloc::string::{String, ToString as _};
use alloc::vec::Vec;

use super::{bytes, decode, decoded, refused};
use crate::component::definition::decode::InvalidComponent;
use crate::component::definition::decode::error::MAX_NESTING;

#[test]
fn a_core_module_is_no_component() {
    let error = decode(&bytes("(module)")).expect_err("it is refused");
    assert_eq!(error.to_string(), "this is a core module, not a component (at byte 0)");
}

#[test]
fn nothing_and_garbage_are_no_components() {
    for garbage in [&b""[..], b"\0", b"\0asm", b"hello, world", &[0xff; 64]] {
        assert!(matches!(decode(garbage), Err(InvalidComponent::Invalid { .. })), "{garbage:?}");
    }
}

#[test]
fn what_breaks_a_rule_says_which_and_where() {
    let error = refused(r#"(component (export "f" (func 0)))"#);
    let InvalidComponent::Invalid { message, offset } = error else { panic!("{error:?}") };
    assert_eq!(message, "unknown function 0: function index out of bounds");
    assert!(offset > 8);
}

#[test]
fn a_core_function_that_breaks_a_rule_is_refused() {
    let error = refused("(component (core module (func (result i32))))");
    assert!(matches!(error, InvalidComponent::Invalid { .. }));
}

#[test]
fn components_are_nested_to_a_limit() {
    let nested = |levels: usize| {
        let mut component = b"\0asm\x0d\0\x01\0".to_vec();
        for _ in 1..levels {
            let mut outer = b"\0asm\x0d\0\x01\0\x04".to_vec();
            leb128(&mut outer, component.len());
            outer.append(&mut component);
            component = outer;
        }
        component
    };
    assert!(decode(&nested(MAX_NESTING)).is_ok());
    assert!(matches!(decode(&nested(MAX_NESTING + 1)), Err(InvalidComponent::TooDeep { .. })));
    assert!(matches!(decode(&nested(20_000)), Err(InvalidComponent::TooDeep { .. })));
}

#[test]
fn types_are_nested_to_a_limit() {
    let nested = |levels: usize| {
        let mut section = b"\x07".to_vec();
        let mut ty: Vec<u8> = Vec::new();
        for _ in 0..levels {
            ty.extend(b"\x41\x01\x01");
        }
        ty.extend(b"\x41\0");
        leb128(&mut section, ty.len() + 1);
        section.push(1);
        section.extend(ty);
        [&b"\0asm\x0d\0\x01\0"[..], &section].concat()
    };
    assert!(decode(&nested(50)).is_ok());
    assert!(decode(&nested(1_000)).is_err());
    assert!(decode(&nested(1_000_000)).is_err());
}

#[test]
fn types_that_double_at_each_level_are_refused_or_decoded_soon() {
    let doubling = |levels: usize| {
        let doubled = (1..levels).map(|level| {
            let before = level - 1;
            alloc::format!("(type $t{level} (tuple (list $t{before}) (list $t{before})))")
        });
        let last = levels - 1;
        let text = alloc::format!(
            "(component (type $t0 (tuple u8 u8)) {} (import \"f\" (func (param \"x\" $t{last}))))",
            doubled.collect::<String>(),
        );
        bytes(&text)
    };
    assert!(decode(&doubling(10)).is_ok());
    assert!(decode(&doubling(60)).is_err());
}

#[test]
fn sections_and_strings_that_claim_to_be_huge_are_refused() {
    for section in 0..13 {
        for claim in
            [&b"\xff\xff\xff\xff\x0f"[..], b"\x06\xff\xff\xff\xff\x0f", b"\x06\x01\x00\xff\xff\x03"]
        {
            let hostile = [&b"\0asm\x0d\0\x01\0"[..], &[section], claim].concat();
            assert!(decode(&hostile).is_err(), "{hostile:?}");
        }
    }
}

/// Components with something of everything.
const SAMPLES: [&str; 2] = [
    r#"(component
        (import "r" (type $r (sub resource)))
        (import "i" (instance $i (export "f" (func (param "x" (own $r)) (result string)))))
        (core module $m
            (memory (export "m") 1)
            (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
            (func (export "g") (param i32) (result i32) (local.get 0)))
        (core instance $c (instantiate $m))
        (core func (canon lower (func $i "f")
            (memory (core memory $c "m")) (realloc (core func $c "realloc")) string-encoding=utf16))
        (func $g (param "x" u32) (result u32) (canon lift (core func $c "g")))
        (export "g" (func $g)))"#,
    r#"(component
        (component $c
            (type $r (resource (rep i32)))
            (export "r" (type $r))
            (type $s (stream u8))
            (core func (canon stream.new $s))
            (core func (canon task.return (result u32))))
        (instance $i (instantiate $c))
        (export "i" (instance $i)))"#,
];

#[test]
fn a_component_that_is_cut_off_anywhere_is_an_error() {
    for text in SAMPLES {
        let whole = bytes(text);
        decoded(text);
        // Sections at the end may be missing, so that the rest is a component.
        for length in 0..whole.len() {
            let cut = decode(&whole[..length]);
            assert!(length >= 8 || cut.is_err(), "{length}");
        }
    }
}

#[test]
fn a_component_with_any_bit_flipped_is_decoded_or_refused() {
    for text in SAMPLES {
        let mut flipped = bytes(text);
        let mut refused = 0;
        for position in 0..flipped.len() {
            for bit in 0..8 {
                flipped[position] ^= 1 << bit;
                refused += usize::from(decode(&flipped).is_err());
                flipped[position] ^= 1 << bit;
            }
        }
        assert!(refused > flipped.len());
    }
}

fn leb128(bytes: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        bytes.push(u8::try_from(value % 0x80).expect("7 bits") | 0x80);
        value /= 0x80;
    }
    bytes.push(u8::try_from(value).expect("7 bits"));
}
