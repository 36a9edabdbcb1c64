//! Tests of the derives as functions on tokens: tokens that are never emitted, the size of
//! expansions, and the rule for names. Tests with the compiler are in
//! `tests/derives/tests/abi_derive.rs`.

use std::str::FromStr;

use proc_macro2::{TokenStream, TokenTree};

use super::{Derived, expand, name::label_mistake};

const ALL: [Derived; 3] = [Derived::ComponentType, Derived::Lift, Derived::Lower];

/// Inputs without mistakes.
const SOUND: &[&str] = &[
    "struct Point { x: f32, y: f32 }",
    "struct Pair(u8, u16);",
    "struct Seconds(u64);",
    "struct View<'a, T> where T: Copy { name: &'a str, rest: T }",
    "struct Sized<const N: usize> { bytes: [u8; N] }",
    "#[component(crate = ::renamed)] enum Direction { North, South }",
    "enum Reply<T> { None, One(T), #[component(name = \"more-2\")] More(Vec<T>) }",
    "#[component(flags)] struct Access { read: bool, r#type: bool }",
    "#[component(tuple)] struct Triple<'a> { f0: u8, _second: &'a str, f2: Vec<u8> }",
    "#[component(tuple)] struct One(u8);",
    "#[component(variant)] enum Color { Red, Green }",
    "#[component(handles)] struct Both<'a> { left: BorrowHandle<'a, File>, right: BorrowHandle<'a, File> }",
];

fn words(tokens: TokenStream) -> Vec<String> {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Group(group) => words(group.stream()),
            token => vec![token.to_string()],
        })
        .collect()
}

fn lines(derived: Derived, source: &str) -> usize {
    let expansion = expand(derived, TokenStream::from_str(source).unwrap());
    let file = syn::parse2::<syn::File>(expansion).unwrap();
    prettyplease::unparse(&file).lines().count()
}

#[test]
fn an_expansion_is_one_implementation_without_unsafe_or_an_error() {
    for source in SOUND {
        for derived in ALL {
            let expansion = expand(derived, TokenStream::from_str(source).unwrap());
            let file = syn::parse2::<syn::File>(expansion.clone()).unwrap();
            assert_eq!(file.items.len(), 1, "{source}");
            let words = words(expansion);
            for never in ["unsafe", "std", "alloc", "compile_error"] {
                assert!(!words.iter().any(|word| word == never), "{never}: {source}");
            }
        }
    }
}

#[test]
fn an_expansion_is_small() {
    let record = "struct Record { a: u8, b: u8, c: u8 }";
    let variant = "enum Variant { A, B(u8), C(u16) }";
    let total = |source| ALL.map(|derived| lines(derived, source)).iter().sum::<usize>();
    // For the user's five lines; most of these lines are the signatures of the functions.
    assert!(total(record) <= 130, "{}", total(record));
    assert!(total(variant) <= 130, "{}", total(variant));
}

#[test]
fn the_three_derives_report_a_mistake_once() {
    let said = ALL.map(|derived| {
        let expansion = expand(derived, TokenStream::from_str("struct Nothing;").unwrap());
        words(expansion).iter().filter(|word| *word == "compile_error").count()
    });
    assert_eq!(said, [1, 0, 0]);
}

#[test]
fn a_label_is_words_of_one_case_of_which_the_first_begins_with_a_letter() {
    for label in ["a", "a-b", "a1", "HTTP", "get-HTTP-2", "a-1b", "x-2"] {
        assert_eq!(label_mistake(label), None, "{label}");
    }
    for text in ["", "-", "a-", "-a", "a--b", "1a", "aB", "Ab", "a_b", "a b", "é"] {
        assert!(label_mistake(text).is_some(), "{text}");
    }
}
