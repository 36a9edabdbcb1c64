//! A comparison of layout and flattening with `wit-parser`, which computes both on its own.

#![allow(clippy::many_single_char_names, clippy::panic, clippy::unwrap_used, reason = "a test")]

use std::fmt::Write as _;

use weft::abi::{Abi, Type};
use weft::core_value::{CoreType, IntegerType};
use wit_parser::abi::{FlatTypes, WasmType};
use wit_parser::{Resolve, SizeAlign, TypeDefKind};

/// Types in WIT, and the same types in Weft.
struct Types {
    wit: String,
    types: Vec<(String, Type)>,
}

impl Types {
    /// Adds a type that is an expression in WIT.
    fn add(&mut self, wit: &str, ty: Type) -> (String, Type) {
        let name = format!("t{}", self.types.len());
        writeln!(self.wit, "  type {name} = {wit};").unwrap();
        self.types.push((name.clone(), ty.clone()));
        (name, ty)
    }

    /// Adds a type that needs a declaration in WIT.
    fn declare(&mut self, keyword: &str, parts: &str, ty: Type) -> (String, Type) {
        let name = format!("t{}", self.types.len());
        writeln!(self.wit, "  {keyword} {name} {{ {parts} }}").unwrap();
        self.types.push((name.clone(), ty.clone()));
        (name, ty)
    }
}

/// A generator of numbers from a seed: the low bits of a multiplicative generator, mixed.
struct Random(u64);

impl Random {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap() % count
    }
}

fn random_types(seed: u64) -> Types {
    let mut random = Random(seed);
    let mut all = Types { wit: String::new(), types: Vec::new() };
    for (wit, ty) in [
        ("bool", Type::Bool),
        ("s8", Type::S8),
        ("u16", Type::U16),
        ("s32", Type::S32),
        ("u64", Type::U64),
        ("f32", Type::F32),
        ("f64", Type::F64),
        ("char", Type::Char),
        ("string", Type::String),
    ] {
        all.add(wit, ty);
    }
    for labels in [1, 8, 9, 16, 17, 32] {
        let names: Vec<String> = (0..labels).map(|it| format!("l{it}")).collect();
        all.declare("flags", &names.join(", "), Type::flags(names.clone()).unwrap());
    }
    for cases in [1, 256, 257] {
        let names: Vec<String> = (0..cases).map(|it| format!("l{it}")).collect();
        all.declare("enum", &names.join(", "), Type::enumeration(names.clone()).unwrap());
    }
    for _ in 0..120 {
        let mut pick = || all.types.get(random.below(all.types.len())).unwrap().clone();
        let parts = [pick(), pick(), pick()];
        let [(a, x), (b, y), (c, z)] = &parts;
        let made = [
            (format!("list<{a}>"), Type::list(x.clone())),
            (format!("list<{a}, {}>", b.len()), {
                Type::fixed_length_list(x.clone(), u32::try_from(b.len()).unwrap())
            }),
            (format!("option<{a}>"), Type::option(x.clone())),
            (format!("result<{a}, {b}>"), Type::result(Some(x.clone()), Some(y.clone()))),
            (format!("result<_, {a}>"), Type::result(None, Some(x.clone()))),
            (format!("tuple<{a}, {b}, {c}>"), Type::tuple([x.clone(), y.clone(), z.clone()])),
        ];
        let which = random.below(8);
        if let Some((wit, ty)) = made.get(which) {
            all.add(wit, ty.clone().unwrap());
        } else if which == 6 {
            let ty = Type::record([("x", x.clone()), ("y", y.clone()), ("z", z.clone())]).unwrap();
            all.declare("record", &format!("x: {a}, y: {b}, z: {c}"), ty);
        } else {
            let cases = [("x", Some(x.clone())), ("y", None), ("z", Some(z.clone()))];
            all.declare("variant", &format!("x({a}), y, z({c})"), Type::variant(cases).unwrap());
        }
    }
    all
}

/// Converts a core type of `wit-parser`, with addresses of this width.
fn core_type(ty: WasmType, address_type: IntegerType) -> CoreType {
    match (ty, address_type) {
        (WasmType::I32, _) | (WasmType::Pointer | WasmType::Length, IntegerType::I32) => {
            CoreType::I32
        }
        (WasmType::I64 | WasmType::PointerOrI64, _)
        | (WasmType::Pointer | WasmType::Length, IntegerType::I64) => CoreType::I64,
        (WasmType::F32, _) => CoreType::F32,
        (WasmType::F64, _) => CoreType::F64,
    }
}

#[test]
fn layouts_and_flat_types_agree_with_wit_parser() {
    let mut compared = 0;
    for seed in 0..40 {
        let all = random_types(seed);
        let wit = format!("package a:b;\ninterface i {{\n{}}}\n", all.wit);
        let mut resolve = Resolve { all_features: true, ..Resolve::default() };
        resolve.push_str("a.wit", &wit).unwrap_or_else(|error| panic!("{error:#}\n{wit}"));
        let mut sizes = SizeAlign::default();
        sizes.fill(&resolve).unwrap();
        let (_, interface) = resolve.interfaces.iter().next().unwrap();
        for (name, ty) in &all.types {
            let id = interface.types[name.as_str()];
            let wit_type = match resolve.types[id].kind {
                TypeDefKind::Type(ty) => ty,
                _ => wit_parser::Type::Id(id),
            };
            let Abi { narrow, wide } = ty.abi();
            let (size, align) = (sizes.size(&wit_type), sizes.align(&wit_type));
            let theirs = [size.size_wasm32(), align.align_wasm32()].map(|it| it as u64);
            assert_eq!(theirs, [narrow.size, narrow.alignment.into()], "{name} in {wit}");
            let theirs = [size.size_wasm64(), align.align_wasm64()].map(|it| it as u64);
            assert_eq!(theirs, [wide.size, wide.alignment.into()], "{name} in {wit}");

            let mut storage = [WasmType::I32; 16];
            let mut flat = FlatTypes::new(&mut storage);
            let fits = resolve.push_flat(&wit_type, &mut flat);
            assert_eq!(fits, !narrow.flat.exceed(16), "{name} in {wit}");
            for (layout, address_type) in [(narrow, IntegerType::I32), (wide, IntegerType::I64)] {
                if fits {
                    let theirs = flat.to_vec().into_iter().map(|it| core_type(it, address_type));
                    assert!(theirs.eq(layout.flat.iter()), "{name} in {wit}");
                }
            }
            compared += 1;
        }
    }
    assert!(compared > 4000, "{compared}");
}
