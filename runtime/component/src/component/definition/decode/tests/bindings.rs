use crate::abi::Type;
use crate::builtin::TypeIndex;

use super::{bindings, decoded, instance};
use crate::component::definition::items::{Binding, Item};

#[test]
fn a_resource_type_that_only_functions_mention_is_bound_with_its_instance() {
    let decoded = decoded(
        r#"(component
            (import "i" (instance $i
                (export "r" (type $r (sub resource)))
                (export "f" (func (param "x" (own $r))))))
            (core func (canon lower (func $i "f"))))"#,
    );
    let root = &decoded.root;
    assert_eq!(root.resources, 1);
    assert_eq!(bindings(&root.items), [Some(instance([("r", Binding::Resource(0))]))]);
    let lowered = root.items.iter().find_map(|item| match item {
        Item::Lower { ty, .. } => Some(ty),
        _ => None,
    });
    let params = &lowered.expect("a function is lowered").params;
    assert!(params.types().eq([&Type::Own(TypeIndex(0))]));
}

#[test]
fn resource_types_of_instances_within_instances_are_bound() {
    let decoded = decoded(
        r#"(component
            (import "i" (instance
                (export "a" (instance (export "b" (instance
                    (export "r" (type (sub resource)))))))
                (export "c" (instance (export "f" (func))))
                (export "q" (type (sub resource))))))"#,
    );
    let b = instance([("r", Binding::Resource(0))]);
    let expected = instance([("a", instance([("b", b)])), ("q", Binding::Resource(1))]);
    assert_eq!(bindings(&decoded.root.items), [Some(expected)]);
}

#[test]
fn an_imported_resource_type_is_bound_once_and_by_itself() {
    let decoded = decoded(
        r#"(component
            (import "r" (type $r (sub resource)))
            (import "same" (type (eq $r)))
            (import "i" (instance (alias outer 1 $r (type $s)) (export "r" (type (eq $s))))))"#,
    );
    assert_eq!(decoded.root.resources, 1);
    assert_eq!(bindings(&decoded.root.items), [Some(Binding::Resource(0)), None, None]);
}

#[test]
fn each_instantiation_binds_resource_types_of_its_own() {
    let decoded = decoded(
        r#"(component
            (component $c
                (type $r (resource (rep i32)))
                (export "r" (type $r)))
            (instance $a (instantiate $c))
            (instance $b (instantiate $c))
            (alias export $a "r" (type $ar))
            (alias export $b "r" (type $br))
            (core func (canon resource.drop $ar))
            (core func (canon resource.drop $br)))"#,
    );
    assert_eq!(decoded.root.resources, 2);
    let bound = |slot| Some(instance([("r", Binding::Resource(slot))]));
    assert_eq!(bindings(&decoded.root.items), [bound(0), bound(1)]);
}

#[test]
fn an_own_resource_type_is_filled_by_its_definition_and_not_by_its_export() {
    let decoded = decoded(
        r#"(component
            (type $r (resource (rep i32)))
            (export "r" (type $r)))"#,
    );
    assert_eq!(decoded.root.resources, 1);
    assert_eq!(bindings(&decoded.root.items), [None]);
    assert!(matches!(decoded.root.items[0], Item::Resource { slot: 0, .. }));
}

#[test]
fn an_export_with_a_type_of_its_own_binds_nothing_that_is_bound() {
    let decoded = decoded(
        r#"(component
            (type $r (resource (rep i32)))
            (export $e "r" (type $r) (type (eq $r)))
            (instance $i (export "r" (type $e)))
            (export "i" (instance $i) (instance
                (alias outer 1 $e (type $s))
                (export "r" (type (eq $s))))))"#,
    );
    assert_eq!(decoded.root.resources, 1);
    assert_eq!(bindings(&decoded.root.items), [None, None]);
}

#[test]
fn a_component_within_has_slots_of_its_own() {
    let decoded = decoded(
        r"(component
            (type $a (resource (rep i32)))
            (component
                (type (resource (rep i32)))
                (type (resource (rep i32)))))",
    );
    assert_eq!(decoded.root.resources, 1);
    let inner = decoded.root.items.iter().find_map(|item| match item {
        Item::Component(definition) => Some(definition.resources),
        _ => None,
    });
    assert_eq!(inner, Some(2));
}
