//! The typed way of a case: Rust types instead of types known at run time.
//!
//! Random types cannot be written in Rust, so some of the cases use the types listed here. The
//! typed way must have the same results as the dynamic one, which is compared with the reference.

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use serde_json::{Value, json};
use weft::abi::{
    ComponentType, CoreValueIter, Lift, LiftContext, Lower, Options, Peer, Shape, StringEncoding,
    TypeList, lift_flat_values, lower_flat_values,
};
use weft::core_value::IntegerType;
use weft::error::{AbiError, Error, Failure};
use weft::list::FixedLengthList;

use crate::case::{Case, to_type};
use crate::guest::{Guest, Handles};
use crate::paths::{lower, options, rule, to_json};
use crate::random::Random;

/// One list of Rust types: the types as JSON, and the operations on values of them.
struct Entry {
    types: fn() -> Vec<Value>,
    run: for<'a> fn(&'a Case) -> Option<Value>,
}

/// Creates an entry of each type, for one parameter; and one of each tuple after `parameters`, with
/// as many parameters as it has parts.
macro_rules! entries {
    ($lifetime:lifetime; $($one:ty),* $(,)?; parameters: $($several:ty),* $(,)?) => {
        const ENTRIES: &[Entry] = &[
            $({
                fn run<$lifetime>(case: &$lifetime Case) -> Option<Value> {
                    typed::<($one,)>(case)
                }
                #[allow(clippy::extra_unused_lifetimes, reason = "some of the types borrow")]
                fn types<$lifetime>() -> Vec<Value> {
                    vec![type_to_json(&<$one as ComponentType>::SHAPE)]
                }
                Entry { types, run }
            },)*
            $({
                fn run<$lifetime>(case: &$lifetime Case) -> Option<Value> {
                    typed::<$several>(case)
                }
                #[allow(clippy::extra_unused_lifetimes, reason = "some of the types borrow")]
                fn types<$lifetime>() -> Vec<Value> {
                    match type_to_json(&<$several as ComponentType>::SHAPE) {
                        Value::Array(parts) => parts[1..].to_vec(),
                        other => panic!("{other}"),
                    }
                }
                Entry { types, run }
            },)*
        ];
    };
}

#[derive(ComponentType, Lift, Lower)]
struct Point {
    x: f32,
    y: f32,
}

#[derive(ComponentType, Lift, Lower)]
struct Padded {
    byte: u8,
    long: u64,
    word: u16,
}

#[derive(ComponentType, Lift, Lower)]
struct Person {
    name: String,
    born: u16,
    nicknames: Vec<String>,
    home: Option<Point>,
}

#[derive(ComponentType, Lift, Lower)]
struct Pair<A, B>(A, B);

#[derive(ComponentType, Lift, Lower)]
struct Seconds(u64);

#[derive(ComponentType, Lift, Lower)]
enum Only {
    One,
}

#[derive(ComponentType, Lift, Lower)]
enum Direction {
    North,
    East,
    South,
}

#[derive(ComponentType, Lift, Lower)]
enum Number {
    Narrow(f32),
    Wide(f64),
    Short(i8),
    Long(i64),
    None,
}

#[derive(ComponentType, Lift, Lower)]
enum Tree {
    Leaf(char),
    Text(String),
    Numbers(Vec<u16>),
    Inner(Result<Box<Person>, Direction>),
    Nothing,
}

#[derive(ComponentType, Lift, Lower)]
#[component(flags)]
struct One {
    only: bool,
}

#[derive(ComponentType, Lift, Lower)]
#[component(flags)]
#[expect(clippy::struct_excessive_bools, reason = "flags are many")]
struct Nine {
    a: bool,
    b: bool,
    c: bool,
    d: bool,
    e: bool,
    f: bool,
    g: bool,
    h: bool,
    i: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Eight(u8);
weft::binding::flags!(Eight: u8, ["a", "b", "c", "d", "e", "f", "g", "h"]);

#[derive(Clone, Copy, PartialEq, Eq)]
struct Sixteen(u16);
weft::binding::flags!(
    Sixteen: u16,
    ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p"]
);

#[derive(Clone, Copy, PartialEq, Eq)]
struct Seventeen(u32);
weft::binding::flags!(
    Seventeen: u32,
    ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q"]
);

#[derive(Clone, Copy, PartialEq, Eq)]
struct ThirtyTwo(u32);
weft::binding::flags!(
    ThirtyTwo: u32,
    [
        "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r",
        "s", "t", "u", "v", "w", "x", "y", "z", "a1", "b1", "c1", "d1", "e1", "f1",
    ]
);

#[derive(FixedLengthList)]
struct Matrix([[f32; 2]; 2]);

entries! {
    'a;
    bool, i8, u8, i16, u16, i32, u32, i64, u64, f32, f64, char, String, &'a str, &'a [u8],
    Vec<bool>, Vec<u8>, Vec<i16>, Vec<u64>, Vec<f32>, Vec<f64>, Vec<char>, Vec<String>,
    Vec<&'a str>, Vec<Vec<u32>>, Vec<Vec<String>>, Vec<(u32, u32)>, Vec<(u8, u64)>,
    Vec<[f32; 4]>, Vec<[bool; 3]>, Vec<[u8; 5]>, Vec<[[u16; 2]; 2]>, Vec<[Option<u8>; 2]>,
    Vec<Point>, Vec<Padded>, Vec<Person>, Vec<Direction>, Vec<Nine>, Vec<Sixteen>, Vec<Number>,
    Vec<Option<String>>, Vec<(String, Vec<u8>)>,
    [u8; 3], [u64; 1500], [String; 2], [[char; 2]; 3], [Padded; 4], [f64; 700], Matrix,
    (u8, u16, u32, u64), (String, f32, Vec<u8>), Pair<u8, Option<u64>>, Seconds,
    (u8, (u16, (u32, (u64, (String, (bool, char)))))),
    Option<u8>, Option<String>, Option<Option<Option<bool>>>, Result<(), ()>,
    Result<u8, String>, Result<f32, u64>, Result<(), Vec<u8>>, Result<Option<f64>, Result<u8, ()>>,
    BTreeMap<u8, String>, BTreeMap<String, Vec<u16>>, HashMap<char, (u64, bool)>, Vec<BTreeMap<i32, u8>>,
    Point, Padded, Person, Only, Direction, Number, Tree, Vec<Tree>, Option<Tree>,
    One, Eight, Nine, Sixteen, Seventeen, ThirtyTwo, Option<ThirtyTwo>;
    parameters:
    (u8, String), (f32, f64, f32, f64), (Option<u32>, Person, Tree), (Vec<Point>, Direction, bool),
    (u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u8, u64),
    (String, String, String, String, String, String, String, String, u8),
}

fn type_to_json(shape: &Shape) -> Value {
    let several = |keyword: &str, parts: &mut dyn Iterator<Item = Value>| {
        Value::Array(std::iter::once(json!(keyword)).chain(parts).collect())
    };
    match shape {
        Shape::Nothing => Value::Null,
        Shape::List(element) => json!(["list", type_to_json(element)]),
        Shape::FixedLengthList(element, length) => json!(["list", type_to_json(element), length]),
        Shape::Map(key, value) => json!(["map", type_to_json(key), type_to_json(value)]),
        Shape::Record(fields) => {
            several("record", &mut fields.iter().map(|(_, field)| type_to_json(field)))
        }
        Shape::Tuple(parts) => several("tuple", &mut parts.iter().map(|it| type_to_json(it))),
        Shape::Variant(cases) => {
            several("variant", &mut cases.iter().map(|(_, payload)| type_to_json(payload)))
        }
        Shape::Enum(labels) => json!(["enum", labels.len()]),
        Shape::Option(some) => json!(["option", type_to_json(some)]),
        Shape::Result(ok, error) => json!(["result", type_to_json(ok), type_to_json(error)]),
        Shape::Flags(labels) => json!(["flags", labels.len()]),
        simple => json!(format!("{simple:?}").to_lowercase()),
    }
}

/// Returns the entries of each list of types, by its JSON.
fn entries() -> &'static HashMap<String, Vec<&'static Entry>> {
    static ENTRIES_OF_TYPES: OnceLock<HashMap<String, Vec<&'static Entry>>> = OnceLock::new();
    ENTRIES_OF_TYPES.get_or_init(|| {
        let mut entries = HashMap::<String, Vec<&'static Entry>>::new();
        for entry in ENTRIES {
            entries.entry(Value::Array((entry.types)()).to_string()).or_default().push(entry);
        }
        entries
    })
}

/// Returns types that have Rust types, as JSON.
pub fn random_types(random: &mut Random) -> Vec<Value> {
    (ENTRIES[random.index(ENTRIES.len())].types)()
}

/// Returns the number of times that a case took the typed way, or the difference between its result
/// and that of the dynamic way.
pub fn difference(case: &Case, dynamic: &Value) -> Result<usize, String> {
    let key = Value::Array(case.types.clone()).to_string();
    let has_maps = key.contains("\"map\"");
    let mut count = 0;
    for entry in entries().get(&key).into_iter().flatten() {
        let Some(typed) = (entry.run)(case) else { continue };
        count += 1;
        let is_lifted = typed["lift"] == dynamic["lift"];
        if !is_lifted && has_maps && typed["lift"]["values"].is_array() {
            // A map in Rust has an order of its own, and each key once.
            continue;
        }
        if !is_lifted || typed["host"] != dynamic["lower"]["host"] {
            return Err(format!("typed and dynamic differ\ntyped: {typed}"));
        }
    }
    Ok(count)
}

/// Runs the typed way on a case; returns nothing if it is impossible because a `&str` cannot
/// borrow.
fn typed<'a, T: Lower + Lift<'a>>(case: &'a Case) -> Option<Value> {
    let side = &case.source.side;
    let list = TypeList::new(case.types.iter().map(to_type)).unwrap();
    assert_eq!(list.abi(), T::ABI);
    let mut cx = LiftContext::new(&side.memory, options(side, Peer::Host));
    let mut values = CoreValueIter::new(&case.source.flat);
    let lifted: T = match lift_flat_values(&mut cx, side.max_flat, &mut values) {
        Ok(lifted) => lifted,
        Err(Failure::Error(Error::Abi(AbiError::NotUtf8))) => return None,
        Err(failure) => return Some(json!({ "lift": { "trap": rule(failure) } })),
    };
    let host = lower(case, Peer::Host, |guest| {
        let destination = &case.destination;
        let max_flat = destination.side.max_flat;
        Ok(lower_flat_values(guest, max_flat, &lifted, destination.out_param)?.as_slice().to_vec())
    });
    Some(json!({ "lift": { "values": to_values(&lifted, &list) }, "host": host }))
}

/// Returns the values as JSON, through a memory with room for any.
fn to_values<T: Lower>(lifted: &T, list: &TypeList) -> Value {
    let mut guest = Guest {
        options: Options::new(IntegerType::I64, StringEncoding::Utf8),
        memory: vec![0; 1 << 20],
        handles: Handles::default(),
        realloc: (String::new(), 0),
        last: 0,
        calls: Vec::new(),
        base: 0,
        unborn: Vec::new(),
    };
    let flat = lower_flat_values(&mut guest, 16, lifted, None).unwrap();
    let mut cx = LiftContext::new(&guest.memory, guest.options);
    let mut flat = CoreValueIter::new(flat.as_slice());
    let vals = list.lift_flat_values(&mut cx, 16, &mut flat).unwrap();
    list.types().zip(&vals).map(|(ty, val)| to_json(val, ty)).collect()
}
