//! What a guest may do in a folder.

/// The things that a guest may do in a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FsPerms {
    /// It may list and read what is there, and change nothing.
    ReadOnly,
    /// It may do all that the host's process may.
    ReadWrite,
}
