//! `#[derive(ContextKey)]` in a user's crate.
//!
//! | check | place |
//! |---|---|
//! | code that compiles without a warning | `context_key/accepted/*.rs` |
//! | code that is refused, with the exact messages | `context_key/refused/*.rs` and `.stderr` |
//! | code with `limits!` that is refused, with the exact messages | `limits/refused/*.rs` and `.stderr` |
//! | names, value types, and collisions at run time | here |
//!
//! After a deliberate change of a message, `TRYBUILD=overwrite cargo test -p weft-tests-derives
//! --test context_key` writes the `.stderr` files again; read the difference before you commit it.

#![deny(warnings, missing_docs, clippy::pedantic)]

// The derive's copy of the rule for names. A crate of derives exports nothing else.
#[path = "../../../macros/src/context_key/rule.rs"]
mod rule;

use std::{any::TypeId, collections::HashSet};

use rule::broken_rule;
use weft::context::{
    ContextKey, ContextKeyCollision, ContextKeyIdentity, InvalidContextKey, TypedContextKey,
};

/// The keys of the whole test crate: one set for several modules.
#[derive(Debug)]
pub struct AppKeys;

/// A public key, in a set.
#[derive(ContextKey, Debug)]
#[context_key(value = u64, keys = AppKeys)]
pub struct UserId;

/// A private key with a name that no identifier can have.
#[derive(ContextKey)]
#[context_key(value = Vec<(String, [u8; 4])>, name = "Peers: (name, address) – все")]
struct Peers;

/// A key without instances.
#[derive(ContextKey)]
#[context_key(value = Box<dyn Fn(&str) -> usize + Send>)]
enum Measure {}

#[expect(non_camel_case_types)]
#[derive(ContextKey)]
#[context_key(value = r#type, keys = AppKeys)]
struct r#struct;

#[expect(non_camel_case_types)]
struct r#type;

/// A deprecated key, for which the derive must not warn.
#[deprecated = "use `UserId`"]
#[derive(ContextKey, Debug)]
#[context_key(value = u32)]
pub struct LoginNumber;

/// A key of another module in the same set, and one that is not in the set.
mod audit {
    use super::ContextKey;

    #[derive(ContextKey)]
    #[context_key(value = &'static str, keys = super::AppKeys)]
    pub(super) struct Actor;

    #[derive(ContextKey)]
    #[context_key(value = u64)]
    pub(super) struct UserId;
}

/// Declares keys with the variables of a macro.
macro_rules! keys_of {
    ($set:path { $($key:ident: $value:ty = $name:literal,)* }) => {
        $(
            #[derive(ContextKey)]
            #[context_key(value = $value, name = $name, keys = $set)]
            struct $key;
        )*
    };
}

keys_of! {
    AppKeys {
        Deadline: u32 = "deadline",
        Locale: &'static str = "accept-language",
    }
}

/// Returns true; compiles if, and only if, the value of `K` is a `V`.
fn has_value<K: TypedContextKey<Value = V>, V: 'static>() -> bool {
    TypeId::of::<K::Value>() == TypeId::of::<V>()
}

#[test]
fn valid_code_compiles_and_invalid_code_is_refused() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/context_key/accepted/*.rs");
    cases.compile_fail("tests/context_key/refused/*.rs");
    cases.compile_fail("tests/limits/refused/*.rs");
}

#[test]
fn the_compiler_knows_the_type_of_each_value() {
    assert!(has_value::<UserId, u64>());
    assert!(has_value::<Peers, Vec<(String, [u8; 4])>>());
    assert!(has_value::<Measure, Box<dyn Fn(&str) -> usize + Send>>());
    assert!(has_value::<r#struct, r#type>());
    assert!(has_value::<audit::Actor, &'static str>());
    assert!(has_value::<Deadline, u32>());
    assert!(has_value::<Locale, &'static str>());
}

#[test]
fn a_name_is_the_type_in_kebab_case_or_the_given_text() {
    assert_eq!(UserId::KEY.name(), "user-id");
    assert_eq!(Peers::KEY.name(), "Peers: (name, address) – все");
    assert_eq!(Measure::KEY.name(), "measure");
    assert_eq!(r#struct::KEY.name(), "struct");
    assert_eq!(audit::Actor::KEY.name(), "actor");
    assert_eq!(Deadline::KEY.name(), "deadline");
    assert_eq!(Locale::KEY.name(), "accept-language");
}

#[test]
fn a_function_may_have_own_keys_and_extend_an_outer_set() {
    #[derive(ContextKey)]
    #[context_key(value = u8)]
    struct Local;

    #[derive(ContextKey)]
    #[context_key(value = u16, keys = AppKeys)]
    struct LocalOfTheSet;

    assert!(has_value::<Local, u8>());
    assert!(has_value::<LocalOfTheSet, u16>());
    assert_eq!(Local::KEY.name(), "local");
}

#[test]
fn the_same_name_in_another_module_is_refused_when_it_is_stored() {
    let held = ContextKeyIdentity::of::<UserId>();
    let refused = ContextKeyIdentity::of::<audit::UserId>();
    assert_eq!(held.check_beside(held), Ok(()));

    let collision: ContextKeyCollision = refused.check_beside(held).unwrap_err();
    assert_eq!(collision.name, "user-id");
    assert_eq!(collision.held, "context_key::UserId");
    assert_eq!(collision.refused, "context_key::audit::UserId");
    assert_eq!(
        collision.to_string(),
        "the context key `user-id` is the key type `context_key::UserId` in this context, so \
         `context_key::audit::UserId` cannot use that name in it: give one of them another with \
         `#[context_key(name = \"…\")]`"
    );
}

#[test]
fn the_identity_of_a_key_is_its_type() {
    let identities = [
        ContextKeyIdentity::of::<UserId>(),
        ContextKeyIdentity::of::<audit::UserId>(),
        ContextKeyIdentity::of::<audit::Actor>(),
        ContextKeyIdentity::of::<UserId>(),
    ];
    assert_eq!(HashSet::from(identities).len(), 3);
    assert_eq!(
        format!("{:?}", identities[1]),
        "ContextKeyIdentity { key: \"user-id\", type: \"context_key::audit::UserId\", .. }"
    );
}

#[test]
fn a_key_from_text_is_the_same_key_or_an_error() {
    assert_eq!(ContextKey::new(&String::from("user-id")), Ok(UserId::KEY));
    assert_ne!(ContextKey::new("user_id"), Ok(UserId::KEY));
    assert_eq!(format!("[{:>9}]", UserId::KEY), "[  user-id]");

    let says = |name: &str| ContextKey::new(name).err().map(|error| error.to_string());
    assert_eq!(says(""), Some("a context key's name is not empty".into()));
    assert_eq!(
        says(&"x".repeat(65)),
        Some("a context key's name has at most 64 bytes, and this one has 65".into())
    );
    assert_eq!(
        says("user\u{85}"),
        Some(
            "a context key's name has no control characters, and this one has U+0085 at byte 4"
                .into()
        )
    );
    assert_eq!(
        ContextKey::try_from("\n").unwrap_err(),
        InvalidContextKey::ControlCharacter { at: 0, code_point: 10 }
    );
}

#[test]
fn the_rule_for_names_is_that_of_the_runtime() {
    let mut names: Vec<String> = (0_u32..0x300)
        .chain([0x2028, 0xFEFF, 0x1_F600])
        .filter_map(char::from_u32)
        .map(|c| format!("a{c}b"))
        .collect();
    names.extend((0..=70).map(|length| "x".repeat(length)));
    names.extend((0..=40).map(|length| "é".repeat(length)));
    for name in names {
        let (here, there) = (broken_rule(&name), ContextKey::new(&name));
        assert_eq!(here.is_none(), there.is_ok(), "{name:?}");
        if let (Some(here), Err(there)) = (here, there) {
            assert!(there.to_string().starts_with(&here), "{here} / {there}");
        }
    }
}
