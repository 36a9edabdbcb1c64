//! The context of a guest of WASI.

#[cfg(not(all(feature = "filesystem", feature = "sockets", feature = "http")))]
mod absent;
mod builder;

pub use builder::WasiCtxBuilder;

#[cfg(not(feature = "filesystem"))]
use self::absent::Absent as Filesystem;
#[cfg(not(feature = "http"))]
use self::absent::Absent as Http;
#[cfg(not(feature = "sockets"))]
use self::absent::Absent as Sockets;
use crate::cli::Cli;
use crate::clocks::Clocks;
#[cfg(feature = "filesystem")]
use crate::filesystem::Filesystem;
#[cfg(feature = "http")]
use crate::http::Http;
use crate::random::Random;
#[cfg(feature = "sockets")]
use crate::sockets::Sockets;

/// The context of a guest of any version of WASI: all that the guest may use. It is part of a
/// store's data.
///
/// A [builder](WasiCtxBuilder) makes it. A guest without any permission has the context
/// `WasiCtx::builder().build()`.
#[derive(Debug)]
pub struct WasiCtx {
    pub(crate) cli: Cli,
    pub(crate) clocks: Clocks,
    #[cfg_attr(not(feature = "filesystem"), expect(dead_code, reason = "the part is absent"))]
    pub(crate) filesystem: Filesystem,
    #[cfg_attr(not(feature = "http"), expect(dead_code, reason = "the part is absent"))]
    pub(crate) http: Http,
    pub(crate) random: Random,
    #[cfg_attr(not(feature = "sockets"), expect(dead_code, reason = "the part is absent"))]
    pub(crate) sockets: Sockets,
}

impl WasiCtx {
    /// Returns a builder with the system's clocks and randomness, and nothing else.
    #[cfg(feature = "std")]
    pub fn builder() -> WasiCtxBuilder {
        WasiCtxBuilder::new()
    }
}
