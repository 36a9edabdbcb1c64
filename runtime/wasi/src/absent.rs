//! A placeholder for a part that is not compiled in.

use weft::component::Linker;
use weft::engine::CoreEngine;

use crate::WasiCtx;

/// Adds nothing to a linker.
pub(crate) fn add_to_linker<E: CoreEngine, T: 'static>(
    _: &mut Linker<E, T>,
    _: impl Fn(&mut T) -> &mut WasiCtx + Clone + Send + Sync + 'static,
) {
}
