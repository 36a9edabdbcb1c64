//! A file, written whole or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use weft_spec::Report;

/// Writes `text` to `path`, whole or not at all. A link is followed; what is neither a file nor
/// a folder, such as a pipe or a device, is written to as it is.
///
/// # Errors
///
/// A [`Report`] that names the file and says why it cannot be written.
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
        // There is none yet, or writing will say what is wrong.
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
    // Beside the file, so that putting it in place is one step on the same file system.
    let mut beside = name.to_owned();
    beside.push(format!(".{}.partial", std::process::id()));
    let beside = folder.join(beside);
    let written = fs::write(&beside, text).and_then(|()| fs::rename(&beside, path));
    written.map_err(|error| {
        // Removes the rest of a failed attempt, if there is any.
        let _ = fs::remove_file(&beside);
        failed(error)
    })
}
