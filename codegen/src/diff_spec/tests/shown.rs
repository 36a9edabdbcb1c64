//! The output for people.

use weft_spec::Span;
use weft_spec::model::{Exception, Placed};

use super::*;

fn difference(subject: &str, described: Option<&str>, found: Option<&str>) -> Difference {
    Difference {
        source: Source::Binary,
        subject: subject.to_owned(),
        what: "opcode".to_owned(),
        described: described.map(str::to_owned),
        found: found.map(str::to_owned),
        place: Some(Place { file: "Binary.md".to_owned(), line: 7 }),
        described_at: Some(Place { file: "spec/abi.toml".to_owned(), line: 3 }),
        act: "change it".to_owned(),
        change: None,
        read: Vec::new(),
        excused_by: None,
    }
}

fn exception(name: &str, subject: &str, says: &str, stands: &str) -> Exception {
    let placed =
        |text: &str| Placed { value: text.to_owned(), span: Span { source: 0, range: 0..0 } };
    Exception {
        name: placed(name),
        source: placed("binary"),
        subject: subject.to_owned(),
        says: says.to_owned(),
        stands: Some(stands.to_owned()),
        reason: "because".to_owned(),
    }
}

#[test]
fn a_difference_shows_both_places_and_the_row_to_explain_it() {
    let comparison = Comparison {
        differences: vec![difference("a.b", Some("0x01"), Some("0x02"))],
        facts_checked: vec![(Source::Binary, 9)],
        unused_exceptions: vec!["old".to_owned()],
    };
    let shown = comparison.render(false);
    for part in [
        "a.b: opcode\n",
        "described: 0x01  spec/abi.toml:3\n",
        "found: 0x02  Binary.md:7\n",
        "do: change it;",
        "source  = \"binary\"\n",
        "says    = \"0x02\"\n",
        "stands  = \"0x01\"\n",
        "exception `old` explains no difference",
        "9 facts",
        "1 to act on, 1 unused exceptions",
    ] {
        assert!(shown.contains(part), "{part}\n{shown}");
    }
    assert!(!shown.contains('\x1b') && comparison.render(true).contains("\x1b[1m"));
    assert!(!comparison.is_clean());
}

#[test]
fn an_exception_explains_exactly_one_difference() {
    let mut comparison = Comparison {
        differences: vec![
            difference("a.b", Some("0x01"), Some("0x02")),
            difference("a.b", Some("0x01"), Some("0x02")),
            difference("a.c", Some("0x01"), None),
        ],
        ..Comparison::default()
    };
    comparison.excuse(&[
        exception("one", "a.b", "0x02", "0x01"),
        exception("other-text", "a.b", "0x03", "0x01"),
        exception("other-description", "a.b", "0x02", "0x04"),
        exception("other-subject", "a.d", "0x02", "0x01"),
        exception("silent", "a.c", "no opcode", "0x01"),
    ]);
    let by: Vec<Option<&str>> =
        comparison.differences.iter().map(|d| d.excused_by.as_deref()).collect();
    assert_eq!(by, [Some("one"), None, Some("silent")]);
    assert_eq!(comparison.unused_exceptions, ["other-text", "other-description", "other-subject"]);
}

#[test]
fn json_has_the_same_facts() {
    let comparison = Comparison {
        differences: vec![difference("a.b", None, Some("0x02"))],
        facts_checked: vec![(Source::CanonicalAbi, 3)],
        unused_exceptions: Vec::new(),
    };
    let json = serde_json::to_value(&comparison).unwrap();
    assert_eq!(json["differences"][0]["source"], "binary");
    assert_eq!(json["differences"][0]["described"], serde_json::Value::Null);
    assert_eq!(json["differences"][0]["place"]["line"], 7);
    assert_eq!(json["facts_checked"][0], serde_json::json!(["canonical-abi", 3]));
}
