//! Running the command in a folder of its own.

use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// A component with functions of several kinds: those that return, trap, spin and wait.
pub(crate) const SHOP: &str = include_str!("shop.wat");

/// A folder in which the command is run.
pub(crate) struct Folder(TempDir);

impl Folder {
    /// Makes a folder with these files.
    pub(crate) fn with(files: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
        Self(folder)
    }

    /// Makes a folder with the file `shop.wat`.
    pub(crate) fn with_shop() -> Self {
        Self::with(&[("shop.wat", SHOP.as_bytes())])
    }

    /// Returns the path.
    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Returns a command that is about to be run in the folder.
    pub(crate) fn command<A: AsRef<OsStr>>(
        &self,
        arguments: impl IntoIterator<Item = A>,
    ) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_weft"));
        command.args(arguments).current_dir(self.path()).env_clear();
        command
    }

    /// Runs the command, and returns all visible results.
    pub(crate) fn weft(&self, arguments: &[&str]) -> String {
        shown(&self.command(arguments).output().unwrap())
    }
}

/// Returns an output as a text: standard output, standard error and the exit code.
pub(crate) fn shown(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let code = output.status.code();
    let code = code.map_or_else(|| output.status.to_string(), |code| format!("exit code {code}"));
    let (out, error) = (text(&output.stdout), text(&output.stderr));
    let error = if error.is_empty() { error } else { format!("--- standard error\n{error}") };
    format!("{out}{error}--- {code}\n")
}
