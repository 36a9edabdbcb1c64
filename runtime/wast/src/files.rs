//! The files of a path.

use std::io;
use std::path::{Path, PathBuf};

/// Returns the `.wast` files of a path: the file itself, or all files in the folder and its
/// subfolders, in the order of their names.
///
/// # Errors
///
/// The error of the file system.
pub fn script_files(path: &Path) -> io::Result<Vec<PathBuf>> {
    if !path.is_dir() {
        path.metadata()?;
        return Ok(vec![path.to_path_buf()]);
    }
    let mut entries = std::fs::read_dir(path)?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    let mut found = Vec::new();
    for entry in entries {
        if entry.is_dir() {
            found.extend(script_files(&entry)?);
        } else if entry.extension().is_some_and(|extension| extension == "wast") {
            found.push(entry);
        }
    }
    Ok(found)
}
