//! The resource `descriptor`.

use cap_std::fs::Metadata;

use super::code::FsCode;
use super::directory::Directory;
use super::error::FsError;
use super::file::File;
use super::flags::DescriptorFlags;
use super::metadata::{Kind, MetadataHash, Stat, identity};
use super::times::NewTime;

/// The resource `descriptor` of both versions of WASI: an open file or folder. Clones are the same
/// descriptor.
#[derive(Clone, Debug)]
pub struct Descriptor(Object);

#[derive(Clone, Debug)]
enum Object {
    File(File),
    Directory(Directory),
}

impl Descriptor {
    /// Returns the file.
    ///
    /// # Errors
    ///
    /// The code `bad-descriptor` if it is a folder.
    pub(crate) fn file(&self) -> Result<&File, FsError> {
        match &self.0 {
            Object::File(file) => Ok(file),
            Object::Directory(_) => Err(FsCode::BadDescriptor.into()),
        }
    }

    /// Returns the file, to read it as a stream.
    ///
    /// # Errors
    ///
    /// The code `is-directory` if it is a folder.
    pub(crate) fn readable(&self) -> Result<&File, FsError> {
        self.file().map_err(|_| FsCode::IsDirectory.into())
    }

    /// Returns the folder.
    ///
    /// # Errors
    ///
    /// The code `not-directory` if it is a file.
    pub(crate) fn directory(&self) -> Result<&Directory, FsError> {
        match &self.0 {
            Object::File(_) => Err(FsCode::NotDirectory.into()),
            Object::Directory(directory) => Ok(directory),
        }
    }

    pub(crate) fn flags(&self) -> DescriptorFlags {
        match &self.0 {
            Object::File(file) => file.flags,
            Object::Directory(directory) => directory.flags,
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        match &self.0 {
            Object::File(file) => file.kind,
            Object::Directory(_) => Kind::Directory,
        }
    }

    pub(crate) async fn stat(&self) -> Result<Stat, FsError> {
        Ok(Stat::from(&self.metadata().await?))
    }

    pub(crate) async fn metadata_hash(&self) -> Result<MetadataHash, FsError> {
        Ok(MetadataHash::from(&self.metadata().await?))
    }

    pub(crate) async fn is_same_object(&self, other: &Self) -> Result<bool, FsError> {
        let (one, other) = (self.metadata().await?, other.metadata().await?);
        Ok(identity(&one) == identity(&other))
    }

    pub(crate) async fn set_times(
        &self,
        accessed: NewTime,
        modified: NewTime,
    ) -> Result<(), FsError> {
        let (accessed, modified) = (accessed.to_system()?, modified.to_system()?);
        match &self.0 {
            Object::File(file) => file.set_times(accessed, modified).await,
            Object::Directory(directory) => directory.set_times(accessed, modified).await,
        }
    }

    /// Waits until all writes are on the disk, with or without the metadata.
    pub(crate) async fn sync(&self, with_metadata: bool) -> Result<(), FsError> {
        match &self.0 {
            Object::File(file) => file.sync(with_metadata).await,
            Object::Directory(directory) => directory.sync().await,
        }
    }

    async fn metadata(&self) -> Result<Metadata, FsError> {
        match &self.0 {
            Object::File(file) => file.metadata().await,
            Object::Directory(directory) => directory.metadata().await,
        }
    }
}

impl From<File> for Descriptor {
    fn from(file: File) -> Self {
        Self(Object::File(file))
    }
}

impl From<Directory> for Descriptor {
    fn from(directory: Directory) -> Self {
        Self(Object::Directory(directory))
    }
}
