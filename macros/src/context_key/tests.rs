//! Tests of the derive as a function on tokens: the expansion, tokens that are never emitted, and
//! the messages with their places. Tests with the compiler are in
//! `tests/derives/tests/context_key.rs`.

use std::{collections::HashMap, str::FromStr};

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::quote;
use syn::{
    Path,
    visit::{self, Visit},
};

use super::{Key, expand, name::spelling};

/// Inputs without mistakes.
const SOUND: &[&str] = &[
    "#[context_key(value = u64)] struct UserId;",
    "#[context_key(value = u64,)] pub struct UserId;",
    "#[context_key(value = u64)] pub(crate) enum UserId {}",
    "#[context_key(value = [u8; 16], name = \"trace.id\")] struct Trace;",
    "#[context_key(name = r#\"user id\"#, value = ())] struct UserId;",
    "#[context_key(value = u64)] #[context_key(name = \"n\")] struct UserId;",
    "#[context_key(value = u64, keys = AppKeys)] struct UserId;",
    "#[context_key(value = u64, keys = crate::keys::AppKeys)] struct UserId;",
    "#[context_key(value = u64, keys = r#type)] struct r#struct;",
    "#[context_key(value = u64, crate = ::renamed)] struct UserId;",
    "#[context_key(value = u64, crate = crate::vendor::weft)] struct UserId;",
    "#[context_key(value = &'static str)] struct UserId;",
    "#[context_key(value = std::collections::HashMap<u8, Vec<u8>>, name = \"m\")] struct M;",
    "#[context_key(value = fn(&str, &mut [u8]) -> &'static str)] struct Callback;",
    "#[context_key(value = for<'a> fn(&'a str) -> &'a str)] struct Callback;",
    "#[context_key(value = Box<dyn for<'a> Fn(&'a str) -> &'a str + Send>)] struct Callback;",
    "#[context_key(value = Box<dyn Fn(&str, Part<'_>) + Send + 'static>)] struct Callback;",
    "#[context_key(value = [u8; { const N: usize = 4; N }])] struct Buffer;",
    "#[context_key(value = pixel!(rgb))] struct Color;",
    "#[context_key(value = <Alpha as Beta>::Gamma)] struct UserId;",
    "#[doc = \"unsafe\"] #[context_key(value = u64, name = \"unsafe\")] struct NotUnsafe;",
    "#[context_key(value = u64)] struct r#unsafe;",
    "#[context_key(value = u64)] struct Ключ;",
];

/// Inputs with mistakes: each with the tokens that are blamed and the messages.
const UNSOUND: &[(&str, &[(&str, &str)])] = &[
    (
        "struct UserId;",
        &[("UserId", "the value type of `UserId` is missing: add `#[context_key(value = …)]`")],
    ),
    (
        "#[context_key(name = \"n\")] struct UserId;",
        &[("context_key", "the value type of `UserId` is missing: add `value = …`")],
    ),
    (
        "#[context_key()] struct UserId;",
        &[("context_key", "the value type of `UserId` is missing: add `value = …`")],
    ),
    (
        "#[context_key] struct UserId;",
        &[("context_key", "expected the options in parentheses: `#[context_key(value = …)]`")],
    ),
    (
        "#[context_key = \"u64\"] struct UserId;",
        &[(
            "context_key = \"u64\"",
            "expected the options in parentheses: `#[context_key(value = …)]`",
        )],
    ),
    (
        "#[context_key(value)] struct UserId;",
        &[("value", "expected `value = …`, and found `value` alone")],
    ),
    (
        "#[context_key(value: u64)] struct UserId;",
        &[("value", "expected `value = …`, and found `value` alone")],
    ),
    (
        "#[context_key(u64 = 5, value = u64)] struct UserId;",
        &[("u64", "unknown option `u64`; the options are `value`, `name`, `keys` and `crate`")],
    ),
    (
        "#[context_key(\"n\", value = u64)] struct UserId;",
        &[("\"n\"", "expected an option, such as `value = …`")],
    ),
    (
        "#[context_key(value = u64 name = \"n\")] struct UserId;",
        &[("name", "expected `,` before the next option")],
    ),
    (
        "#[context_key(value = u64, value = u32)] struct UserId;",
        &[("value", "`value` is given twice")],
    ),
    (
        "#[context_key(value = u64)] #[context_key(value = u64)] struct UserId;",
        &[("value", "`value` is given twice")],
    ),
    (
        "#[context_key(value = \"u64\")] struct UserId;",
        &[("\"u64\"", "write the type without quotes")],
    ),
    (
        "#[context_key(value = u64, keys = \"AppKeys\")] struct UserId;",
        &[("\"AppKeys\"", "write the path without quotes")],
    ),
    (
        "#[context_key(value = u64, keys = Keys<u8>)] struct UserId;",
        &[("Keys<u8>", "the set of keys is named by a path without generic arguments")],
    ),
    (
        "#[context_key(value = u64, keys = [AppKeys])] struct UserId;",
        &[("[AppKeys]", "the set of keys is named by a path without generic arguments")],
    ),
    (
        "#[context_key(value = u64, crate = <T as U>::weft)] struct UserId;",
        &[("<T as U>::weft", "the `weft` crate is named by a path without generic arguments")],
    ),
    (
        "#[context_key(value = u64, name = NAME)] struct UserId;",
        &[("NAME", "the name is a string literal, such as `name = \"user-id\"`")],
    ),
    (
        "#[context_key(value = u64, name = concat!(\"a\", \"b\"))] struct UserId;",
        &[("concat!(\"a\", \"b\")", "the name is a string literal, such as `name = \"user-id\"`")],
    ),
    (
        "#[context_key(value = u64, name = b\"n\")] struct UserId;",
        &[("b\"n\"", "the name is a string literal, such as `name = \"user-id\"`")],
    ),
    (
        "#[context_key(value = u64, name = \"\")] struct UserId;",
        &[("\"\"", "a context key's name is not empty")],
    ),
    (
        "#[context_key(value = u64, name = \"user\\n\")] struct UserId;",
        &[(
            "\"user\\n\"",
            "a context key's name has no control characters, and this one has U+000A",
        )],
    ),
    (
        "#[context_key(value = u64, name = \"0123456789012345678901234567890123456789012345678901234567890123…\")] struct UserId;",
        &[(
            "\"0123456789012345678901234567890123456789012345678901234567890123…\"",
            "a context key's name has at most 64 bytes, and this one has 67",
        )],
    ),
    (
        "#[context_key(value = u64)] struct __;",
        &[(
            "__",
            "`__` can't be turned into a name (a context key's name is not empty): add `name = \"…\"`",
        )],
    ),
    (
        "#[context_key(value = &str)] struct UserId;",
        &[("&", "a context value outlives the call that stored it: write `&'static`")],
    ),
    (
        "#[context_key(value = Cow<'a, [&'_ u8]>)] struct UserId;",
        &[
            (
                "'a",
                "a context value outlives the call that stored it: `'a` cannot be here, only `'static`",
            ),
            (
                "'_",
                "a context value outlives the call that stored it: `'_` cannot be here, only `'static`",
            ),
        ],
    ),
    (
        "#[context_key(value = (for<'a> fn(&'a u8), &'a u8))] struct UserId;",
        &[(
            "'a",
            "a context value outlives the call that stored it: `'a` cannot be here, only `'static`",
        )],
    ),
    (
        "#[context_key(value = Vec<_>)] struct UserId;",
        &[("_", "a context key has one value type: write it out")],
    ),
    (
        "#[context_key(value = impl Fn(&u8))] struct UserId;",
        &[("impl Fn(&u8)", "a context key has one value type: name it")],
    ),
    (
        "#[context_key(value = [u8; unsafe { N }])] struct UserId;",
        &[(
            "unsafe",
            "a derive of this crate expands to no `unsafe`: name this type with a `type` alias",
        )],
    ),
    (
        "#[context_key(value = unsafe extern \"C\" fn())] struct UserId;",
        &[(
            "unsafe",
            "a derive of this crate expands to no `unsafe`: name this type with a `type` alias",
        )],
    ),
    (
        "#[context_key(value = u64)] struct UserId(u64);",
        &[("(u64)", "a context key holds no data: write `struct UserId;`")],
    ),
    (
        "#[context_key(value = u64)] struct UserId {}",
        &[("{}", "a context key holds no data: write `struct UserId;`")],
    ),
    (
        "#[context_key(value = u64)] enum Id { User, Group }",
        &[(
            "User, Group",
            "a context key is one name, not a choice of several: derive a unit struct for each",
        )],
    ),
    (
        "#[context_key(value = u64)] union UserId { id: u64 }",
        &[("union", "a union cannot be a context key: derive it on a unit struct")],
    ),
    (
        "#[context_key(value = u64)] struct UserId<'a, const N: usize>;",
        &[(
            "<'a, const N: usize>",
            "a context key has no generic parameters: all of its instances would share one name",
        )],
    ),
    (
        "#[context_key(value = u64)] struct UserId where u8: Copy;",
        &[("where u8: Copy", "a context key has no generic parameters to constrain")],
    ),
    // Several mistakes at once.
    (
        "#[context_key(size = 4, value = &[_], name = 5, keys = \"K\")] #[context_key] struct Id<T>(T);",
        &[
            ("size", "unknown option `size`; the options are `value`, `name`, `keys` and `crate`"),
            ("5", "the name is a string literal, such as `name = \"user-id\"`"),
            ("\"K\"", "write the path without quotes"),
            ("context_key", "expected the options in parentheses: `#[context_key(value = …)]`"),
            ("(T)", "a context key holds no data: write `struct Id;`"),
            (
                "<T>",
                "a context key has no generic parameters: all of its instances would share one name",
            ),
            ("&", "a context value outlives the call that stored it: write `&'static`"),
            ("_", "a context key has one value type: write it out"),
        ],
    ),
];

fn tokens(source: &str) -> TokenStream {
    TokenStream::from_str(source).unwrap()
}

/// Returns every token except the brackets of groups, in order.
fn leaves(tokens: TokenStream) -> Vec<TokenTree> {
    tokens
        .into_iter()
        .flat_map(|token| match token {
            TokenTree::Group(group) => leaves(group.stream()),
            leaf => vec![leaf],
        })
        .collect()
}

fn idents(tokens: TokenStream) -> Vec<String> {
    leaves(tokens)
        .into_iter()
        .filter_map(|leaf| match leaf {
            TokenTree::Ident(ident) => Some(ident.to_string()),
            _ => None,
        })
        .collect()
}

#[test]
fn every_right_input_expands_without_complaint() {
    for source in SOUND {
        assert!(Key::read(tokens(source)).is_ok(), "{source}");
        let expansion = expand(tokens(source));
        syn::parse2::<syn::File>(expansion).expect(source);
    }
}

#[test]
fn no_expansion_contains_unsafe_or_anything_that_escapes_the_crate() {
    let unsound = UNSOUND.iter().map(|(source, _)| source);
    for source in SOUND.iter().chain(unsound) {
        let expansion = expand(tokens(source));
        let words = idents(expansion.clone());
        assert!(!words.contains(&"unsafe".into()), "`unsafe` in the expansion of {source}");

        // Other words may be there if the user wrote them, in the type of the value.
        let written = idents(tokens(source));
        for forbidden in [
            "mut",
            "extern",
            "no_mangle",
            "export_name",
            "link",
            "link_section",
            "asm",
            "global_asm",
            "macro_rules",
            "macro_export",
            "include",
        ] {
            let forbidden = forbidden.to_owned();
            assert!(
                !words.contains(&forbidden) || written.contains(&forbidden),
                "`{forbidden}` in the expansion of {source}"
            );
        }

        // `static` is a lifetime and never an item.
        for pair in leaves(expansion).windows(2) {
            if let [before, TokenTree::Ident(word)] = pair
                && word == "static"
            {
                assert!(
                    matches!(before, TokenTree::Punct(punct) if punct.as_char() == '\''),
                    "a static in the expansion of {source}"
                );
            }
        }
    }
}

#[test]
fn the_scan_for_unsafe_would_find_it() {
    let found = idents(quote! { impl A { const A: u8 = { unsafe { 0 } }; } });
    assert!(found.iter().any(|word| word == "unsafe"));
}

#[test]
fn every_path_in_an_expansion_is_absolute_or_the_users_own() {
    struct Paths<'s> {
        written: &'s [String],
        source: &'s str,
    }
    impl<'ast> Visit<'ast> for Paths<'_> {
        fn visit_path(&mut self, path: &'ast Path) {
            let first = path.segments.first().unwrap().ident.to_string();
            assert!(
                path.leading_colon.is_some() || self.written.contains(&first),
                "relative path `{first}` in the expansion of {}",
                self.source
            );
            visit::visit_path(self, path);
        }
        fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
            let name = attribute.path().get_ident().unwrap().to_string();
            assert!(
                ["automatically_derived", "allow", "doc"].contains(&name.as_str()),
                "{name}: {}",
                self.source
            );
        }
    }
    for source in SOUND {
        let file: syn::File = syn::parse2(expand(tokens(source))).unwrap();
        let written = idents(tokens(source));
        Paths { written: &written, source }.visit_file(&file);
    }
}

#[test]
fn every_mistake_is_reported_at_the_users_token_and_all_at_once() {
    for (source, expected) in UNSOUND {
        let Err(errors) = Key::read(tokens(source)) else {
            panic!("accepted: {source}");
        };
        let found: Vec<(String, String)> = errors
            .into_iter()
            .map(|error| (error.span().source_text().unwrap_or_default(), error.to_string()))
            .collect();
        let expected: Vec<(String, String)> =
            expected.iter().map(|(at, says)| ((*at).into(), (*says).into())).collect();
        assert_eq!(found, expected, "{source}");

        let reported = leaves(expand(tokens(source)))
            .iter()
            .filter(|leaf| matches!(leaf, TokenTree::Ident(word) if word == "compile_error"))
            .count();
        assert_eq!(reported, expected.len(), "{source}");
    }
}

#[test]
fn an_input_that_is_not_an_item_is_an_error_and_not_a_panic() {
    for source in ["", "fn f() {}", "struct", "#[context_key(value = u64)]"] {
        assert!(idents(expand(tokens(source))).iter().any(|word| word == "compile_error"));
    }
}

#[test]
fn options_may_come_through_the_variables_of_another_macro() {
    // A `$x:ty`, `$x:literal` or `$x:path` arrives in a group without brackets.
    fn grouped(tokens: TokenStream) -> TokenTree {
        Group::new(Delimiter::None, tokens).into()
    }
    let value = grouped(quote!(u64));
    let name = grouped(quote!("from-macro"));
    let set = grouped(quote!(crate::AppKeys));
    let weft = grouped(quote!(::renamed));
    let key = Key::read(quote! {
        #[context_key(value = #value, name = #name, keys = #set, crate = #weft)]
        struct UserId;
    });
    let Ok(key) = key else { panic!("refused") };
    assert_eq!(key.name.text(), "from-macro");
    assert_eq!(key.set, Some(syn::parse_quote!(crate::AppKeys)));
    assert_eq!(key.weft, syn::parse_quote!(::renamed));

    let elided = grouped(quote!(&u64));
    assert!(
        Key::read(quote!(
            #[context_key(value = #elided)]
            struct UserId;
        ))
        .is_err()
    );
}

#[test]
fn the_name_is_the_type_in_kebab_case_unless_it_is_written() {
    for (source, name) in [
        ("#[context_key(value = u64)] struct UserId;", "user-id"),
        ("#[context_key(value = u64)] struct HTTPRequest2;", "http-request2"),
        ("#[context_key(value = u64)] struct r#type;", "type"),
        ("#[context_key(value = u64)] struct _Hidden_Thing;", "hidden-thing"),
        ("#[context_key(value = u64)] struct Ключ;", "ключ"),
        ("#[context_key(value = u64, name = \"user_id\")] struct UserId;", "user_id"),
        ("#[context_key(value = u64, name = \"\\u{41}\")] struct UserId;", "A"),
    ] {
        let Ok(key) = Key::read(tokens(source)) else { panic!("refused: {source}") };
        assert_eq!(key.name.text(), name, "{source}");
    }
}

#[test]
fn a_spelling_is_readable() {
    for (name, expected) in [
        ("user-id", "user_id"),
        ("user_id", "user_u5f_id"),
        ("trace.id", "trace_u2e_id"),
        ("UserId", "u55_ser_u49_d"),
        ("-", "u2d"),
        ("a--b", "a_u2d_u2d_b"),
        ("a-", "a_u2d"),
        ("u5f", "u75_5f"),
        ("u", "u"),
        ("user-2", "user_2"),
        ("wasi:http/method", "wasi_u3a_http_u2f_method"),
        ("ключ", "u43a_u43b_u44e_u447"),
    ] {
        assert_eq!(spelling(name), expected, "{name}");
    }
}

#[test]
fn spellings_are_different_and_snake_case() {
    // Every name of up to six of the characters that the spelling treats differently.
    let alphabet = ['a', 'u', 'z', '5', '-', '_', 'F'];
    let mut seen: HashMap<String, String> = HashMap::new();
    let mut names = vec![String::new()];
    for _ in 0..6 {
        names = names
            .iter()
            .flat_map(|name| alphabet.iter().map(move |c| format!("{name}{c}")))
            .collect();
        for name in &names {
            let spelled = spelling(name);
            assert!(
                spelled.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
                    && !spelled.contains("__")
                    && !spelled.starts_with('_')
                    && !spelled.ends_with('_')
                    && !spelled.is_empty(),
                "{name}: {spelled}"
            );
            if let Some(other) = seen.insert(spelled, name.clone()) {
                panic!("`{name}` and `{other}` have the same spelling");
            }
        }
    }
}

#[test]
fn the_item_of_a_name_has_the_place_of_the_name() {
    let place = |source: &str, claim: &str| {
        let expansion = leaves(expand(tokens(source)));
        let claim = expansion
            .iter()
            .find(|leaf| matches!(leaf, TokenTree::Ident(word) if word == claim))
            .unwrap();
        claim.span().source_text().unwrap()
    };
    assert_eq!(
        place("#[context_key(value = u64)] struct UserId;", "context_key_user_id"),
        "UserId"
    );
    assert_eq!(
        place("#[context_key(value = u64, name = \"a-b\")] struct UserId;", "context_key_a_b"),
        "\"a-b\""
    );
    assert_eq!(
        place(
            "#[context_key(value = u64, name = \"a-b\", keys = K)] struct UserId;",
            "_context_key_a_b"
        ),
        "\"a-b\""
    );
}

#[test]
fn the_expansion_is_small_and_has_nothing_else() {
    let pretty = |source: &str| {
        prettyplease::unparse(&syn::parse2::<syn::File>(expand(tokens(source))).unwrap())
    };
    insta::assert_snapshot!(
        pretty("#[context_key(value = u64)] pub struct UserId;"),
        @r#"
    #[automatically_derived]
    impl ::weft::context::TypedContextKey for UserId {
        type Value = u64;
        const NAME: &'static ::core::primitive::str = "user-id";
    }
    #[doc(hidden)]
    mod context_key_user_id {}
    "#
    );
    insta::assert_snapshot!(
        pretty(
            "#[context_key(value = [u8; 16], name = \"trace.id\", keys = crate::AppKeys, \
             crate = ::renamed)] struct Trace;"
        ),
        @r#"
    #[automatically_derived]
    impl ::renamed::context::TypedContextKey for Trace {
        type Value = [u8; 16];
        const NAME: &'static ::core::primitive::str = "trace.id";
    }
    #[allow(non_local_definitions)]
    impl crate::AppKeys {
        #[doc(hidden)]
        const fn _context_key_trace_u2e_id() {}
    }
    "#
    );
}
