//! Other processes: this program again with other arguments, and commands of Cargo.

use std::env::{current_exe, var_os};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;

/// Returns the JSON that this program prints with these arguments. Memory is measured in a new
/// process, in which nothing ran before.
pub fn ask<T: DeserializeOwned>(arguments: &[&str]) -> Result<T> {
    let output = Command::new(current_exe()?).args(arguments).output()?;
    let error = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}: {error}", arguments.join(" "));
    serde_json::from_slice(&output.stdout).with_context(|| arguments.join(" "))
}

/// Returns the command of Cargo, in a folder of the repository.
pub fn cargo(folder: &Path) -> Command {
    let mut command = Command::new(var_os("CARGO").unwrap_or_else(|| OsString::from("cargo")));
    command.current_dir(folder).env("CARGO_TARGET_DIR", target());
    command
}

/// Runs a command; returns an error if it fails.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status()?;
    ensure!(status.success(), "{command:?}: {status}");
    Ok(())
}

/// Returns this package's folder.
pub fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns Cargo's build folder.
pub fn target() -> PathBuf {
    let default = || package().join("target");
    var_os("CARGO_TARGET_DIR").map_or_else(default, |it| package().join(it))
}
