//! Folders for guests.

use std::path::PathBuf;
use std::str::FromStr;

use weft_spec::Report;
use weft_wasi::WasiCtxBuilder;
use weft_wasi::filesystem::FsPerms;

use crate::exit_code::WEFT_FAILED;
use crate::failure::Failure;

/// A folder from the command line: `HOST[::GUEST][:ro]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Folder {
    host: PathBuf,
    guest: String,
    is_read_only: bool,
}

impl FromStr for Folder {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let (text, is_read_only) = match text.strip_suffix(":ro") {
            Some(text) => (text, true),
            None => (text.strip_suffix(":rw").unwrap_or(text), false),
        };
        let (host, guest) = text.split_once("::").unwrap_or((text, text));
        if guest.contains("::") || guest.ends_with(':') {
            // In `a::b::ro`, the name would be `b:`.
            return Err("expected `HOST`, `HOST::GUEST`, or one of them with `:ro` after it");
        }
        if host.is_empty() || guest.is_empty() {
            return Err("expected the path of a folder: `.` is the current one");
        }
        Ok(Self { host: host.into(), guest: guest.to_owned(), is_read_only })
    }
}

impl Folder {
    /// Opens the folder for a guest.
    ///
    /// # Errors
    ///
    /// The folder can't be opened, or must not be read.
    pub(super) fn open(&self, builder: WasiCtxBuilder) -> Result<WasiCtxBuilder, Failure> {
        let permissions = if self.is_read_only { FsPerms::ReadOnly } else { FsPerms::ReadWrite };
        // A folder that must not be read can be opened, but then everything that the guest does in
        // it fails.
        let readable = std::fs::read_dir(&self.host);
        let opened = readable
            .and_then(|_| builder.preopened_dir(&self.host, self.guest.as_str(), permissions));
        opened.map_err(|error| {
            Failure::of(WEFT_FAILED, Report::of_io("open the folder", &self.host, &error))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_a_name_for_the_guest_and_permissions() {
        let cases = [
            (".", ".", ".", false),
            ("a:ro", "a", "a", true),
            ("/var/log::/logs:ro", "/var/log", "/logs", true),
            ("a::b:rw", "a", "b", false),
            (r"C:\data::/data", r"C:\data", "/data", false),
        ];
        for (text, host, guest, is_read_only) in cases {
            let expected = Folder { host: host.into(), guest: guest.to_owned(), is_read_only };
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        for text in ["a::b::ro", "a::b::c:ro", "", ":ro", "::b", "a::"] {
            assert!(text.parse::<Folder>().is_err(), "{text}");
        }
    }
}
