//! The folders of the packages that a manifest depends on: those of the registry among them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Asks Cargo for the packages that the manifest depends on, and for itself, and returns their root
/// folders by their names. Of a package in several versions it is the newest. Cargo downloads those
/// that are not there yet.
///
/// # Errors
///
/// A message, if Cargo can't be run, can't read the manifest, or can't get the packages.
pub fn packages_of(manifest: &Path, options: &[&str]) -> Result<BTreeMap<String, PathBuf>, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--manifest-path"])
        .arg(manifest)
        .args(options)
        .output()
        .map_err(|error| format!("cargo can't be run: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("cargo can't find the packages: {}", said.trim()));
    }
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("cargo's answer is not JSON: {error}"))?;
    let packages = metadata.get("packages").and_then(serde_json::Value::as_array);
    // Cargo lists them by name, and then by version.
    Ok(packages.into_iter().flatten().filter_map(name_and_root).collect())
}

fn name_and_root(package: &serde_json::Value) -> Option<(String, PathBuf)> {
    let name = package.get("name")?.as_str()?;
    let root = Path::new(package.get("manifest_path")?.as_str()?).parent()?;
    Some((name.to_owned(), root.to_owned()))
}
