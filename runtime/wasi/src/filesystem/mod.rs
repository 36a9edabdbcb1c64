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

mod context;
mod descriptor;
mod directory;
mod entries;
mod error;
mod file;
mod metadata;
mod opening;
mod place;
mod sink;
mod source;
#[cfg_attr(unix, path = "system_unix.rs")]
#[cfg_attr(not(unix), path = "system_other.rs")]
mod system;
mod times;

pub use context::FsPerms;
pub use descriptor::Descriptor;
pub use entries::DirectoryEntries;
pub use error::FsError;

pub(crate) use context::Filesystem;
pub(crate) use entries::EntriesStream;
pub(crate) use file::File;
pub(crate) use sink::FileSink;
