//! The text of components. `wit-parser` can parse it, and it agrees with the WIT from which the
//! components were made.

#![expect(clippy::expect_used, clippy::panic, reason = "a test that fails to set up failed")]

use std::collections::BTreeSet;
use std::path::Path;

use weft::component::Component;
use weft::engine::wasmi::Wasmi;
use wit_component::{ComponentEncoder, StringEncoding, dummy_module, embed_component_metadata};
use wit_parser::{ManglingAndAbi, Resolve, WorldId};

fn resolve() -> Resolve {
    Resolve { all_features: true, ..Resolve::default() }
}

/// Returns a component of a world whose functions do nothing; nothing if `wit-component` cannot
/// encode one of its types.
fn try_component_of(resolve: &Resolve, world: WorldId) -> Option<Vec<u8>> {
    let mut module = dummy_module(resolve, world, ManglingAndAbi::Standard32);
    embed_component_metadata(&mut module, resolve, world, StringEncoding::UTF8, true)
        .expect("it is embedded");
    let mut encoder = ComponentEncoder::default();
    encoder.module(&module).ok()?.validate(true).encode().ok()
}

fn component_of(resolve: &Resolve, world: WorldId) -> Vec<u8> {
    try_component_of(resolve, world).expect("it has an encoding")
}

fn load(bytes: &[u8]) -> Component<Wasmi> {
    Component::new(&Wasmi::default(), bytes).unwrap_or_else(|error| panic!("{error}"))
}

/// Returns the text of a component, and that of the component made from the text.
fn texts(component: &Component<Wasmi>) -> (String, String) {
    let text = component.to_string();
    let mut resolve = resolve();
    let package = resolve.push_source("text.wit", &text);
    let package = package.unwrap_or_else(|error| panic!("{error:?}\n{text}"));
    let world = resolve.select_world(&[package], Some("root")).expect("there is one");
    let again = load(&component_of(&resolve, world)).to_string();
    (text, again)
}

/// Checks that the text of a component describes it: a component made from the text has the same
/// text, except for types that no function needs, which `wit-component` omits from imports.
fn check(component: &Component<Wasmi>) {
    let (text, again) = texts(component);
    let lines: BTreeSet<_> = text.lines().collect();
    let lines_again: BTreeSet<_> = again.lines().collect();
    let new: Vec<_> = lines_again.difference(&lines).collect();
    assert!(new.is_empty(), "{new:#?}\n{text}\n{again}");
    let left_out = lines.difference(&lines_again);
    let functions: Vec<_> = left_out.filter(|line| line.contains('(')).collect();
    assert!(functions.is_empty(), "{functions:#?}\n{text}\n{again}");
}

/// Returns the component of the only world, or of the world with this name.
fn component(wit: &str, world: Option<&str>) -> Component<Wasmi> {
    let mut resolve = resolve();
    let package = resolve.push_source("test.wit", wit).expect("the WIT is right");
    let world = resolve.select_world(&[package], world).expect("there is such a world");
    load(&component_of(&resolve, world))
}

#[test]
fn texts_of_components_agree_with_their_worlds() {
    let folder =
        Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../codegen/bindgen/tests/bind/wit"));
    let mut count = 0;
    for entry in std::fs::read_dir(folder).expect("readable") {
        let path = entry.expect("readable").path();
        // Nested packages are not part of WIT by default.
        if path.ends_with("nested") {
            continue;
        }
        let mut resolve = resolve();
        let (package, _) = resolve.push_path(&path).expect("the WIT is right");
        for world in resolve.packages[package].worlds.values() {
            if let Some(component) = try_component_of(&resolve, *world) {
                check(&load(&component));
                count += 1;
            }
        }
    }
    assert!(count > 8, "{count}");
}

#[test]
fn a_text_is_the_wit_from_which_the_component_was_made() {
    let text = "\
package root:component;

world root {
  import a:b/types@1.2.0;
  import a:b/users@1.2.0;
  import words: interface {
    say: async func(it: string) -> option<u8>;
  }
  import log: func(text: string);
  export run: func(%type: list<tuple<u8, char>>) -> result<_, string>;
  export c:d/main;
}

package a:b@1.2.0 {
  interface types {
    resource file {
      constructor(name: string) -> result<file, why>;
      read: async func(until: future) -> stream<u8>;
      open: static func(name: string) -> option<file>;
    }
    variant why {
      missing,
      busy(u32),
    }
  }

  interface users {
    use types.{file, why as reason};
    size: func(of: borrow<file>, other: borrow<file>) -> result<u64, reason>;
  }
}

package c:d {
  interface main {
    use a:b/types@1.2.0.{file};
    flags access {
      read,
      write,
    }
    record entry {
      file: file,
      access: access,
    }
    entries: func() -> list<entry>;
  }
}
";
    let found = component(text, Some("root")).to_string();
    let sorted = |text: &str| {
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    // A record or a similar type that is used under another name becomes a type of its own.
    let expected = text.replace(
        "    use types.{file, why as reason};\n",
        "    use types.{file};\n    variant reason {\n      missing,\n      busy(u32),\n    }\n",
    );
    assert_eq!(sorted(&found), sorted(&expected), "{found}");
}

fn loaded(text: &str) -> Component<Wasmi> {
    load(&wat::parse_str(text).unwrap_or_else(|error| panic!("{error}")))
}

/// Parses the text of a component, and returns it.
fn parsed(component: &Component<Wasmi>) -> String {
    let text = component.to_string();
    let parsed = resolve().push_source("text.wit", &text);
    parsed.unwrap_or_else(|error| panic!("{error:?}\n{text}"));
    text
}

#[test]
fn items_that_wit_cannot_express_are_comments() {
    let component = loaded(
        r#"(component
            (import "m" (core module (import "a" "b" (func)) (export "f" (func (param i32)))))
            (import "c" (component (import "x" (func)) (export "y" (func))))
            (import "nested" (instance
                (export "inner" (instance (export "f" (func))))
                (export "g" (func (result bool)))))
            (type $r (resource (rep i32)))
            (export "s" (type $r)))"#,
    );
    let text = parsed(&component);
    for line in [
        "  // import m: core module { import a.b: core func(); export f: core func(i32); };",
        "  // import c: component { import x: func(); export y: func(); };",
        "    // export inner: instance { f: func(); };",
        "    g: func() -> bool;",
        "  resource s;",
    ] {
        assert!(text.lines().any(|it| it == line), "{line}\n{text}");
    }
}

#[test]
fn types_that_an_interface_gets_from_others_are_used() {
    // `wit-component` names the types that each interface uses, but other tools may not.
    let component = loaded(
        r#"(component
            (import "a:b/c" (instance $c
                (export "r" (type $r (sub resource)))
                (type $e' (enum "x" "y"))
                (export "e" (type $e (eq $e')))))
            (alias export $c "r" (type $r))
            (alias export $c "e" (type $e))
            (import "a:b/d" (instance
                (export "f" (func (param "r" (borrow $r)) (result (list $e))))
                (export "r" (func (param "e" $e)))))
            (import "f" (func (param "r" (own $r)))))"#,
    );
    let text = parsed(&component);
    assert!(text.contains("use c.{r as r-x2, e};"), "{text}");
    assert!(text.contains("f: func(r: borrow<r-x2>) -> list<e>;"), "{text}");
    assert!(text.contains("  use a:b/c.{r};\n  import a:b/c;"), "{text}");
}

#[test]
fn an_interface_imported_and_exported_is_printed_once() {
    let component = loaded(
        r#"(component
            (import "a:b/c" (instance
                (export "r" (type $r (sub resource)))
                (export "[method]r.f" (func (param "self" (borrow $r))))))
            (component $Inner
                (type $r (resource (rep i32)))
                (export $s "r" (type $r))
                (core module $Module
                    (func (export "f") (param i32))
                    (func (export "g") (param i32)))
                (core instance $module (instantiate $Module))
                (func (export "[method]r.f") (param "self" (borrow $s))
                    (canon lift (core func $module "f")))
                (func (export "[method]r.g") (param "self" (borrow $s))
                    (canon lift (core func $module "g"))))
            (instance $inner (instantiate $Inner))
            (export "a:b/c" (instance $inner)))"#,
    );
    let text = parsed(&component);
    let resource = "    resource r {\n      f: func();\n      g: func();\n    }\n";
    assert!(text.contains(resource), "{text}");
    assert!(text.contains("  import a:b/c;\n  export a:b/c;\n"), "{text}");
}

#[test]
fn a_small_type_with_a_huge_text_is_cut() {
    // A tuple of tuples of tuples, with 2^13 parts.
    let types = (1..13).map(|depth| {
        let before = depth - 1;
        format!("(type $t{depth} (tuple $t{before} $t{before}))")
    });
    let types: Vec<_> = types.collect();
    let import = |number| format!(r#"(import "f{number}" (func (param "x" $t12)))"#);
    let imports: Vec<_> = (0..20).map(import).collect();
    let (types, imports) = (types.join(" "), imports.join(" "));
    let component = loaded(&format!("(component (type $t0 (tuple u8 u8)) {types} {imports})"));
    assert!(component.to_string().len() < 100_000);
}
