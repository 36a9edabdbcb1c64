//! Files: the folders of the host's that a guest has.
//!
//! A guest has no files but those below the folders that its host opens for it, with
//! [`preopened_dir`](crate::WasiCtxBuilder::preopened_dir). Neither `..`, nor absolute paths, nor
//! symbolic links lead out of them, however they change meanwhile: each name of a path is looked up in
//! the folder that was opened before, by `cap-std`.
//!
//! # What guests of every host rely on
//!
//! - In a folder that may only be read, what would change something is `not-permitted`, as is a path
//!   that leads out of a folder. The text of WIT says `read-only` for some of these; guests and test
//!   suites expect what Wasmtime does.
//! - A folder that is opened without `mutate-directory` can still be changed, if the one that it was
//!   opened from can: the adapter for WASI 0.1 never asks for this flag.
//! - The hash of an object's metadata is one of its identity: programs for WASI 0.1 have it as the
//!   number of the inode.
//!
//! # Threads
//!
//! What may wait for a disk runs on a thread of tokio's, and the guest is suspended meanwhile.
//! Reading what the system has in its cache is done at once, where the system can tell (Linux). With
//! [`allow_blocking_current_thread`](crate::WasiCtxBuilder::allow_blocking_current_thread) all is done
//! at once, on the thread that drives the store: for a host that has nothing else to do.

mod building;
mod code;
mod context;
mod descriptor;
mod directory;
mod entries;
mod error;
mod file;
mod flags;
mod metadata;
mod opening;
mod permissions;
mod place;
mod sink;
mod source;
mod system;
#[cfg(test)]
mod tests;
mod times;

pub use code::FsCode;
pub use descriptor::Descriptor;
pub use entries::DirectoryEntries;
pub use error::FsError;
pub use permissions::FsPerms;

pub(crate) use context::Filesystem;
pub(crate) use directory::Directory;
pub(crate) use file::File;
pub(crate) use flags::{Advice, DescriptorFlags, LastLink, OpenFlags};
pub(crate) use metadata::{Entry, Kind, MetadataHash, Stat};
pub(crate) use sink::FileSink;
pub(crate) use times::{NewTime, Time};
