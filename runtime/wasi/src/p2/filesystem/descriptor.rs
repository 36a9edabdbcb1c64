//! The functions of a descriptor.

use std::string::String;
use std::vec::Vec;

use weft::binding::{Borrow, HostAccess, HostError, Own};

use super::convert::new_time;
use crate::WasiCtx;
use crate::bytes::{InputStream, OutputStream};
use crate::filesystem::{Descriptor, DirectoryEntries, FsError};
use crate::p2::bindings::filesystem::wasi::filesystem::types::{
    Advice, DescriptorFlags, DescriptorStat, DescriptorType, HostDescriptor, MetadataHashValue,
    NewTimestamp, OpenFlags, PathFlags,
};

impl HostDescriptor for WasiCtx {
    fn read_via_stream(
        &mut self,
        self_: Borrow<Descriptor>,
        offset: u64,
    ) -> Result<Own<InputStream>, FsError> {
        Ok(Own::new(InputStream::new(self_.readable()?.read_from(offset)?)))
    }

    fn write_via_stream(
        &mut self,
        self_: Borrow<Descriptor>,
        offset: u64,
    ) -> Result<Own<OutputStream>, FsError> {
        Ok(Own::new(OutputStream::new(self_.file()?.write_from(offset)?)))
    }

    fn append_via_stream(
        &mut self,
        self_: Borrow<Descriptor>,
    ) -> Result<Own<OutputStream>, FsError> {
        Ok(Own::new(OutputStream::new(self_.file()?.append()?)))
    }

    async fn advise(
        _: impl HostAccess<Self>,
        self_: Borrow<Descriptor>,
        offset: u64,
        length: u64,
        advice: Advice,
    ) -> Result<(), FsError> {
        self_.file()?.advise(offset, length, advice.into()).await
    }

    async fn sync_data(_: impl HostAccess<Self>, self_: Borrow<Descriptor>) -> Result<(), FsError> {
        self_.sync(false).await
    }

    fn get_flags(&mut self, self_: Borrow<Descriptor>) -> Result<DescriptorFlags, FsError> {
        Ok(self_.flags().into())
    }

    fn get_type(&mut self, self_: Borrow<Descriptor>) -> Result<DescriptorType, FsError> {
        Ok(self_.kind().into())
    }

    async fn set_size(
        _: impl HostAccess<Self>,
        self_: Borrow<Descriptor>,
        size: u64,
    ) -> Result<(), FsError> {
        self_.file()?.set_size(size).await
    }

    async fn set_times(
        _: impl HostAccess<Self>,
        self_: Borrow<Descriptor>,
        data_access_timestamp: NewTimestamp,
        data_modification_timestamp: NewTimestamp,
    ) -> Result<(), FsError> {
        let accessed = new_time(data_access_timestamp)?;
        self_.set_times(accessed, new_time(data_modification_timestamp)?).await
    }

    async fn read(
        _: impl HostAccess<Self>,
        self_: Borrow<Descriptor>,
        length: u64,
        offset: u64,
    ) -> Result<(Vec<u8>, bool), FsError> {
        let bytes = self_.file()?.read(length, offset).await?;
        let is_end = bytes.is_empty();
        Ok((bytes, is_end))
    }

    async fn write(
        _: impl HostAccess<Self>,
        self_: Borrow<Descriptor>,
        buffer: Vec<u8>,
        offset: u64,
    ) -> Result<u64, FsError> {
        self_.file()?.write(buffer, offset).await
    }

    async fn read_directory(
        _: impl HostAccess<Self>,
        self_: Borrow<Descriptor>,
    ) -> Result<Own<DirectoryEntries>, FsError> {
        Ok(Own::new(DirectoryEntries::open(self_.directory()?).await?))
    }

    async fn sync(_: impl HostAccess<Self>, self_: Borrow<Descriptor>) -> Result<(), FsError> {
        self_.sync(true).await
    }

    async fn create_directory_at(
        _: impl HostAccess<Self>,
        self_: Borrow<Descriptor>,
        path: String,
    ) -> Result<(), FsError> {
        self_.directory()?.create_directory(path).await
    }

    async fn stat(
        _: impl HostAccess<Self>,
        self_: Borrow<Descriptor>,
    ) -> Result<DescriptorStat, FsError> {
        Ok(self_.stat().await?.into())
    }

    async fn stat_at(
        _: impl HostAccess<Self>,
        self_: Borrow<Descriptor>,
        path_flags: PathFlags,
        path: String,
    ) -> Result<DescriptorStat, FsError> {
        Ok(self_.directory()?.stat_at(path_flags.into(), path).await?.into())
    }

    async fn set_times_at(
        _: impl HostAccess<Self>,
        self_: Borrow<Descriptor>,
        path_flags: PathFlags,
        path: String,
        data_access_timestamp: NewTimestamp,
        data_modification_timestamp: NewTimestamp,
    ) -> Result<(), FsError> {
        let accessed = new_time(data_access_timestamp)?;
        let modified = new_time(data_modification_timestamp)?;
        self_.directory()?.set_times_at(path_flags.into(), path, accessed, modified).await
    }

    async fn link_at(
        _: impl HostAccess<Self>,
        self_: Borrow<Descriptor>,
        old_path_flags: PathFlags,
        old_path: String,
        new_descriptor: Borrow<Descriptor>,
        new_path: String,
    ) -> Result<(), FsError> {
        let other = new_descriptor.directory()?;
        self_.directory()?.link(old_path_flags.into(), old_path, other, new_path).await
    }

    async fn open_at(
        _: impl HostAccess<Self>,
        self_: Borrow<Descriptor>,
        path_flags: PathFlags,
        path: String,
        open_flags: OpenFlags,
        flags: DescriptorFlags,
    ) -> Result<Own<Descriptor>, FsError> {
        let directory = self_.directory()?;
        let opened = directory.open(path_flags.into(), path, open_flags.into(), flags.into());
        Ok(Own::new(opened.await?))
    }

    async fn readlink_at(
        _: impl HostAccess<Self>,
        self_: Borrow<Descriptor>,
        path: String,
    ) -> Result<String, FsError> {
        self_.directory()?.read_link(path).await
    }

    async fn remove_directory_at(
        _: impl HostAccess<Self>,
        self_: Borrow<Descriptor>,
        path: String,
    ) -> Result<(), FsError> {
        self_.directory()?.remove_directory(path).await
    }

    async fn rename_at(
        _: impl HostAccess<Self>,
        self_: Borrow<Descriptor>,
        old_path: String,
        new_descriptor: Borrow<Descriptor>,
        new_path: String,
    ) -> Result<(), FsError> {
        let other = new_descriptor.directory()?;
        self_.directory()?.rename(old_path, other, new_path).await
    }

    async fn symlink_at(
        _: impl HostAccess<Self>,
        self_: Borrow<Descriptor>,
        old_path: String,
        new_path: String,
    ) -> Result<(), FsError> {
        self_.directory()?.symlink(old_path, new_path).await
    }

    async fn unlink_file_at(
        _: impl HostAccess<Self>,
        self_: Borrow<Descriptor>,
        path: String,
    ) -> Result<(), FsError> {
        self_.directory()?.unlink_file(path).await
    }

    async fn is_same_object(
        _: impl HostAccess<Self>,
        self_: Borrow<Descriptor>,
        other: Borrow<Descriptor>,
    ) -> Result<bool, HostError> {
        Ok(self_.is_same_object(&other).await?)
    }

    async fn metadata_hash(
        _: impl HostAccess<Self>,
        self_: Borrow<Descriptor>,
    ) -> Result<MetadataHashValue, FsError> {
        Ok(self_.metadata_hash().await?.into())
    }

    async fn metadata_hash_at(
        _: impl HostAccess<Self>,
        self_: Borrow<Descriptor>,
        path_flags: PathFlags,
        path: String,
    ) -> Result<MetadataHashValue, FsError> {
        Ok(self_.directory()?.metadata_hash_at(path_flags.into(), path).await?.into())
    }
}
