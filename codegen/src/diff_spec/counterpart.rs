//! The places in Weft's sources that do what a function of `definitions.py` does.
//!
//! Nothing lists them: a function of the machine or of the ABI has the name of the reference's
//! function, or its documentation names it, such as `Task.request_cancellation`. A file names the
//! class of the reference that it implements. `ARCHITECTURE.md` has a table of files for the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;
use syn::spanned::Spanned as _;
use weft_spec::model::Spec;
use weft_spec::{Diagnostic, Report, Span};

use super::difference::Place;
use super::without;

/// The sources of the ABI and the machine, from the root of the workspace.
const SOURCES: [&str; 2] = ["runtime/core/src/abi", "runtime/core/src/machine"];

/// The page with the table of files.
const ARCHITECTURE: &str = "runtime/ARCHITECTURE.md";

/// The folder of the files in that table.
const TABLE_ROOT: &str = "runtime/core/src";

/// The end of an entry that stands for all names with this beginning.
const ANY: char = '…';

/// The largest number of places for one function.
const MOST_PLACES: usize = 4;

/// A place in Weft.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Counterpart {
    /// The function or type, with the type of its `impl` in front; empty for a whole file.
    pub item: String,
    /// Its line.
    pub place: Place,
}

/// A function or type of Weft.
#[derive(Debug)]
struct Item {
    file: usize,
    /// The type of the `impl` around it.
    of: String,
    name: String,
    line: usize,
    /// The lines from its documentation to its end.
    lines: std::ops::RangeInclusive<usize>,
    /// The names in its documentation.
    documented: BTreeSet<String>,
    /// The names in comments inside of it.
    mentioned: BTreeSet<String>,
}

/// A source file.
#[derive(Debug)]
struct File {
    path: String,
    /// The names in its own documentation.
    documented: BTreeSet<String>,
}

/// All places by which counterparts are found.
#[derive(Debug)]
pub(super) struct Counterparts {
    files: Vec<File>,
    items: Vec<Item>,
    /// The files of names in the table.
    table: BTreeMap<String, Vec<String>>,
    /// The rows of the data that describe classes and functions of the reference.
    rows: BTreeMap<String, Place>,
}

impl Counterparts {
    /// Reads the sources in the workspace at `root`, and the names in the data.
    ///
    /// # Errors
    ///
    /// A [`Report`] of the files that cannot be read.
    pub(super) fn read(root: &Path, spec: &Spec, texts: &Report) -> Result<Self, Report> {
        let mut counterparts = Self {
            files: Vec::new(),
            items: Vec::new(),
            table: BTreeMap::new(),
            rows: BTreeMap::new(),
        };
        counterparts.read_rows(spec, texts);
        let architecture = read_text(&root.join(ARCHITECTURE))?;
        counterparts.read_table(&architecture);
        for folder in SOURCES {
            let mut paths = Vec::new();
            rust_files(&root.join(folder), folder, &mut paths)?;
            for (path, shown) in paths {
                counterparts.read_file(&shown, &read_text(&path)?)?;
            }
        }
        Ok(counterparts)
    }

    fn read_rows(&mut self, spec: &Spec, texts: &Report) {
        let place = |span: &Span| {
            let file = texts.sources().get(span.source)?.path.clone();
            Some(Place { file, line: texts.line_and_column(span)?.0 })
        };
        let types = spec.value_types.iter().map(|ty| (&ty.reference, &ty.name.span));
        let codes = spec.codes.iter().map(|code| (&code.reference, &code.name.span));
        let constants = spec.constants.iter().map(|row| (&row.reference, &row.name.span));
        for (name, span) in types.chain(codes).chain(constants) {
            if let Some(place) = place(span) {
                self.rows.entry(name.clone()).or_insert(place);
            }
        }
    }

    /// Reads the rows of the table in which the first cell has names of the reference, and the
    /// second one files. A file after the first in a cell can be without its folder.
    fn read_table(&mut self, text: &str) {
        let rows = text.lines().skip_while(|line| !line.starts_with("| `definitions.py` |"));
        for row in rows.skip(2).take_while(|line| line.starts_with('|')) {
            let mut cells = row.trim_matches('|').split(" | ");
            let (Some(names), Some(files)) = (cells.next(), cells.next()) else { continue };
            let mut folder = "";
            let mut paths = Vec::new();
            for file in in_backticks(files)
                .filter(|file| file.ends_with('/') || Path::new(file).extension().is_some())
            {
                match file.rsplit_once('/') {
                    Some((of, _)) => {
                        folder = of;
                        paths.push(format!("{TABLE_ROOT}/{file}"));
                    }
                    None => paths.push(format!("{TABLE_ROOT}/{folder}/{file}")),
                }
            }
            let is_entry =
                |name: &&str| reference_name(name.strip_suffix(ANY).unwrap_or(name)).is_some();
            for name in in_backticks(names).filter(is_entry) {
                self.table.insert(name.to_owned(), paths.clone());
            }
        }
    }

    fn read_file(&mut self, path: &str, text: &str) -> Result<(), Report> {
        let tree = syn::parse_file(text).map_err(|error| {
            let line = error.span().start().line;
            Report::of(Diagnostic::error("rust", format!("{path}:{line} is not Rust: {error}")))
        })?;
        let file = self.files.len();
        let first = self.items.len();
        let mut items = Items { file, found: Vec::new() };
        items.read(&tree.items, "");
        self.items.append(&mut items.found);
        let mut documented = BTreeSet::new();
        for (line, comment) in (1..).zip(text.lines()) {
            let comment = comment.trim_start();
            let names = in_backticks(comment).filter_map(reference_name).map(str::to_owned);
            if comment.starts_with("//!") {
                documented.extend(names);
            } else if comment.starts_with("//") {
                // Items inside of others come after them.
                let mut items = self.items.get_mut(first..).unwrap_or_default().iter_mut();
                let innermost = items.rfind(|item| item.lines.contains(&line));
                match innermost {
                    Some(item) if line < item.line => item.documented.extend(names),
                    Some(item) => item.mentioned.extend(names),
                    None => {}
                }
            }
        }
        self.files.push(File { path: path.to_owned(), documented });
        Ok(())
    }

    /// Returns the places of the function or class `name`, the best ones first. There are none if
    /// `without` has a reason for that.
    pub(super) fn of(&self, name: &str) -> Vec<Counterpart> {
        if without::reason(name).is_some() {
            return Vec::new();
        }
        let class = name.rsplit_once('.').map(|(class, _)| class);
        let mut places = self.own(name, class);
        if places.is_empty() {
            places = self.of_file(name);
        }
        // A function of a class is in the files of the class, if nothing has its name.
        if places.is_empty()
            && let Some(class) = class
        {
            places = self.of(class);
        }
        places.truncate(MOST_PLACES);
        places
    }

    /// Returns the places that name it: first the items with its name, then the rows of the data,
    /// the items whose documentation names it, and those that name it inside.
    fn own(&self, name: &str, class: Option<&str>) -> Vec<Counterpart> {
        let last = plain(name);
        let documented = |item: &&Item| item.documented.contains(name);
        let named = |item: &&Item| {
            item.name == last && (item.documented.contains(name) || item.mentioned.contains(name))
        };
        let mut places: Vec<_> = self.items.iter().filter(named).map(|i| self.item(i)).collect();
        if places.is_empty() {
            places = self.with_its_name(name, class);
        }
        if let Some(place) = self.rows.get(name) {
            places.push(Counterpart { item: String::new(), place: place.clone() });
        }
        places.extend(self.items.iter().filter(documented).map(|item| self.item(item)));
        if places.is_empty() {
            let mentioned = |item: &&Item| item.mentioned.contains(name);
            places.extend(self.items.iter().filter(mentioned).map(|item| self.item(item)));
        }
        let mut seen = Vec::new();
        places.retain(|place| {
            let is_new = !seen.contains(&place.place);
            seen.push(place.place.clone());
            is_new
        });
        places
    }

    /// Returns the items that have its name, and whose documentation names no function of another
    /// class. A class, or the class of a function, is named by the file.
    fn with_its_name(&self, name: &str, class: Option<&str>) -> Vec<Counterpart> {
        let last = plain(name);
        let others = |item: &Item| {
            item.documented.iter().any(|other| other.contains('.') && plain(other) == last)
        };
        let items = self.items.iter().filter(|item| {
            let class = class.or(Some(name).filter(|name| name.starts_with(char::is_uppercase)));
            let in_file = class.is_none_or(|class| {
                self.files.get(item.file).is_some_and(|file| file.documented.contains(class))
            });
            item.name == last && in_file && !others(item)
        });
        items.map(|item| self.item(item)).collect()
    }

    /// Returns the files whose documentation names it, or that the table has for it.
    fn of_file(&self, name: &str) -> Vec<Counterpart> {
        let whole = |path: &str| Counterpart {
            item: String::new(),
            place: Place { file: path.to_owned(), line: 0 },
        };
        let files = self.files.iter().filter(|file| file.documented.contains(name));
        let mut places: Vec<_> = files.map(|file| whole(&file.path)).collect();
        if places.is_empty() {
            let is_for = |entry: &str| match entry.strip_suffix(ANY) {
                Some(begin) => name.starts_with(begin),
                None => name == entry,
            };
            // The whole name is longer than its beginnings.
            let entries = self.table.iter().filter(|(entry, _)| is_for(entry));
            let longest = entries.max_by_key(|(entry, _)| entry.len());
            places.extend(longest.into_iter().flat_map(|(_, paths)| paths).map(|path| whole(path)));
        }
        places
    }

    fn item(&self, item: &Item) -> Counterpart {
        let Item { of, name, .. } = item;
        let file = self.files.get(item.file).map_or(String::new(), |file| file.path.clone());
        Counterpart {
            item: if of.is_empty() { name.clone() } else { format!("{of}::{name}") },
            place: Place { file, line: item.line },
        }
    }
}

/// The items of a file, those inside of others after them.
struct Items {
    file: usize,
    found: Vec<Item>,
}

impl Items {
    fn read(&mut self, items: &[syn::Item], of: &str) {
        for item in items {
            match item {
                syn::Item::Fn(function) => self.add(of, &function.sig.ident, item.span()),
                syn::Item::Struct(item) => self.add(of, &item.ident, item.span()),
                syn::Item::Enum(item) => self.add(of, &item.ident, item.span()),
                syn::Item::Const(item) => self.add(of, &item.ident, item.span()),
                syn::Item::Type(item) => self.add(of, &item.ident, item.span()),
                syn::Item::Trait(found) => {
                    self.add(of, &found.ident, item.span());
                    let of = found.ident.to_string();
                    for item in &found.items {
                        if let syn::TraitItem::Fn(function) = item {
                            self.add(&of, &function.sig.ident, item.span());
                        }
                    }
                }
                syn::Item::Impl(found) => {
                    let of = type_name(&found.self_ty);
                    for item in &found.items {
                        match item {
                            syn::ImplItem::Fn(function) => {
                                self.add(&of, &function.sig.ident, item.span());
                            }
                            syn::ImplItem::Const(found) => {
                                self.add(&of, &found.ident, item.span());
                            }
                            _ => {}
                        }
                    }
                }
                syn::Item::Mod(module) => {
                    if let Some((_, items)) = &module.content {
                        self.read(items, of);
                    }
                }
                _ => {}
            }
        }
    }

    fn add(&mut self, of: &str, name: &syn::Ident, span: proc_macro2::Span) {
        self.found.push(Item {
            file: self.file,
            of: of.to_owned(),
            name: name.to_string(),
            line: name.span().start().line,
            lines: span.start().line..=span.end().line,
            documented: BTreeSet::new(),
            mentioned: BTreeSet::new(),
        });
    }
}

/// Returns the last name of a type's path.
fn type_name(ty: &syn::Type) -> String {
    match ty {
        syn::Type::Path(path) => {
            path.path.segments.last().map_or(String::new(), |segment| segment.ident.to_string())
        }
        syn::Type::Reference(reference) => type_name(&reference.elem),
        _ => String::new(),
    }
}

/// Returns the name without the classes around it, and without the underscores with which Python
/// avoids a keyword or marks a special function.
fn plain(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name).trim_matches('_')
}

/// Returns the texts in backticks.
fn in_backticks(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Returns the name in such a text if it can be one of Python.
fn reference_name(text: &str) -> Option<&str> {
    let name = text.strip_suffix("()").unwrap_or(text);
    let is_name = name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
    is_name.then_some(name)
}

fn read_text(path: &Path) -> Result<String, Report> {
    std::fs::read_to_string(path).map_err(|error| Report::of_io("read", path, &error))
}

/// Adds the Rust files in `folder` with their paths as they are shown, sorted; those of tests and
/// generated ones are left out.
fn rust_files(
    folder: &Path,
    shown: &str,
    found: &mut Vec<(std::path::PathBuf, String)>,
) -> Result<(), Report> {
    let io = |error: std::io::Error| Report::of_io("read", folder, &error);
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(io)? {
        let entry = entry.map_err(io)?;
        let is_folder = entry.file_type().map_err(io)?.is_dir();
        entries.push((entry.file_name().to_string_lossy().into_owned(), is_folder, entry.path()));
    }
    entries.sort();
    for (name, is_folder, path) in entries {
        let shown = format!("{shown}/{name}");
        if is_folder {
            if name != "tests" && name != "generated" {
                rust_files(&path, &shown, found)?;
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") && name != "tests.rs"
        {
            found.push((path, shown));
        }
    }
    Ok(())
}
