//! The folders of the packages that a manifest depends on, including those of the registry.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Returns the root folders of the packages that the manifest depends on, and of the manifest's own
/// package, by name. Asks Cargo, which downloads the packages that are missing. If there are
/// several versions of a package, the newest is returned.
///
/// # Errors
///
/// A message if Cargo cannot be run, cannot read the manifest, or cannot get the packages.
pub fn packages_of(manifest: &Path, options: &[&str]) -> Result<BTreeMap<String, PathBuf>, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version", "1", "--manifest-path"])
        .arg(manifest)
        .args(options)
        .output()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("cargo cannot find the packages: {}", said.trim()));
    }
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("the output of `cargo metadata` is not JSON: {error}"))?;
    let packages = metadata.get("packages").and_then(serde_json::Value::as_array);
    // Cargo sorts them by name, then by version.
    Ok(packages.into_iter().flatten().filter_map(name_and_root).collect())
}

fn name_and_root(package: &serde_json::Value) -> Option<(String, PathBuf)> {
    let name = package.get("name")?.as_str()?;
    let root = Path::new(package.get("manifest_path")?.as_str()?).parent()?;
    Some((name.to_owned(), root.to_owned()))
}
