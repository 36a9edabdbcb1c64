//! Lowering never allocates in the host. Lifting allocates once for each value that owns memory,
//! and never for one that borrows. A plan never allocates.
//!
//! The memory that a guest's `realloc` allocates is the guest's.

use std::collections::{BTreeMap, HashMap};

use allocation_counter::measure;
use weft::abi::{
    ComponentType, CoreValueIter, FlatLimits, FlatValues, Lift, LiftContext, LiftedList, LiftedStr,
    Lower, Options, StringEncoding, Type, TypeList, lift_flat_values, lower_flat_values,
};
use weft::core_value::IntegerType;

use crate::guest::{Guest, Handles, Pair};

const ENCODINGS: [StringEncoding; 3] =
    [StringEncoding::Utf8, StringEncoding::Utf16, StringEncoding::Latin1Utf16];

fn guest(address_type: IntegerType, encoding: StringEncoding) -> Guest {
    Guest {
        options: Options::new(address_type, encoding),
        memory: vec![0; 1 << 14],
        handles: Handles::default(),
        realloc: (String::new(), 0),
        last: 8,
        calls: Vec::with_capacity(256),
        base: 0,
        unborn: Vec::new(),
    }
}

/// Calls `each` with every width, encoding and way of passing values.
fn every_way(mut each: impl FnMut(IntegerType, StringEncoding, usize)) {
    for address_type in [IntegerType::I32, IntegerType::I64] {
        for encoding in ENCODINGS {
            for max_flat in [0, 16] {
                each(address_type, encoding, max_flat);
            }
        }
    }
}

fn lowered<T: Lower>(value: &T, guest: &mut Guest, max_flat: usize) -> FlatValues {
    lower_flat_values(guest, max_flat, value, None).unwrap()
}

/// Lowers a value, and moves it to another guest, without an allocation, both typed and dynamic.
fn lowers_without_allocations<T: Lower>(value: &T) {
    let list = TypeList::new([Type::of::<T>().unwrap().unwrap()]).unwrap();
    every_way(|address_type, encoding, max_flat| {
        let mut source = guest(address_type, encoding);
        let mut flat = FlatValues::EMPTY;
        let allocated = measure(|| flat = lowered(value, &mut source, max_flat));
        assert_eq!(allocated.count_total, 0, "typed: {}", list.types().next().unwrap());

        let mut cx = LiftContext::new(&source.memory, source.options);
        let mut values = CoreValueIter::new(flat.as_slice());
        let vals = list.lift_flat_values(&mut cx, max_flat, &mut values).unwrap();
        let mut dynamic = guest(address_type, encoding);
        let allocated = measure(|| {
            list.lower_flat_values(&mut dynamic, max_flat, &vals, None).unwrap();
        });
        assert_eq!(allocated.count_total, 0, "dynamic: {}", list.types().next().unwrap());

        every_way(|to_address_type, to_encoding, to_max_flat| {
            let mut pair = Pair::<true> {
                source_options: source.options,
                source_memory: Some(&source.memory),
                source: Handles::default(),
                destination: guest(to_address_type, to_encoding),
            };
            let mut values = CoreValueIter::new(flat.as_slice());
            let max_flat = FlatLimits { source: max_flat, destination: to_max_flat };
            let allocated = measure(|| {
                list.transfer_flat_values(&mut pair, max_flat, &mut values, None).unwrap();
            });
            assert_eq!(allocated.count_total, 0, "plan: {}", list.types().next().unwrap());
        });
    });
}

/// Checks the allocations of lifting a `T` that was lowered from `value`; they are the same in
/// every way.
#[track_caller]
fn lifts_with<V: Lower, T: for<'a> Lift<'a>>(value: &V, expected: u64) {
    for encoding in ENCODINGS {
        lifts_from(value, encoding, |cx, max_flat, values| {
            let mut lifted = None;
            let allocated =
                measure(|| lifted = Some(lift_flat_values::<T, _>(cx, max_flat, values)));
            lifted.unwrap().unwrap();
            assert_eq!(allocated.count_total, expected, "{encoding:?}");
        });
    }
}

fn lifts_from<V: Lower>(
    value: &V,
    encoding: StringEncoding,
    mut lift: impl FnMut(&mut LiftContext<'_>, usize, &mut CoreValueIter<'_>),
) {
    for address_type in [IntegerType::I32, IntegerType::I64] {
        for max_flat in [0, 16] {
            let mut guest = guest(address_type, encoding);
            let flat = lowered(value, &mut guest, max_flat);
            let mut cx = LiftContext::new(&guest.memory, guest.options);
            lift(&mut cx, max_flat, &mut CoreValueIter::new(flat.as_slice()));
        }
    }
}

#[derive(Clone, ComponentType, Lift, Lower)]
struct Person {
    name: String,
    born: u16,
    nicknames: Vec<String>,
}

#[derive(Clone, ComponentType, Lift, Lower)]
enum Reply {
    Nothing,
    Text(String),
    Numbers([f64; 3]),
}

#[derive(Clone, Copy, ComponentType, Lift, Lower)]
enum Direction {
    North,
    South,
}

#[derive(Clone, Copy, ComponentType, Lift, Lower)]
#[component(flags)]
struct Access {
    read: bool,
    write: bool,
}

fn person() -> Person {
    Person { name: "Ada".into(), born: 1815, nicknames: vec!["été €".into(), "x".into()] }
}

#[test]
fn lowering_and_plans_of_plain_values_allocate_nothing() {
    lowers_without_allocations(&(true, -1_i8, 'x', 1.5_f64));
    lowers_without_allocations(&[7_u64; 20]);
    lowers_without_allocations(&(Some(1_u8), Result::<(), u64>::Ok(())));
    lowers_without_allocations(&(Direction::South, Access { read: true, write: false }));
    lowers_without_allocations(&vec![(1_u8, 2_u32); 30]);
    lowers_without_allocations(&vec![1.5_f32; 30]);
    lowers_without_allocations(&vec![Direction::North; 30]);
}

#[test]
fn lowering_and_plans_of_strings_lists_and_maps_allocate_nothing() {
    for text in ["", "ascii", "été", "žluťoučký", "😀", "latin é, then 😀"] {
        lowers_without_allocations(&text);
        lowers_without_allocations(&vec![text; 3]);
    }
    lowers_without_allocations(&vec![vec![1_u16, 2], vec![], vec![3]]);
    lowers_without_allocations(&vec![person(); 3]);
    lowers_without_allocations(&vec![
        Reply::Nothing,
        Reply::Text("été".into()),
        Reply::Numbers([1.0; 3]),
    ]);
    lowers_without_allocations(&BTreeMap::from([("a", 1_u8), ("b", 2)]));
    lowers_without_allocations(&HashMap::from([('x', person())]));
}

#[test]
fn lifting_values_that_own_nothing_allocates_nothing() {
    lifts_with::<_, (bool, i8, char, f64)>(&(true, -1_i8, 'x', 1.5_f64), 0);
    lifts_with::<_, [u64; 20]>(&[7_u64; 20], 0);
    lifts_with::<_, Option<[(u8, Direction); 3]>>(&Some([(1_u8, Direction::North); 3]), 0);
    lifts_with::<_, Access>(&Access { read: true, write: true }, 0);
    lifts_with::<_, Reply>(&Reply::Numbers([1.0; 3]), 0);
    lifts_with::<_, Reply>(&Reply::Nothing, 0);
}

#[test]
fn lifting_allocates_once_for_each_owning_value() {
    lifts_with::<_, String>(&"latin é, then 😀", 1);
    lifts_with::<_, String>(&"", 0);
    lifts_with::<_, Vec<u8>>(&vec![1_u8; 100], 1);
    lifts_with::<_, Vec<(u8, u32)>>(&vec![(1_u8, 2_u32); 100], 1);
    lifts_with::<_, Vec<[f32; 4]>>(&vec![[1.0_f32; 4]; 500], 1);
    lifts_with::<_, Vec<Option<char>>>(&vec![Some('x'); 100], 1);
    lifts_with::<_, Vec<String>>(&vec!["a", "été", "😀"], 1 + 3);
    lifts_with::<_, [String; 2]>(&["a", "b"], 2);
    lifts_with::<_, Vec<Vec<Vec<u8>>>>(&vec![vec![vec![1_u8], vec![2]], vec![]], 1 + 1 + 2);
    lifts_with::<_, Vec<Person>>(&vec![person(); 4], 1 + 4 * (1 + 1 + 2));
    lifts_with::<_, Box<Reply>>(&Reply::Text("x".into()), 1 + 1);
    lifts_with::<_, (Option<String>, Result<(), String>)>(
        &(Some("x"), Result::<(), _>::Err("y")),
        2,
    );
    // A `HashMap` has one table; a `BTreeMap` has nodes, and the first one holds some entries.
    let entries = || (0..100_u16).map(|key| (key, Some(true)));
    lifts_with::<_, HashMap<u16, Option<bool>>>(&entries().collect::<HashMap<_, _>>(), 1);
    lifts_with::<_, BTreeMap<u16, Option<bool>>>(&entries().take(5).collect::<BTreeMap<_, _>>(), 1);
}

/// Checks that borrowing values are lifted, and their elements read, without an allocation.
macro_rules! borrows {
    ($value:expr, $encodings:expr, $ty:ty, $lifted:ident => $elements:expr) => {
        for encoding in $encodings {
            lifts_from($value, encoding, |cx, max_flat, values| {
                let allocated = measure(|| {
                    let $lifted: $ty = lift_flat_values(cx, max_flat, values).unwrap();
                    $elements
                });
                assert_eq!(allocated.count_total, 0, "{}", stringify!($ty));
            });
        }
    };
}

#[test]
fn lifting_borrowing_values_allocates_nothing() {
    let utf8 = [StringEncoding::Utf8];
    borrows!(&"été", utf8, &str, text => assert_eq!(text, "été"));
    borrows!(&"été", ENCODINGS, LiftedStr<'_>, text => assert_eq!(text.chars().count(), 3));
    borrows!(&vec![1_u8; 9], ENCODINGS, &[u8], bytes => assert_eq!(bytes, [1; 9]));
    borrows!(&vec!["a", "été"], ENCODINGS, LiftedList<'_, LiftedStr<'_>>, list => {
        list.check().unwrap();
        assert_eq!(list.iter().map(|it| it.unwrap().chars().count()).sum::<usize>(), 4);
    });
    borrows!(&vec![vec!["a"], vec![]], utf8, LiftedList<'_, LiftedList<'_, &str>>, list => {
        assert_eq!(list.iter().map(|it| it.unwrap().len()).sum::<usize>(), 1);
    });
}

#[test]
fn lifting_a_dynamic_value_allocates_once_for_each_owning_part() {
    let lifted = |list: &TypeList, value: &dyn Fn(&mut Guest) -> FlatValues| {
        let mut guest = guest(IntegerType::I32, StringEncoding::Utf8);
        let flat = value(&mut guest);
        let mut cx = LiftContext::new(&guest.memory, guest.options);
        let mut values = CoreValueIter::new(flat.as_slice());
        measure(|| drop(list.lift_flat_values(&mut cx, 16, &mut values).unwrap())).count_total
    };
    let list = TypeList::new([Type::U32, Type::String]).unwrap();
    // The values themselves, and the string.
    assert_eq!(lifted(&list, &|guest| lowered(&(7_u32, "x"), guest, 16)), 1 + 1);
    let list = TypeList::new([Type::list(Type::String).unwrap()]).unwrap();
    assert_eq!(lifted(&list, &|guest| lowered(&vec!["a", "b", "c"], guest, 16)), 1 + 1 + 3);
}
