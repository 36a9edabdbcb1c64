//! The packages as they will be in a registry: checks that `cargo package` does not make.

use std::fs::read_to_string;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The packages that are published, lower layers first.
const PUBLISHED: [&str; 11] = [
    "weft-macros",
    "weft-spec",
    "weft-runtime-core",
    "weft-bindgen",
    "weft-bindgen-macro",
    "weft-wasmi",
    "weft-runtime",
    "weft-wasi",
    "weft-explore",
    "weft-wast",
    "weft-command",
];

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Returns the packages of the workspace, as Cargo describes them.
fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(workspace())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    metadata["packages"].as_array().unwrap().clone()
}

fn is_published(package: &Value) -> bool {
    // An empty list of registries is `publish = false`.
    package["publish"].is_null()
}

fn text<'a>(package: &'a Value, key: &str) -> &'a str {
    package[key].as_str().unwrap_or_default()
}

#[test]
fn only_these_packages_are_published() {
    let packages = packages();
    let mut found: Vec<_> =
        packages.iter().filter(|it| is_published(it)).map(|it| text(it, "name")).collect();
    found.sort_unstable();
    let mut expected = PUBLISHED;
    expected.sort_unstable();
    assert_eq!(found, expected);
}

#[test]
fn every_published_package_has_metadata() {
    for package in packages().iter().filter(|it| is_published(it)) {
        let name = text(package, "name");
        for key in ["description", "license", "rust_version", "documentation"] {
            assert!(!text(package, key).is_empty(), "`{name}` has no {key}");
        }
        assert_eq!(text(package, "readme"), "README.md", "the README of `{name}`");
        let keywords = package["keywords"].as_array().unwrap();
        // The registry accepts at most five of each.
        assert!((1..=5).contains(&keywords.len()), "the keywords of `{name}`");
        let categories = package["categories"].as_array().unwrap();
        assert!((1..=5).contains(&categories.len()), "the categories of `{name}`");
    }
}

#[test]
fn every_published_package_has_licenses_and_a_readme() {
    let workspace = workspace();
    for package in packages().iter().filter(|it| is_published(it)) {
        let folder = Path::new(text(package, "manifest_path")).parent().unwrap();
        for license in ["LICENSE-APACHE", "LICENSE-MIT"] {
            let copy = folder.join(license);
            let is_same =
                read_to_string(&copy).ok() == read_to_string(workspace.join(license)).ok();
            assert!(is_same, "`{}` must be a copy of `{license}`", copy.display());
        }
        let readme = read_to_string(folder.join("README.md")).unwrap();
        assert!(readme.starts_with(&format!("# {}\n", text(package, "name"))), "{readme}");
    }
}

#[test]
fn a_published_package_depends_only_on_packages_below_it() {
    let layer = |name: &str| PUBLISHED.iter().position(|it| *it == name);
    for package in packages() {
        let name = text(&package, "name");
        for dependency in package["dependencies"].as_array().unwrap() {
            let other = text(dependency, "name");
            let is_internal = !dependency["path"].is_null();
            let Some(own_layer) = layer(name).filter(|_| is_internal && other != name) else {
                continue;
            };
            let is_below = layer(other).is_some_and(|it| it < own_layer);
            assert!(is_below, "`{name}` must not depend on `{other}`, not even for its tests");
            let requirement = text(dependency, "req");
            assert_ne!(requirement, "*", "`{name}` names no version of `{other}`");
        }
    }
}
