//! The pinned sources: the package that carries the spec of record, and others.
//!
//! `spec/pinned/Cargo.toml` names them. `cargo metadata` on it returns the folders of the
//! registry's copies, and downloads those that are missing. None of them is built.

use std::path::{Path, PathBuf};

use weft_spec::{DATA, Diagnostic, Report};

use crate::packages::packages_of;

/// Returns the root folder of the pinned package `package`, such as `wasm-tools`.
///
/// # Errors
///
/// A [`Report`] if Cargo cannot be run, if the package is not pinned, or if it cannot be
/// downloaded.
pub fn locate(package: &str) -> Result<PathBuf, Report> {
    let manifest = Path::new(DATA).join("pinned").join("Cargo.toml");
    let failed = |message: String| {
        Report::of(
            Diagnostic::error("pinned", message)
                .help(format!("the sources are named in `{}`", manifest.display())),
        )
    };
    let mut packages = packages_of(&manifest, &["--locked"]).map_err(failed)?;
    packages
        .remove(package)
        .ok_or_else(|| failed(format!("`{package}` is not among the pinned packages")))
}

/// Returns the root folder of the Component Model repository that Weft follows.
pub fn component_model() -> Result<PathBuf, Report> {
    Ok(locate("wasm-tools")?.join("tests").join("component-model"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spec_of_record_and_wasi_are_found() {
        assert!(component_model().unwrap().join("design/mvp/CanonicalABI.md").is_file());
        assert!(locate("wasip3").unwrap().join("wit").is_dir());
    }

    #[test]
    fn a_package_that_is_not_pinned_is_an_error_that_names_the_manifest() {
        let report = locate("no-such-package").unwrap_err().to_string();
        assert!(report.contains("`no-such-package` is not among the pinned packages"), "{report}");
        assert!(report.contains("Cargo.toml"), "{report}");
    }
}
