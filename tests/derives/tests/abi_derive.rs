//! `#[derive(ComponentType, Lift, Lower)]` and `#[derive(FixedLengthList)]` in a user's crate; and
//! values of Rust types move like values of types known at run time.
//!
//! | check | place |
//! |---|---|
//! | code that compiles without a warning | `abi_derive/accepted/*.rs` |
//! | code that is refused, with the exact messages | `abi_derive/refused/*.rs` and `.stderr` |
//! | the types and values | here |
//!
//! After a deliberate change of a message, `TRYBUILD=overwrite cargo test -p weft-tests-derives
//! --test abi_derive` writes the `.stderr` files again; read the difference before you commit it.

#![deny(warnings, missing_docs, clippy::pedantic)]
#![allow(clippy::panic, clippy::unwrap_used, unreachable_pub, reason = "a test")]

#[path = "abi_derive/guest.rs"]
mod guest;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use weft::abi::{
    ComponentType, CoreValueIter, Lift, LiftContext, Lower, StringEncoding, Type, TypeList,
    lift_flat_values, lower_flat_values,
};
use weft::core_value::IntegerType;
use weft::list::{FixedLength, FixedLengthList};

use guest::Guest;

#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower)]
struct Request<'a> {
    path: &'a str,
    #[component(name = "type")]
    content_type: Option<&'a str>,
    access: Access,
    r#priority: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, ComponentType, Lift, Lower)]
#[component(flags)]
struct Access {
    read: bool,
    write: bool,
    #[component(name = "execute-2")]
    execute: bool,
}

#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower)]
enum Reply<T> {
    NotFound,
    Moved(String),
    Body(Vec<T>),
    Number(f64),
}

#[derive(Clone, Copy, Debug, PartialEq, ComponentType, Lift, Lower)]
enum Direction {
    North,
    East,
    #[component(name = "s")]
    South,
}

#[derive(Clone, Copy, Debug, PartialEq, ComponentType, Lift, Lower)]
struct Seconds(u64);

#[derive(Clone, Copy, Debug, PartialEq, ComponentType, Lift, Lower)]
struct Complex(f32, f32);

/// A tuple whose parts have names.
#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower)]
#[component(tuple)]
struct Triple<'a, T> {
    f0: u8,
    _second: &'a str,
    f2: Option<T>,
}

#[derive(Clone, Debug, PartialEq, ComponentType, Lift, Lower)]
#[component(tuple)]
struct One(u8);

/// Defines a struct with enough fields that they are handled in groups, and with values that are
/// dropped.
macro_rules! long {
    ($name:ident [$($option:meta)?]: $($field:ident)*) => {
        #[derive(Clone, Debug, Default, PartialEq, ComponentType, Lift, Lower)]
        $(#[$option])?
        struct $name<T> { $($field: (T, String)),* }
    };
}

long!(LongRecord []:
    a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 b0 b1 b2 b3 b4 b5 b6 b7 b8 b9 c0 c1 c2 c3 c4 c5 c6 c7 c8 c9
    d0 d1 d2 d3 d4 d5 d6 d7 d8 d9 e0 e1 e2 e3 e4 e5 e6 e7 e8 e9 f0 f1 f2 f3 f4 f5 f6 f7 f8 f9
    g0 g1 g2 g3 g4 g5);
long!(LongTuple [component(tuple)]:
    a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 b0 b1 b2 b3 b4 b5 b6 b7 b8 b9 c0 c1 c2 c3 c4 c5 c6 c7 c8 c9
    d0 d1 d2 d3);
long!(JustAGroup []:
    a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 b0 b1 b2 b3 b4 b5 b6 b7 b8 b9 c0 c1 c2 c3 c4 c5 c6 c7 c8 c9
    d0 d1);

/// A struct of numbers only; lists of it are copied as bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, ComponentType, Lift, Lower)]
struct LongPlain(
    [u32; 4],
    u8,
    u64,
    u8,
    u16,
    u8,
    u8,
    u8,
    u8,
    u8,
    u8,
    u8,
    u8,
    u8,
    u8,
    u8,
    u8,
    u8,
    u8,
    u8,
    u8,
    u8,
    u8,
    u8,
    u8,
    u8,
    u8,
    u8,
    u8,
    u8,
    u8,
    u8,
    u64,
    u8,
    f64,
);

#[derive(Clone, Copy, Debug, PartialEq, FixedLengthList)]
struct Matrix([[f32; 2]; 2]);

#[derive(Clone, Debug, PartialEq, FixedLengthList)]
struct Several<T, const N: usize>([T; N]);

weft::binding::flags!(Bound: u16, ["a", "b", "c", "d", "e", "f", "g", "h", "i"]);
#[derive(Clone, Copy, PartialEq, Eq)]
struct Bound(u16);

fn name_of<T: ComponentType>() -> String {
    Type::of::<T>().unwrap().unwrap().to_string()
}

#[test]
fn valid_code_compiles_and_invalid_code_is_refused() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/abi_derive/accepted/*.rs");
    cases.compile_fail("tests/abi_derive/refused/*.rs");
}

#[test]
fn a_derived_type_has_the_names_of_its_parts() {
    assert_eq!(
        name_of::<Request<'_>>(),
        "record { path: string, type: option<string>, \
         access: flags { read, write, execute-2 }, priority: u8 }"
    );
    assert_eq!(
        name_of::<Reply<u8>>(),
        "variant { not-found, moved(string), body(list<u8>), number(f64) }"
    );
    assert_eq!(name_of::<Direction>(), "enum { north, east, s }");
    assert_eq!(name_of::<(Seconds, Complex)>(), "tuple<u64, tuple<f32, f32>>");
    assert_eq!(name_of::<Triple<'_, char>>(), "tuple<u8, string, option<char>>");
    assert_eq!(name_of::<One>(), "tuple<u8>");
    let long = name_of::<LongTuple<u8>>();
    assert_eq!(long.matches("tuple<u8, string>").count(), 34);
    assert!(long.starts_with("tuple<tuple<u8, string>, "), "{long}");
    assert_eq!(name_of::<Matrix>(), "list<list<f32, 2>, 2>");
    assert_eq!(name_of::<Several<char, 3>>(), "list<char, 3>");
    assert_eq!(name_of::<Bound>(), "flags { a, b, c, d, e, f, g, h, i }");
    assert_eq!(name_of::<BTreeMap<String, Result<(), u8>>>(), "map<string, result<_, u8>>");
    assert_eq!((Several::<u8, 7>::LENGTH, Matrix([[1.0; 2]; 2]).elements().len()), (7, 2));
}

/// Lowers a value as typed and as dynamic, lifts it both ways, and compares everything: layouts,
/// core values, memory and calls of `realloc`.
fn agree<T>(value: &T)
where
    T: Lower + for<'a> Lift<'a> + PartialEq + Debug,
{
    let ty = Type::of::<T>().unwrap().unwrap();
    assert_eq!(ty.abi(), T::ABI);
    let list = TypeList::new([ty]).unwrap();
    for address_type in [IntegerType::I32, IntegerType::I64] {
        for encoding in [StringEncoding::Utf8, StringEncoding::Utf16, StringEncoding::Latin1Utf16] {
            for max_flat in [0, 1, 16] {
                let mut typed = Guest::new(address_type, encoding);
                let flat = lower_flat_values(&mut typed, max_flat, value, None).unwrap();

                let mut cx = LiftContext::new(&typed.memory, typed.options);
                let mut values = CoreValueIter::new(flat.as_slice());
                let vals = list.lift_flat_values(&mut cx, max_flat, &mut values.clone()).unwrap();
                let lifted: T = lift_flat_values(&mut cx, max_flat, &mut values).unwrap();
                assert_eq!(&lifted, value);

                let mut dynamic = Guest::new(address_type, encoding);
                let same = list.lower_flat_values(&mut dynamic, max_flat, &vals, None).unwrap();
                assert_eq!((same, &dynamic.calls), (flat, &typed.calls), "{value:?}");
                assert!(dynamic.memory == typed.memory, "{value:?}");
            }
        }
    }
}

#[test]
fn typed_and_dynamic_agree_on_scalars_and_text() {
    agree(&true);
    agree(&(-1_i8, u8::MAX, i16::MIN, u16::MAX));
    agree(&(i32::MIN, u32::MAX, i64::MIN, u64::MAX));
    agree(&(1.5_f32, f64::NEG_INFINITY, '\u{10ffff}'));
    agree(&String::new());
    agree(&("ascii".to_owned(), "žluťoučký".to_owned(), "été 😀".to_owned()));
}

#[test]
fn typed_and_dynamic_agree_on_lists() {
    agree(&vec![1_u8, 2, 3]);
    agree(&vec![i64::MIN, 0, i64::MAX]);
    agree(&vec![(1_u32, 2_u32); 9]);
    agree(&vec![[0.5_f32; 4]; 5]);
    agree(&vec![(true, 7_u64), (false, 8)]);
    agree(&vec![vec!["a".to_owned(), String::new()], vec![]]);
    agree(&[[1_u16, 2, 3], [4, 5, 6]]);
    agree(&[7_u8; 3000]);
    agree(&Matrix([[1.0, 2.0], [3.0, 4.0]]));
    agree(&Several(["x".to_owned(), "y".to_owned()]));
    agree(&BTreeMap::from([(1_u8, "one".to_owned()), (2, "two".to_owned())]));
    agree(&HashMap::from([('x', (1_u64, true))]));
    agree(&vec![Some(1_u8), None]);
}

#[test]
fn typed_and_dynamic_agree_on_derived_types() {
    for bits in 0..8_u8 {
        let access = Access { read: bits & 1 > 0, write: bits & 2 > 0, execute: bits & 4 > 0 };
        agree(&access);
        agree(&(bits, vec![access; 3]));
    }
    for direction in [Direction::North, Direction::East, Direction::South] {
        agree(&(direction, Seconds(9), Complex(1.0, -1.0)));
        agree(&vec![direction; 5]);
    }
    for reply in
        [Reply::NotFound, Reply::Moved("/x".into()), Reply::Body(vec![1, 2]), Reply::Number(0.1)]
    {
        agree::<Reply<u16>>(&reply);
        agree::<(u8, Option<Reply<u16>>)>(&(1, Some(reply)));
    }
    for bits in [0, 1, 0x1ff] {
        agree(&Bound::from_bits(bits));
        agree(&vec![Bound::from_bits(bits); 2]);
    }
    agree(&One(7));
    agree(&Box::new(Result::<Seconds, Direction>::Err(Direction::East)));
    agree(&Result::<(), String>::Ok(()));
}

#[test]
fn typed_and_dynamic_agree_on_types_of_many_parts() {
    let part = |number: u16| (number, format!("part {number}"));
    let record = LongRecord {
        a0: part(0),
        d1: part(31),
        d2: part(32),
        d3: part(33),
        g3: part(63),
        g4: part(64),
        g5: part(65),
        ..LongRecord::default()
    };
    agree(&record);
    agree(&vec![record; 2]);
    agree(&LongTuple { a0: part(1), d1: part(2), d2: part(3), ..LongTuple::default() });
    agree(&JustAGroup { a0: part(1), d0: part(2), d1: part(3), ..JustAGroup::default() });
    let mut plain = LongPlain::default();
    (plain.0, plain.2, plain.31, plain.32, plain.34) = ([1, 2, 3, 4], 5, 6, u64::MAX, 0.5);
    agree(&plain);
    agree(&vec![plain; 3]);
}

/// Checks that values lifted before a part that traps are dropped.
#[test]
fn a_part_that_traps_ends_the_lifting_of_many() {
    let mut guest = Guest::new(IntegerType::I32, StringEncoding::Utf8);
    let value = LongRecord::<u8> { g5: (1, "last".into()), ..LongRecord::default() };
    let flat = lower_flat_values(&mut guest, 0, &value, None).unwrap();
    let mut bytes = guest.memory.clone();
    let text = bytes.windows(4).position(|it| it == b"last").unwrap();
    bytes[text] = 0xff;
    let mut cx = LiftContext::new(&bytes, guest.options);
    let lifted =
        lift_flat_values::<LongRecord<u8>, _>(&mut cx, 0, &mut CoreValueIter::new(flat.as_slice()));
    assert!(lifted.is_err(), "{lifted:?}");
}

#[test]
fn a_tuple_with_a_lifetime_also_borrows() {
    let triple = Triple { f0: 1, _second: "two", f2: Some('3') };
    let mut guest = Guest::new(IntegerType::I32, StringEncoding::Utf8);
    let flat = lower_flat_values(&mut guest, 16, &triple, None).unwrap();
    let mut cx = LiftContext::new(&guest.memory, guest.options);
    let lifted: Triple<'_, char> =
        lift_flat_values(&mut cx, 16, &mut CoreValueIter::new(flat.as_slice())).unwrap();
    assert_eq!(lifted, triple);
}

#[test]
fn a_derived_view_borrows_the_memory_of_the_guest() {
    let request = Request {
        path: "/index",
        content_type: Some("text"),
        access: Access { read: true, write: false, execute: true },
        r#priority: 3,
    };
    let mut guest = Guest::new(IntegerType::I32, StringEncoding::Utf8);
    let flat = lower_flat_values(&mut guest, 16, &request, None).unwrap();
    let mut cx = LiftContext::new(&guest.memory, guest.options);
    let lifted: Request<'_> =
        lift_flat_values(&mut cx, 16, &mut CoreValueIter::new(flat.as_slice())).unwrap();
    assert_eq!(lifted, request);
    assert!(guest.memory.as_ptr_range().contains(&lifted.path.as_ptr()));
}
