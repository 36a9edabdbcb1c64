//! `wasi:cli`: the arguments, environment, standard streams and exit code of a program.
//!
//! The methods of [`WasiCtxBuilder`](crate::WasiCtxBuilder) set what a guest has:
//!
//! ```
//! # #[cfg(feature = "std")] {
//! use weft_wasi::WasiCtx;
//! use weft_wasi::bytes::{MemorySink, MemorySource};
//!
//! let output = MemorySink::new(1 << 20);
//! let wasi = WasiCtx::builder()
//!     .args(["app", "--verbose"])
//!     .env("LANG", "C")
//!     .stdin(MemorySource::new("input"))
//!     .stdout(output.clone())
//!     .build();
//! // After the guest has run, `output.contents()` returns its output.
//! # }
//! ```

mod building;
mod context;
mod exit;
mod flushing;
#[cfg(all(feature = "std", unix))]
mod readiness;
#[cfg(feature = "std")]
mod standard;
#[cfg(all(feature = "std", not(unix)))]
mod standard_threads;
#[cfg(all(feature = "std", unix))]
mod standard_unix;

pub(crate) use context::Cli;
pub use context::{TerminalInput, TerminalOutput};
pub use exit::Exit;
#[cfg(all(feature = "std", not(unix)))]
pub use standard_threads::ProcessOutput;
#[cfg(all(feature = "std", unix))]
pub use standard_unix::ProcessOutput;
