//! `wasi:filesystem` 0.2.

mod convert;
mod descriptor;
mod error;

use std::string::String;
use std::vec::Vec;

use weft::binding::{Borrow, HostAccess, Own};
use weft::component::Linker;
use weft::engine::CoreEngine;

use super::bindings::filesystem::wasi::filesystem::types::{DirectoryEntry, ErrorCode};
use super::bindings::filesystem::wasi::filesystem::{preopens, types};
use crate::WasiCtx;
use crate::bytes::BytesError;
use crate::filesystem::{Descriptor, DirectoryEntries, FsCode, FsError};

/// Adds `wasi:filesystem` 0.2 to a linker.
pub(super) fn add_to_linker<E: CoreEngine, T: 'static>(
    linker: &mut Linker<E, T>,
    find: impl Fn(&mut T) -> &mut WasiCtx + Clone + Send + Sync + 'static,
) {
    super::bindings::filesystem::add_to_linker(linker, find);
}

impl preopens::Host for WasiCtx {
    fn get_directories(&mut self) -> Vec<(Own<Descriptor>, String)> {
        self.filesystem.preopened().map(|(folder, name)| (Own::new(folder), name)).collect()
    }
}

impl types::Host for WasiCtx {
    fn filesystem_error_code(&mut self, err: Borrow<BytesError>) -> Option<ErrorCode> {
        FsCode::of_stream(&err).map(ErrorCode::from)
    }
}

impl types::HostDirectoryEntryStream for WasiCtx {
    async fn read_directory_entry(
        _: impl HostAccess<Self>,
        self_: Borrow<DirectoryEntries>,
    ) -> Result<Option<DirectoryEntry>, FsError> {
        Ok(self_.next().await?.map(DirectoryEntry::from))
    }
}
