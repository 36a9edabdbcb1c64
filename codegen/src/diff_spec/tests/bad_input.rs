//! Folders that are no checkouts, and texts with other contents: the result is a report, never a
//! panic.

use super::*;

fn report(path: &Path) -> String {
    let (spec, texts) = description();
    match Sources::read(path).and_then(|sources| sources.compare(spec, texts)) {
        Ok(comparison) => panic!("accepted: {}", comparison.render(false)),
        Err(report) => report.to_string(),
    }
}

#[test]
fn a_path_without_a_checkout_is_refused_by_name() {
    let empty = tempfile::tempdir().unwrap();
    let text = report(empty.path());
    assert!(text.contains("not a checkout") && text.contains("design/mvp"), "{text}");
    assert!(report(Path::new("no/such/folder")).contains("`no/such/folder` is not a checkout"));
}

#[test]
fn all_missing_files_are_reported_at_once() {
    let copy = copy();
    std::fs::remove_file(copy.path().join("design/mvp/Binary.md")).unwrap();
    std::fs::remove_file(copy.path().join("design/mvp/canonical-abi/definitions.py")).unwrap();
    std::fs::remove_dir_all(copy.path().join("test")).unwrap();
    let text = report(copy.path());
    for file in ["Binary.md", "definitions.py", "test"] {
        assert!(text.contains(file), "{file}: {text}");
    }
}

#[test]
fn a_file_that_is_not_utf_8_is_reported_with_the_line() {
    let copy = copy();
    let path = copy.path().join("design/mvp/CanonicalABI.md");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.splice(0..0, *b"one\ntwo \xff\n");
    std::fs::write(&path, bytes).unwrap();
    let text = report(copy.path());
    assert!(text.contains("not UTF-8") && text.contains("line 2"), "{text}");
}

#[test]
fn a_text_without_facts_is_an_error() {
    for file in ["Explainer.md", "CanonicalABI.md", "Binary.md", "canonical-abi/definitions.py"] {
        let copy = copy();
        std::fs::write(copy.path().join("design/mvp").join(file), "# Nothing\n").unwrap();
        let text = report(copy.path());
        assert!(text.contains("too few facts recognized in") && text.contains(file), "{text}");
    }
    let copy = copy();
    std::fs::remove_dir_all(copy.path().join("test")).unwrap();
    std::fs::create_dir(copy.path().join("test")).unwrap();
    assert!(report(copy.path()).contains("too few facts recognized in the official suite"));
}

#[test]
fn a_heading_without_its_table_is_reported_with_its_line() {
    let copy = copy();
    let path = copy.path().join("design/mvp/Explainer.md");
    let original = std::fs::read_to_string(&path).unwrap();
    let heading = "###### `resource.new`\n";
    let at = original.find(heading).unwrap();
    let line = original.get(..at).unwrap().matches('\n').count() + 1;
    let changed = original.replace(heading, &format!("{heading}\n###### `resource.newer`\n"));
    std::fs::write(&path, changed).unwrap();
    let text = report(copy.path());
    assert!(text.contains("expected a table with the signatures"), "{text}");
    assert!(text.contains(&format!("Explainer.md:{line}:")), "{text}");
}

#[test]
fn unbalanced_text_is_reported_with_its_line() {
    for (file, from, to) in [
        (
            "Explainer.md",
            "| (canon waitable.join (core func <id>?)) 🔀",
            "| (canon waitable.join (core func <id>? 🔀",
        ),
        ("Explainer.md", "###### 🧵 `thread.index`", "###### 🧵 `thread.{index`"),
        (
            "CanonicalABI.md",
            "(canon waitable.join (core func $f))",
            "(canon waitable.join (core func $f)",
        ),
        ("CanonicalABI.md", "### 🔀 `canon waitable.join`", "### 🔀 `canon waitable.join}`"),
        (
            "CanonicalABI.md",
            "`(func (param $wi i32) (param $si i32))`",
            "`(func (param $wi i32) (param $si i32)`",
        ),
        (
            "Binary.md",
            "=> (canon waitable.join (core func)) 🔀",
            "=> (canon waitable.join (core func) 🔀",
        ),
    ] {
        let copy = copy();
        let path = copy.path().join("design/mvp").join(file);
        let original = std::fs::read_to_string(&path).unwrap();
        let at = original.find(from).unwrap_or_else(|| panic!("{file}: no `{from}`"));
        let line = original.get(..at).unwrap().matches('\n').count() + 1;
        std::fs::write(&path, original.replacen(from, to, 1)).unwrap();
        let text = report(copy.path());
        assert!(text.contains(&format!("{file}:{line}:")), "{text}");
    }
}

#[test]
fn texts_cut_off_anywhere_are_read_without_a_panic() {
    let (spec, texts) = description();
    let checkout = checkout::Checkout::open(pinned()).unwrap();
    let mut findings = Findings::new(Source::Explainer, texts);
    for of in 1..24 {
        let cut = |text: &checkout::Text| {
            let end = text.text.floor_char_boundary(text.text.len() * of / 24 + of);
            checkout::Text {
                path: text.path.clone(),
                text: text.text.get(..end).unwrap().to_owned(),
            }
        };
        let _ = explainer::Explainer::read(&cut(&checkout.explainer))
            .and_then(|read| read.compare(spec, &mut findings));
        let _ = canonical_abi::CanonicalAbi::read(&cut(&checkout.canonical_abi))
            .and_then(|read| read.compare(spec, &mut findings));
        let _ = binary::Binary::read(&cut(&checkout.binary))
            .and_then(|read| read.compare(spec, &mut findings));
        let _ = reference::Reference::read(&cut(&checkout.definitions))
            .and_then(|read| read.compare(spec, &mut findings));
        let scripts: Vec<_> = checkout.suite.iter().map(cut).collect();
        let _ = suite::Suite::read(&scripts).and_then(|read| read.compare(spec, &mut findings));
    }
}
