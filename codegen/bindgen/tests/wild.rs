//! WIT from packages of the registry: every world becomes bindings, and these compile.
//!
//! `cargo test -p weft-bindgen --test wild -- --ignored --nocapture` downloads the packages that
//! `wild/Cargo.toml` names, and prints the results.

#![allow(clippy::expect_used, clippy::panic, reason = "a test that fails panics")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use weft_bindgen::{Options, bind};
use wit_parser::Resolve;

#[allow(dead_code, reason = "each test program uses some of it")]
#[path = "bind/compile.rs"]
mod compile;

use compile::{Environment, compile};

/// Texts whose types have more parts than any component can have; wasm-tools also refuses them.
const TOO_LARGE: [&str; 3] = ["wit-deep-record.wit", "wit-deep-tuple.wit", "wit-deep-variant.wit"];

/// The number of worlds in each crate that is compiled.
const IN_A_CRATE: usize = 100;

/// Returns the folders of the packages, by name and version.
fn packages() -> BTreeMap<String, PathBuf> {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/wild/Cargo.toml");
    let output = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
        .args(["metadata", "--format-version", "1", "--locked", "--manifest-path"])
        .arg(&manifest)
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo answers in JSON");
    let packages = metadata.get("packages").and_then(Value::as_array).expect("there are packages");
    let text = |package: &Value, key| {
        package.get(key).and_then(Value::as_str).unwrap_or_default().to_owned()
    };
    let folder = |package| Path::new(&text(package, "manifest_path")).parent().map(Path::to_owned);
    let named = packages.iter().filter_map(|package| {
        let name = format!("{} {}", text(package, "name"), text(package, "version"));
        Some((name, folder(package)?))
    });
    named.collect()
}

/// Adds the folders under `folder`, including itself, that directly contain WIT. Text in `deps`
/// belongs to other packages.
fn folders(folder: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let paths: BTreeSet<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    if paths.iter().any(|path| path.is_file() && is_wit(path)) {
        found.push(folder.to_owned());
    }
    let below = paths.iter().filter(|path| path.is_dir() && !path.ends_with("deps"));
    below.for_each(|path| folders(path, found));
}

fn is_wit(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "wit")
}

/// Returns the full names of the worlds of a file or folder, or the reason why it cannot be read.
fn worlds(wit: &Path) -> Result<BTreeSet<String>, String> {
    let mut resolve = Resolve { all_features: true, ..Resolve::default() };
    resolve.push_path(wit).map_err(|error| format!("{error:#}"))?;
    let worlds = resolve.worlds.iter();
    Ok(worlds.filter_map(|(_, it)| Some(resolve.id_of_name(it.package?, &it.name))).collect())
}

/// Returns the inputs to bind in a folder: the folder as a package, or each of its files.
fn inputs(folder: PathBuf) -> Vec<PathBuf> {
    if worlds(&folder).is_ok() {
        return vec![folder];
    }
    let entries = fs::read_dir(&folder).expect("the folder is there");
    let files: BTreeSet<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.into_iter().filter(|path| is_wit(path)).collect()
}

/// The results for all worlds.
#[derive(Default)]
struct Outcome {
    worlds: usize,
    generated: usize,
    /// The number of those that no component can have.
    too_large: usize,
    /// Those that were refused, with the reasons.
    refused: Vec<String>,
    /// The number of texts that the parser refuses; most have deliberate mistakes.
    not_read: usize,
    /// The different bindings, with their worlds.
    texts: BTreeMap<String, String>,
}

impl Outcome {
    fn bind(&mut self, package: &str, wit: &Path) {
        let Ok(worlds) = worlds(wit) else {
            self.not_read += 1;
            return;
        };
        for world in worlds {
            self.worlds += 1;
            let options = Options {
                wit: vec![wit.to_owned()],
                world: Some(world.clone()),
                all_features: true,
                ..Options::default()
            };
            match bind(&options) {
                Ok(bindings) => {
                    self.generated += 1;
                    let (_, text) = bindings.text.split_once('\n').expect("there is a header");
                    self.texts
                        .entry(text.to_owned())
                        .or_insert_with(|| format!("{package}: {}: {world}", wit.display()));
                }
                Err(_) if TOO_LARGE.iter().any(|name| wit.ends_with(name)) => self.too_large += 1,
                Err(report) => {
                    self.refused.push(format!("{package}: {}: {world}: {report}", wit.display()));
                }
            }
        }
    }
}

#[test]
#[ignore = "it downloads hundreds of packages, and compiles for minutes"]
fn every_world_of_the_registry_becomes_bindings_that_compile() {
    let mut outcome = Outcome::default();
    let mut count = 0;
    for (name, folder) in packages() {
        let mut found = Vec::new();
        folders(&folder, &mut found);
        count += usize::from(!found.is_empty());
        for wit in found.into_iter().flat_map(inputs) {
            outcome.bind(&name, &wit);
        }
    }
    println!(
        "{count} packages with WIT: {} worlds, {} generated ({} differ), {} that no component can \
         have, {} refused; {} texts that are no WIT",
        outcome.worlds,
        outcome.generated,
        outcome.texts.len(),
        outcome.too_large,
        outcome.refused.len(),
        outcome.not_read,
    );
    let texts: Vec<_> = outcome.texts.into_iter().collect();
    let mut compiled = 0;
    let mut failed = Vec::new();
    for (number, some) in texts.chunks(IN_A_CRATE).enumerate() {
        let bindings: Vec<_> = some.iter().map(|(text, _)| text.clone()).collect();
        let environment = if number % 2 == 0 { Environment::Std } else { Environment::All };
        match compile(&format!("wild{number}"), environment, &bindings, "") {
            Ok(()) => compiled += some.len(),
            Err(said) => {
                let names: Vec<_> = some.iter().map(|(_, name)| name.as_str()).collect();
                failed.push(format!("{said}\nbindings in order:\n{}", names.join("\n")));
            }
        }
    }
    println!("{compiled} of {} compiled", texts.len());
    assert!(outcome.refused.is_empty(), "{}", outcome.refused.join("\n"));
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
