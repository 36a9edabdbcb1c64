//! Parts of values, by their names.

use weft_core::abi::{Type, Val};

type Failed = Box<dyn std::error::Error>;

#[test]
fn a_record_is_made_of_each_of_its_fields_once() -> Result<(), Failed> {
    let ty = Type::record([("name", Type::String), ("age", Type::U8)])?;
    let Type::Record(person) = &ty else { panic!("{ty}") };
    let (name, age) = (("name", Val::from("Ada")), ("age", Val::U8(36)));
    let val = person.val([age.clone(), name.clone()])?;
    assert_eq!(val, Val::record([name.1.clone(), age.1.clone()]));
    assert_eq!(person.field_of(&val, "age"), Some(&age.1));
    assert_eq!(person.field_of(&val, "size"), None);
    assert_eq!(person.field_of(&Val::U8(1), "age"), None);
    let refused = |fields: Vec<(&'static str, Val)>| person.val(fields).unwrap_err().to_string();
    assert_eq!(refused(vec![name.clone()]), "at .age: expected u8, found nothing");
    let twice = vec![name.clone(), age.clone(), name.clone()];
    assert_eq!(refused(twice), "at .name: expected each field once, found a string");
    let unknown = vec![name.clone(), age, ("size", Val::U8(1))];
    assert_eq!(refused(unknown), "at .size: expected each field once, found a u8");
    let wrong = vec![name, ("age", Val::Bool(true))];
    assert_eq!(refused(wrong), "at .age: expected u8, found a bool");
    Ok(())
}

#[test]
fn a_case_is_made_and_found_by_its_name() -> Result<(), Failed> {
    let ty = Type::variant([("empty", None), ("text", Some(Type::String))])?;
    let Type::Variant(cell) = &ty else { panic!("{ty}") };
    let text = cell.val("text", Some(Val::from("a")))?;
    assert_eq!(cell.case_of(&text), Some(("text", Some(&Val::from("a")))));
    assert_eq!(cell.case_of(&cell.val("empty", None)?), Some(("empty", None)));
    assert_eq!(cell.case_of(&Val::Variant(2, None)), None);
    assert_eq!(cell.case_of(&Val::Bool(true)), None);
    let refused = |case, payload| cell.val(case, payload).unwrap_err().to_string();
    assert_eq!(refused("text", None), "at (text): expected string, found nothing");
    let extra = refused("empty", Some(Val::U8(1)));
    assert_eq!(extra, "at (empty): expected nothing, found a u8");
    assert_eq!(refused("number", None), "at (number): expected one of 2 cases, found another");
    Ok(())
}

#[test]
fn flags_are_made_and_found_by_their_labels() -> Result<(), Failed> {
    let labels: Vec<String> = (0..32).map(|it| format!("l{it}")).collect();
    let ty = Type::flags(labels.iter().map(String::as_str))?;
    let Type::Flags(flags) = &ty else { panic!("{ty}") };
    let val = flags.val(["l31", "l0", "l31"])?;
    assert_eq!(val, Val::Flags(1 << 31 | 1));
    assert_eq!(flags.labels_of(&val).collect::<Vec<_>>(), ["l0", "l31"]);
    assert_eq!(flags.labels_of(&Val::U32(7)).count(), 0);
    assert!(flags.val(["l32"]).is_err());
    Ok(())
}

#[test]
fn a_values_parts_are_returned_only_for_its_kind() {
    let one = Val::U8(1);
    assert_eq!(Val::from("a").as_str(), Some("a"));
    assert_eq!(Val::list([one.clone()]).as_list(), Some([one.clone()].as_slice()));
    assert_eq!(Val::record([one.clone()]).as_record(), Some([one.clone()].as_slice()));
    assert_eq!(Val::Flags(5).as_flags(), Some(5));
    let map = Val::map([(Val::from("a"), one.clone())]);
    let entries: Vec<_> = map.as_map().unwrap().collect();
    assert_eq!(entries, [(&Val::from("a"), &one)]);
    assert_eq!(Val::option(None).as_option(), Some(None));
    assert_eq!(Val::option(Some(one.clone())).as_option(), Some(Some(&one)));
    assert_eq!(Val::result(Ok(None)).as_result(), Some(Ok(None)));
    assert_eq!(Val::result(Err(Some(one.clone()))).as_result(), Some(Err(Some(&one))));
    assert_eq!(Val::Variant(2, None).as_result(), None);
    assert_eq!(Val::Variant(1, None).as_option(), None);
    assert!(one.as_str().is_none() && one.as_list().is_none() && one.as_record().is_none());
    assert!(one.as_map().is_none() && one.as_variant().is_none() && one.as_flags().is_none());
}
