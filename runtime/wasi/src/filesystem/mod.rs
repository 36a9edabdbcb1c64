//! Files: the folders of the host that a guest may use.
//!
//! A guest can only use files in the folders that its host opens for it:
//!
//! ```
//! use weft_wasi::WasiCtx;
//! use weft_wasi::filesystem::FsPerms;
//!
//! let wasi = WasiCtx::builder()
//!     .preopened_dir(".", "/", FsPerms::ReadOnly)?
//!     .preopened_dir(std::env::temp_dir(), "/tmp", FsPerms::ReadWrite)?
//!     .build();
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! Neither `..`, nor absolute paths, nor symbolic links lead out of these folders, even if the folders
//! change meanwhile: `cap-std` looks up each name of a path in the folder that was opened before.
//!
//! # Behavior that guests rely on
//!
//! - In a folder that is only readable, changes fail with `not-permitted`, and so does a path that
//!   leads out of a folder. WIT's text says `read-only` for some of these cases, but guests and
//!   test suites expect the code that Wasmtime returns.
//! - A folder that was opened without `mutate-directory` can still be changed, if the folder from
//!   which it was opened can: the adapter for WASI 0.1 never sets this flag.
//! - The hash of an object's metadata is a hash of its identity: programs for WASI 0.1 see it as
//!   the number of the inode.
//!
//! # Threads
//!
//! Operations that may wait for a disk run on a thread of tokio, while the guest is suspended. On
//! Linux, data in the system's cache is read at once. With
//! [`allow_blocking_current_thread`](crate::WasiCtxBuilder::allow_blocking_current_thread), all
//! operations run at once on the thread that drives the store: for a host that has nothing else to
//! do.

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
