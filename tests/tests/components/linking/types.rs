//! Imports that need not be provided: types, and instances of types only.

use weft::component::{HostResourceType, ImportError, Linker, Module};
use weft::engine::wasmi::Wasmi;

use weft_tests::world::World;

#[test]
fn an_instance_of_types_only_need_not_be_provided() {
    let mut world = World::new();
    world.instance(
        r#"(component
            (import "types" (instance
                (type $number u64)
                (export "a" (type $a (eq $number)))
                (export "b" (type (eq $a)))
                (export "more" (instance (export "c" (type (eq $number))))))))"#,
    );
}

#[test]
fn an_instance_with_more_than_types_must_be_provided() {
    let mut world = World::new();
    for more in [r#"(export "f" (func))"#, r#"(export "r" (type (sub resource)))"#] {
        let text = format!(
            r#"(component (import "mixed" (instance
                (type $number u32) (export "a" (type (eq $number))) {more})))"#
        );
        let errors = world.import_errors(&text);
        assert!(matches!(&*errors, [ImportError::Missing { name, .. }] if name == "mixed"));
    }
}

#[test]
fn a_second_name_of_a_resource_type_need_not_be_provided() {
    let text = r#"(component
        (import "things" (instance $things
            (export "thing" (type $thing (sub resource)))
            (export "again" (type (eq $thing)))))
        (alias export $things "thing" (type $thing))
        (alias export $things "again" (type $again))
        (export "thing" (type $thing))
        (export "again" (type $again)))"#;
    let mut world = World::new();
    let thing = HostResourceType::new();
    world.linker.instance("things").resource("thing", &thing);
    let instance = world.instance(text);
    assert_eq!(instance.resource_type("again"), instance.resource_type("thing"));
    assert!(instance.resource_type("thing").is_some());

    world.linker.instance("things").resource("again", &HostResourceType::new());
    let errors = world.import_errors(text);
    assert!(matches!(&*errors, [ImportError::Mismatch { name, .. }] if name == "things/again"));
}

/// Returns the error of an import of a type for which the linker has something else.
fn not_a_type(name: &str, expected: &str, given: &str) -> ImportError {
    let [name, expected, given] = [name, expected, given].map(String::from);
    ImportError::Mismatch { name, expected, given }
}

/// Defines something as `t`.
type Define<'a> = &'a dyn Fn(&mut Linker<Wasmi>);

#[test]
fn an_item_under_the_name_of_a_type_must_be_a_type() {
    let plain = r#"(component (type $x u32) (import "t" (type (eq $x))))"#;
    let within = r#"(component (import "i" (instance
        (type $x (record (field "a" u32))) (export "t" (type (eq $x))))))"#;
    let mut world = World::new();
    // A type needs no item.
    world.instance(plain);
    world.instance(within);
    let module = Module::new(&world.engine, &wat::parse_str("(module)").unwrap()).unwrap();
    let component = world.load("(component)");
    let kinds: [(&str, Define<'_>); 5] = [
        ("a function", &|linker| _ = linker.function("t", |_, _| Ok(None))),
        ("an instance", &|linker| _ = linker.instance("t").function("f", |_, _| Ok(None))),
        ("a resource type", &|linker| _ = linker.resource("t", &HostResourceType::new())),
        ("a core module", &|linker| _ = linker.module("t", &module)),
        ("a component", &|linker| _ = linker.component("t", &component)),
    ];
    for (kind, define) in kinds {
        world.linker = Linker::new();
        define(&mut world.linker);
        assert_eq!(world.import_errors(plain), [not_a_type("t", "type u32", kind)]);
        world.linker = Linker::new();
        define(world.linker.instance("i"));
        let expected = not_a_type("i/t", "type record { a: u32 }", kind);
        assert_eq!(world.import_errors(within), [expected]);
    }
}

#[test]
fn exports_under_the_name_of_a_type_must_be_types() {
    let mut world = World::new();
    let provider = world.instance(
        r#"(component
            (core module $Module (func (export "f")))
            (core instance $module (instantiate $Module))
            (func (export "f") (canon lift (core func $module "f")))
            (type $r (resource (rep i32)))
            (export "r" (type $r))
            (type $x u32)
            (export "x" (type $x))
            (instance $i)
            (export "i" (instance $i))
            (export "m" (core module $Module)))"#,
    );
    world.linker.exports_of("p", &provider);
    let user = |name: &str| {
        format!(
            r#"(component (import "p" (instance (type $x u32) (export "{name}" (type (eq $x))))))"#
        )
    };
    for name in ["x", "absent"] {
        world.instance(&user(name));
    }
    let kinds = [
        ("f", "a function"),
        ("r", "a resource type"),
        ("i", "an instance"),
        ("m", "a core module"),
    ];
    for (name, kind) in kinds {
        let expected = not_a_type(&format!("p/{name}"), "type u32", kind);
        assert_eq!(world.import_errors(&user(name)), [expected]);
    }
    // The other way around: a type is nothing else.
    let errors = world.import_errors(r#"(component (import "p" (instance (export "x" (func)))))"#);
    assert_eq!(errors, [not_a_type("p/x", "func()", "a type")]);
}
