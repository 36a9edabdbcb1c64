//! Data with mistakes: each mistake is reported once, with its place, so that a person can correct
//! it.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test with unexpected data has failed"
)]

#[path = "bad_data/cases.rs"]
mod cases;
#[path = "bad_data/data.rs"]
mod data;
#[path = "bad_data/files.rs"]
mod files;
#[path = "bad_data/random.rs"]
mod random;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use cases::CASES;
use data::{Data, snapshot};

/// Compares all reports with a snapshot, which shows the effect of a changed message.
#[test]
fn each_mistake_is_reported_once_with_its_places() {
    let (mut page, mut wrong) = (String::new(), Vec::new());
    for (code, title, edits) in CASES {
        let data = Data::with_rows();
        for (file, from, to) in *edits {
            data.replace(file, from, to);
        }
        let report = data.load().err().unwrap_or_else(|| panic!("{title}: loads"));
        writeln!(page, "# {title}\n\n{}\n", data.show(&report)).unwrap();
        let codes: Vec<&str> = report.diagnostics().iter().map(|d| d.code).collect();
        // A signature can be wrong at several places.
        if codes != [*code] && !(*code == "signature" && codes == [*code; 2]) {
            wrong.push(format!("{title}: {codes:?}instead of {code}"));
        }
    }
    snapshot("mistakes", &page);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_rows_of_the_tests_have_no_mistakes() {
    let data = Data::with_rows();
    if let Err(report) = data.load() {
        panic!("{}", data.show(&report));
    }
}

/// Checks that every problem has been seen by a person.
#[test]
fn the_mistakes_cover_every_code_of_the_loader() {
    let mut codes = BTreeSet::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for folder in [source.clone(), source.join("check")] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            // The loader does not use this file. It finds other sources, and is only kept in this
            // crate.
            let other = ["pinned.rs"].iter().any(|other| path.ends_with(other));
            if path.is_file() && !other {
                let text = fs::read_to_string(&path).unwrap();
                collect_codes(text.split("#[cfg(test)]").next().unwrap(), &mut codes);
            }
        }
    }
    assert!(codes.len() > 30, "{codes:?}");
    let of_edits = CASES.iter().map(|(code, ..)| (*code).to_owned());
    let of_files = files::CODES.iter().map(|code| (*code).to_owned());
    assert_eq!(codes, of_edits.chain(of_files).collect());
}

/// Collects the first arguments of the functions that report problems.
fn collect_codes(text: &str, codes: &mut BTreeSet<String>) {
    for call in ["error(", "disagree(", "twice(", "warning("] {
        for (at, _) in text.match_indices(call) {
            let arguments = text.get(at + call.len()..).unwrap_or_default().trim_start();
            if let Some((code, _)) = arguments.strip_prefix('"').and_then(|a| a.split_once('"')) {
                codes.insert(code.to_owned());
            }
        }
    }
}
