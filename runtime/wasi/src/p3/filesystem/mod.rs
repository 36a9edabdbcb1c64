//! `wasi:filesystem` 0.3.

mod convert;
mod descriptor;
mod entries;
mod error;
mod streams;

use std::string::String;
use std::vec::Vec;

use weft::binding::Own;
use weft::component::Linker;
use weft::engine::CoreEngine;

use super::bindings::filesystem::wasi::filesystem::preopens;
use crate::WasiCtx;
use crate::filesystem::Descriptor;

/// Adds `wasi:filesystem` 0.3 to a linker.
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
