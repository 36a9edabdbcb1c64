//! The whole comparison: it is clean, it finds every change, and it handles bad input.

mod bad_input;
mod changed_functions;
mod changed_text;
mod mutated_functions;
mod mutations;
mod normal_form;
mod shown;

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use tempfile::TempDir;

use super::*;

/// Loads the data, with its texts.
fn description() -> &'static (Spec, Report) {
    static DESCRIPTION: OnceLock<(Spec, Report)> = OnceLock::new();
    DESCRIPTION.get_or_init(|| {
        weft_spec::load_with_sources(Path::new(weft_spec::DATA)).unwrap_or_else(|e| panic!("{e}"))
    })
}

/// Returns the pinned checkout; Cargo is asked once.
fn pinned() -> &'static Path {
    static PINNED: OnceLock<PathBuf> = OnceLock::new();
    PINNED.get_or_init(|| crate::pinned::component_model().unwrap_or_else(|e| panic!("{e}")))
}

/// Reads the pinned checkout.
fn sources() -> &'static Sources {
    static SOURCES: OnceLock<Sources> = OnceLock::new();
    SOURCES.get_or_init(|| Sources::read(pinned()).unwrap_or_else(|e| panic!("{e}")))
}

/// Returns the root of the workspace.
fn workspace() -> &'static Path {
    Path::new(weft_spec::DATA).parent().unwrap()
}

/// Reads the committed digests, and Weft's sources.
fn known() -> &'static (digests::Digests, counterpart::Counterparts) {
    static KNOWN: OnceLock<(digests::Digests, counterpart::Counterparts)> = OnceLock::new();
    KNOWN.get_or_init(|| {
        let (spec, texts) = description();
        let digests = digests::Digests::read(workspace()).unwrap();
        (digests, counterpart::Counterparts::read(workspace(), spec, texts).unwrap())
    })
}

/// Copies the parts of the pinned checkout that are read.
fn copy() -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    let mut folders = vec![PathBuf::from("design/mvp"), PathBuf::from("test")];
    while let Some(folder) = folders.pop() {
        std::fs::create_dir_all(copy.path().join(&folder)).unwrap();
        for entry in std::fs::read_dir(pinned().join(&folder)).unwrap() {
            let path = folder.join(entry.unwrap().file_name());
            let from = pinned().join(&path);
            if from.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| ["md", "py", "wast"].iter().any(|x| e == *x))
            {
                std::fs::write(copy.path().join(&path), std::fs::read(from).unwrap()).unwrap();
            }
        }
    }
    copy
}

#[test]
fn the_data_agrees_with_all_sources_of_the_pinned_revision() {
    let (spec, texts) = description();
    let comparison =
        diff_spec(spec, texts, pinned(), workspace()).unwrap_or_else(|e| panic!("{e}"));
    println!("{}", comparison.render(false));
    assert!(comparison.is_clean(), "{}", comparison.render(false));
    // A count far below these means that a source is no longer read.
    let least = [
        (Source::Explainer, 300),
        (Source::CanonicalAbi, 300),
        (Source::Binary, 250),
        (Source::Validator, 4_000),
        (Source::Reference, 600),
        (Source::Suite, 45),
    ];
    for (source, least) in least {
        let (_, checked) = comparison.facts_checked.iter().find(|(s, _)| *s == source).unwrap();
        assert!(*checked >= least, "only {checked} facts from {}", source.title());
    }
}

#[test]
fn the_root_and_the_design_folder_of_a_checkout_are_equivalent() {
    let (spec, texts) = description();
    let of = |path: &Path| {
        let mut comparison = Sources::read(path).unwrap().compare(spec, texts).unwrap();
        for difference in &mut comparison.differences {
            difference.place = None;
        }
        comparison
    };
    assert_eq!(of(pinned()), of(&pinned().join("design").join("mvp")));
}
