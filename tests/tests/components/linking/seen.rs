//! Items that have more than their types say: nobody finds more than the type.

use weft::abi::Val;
use weft::component::{ExportError, ImportError, Instance};
use weft::engine::wasmi::Wasmi;

use weft_tests::world::World;

/// Defines the functions `$f` and `$g`, which return 1 and 2, the instance `$wide` of both, and one
/// with such an instance in it.
const WIDE: &str = r#"
    (core module $Module
        (func (export "f") (result i32) (i32.const 1))
        (func (export "g") (result i32) (i32.const 2)))
    (core instance $module (instantiate $Module))
    (func $f (result u32) (canon lift (core func $module "f")))
    (func $g (result u32) (canon lift (core func $module "g")))
    (instance $wide (export "f" (func $f)) (export "g" (func $g)))
    (instance $nested (export "inner" (instance $wide)) (export "g" (func $g)))
"#;

/// Returns a component with the definitions of [`WIDE`].
fn wide(rest: &str) -> String {
    format!("(component {WIDE} {rest})")
}

fn names(instance: &Instance<Wasmi>) -> Vec<&str> {
    instance.names().collect()
}

/// Asserts that the part `path` of an instance has nothing but `f`, which returns 1.
fn assert_only_f(world: &mut World, instance: &Instance<Wasmi>, path: &[&str]) {
    let part = path.iter().fold(instance.clone(), |it, name| it.instance(name).unwrap());
    assert_eq!(names(&part), ["f"], "{path:?}");
    assert_eq!(world.number(&part, "f", &[]), 1);
    let hidden = world.store.function(&part, "g").unwrap_err();
    assert!(matches!(hidden, ExportError::Missing { .. }), "{hidden}");
    assert_eq!(world.store.function_table(&part).len(), 1);
    for name in ["g", "inner", "i"] {
        assert!(part.instance(name).is_none(), "{path:?} {name}");
    }
}

#[test]
fn an_export_has_nothing_that_its_own_type_hides() {
    let mut world = World::new();
    let instance = world.instance(&wide(
        r#"
        (export "all" (instance $wide))
        (export "k" (instance $wide) (instance (export "f" (func (result u32)))))
        (export "n" (instance $nested)
            (instance (export "inner" (instance (export "f" (func (result u32)))))))
        (export "none" (instance $nested) (instance))
        "#,
    ));
    assert_eq!(names(&instance.instance("all").unwrap()), ["f", "g"]);
    assert_eq!(names(&instance.instance("n").unwrap()), ["inner"]);
    assert_eq!(names(&instance.instance("none").unwrap()), [""; 0]);
    assert_only_f(&mut world, &instance, &["k"]);
    assert_only_f(&mut world, &instance, &["n", "inner"]);

    // The linker of another component finds only this.
    world.linker.exports_of("p", &instance);
    let user = |name: &str, ty: &str| {
        format!(r#"(component (import "p" (instance (export "{name}" (instance {ty})))))"#)
    };
    let [f, g] = ["f", "g"].map(|it| format!(r#"(export "{it}" (func (result u32)))"#));
    world.instance(&user("all", &format!("{f} {g}")));
    world.instance(&user("k", &f));
    world.instance(&user("n", &format!(r#"(export "inner" (instance {f}))"#)));
    let wrong = [
        ("k", g.clone(), "p/k/g"),
        ("n", g.clone(), "p/n/g"),
        ("n", format!(r#"(export "inner" (instance {g}))"#), "p/n/inner/g"),
        ("none", g.clone(), "p/none/g"),
    ];
    for (name, ty, path) in wrong {
        let (path, expected) = (path.into(), "func() -> u32".into());
        let missing = ImportError::Missing { name: path, expected };
        assert_eq!(world.import_errors(&user(name, &ty)), [missing]);
    }
}

/// Checks the item that an export adds to its index space.
#[test]
fn an_exported_instance_hides_the_same_from_its_own_component() {
    let mut world = World::new();
    let instance = world.instance(&wide(
        r#"
        (export $k "k" (instance $nested)
            (instance (export "inner" (instance (export "f" (func (result u32)))))))
        (instance $composed (export "k" (instance $k)))
        (export "composed" (instance $composed))
        (alias export $k "inner" (instance $inner))
        (export "again" (instance $inner))
        "#,
    ));
    assert_only_f(&mut world, &instance, &["composed", "k", "inner"]);
    assert_only_f(&mut world, &instance, &["again"]);
}

/// Exports again what it imports with a type that says less.
const PASSES_ON: &str = r#"
    (import "i" (instance $i
        (export "inner" (instance (export "f" (func (result u32)))))))
    (export "i2" (instance $i))
    (alias export $i "inner" (instance $inner))
    (export "inner" (instance $inner))
"#;

#[test]
fn an_import_has_nothing_that_its_type_hides() {
    let mut world = World::new();
    let passes_on = format!("(component {PASSES_ON})");
    let provider = world.instance(&wide(r#"(export "n" (instance $nested))"#));
    world.linker.exports_of("i", &provider.instance("n").unwrap());
    let instance = world.instance(&passes_on);
    assert_eq!(names(&instance.instance("i2").unwrap()), ["inner"]);
    assert_only_f(&mut world, &instance, &["i2", "inner"]);
    assert_only_f(&mut world, &instance, &["inner"]);

    // The same holds for an instance that the linker makes from parts.
    let parts = world.linker.instance("i");
    parts.exports_of("inner", &provider.instance("n").unwrap().instance("inner").unwrap());
    parts.function("more", |_, _| Ok(None));
    let instance = world.instance(&passes_on);
    assert_eq!(names(&instance.instance("i2").unwrap()), ["inner"]);
    assert_only_f(&mut world, &instance, &["i2", "inner"]);

    // And if it is prepared once.
    let prepared = world.linker.instantiate_pre(&world.load(&passes_on)).unwrap();
    for _ in 0..2 {
        let instance = prepared.instantiate(&mut world.store).unwrap();
        assert_only_f(&mut world, &instance, &["i2", "inner"]);
    }
}

#[test]
fn an_argument_has_nothing_that_the_type_of_the_import_hides() {
    let mut world = World::new();
    let instance = world.instance(&wide(&format!(
        r#"
        (component $C {PASSES_ON})
        (instance $c (instantiate $C (with "i" (instance $nested))))
        (export "o" (instance $c "i2"))
        (export "c" (instance $c))
        "#
    )));
    assert_eq!(names(&instance.instance("o").unwrap()), ["inner"]);
    for path in [&["o", "inner"][..], &["c", "i2", "inner"], &["c", "inner"]] {
        assert_only_f(&mut world, &instance, path);
    }
}

/// Instantiates the component that it imports as `c` in an inner component, too, and exports the
/// instances.
const USES_COMPONENT: &str = r#"
    (component
        (import "p" (instance $p
            (export "c" (component (export "i" (instance (export "f" (func (result u32)))))))))
        (alias export $p "c" (component $c))
        (component $Inner
            (alias outer 1 $c (component $c))
            (instance $made (instantiate $c))
            (export "made" (instance $made)))
        (instance $made (instantiate $c))
        (instance $inner (instantiate $Inner))
        (export "made" (instance $made))
        (export "inner" (instance $inner)))
"#;

#[test]
fn instances_of_a_component_have_nothing_that_its_type_hides() {
    let mut world = World::new();
    let exports = r#"(export "i" (instance $wide)) (export "g" (func $g))"#;
    let provider = |ty: &str| {
        format!(r#"(component (component $C {WIDE} {exports}) (export "c" (component $C) {ty}))"#)
    };
    let ty = r#"(component (export "i" (instance (export "f" (func (result u32))))))"#;
    for provider in [provider(""), provider(ty)] {
        let provider = world.instance(&provider);
        world.linker.exports_of("p", &provider);
        let instance = world.instance(USES_COMPONENT);
        assert_eq!(names(&instance.instance("made").unwrap()), ["i"]);
        assert_only_f(&mut world, &instance, &["made", "i"]);
        assert_eq!(names(&instance.instance("inner").unwrap().instance("made").unwrap()), ["i"]);
        assert_only_f(&mut world, &instance, &["inner", "made", "i"]);
    }
    // The component that the linker has is not changed by that.
    let component = world.load(&wide(exports));
    world.linker.instance("p").component("c", &component);
    let instance = world.instance(USES_COMPONENT);
    assert_only_f(&mut world, &instance, &["made", "i"]);
    let instance = world.store.instantiate(&component, &world.linker).unwrap();
    assert_eq!(names(&instance), ["g", "i"]);
}

#[test]
fn an_exported_component_is_one_of_its_own_type() {
    let mut world = World::new();
    let provider = world.instance(
        r#"(component
            (component $C
                (import "f" (func $f (result u32)))
                (export "g" (func $f))
                (export "h" (func $f)))
            (export "c" (component $C) (component
                (import "f" (func (result u32)))
                (import "more" (func))
                (export "g" (func (result u32))))))"#,
    );
    world.linker.exports_of("p", &provider);
    let user =
        |ty: &str| format!(r#"(component (import "p" (instance (export "c" (component {ty})))))"#);
    let imports = r#"(import "f" (func (result u32))) (import "more" (func))"#;
    world.instance(&user(&format!(r#"{imports} (export "g" (func (result u32)))"#)));
    let errors =
        world.import_errors(&user(&format!(r#"{imports} (export "h" (func (result u32)))"#)));
    let (name, expected) = ("p/c/h".into(), "func() -> u32".into());
    assert_eq!(errors, [ImportError::Missing { name, expected }]);
    // Its type may also import more than the component does.
    let errors = world.import_errors(&user(r#"(import "f" (func (result u32)))"#));
    assert!(
        matches!(&errors[..], [ImportError::Mismatch { name, .. }] if name == "p/c/more"),
        "{errors:?}"
    );
}

#[test]
fn an_exported_core_module_is_one_of_its_own_type() {
    let mut world = World::new();
    let provider = world.instance(
        r#"(component
            (core module $m
                (func (export "f") (result i32) (i32.const 1))
                (func (export "g") (result i32) (i32.const 2)))
            (export "all" (core module $m))
            (export "m" (core module $m) (core module (export "f" (func (result i32))))))"#,
    );
    world.linker.exports_of("p", &provider);
    let user = |name: &str, export: &str| {
        format!(
            r#"(component
                (import "p" (instance $p
                    (export "{name}" (core module (export "{export}" (func (result i32)))))))
                (core instance $i (instantiate (module $p "{name}")))
                (func (export "run") (result u32) (canon lift (core func $i "{export}")))
                (alias export $p "{name}" (core module $m))
                (export "m" (core module $m)))"#
        )
    };
    let passes_on = world.instance(&user("all", "g"));
    assert_eq!(world.number(&passes_on, "run", &[]), 2);
    let instance = world.instance(&user("m", "f"));
    assert_eq!(world.number(&instance, "run", &[]), 1);
    let errors = world.import_errors(&user("m", "g"));
    let (name, expected) = ("p/m/g".into(), "core func() -> i32".into());
    assert_eq!(errors, [ImportError::Missing { name, expected }]);

    // A module that was imported with a type that says less is one of that type.
    world.linker.exports_of("p", &passes_on);
    world.instance(&user("m", "g"));
    let errors = world.import_errors(&user("m", "f"));
    assert!(matches!(&errors[..], [ImportError::Missing { name, .. }] if name == "p/m/f"));
}

#[test]
fn resource_types_of_an_export_stay_what_they_are() {
    let mut world = World::new();
    let instance = world.instance(
        r#"
        (component
            (type $r (resource (rep i32)))
            (core func $new (canon resource.new $r))
            (core module $Module
                (import "" "new" (func $new (param i32) (result i32)))
                (func (export "make") (result i32) (call $new (i32.const 3)))
                (func (export "value") (param i32) (result i32) (local.get 0)))
            (core instance $module (instantiate $Module (with "" (instance
                (export "new" (func $new))))))
            (export $t "t" (type $r))
            (func $make (result (own $t)) (canon lift (core func $module "make")))
            (func $value (param "self" (borrow $t)) (result u32)
                (canon lift (core func $module "value")))
            (instance $wide
                (export "t" (type $t)) (export "make" (func $make)) (export "value" (func $value)))
            (export "k" (instance $wide) (instance
                (export "t" (type $u (eq $t)))
                (export "make" (func (result (own $u)))))))
        "#,
    );
    let part = instance.instance("k").unwrap();
    assert_eq!(names(&part), ["make", "t"]);
    assert_eq!(part.resource_type("t"), instance.resource_type("t"));
    let Some(Val::Own(made)) = world.call(&part, "make", &[]) else { panic!() };
    assert_eq!(Some(made.ty), part.resource_type("t"));
    assert!(world.store.function(&part, "value").is_err());
}

/// Checks a type that an import names, where the instance has something else that its own type
/// hides.
#[test]
fn what_is_hidden_is_not_found_under_the_name_of_a_type() {
    let mut world = World::new();
    let provider = world.instance(
        r#"
        (component
            (core module $Module (func (export "f")))
            (core instance $module (instantiate $Module))
            (func $f (canon lift (core func $module "f")))
            (instance $wide (export "f" (func $f)) (export "t" (func $f)) (export "u" (func $f)))
            (export "k" (instance $wide) (instance (export "f" (func)))))
        "#,
    );
    world.linker.exports_of("p", &provider);
    let instance = world.instance(
        r#"
        (component
            (import "p" (instance $p (export "k" (instance
                (export "f" (func))
                (type $number u32)
                (export "t" (type (eq $number)))))))
            (export "p2" (instance $p)))
        "#,
    );
    let part = instance.instance("p2").unwrap().instance("k").unwrap();
    assert_eq!(names(&part), ["f", "t"]);
    assert!(world.store.function(&part, "t").is_err());
}

#[test]
fn compatible_versions_that_are_hidden_are_not_found() {
    let mut world = World::new();
    let instance = world.instance(&wide(
        r#"
        (instance $all
            (export "a:b/c@1.1.0" (instance $wide))
            (export "a:b/c@1.2.0" (instance $wide))
            (export "a:b/d@1.2.0" (instance $wide)))
        (export "k" (instance $all)
            (instance (export "a:b/c@1.1.0" (instance (export "f" (func (result u32)))))))
        "#,
    ));
    assert_only_f(&mut world, &instance, &["k", "a:b/c@1.0.0"]);
    let part = instance.instance("k").unwrap();
    assert!(part.instance("a:b/c@1.2.0").is_some_and(|it| names(&it) == ["f"]));
    assert!(part.instance("a:b/d@1.2.0").is_none() && part.instance("a:b/d@1.0.0").is_none());
}

/// Checks types of many instances that have few definitions: each step has ten of the step before.
#[test]
fn the_size_of_what_is_hidden_does_not_matter() {
    let ten = |part: &str| {
        let exports: Vec<_> = (0..10).map(|it| format!(r#"(export "e{it}" {part})"#)).collect();
        exports.concat()
    };
    let mut definitions =
        vec!["(type $t0 (instance))".to_owned(), format!("(instance $i0 {})", ten("(func $f)"))];
    for step in 1..5 {
        let before = step - 1;
        definitions.push(format!(
            "(type $t{step} (instance (alias outer 1 $t{before} (type $t)) {}))",
            ten("(instance (type $t))")
        ));
        let within = ten(&format!("(instance $i{before})"));
        definitions.push(format!("(instance $i{step} {within})"));
    }
    let definitions = definitions.concat();
    let more = r#"(instance (instantiate $C (with "i" (instance $i4))))"#.repeat(100);
    let mut world = World::new();
    let instance = world.instance(&wide(&format!(
        r#"
        {definitions}
        (component $C
            (alias outer 1 $t4 (type $t))
            (import "i" (instance $i (type $t)))
            (export "i2" (instance $i)))
        (instance $c (instantiate $C (with "i" (instance $i4))))
        {more}
        (export "k" (instance $c "i2"))
        "#
    )));
    let mut part = instance.instance("k").unwrap();
    for name in ["e0", "e9", "e5", "e3"] {
        part = part.instance(name).unwrap();
    }
    assert_eq!(names(&part), [""; 0]);
}
