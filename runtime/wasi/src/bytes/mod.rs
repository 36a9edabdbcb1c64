//! Bytes of standard streams, files, sockets and bodies.
//!
//! A host implements [`ByteSource`] and [`ByteSink`]. Guests of each version of WASI see these as
//! streams. [`InputStream`] and [`OutputStream`] are handles of them, which several parts of a host
//! and several guests can share.
//!
//! ```
//! use weft_wasi::WasiCtx;
//! use weft_wasi::bytes::{MemorySink, MemorySource};
//!
//! let output = MemorySink::new(1 << 20);
//! # #[cfg(feature = "std")] {
//! let wasi = WasiCtx::builder().stdin(MemorySource::new("in")).stdout(output.clone()).build();
//! # }
//! // After the guest has run:
//! assert_eq!(output.contents(), b"");
//! ```

mod error;
mod input;
mod memory;
mod output;
mod sink;
mod source;
mod streams;
#[cfg(feature = "std")]
mod tokio;
mod waiters;

pub use error::{BytesError, BytesErrorKind};
pub use input::{InputError, InputStream};
pub use memory::{MemorySink, MemorySource};
pub use output::{Draining, OutputError, OutputStream};
pub use sink::{ByteSink, Discard};
pub use source::{ByteSource, Empty};
pub use streams::{SinkStream, SourceStream, sink_stream, source_stream};
#[cfg(feature = "std")]
pub use tokio::{FromTokio, ToTokio, from_tokio, to_tokio};
pub(crate) use waiters::Waiters;

#[cfg(test)]
mod tests;
