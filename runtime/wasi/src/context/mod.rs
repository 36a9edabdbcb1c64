//! The context: what a guest of WASI has.

mod builder;

pub use builder::WasiCtxBuilder;

use crate::cli::Cli;
use crate::clocks::Clocks;
use crate::random::Random;

/// What a guest has of its host by WASI, of every version. It is part of a store's data.
///
/// A [builder](WasiCtxBuilder) makes it: of a guest that gets nothing, it is
/// `WasiCtx::builder().build()`.
#[derive(Debug)]
pub struct WasiCtx {
    pub(crate) cli: Cli,
    pub(crate) clocks: Clocks,
    pub(crate) random: Random,
    #[cfg(feature = "http")]
    pub(crate) http: crate::http::Http,
}

impl WasiCtx {
    /// Returns a builder with the system's clocks and randomness, and nothing else.
    #[cfg(feature = "std")]
    pub fn builder() -> WasiCtxBuilder {
        WasiCtxBuilder::new()
    }
}
