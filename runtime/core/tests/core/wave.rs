//! Values as text.
use weft_core::abi::{Resource, Type, TypeList, Val, WaveError, WaveSupport};
use weft_core::builtin::TypeIndex;

fn check(ty: &Type, val: &Val, text: &str) {
    assert_eq!(ty.to_wave(val).as_deref(), Ok(text));
    assert_eq!(ty.parse_wave(text).as_ref(), Ok(val), "{text}");
}

#[test]
fn every_kind_of_value_goes_into_text_and_back() {
    check(&Type::Bool, &Val::Bool(true), "true");
    check(&Type::S8, &Val::S8(-128), "-128");
    check(&Type::U64, &Val::U64(u64::MAX), "18446744073709551615");
    check(&Type::F32, &Val::F32(f32::NAN), "nan");
    check(&Type::F64, &Val::F64(f64::NEG_INFINITY), "-inf");
    check(&Type::Char, &Val::Char('\n'), r"'\n'");
    check(&Type::String, &Val::from("a\"é"), r#""a\"é""#);
    let bytes = Type::list(Type::U8).unwrap();
    check(&bytes, &Val::list([1, 2].map(Val::U8)), "[1, 2]");
    let pair = Type::fixed_length_list(Type::U8, 2).unwrap();
    check(&pair, &Val::list([1, 2].map(Val::U8)), "[1, 2]");
    let map = Type::map(Type::String, Type::Bool).unwrap();
    check(&map, &Val::map([(Val::from("k"), Val::Bool(false))]), r#"{"k": false}"#);
    let record = Type::record([("b", Type::U8), ("a", Type::Char)]).unwrap();
    check(&record, &Val::record([Val::U8(1), Val::Char('x')]), "{b: 1, a: 'x'}");
    assert_eq!(record.parse_wave("{a: 'x', b: 1}"), record.parse_wave("{b: 1, a: 'x'}"));
    let tuple = Type::tuple([Type::U8, Type::Bool]).unwrap();
    check(&tuple, &Val::record([Val::U8(1), Val::Bool(true)]), "(1, true)");
    let variant = Type::variant([("none", None), ("x", Some(Type::U8))]).unwrap();
    check(&variant, &Val::Variant(0, None), "%none");
    check(&variant, &Val::Variant(1, Some(Box::new(Val::U8(3)))), "x(3)");
    check(&Type::enumeration(["a", "b"]).unwrap(), &Val::Variant(1, None), "b");
    let nested = Type::option(Type::option(Type::U8).unwrap()).unwrap();
    check(&nested, &Val::option(Some(Val::option(None))), "some(none)");
    let result = Type::result(None, Some(Type::String)).unwrap();
    check(&result, &Val::result(Ok(None)), "ok");
    check(&result, &Val::result(Err(Some(Val::from("no")))), r#"err("no")"#);
    check(&Type::flags(["r", "w", "x"]).unwrap(), &Val::Flags(0b101), "{r, x}");
}

#[test]
fn a_text_that_is_not_a_value_of_the_type_is_refused() {
    let pair = Type::fixed_length_list(Type::U8, 2).unwrap();
    for (ty, text) in [
        (&Type::U8, "256"),
        (&Type::U8, "1 2"),
        (&Type::U8, ""),
        (&Type::Char, "'ab'"),
        (&pair, "[1, true]"),
        (&Type::Own(TypeIndex(0)), "1"),
    ] {
        assert!(matches!(ty.parse_wave(text), Err(WaveError::Text { .. })), "{ty}: {text}");
    }
    let short = pair.parse_wave("[1]").unwrap_err();
    assert_eq!(short.to_string(), "expected 2 elements, found 1");
    assert!(matches!(Type::U8.to_wave(&Val::Bool(true)), Err(WaveError::Mismatch(_))));
    let resource = Resource { ty: TypeIndex(0), representation: 1 };
    let text = Type::Own(TypeIndex(0)).to_wave(&Val::Own(resource));
    assert!(matches!(text, Err(WaveError::NoText)));
}

#[test]
fn options_at_the_end_of_a_list_may_be_left_out() {
    let option = Type::option(Type::U8).unwrap();
    let two = TypeList::new([option.clone(), option.clone()]).unwrap();
    let (none, one) = (Val::option(None), Val::option(Some(Val::U8(1))));
    for text in ["()", "(  )", " ( \n ) ", "( // no value )\n)", "(none)", "(none, none,)"] {
        assert_eq!(two.parse_wave(text), Ok(vec![none.clone(), none.clone()]), "{text:?}");
    }
    for text in ["(1)", "(1,)", "(some(1), none)"] {
        assert_eq!(two.parse_wave(text), Ok(vec![one.clone(), none.clone()]), "{text:?}");
    }
    assert_eq!(two.parse_wave("(none, 1)"), Ok(vec![none.clone(), one.clone()]));
    // An option before another type can't be left out.
    let inner = TypeList::new([Type::U8, option.clone(), Type::Bool, option]).unwrap();
    let expected = [Val::U8(1), none.clone(), Val::Bool(true), none];
    assert_eq!(inner.parse_wave("(1, none, true)"), Ok(expected.to_vec()));
    for (text, message) in [
        ("()", "expected at least 3 values, found 0 at 1..2"),
        (" ( )", "expected at least 3 values, found 0 at 3..4"),
        ("(1)", "expected at least 3 values, found 1 at 2..3"),
        ("(1, none )", "expected at least 3 values, found 2 at 9..10"),
        ("(1, none, true, 2, 30, 4)", "expected at most 4 values, found 6 at 19..21"),
        ("(1, true, none)", "invalid value type at 4..8"),
    ] {
        assert_eq!(inner.parse_wave(text).unwrap_err().to_string(), message, "{text:?}");
    }
    let nothing = TypeList::new([]).unwrap();
    assert_eq!(nothing.parse_wave("()"), Ok(Vec::new()));
    let one = TypeList::new([Type::U8]).unwrap();
    for (list, text, message) in [
        (&nothing, "(1)", "expected 0 values, found 1 at 1..2"),
        (&one, "()", "expected 1 value, found 0 at 1..2"),
        (&one, "(1, 2)", "expected 1 value, found 2 at 4..5"),
    ] {
        assert_eq!(list.parse_wave(text).unwrap_err().to_string(), message, "{text:?}");
    }
}

#[test]
fn a_list_is_in_parentheses() {
    let one = TypeList::new([Type::U8]).unwrap();
    for text in ["", "1", "[1]", "oo(1)", "-a(1)", ".a(1)", "@1.2.3(1)", "(1) 2", "(1", "((1))"] {
        let parsed = one.parse_wave(text);
        assert!(matches!(parsed, Err(WaveError::Text { .. })), "{text}: {parsed:?}");
    }
}

#[test]
fn options_of_a_record_may_be_left_out() {
    let option = || Type::option(Type::U8).unwrap();
    let inner = Type::record([("a", option()), ("b", option())]).unwrap();
    let outer = Type::record([("a", option()), ("b", Type::Bool), ("c", inner.clone())]).unwrap();
    let (none, one) = (Val::option(None), Val::option(Some(Val::U8(1))));
    let empty = Val::record([none.clone(), none.clone()]);
    check(&inner, &empty, "{:}");
    check(&inner, &Val::record([none.clone(), one.clone()]), "{b: some(1)}");
    check(&outer, &Val::record([none, Val::Bool(true), empty.clone()]), "{b: true, c: {:}}");
    // Braces without a colon are empty flags.
    for text in ["{}", "{c: {:}}", "{b: true}", "{b: true, c: {:}, d: 1}"] {
        assert!(matches!(outer.parse_wave(text), Err(WaveError::Text { .. })), "{text}");
    }
    let list = TypeList::new([inner]).unwrap();
    assert_eq!(list.parse_wave("({:})"), Ok(vec![empty]));
    // Only an option itself may be left out.
    assert!(list.parse_wave("()").is_err());
}

#[test]
fn what_has_no_text_is_told_in_plain_words() {
    let no_text = "there is no text for handles, streams, futures and error contexts";
    let own = Type::Own(TypeIndex(0));
    let handles = Type::record([("list", Type::list(own.clone()).unwrap())]).unwrap();
    let values = TypeList::new([Type::option(own.clone()).unwrap(), handles.clone()]).unwrap();
    let (none, empty) = (Val::option(None), Val::record([Val::list([])]));
    assert_eq!(values.parse_wave("(none, {list: []})"), Ok(vec![none, empty]));
    for (text, place) in [("(some(1), {list: []})", "6..7"), ("(none, {list: [7]})", "15..16")] {
        let error = values.parse_wave(text).unwrap_err();
        assert_eq!(error.to_string(), format!("{no_text} at {place}"), "{text}");
    }
    let resource = Val::Own(Resource { ty: TypeIndex(0), representation: 1 });
    assert_eq!(own.to_wave(&resource).unwrap_err().to_string(), no_text);
    assert!(handles.to_wave(&Val::record([Val::list([resource])])).is_err());
}

#[test]
fn a_type_says_which_values_have_a_text() {
    let own = || Type::Own(TypeIndex(0));
    let handles = [own(), Type::Borrow(TypeIndex(0)), Type::ErrorContext];
    let records = [
        Type::tuple([Type::U8, own()]).unwrap(),
        Type::fixed_length_list(own(), 2).unwrap(),
        Type::variant([("a", Some(own())), ("b", Some(Type::tuple([own()]).unwrap()))]).unwrap(),
        Type::result(Some(own()), Some(own())).unwrap(),
    ];
    for ty in handles.iter().chain(&records) {
        assert_eq!(ty.wave_support(), WaveSupport::None, "{ty}");
        for some in
            [Type::list(ty.clone()), Type::option(ty.clone()), Type::map(Type::U8, ty.clone())]
        {
            let record = Type::record([("a", some.unwrap()), ("b", Type::Bool)]).unwrap();
            assert_eq!(record.wave_support(), WaveSupport::WithoutHandles, "{record}");
        }
        for result in [Type::result(Some(ty.clone()), None), Type::result(None, Some(ty.clone()))] {
            assert_eq!(result.unwrap().wave_support(), WaveSupport::WithoutHandles);
        }
    }
    let list = Type::list(Type::option(Type::String).unwrap()).unwrap();
    assert_eq!(list.wave_support(), WaveSupport::All);
}
