//! What the system tells of a file.

use core::hash::{Hash as _, Hasher as _};
use std::collections::hash_map::DefaultHasher;

use cap_fs_ext::{FileTypeExt as _, MetadataExt as _};
use cap_std::fs::{FileType, Metadata};

use super::{system, times};
use crate::p3::bindings::filesystem::wasi::filesystem::types::{
    DescriptorStat, DescriptorType, MetadataHashValue,
};

/// Returns the attributes of a file.
pub(super) fn stat(metadata: &Metadata) -> DescriptorStat {
    DescriptorStat {
        r#type: kind(metadata.file_type()),
        link_count: metadata.nlink(),
        size: metadata.len(),
        data_access_timestamp: times::from_system(metadata.accessed()),
        data_modification_timestamp: times::from_system(metadata.modified()),
        status_change_timestamp: system::status_changed(metadata),
    }
}

/// Returns the type of a file.
pub(super) fn kind(kind: FileType) -> DescriptorType {
    if kind.is_file() {
        DescriptorType::RegularFile
    } else if kind.is_dir() {
        DescriptorType::Directory
    } else if kind.is_symlink() {
        DescriptorType::SymbolicLink
    } else if kind.is_block_device() {
        DescriptorType::BlockDevice
    } else if kind.is_char_device() {
        DescriptorType::CharacterDevice
    } else if kind.is_fifo() {
        DescriptorType::Fifo
    } else if kind.is_socket() {
        DescriptorType::Socket
    } else {
        DescriptorType::Other(None)
    }
}

/// Returns what tells a file from all others.
pub(super) fn identity(metadata: &Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}

/// Returns a hash of a file's identity, which is the same in each run: programs for WASI 0.1 have it
/// as the number of the inode, and some keep that.
pub(super) fn hash(metadata: &Metadata) -> MetadataHashValue {
    let mut hasher = DefaultHasher::new();
    identity(metadata).hash(&mut hasher);
    let lower = hasher.finish();
    lower.hash(&mut hasher);
    MetadataHashValue { lower, upper: hasher.finish() }
}
