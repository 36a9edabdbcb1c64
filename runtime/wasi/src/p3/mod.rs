//! WASI 0.3, in the version 0.3.2, for guests of 0.3.0 and later.
//!
//! [`weft_wasi::add_to_linker`](crate::add_to_linker) adds both versions. To add only this one:
//!
//! ```
//! use weft::component::Linker;
//! use weft::engine::wasmi::Wasmi;
//! use weft_wasi::{WasiCtx, p3};
//!
//! let mut linker: Linker<Wasmi, WasiCtx> = Linker::new();
//! p3::add_to_linker(&mut linker, |wasi| wasi);
//! assert!(linker.get("wasi:cli/stdout@0.3.2").is_some());
//! ```
//!
//! [`bindings`] has the Rust types and traits of the interfaces, for hosts that replace one of them.

pub mod bindings;
mod cli;
mod clocks;
#[cfg(feature = "filesystem")]
mod filesystem;
#[cfg(feature = "http")]
pub mod http;
mod random;
#[cfg(feature = "sockets")]
mod sockets;

use weft::component::Linker;
use weft::engine::CoreEngine;

use crate::WasiCtx;
#[cfg(not(feature = "filesystem"))]
use crate::absent as filesystem;
#[cfg(not(feature = "sockets"))]
use crate::absent as sockets;

/// Adds WASI 0.3 to a linker, except `wasi:http`. `find` returns the context in the store's data.
pub fn add_to_linker<E: CoreEngine, T: 'static>(
    linker: &mut Linker<E, T>,
    find: impl Fn(&mut T) -> &mut WasiCtx + Clone + Send + Sync + 'static,
) {
    bindings::cli::add_to_linker(linker, find.clone());
    bindings::clocks::add_to_linker(linker, find.clone());
    bindings::random::add_to_linker(linker, find.clone());
    filesystem::add_to_linker(linker, find.clone());
    sockets::add_to_linker(linker, find);
}
