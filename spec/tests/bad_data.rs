//! Data that is wrong: every mistake is reported, where it is, once, so that a person can act.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test whose data is not what it breaks has failed"
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

/// Every mistake as it is shown: a page to read when a message is changed.
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
            wrong.push(format!("{title}: {codes:?}, and not {code}"));
        }
    }
    snapshot("mistakes", &page);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_rows_that_the_mistakes_are_made_in_are_right() {
    let data = Data::with_rows();
    if let Err(report) = data.load() {
        panic!("{}", data.show(&report));
    }
}

/// So that there is no problem that nobody has seen.
#[test]
fn every_code_of_the_loader_is_among_the_mistakes() {
    let mut codes = BTreeSet::new();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for folder in [source.clone(), source.join("check")] {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            // What the loader does not use: that finds other sources, and this only carries.
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

/// The first arguments of the functions that report problems.
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
