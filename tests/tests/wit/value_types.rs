//! The fixed layouts of the value types, compared with those of `wit-parser`.

use weft::core_value::CoreType;
use weft::value_type::ValueType;
use wit_parser::abi::{FlatTypes, WasmType};
use wit_parser::{Resolve, SizeAlign, Type, TypeDefKind};

/// Returns `wit-parser`'s type for a value type with a fixed layout.
fn plain(ty: ValueType) -> Option<Type> {
    Some(match ty {
        ValueType::Bool => Type::Bool,
        ValueType::S8 => Type::S8,
        ValueType::U8 => Type::U8,
        ValueType::S16 => Type::S16,
        ValueType::U16 => Type::U16,
        ValueType::S32 => Type::S32,
        ValueType::U32 => Type::U32,
        ValueType::S64 => Type::S64,
        ValueType::U64 => Type::U64,
        ValueType::F32 => Type::F32,
        ValueType::F64 => Type::F64,
        ValueType::Char => Type::Char,
        ValueType::ErrorContext => Type::ErrorContext,
        _ => return None,
    })
}

#[test]
fn fixed_layouts_agree_with_wit_parser() {
    let wit = "
        package weft:layouts;
        interface i {
            resource r;
            type own-handle = own<r>;
            type borrow-handle = borrow<r>;
            type stream-handle = stream<u64>;
            type future-handle = future<u64>;
        }
    ";
    let mut resolve = Resolve { all_features: true, ..Resolve::default() };
    resolve.push_source("layouts.wit", wit).unwrap();
    let mut sizes = SizeAlign::default();
    sizes.fill(&resolve).unwrap();
    let handle = |ty: ValueType| {
        resolve.types.iter().map(|(id, def)| (Type::Id(id), &def.kind)).find_map(|(id, kind)| {
            let same = match ty {
                ValueType::Own => matches!(kind, TypeDefKind::Handle(wit_parser::Handle::Own(_))),
                ValueType::Borrow => {
                    matches!(kind, TypeDefKind::Handle(wit_parser::Handle::Borrow(_)))
                }
                ValueType::Stream => matches!(kind, TypeDefKind::Stream(_)),
                ValueType::Future => matches!(kind, TypeDefKind::Future(_)),
                _ => false,
            };
            same.then_some(id)
        })
    };
    let mut checked = 0;
    for ty in ValueType::ALL {
        let Some(layout) = ty.fixed_layout() else { continue };
        let opinion = plain(ty).or_else(|| handle(ty)).unwrap();
        assert_eq!(u32::try_from(sizes.size(&opinion).size_wasm32()).unwrap(), layout.size);
        assert_eq!(u32::try_from(sizes.align(&opinion).align_wasm64()).unwrap(), layout.alignment);
        let mut flat = [WasmType::I32; 1];
        let mut flat = FlatTypes::new(&mut flat);
        assert!(resolve.push_flat(&opinion, &mut flat));
        let expected = match flat.to_vec().as_slice() {
            [WasmType::I32] => CoreType::I32,
            [WasmType::I64] => CoreType::I64,
            [WasmType::F32] => CoreType::F32,
            [WasmType::F64] => CoreType::F64,
            other => panic!("{}: {other:?}", ty.name()),
        };
        assert_eq!(expected, layout.flat, "{}", ty.name());
        checked += 1;
    }
    assert_eq!(checked, 17);
}
