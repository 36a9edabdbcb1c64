//! What Weft needs of an engine of core WebAssembly.

mod capability;

pub use capability::Capability;
