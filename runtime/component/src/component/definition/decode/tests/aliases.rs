use super::decoded;
use crate::component::definition::items::{CoreSort, Item, OuterSort, Reference, Sort};

#[test]
fn exports_of_instances_within_instances_are_aliased_one_after_the_other() {
    let decoded = decoded(
        r#"(component
            (import "i" (instance $i (export "a" (instance
                (export "f" (func))
                (type $u u32)
                (export "t" (type (eq $u)))
                (export "m" (core module))
                (export "c" (component))))))
            (alias export $i "a" (instance $a))
            (alias export $a "t" (type))
            (alias export $a "f" (func $f))
            (alias export $a "m" (core module))
            (alias export $a "c" (component))
            (export "g" (func $f)))"#,
    );
    let aliases: alloc::vec::Vec<_> = decoded
        .root
        .items
        .iter()
        .filter_map(|item| match item {
            Item::AliasExport { sort, instance, name } => Some((*sort, *instance, &**name)),
            _ => None,
        })
        .collect();
    assert_eq!(
        aliases,
        [
            (Sort::Instance, 0, "a"),
            (Sort::Function, 1, "f"),
            (Sort::Module, 1, "m"),
            (Sort::Component, 1, "c"),
        ]
    );
    assert!(matches!(
        decoded.root.items.last(),
        Some(Item::Export { reference: Reference::Function(0), name, .. }) if &*name.name == "g"
    ));
}

#[test]
fn outer_modules_and_components_are_aliased_by_distance_and_index() {
    let decoded = decoded(
        r"(component $outermost
            (core module $m)
            (component $c)
            (component
                (component
                    (alias outer $outermost $m (core module))
                    (alias outer $outermost $c (component)))))",
    );
    let Some(Item::Component(middle)) = decoded.root.items.last() else { panic!() };
    let Some(Item::Component(inner)) = middle.items.last() else { panic!() };
    let [
        Item::AliasOuter { sort: OuterSort::Module, count: 2, index: 0 },
        Item::AliasOuter { sort: OuterSort::Component, count: 2, index: 0 },
    ] = &*inner.items
    else {
        panic!("{inner:?}")
    };
}

#[test]
fn core_instances_and_their_exports_keep_names_and_indices() {
    let decoded = decoded(
        r#"(component
            (core module $m (func (export "f")) (memory (export "m") 1))
            (core instance $i (instantiate $m))
            (core instance $j (export "g" (func $i "f")))
            (core module $n (import "from" "g" (func)))
            (core instance (instantiate $n (with "from" (instance $j))))
            (alias core export $i "m" (core memory)))"#,
    );
    let [
        Item::CoreModule { number: 0, .. },
        Item::InstantiateCore { module: 0, arguments: none },
        Item::AliasCoreExport { sort: CoreSort::Function, instance: 0, name: f },
        Item::CoreInstance { exports },
        Item::CoreModule { number: 1, .. },
        Item::InstantiateCore { module: 1, arguments },
        Item::AliasCoreExport { sort: CoreSort::Memory, instance: 0, name: m },
    ] = &*decoded.root.items
    else {
        panic!("{decoded:?}")
    };
    assert!(none.is_empty());
    assert_eq!((&**f, &**m), ("f", "m"));
    assert_eq!(**exports, [("g".into(), CoreSort::Function, 0)]);
    assert_eq!(**arguments, [("from".into(), 1)]);
}
