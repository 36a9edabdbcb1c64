//! Imports that need not be provided: types, and instances of types only.

use weft::component::{HostResourceType, ImportError};

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
