use alloc::sync::Arc;
use alloc::vec::Vec;
use core::convert::Infallible;

use crate::abi::{HandleNumbers, Resolver, Type, TypeList};
use crate::builtin::TypeIndex;

use super::decoded;
use crate::component::definition::extern_type::ExternType;
use crate::component::definition::function_type::FunctionType;
use crate::component::definition::items::Item;

/// Numbers resource types from 100 on, streams from 200 and futures from 300, each new one anew.
#[derive(Default)]
struct Numbers {
    streams: u32,
    futures: u32,
}

impl HandleNumbers for Numbers {
    type Error = Infallible;

    fn resource(&mut self, TypeIndex(slot): TypeIndex) -> Result<TypeIndex, Infallible> {
        Ok(TypeIndex(100 + slot))
    }

    fn stream(&mut self, _: Option<&Type>) -> Result<TypeIndex, Infallible> {
        self.streams += 1;
        Ok(TypeIndex(199 + self.streams))
    }

    fn future(&mut self, _: Option<&Type>) -> Result<TypeIndex, Infallible> {
        self.futures += 1;
        Ok(TypeIndex(299 + self.futures))
    }
}

/// Returns the types of the functions that a component imports.
fn functions(text: &str) -> Vec<Arc<FunctionType>> {
    let decoded = decoded(text);
    let function = |item: &Item| match item {
        Item::Import { ty: ExternType::Function(ty), .. } => Some(Arc::clone(ty)),
        _ => None,
    };
    decoded.root.items.iter().filter_map(function).collect()
}

fn first(function: &FunctionType) -> &Type {
    function.params.types().next().expect("a parameter")
}

#[test]
fn every_type_of_a_value_is_converted() {
    let functions = functions(
        r#"(component
            (import "r" (type $r (sub resource)))
            (type $record' (record (field "a" bool) (field "b" s8)))
            (import "record" (type $record (eq $record')))
            (type $variant' (variant (case "a" u16) (case "b")))
            (import "variant" (type $variant (eq $variant')))
            (type $flags' (flags "a" "b"))
            (import "flags" (type $flags (eq $flags')))
            (type $enum' (enum "a" "b"))
            (import "enum" (type $enum (eq $enum')))
            (import "a" (func (param "x" $record)))
            (import "b" (func (param "x" $variant)))
            (import "c" (func (param "x" $flags)))
            (import "d" (func (param "x" $enum)))
            (import "e" (func (param "x" (tuple s16 s32 s64 u32 u64))))
            (import "f" (func (param "x" (list f32 4))))
            (import "g" (func (param "x" (map string f64))))
            (import "h" (func (param "x" (list (option char)))))
            (import "i" (func (param "x" (result u8 (error error-context)))))
            (import "j" (func (param "x" (tuple (own $r) (borrow $r)))))
            (type $future (future string))
            (import "k" (func (param "x" (stream $future)))))"#,
    );
    let end = |ty: Result<Type, _>| ty.expect("there is such a type");
    let expected = [
        Type::record([("a", Type::Bool), ("b", Type::S8)]),
        Type::variant([("a", Some(Type::U16)), ("b", None)]),
        Type::flags(["a", "b"]),
        Type::enumeration(["a", "b"]),
        Type::tuple([Type::S16, Type::S32, Type::S64, Type::U32, Type::U64]),
        Type::fixed_length_list(Type::F32, 4),
        Type::map(Type::String, Type::F64),
        Type::list(end(Type::option(Type::Char))),
        Type::result(Some(Type::U8), Some(Type::ErrorContext)),
        Type::tuple([Type::Own(TypeIndex(0)), Type::Borrow(TypeIndex(0))]),
        Type::stream(Some(end(Type::future(Some(Type::String), TypeIndex(0)))), TypeIndex(0)),
    ];
    let expected: Vec<_> = expected.into_iter().map(end).collect();
    let found: Vec<_> = functions.iter().map(|function| first(function).clone()).collect();
    assert_eq!(found, expected);
}

#[test]
fn a_type_that_several_functions_share_is_converted_once() {
    let functions = functions(
        r#"(component
            (type $t' (record (field "a" u8)))
            (import "t" (type $t (eq $t')))
            (type $list (list $t))
            (import "f" (func (param "x" $list)))
            (import "g" (func (param "x" u8) (param "y" $list))))"#,
    );
    let (Type::List(a), Some(Type::List(b))) =
        (first(&functions[0]), functions[1].params.types().nth(1))
    else {
        panic!("{functions:?}")
    };
    assert!(Arc::ptr_eq(a, b));
}

#[test]
fn a_type_of_a_function_that_is_used_twice_is_converted_once() {
    let functions = functions(
        r#"(component
            (type $f (func (param "x" u8)))
            (import "f" (func (type $f)))
            (import "g" (func (type $f))))"#,
    );
    assert!(Arc::ptr_eq(&functions[0], &functions[1]));
}

#[test]
fn resolving_numbers_handles_wherever_they_are() {
    let functions = functions(
        r#"(component
            (import "r" (type $r (sub resource)))
            (import "s" (type $s (sub resource)))
            (import "f" (func (param "x" (tuple (own $s) (list (result u8 (error (borrow $r)))))))
            )
            (import "g" (func (param "x" (option (stream (tuple (future) (own $r))))))))"#,
    );
    let mut resolver = Resolver::default();
    let mut numbers = Numbers::default();
    let mut resolve = |function: &FunctionType| {
        let Ok(resolved) = resolver.resolve_list(&function.params, &mut numbers);
        assert_eq!(resolved.abi(), function.params.abi());
        alloc::format!("{:?}", resolved.types().collect::<Vec<_>>())
    };
    let f = resolve(&functions[0]);
    assert_eq!(f, "[tuple<own<101>, list<result<u8, borrow<100>>>>]");
    let g = resolve(&functions[1]);
    assert_eq!(g, "[option<stream<tuple<future, own<100>>>>]");
    assert_eq!((numbers.streams, numbers.futures), (1, 1));
}

#[test]
fn resolving_leaves_what_has_no_handles_as_it_is() {
    let record = Type::record([("a", Type::U8), ("b", Type::String)]).expect("a record");
    let list = Type::list(record).expect("a list");
    let Ok(resolved) = Resolver::default().resolve(&list, &mut Numbers::default());
    let (Type::List(before), Type::List(after)) = (&list, &resolved) else { panic!() };
    assert!(Arc::ptr_eq(before, after));
    let types = TypeList::new([list.clone()]).expect("a list of types");
    let Ok(resolved) = Resolver::default().resolve_list(&types, &mut Numbers::default());
    assert_eq!(resolved, types);
}

#[test]
fn resolving_takes_a_shared_part_once() {
    // Without that, there would be 2 to the power of 17 streams.
    let mut ty = Type::stream(None, TypeIndex(0)).expect("a stream");
    for _ in 0..17 {
        ty = Type::result(Some(ty.clone()), Some(ty)).expect("a result");
    }
    let mut numbers = Numbers::default();
    let Ok(resolved) = Resolver::default().resolve(&ty, &mut numbers);
    assert_eq!(numbers.streams, 1);
    let mut inner = &resolved;
    while let Type::Variant(variant) = inner {
        inner = variant.cases()[1].payload().expect("a payload");
    }
    let Type::Stream(end) = inner else { panic!() };
    assert_eq!(end.index(), TypeIndex(200));
}
