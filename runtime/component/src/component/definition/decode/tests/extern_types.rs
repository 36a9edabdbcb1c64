use crate::abi::Type;
use crate::builtin::TypeIndex;
use crate::core_value::IntegerType;

use super::decoded;
use crate::component::definition::extern_type::{
    CoreExternType, CoreLimits, CoreValueType, ExternType, HeapType, ReferenceType,
};
use crate::component::definition::items::Item;

#[test]
fn imports_are_listed_with_their_types_and_exports_too() {
    let decoded = decoded(
        r#"(component
            (import "f" (func $f async (param "a" u8) (result string)))
            (type $s string)
            (import "t" (type (eq $s)))
            (import "r" (type $r (sub resource)))
            (import "i" (instance (export "g" (func))))
            (import "c" (component (import "x" (func)) (export "y" (func))))
            (export "h" (func $f)))"#,
    );
    let types: alloc::vec::Vec<_> =
        decoded.root.imports().map(|(name, ty)| (&*name.name, ty)).collect();
    let [
        ("f", ExternType::Function(f)),
        ("t", ExternType::Type(Some(Type::String))),
        ("r", ExternType::Resource(TypeIndex(0))),
        ("i", ExternType::Instance(i)),
        ("c", ExternType::Component(c)),
    ] = &*types
    else {
        panic!("{types:?}")
    };
    assert!(f.is_async);
    assert_eq!(*f.names, ["a".into()]);
    assert!(f.params.types().eq([&Type::U8]));
    assert_eq!(f.result, Some(Type::String));
    assert!(f.results.types().eq([&Type::String]));
    assert!(matches!(&*i.exports, [(name, ExternType::Function(_))] if &**name == "g"));
    assert!(matches!(&*c.imports, [(name, ExternType::Function(_))] if &**name == "x"));
    assert!(matches!(&*c.instance.exports, [(name, ExternType::Function(_))] if &**name == "y"));
    let exports: alloc::vec::Vec<_> =
        decoded.root.exports().map(|(name, ty)| (&*name.name, ty)).collect();
    assert_eq!(exports, [("h", &ExternType::Function(alloc::sync::Arc::clone(f)))]);
}

#[test]
fn the_type_of_a_core_module_has_all_limits() {
    let decoded = decoded(
        r#"(component (import "m" (core module
            (import "a" "m" (memory i64 1 2))
            (import "a" "t" (table 3 4 externref))
            (import "a" "s" (memory 1 2 shared))
            (import "a" "p" (memory 1 (pagesize 1)))
            (export "g" (global (mut v128)))
            (export "f" (func (param i32 f32) (result i64 f64)))
            (export "e" (tag (param i32))))))"#,
    );
    let Some(Item::Import { ty: ExternType::Module(module), .. }) = decoded.root.items.first()
    else {
        panic!("{decoded:?}")
    };
    let limits = |address_type, minimum, maximum, is_shared| CoreLimits {
        address_type,
        minimum,
        maximum,
        is_shared,
    };
    let imports: alloc::vec::Vec<_> =
        module.imports.iter().map(|import| import.ty.clone()).collect();
    assert_eq!(
        imports,
        [
            CoreExternType::Memory {
                limits: limits(IntegerType::I64, 1, Some(2), false),
                page_size_log2: 16
            },
            CoreExternType::Table {
                element: ReferenceType {
                    is_nullable: true,
                    heap_type: HeapType::Abstract { name: "extern", is_shared: false },
                },
                limits: limits(IntegerType::I32, 3, Some(4), false),
            },
            CoreExternType::Memory {
                limits: limits(IntegerType::I32, 1, Some(2), true),
                page_size_log2: 16
            },
            CoreExternType::Memory {
                limits: limits(IntegerType::I32, 1, None, false),
                page_size_log2: 0
            },
        ]
    );
    let [(_, global), (_, CoreExternType::Function(f)), (_, CoreExternType::Tag(tag))] =
        &*module.exports
    else {
        panic!("{module:?}")
    };
    assert_eq!(
        *global,
        CoreExternType::Global { ty: CoreValueType::V128, is_mutable: true, is_shared: false }
    );
    assert_eq!(*f.params, [CoreValueType::I32, CoreValueType::F32]);
    assert_eq!(*f.results, [CoreValueType::I64, CoreValueType::F64]);
    assert_eq!(*tag.params, [CoreValueType::I32]);
}

#[test]
fn names_come_with_the_interface_that_they_implement() {
    let decoded = decoded(
        r#"(component
            (import "a:b/c@1.2.3" (instance))
            (import "p" (implements "a:b/d@0.1.0") (instance)))"#,
    );
    let names: alloc::vec::Vec<_> = decoded.root.imports().map(|(name, _)| name).collect();
    assert_eq!(&*names[0].full_name, "a:b/c@1.2.3");
    assert_eq!(names[0].implements, None);
    assert_eq!(&*names[1].name, "p");
    assert_eq!(names[1].implements.as_deref(), Some("a:b/d@0.1.0"));
}
