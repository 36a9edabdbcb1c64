//! Names: no two public items have the same name, none hides a name of Rust's prelude, and paths
//! start at the root of the crate.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use proc_macro2::{TokenStream, TokenTree};
use syn::{Item, Visibility};

use crate::layers::runtime;
use crate::layers::source::{attributes, only_for_tests};

/// The names of types, traits and functions that are available without a `use`.
const PRELUDE: [&str; 42] = [
    "AsMut",
    "AsRef",
    "AsyncFn",
    "AsyncFnMut",
    "AsyncFnOnce",
    "Box",
    "Clone",
    "Copy",
    "Default",
    "DoubleEndedIterator",
    "Drop",
    "Eq",
    "Err",
    "ExactSizeIterator",
    "Extend",
    "Fn",
    "FnMut",
    "FnOnce",
    "From",
    "FromIterator",
    "Future",
    "Into",
    "IntoFuture",
    "IntoIterator",
    "Iterator",
    "None",
    "Ok",
    "Option",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Result",
    "Send",
    "Some",
    "String",
    "Sync",
    "ToOwned",
    "ToString",
    "TryFrom",
    "TryInto",
    "Vec",
    "drop",
];

/// Public items by their names: the path of the file, once for each item.
type Names = BTreeMap<String, Vec<String>>;

/// Returns true if an item is hidden in the documentation.
fn is_hidden(item: &Item) -> bool {
    let says_hidden = |it: &syn::Attribute| {
        it.path().is_ident("doc") && it.parse_args::<syn::Ident>().is_ok_and(|it| it == "hidden")
    };
    attributes(item).iter().any(says_hidden)
}

/// Adds the names of public items in a macro's input.
fn add_from_macro(tokens: TokenStream, path: &str, names: &mut Names) {
    const KINDS: [&str; 5] = ["enum", "fn", "struct", "trait", "type"];
    let mut before = [String::new(), String::new()];
    for token in tokens {
        match token {
            TokenTree::Ident(it) => {
                let it = it.to_string();
                if before[0] == "pub" && KINDS.contains(&before[1].as_str()) {
                    names.entry(it.clone()).or_default().push(path.to_owned());
                }
                before = [std::mem::take(&mut before[1]), it];
            }
            TokenTree::Group(it) => add_from_macro(it.stream(), path, names),
            _ => before = [String::new(), String::new()],
        }
    }
}

/// Adds the names of public types, traits and functions. `unreachable_pub` is denied, so every
/// `pub` item in a file can be reached from outside the crate. An item in a private module in
/// braces cannot.
fn add(items: &[Item], path: &str, names: &mut Names) {
    for item in items.iter().filter(|it| !only_for_tests(attributes(it)) && !is_hidden(it)) {
        let (visibility, name) = match item {
            Item::Enum(it) => (&it.vis, &it.ident),
            Item::Fn(it) => (&it.vis, &it.sig.ident),
            Item::Struct(it) => (&it.vis, &it.ident),
            Item::Trait(it) => (&it.vis, &it.ident),
            Item::Type(it) => (&it.vis, &it.ident),
            Item::Union(it) => (&it.vis, &it.ident),
            Item::Mod(it) if matches!(it.vis, Visibility::Public(_)) => {
                add(it.content.as_ref().map_or(&[], |(_, items)| items), path, names);
                continue;
            }
            Item::Macro(it) if it.ident.is_none() => {
                add_from_macro(it.mac.tokens.clone(), path, names);
                continue;
            }
            _ => continue,
        };
        if matches!(visibility, Visibility::Public(_)) {
            names.entry(name.to_string()).or_default().push(path.to_owned());
        }
    }
}

/// The crate whose items have WASI's names, in two versions.
const WASI: &str = "runtime/wasi/";

/// Returns the public items of the crates of the runtime.
fn public_names() -> Names {
    let tree = runtime();
    let mut names = Names::new();
    for file in tree.files.iter().filter(|it| !it.path.starts_with(WASI)) {
        add(&file.syntax.items, &file.path, &mut names);
    }
    assert!(names.contains_key("Machine") && names.contains_key("Linker"), "names are found");
    names
}

/// Returns the crate of a file, for the one name that each crate may have.
fn crate_of(path: &str) -> &str {
    path.split("/src/").next().unwrap_or(path)
}

#[test]
fn no_two_public_items_share_a_name() {
    let mut wrong = Vec::new();
    for (name, paths) in public_names() {
        let crates: BTreeSet<&str> = paths.iter().map(|it| crate_of(it)).collect();
        let allowed = if name == "Error" { crates.len() } else { 1 };
        if paths.len() > allowed {
            wrong.push(format!("`{name}`: {}", paths.join(", ")));
        }
    }
    assert!(wrong.is_empty(), "items of one name:\n{}", wrong.join("\n"));
}

#[test]
fn no_public_item_hides_a_name_of_the_prelude() {
    let names = public_names();
    let wrong: Vec<String> = PRELUDE
        .iter()
        .filter_map(|name| Some(format!("`{name}`: {}", names.get(*name)?.join(", "))))
        .collect();
    assert!(wrong.is_empty(), "known without a `use` in every file:\n{}", wrong.join("\n"));
}

/// Returns true if a line has these words outside its string literals.
fn has_in_code(line: &str, words: &str) -> bool {
    line.split('"').step_by(2).any(|code| code.contains(words))
}

/// Adds the lines of hand-written Rust files in a directory that name the grandparent module.
fn add_long_paths(directory: &Path, words: &str, wrong: &mut Vec<String>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().is_none_or(|it| it != "target") {
                add_long_paths(&path, words, wrong);
            }
        } else if path.extension().is_some_and(|it| it == "rs") {
            let text = fs::read_to_string(&path).unwrap();
            if text.starts_with("// @generated") {
                continue;
            }
            let lines = text.lines().enumerate().filter(|(_, line)| has_in_code(line, words));
            wrong.extend(lines.map(|(number, _)| format!("{}:{}", path.display(), number + 1)));
        }
    }
}

#[test]
fn paths_leave_one_module_at_most() {
    let words = ["super"; 2].join("::");
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut wrong = Vec::new();
    for part in ["runtime", "codegen", "macros", "spec", "tests"] {
        add_long_paths(&workspace.join(part), &words, &mut wrong);
    }
    assert!(wrong.is_empty(), "write `crate::` instead of `{words}::`:\n{}", wrong.join("\n"));
}
