//! Fixed-length lists of types that are known when the program runs.
#![cfg(feature = "alloc")]

use weft::abi::{InvalidType, Type, Val};
use weft::builtin::TypeIndex;
use weft::list::fixed_list_utils::{concatenate, from_range, repeat_element, slice, zero_filled};
use weft::list::{
    ExtendedValueType, FixedLengthList, FixedLengthListType, FixedLengthListTypeRegistry, ListError,
};

#[test]
fn a_type_is_validated_and_knows_its_size() {
    let ty = FixedLengthListType::new(Type::U16, 5).unwrap();
    assert_eq!((ty.size_in_bytes(), ty.length(), ty.is_mutable()), (10, 5, true));
    assert_eq!(FixedLengthListType::new(Type::U8, 0), Err(InvalidType::NoLength));
    assert_eq!(FixedLengthListType::new(Type::U64, 1 << 25), Err(InvalidType::TooLarge(1 << 28)));
    assert!(FixedLengthListType::new(Type::U64, (1 << 25) - 1).is_ok());
}

#[test]
fn a_list_is_filled_up_to_its_length_and_not_further() {
    let ty = FixedLengthListType::new(Type::U8, 2).unwrap();
    let mut list = FixedLengthList::new(ty.clone());
    assert_eq!(list.to_val(), Err(ListError::NotFull { count: 0, length: 2 }));
    let refused = list.push(Val::Bool(true)).unwrap_err();
    assert_eq!(refused.to_string(), "at the value: expected u8, found a bool");
    list.push(Val::U8(1)).unwrap();
    assert_eq!(list.set(1, Val::U8(9)), Err(ListError::NoElement { index: 1, count: 1 }));
    list.push(Val::U8(2)).unwrap();
    assert_eq!(list.push(Val::U8(3)), Err(ListError::Full { length: 2 }));
    assert_eq!(list.set(0, Val::U8(7)), Ok(Val::U8(1)));
    assert_eq!(list.to_vec(), [Val::U8(7), Val::U8(2)]);
    let val = list.to_val().unwrap();
    assert_eq!(FixedLengthList::from_val(ty.clone(), val), Ok(list));
    let many = [1, 2, 3].map(Val::U8);
    assert!(FixedLengthList::with_elements(ty, many).is_err());
}

#[test]
fn a_list_of_an_immutable_type_is_filled_and_then_stays() {
    let ty = FixedLengthListType::new_immutable(Type::Char, 2).unwrap();
    let mut list = FixedLengthList::with_elements(ty, ['a', 'b'].map(Val::Char)).unwrap();
    assert!(list.is_full());
    assert_eq!(list.set(0, Val::Char('x')), Err(ListError::Immutable));
    assert!(!slice(&list, 1, 1).unwrap().list_type().is_mutable());
}

#[test]
fn every_element_type_that_has_a_zero_is_filled_with_it() {
    let record = Type::record([("a", Type::F32), ("b", Type::String)]).unwrap();
    let pair = Type::fixed_length_list(Type::option(Type::U8).unwrap(), 2).unwrap();
    for ty in [Type::Bool, Type::Char, Type::F64, record, pair, Type::list(Type::U8).unwrap()] {
        let list = zero_filled(ty.clone(), 3).unwrap();
        assert_eq!((list.count(), ty.check(list.get(2).unwrap())), (3, Ok(())));
    }
    let own = Type::Own(TypeIndex(0));
    assert_eq!(zero_filled(own.clone(), 3), Err(ListError::NoZero(own)));
}

#[expect(clippy::cast_precision_loss, reason = "the numbers are those that a float has exactly")]
#[test]
fn ranges_are_of_any_type_of_numbers_and_exact() {
    for ty in [Type::S8, Type::U64, Type::F32, Type::F64, Type::S32] {
        let list = from_range(ty.clone(), 0, 100).unwrap();
        assert_eq!((list.length(), ty.check(list.get(99).unwrap())), (100, Ok(())));
    }
    for start in [-(1 << 24), -4097, -1, 4095, (1 << 24) - 1] {
        let list = from_range(Type::F32, start, start + 1).unwrap();
        assert_eq!(list.get(0), Some(&Val::F32(start as f32)));
    }
    for start in [-(1 << 53), -(1 << 32) - 1, -1, (1 << 32) + 5, (1 << 53) - 1] {
        let list = from_range(Type::F64, start, start + 1).unwrap();
        assert_eq!(list.get(0), Some(&Val::F64(start as f64)));
    }
    assert_eq!(from_range(Type::Char, 97, 99).unwrap().to_vec(), ['a', 'b'].map(Val::Char));
    for (ty, start, end) in [
        (Type::U8, 250, 257),
        (Type::U8, -1, 1),
        (Type::U8, 5, 5),
        (Type::F32, 1 << 25, 1 << 25 | 1),
    ] {
        assert_eq!(from_range(ty, start, end), Err(ListError::NoRange { start, end }));
    }
    assert!(from_range(Type::String, 0, 2).is_err());
    assert!(from_range(Type::U64, i64::MIN, i64::MAX).is_err());
}

#[test]
fn lists_are_joined_and_cut() {
    let a = from_range(Type::U8, 0, 3).unwrap();
    let b = repeat_element(Type::U8, Val::U8(9), 2).unwrap();
    let both = concatenate(&a, &b).unwrap();
    assert_eq!(both.to_vec(), [0, 1, 2, 9, 9].map(Val::U8));
    assert_eq!(slice(&both, 3, 2), Ok(b.clone()));
    assert_eq!(slice(&both, 4, 2), Err(ListError::NoElement { index: 5, count: 5 }));
    assert_eq!(slice(&both, 0, 0), Err(ListError::Type(InvalidType::NoLength)));
    let c = from_range(Type::U16, 0, 3).unwrap();
    let refused = concatenate(&a, &c);
    assert_eq!(refused, Err(ListError::DifferentElements(Type::U8, Type::U16)));
    let empty = FixedLengthList::new(a.list_type().clone());
    assert_eq!(concatenate(&a, &empty), Err(ListError::NotFull { count: 0, length: 3 }));
    assert!(repeat_element(Type::U8, Val::U16(9), 2).is_err());
}

#[test]
fn a_registry_gives_one_type_one_index() {
    let mut registry = FixedLengthListTypeRegistry::new();
    let types = [1, 2, 1].map(|length| FixedLengthListType::new(Type::U8, length).unwrap());
    let indices = types.map(|ty| registry.register_type(ty));
    assert_eq!((indices, registry.type_count()), ([0, 1, 0], 2));
    assert_eq!(registry.find_type(&Type::U8, 2), Some(1));
    assert_eq!(registry.find_type(&Type::U16, 2), None);
    let extended = [
        ExtendedValueType::Standard(Type::Bool),
        ExtendedValueType::FixedLengthList(1),
        ExtendedValueType::FixedLengthList(2),
    ];
    let resolved = extended.each_ref().map(|ty| ty.resolve(&registry).map(Type::to_string));
    assert_eq!(resolved, [Some("bool".into()), Some("list<u8, 2>".into()), None]);
}
