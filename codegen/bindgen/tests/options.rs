//! Each option of bindings is compiled, and used by a host.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that fails panics")]

use std::path::Path;

use weft_bindgen::{FunctionRule, Options, Ownership, StoreMode, TypeRule, bind};

#[allow(dead_code, reason = "each test program uses some of it")]
#[path = "bind/compile.rs"]
mod compile;

use compile::{Environment, compile};

/// Returns the options that all of these tests have.
fn options(world: &str) -> Options {
    let wit = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bind/wit/options.wit");
    Options { wit: vec![wit], world: Some(world.to_owned()), ..Options::default() }
}

fn text(options: &Options) -> String {
    bind(options).unwrap_or_else(|report| panic!("{report}")).text
}

fn rule(pattern: &str) -> FunctionRule {
    FunctionRule { pattern: pattern.to_owned(), ..FunctionRule::default() }
}

fn pair(name: &str, rust: &str) -> (String, String) {
    (name.to_owned(), rust.to_owned())
}

/// Returns bindings with resources that are values, user's errors, and each way to implement a
/// function.
fn mapped() -> String {
    let of_all = FunctionRule { traps: Some(true), ..rule("test:options/files") };
    let info = FunctionRule {
        store: Some(StoreMode::Async),
        ..rule("test:options/files/[method]file.info")
    };
    let read = FunctionRule { traps: Some(false), ..rule("test:options/files/[method]file.read") };
    let log = FunctionRule { store: Some(StoreMode::Caller), traced: Some(true), ..rule("log") };
    let count = FunctionRule { default: Some(true), ..rule("test:options/plain") };
    text(&Options {
        functions: vec![of_all, info, read, log, count],
        with: vec![
            pair("test:options/files/file", "crate::MyFile"),
            pair("test:options/plain/counter", "crate::Counter"),
        ],
        errors: vec![pair("test:options/files/failure", "crate::MyError")],
        derives: vec!["PartialOrd".to_owned()],
        ownership: Ownership::Borrowing,
        types: vec![
            named(),
            TypeRule {
                pattern: "test:options/files/shape".to_owned(),
                without_derives: vec!["PartialOrd".to_owned()],
                ..TypeRule::default()
            },
        ],
        ..options("w")
    })
}

fn named() -> TypeRule {
    TypeRule {
        pattern: "test:options/data/info".to_owned(),
        derives: vec!["Ord".to_owned(), "Default".to_owned()],
        name: Some("FileInfo".to_owned()),
        ..TypeRule::default()
    }
}

/// Returns bindings of two worlds that share the types and traits of an interface.
fn sharing() -> String {
    text(&Options {
        with: vec![
            pair("test:options/files", "crate::bindings0::test::options::files"),
            pair("test:options/data", "crate::bindings0::test::options::data"),
        ],
        types: vec![named()],
        ownership: Ownership::BorrowingDuplicates,
        visibility: "pub(crate)".to_owned(),
        ..options("w")
    })
}

/// Returns bindings for a host that is a view, in a file for `include!`.
fn views() -> String {
    text(&Options { views: true, inner_attributes: false, ..options("views") })
}

#[test]
fn every_option_compiles_and_can_be_used() {
    let owning = text(&Options { crate_path: "weft".to_owned(), ..options("w") });
    let texts = [mapped(), sharing(), owning];
    let code = include_str!("bind/options_host.rs").replace("INCLUDED", &views());
    compile("options", Environment::Std, &texts, &code).unwrap_or_else(|said| panic!("{said}"));
}

#[test]
fn a_pattern_can_be_a_package_and_drops_can_have_default_bodies() {
    let [all, versioned] = ["test:options", "test:options@9.0.0"].map(rule);
    let all = FunctionRule { default: Some(true), ..all };
    let bindings = text(&Options { functions: vec![all], ..options("w") });
    assert!(bindings.contains("\"[resource-drop]file\""), "{bindings}");
    let code = "
        /// A host.
        #[derive(Debug)]
        pub struct S;
        impl bindings0::test::options::files::HostFile for S {}
        impl bindings0::test::options::files::Host for S {}
        impl bindings0::test::options::plain::HostCounter for S {
            fn drop(
                &mut self,
                _: weft::binding::OwnHandle<bindings0::test::options::plain::Counter>,
            ) -> Result<(), weft::binding::HostError> {
                Ok(())
            }
        }
        impl bindings0::test::options::plain::Host for S {}";
    compile("package", Environment::Std, &[bindings], code).unwrap_or_else(|said| panic!("{said}"));
    let report = bind(&Options { functions: vec![versioned], ..options("w") });
    let said = report.expect_err("there is no such version").to_string();
    assert!(said.contains("the world has no function `test:options@9.0.0`"), "{said}");
}

#[test]
fn an_async_host_function_with_self_gets_an_explanation() {
    let code = "
        pub struct S;
        impl bindings0::test::options::files::HostFile for S {
            async fn sync(&mut self, _: weft::binding::BorrowHandle<'static, bindings0::test::options::files::File>)
                -> Result<(), weft::binding::OrTrap<bindings0::test::options::files::Failure>> { Ok(()) }
        }";
    let said = compile("no-self", Environment::Std, &[text(&options("w"))], code);
    let said = said.expect_err("there is a `self`");
    assert!(said.contains("No `self`: an `.await` can't keep it borrowed"), "{said}");
}

#[test]
fn long_parameter_lists_and_names_of_generics_compile() {
    let limits = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/limits");
    let texts = ["seventeen-params.wit", "resource-named-e.wit"]
        .map(|name| text(&Options { wit: vec![limits.join(name)], ..Options::default() }));
    compile("once-refused", Environment::Std, &texts, "").unwrap_or_else(|said| panic!("{said}"));
}

#[test]
fn host_options_are_refused_for_exports() {
    let api = "api".to_owned();
    for (what, refused) in [
        ("with", Options { with: vec![pair("api", "crate::api")], ..options("w") }),
        ("errors", Options { errors: vec![pair("api/entry", "crate::E")], ..options("w") }),
        ("functions", Options { functions: vec![rule("api/find")], ..options("w") }),
    ] {
        let said = bind(&refused).expect_err(what).to_string();
        assert!(said.contains("but does not import it"), "{what}: {said}");
    }
    let types = vec![TypeRule { pattern: api, derives: vec!["Eq".into()], ..TypeRule::default() }];
    assert!(bind(&Options { types, ..options("w") }).is_ok());
}

#[test]
fn without_a_linker_rules_for_functions_have_no_effect() {
    let all = FunctionRule {
        store: Some(StoreMode::Async),
        default: Some(true),
        traced: Some(true),
        ..rule("*")
    };
    let types_only = Options { functions: vec![all], linker: false, ..options("w") };
    compile("types-only", Environment::Types, &[text(&types_only)], "")
        .unwrap_or_else(|said| panic!("{said}"));
}
