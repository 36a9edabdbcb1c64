//! Open folders.

use std::io;
use std::string::String;
use std::sync::Arc;

use cap_fs_ext::{DirExt as _, SystemTimeSpec};
use cap_std::fs::{Dir, Metadata};

use super::code::FsCode;
use super::entries::Listing;
use super::error::FsError;
use super::flags::{DescriptorFlags, LastLink};
use super::metadata::{MetadataHash, Stat};
use super::permissions::FsPerms;
use super::place::Place;
use super::times::NewTime;

/// An open folder. Clones are the same folder.
#[derive(Clone, Debug)]
pub(crate) struct Directory {
    folder: Arc<Dir>,
    pub(super) flags: DescriptorFlags,
    pub(super) permissions: FsPerms,
    pub(super) place: Place,
}

impl Directory {
    /// Returns a folder that the host has opened.
    pub(super) fn preopened(folder: Dir, permissions: FsPerms) -> Self {
        let flags = match permissions {
            FsPerms::ReadOnly => DescriptorFlags::READ,
            FsPerms::ReadWrite => DescriptorFlags::READ | DescriptorFlags::MUTATE_DIRECTORY,
        };
        Self { folder: Arc::new(folder), flags, permissions, place: Place::default() }
    }

    /// Returns a folder that was opened from this one.
    pub(super) fn opened(&self, folder: Dir, flags: DescriptorFlags) -> Self {
        Self { folder: Arc::new(folder), flags, ..*self }
    }

    /// Returns the same folder, with its work in another place.
    pub(super) fn at(self, place: Place) -> Self {
        Self { place, ..self }
    }

    pub(crate) async fn create_directory(&self, path: String) -> Result<(), FsError> {
        self.may_change()?;
        self.run(move |folder| folder.create_dir(path)).await
    }

    pub(crate) async fn remove_directory(&self, path: String) -> Result<(), FsError> {
        self.may_change()?;
        self.run(move |folder| folder.remove_dir(path)).await
    }

    pub(crate) async fn unlink_file(&self, path: String) -> Result<(), FsError> {
        self.may_change()?;
        self.run(move |folder| folder.remove_file_or_symlink(path)).await
    }

    pub(crate) async fn symlink(&self, contents: String, path: String) -> Result<(), FsError> {
        self.may_change()?;
        self.run(move |folder| folder.symlink(contents, path)).await
    }

    /// Returns the contents of a symbolic link.
    pub(crate) async fn read_link(&self, path: String) -> Result<String, FsError> {
        let contents = self.run(move |folder| folder.read_link(path)).await?;
        let contents = contents.into_os_string().into_string();
        Ok(contents.map_err(|_| FsCode::IllegalByteSequence)?)
    }

    /// Makes a hard link in a folder.
    pub(crate) async fn link(
        &self,
        last: LastLink,
        path: String,
        other: &Self,
        other_path: String,
    ) -> Result<(), FsError> {
        self.may_change()?;
        other.may_change()?;
        if last == LastLink::Follow {
            return Err(FsCode::Invalid.into());
        }
        let other = Arc::clone(&other.folder);
        self.run(move |folder| folder.hard_link(path, &other, other_path)).await
    }

    /// Moves an entry to a folder.
    pub(crate) async fn rename(
        &self,
        path: String,
        other: &Self,
        other_path: String,
    ) -> Result<(), FsError> {
        self.may_change()?;
        other.may_change()?;
        let other = Arc::clone(&other.folder);
        self.run(move |folder| folder.rename(path, &other, other_path)).await
    }

    pub(crate) async fn stat_at(&self, last: LastLink, path: String) -> Result<Stat, FsError> {
        Ok(Stat::from(&self.metadata_at(last, path).await?))
    }

    pub(crate) async fn metadata_hash_at(
        &self,
        last: LastLink,
        path: String,
    ) -> Result<MetadataHash, FsError> {
        Ok(MetadataHash::from(&self.metadata_at(last, path).await?))
    }

    pub(crate) async fn set_times_at(
        &self,
        last: LastLink,
        path: String,
        accessed: NewTime,
        modified: NewTime,
    ) -> Result<(), FsError> {
        self.may_change()?;
        let (accessed, modified) = (accessed.to_system()?, modified.to_system()?);
        let follows = last == LastLink::Follow;
        self.run(move |folder| {
            if follows {
                folder.set_times(path, accessed, modified)
            } else {
                folder.set_symlink_times(path, accessed, modified)
            }
        })
        .await
    }

    pub(super) async fn set_times(
        &self,
        accessed: Option<SystemTimeSpec>,
        modified: Option<SystemTimeSpec>,
    ) -> Result<(), FsError> {
        self.may_change()?;
        self.run(move |folder| folder.set_times(".", accessed, modified)).await
    }

    /// Waits until all changes of the folder are on the disk.
    pub(super) async fn sync(&self) -> Result<(), FsError> {
        // The descriptor may only stand for a path.
        self.run(|folder| folder.open(".")?.sync_all()).await
    }

    pub(super) async fn metadata(&self) -> Result<Metadata, FsError> {
        self.run(Dir::dir_metadata).await
    }

    /// Begins to list it.
    pub(super) async fn list(&self) -> Result<Listing, FsError> {
        Ok(Listing::new(self.run(Dir::entries).await?))
    }

    pub(super) async fn run<R: Send + 'static>(
        &self,
        work: impl FnOnce(&Dir) -> io::Result<R> + Send + 'static,
    ) -> Result<R, FsError> {
        let folder = Arc::clone(&self.folder);
        Ok(self.place.run(move || work(&folder)).await?)
    }

    pub(super) fn may_change(&self) -> Result<(), FsError> {
        match self.permissions {
            FsPerms::ReadOnly => Err(FsCode::NotPermitted.into()),
            FsPerms::ReadWrite => Ok(()),
        }
    }

    async fn metadata_at(&self, last: LastLink, path: String) -> Result<Metadata, FsError> {
        let follows = last == LastLink::Follow;
        self.run(
            move |folder| {
                if follows { folder.metadata(path) } else { folder.symlink_metadata(path) }
            },
        )
        .await
    }
}
