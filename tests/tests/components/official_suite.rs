//! The official suite at the pinned revision, on wasmi: with linked calls between guests, and with
//! ordinary ones alone.

use weft::engine::wasmi::Wasmi;
use weft_wast::{Verdict, play, script_files};

#[test]
fn every_file_of_the_official_suite_passes_on_wasmi() {
    let suite = weft_tests::pinned::component_model().expect("the pinned sources").join("test");
    let files = script_files(&suite).expect("the suite can be read");
    assert_eq!(files.len(), 72);
    for linked in [true, false] {
        let engine = Wasmi::default().with_linked_guests(linked);
        let mut not_passed = Vec::new();
        for file in &files {
            let text = std::fs::read_to_string(file).expect("a file of the suite can be read");
            let verdict = play(&engine, &text);
            if verdict != Verdict::Passed {
                let name = file.strip_prefix(&suite).expect("within the suite").display();
                not_passed.push(format!("{name}: {verdict}"));
            }
        }
        assert_eq!(not_passed, ["linking/tags.wast: needs exception-handling"]);
    }
}
