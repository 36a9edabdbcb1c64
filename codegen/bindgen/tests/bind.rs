//! The bindings that `codegen bind` generates for each construct of WIT, and its errors for
//! mistakes.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that fails panics")]

use std::fs;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use weft_bindgen::{Bindings, Options, bind};
use weft_spec::Report;

#[allow(dead_code, reason = "each test program uses some of it")]
#[path = "bind/compile.rs"]
mod compile;

use compile::{Environment, compile, document};

/// The number of texts that are damaged, to check that every accepted one compiles.
const MUTATIONS: usize = 210;

/// Returns a WIT text or folder of these tests.
fn wit(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bind/wit").join(name)
}

fn bind_world(name: &str, world: Option<&str>, features: &[&str]) -> Bindings {
    let options = Options {
        wit: vec![wit(name)],
        world: world.map(str::to_owned),
        features: features.iter().map(ToString::to_string).collect(),
        ..Options::default()
    };
    bind(&options).unwrap_or_else(|report| panic!("{name}: {report}"))
}

/// Binds every text here, with every world in it.
fn all() -> Vec<(&'static str, Bindings)> {
    [
        ("types", "types.wit", None, &[][..]),
        ("names", "names.wit", None, &[]),
        ("resources", "resources.wit", None, &[]),
        ("async", "async.wit", None, &[]),
        ("everything", "worlds.wit", Some("everything"), &[]),
        ("base", "worlds.wit", Some("test:worlds/base"), &[]),
        ("nothing", "worlds.wit", Some("nothing"), &[]),
        ("only_types", "worlds.wit", Some("only-types"), &[]),
        ("gates", "gates.wit", None, &[]),
        ("gates_fancy", "gates.wit", None, &["fancy"]),
        ("docs", "docs.wit", None, &[]),
        ("versions", "versions", Some("test:root/several"), &[]),
        ("nested", "nested", Some("acme:robots:arm/arm"), &[]),
    ]
    .into_iter()
    .map(|(name, file, world, features)| (name, bind_world(file, world, features)))
    .collect()
}

fn snapshots() -> insta::Settings {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("bind/snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings
}

#[test]
fn bindings_of_each_construct_match_the_snapshots() {
    for (name, bindings) in all() {
        // The first line has a path of this machine.
        let (_, text) = bindings.text.split_once("\n\n").expect("there is a header");
        snapshots().bind(|| insta::assert_snapshot!(name, text));
    }
}

#[test]
fn each_construct_compiles_with_and_without_std_and_can_be_used() {
    let texts: Vec<_> = all().into_iter().map(|(_, bindings)| bindings.text).collect();
    let code = include_str!("bind/host.rs");
    for (name, environment) in
        [("constructs", Environment::Alloc), ("constructs-std", Environment::Std)]
    {
        compile(name, environment, &texts, code)
            .and_then(|()| document(name))
            .unwrap_or_else(|said| panic!("{said}"));
    }
}

#[test]
fn only_lines_of_files_in_use_are_counted() {
    let several = bind_world("versions", Some("several"), &[]);
    assert_eq!(several.wit_lines, 8 + 3 + 3 + 3);
    assert_eq!(several.rust_lines, several.text.lines().count());
    assert_eq!(several.world, "test:root/several");
    assert_eq!(bind_world("worlds.wit", Some("only-types"), &[]).wit_lines, 41);
}

/// Binds files of these names and texts. The report names them as if they were in `wit/`.
fn bind_files(files: &[(&str, &[u8])], world: Option<&str>) -> Result<Bindings, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path().join("wit");
    fs::create_dir(&root).expect("a folder");
    for (name, text) in files {
        let path = root.join(name);
        fs::create_dir_all(path.parent().expect("it has a folder")).expect("a folder");
        fs::write(path, text).expect("writable");
    }
    let world = world.map(str::to_owned);
    let shown = |report: Report| {
        assert!(report.has_errors());
        report.to_string().replace(&root.display().to_string(), "wit")
    };
    bind(&Options { wit: vec![root.clone()], world, ..Options::default() }).map_err(shown)
}

fn mistake(name: &str, files: &[(&str, &str)], world: Option<&str>) {
    let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
    let report = bind_files(&files, world).expect_err(name);
    snapshots().bind(|| insta::assert_snapshot!(format!("mistake_{name}"), report));
}

#[test]
fn a_mistake_is_shown_with_its_file_line_and_caret() {
    let a = "package a:a;\n";
    let with = |text: &str| format!("{a}{text}\n");
    mistake("syntax", &[("a.wit", &with("interface i { f: func( }"))], None);
    mistake("character", &[("a.wit", &with("world w {}")), ("b.wit", "// \u{7}\n")], None);
    mistake("type", &[("a.wit", &with("interface i { f: func(x: missing); }"))], None);
    mistake("interface", &[("a.wit", &with("world w { import missing; }"))], None);
    mistake("package", &[("a.wit", &with("world w { import b:b/c@1.0.0; }"))], None);
    mistake("duplicate", &[("a.wit", &with("interface i {}\ninterface i {}"))], None);
    mistake("cycle", &[("a.wit", &with("interface i { type a = b; type b = a; }"))], None);
    mistake("no_package", &[("a.wit", "interface i {}")], None);
    mistake("nested_name", &[("a.wit", "package a:1:c;\nworld w {}")], None);
    mistake("nested_package", &[("a.wit", "package a:b:c;\nworld w { import p:q:r/s/i; }")], None);
    mistake(
        "nested_names_alike",
        &[("a.wit", "package a:b:c;\nworld w { import a-b:c/i; }")],
        None,
    );
    let encoded = "(component (type (component (type (instance))
        (export \"a-b:c/i\" (instance (type 0))))) (export \"i\" (type 0)))";
    mistake(
        "nested_name_encoded",
        &[("a.wit", &with("world w { import a:b:c/i; }")), ("deps/b.wat", encoded)],
        None,
    );
    mistake(
        "nested_names_restored",
        &[("a.wit", "package a:b:c;\nworld w { import a-b:c-d/i; }")],
        None,
    );
    mistake(
        "several_at_once",
        &[
            ("a.wit", &with("interface i { f func(); }")),
            ("b.wit", "interface j {\n  g: func() -> ;\n}"),
            ("deps/c.wit", "package c:c;\ninterface {}"),
        ],
        None,
    );
    mistake(
        "duplicate_package",
        &[("a.wit", &with("world w {}")), ("deps/b.wit", a), ("deps/c/c.wit", "package a:a;")],
        None,
    );
}

#[test]
fn an_ambiguous_or_unknown_world_lists_the_worlds() {
    let two = "package a:a@1.0.0;\nworld one {}\nworld two {}\n";
    let files = [("a.wit", two), ("deps/b.wit", "package b:b;\nworld one {}\nworld three {}\n")];
    mistake("world_not_named", &files, None);
    mistake("world_unknown", &files, Some("four"));
    mistake("world_not_a_name", &files, Some("a:a/@"));
    mistake(
        "world_in_several_versions",
        &[
            ("a.wit", "package a:a;\n"),
            ("deps/b.wit", "package b:b@1.0.0;\nworld w {}"),
            ("deps/c.wit", "package b:b@2.0.0;\nworld w {}"),
        ],
        Some("b:b/w"),
    );
    mistake("world_none", &[("a.wit", "package a:a;\n")], None);

    let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_bytes())).collect();
    for (name, full) in [
        ("one", "a:a/one@1.0.0"),
        ("a:a/one", "a:a/one@1.0.0"),
        ("a:a/two@1.0.0", "a:a/two@1.0.0"),
        ("three", "b:b/three"),
        ("b:b/one", "b:b/one"),
    ] {
        assert_eq!(bind_files(&files, Some(name)).map(|bound| bound.world), Ok(full.to_owned()));
    }
}

#[test]
fn unsupported_constructs_are_errors_that_name_them() {
    let wide = "package a:a;\ninterface i {\n  record r {\n    \
        t: tuple<u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8>,\n    \
        l: list<list<u64, 65536>, 65536>,\n  }\n}\nworld w { import i; }\n";
    mistake("unsupported", &[("a.wit", wide)], None);
}

#[test]
fn unreadable_files_are_errors_that_name_them() {
    let said = |path: &Path| {
        let options = Options { wit: vec![path.to_owned()], ..Options::default() };
        bind(&options).expect_err("it is not there").to_string()
    };
    let missing = said(&wit("missing.wit"));
    assert!(missing.contains("error[io]: cannot read `"), "{missing}");
    assert!(missing.contains("missing.wit`"), "{missing}");

    let empty = bind_files(&[("readme.md", b"# No WIT")], None).expect_err("there is none");
    assert!(empty.contains("error[wit-empty]: `wit` has no WIT file"), "{empty}");

    let binary = [("a.wit", &b"package a:a;\nworld w {}\n\xff\xfe"[..])];
    let binary = bind_files(&binary, None).expect_err("it is not UTF-8");
    assert!(binary.contains("error[wit-not-utf8]: `wit/a.wit` is not UTF-8: line 3"), "{binary}");

    let wasm = [("a.wit", &b"package a:a;"[..]), ("deps/b.wasm", b"\0asm\x01\0\0\0")];
    let wasm = bind_files(&wasm, None).expect_err("it is not a package");
    assert!(wasm.contains("error[wit-encoded]: `wit/deps/b.wasm` is not a WIT package"), "{wasm}");
}

/// Returns the texts that are damaged below.
fn texts() -> Vec<String> {
    let names = ["types", "names", "resources", "async", "worlds", "gates", "docs"];
    let read = |name| fs::read_to_string(wit(&format!("{name}.wit"))).expect("it is there");
    names.into_iter().map(read).collect()
}

/// Returns `text` with one word replaced by another of its words, so that names collide.
fn exchange_words(text: &str, from: usize, to: usize) -> String {
    let places: Vec<_> = text.match_indices(|c: char| c.is_ascii_alphabetic()).collect();
    let word = |number: usize| {
        let start = places.get(number % places.len()).map_or(0, |(at, _)| *at);
        let rest = text.get(start..).unwrap_or_default();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-');
        start..start + end.unwrap_or(rest.len())
    };
    let mut damaged = text.to_owned();
    damaged.replace_range(word(to), text.get(word(from)).unwrap_or_default());
    damaged
}

#[test]
fn all_accepted_wit_compiles() {
    let mut seed = 1_usize;
    let mut random = || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        seed >> 33
    };
    let mut taken = Vec::new();
    for text in texts().iter().cycle().take(MUTATIONS) {
        let once = exchange_words(text, random(), random());
        let twice = exchange_words(&once, random(), random());
        for damaged in [once, twice] {
            let world = damaged.contains("world everything").then_some("everything");
            if let Ok(bindings) = bind_files(&[("a.wit", damaged.as_bytes())], world)
                && !taken.contains(&bindings.text)
            {
                taken.push(bindings.text);
            }
        }
    }
    assert!(taken.len() > MUTATIONS / 8, "only {} were taken", taken.len());
    compile("mutations", Environment::Alloc, &taken, "").unwrap_or_else(|said| panic!("{said}"));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    /// Checks that damaged WIT becomes bindings or a report.
    #[test]
    fn damaged_wit_never_panics(
        which in 0_usize..7,
        cut in 0.0_f64..1.0,
        tail in proptest::bool::ANY,
        flips in proptest::collection::vec((0.0_f64..1.0, proptest::num::u8::ANY), 0..4),
    ) {
        let texts = texts();
        let text = texts.get(which).expect("there are seven");
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
        let at = |part: f64, length: usize| (part * length as f64) as usize;
        let mut bytes = text.clone().into_bytes();
        let place = at(cut, bytes.len());
        if tail {
            bytes.truncate(place);
        } else {
            let end = (place + 7).min(bytes.len());
            bytes.drain(place..end);
        }
        for (place, byte) in flips {
            let place = at(place, bytes.len());
            if let Some(found) = bytes.get_mut(place) {
                *found = byte;
            }
        }
        if let Err(report) = bind_files(&[("a.wit", &bytes)], None) {
            prop_assert!(report.starts_with("error"), "{report}");
        }
    }

    /// Checks texts in which one word replaces another, so that names collide.
    #[test]
    fn exchanged_words_never_panic(
        which in 0_usize..7,
        from in proptest::num::usize::ANY,
        to in proptest::num::usize::ANY,
    ) {
        let texts = texts();
        let text = texts.get(which).expect("there are seven");
        let damaged = exchange_words(text, from, to);
        if let Err(report) = bind_files(&[("a.wit", damaged.as_bytes())], None) {
            prop_assert!(report.starts_with("error"), "{report}");
        }
    }
}
