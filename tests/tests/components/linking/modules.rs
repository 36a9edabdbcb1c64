//! Core modules and components as imports.

use weft::abi::Val;
use weft::component::{ImportError, LoadError, Module};
use weft::engine::Capability;

use weft_tests::world::World;

/// Returns a component that imports a core module of this type.
fn imports_module(ty: &str) -> String {
    format!(r#"(component (import "m" (core module {ty})))"#)
}

#[test]
fn a_core_module_is_imported_and_instantiated() {
    let mut world = World::new();
    world.module(r#"(module (func (export "f") (result i32) (i32.const 9)))"#);
    let instance = world.instance(
        r#"
        (component
            (import "m" (core module $m (export "f" (func (result i32)))))
            (core instance $i (instantiate $m))
            (func (export "run") (result u32) (canon lift (core func $i "f"))))
        "#,
    );
    assert_eq!(world.number(&instance, "run", &[]), 9);
}

#[test]
fn a_core_module_may_import_less_and_export_more_than_its_type() {
    let mut world = World::new();
    world.module(
        r#"
        (module
            (import "a" "f" (func (param i32)))
            (import "a" "m" (memory 1))
            (func (export "g"))
            (memory (export "memory") 2 3)
            (table (export "table") 4 5 funcref)
            (global (export "global") (mut i64) (i64.const 0)))
        "#,
    );
    world.instance(&imports_module(
        r#"
        (import "a" "f" (func (param i32)))
        (import "a" "m" (memory 2))
        (import "a" "unused" (func))
        (export "memory" (memory 1 4))
        (export "table" (table 2 funcref))
        (export "global" (global (mut i64)))
        "#,
    ));
}

#[test]
fn exports_of_a_core_module_must_match_its_type() {
    let mut world = World::new();
    world.module(
        r#"
        (module
            (func (export "f") (param i32) (result i64) unreachable)
            (memory (export "memory") 2)
            (table (export "table") 4 funcref)
            (global (export "global") i32 (i32.const 0)))
        "#,
    );
    let cases = [
        ("f", "(func (param i32))", "core func(i32)", "core func(i32) -> i64"),
        ("f", "(memory 1)", "memory 1..", "core func(i32) -> i64"),
        ("memory", "(memory 3)", "memory 3..", "memory 2.."),
        ("memory", "(memory 1 4)", "memory 1..4", "memory 2.."),
        ("memory", "(memory i64 1)", "memory i64 1..", "memory 2.."),
        ("table", "(table 5 funcref)", "table 5.. (ref null func)", "table 4.. (ref null func)"),
        (
            "table",
            "(table 1 externref)",
            "table 1.. (ref null extern)",
            "table 4.. (ref null func)",
        ),
        ("global", "(global (mut i32))", "global mut i32", "global i32"),
        ("global", "(global i64)", "global i64", "global i32"),
    ];
    for (name, ty, expected, given) in cases {
        let errors = world.import_errors(&imports_module(&format!(r#"(export "{name}" {ty})"#)));
        let expected = ImportError::Mismatch {
            name: format!("m/{name}"),
            expected: expected.into(),
            given: given.into(),
        };
        assert_eq!(errors, [expected], "{ty}");
    }
    let errors = world.import_errors(&imports_module(r#"(export "absent" (func))"#));
    let (name, expected) = ("m/absent".into(), "core func()".into());
    assert_eq!(errors, [ImportError::Missing { name, expected }]);
}

#[test]
fn imports_of_a_core_module_must_be_in_its_type() {
    let mut world = World::new();
    world.module(r#"(module (import "a" "f" (func (param i32))))"#);
    for ty in ["", r#"(import "a" "g" (func (param i32)))"#, r#"(import "a" "f" (func))"#] {
        let errors = world.import_errors(&imports_module(ty));
        assert!(
            matches!(&errors[..], [ImportError::Mismatch { name, .. }] if name == "m/a/f"),
            "{errors:?}"
        );
    }
}

#[test]
fn an_invalid_or_unsupported_core_module_is_refused() {
    let world = World::new();
    let bytes = wat::parse_str("(component)").unwrap();
    assert!(matches!(Module::new(&world.engine, &bytes), Err(LoadError::Invalid(_))));
    let bytes = wat::parse_str("(module (tag))").unwrap();
    match Module::new(&world.engine, &bytes) {
        Err(LoadError::MissingCapabilities { module: 0, missing }) => {
            assert_eq!(missing, [Capability::ExceptionHandling]);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_exported_core_module_is_checked_like_a_host_module() {
    let mut world = World::new();
    let provider = world.instance(
        r#"(component (core module $m (func (export "f"))) (export "m" (core module $m)))"#,
    );
    world.linker.exports_of("p", &provider);
    let user = |ty: &str| {
        format!(
            r#"(component (import "p" (instance (export "m" (core module (export "f" {ty}))))))"#
        )
    };
    world.instance(&user("(func)"));
    let errors = world.import_errors(&user("(func (result i32))"));
    assert!(matches!(&errors[..], [ImportError::Mismatch { name, .. }] if name == "p/m/f"));
}

/// A component that imports a function and exports one that returns its result plus 1.
const ONE_MORE: &str = r#"
    (component
        (import "f" (func $f (result u32)))
        (core func $f (canon lower (func $f)))
        (core module $module
            (import "" "f" (func $f (result i32)))
            (func (export "g") (result i32) (i32.add (call $f) (i32.const 1))))
        (core instance $instance (instantiate $module
            (with "" (instance (export "f" (func $f))))))
        (func (export "g") (result u32) (canon lift (core func $instance "g"))))
"#;

#[test]
fn a_component_is_imported_and_instantiated() {
    let mut world = World::new();
    let component = world.load(ONE_MORE);
    world.linker.component("c", &component);
    world.linker.function("f", |_, _| Ok(Some(Val::U32(5))));
    let instance = world.instance(
        r#"
        (component
            (import "f" (func $f (result u32)))
            (import "c" (component $c
                (import "f" (func (result u32)))
                (export "g" (func (result u32)))))
            (instance $once (instantiate $c (with "f" (func $f))))
            (instance $twice (instantiate $c (with "f" (func $once "g"))))
            (export "run" (func $twice "g")))
        "#,
    );
    assert_eq!(world.number(&instance, "run", &[]), 7);
}

#[test]
fn a_component_must_match_its_type() {
    let mut world = World::new();
    let component = world.load(ONE_MORE);
    world.linker.component("c", &component);
    let imports = |ty: &str| format!(r#"(component (import "c" (component {ty})))"#);
    let offers = r#"(import "f" (func (result u32))) (import "more" (func))"#;
    world.instance(&imports(offers));
    let cases = [
        ("", "c/f"),
        (r#"(import "f" (func (result s32)))"#, "c/f"),
        (r#"(import "f" (instance))"#, "c/f"),
        (r#"(import "f" (func (result u32))) (export "g" (func))"#, "c/g"),
        (r#"(import "f" (func (result u32))) (export "h" (func))"#, "c/h"),
    ];
    for (ty, path) in cases {
        match &world.import_errors(&imports(ty))[..] {
            [ImportError::Mismatch { name, .. } | ImportError::Missing { name, .. }] => {
                assert_eq!(name, path);
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn resource_types_of_components_are_matched_by_their_names() {
    let mut world = World::new();
    let component = world.load(
        r#"
        (component
            (import "a" (type $a (sub resource)))
            (import "b" (type $b (sub resource)))
            (import "f" (func $f (param "a" (own $a)) (param "b" (own $b))))
            (export "g" (func $f))
            (export "same" (type $a)))
        "#,
    );
    world.linker.component("c", &component);
    let imports = |f: &str, exports: &str| {
        format!(
            r#"
            (component (import "c" (component
                (import "a" (type $a (sub resource)))
                (import "b" (type $b (sub resource)))
                (import "f" (func {f}))
                {exports})))
            "#
        )
    };
    let f = r#"(param "a" (own $a)) (param "b" (own $b))"#;
    world.instance(&imports(f, ""));
    world.instance(&imports(f, &format!(r#"(export "g" (func {f}))"#)));
    // The type does not fix the exported resource type, so it may be one of the others.
    world.instance(&imports(f, r#"(export "same" (type (sub resource)))"#));
    let swapped = r#"(param "a" (own $b)) (param "b" (own $a))"#;
    for (f, exports, path) in [
        (swapped, String::new(), "c/f"),
        (f, format!(r#"(export "g" (func {swapped}))"#), "c/g"),
        (f, r#"(export "same" (type (eq $b)))"#.into(), "c/same"),
    ] {
        let errors = world.import_errors(&imports(f, &exports));
        assert!(
            matches!(&errors[..], [ImportError::Mismatch { name, .. }] if name == path),
            "{errors:?}"
        );
    }
}

// Also if the uses share the type, and so its slots.
#[test]
fn a_component_type_that_is_used_twice_has_new_resource_types_each_time() {
    const R: &str = r#"(component (export "r" (type (sub resource))))"#;
    const TWICE: &str = r#"(type $C (component (export "r" (type (sub resource)))))"#;
    let makes = |name: &str| {
        let exports = r#"(type $t (resource (rep i32))) (export "r" (type $t))"#;
        format!("(component ${name} {exports})")
    };
    let exports = format!(
        r#"(component {} {} (export "a" (component $a)) (export "b" (component $b)))"#,
        makes("a"),
        makes("b")
    );
    let imports = format!(
        r#"(component {TWICE} (import "a" (component (type $C))) (import "b" (component (type $C))))"#
    );
    let returns = r#"(component (import "a" (component $a (import "r" (type (sub resource)))))
        (export "b" (component $a)))"#;
    let alias = "(alias outer 1 $C (type $C))";
    for (component, definitions, ty) in [
        (&*exports, "", format!(r#"(export "a" {R}) (export "b" {R})"#)),
        (
            &*exports,
            TWICE,
            format!(
                r#"{alias} (export "a" (component (type $C))) (export "b" (component (type $C)))"#
            ),
        ),
        (&*imports, "", format!(r#"(import "a" {R}) (import "b" {R})"#)),
        (
            &*imports,
            TWICE,
            format!(
                r#"{alias} (import "a" (component (type $C))) (import "b" (component (type $C)))"#
            ),
        ),
        (
            returns,
            "",
            r#"(import "a" (component (import "r" (type (sub resource)))))
            (export "b" (component (import "r" (type (sub resource)))))"#
                .to_owned(),
        ),
    ] {
        let mut world = World::new();
        let component = world.load(component);
        world.linker.component("c", &component);
        world.instance(&format!(r#"(component {definitions} (import "c" (component {ty})))"#));
    }
}

#[test]
fn a_component_type_knows_the_resource_types_around_it() {
    let takes = |first: &str, second: &str| {
        format!(
            r#"(import "x" (type $x (sub resource))) (import "y" (type $y (sub resource)))
            (import "a" (component (alias outer 1 {first} (type $t))
                (import "r" (type $r (eq $t))) (import "f" (func (param "it" (own $r))))))
            (import "b" (component (alias outer 1 {second} (type $t))
                (import "r" (type $r (eq $t))) (import "f" (func (param "it" (own $r))))))"#
        )
    };
    let mut world = World::new();
    let component = world.load(&format!("(component {})", takes("$x", "$y")));
    world.linker.component("c", &component);
    let imports = |ty: &str| format!(r#"(component (import "c" (component {ty})))"#);
    world.instance(&imports(&takes("$x", "$y")));
    for (first, second) in [("$x", "$x"), ("$y", "$y"), ("$y", "$x")] {
        let errors = world.import_errors(&imports(&takes(first, second)));
        assert!(matches!(&errors[..], [ImportError::Mismatch { .. }]), "{errors:?}");
    }
}
