//! WASI for hosts of [Weft](weft): what programs need that were compiled for WASI 0.2 or 0.3, on any
//! core-WebAssembly engine.
//!
//! A host makes a [`WasiCtx`], keeps it in the data of its store, and adds WASI to a linker:
//!
//! ```
//! # #[cfg(feature = "std")]
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use weft::component::{Component, Linker, Store};
//! use weft::engine::wasmi::Wasmi;
//! use weft_wasi::WasiCtx;
//!
//! let engine = Wasmi::default();
//! # let program = wat::parse_str(include_str!("example.wat"))?;
//! # #[cfg(any())]
//! let program = std::fs::read("app.wasm")?;
//! let component = Component::new(&engine, &program)?;
//!
//! let mut linker = Linker::new();
//! weft_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi);
//! let wasi = WasiCtx::builder().inherit_stdio().args(["app"]).build();
//! let mut store = Store::new(&engine, wasi);
//!
//! let program = weft_wasi::Command::instantiate(&mut store, &component, &linker)?;
//! assert_eq!(program.run(&mut store)?.code, 0);
//! # Ok(())
//! # }
//! # #[cfg(not(feature = "std"))]
//! # fn main() {}
//! ```
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[cfg(not(all(feature = "filesystem", feature = "sockets")))]
mod absent;
pub mod bytes;
pub mod cli;
pub mod clocks;
mod command;
mod context;
#[cfg(feature = "filesystem")]
pub mod filesystem;
#[cfg(feature = "http")]
pub mod http;
pub mod p2;
pub mod p3;
pub mod random;
#[cfg(feature = "std")]
mod runtime;
#[cfg(feature = "sockets")]
pub mod sockets;

pub use cli::Exit;
pub use command::{Command, PreparedCommand};
pub use context::{WasiCtx, WasiCtxBuilder};

use weft::component::Linker;
use weft::engine::CoreEngine;

/// Adds WASI 0.2 and 0.3 to a linker: all but `wasi:http`. `find` returns the context in the store's
/// data.
pub fn add_to_linker<E: CoreEngine, T: 'static>(
    linker: &mut Linker<E, T>,
    find: impl Fn(&mut T) -> &mut WasiCtx + Clone + Send + Sync + 'static,
) {
    p2::add_to_linker(linker, find.clone());
    p3::add_to_linker(linker, find);
}
