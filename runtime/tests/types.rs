//! Types that are known when the program runs: which there are, and which there aren't.
#![cfg(feature = "alloc")]

use weft::abi::{InvalidType, Type, TypeList, Val};
use weft::builtin::TypeIndex;

const INDEX: TypeIndex = TypeIndex(0);

#[test]
fn there_are_no_types_without_parts_or_with_two_of_one_name() {
    let none: [(&str, Type); 0] = [];
    assert_eq!(Type::record(none), Err(InvalidType::Empty("record")));
    assert_eq!(Type::tuple([]), Err(InvalidType::Empty("tuple")));
    let none: [(&str, Option<Type>); 0] = [];
    assert_eq!(Type::variant(none), Err(InvalidType::Empty("variant")));
    let none: [&str; 0] = [];
    assert_eq!(Type::enumeration(none), Err(InvalidType::Empty("enum")));
    assert_eq!(Type::flags(none), Err(InvalidType::Empty("flags")));
    let twice = Err(InvalidType::DuplicateName("a".into()));
    assert_eq!(Type::record([("a", Type::U8), ("b", Type::U8), ("a", Type::Bool)]), twice);
    assert_eq!(Type::flags(["a", "a"]), twice);
    assert_eq!(Type::enumeration(["b", "a", "a"]), twice);
}

#[test]
fn flags_have_at_most_32_labels() {
    let labels: Vec<String> = (0..33).map(|it| format!("l{it}")).collect();
    assert!(Type::flags(labels.iter().take(32).map(String::as_str)).is_ok());
    let refused = Type::flags(labels.iter().map(String::as_str));
    assert_eq!(refused, Err(InvalidType::TooManyFlags(33)));
}

#[test]
fn types_are_neither_too_large_nor_too_deep() {
    let half = Type::fixed_length_list(Type::U8, 1 << 27).map(|half| [half.clone(), half]);
    assert_eq!(half.map(Type::tuple), Ok(Err(InvalidType::TooLarge(1 << 28))));
    let mut ty = Ok(Type::U8);
    for _ in 1..Type::MAX_DEPTH {
        ty = ty.and_then(Type::option);
    }
    assert!(ty.clone().and_then(|ty| TypeList::new([ty])).is_ok());
    assert_eq!(ty.clone().and_then(Type::list), Err(InvalidType::TooDeep));
    let ended = ty.and_then(|ty| Type::stream(Some(ty), INDEX));
    assert_eq!(ended, Err(InvalidType::TooDeep));
}

#[test]
fn streams_carry_neither_characters_nor_borrows() {
    assert_eq!(Type::stream(Some(Type::Char), INDEX), Err(InvalidType::CharStream));
    assert!(Type::future(Some(Type::Char), INDEX).is_ok());
    assert!(Type::stream(None, INDEX).is_ok());
    let borrows = Type::option(Type::Borrow(INDEX)).and_then(Type::list);
    assert!(borrows.as_ref().is_ok_and(Type::contains_borrow));
    let borrows = borrows.ok();
    assert_eq!(Type::stream(borrows.clone(), INDEX), Err(InvalidType::BorrowInEnd));
    assert_eq!(Type::future(borrows, INDEX), Err(InvalidType::BorrowInEnd));
}

#[test]
fn the_keys_of_maps_are_simple() {
    for key in [Type::Bool, Type::S64, Type::Char, Type::String] {
        assert!(Type::map(key, Type::F32).is_ok());
    }
    let refused = Type::map(Type::F32, Type::U8);
    assert_eq!(refused, Err(InvalidType::KeyType(Type::F32)));
}

#[test]
fn a_mismatch_says_where_in_the_value() -> Result<(), InvalidType> {
    let point = Type::record([("x", Type::U8), ("tags", Type::list(Type::String)?)])?;
    let shape = Type::variant([("dot", Some(point)), ("nothing", None)])?;
    let list = TypeList::new([Type::Bool, Type::list(shape)?])?;
    let dot = |x: Val, tags: Val| Val::Variant(0, Some(Box::new(Val::record([x, tags]))));
    let says = |val: Val| {
        let mismatch = list.check(&[Val::Bool(true), Val::list([val])]).err();
        mismatch.map(|it| (it.path().to_owned(), it.to_string()))
    };
    assert_eq!(says(dot(Val::U8(1), Val::list([]))), None);
    let bad = dot(Val::U8(1), Val::list([Val::from("a"), Val::U8(2)]));
    let at = "[1][0](dot).tags[1]";
    let text = format!("at {at}: expected string, found a u8");
    assert_eq!(says(bad), Some((at.into(), text)));
    let path_of = |val| says(val).map(|(path, _)| path).unwrap_or_default();
    assert_eq!(path_of(Val::Variant(0, None)), "[1][0](dot)");
    assert_eq!(path_of(Val::Variant(1, Some(Box::new(Val::U8(1))))), "[1][0](nothing)");
    assert_eq!(path_of(Val::Variant(2, None)), "[1][0]");
    let few = list.check(&[Val::Bool(true)]).map_err(|it| it.to_string());
    assert_eq!(few, Err("at the value: expected 2 fields, found 1 fields".into()));
    Ok(())
}

#[test]
fn a_list_is_too_long_if_realloc_could_not_be_asked_for_it() {
    let large = Type::fixed_length_list(Type::U8, 1 << 27).expect("there is such a type");
    let list = Type::list(large).expect("there is such a type");
    let elements = |count| Val::list((0..count).map(|_| Val::U8(0)));
    let refused = list.check(&elements(32)).expect_err("there are 2^32 bytes");
    assert_eq!(refused.path(), "");
    assert_eq!(refused.expected(), "at most 4294967295 bytes");
    assert_eq!(refused.found(), "32 times 134217728 bytes");
    // Of one that is not too long, the elements are looked at.
    let refused = list.check(&elements(31)).expect_err("an element is no list");
    assert_eq!(refused.path(), "[0]");
}
