//! Writes a file, completely or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use weft_spec::Report;

/// Writes `text` to `path`, completely or not at all. Follows a link. Writes directly to a pipe or
/// a device.
///
/// # Errors
///
/// A [`Report`] that names the file and the reason why it cannot be written.
pub fn write_file(path: &Path, text: &str) -> Result<(), Report> {
    let failed = |error: io::Error| Report::of_io("write", path, &error);
    let there = match fs::metadata(path) {
        Ok(there) if there.is_dir() => {
            return Err(failed(io::Error::from(io::ErrorKind::IsADirectory)));
        }
        Ok(there) if !there.is_file() => return fs::write(path, text).map_err(failed),
        Ok(there) if there.permissions().readonly() => {
            return Err(failed(io::Error::from(io::ErrorKind::PermissionDenied)));
        }
        Ok(_) => Some(fs::canonicalize(path).map_err(failed)?),
        // There is no file yet, or writing will report the problem.
        Err(_) => None,
    };
    let path = there.as_deref().unwrap_or(path);
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let Some(name) = path.file_name() else {
        return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, "no file name")));
    };
    // The new file is in the same folder, so that replacing the old one is one step on the same
    // file system.
    let mut beside = name.to_owned();
    beside.push(format!(".{}.partial", std::process::id()));
    let beside = folder.join(beside);
    let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| {
        // Removes the remains of a failed attempt.
        let _ = fs::remove_file(&beside);
        failed(error)
    })
}
