//! A checkout of the component-model repository that was read.

use std::ops::Range;
use std::path::{Path, PathBuf};

use weft_spec::{Diagnostic, Report, Span};

use super::difference::Place;

/// A file of the checkout.
#[derive(Clone, Debug)]
pub(super) struct Text {
    /// The path, as it is shown.
    pub path: String,
    pub text: String,
}

impl Text {
    /// Reads a file, or reports why it cannot be read.
    fn read(path: &Path) -> Result<Self, Report> {
        let bytes = std::fs::read(path).map_err(|error| Report::of_io("read", path, &error))?;
        let shown = path.display().to_string();
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self { path: shown, text }),
            Err(error) => {
                let valid = error.utf8_error().valid_up_to();
                let before = error.as_bytes().get(..valid).unwrap_or_default();
                let line = before.split(|byte| *byte == b'\n').count();
                Err(Report::of(
                    Diagnostic::error("not-utf8", format!("`{shown}` is not UTF-8"))
                        .help(format!("the first wrong byte is on line {line}")),
                ))
            }
        }
    }

    /// Returns the lines with their numbers, counted from 1.
    pub(super) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }

    /// Returns the line with this number as a place.
    pub(super) fn place(&self, line: usize) -> Place {
        Place { file: self.path.clone(), line }
    }

    /// Creates a report of one problem on the line with this number; line 0 means the whole file.
    pub(super) fn problem(
        &self,
        line: usize,
        code: &'static str,
        message: impl Into<String>,
    ) -> Report {
        let mut report = Report::new();
        let source = report.add_source(&*self.path, &*self.text);
        let span = Span { source, range: self.range_of(line) };
        report.push(
            Diagnostic::error(code, message)
                .at(span, "")
                .help("the layout of the text has changed: adapt `codegen/src/diff_spec` to it"),
        );
        report
    }

    fn range_of(&self, number: usize) -> Range<usize> {
        let mut start = 0;
        for (index, line) in self.text.split_inclusive('\n').enumerate() {
            if index + 1 == number {
                return start..start + line.trim_end().len();
            }
            start += line.len();
        }
        0..0
    }

    /// Returns an error unless at least half as many facts of a kind were recognized as the data
    /// has.
    ///
    /// A text in which facts are no longer found has changed its layout. That must not count as
    /// agreement.
    pub(super) fn expect(&self, kind: &str, found: usize, described: usize) -> Result<(), Report> {
        if found > 0 && found * 2 >= described {
            return Ok(());
        }
        let message = format!(
            "too few facts recognized in `{}`: {found} {kind} found, {described} in the data",
            self.path
        );
        Err(self.problem(0, "layout-changed", message))
    }
}

/// The files of a checkout that are compared with the data.
#[derive(Debug)]
pub(super) struct Checkout {
    pub explainer: Text,
    pub canonical_abi: Text,
    pub binary: Text,
    pub definitions: Text,
    /// The scripts of the official suite.
    pub suite: Vec<Text>,
}

impl Checkout {
    /// Reads the checkout at `path`, which is its root or its `design/mvp`.
    pub(super) fn open(path: &Path) -> Result<Self, Report> {
        let root = root(path)?;
        let mvp = root.join("design").join("mvp");
        let mut problems = Report::new();
        let mut read =
            |path: PathBuf| Text::read(&path).map_err(|report| problems.append(report)).ok();
        let explainer = read(mvp.join("Explainer.md"));
        let canonical_abi = read(mvp.join("CanonicalABI.md"));
        let binary = read(mvp.join("Binary.md"));
        let definitions = read(mvp.join("canonical-abi").join("definitions.py"));
        let mut suite = Vec::new();
        match scripts(&root.join("test")) {
            Ok(paths) => suite.extend(paths.into_iter().filter_map(&mut read)),
            Err(report) => problems.append(report),
        }
        match (explainer, canonical_abi, binary, definitions) {
            (Some(explainer), Some(canonical_abi), Some(binary), Some(definitions))
                if !problems.has_errors() =>
            {
                Ok(Self { explainer, canonical_abi, binary, definitions, suite })
            }
            _ => Err(problems),
        }
    }
}

/// Returns the root of the checkout; `path` is the root or its `design/mvp`.
fn root(path: &Path) -> Result<PathBuf, Report> {
    if path.join("design").join("mvp").is_dir() {
        return Ok(path.to_owned());
    }
    if path.join("Explainer.md").is_file() {
        // The folder may be given as `.`, so its real name is needed.
        let mvp = path.canonicalize().map_err(|error| Report::of_io("find", path, &error))?;
        if let Some(root) = mvp.parent().and_then(Path::parent) {
            return Ok(root.to_owned());
        }
    }
    let message =
        format!("`{}` is not a checkout of the component-model repository", path.display());
    Err(Report::of(
        Diagnostic::error("not-a-checkout", message)
            .help("pass the root of a checkout, or its folder `design/mvp`"),
    ))
}

/// Returns the `.wast` files under `directory`, sorted.
fn scripts(directory: &Path) -> Result<Vec<PathBuf>, Report> {
    let mut found = Vec::new();
    let mut folders = vec![directory.to_owned()];
    while let Some(folder) = folders.pop() {
        let io = |error: std::io::Error| Report::of_io("read", &folder, &error);
        for entry in std::fs::read_dir(&folder).map_err(io)? {
            let entry = entry.map_err(io)?;
            let path = entry.path();
            // This is the type of the entry itself. A link is not followed, so that links cannot
            // form a circle.
            if entry.file_type().map_err(io)?.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "wast") {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}
