//! Each built-in has one row, from which code is generated; nothing repeats the row by hand.

#![expect(clippy::unwrap_used, reason = "a test that fails to set up has failed")]

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use heck::{ToSnakeCase as _, ToUpperCamelCase as _};
use weft_spec::model::Builtin;

/// The largest number of hand-written sources that name a built-in: its rule in the machine, and one
/// more for built-ins that hosts or embedders treat in a special way.
const MOST: usize = 2;

/// Returns the sources of the runtime and of its generator, without tests and generated files.
fn sources() -> Vec<(PathBuf, String)> {
    let root = Path::new(weft_spec::DATA).parent().unwrap();
    let mut sources = Vec::new();
    for folder in ["codegen", "macros", "runtime", "spec"] {
        collect(&root.join(folder), &mut sources);
    }
    sources
}

fn collect(folder: &Path, sources: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() && !["tests", "benches", "target"].contains(&name.as_str()) {
            collect(&path, sources);
        } else if path.extension().is_some_and(|it| it == "rs") && name != "tests.rs" {
            let text = fs::read_to_string(&path).unwrap();
            if !text.starts_with("// @generated") {
                sources.push((path, without_comments(&text)));
            }
        }
    }
}

fn without_comments(text: &str) -> String {
    let lines = text.lines().map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// Returns the ways in which Rust names a built-in.
fn names(builtin: &Builtin) -> Vec<String> {
    let (name, family) = (&*builtin.name.value, &*builtin.family);
    let within = name.strip_prefix(family).map_or(name, |rest| rest.trim_start_matches(['.', '-']));
    let (all, family) = (name.to_upper_camel_case(), family.to_upper_camel_case());
    let within = within.to_upper_camel_case();
    vec![
        format!("\"{name}\""),
        format!("canon_{}", name.to_snake_case()),
        format!("Builtin::{all}"),
        format!("CanonicalFunction::{all}"),
        format!("{family}Definition::{within}"),
        format!("{family}Template::{within}"),
    ]
}

/// Returns true if `text` contains `name` as a whole word.
fn has_word(text: &str, name: &str) -> bool {
    let is_part = |letter: Option<char>| letter.is_some_and(|it| it.is_alphanumeric() || it == '_');
    text.match_indices(name).any(|(at, _)| {
        let (before, rest) = text.split_at(at);
        !is_part(before.chars().next_back()) && !is_part(rest.chars().nth(name.chars().count()))
    })
}

#[test]
fn few_hand_written_sources_name_a_built_in() {
    let spec = weft_spec::load(Path::new(weft_spec::DATA)).unwrap();
    let sources = sources();
    assert!(sources.len() > 100, "{} sources are found", sources.len());
    let mut wrong = String::new();
    for builtin in &spec.builtins {
        let names = names(builtin);
        let named = sources.iter().filter(|(_, text)| names.iter().any(|it| has_word(text, it)));
        let named: Vec<_> = named.map(|(path, _)| path.display().to_string()).collect();
        let has_rule = named.iter().any(|path| path.contains("machine/canon"));
        if !has_rule || named.len() > MOST {
            let _ = writeln!(wrong, "{}: {named:#?}", *builtin.name);
        }
    }
    assert!(
        wrong.is_empty(),
        "these repeat a row; generate the code from the row instead:\n{wrong}"
    );
}
