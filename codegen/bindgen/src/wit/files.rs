//! Finds and reads the files of WIT.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io::{self, Read as _};
use std::ops::Range;
use std::path::{Path, PathBuf};

use weft_spec::{Diagnostic, Report, Span as Place};
use wit_parser::{SourceMap, Span};

use crate::wit::nested_names::NestedNames;
use crate::{FilesRead, OptionPlace, Options};

/// The largest text, in bytes, because `wit-parser` counts bytes in 32 bits.
const LARGEST_TEXT: usize = 1 << 30;

/// The path that stands for standard input.
const STANDARD_INPUT: &str = "-";

/// The texts, in the order in which they were read. A text has the same number in every report.
#[derive(Default)]
pub(crate) struct Texts {
    files: Vec<Text>,
    by_path: HashMap<String, usize>,
    pub(crate) nested: NestedNames,
}

struct Text {
    /// The path, as the user would write it.
    path: String,
    /// The path relative to the place in the options, or a name that also identifies the place.
    relative: String,
    content: String,
    /// The text for the parser: the same with nested names flattened.
    flat: String,
    /// The positions of the starts of lines.
    lines: Vec<usize>,
}

impl Texts {
    pub(crate) fn report(&self) -> Report {
        let mut report = Report::new();
        for file in &self.files {
            report.add_source(&file.path, &file.content);
        }
        report
    }

    /// Returns the number of the text, which is added if it is new.
    fn add(&mut self, path: String, relative: &str, text: String) -> usize {
        if let Some(number) = self.by_path.get(&path) {
            return *number;
        }
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1));
        self.by_path.insert(path.clone(), self.files.len());
        self.files.push(Text {
            path,
            relative: relative.to_owned(),
            lines: lines.collect(),
            flat: String::new(),
            content: text,
        });
        self.files.len() - 1
    }

    /// Converts each text to one that the parser can read.
    pub(crate) fn flatten(&mut self, report: &mut Report) {
        for (number, file) in self.files.iter_mut().enumerate() {
            let mut problem = |problem| report.push(problem);
            file.flat = self.nested.flatten(&file.content, number, &mut problem);
        }
    }

    pub(crate) fn place(&self, map: &SourceMap, span: Span) -> Option<Place> {
        let found = map.resolve_span(span)?;
        let source = *self.by_path.get(found.path)?;
        let Range { start, end } = found.range;
        let text = self.files.get(source)?.content.get(start..)?;
        // An empty span also gets a caret.
        let width = text.chars().next().filter(|c| *c != '\n').map_or(0, char::len_utf8);
        Some(Place { source, range: start..end.max(start + width) })
    }

    /// Returns the line of a place, as in `deps/clocks.wit:17`.
    pub(crate) fn line(&self, place: &Place) -> Option<String> {
        let file = self.files.get(place.source)?;
        let line = file.lines.partition_point(|start| *start <= place.range.start);
        Some(format!("{}:{line}", file.relative))
    }

    /// Returns the number of lines of text number `number`.
    pub(crate) fn line_count(&self, number: usize) -> usize {
        self.files.get(number).map_or(0, |file| file.content.lines().count())
    }

    /// Creates a source map for the parser with the texts of these numbers.
    pub(crate) fn map(&self, numbers: &[usize]) -> SourceMap {
        let mut map = SourceMap::new();
        for file in numbers.iter().filter_map(|number| self.files.get(*number)) {
            map.push_str(&file.path, &*file.flat);
        }
        map
    }

    /// Returns the texts with these numbers in the form for the parser.
    pub(crate) fn flat<'a>(&'a self, numbers: &'a [usize]) -> impl Iterator<Item = &'a str> {
        numbers.iter().filter_map(|number| Some(self.files.get(*number)?.flat.as_str()))
    }
}

/// The part of the input with one package.
pub(crate) enum Part {
    /// The numbers of its texts.
    Texts(Vec<usize>),
    /// A package or component that is encoded as WebAssembly.
    Encoded { path: String, bytes: Vec<u8> },
}

/// The complete input.
#[derive(Default)]
pub(crate) struct Files {
    pub(crate) texts: Texts,
    /// The parts whose worlds can be selected.
    pub(crate) main: Vec<Part>,
    pub(crate) others: Vec<Part>,
    /// The names of the places in the options, the same on each machine and in each folder.
    pub(crate) origin: String,
    /// The files and folders that were read, for callers that generate again when one of them
    /// changes.
    pub(crate) read: FilesRead,
    /// A folder `deps` beside a file in the options, which no option names.
    pub(crate) unread: Option<PathBuf>,
    pub(crate) problems: Report,
}

impl Files {
    /// Reads the places that `options` name.
    ///
    /// Fails if none can be read. Problems with parts of the input go into the report.
    pub(crate) fn of(options: &Options) -> Result<Self, Report> {
        if options.wit.is_empty() && options.inline.is_none() {
            let help = "pass a file, a folder, or `-` for standard input";
            return Err(Report::of(
                Diagnostic::error("wit-empty", "there is no WIT to read").help(help),
            ));
        }
        let mut files = Self::default();
        let names = names(&options.wit);
        let several = options.wit.len() + usize::from(options.inline.is_some()) > 1;
        if let Some(text) = &options.inline {
            let number = files.texts.add("<inline WIT>".to_owned(), "inline", text.clone());
            files.main.push(Part::Texts(vec![number]));
        }
        for (number, (path, name)) in options.wit.iter().zip(&names).enumerate() {
            let there = fs::metadata(path);
            if let Err(error) = &there
                && path.as_os_str() != STANDARD_INPUT
            {
                files.refuse_place(options, number, path, error);
                continue;
            }
            let is_folder = there.is_ok_and(|there| there.is_dir());
            let Some(part) = files.place(path, name, several, is_folder) else { continue };
            if options.inline.is_none() { &mut files.main } else { &mut files.others }.push(part);
        }
        if files.main.is_empty() && files.problems.has_errors() {
            return Err(files.problems);
        }
        let inline = options.inline.iter().map(|_| "inline WIT".to_owned());
        let mut origins: Vec<String> = inline.chain(names).collect();
        let mut seen = BTreeSet::new();
        origins.retain(|name| seen.insert(name.clone()));
        files.origin = origins.join(", ");
        Ok(files)
    }

    /// Reads the part at a place in the options, with its dependencies.
    fn place(&mut self, path: &Path, name: &str, several: bool, is_folder: bool) -> Option<Part> {
        if path.as_os_str() == STANDARD_INPUT {
            let mut bytes = Vec::new();
            let read = io::stdin().lock().read_to_end(&mut bytes);
            let path = Path::new("<standard input>");
            return match read {
                Ok(_) => self.content(path, "standard input", bytes),
                Err(error) => self.refuse_io(path, &error),
            };
        }
        if is_folder {
            return self.package(path, if several { name } else { "" });
        }
        let deps = path.parent().map(|folder| folder.join("deps"));
        self.unread = self.unread.take().or(deps.filter(|deps| deps.is_dir()));
        self.file(path, name)
    }

    /// Refuses a place that does not exist.
    fn refuse_place(&mut self, options: &Options, number: usize, path: &Path, error: &io::Error) {
        let mut report = Report::new();
        let places = options.places.source(&mut report);
        let message = format!("cannot read `{}`: {error}", path.display());
        let option = OptionPlace::Element("wit", number);
        report.push(places.at(Diagnostic::error("io", message), &option));
        self.problems.append(report);
    }

    fn refuse_io(&mut self, path: &Path, error: &io::Error) -> Option<Part> {
        self.problems.append(Report::of_io("read", path, error));
        None
    }

    /// Reads a folder with a package's files, and with dependencies under `deps`.
    fn package(&mut self, path: &Path, name: &str) -> Option<Part> {
        let before = self.problems.diagnostics().len();
        let numbers = self.folder(path, name);
        if numbers.is_empty() && self.problems.diagnostics().len() == before {
            let message = format!("`{}` has no WIT file", path.display());
            self.problems.push(Diagnostic::error("wit-empty", message).help(
                "put a package's `.wit` files directly into its folder, and its dependencies under `deps`",
            ));
        }
        let deps = path.join("deps");
        for entry in if deps.is_dir() { self.entries(&deps) } else { Vec::new() } {
            let relative = joined(&joined(name, "deps"), &file_name(&entry));
            let extension = entry.extension().and_then(|e| e.to_str());
            if entry.is_dir() {
                let numbers = self.folder(&entry, &relative);
                if !numbers.is_empty() {
                    self.others.push(Part::Texts(numbers));
                }
            } else if matches!(extension, Some("wit" | "wat" | "wasm")) {
                let part = self.file(&entry, &relative);
                self.others.extend(part);
            }
        }
        Some(Part::Texts(numbers)).filter(|_| self.problems.diagnostics().len() == before)
    }

    /// Returns the entries of a folder, sorted, so that the result is always the same.
    fn entries(&mut self, folder: &Path) -> Vec<PathBuf> {
        let listed = fs::read_dir(folder)
            .and_then(|found| found.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>());
        self.read.folders.push(folder.to_owned());
        match listed {
            Ok(mut paths) => {
                paths.sort();
                paths
            }
            Err(error) => {
                self.problems.append(Report::of_io("read", folder, &error));
                Vec::new()
            }
        }
    }

    /// Reads the `.wit` files directly in `folder`, and returns the numbers of their texts.
    fn folder(&mut self, folder: &Path, relative: &str) -> Vec<usize> {
        let mut numbers = Vec::new();
        for path in self.entries(folder) {
            if path.extension().is_none_or(|extension| extension != "wit") || path.is_dir() {
                continue;
            }
            match self.file(&path, &joined(relative, &file_name(&path))) {
                Some(Part::Texts(number)) => numbers.extend(number),
                Some(Part::Encoded { path, .. }) => self.problems.push(Diagnostic::error(
                    "wit-encoded",
                    format!("`{path}` is WebAssembly, but WIT text is expected here"),
                )),
                None => {}
            }
        }
        numbers
    }

    fn file(&mut self, path: &Path, relative: &str) -> Option<Part> {
        self.read.files.push(path.to_owned());
        match fs::read(path) {
            Ok(bytes) => self.content(path, relative, bytes),
            Err(error) => self.refuse_io(path, &error),
        }
    }

    fn content(&mut self, path: &Path, relative: &str, bytes: Vec<u8>) -> Option<Part> {
        let shown = path.display().to_string();
        let problem = if bytes.len() > LARGEST_TEXT {
            let message =
                format!("`{shown}` is larger than {LARGEST_TEXT} bytes, the limit for WIT text");
            Diagnostic::error("wit-too-large", message)
        } else if bytes.starts_with(b"\0asm") || path.extension().is_some_and(|e| e == "wat") {
            return Some(Part::Encoded { path: shown, bytes });
        } else {
            match String::from_utf8(bytes) {
                Ok(text) => return Some(Part::Texts(vec![self.texts.add(shown, relative, text)])),
                Err(error) => {
                    let at = error.utf8_error().valid_up_to();
                    let lines = error.as_bytes().iter().take(at).filter(|b| **b == b'\n').count();
                    let message = format!("`{shown}` is not UTF-8: line {}, byte {at}", lines + 1);
                    Diagnostic::error("wit-not-utf8", message)
                }
            }
        };
        self.problems.push(problem);
        None
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// Joins a path for messages, with `/` on each system.
fn joined(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}

/// Returns the shortest ends of paths that distinguish them, at least a file name. They do not
/// depend on the current folder or the machine.
fn names(paths: &[PathBuf]) -> Vec<String> {
    let parts: Vec<Vec<String>> = paths
        .iter()
        .map(|path| {
            if path.as_os_str() == STANDARD_INPUT {
                return vec!["standard input".to_owned()];
            }
            let path = fs::canonicalize(path).unwrap_or_else(|_| path.clone());
            let parts = path.components().map(|part| part.as_os_str().to_string_lossy());
            parts.map(Cow::into_owned).filter(|part| part != "/").collect()
        })
        .collect();
    let end = |parts: &[String], length: usize| {
        parts.get(parts.len().saturating_sub(length)..).unwrap_or_default().join("/")
    };
    let longest = parts.iter().map(Vec::len).max().unwrap_or_default();
    let name = |own: &Vec<String>| {
        let alone = |length: &usize| {
            let same = |other: &&Vec<String>| end(other, *length) == end(own, *length);
            // A place that is named twice needs one name.
            parts.iter().filter(|other| *other != own).find(same).is_none()
        };
        end(own, (1..=longest).find(alone).unwrap_or(longest))
    };
    parts.iter().map(name).collect()
}
