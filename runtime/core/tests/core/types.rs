//! Types that are known at run time, valid and invalid.
use weft_core::abi::{InvalidType, Type, TypeList, Val};
use weft_core::builtin::TypeIndex;

const INDEX: TypeIndex = TypeIndex(0);

#[test]
fn types_without_parts_or_with_duplicate_names_are_refused() {
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
fn types_that_are_too_large_or_too_deep_are_refused() {
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
fn a_mismatch_names_the_part_of_the_value() -> Result<(), InvalidType> {
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
    assert_eq!(few, Err("expected 2 values, found 1".into()));
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
    // The elements of a list that is not too long are checked.
    let refused = list.check(&elements(31)).expect_err("an element is no list");
    assert_eq!(refused.path(), "[0]");
}

#[test]
fn parameters_are_not_one_type() {
    // Each is as large as a type may be, and as deep.
    let large = Type::fixed_length_list(Type::U8, 0x0fff_ffff).unwrap();
    assert_eq!(Type::tuple([large.clone(), Type::U8]), Err(InvalidType::TooLarge(1 << 28)));
    let mut deep = Type::U8;
    for _ in 1..Type::MAX_DEPTH {
        deep = Type::list(deep).unwrap();
    }
    assert_eq!(Type::tuple([deep.clone()]), Err(InvalidType::TooDeep));
    let list = TypeList::new([large.clone(), large, deep]).unwrap();
    assert_eq!(list.abi().narrow.size, 0x2000_0008);
    assert_eq!(list.types().len(), 3);
    assert_eq!(TypeList::new([]).map(|it| it.types().len()), Ok(0));
}

/// Returns a type whose two parts are the same, nested `times` times.
fn doubled(times: u32) -> Result<Type, InvalidType> {
    let mut ty = Type::U8;
    for _ in 0..times {
        // A list is as small as its element is large.
        ty = Type::list(Type::result(Some(ty.clone()), Some(ty))?)?;
    }
    Ok(ty)
}

#[test]
fn types_that_share_too_many_parts_are_refused() {
    assert_eq!(doubled(30), Err(InvalidType::TooManyParts));
    assert_eq!(doubled(45), Err(InvalidType::TooManyParts));
    // 3 · 2ⁿ − 2 parts.
    assert!(doubled(18).is_ok());
    assert_eq!(doubled(19), Err(InvalidType::TooManyParts));
    // Nested in place, it reaches the limit of sizes first.
    let mut ty = Ok(Type::U64);
    for _ in 0..60 {
        ty = ty.and_then(|ty| Type::tuple([ty.clone(), ty]));
    }
    assert_eq!(ty, Err(InvalidType::TooManyParts));
    let mut ty = Ok(Type::fixed_length_list(Type::U8, 1 << 20).unwrap());
    for _ in 0..60 {
        ty = ty.and_then(|ty| Type::tuple([ty.clone(), ty]));
    }
    assert_eq!(ty, Err(InvalidType::TooLarge(1 << 28)));
}

#[test]
fn the_parts_of_every_kind_of_type_are_counted() {
    let half = doubled(17).unwrap();
    let with_two = |ty: Type| TypeList::new([ty.clone(), ty]).map(|_| ());
    // 393,214 parts twice, and the enclosing ones.
    let more = Type::tuple([half.clone(), half.clone()]).unwrap();
    for ty in [
        more.clone(),
        Type::record([("a", half.clone()), ("b", half.clone())]).unwrap(),
        Type::variant([("a", Some(half.clone())), ("b", Some(half.clone()))]).unwrap(),
        Type::option(more.clone()).unwrap(),
        Type::list(more.clone()).unwrap(),
        Type::fixed_length_list(more.clone(), 2).unwrap(),
        Type::map(Type::U8, more.clone()).unwrap(),
        Type::stream(Some(more.clone()), INDEX).unwrap(),
        Type::future(Some(more), INDEX).unwrap(),
    ] {
        assert_eq!(with_two(ty.clone()), Err(InvalidType::TooManyParts));
        assert_eq!(Type::tuple([ty.clone(), ty]), Err(InvalidType::TooManyParts));
    }
    assert_eq!(with_two(half), Ok(()));
    // Names count by their length: this one counts as 20,000 parts.
    let name = "n".repeat(64 * 20_000);
    let enumeration = Type::enumeration([name.as_str()]).unwrap();
    let flags = Type::flags([name.as_str()]).unwrap();
    let record = Type::record([(name.as_str(), Type::U8)]).unwrap();
    for ty in [enumeration, flags, record] {
        assert!(TypeList::new(vec![ty.clone(); 49]).is_ok());
        assert_eq!(TypeList::new(vec![ty; 50]), Err(InvalidType::TooManyParts));
    }
}

#[test]
fn types_that_share_parts_are_hashed_compared_and_written_quickly() {
    use std::collections::HashSet;

    // Made twice, so that the two share no parts.
    let (one, other) = (doubled(18).unwrap(), doubled(18).unwrap());
    let mut types = HashSet::new();
    for _ in 0..10_000 {
        types.insert(one.clone());
        assert_eq!(one, one.clone());
        assert_ne!(one, Type::list(Type::U8).unwrap());
    }
    assert!(types.contains(&other));
    assert_eq!(one, other);
    assert!(!types.contains(&doubled(17).unwrap()));
    for _ in 0..100 {
        let text = one.to_string();
        assert!(text.starts_with("list<result<list<result<") && text.ends_with('…'));
        assert_eq!(text.len(), 4096 + '…'.len_utf8());
        assert_eq!(format!("{one:?}"), text);
        let mismatch = one.check(&Val::U8(1)).unwrap_err().to_string();
        assert!(mismatch.ends_with("…, found a u8"));
    }
}

#[test]
fn a_text_is_cut_between_characters() {
    // `enum { ` and ` }` are nine bytes.
    let short = Type::enumeration(["ä".repeat(2043)]).unwrap().to_string();
    assert!(short.ends_with("ä }") && short.len() == 4095);
    let long = Type::enumeration(["ä".repeat(3000)]).unwrap().to_string();
    assert!(long.ends_with("ä…") && long.len() == 4095 + '…'.len_utf8());
}

#[test]
fn types_that_differ_in_one_thing_are_not_equal() {
    let list = |ty: &Type| Type::list(ty.clone()).unwrap();
    let types = [
        list(&Type::U8),
        list(&Type::S8),
        list(&list(&Type::U8)),
        Type::fixed_length_list(Type::U8, 1).unwrap(),
        Type::fixed_length_list(Type::U8, 2).unwrap(),
        Type::tuple([Type::U8]).unwrap(),
        Type::tuple([Type::U8, Type::U8]).unwrap(),
        Type::record([("0", Type::U8)]).unwrap(),
        Type::record([("1", Type::U8)]).unwrap(),
        Type::option(Type::U8).unwrap(),
        Type::variant([("none", None), ("some", Some(Type::U8))]).unwrap(),
        Type::enumeration(["none", "some"]).unwrap(),
        Type::flags(["none", "some"]).unwrap(),
        Type::result(Some(Type::U8), None).unwrap(),
        Type::result(None, Some(Type::U8)).unwrap(),
        Type::stream(Some(Type::U8), INDEX).unwrap(),
        Type::stream(None, INDEX).unwrap(),
        Type::stream(Some(Type::U8), TypeIndex(1)).unwrap(),
        Type::future(Some(Type::U8), INDEX).unwrap(),
        Type::Own(INDEX),
        Type::Borrow(INDEX),
    ];
    for (position, one) in types.iter().enumerate() {
        for (number, other) in types.iter().enumerate() {
            assert_eq!(one == other, position == number, "{one} and {other}");
        }
    }
}
