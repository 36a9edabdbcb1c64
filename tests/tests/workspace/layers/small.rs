//! Tests of the resolver on small inputs.

use std::collections::BTreeSet;
use std::path::PathBuf;

use super::circles::{circles, circles_of_files, file_graph};
use super::closures::misplaced;
use super::naming::{Kind, namings};
use super::resolve::Target;
use super::rooms::{Plan, Room};
use super::source::{CrateTexts, FileId, Tree};

/// Parses crates; each file is given as `crate/path` and text.
fn tree(files: &[(&str, &str)]) -> Tree {
    let names: BTreeSet<&str> =
        files.iter().map(|(path, _)| path.split('/').next().unwrap_or_default()).collect();
    let texts = |name: &str| {
        let own = files.iter().filter_map(|(path, text)| {
            let path = path.strip_prefix(name)?.strip_prefix('/')?;
            Some((PathBuf::from(path), (*text).to_owned()))
        });
        CrateTexts { name: name.to_owned(), texts: own.collect(), shown: name.to_owned() }
    };
    let crates: Vec<CrateTexts> = names.into_iter().map(texts).collect();
    Tree::parse(&crates)
}

/// Returns every path in a file as `path -> module`, with `(module)` if it names a module.
fn named(tree: &Tree, file: &str) -> BTreeSet<String> {
    let namings = namings(tree);
    assert_eq!(namings.unresolved, [""; 0]);
    assert_eq!(tree.errors, [""; 0]);
    let mut shown = BTreeSet::new();
    for naming in namings.namings.iter().filter(|it| tree.files[it.file.0].path == file) {
        for found in &naming.found {
            let (module, mark) = match found.target {
                Target::Module(module) => (module, " (module)"),
                Target::Item(module) => (module, ""),
                Target::Foreign => continue,
            };
            let module = tree.modules[module.0].path.join("::");
            shown.insert(format!("{} -> {module}{mark}", naming.path));
        }
    }
    shown
}

fn set(lines: &[&str]) -> BTreeSet<String> {
    lines.iter().map(|it| (*it).to_owned()).collect()
}

#[test]
fn nested_use_trees_are_one_path_for_each_name() {
    let tree = tree(&[
        ("one/lib.rs", "mod a; mod b;"),
        ("one/a.rs", "use crate::{b::{self, c::{D, E as F}, G}}; type T = F; type U = b::c::D;"),
        ("one/b.rs", "pub mod c; pub struct G;"),
        ("one/b/c.rs", "pub struct D; pub struct E;"),
    ]);
    let expected = set(&[
        "crate::b -> one::b (module)",
        "crate::b::c::D -> one::b::c",
        "crate::b::c::E -> one::b::c",
        "crate::b::G -> one::b",
        "F -> one::b::c",
        "b::c::D -> one::b::c",
    ]);
    assert_eq!(named(&tree, "one/a.rs"), expected);
}

#[test]
fn globs_reach_modules_and_cases_and_yield_to_own_names() {
    let tree = tree(&[
        ("one/lib.rs", "mod a; mod b;"),
        (
            "one/a.rs",
            "use super::b::*; use super::b::Kind::*; struct Own; fn f(_: Own, _: Other) { First; }",
        ),
        ("one/b.rs", "pub struct Own; pub struct Other; pub enum Kind { First }"),
    ]);
    let expected = set(&[
        "super::b -> one::b (module)",
        "super::b::Kind -> one::b",
        "Own -> one::a",
        "Other -> one::b",
        "First -> one::b",
    ]);
    assert_eq!(named(&tree, "one/a.rs"), expected);
}

#[test]
fn chains_of_super_start_at_the_module_that_writes_them() {
    let tree = tree(&[
        ("one/lib.rs", "mod a; struct Top;"),
        ("one/a/mod.rs", "mod b; struct Middle; mod inner { type T = super::super::Top; }"),
        (
            "one/a/b.rs",
            "type T = super::super::Top; type U = super::Middle; type V = self::T; mod c { type W = super::super::Middle; }",
        ),
    ]);
    let expected = set(&[
        "super::super::Top -> one",
        "super::Middle -> one::a",
        "self::T -> one::a::b",
        "super::super::Middle -> one::a",
    ]);
    assert_eq!(named(&tree, "one/a/b.rs"), expected);
    assert_eq!(named(&tree, "one/a/mod.rs"), set(&["super::super::Top -> one"]));
}

#[test]
fn re_exports_lead_to_the_file_that_defines_the_item() {
    let tree = tree(&[
        ("core/lib.rs", "pub mod machine; mod generated; pub use generated::trap;"),
        ("core/machine/mod.rs", "mod task; pub use task::Task;"),
        ("core/machine/task.rs", "pub struct Task;"),
        ("core/generated/mod.rs", "pub mod trap;"),
        ("core/generated/trap.rs", "pub struct Trap;"),
        ("user/lib.rs", "pub use core::{machine, trap}; mod a;"),
        (
            "user/a.rs",
            "use crate::machine::Task as T; use crate::trap; type X = T; type Y = trap::Trap; type Z = ::core::trap::Trap;",
        ),
    ]);
    let expected = set(&[
        "crate::machine::Task -> core::machine::task",
        "crate::trap -> core::generated::trap (module)",
        "T -> core::machine::task",
        "trap::Trap -> core::generated::trap",
        "core::trap::Trap -> core::generated::trap",
    ]);
    assert_eq!(named(&tree, "user/a.rs"), expected);
}

#[test]
fn names_inside_an_item_belong_to_the_item() {
    let tree = tree(&[
        ("one/lib.rs", "mod a; mod b;"),
        (
            "one/a.rs",
            "use crate::b::Kind; fn f() -> Kind { match g() { Kind::First => <Kind as crate::b::New>::new(), k => Kind::new() } }",
        ),
        ("one/b.rs", "pub enum Kind { First } pub trait New {}"),
    ]);
    let expected = set(&[
        "crate::b::Kind -> one::b",
        "Kind -> one::b",
        "Kind::First -> one::b",
        "Kind::new -> one::b",
        "crate::b::New::new -> one::b",
    ]);
    assert_eq!(named(&tree, "one/a.rs"), expected);
}

#[test]
fn macros_name_the_items_in_their_input_and_definition() {
    let tree = tree(&[
        ("one/lib.rs", "mod a; mod b; mod c; extern crate self as one;"),
        (
            "one/a.rs",
            "macro_rules! make { ($name:ident) => { struct $name($crate::b::B, B); } } pub(crate) use make; \
             #[macro_export] macro_rules! rows { ([$name:ident]) => { $name! { Row } }; } \
             #[macro_export] macro_rules! a { () => { crate::a::make!(X) }; }",
        ),
        (
            "one/b.rs",
            "pub struct B; made! { pub struct Made; } \
             macro_rules! table { ($($row:ident)*) => { pub enum Table { $($row,)* } } } \
             crate::rows! { [table] }",
        ),
        (
            "one/c.rs",
            "use crate::{a::make, b}; make!(C); crate::a!(); fn f(x: C) { assert!(x.b == b::B, \"{b}\", crate::b::Made, b::Table::Row); vec![one::b::B]; } \
             pub(crate) use local; macro_rules! local { () => {}; }",
        ),
    ]);
    assert_eq!(
        named(&tree, "one/a.rs"),
        set(&["crate::b::B -> one::b", "crate::a::make -> one::a", "make -> one::a"])
    );
    let expected = set(&[
        "crate::b -> one::b (module)",
        "C -> one::c",
        "b::B -> one::b",
        "crate::b::Made -> one::b",
        "b::Table::Row -> one::b",
        "one::b::B -> one::b",
        "local -> one::c",
        "make -> one::a",
        "crate::a::make -> one::a",
        "crate::a -> one::a",
        "crate::a -> one::a (module)",
    ]);
    assert_eq!(named(&tree, "one/c.rs"), expected);
}

#[test]
fn blocks_have_names_of_their_own() {
    let tree = tree(&[
        ("one/lib.rs", "mod a; mod b;"),
        (
            "one/a.rs",
            "struct Own; fn f() { use crate::b::Own; use crate::b::c as d; let x: Own = d::E; } fn g(_: Own) { struct Own; let _: Own; }",
        ),
        ("one/b.rs", "pub struct Own; pub mod c { pub struct E; }"),
    ]);
    let expected = set(&[
        "crate::b::Own -> one::b",
        "crate::b::c -> one::b::c (module)",
        "crate::b::c::E -> one::b::c",
        "Own -> one::a",
    ]);
    assert_eq!(named(&tree, "one/a.rs"), expected);
}

#[test]
fn tests_are_left_out() {
    let tree = tree(&[
        (
            "one/lib.rs",
            "mod a; #[cfg(test)] mod tests; #[cfg(all(test, feature = \"std\"))] use crate::lost::X;",
        ),
        (
            "one/a.rs",
            "#[cfg(any(feature = \"std\", test))] struct A;\n#[cfg(test)]\nmod tests {\n    use super::super::gone::A;\n}\n",
        ),
        ("one/tests/mod.rs", "mod inner; use crate::lost::X;"),
        ("one/tests/inner.rs", "use crate::lost::X;"),
    ]);
    assert_eq!(tree.errors, [""; 0]);
    assert_eq!(namings(&tree).unresolved, [""; 0]);
    assert_eq!(tree.lines(FileId(1)), 1);
    assert!(tree.modules.iter().any(|it| it.names.contains_key("A")));
}

#[test]
fn source_that_is_not_understood_is_an_error() {
    let tree = tree(&[
        ("one/lib.rs", "mod a; #[macro_use]\nmod b;"),
        (
            "one/a.rs",
            "use crate::c::D;\nuse super::b::{E, F};\nfn f() { let std = std::mem::take; variable::x(); }",
        ),
        ("one/b.rs", "pub struct E;"),
        ("one/forgotten.rs", ""),
    ]);
    let expected = [
        "one/lib.rs:2: no path leads to a macro of `#[macro_use]`: import it",
        "one/forgotten.rs: no module of the crate has this file",
    ];
    assert_eq!(tree.errors, expected);
    let expected = [
        "one/a.rs:1: crate::c::D: there is no `c` in one",
        "one/a.rs:2: super::b::F: there is no `F` in one::b",
    ];
    assert_eq!(namings(&tree).unresolved, expected);
}

const SMALL: &[Room] = &[
    Room { name: "low", modules: &["one::low"], may_not_write: &["E::run"], ..Room::NONE },
    Room { name: "inner", modules: &["one::high::inner"], may_name: &["low"], ..Room::NONE },
    Room {
        name: "high",
        modules: &["one::high", "one::gone"],
        may_name: &["low", "inner", "higher"],
        keeps_closures: true,
        ..Room::NONE
    },
];

#[test]
fn closures_in_forbidden_rooms_are_found() {
    let tree = tree(&[
        ("one/lib.rs", "mod low; mod high;"),
        (
            "one/low.rs",
            "struct A(\nBox<dyn FnOnce() + Send>);\nfn f(_: &mut dyn core::ops::FnMut(u8), _: impl Fn()) {}\n\
             #[cfg(test)] type B = dyn Fn(); type C = dyn Clone;",
        ),
        ("one/high.rs", "struct A(Box<dyn Fn()>);"),
    ]);
    let expected =
        ["one/low.rs:2: low may not keep a closure", "one/low.rs:3: low may not keep a closure"];
    assert_eq!(misplaced(&tree, &Plan::new(&tree, SMALL)), expected);
}

#[test]
fn a_room_may_name_itself_and_the_rooms_of_its_row() {
    let tree = tree(&[
        ("one/lib.rs", "mod low; mod high; mod other; pub use high::High; pub struct Root;"),
        (
            "one/low.rs",
            "use crate::High;\nuse crate::high::Low as Through;\npub struct Low(High);\nfn f() { SomeE::run(); E::run(); E::run::x(); High::new(); }",
        ),
        (
            "one/high/mod.rs",
            "mod inner; pub use crate::low::Low; pub use self::inner::Inner; pub struct High;",
        ),
        (
            "one/high/inner.rs",
            "use crate::high::{Inner as It, Low}; pub struct Inner;\npub fn f(_: super::High) {}",
        ),
        ("one/other.rs", ""),
    ]);
    let plan = Plan::new(&tree, SMALL);
    let expected = [
        "one/high/inner.rs:2: inner names high: super::High: pub fn f(_: super::High) {}",
        "one/low.rs:1: low names high: crate::High (3 times): use crate::High;",
        "one/low.rs:2: low names high: crate::high::Low: use crate::high::Low as Through;",
        "one/low.rs:4: low may not write E::run: fn f() { SomeE::run(); E::run(); E::run::x(); High::new(); }",
    ];
    assert_eq!(plan.violations(&namings(&tree)), expected);
    assert_eq!(plan.without_room(), ["one/other.rs: it belongs to no room"]);
    let expected =
        ["high: there is no module one::gone", "high: no room before it is called higher"];
    assert_eq!(plan.wrong_rows(), expected);
    assert_eq!(plan.items_at_roots(), ["one/lib.rs:1: a root only declares and re-exports"]);
}

#[test]
fn circles_follow_re_exports_and_ignore_declarations() {
    let tree = tree(&[
        ("one/lib.rs", "mod a;"),
        ("one/a/mod.rs", "mod b; mod c; mod d; pub use b::B; pub use c::C; pub use d::D;"),
        ("one/a/b.rs", "use super::C; pub struct B;"),
        ("one/a/c.rs", "use crate::a::B; pub struct C;"),
        ("one/a/d.rs", "use super::{B, c}; pub struct D(c::C);"),
    ]);
    let namings = namings(&tree);
    let graph = file_graph(&tree, &namings);
    let paths = |circle: &BTreeSet<FileId>| {
        circle.iter().map(|it| tree.files[it.0].path.clone()).collect::<Vec<_>>()
    };
    let circles: Vec<_> = circles_of_files(&graph).iter().map(paths).collect();
    assert_eq!(circles, [["one/a/b.rs", "one/a/c.rs"]]);
    assert!(namings.namings.iter().any(|it| it.kind == Kind::ReExport));
}

#[test]
fn circles_are_nodes_that_reach_each_other() {
    let arrows =
        [(1, vec![2]), (2, vec![3, 4]), (3, vec![1]), (4, vec![5]), (5, vec![4]), (6, vec![1])];
    let arrows = arrows.into_iter().map(|(from, to)| (from, to.into_iter().collect())).collect();
    assert_eq!(circles(&arrows), [BTreeSet::from([1, 2, 3]), BTreeSet::from([4, 5])]);
}
