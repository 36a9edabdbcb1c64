//! Tests of the rules for fields.

use std::format;
use std::vec;
use std::vec::Vec;

use ::http::{HeaderMap, HeaderName, HeaderValue};

use super::{FieldRules, Fields, FieldsError};

fn rules(max_size: usize) -> FieldRules {
    let mut rules = FieldRules { max_size, ..FieldRules::default() };
    rules.forbidden.push(HeaderName::from_static("x-forbidden"));
    rules
}

#[test]
fn forbidden_fields_are_neither_set_nor_seen() -> Result<(), FieldsError> {
    let rules = rules(10_000);
    for name in [
        "connection",
        "Host",
        "KEEP-ALIVE",
        "proxy-authenticate",
        "Proxy-Authorization",
        "proxy-connection",
        "transfer-encoding",
        "Upgrade",
        "HTTP2-Settings",
        "X-Forbidden",
    ] {
        let fields = Fields::default();
        let forbidden = Some(FieldsError::Forbidden);
        assert_eq!(fields.append(name, b"a".to_vec(), &rules).err(), forbidden, "{name}");
        assert_eq!(fields.set(name, vec![], &rules).err(), forbidden, "{name}");
        assert_eq!(fields.remove(name, &rules).err(), forbidden, "{name}");
        let entries = vec![("a".into(), b"b".to_vec()), (name.into(), b"a".to_vec())];
        assert_eq!(Fields::from_entries(entries, &rules).err(), forbidden, "{name}");
        assert_eq!(fields.entries(), []);
        // These come from outside.
        let mut map = HeaderMap::new();
        let spelled = HeaderName::from_bytes(name.as_bytes());
        let spelled = spelled.map_err(|_| FieldsError::InvalidSyntax)?;
        map.insert(spelled, HeaderValue::from_static("a"));
        map.insert("x-other", HeaderValue::from_static("b"));
        let fields = Fields::received(map).seen(&rules);
        assert!(!fields.has(name) && fields.get(name).is_empty(), "{name}");
        assert_eq!(fields.entries(), [("x-other".into(), b"b".to_vec())]);
        assert_eq!(fields.to_mutable().entries().len(), 1);
    }
    Ok(())
}

#[test]
fn malformed_fields_are_refused() {
    let rules = rules(10_000);
    let fields = Fields::default();
    let malformed = Some(FieldsError::InvalidSyntax);
    for name in ["", "a b", "a:", "é", "a\n", "(", "a\0"] {
        assert_eq!(fields.append(name, b"a".to_vec(), &rules).err(), malformed, "{name:?}");
        assert_eq!(fields.remove(name, &rules).err(), malformed, "{name:?}");
        assert!(!fields.has(name) && fields.get(name).is_empty());
    }
    for value in [&b"a\n"[..], b"a\r\nb: c", b"\0", b"\x7f"] {
        assert_eq!(fields.append("a", value.to_vec(), &rules).err(), malformed, "{value:?}");
        let values = vec![b"good".to_vec(), value.to_vec()];
        assert_eq!(fields.set("a", values, &rules).err(), malformed, "{value:?}");
    }
    for length in ["", "-1", "+1", " 1", "1 ", "1, 1", "0x1", "18446744073709551616"] {
        let set = fields.append("Content-Length", length.into(), &rules);
        assert_eq!(set.err(), malformed, "{length:?}");
    }
    assert_eq!(fields.append("content-length", b"18446744073709551615".to_vec(), &rules), Ok(()));
    assert_eq!(fields.append("a", b"caf\xe9 \t!".to_vec(), &rules), Ok(()));
    assert_eq!(fields.entries().len(), 2);
}

#[test]
fn fields_have_a_largest_size() -> Result<(), FieldsError> {
    let rules = rules(1000);
    let fields = Fields::default();
    let mut count = 0;
    let full = loop {
        match fields.append("a", vec![b'x'; 100], &rules) {
            Ok(()) => count += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(full, FieldsError::TooLarge);
    assert!((3..10).contains(&count), "{count}");
    // If there is no room for a value, nothing changes. If it makes room, it is set.
    let large = vec![vec![b'y'; 2000]];
    assert_eq!(fields.set("a", large.clone(), &rules).err(), Some(FieldsError::TooLarge));
    assert_eq!(fields.set("b", large, &rules).err(), Some(FieldsError::TooLarge));
    assert_eq!(fields.get("a").len(), count);
    fields.set("a", vec![b"short".to_vec()], &rules)?;
    fields.append("a", vec![b'x'; 100], &rules)?;
    assert_eq!(fields.remove("a", &rules)?.len(), 2);
    fields.append("b", vec![b'x'; 500], &rules)?;
    // A copy has the size of the original.
    assert!(fields.to_mutable().append("c", vec![b'x'; 500], &rules).is_err());
    Ok(())
}

/// Checks that empty fields are counted, and that more than the map can hold is an error and not a panic.
#[test]
fn fields_have_a_largest_number() {
    let endless = rules(usize::MAX);
    let fields = Fields::default();
    let full = (0..100_000)
        .find_map(|number| fields.append(&format!("a{number}"), Vec::new(), &endless).err());
    assert_eq!(full, Some(FieldsError::TooLarge));
    let fields = Fields::default();
    let full = (0..100_000).find_map(|_| fields.append("a", Vec::new(), &rules(10_000)).err());
    assert_eq!(full, Some(FieldsError::TooLarge));
}

#[test]
fn fields_of_a_message_cant_be_changed() -> Result<(), FieldsError> {
    let rules = rules(1000);
    let fields = Fields::default();
    fields.append("A", b"b".to_vec(), &rules)?;
    let fixed = fields.to_immutable();
    let immutable = Some(FieldsError::Immutable);
    assert_eq!(fixed.append("c", b"d".to_vec(), &rules).err(), immutable);
    assert_eq!(fixed.set("a", vec![], &rules).err(), immutable);
    assert_eq!(fixed.remove("a", &rules).err(), immutable);
    assert_eq!(fixed.entries(), [("A".into(), b"b".to_vec())]);
    assert_eq!(fixed.to_mutable().append("c", b"d".to_vec(), &rules), Ok(()));
    Ok(())
}
