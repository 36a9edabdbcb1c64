//! `wasi:sockets` 0.3.

mod accepting;
mod conversions;
mod lookup;
mod tcp;
mod udp;

use weft::component::Linker;
use weft::engine::CoreEngine;

use crate::WasiCtx;

/// Adds `wasi:sockets` 0.3 to a linker.
pub(super) fn add_to_linker<E: CoreEngine, T: 'static>(
    linker: &mut Linker<E, T>,
    find: impl Fn(&mut T) -> &mut WasiCtx + Clone + Send + Sync + 'static,
) {
    super::bindings::sockets::add_to_linker(linker, find);
}
