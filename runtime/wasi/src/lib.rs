//! WASI 0.2 and 0.3 for hosts of [Weft](weft): programs that were compiled for WASI run on any
//! engine for core WebAssembly.
//!
//! A host makes a [`WasiCtx`], keeps it in the data of its store, and adds WASI to a linker:
//!
//! ```standalone_crate
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
//!
//! Guests of the versions 0.2.0 to 0.2.12 and 0.3.0 to 0.3.2 find their imports, as the linker
//! compares versions. [`Command`] runs programs of both.
//!
//! # Permissions of guests
//!
//! A guest has only the permissions that its host grants. By default, it has the clocks
//! and the randomness of the system, but no arguments, no environment, no files and no network, and
//! its output is discarded. The methods of [`WasiCtxBuilder`] add the rest. They have the same
//! names as in `wasmtime-wasi`.
//!
//! | feature | interfaces |
//! |---|---|
//! | always | `wasi:cli`, `wasi:clocks`, `wasi:random`, `wasi:io`, with sources that the host defines; also without `std` |
//! | `std` (on by default) | the same with the system's streams, clocks and randomness |
//! | `filesystem` (on by default) | `wasi:filesystem`: folders that the host opens for the guest |
//! | `sockets` (on by default) | `wasi:sockets`: TCP, UDP and the look-up of names; the host allows each address |
//! | `http` (on by default) | `wasi:http`: services, and requests to hosts that are allowed |
//! | `http-tls` | HTTPS in outgoing requests; its libraries need a C compiler |
//!
//! # Waiting
//!
//! A WASI function that blocks suspends only the calling guest: other guests in the store and other
//! work of the host go on. Files are read and written on threads of tokio. Timers and sockets are
//! those of tokio, too. They use the runtime in which the store is driven, or a thread of this
//! crate if there is none. A runtime of the host needs both timers and sockets: build it with
//! `enable_all`.
//!
//! # Exit
//!
//! If a guest calls `wasi:cli/exit`, its call ends with an error, as after a trap. [`Exit`] is
//! among the causes of that error, and [`Command::run`] returns it.
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

/// Adds WASI 0.2 and 0.3 to a linker, except `wasi:http`. `find` returns the context in the store's
/// data.
pub fn add_to_linker<E: CoreEngine, T: 'static>(
    linker: &mut Linker<E, T>,
    find: impl Fn(&mut T) -> &mut WasiCtx + Clone + Send + Sync + 'static,
) {
    p2::add_to_linker(linker, find.clone());
    p3::add_to_linker(linker, find);
}
