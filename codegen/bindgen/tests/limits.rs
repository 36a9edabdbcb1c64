//! Types without bindings are refused at their places, all at once.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that fails panics")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use weft_bindgen::{Bindings, Options, bind};
use weft_spec::Report;

fn wit(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/limits").join(name)
}

fn bind_at(path: &Path) -> Result<Bindings, Report> {
    bind(&Options { wit: vec![path.to_owned()], ..Options::default() })
}

fn bind_text(text: &str) -> Result<Bindings, Report> {
    let file = tempfile::Builder::new().suffix(".wit").tempfile().expect("a file");
    fs::write(file.path(), text).expect("writable");
    bind_at(file.path())
}

/// Returns the report about the type of a parameter, if it is refused.
fn said_of(ty: &str) -> Option<String> {
    let text =
        format!("package a:b;\ninterface i {{ f: func(x: {ty}); }}\nworld w {{ import i; }}");
    bind_text(&text).err().map(|report| report.to_string())
}

#[test]
fn refused_types_are_shown_with_the_limit_and_advice() {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("limits/snapshots");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let folder = wit("");
    for name in
        ["fixed-zero", "ends", "sizes", "flags", "nesting", "wide-tuples", "structural-parts"]
    {
        let report = bind_at(&wit(&format!("{name}.wit"))).expect_err(name);
        let report = report.to_string().replace(&folder.display().to_string(), "");
        settings.bind(|| insta::assert_snapshot!(name, report));
    }
}

#[test]
fn a_tuple_has_at_most_a_thousand_parts() {
    let tuple = |length| format!("tuple<{}>", vec!["u8"; length].join(", "));
    assert_eq!(said_of(&tuple(1000)), None);
    let said = said_of(&tuple(1001)).expect("it is too long");
    assert!(said.contains("a tuple has at most 1000 parts, but this one has 1001"), "{said}");
    assert!(said.contains("-->") && said.contains(":2:"), "{said}");
}

#[test]
fn a_function_has_any_number_of_parameters_and_a_record_of_fields() {
    for count in [17, 1000, 5000] {
        let mut text = "package a:b;\ninterface i {\n  record r {\n".to_owned();
        for number in 0..count {
            let _ = writeln!(text, "    field{number}: u8,");
        }
        text.push_str("  }\n  f: func(\n");
        for number in 0..count {
            let _ = writeln!(text, "    p{number}: string,");
        }
        text.push_str("  ) -> r;\n}\nworld w { import i; }\n");
        if let Err(report) = bind_text(&text) {
            panic!("{count}: {report}");
        }
    }
}

#[test]
fn an_unused_type_is_not_refused() {
    let text = "package a:b;\ninterface i { type none = list<u8, 0>; }\nworld w {}";
    assert!(bind_text(text).is_ok());
}

/// Checks that refused types of another interface are reported once, at their own place.
#[test]
fn a_refused_type_is_reported_once() {
    let text = "package a:b;
        interface i { type none = list<u8, 0>; }
        interface j { use i.{none}; record r { x: none } f: func(x: none, y: r) -> option<none>; }
        world w { import j; export j; }";
    let report = bind_text(text).expect_err("there is no such type");
    assert_eq!(report.diagnostics().len(), 1, "{report}");
}

/// Checks the message for an encoded package, which has no text: the message names the type.
#[test]
fn a_refused_type_of_an_encoded_package_is_named() {
    let component = "(component (type (component (type (component
        (type (instance (export \"f\" (func (param \"x\" (tuple {parts}))))))
        (import \"a:b/i\" (instance (type 0))))) (export \"a:b/w\" (component (type 0)))))
        (export \"w\" (type 0)))";
    let text = component.replace("{parts}", &vec!["u8"; 1001].join(" "));
    let file = tempfile::Builder::new().suffix(".wat").tempfile().expect("a file");
    fs::write(file.path(), text).expect("writable");
    let report = bind_at(file.path()).expect_err("it is too long").to_string();
    assert!(
        report.contains("the parameter `x` of `f` is refused: a tuple has at most"),
        "{report}"
    );
}
