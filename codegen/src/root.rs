//! Finds the root of the project.

use std::path::{Path, PathBuf};

use weft_spec::{DATA, Diagnostic, Report, Spec};

use crate::generate::{self, GENERATED_FOLDERS, Output};
use crate::project::{self, FILE};
use crate::{diff_spec, pinned};

/// A project whose files are generated.
#[derive(Debug)]
pub(crate) struct Root {
    pub(crate) path: PathBuf,
    /// Set for Weft's own workspace, which has `spec/`.
    is_weft: bool,
}

impl Root {
    /// Finds the root: the folder that is given, or the nearest one upward that is a root.
    pub(crate) fn find(given: Option<&Path>) -> Result<Self, Report> {
        if let Some(path) = given {
            return Self::at(path).ok_or_else(|| {
                let path = path.display();
                refuse(format!(
                    "`{path}` has no `{FILE}`, and no `spec` as Weft's own workspace has"
                ))
            });
        }
        let here = std::env::current_dir()
            .map_err(|error| Report::of_io("read", Path::new("."), &error))?;
        here.ancestors()
            .find_map(Self::at)
            .ok_or_else(|| refuse(format!("there is no `{FILE}` in this folder or one above it")))
    }

    fn at(path: &Path) -> Option<Self> {
        let is_weft = has_data(path);
        let is_root = is_weft || path.join(FILE).is_file();
        is_root.then(|| Self { path: path.to_owned(), is_weft })
    }

    /// Returns the command that brings the files up to date.
    pub(crate) fn command(&self) -> &'static str {
        if self.is_weft { "cargo run -p codegen" } else { "codegen" }
    }

    /// Returns the folders that contain only generated files.
    pub(crate) fn folders(&self) -> &'static [&'static str] {
        if self.is_weft { &GENERATED_FOLDERS } else { &[] }
    }

    /// Returns all generated files of the project; writes nothing.
    pub(crate) fn outputs(&self) -> Result<Vec<Output>, Report> {
        let mut report = Report::new();
        let mut outputs = Vec::new();
        if self.is_weft {
            let spec = weft_spec::load(&self.path.join("spec"));
            match spec.and_then(|spec: Spec| generate::outputs(&spec)) {
                Ok(found) => outputs.extend(found),
                Err(problems) => report.append(problems),
            }
            match pinned::component_model().and_then(|path| diff_spec::digests_of(&path)) {
                Ok(text) => outputs.push(Output { path: diff_spec::DIGESTS.to_owned(), text }),
                Err(problems) => report.append(problems),
            }
        }
        if self.path.join(FILE).is_file() {
            let project = project::read(&self.path, self.command());
            match project.and_then(|project| project.outputs()) {
                Ok(found) => outputs.extend(found),
                Err(problems) => report.append(problems),
            }
        }
        report.into_result(outputs)
    }
}

fn has_data(path: &Path) -> bool {
    path.join("spec/abi.toml").is_file() && path.join("spec/builtins").is_dir()
}

fn refuse(message: String) -> Report {
    Report::of(
        Diagnostic::error("no-project", message)
            .help(format!("a `{FILE}` lists the bindings of a project; `codegen bind` needs none")),
    )
}

/// Returns the folder of the data: of the given root, of the workspace around the current folder,
/// or of the one from which this program was built.
pub(crate) fn data(given: Option<&Path>) -> PathBuf {
    if let Some(given) = given {
        return given.join("spec");
    }
    let here = std::env::current_dir().unwrap_or_default();
    let root = here.ancestors().find(|folder| has_data(folder));
    root.map_or_else(|| PathBuf::from(DATA), |root| root.join("spec"))
}
