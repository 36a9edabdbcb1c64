//! The Component Model as data: its built-ins, ABI, value types and traps.
//!
//! The data is TOML, in this crate's folder; each file starts with a legend.
//!
//! | file | contains |
//! |---|---|
//! | `builtins/*.toml` | the canonical built-ins, one file for each family, and the removed ones |
//! | `abi.toml` | options, constants, codes and packings |
//! | `types.toml` | the value types and their layouts |
//! | `traps.toml` | the rules that trap when broken, and the checks that built-ins share |
//! | `gates.toml` | the features that the text marks with emojis |
//! | `exceptions.toml` | contradictions in and between the sources, each with the reason for the data's choice |
//! | `wit/` | the host API, as WIT |
//!
//! [`load()`] reads the data into a [`Spec`], or reports all problems with it, each with its place.
//!
//! ```
//! let spec = weft_spec::load(std::path::Path::new(weft_spec::DATA))?;
//! let wait = spec.builtin("waitable-set.wait").expect("described");
//! assert_eq!(*wait.opcode, 0x20);
//! assert_eq!(
//!     wait.signature.to_string(),
//!     "[s:i32 payload-addr:memory.addrtype] -> [event-code:i32]"
//! );
//! # Ok::<(), weft_spec::Report>(())
//! ```

mod check;
mod diagnostic;
mod fields;
mod load;
pub mod model;
mod names;
mod reader;
mod rows;
pub mod signature;
mod syntax;

pub use diagnostic::{Diagnostic, Label, Report, Severity, SourceFile, Span};
pub use load::{load, load_with_sources};
pub use model::Spec;
pub use reader::closest;

/// The folder of the data.
pub const DATA: &str = env!("CARGO_MANIFEST_DIR");

/// The README, whose examples run as tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
