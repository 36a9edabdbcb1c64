//! The metadata of files.

use core::hash::{Hash as _, Hasher as _};
use std::collections::hash_map::DefaultHasher;
use std::string::String;

use cap_fs_ext::{FileTypeExt as _, MetadataExt as _};
use cap_std::fs::{FileType, Metadata};

use super::system;
use super::times::Time;

/// The type of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    BlockDevice,
    CharacterDevice,
    Directory,
    Fifo,
    SymbolicLink,
    RegularFile,
    Socket,
    Other,
}

/// The attributes of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) kind: Kind,
    pub(crate) links: u64,
    pub(crate) size: u64,
    pub(crate) accessed: Option<Time>,
    pub(crate) modified: Option<Time>,
    pub(crate) changed: Option<Time>,
}

/// An entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) kind: Kind,
    pub(crate) name: String,
}

/// The two halves of a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MetadataHash {
    pub(crate) lower: u64,
    pub(crate) upper: u64,
}

impl From<FileType> for Kind {
    fn from(kind: FileType) -> Self {
        if kind.is_file() {
            Self::RegularFile
        } else if kind.is_dir() {
            Self::Directory
        } else if kind.is_symlink() {
            Self::SymbolicLink
        } else if kind.is_block_device() {
            Self::BlockDevice
        } else if kind.is_char_device() {
            Self::CharacterDevice
        } else if kind.is_fifo() {
            Self::Fifo
        } else if kind.is_socket() {
            Self::Socket
        } else {
            Self::Other
        }
    }
}

impl From<&Metadata> for Stat {
    fn from(metadata: &Metadata) -> Self {
        Self {
            kind: metadata.file_type().into(),
            links: metadata.nlink(),
            size: metadata.len(),
            accessed: Time::from_system(metadata.accessed()),
            modified: Time::from_system(metadata.modified()),
            changed: system::status_changed(metadata)
                .map(|(seconds, nanoseconds)| Time { seconds, nanoseconds }),
        }
    }
}

/// Returns the identity of a file.
pub(super) fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

impl From<&Metadata> for MetadataHash {
    /// Returns a hash of a file's identity, which is the same in each run: programs for WASI 0.1
    /// see it as the number of the inode, and some store that.
    fn from(metadata: &Metadata) -> Self {
        let mut hasher = DefaultHasher::new();
        identity(metadata).hash(&mut hasher);
        let lower = hasher.finish();
        lower.hash(&mut hasher);
        Self { lower, upper: hasher.finish() }
    }
}
