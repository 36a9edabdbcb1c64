//! Values as text.
use weft_core::abi::{Resource, Type, Val, WaveError};
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
    assert!(matches!(text, Err(WaveError::NoText(_))));
}
