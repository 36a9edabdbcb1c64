//! Every construct of WIT may have every name: keywords of Rust, names of its prelude and of the
//! bindings, and parameter names of the glue.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that fails panics")]

use std::fmt::Write as _;
use std::fs;

use weft_bindgen::{Options, bind};

#[path = "bind/compile.rs"]
#[allow(dead_code, reason = "other test programs use more of it")]
mod compile;

use compile::{Environment, compile};

/// Rust's keywords, including the reserved ones.
const KEYWORDS: &str = "as async await break const continue crate dyn else enum extern false fn for gen \
    if impl in let loop match mod move mut pub ref return self static struct super trait true type \
    unsafe use where while abstract become box do final macro override priv try typeof unsized virtual \
    yield union raw safe auto";

/// Names of the prelude, of crates, of primitive types, and of attributes.
const PRELUDE: &str = "string vec option result ok err some none box send sync sized copy clone default \
    drop debug eq hash partial-eq ord into from iterator fn-once to-owned weft weft-runtime core std \
    alloc bool char str u8 u32 i8 i64 f32 f64 usize isize test derive allow doc main future display \
    error fmt";

/// Names of the bindings and in their glue.
const GLUE: &str = "e t h a r s p f host caller access linker find interface instance exports export \
    import world own borrow own-handle borrow-handle stream-handle future-handle host-caller \
    host-access host-error or-trap core-engine calls async-calls call-error typed-function value flags \
    error-context b-tree-map resource list map tuple record variant new store this self-arg payload \
    function functions name names interfaces imports add-to-linker host-e add types run call get set \
    component-type lift lower array static-str result-t payload2 x1";

fn words<'t>(texts: &[&'t str]) -> Vec<&'t str> {
    let mut names: Vec<_> = texts.iter().flat_map(|it| it.split_whitespace()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Constructs, each with the item of an interface that is called `N`.
const CONSTRUCTS: [(&str, &str); 17] = [
    ("record", "record %N { a: u8, b: string } use-it: func(x: %N) -> list<%N>;"),
    ("field", "record it { %N: string } use-it: func(x: it) -> it;"),
    ("variant", "variant %N { a(string), b } use-it: func(x: %N) -> result<%N, %N>;"),
    ("case", "variant it { %N(string) } use-it: func(x: it) -> result<it, it>;"),
    ("enum", "enum %N { a, b } use-it: func(x: %N) -> result<_, %N>;"),
    ("label", "enum it { %N } flags many { %N } use-it: func(x: it) -> result<many, it>;"),
    ("flags", "flags %N { a, b } use-it: func(x: %N) -> option<%N>;"),
    ("alias", "type %N = tuple<string, list<u8>>; use-it: func(x: %N) -> %N;"),
    (
        "long",
        "type %N = tuple<u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8>; f1: func(x: %N);",
    ),
    (
        "resource",
        "resource %N { constructor(x: string); m: func(); } f1: func(x: borrow<%N>) -> %N;",
    ),
    ("bare", "resource %N; f1: func(x: borrow<%N>) -> u32; f2: func(x: %N) -> stream<%N>;"),
    ("method", "resource it { %N: func(x: u8) -> u8; } f1: func(x: it);"),
    ("async-method", "resource it { %N: async func(x: string) -> result<string>; }"),
    ("static", "resource it { %N: static func(x: stream<u8>) -> it; }"),
    ("function", "%N: func(x: string) -> option<string>;"),
    ("async-function", "%N: async func(x: string) -> result<string, string>;"),
    (
        "parameter",
        "f1: func(%N: string) -> string; f2: async func(%N: u8, b1: string) -> u8;
        f3: func(%N: stream<u8>) -> future<u8>;
        f4: func(%N: u8, p1: u8, p2: u8, p3: u8, p4: u8, p5: u8, p6: u8, p7: u8, p8: u8, p9: u8,
            q1: u8, q2: u8, q3: u8, q4: u8, q5: u8, q6: u8, q7: u8);",
    ),
];

/// Returns a world that imports and exports an interface for each name.
fn world_of(construct: &str, within: &str, names: &[&str]) -> String {
    let mut text = format!("package test:{construct}-names;\n");
    let mut world = "world w {\n".to_owned();
    for name in names {
        let _ = writeln!(text, "interface x-{name} {{ {} }}", within.replace('N', name));
        let _ = writeln!(world, "  import x-{name};\n  export x-{name};");
    }
    text + &world + "}\n"
}

/// Returns worlds that use the names for items around types and functions.
fn worlds_around(names: &[&str]) -> Vec<(String, String)> {
    let item = "record r { a: string } f: func(x: r) -> r; g: async func();";
    let mut interfaces = "package test:interfaces;\n".to_owned();
    let mut world = "world w {\n".to_owned();
    let mut inline = "package test:inline;\nworld w {\n".to_owned();
    let mut functions = "package test:functions;\nworld w {\n".to_owned();
    let mut types = "package test:types;\nworld w {\n".to_owned();
    let mut packages = "package test:packages;\n".to_owned();
    let mut imports = "world w {\n".to_owned();
    for name in names {
        let _ = writeln!(interfaces, "interface %{name} {{ {item} }}");
        let _ = writeln!(world, "  import %{name};\n  export %{name};");
        let _ = writeln!(inline, "  import %{name}: interface {{ {item} }}");
        let _ = writeln!(inline, "  export %{name}: interface {{ {item} }}");
        let _ = writeln!(functions, "  import %{name}: func(x: string) -> string;");
        let _ = writeln!(functions, "  export %{name}: async func(x: string) -> string;");
        let _ = writeln!(types, "  record %{name} {{ a: u8 }}");
        let _ = writeln!(types, "  import f-{name}: func(x: %{name}) -> %{name};");
        let _ = writeln!(packages, "package %{name}:x {{ interface i {{ {item} }} }}");
        let _ = writeln!(packages, "package x:%{name} {{ interface i {{ {item} }} }}");
        for package in [format!("%{name}:x"), format!("x:%{name}")] {
            let _ = writeln!(imports, "  import {package}/i;\n  export {package}/i;");
        }
    }
    let mut worlds = vec![
        ("interfaces".to_owned(), interfaces + &world + "}\n"),
        ("inline".to_owned(), inline + "}\n"),
        ("functions".to_owned(), functions + "}\n"),
        ("types".to_owned(), types + "}\n"),
        ("packages".to_owned(), packages + &imports + "}\n"),
    ];
    for name in names {
        let text = format!(
            "package test:worlds;\nworld %{name} {{ record r {{ a: u8 }} import f: func(x: r); \
             export g: func(x: r) -> r; }}\n"
        );
        worlds.push((format!("world {name}"), text));
    }
    worlds
}

/// Binds and compiles a world for each construct with all of `names`.
fn check(crate_name: &str, environment: Environment, names: &[&str]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("names.wit");
    let mut worlds = worlds_around(names);
    worlds
        .extend(CONSTRUCTS.map(|(name, within)| (name.to_owned(), world_of(name, within, names))));
    let bindings: Vec<_> = worlds
        .iter()
        .map(|(what, text)| {
            fs::write(&path, text).expect("writable");
            let options = Options { wit: vec![path.clone()], ..Options::default() };
            bind(&options).unwrap_or_else(|report| panic!("{what}: {report}")).text
        })
        .collect();
    println!("{} names, {} worlds", names.len(), bindings.len());
    compile(crate_name, environment, &bindings, "").unwrap_or_else(|said| panic!("{said}"));
}

/// The names that bindings use most, of each kind.
const OFTEN: &str = "self crate super type async gen string vec option result ok err some none send sized \
    future weft core std e t h host caller access linker find interface own borrow value world exports \
    store own-handle host-access or-trap or-trap2 drop new this x1";

#[test]
fn constructs_may_have_the_names_that_bindings_use() {
    check("names", Environment::All, &words(&[OFTEN]));
}

#[test]
#[ignore = "it compiles for minutes"]
fn every_construct_may_have_every_name() {
    check("names2024", Environment::All, &words(&[KEYWORDS, PRELUDE, GLUE]));
}

/// Checks the older edition, which differs only in its keywords.
#[test]
#[ignore = "it compiles for minutes"]
fn constructs_may_be_named_like_keywords_in_edition_2021() {
    check("names2021", Environment::Std, &words(&[KEYWORDS]));
}
