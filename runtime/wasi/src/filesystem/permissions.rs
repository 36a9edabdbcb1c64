//! The permissions of a guest in a folder.

/// The permissions of a guest in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FsPerms {
    /// It may list and read everything, and change nothing.
    ReadOnly,
    /// It may do everything that the host's process may do.
    ReadWrite,
}
