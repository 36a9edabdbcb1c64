//! WASI 0.2, in the version 0.2.12, for guests of 0.2.0 and later.
//!
//! [`weft_wasi::add_to_linker`](crate::add_to_linker) adds both versions. To add only this one:
//!
//! ```
//! use weft::component::Linker;
//! use weft::engine::wasmi::Wasmi;
//! use weft_wasi::{WasiCtx, p2};
//!
//! let mut linker: Linker<Wasmi, WasiCtx> = Linker::new();
//! p2::add_to_linker(&mut linker, |wasi| wasi);
//! assert!(linker.get("wasi:cli/stdout@0.2.12").is_some());
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
pub mod io;
mod random;
#[cfg(feature = "sockets")]
pub mod sockets;

use weft::component::Linker;
use weft::engine::CoreEngine;

use crate::WasiCtx;
#[cfg(not(feature = "filesystem"))]
use crate::absent as filesystem;
#[cfg(not(feature = "sockets"))]
use crate::absent as sockets;

/// Adds WASI 0.2 to a linker, except `wasi:http`. `find` returns the context in the store's data.
pub fn add_to_linker<E: CoreEngine, T: 'static>(
    linker: &mut Linker<E, T>,
    find: impl Fn(&mut T) -> &mut WasiCtx + Clone + Send + Sync + 'static,
) {
    bindings::io::add_to_linker(linker, find.clone());
    bindings::cli::add_to_linker(linker, find.clone());
    bindings::clocks::add_to_linker(linker, find.clone());
    bindings::random::add_to_linker(linker, find.clone());
    filesystem::add_to_linker(linker, find.clone());
    sockets::add_to_linker(linker, find);
}
