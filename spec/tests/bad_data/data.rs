//! A copy of the committed data, for tests to break.

use std::fs;
use std::path::Path;

use tempfile::TempDir;
use weft_spec::{DATA, Report, Spec, load};

/// The files of the data, in the order in which they are read.
pub(crate) const FILES: [&str; 16] = [
    "gates.toml",
    "abi.toml",
    "types.toml",
    "traps.toml",
    "builtins/resource.toml",
    "builtins/context.toml",
    "builtins/backpressure.toml",
    "builtins/task.toml",
    "builtins/subtask.toml",
    "builtins/waitable.toml",
    "builtins/stream.toml",
    "builtins/future.toml",
    "builtins/error-context.toml",
    "builtins/thread.toml",
    "builtins/removed.toml",
    "exceptions.toml",
];

/// Rows in front of those of each file. Tests break these, so that line numbers stay the same when
/// the committed data changes.
const ROWS: [(&str, &str); 7] = [
    ("gates.toml", include_str!("rows/gates.toml")),
    ("abi.toml", include_str!("rows/abi.toml")),
    ("types.toml", include_str!("rows/types.toml")),
    ("traps.toml", include_str!("rows/traps.toml")),
    ("builtins/stream.toml", include_str!("rows/stream.toml")),
    ("builtins/removed.toml", include_str!("rows/removed.toml")),
    ("exceptions.toml", include_str!("rows/exceptions.toml")),
];

/// A folder of data.
#[derive(Debug)]
pub(crate) struct Data {
    folder: TempDir,
}

impl Data {
    /// Copies the committed data as it is.
    pub(crate) fn committed() -> Self {
        let data = Self { folder: TempDir::new().unwrap() };
        fs::create_dir(data.folder.path().join("builtins")).unwrap();
        for file in FILES {
            data.write(file, fs::read(Path::new(DATA).join(file)).unwrap());
        }
        data
    }

    /// Copies the committed data with the tests' rows in front.
    pub(crate) fn with_rows() -> Self {
        let data = Self::committed();
        for (file, rows) in ROWS {
            data.write(file, format!("{rows}\n{}", data.text(file)));
        }
        data
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn text(&self, file: &str) -> String {
        fs::read_to_string(self.path().join(file)).unwrap()
    }

    pub(crate) fn write(&self, file: &str, text: impl AsRef<[u8]>) {
        fs::write(self.path().join(file), text).unwrap();
    }

    pub(crate) fn remove(&self, file: &str) {
        fs::remove_file(self.path().join(file)).unwrap();
    }

    /// Replaces the first `from` of a file, which must contain it.
    pub(crate) fn replace(&self, file: &str, from: &str, to: &str) {
        let text = self.text(file);
        assert!(text.contains(from), "{file} has no {from:?}");
        self.write(file, text.replacen(from, to, 1));
    }

    pub(crate) fn load(&self) -> Result<Spec, Report> {
        load(self.path())
    }

    /// Returns the problems; the data must have some.
    pub(crate) fn report(&self) -> Report {
        self.load().err().unwrap_or_else(|| panic!("the data loads"))
    }

    /// Formats the problems, with paths inside the folder.
    pub(crate) fn shown(&self) -> String {
        self.show(&self.report())
    }

    /// Formats a report, with paths inside the folder.
    pub(crate) fn show(&self, report: &Report) -> String {
        let folder = self.path().display().to_string();
        report.render(false).replace(&format!("{folder}/"), "").replace(&folder, "DATA")
    }

    /// Returns the codes of the problems, in their order.
    pub(crate) fn codes(&self) -> Vec<&'static str> {
        self.report().diagnostics().iter().map(|problem| problem.code).collect()
    }
}

/// Compares a text with the committed `NAME.snap` of this folder.
pub(crate) fn snapshot(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}
