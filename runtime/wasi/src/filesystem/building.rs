//! Methods of the builder for folders.

use std::io;
use std::path::Path;
use std::string::String;

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use super::directory::Directory;
use super::permissions::FsPerms;
use super::place::Place;
use crate::WasiCtxBuilder;

/// Files, with the feature `filesystem`.
impl WasiCtxBuilder {
    /// Opens a folder of the host for the guest, which sees it with the name `guest_path`.
    ///
    /// ```
    /// # fn main() -> Result<(), std::io::Error> {
    /// use weft_wasi::WasiCtx;
    /// use weft_wasi::filesystem::FsPerms;
    ///
    /// let wasi = WasiCtx::builder()
    ///     .preopened_dir(".", "/", FsPerms::ReadOnly)?
    ///     .preopened_dir(std::env::temp_dir(), "/tmp", FsPerms::ReadWrite)?
    ///     .build();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The error of the system, if the host's folder can't be opened.
    pub fn preopened_dir(
        mut self,
        host_path: impl AsRef<Path>,
        guest_path: impl Into<String>,
        permissions: FsPerms,
    ) -> io::Result<Self> {
        let folder = Dir::open_ambient_dir(host_path, ambient_authority())?;
        let directory = Directory::preopened(folder, permissions);
        self.context.filesystem.preopens.push((directory, guest_path.into()));
        Ok(self)
    }

    /// Sets whether operations on files block the thread that drives the store. By default they
    /// don't.
    ///
    /// Blocking is faster for a guest that copies files, as no other thread takes part. But while
    /// the guest waits for a disk, nothing else runs in the store, or in other stores on this
    /// thread.
    pub fn allow_blocking_current_thread(mut self, is_allowed: bool) -> Self {
        self.context.filesystem.place = if is_allowed { Place::Here } else { Place::Thread };
        self
    }
}
