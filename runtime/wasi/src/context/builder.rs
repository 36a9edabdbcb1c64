//! The builder of a context.

use super::{Filesystem, Http, Sockets, WasiCtx};
use crate::cli::Cli;
use crate::clocks::{Clocks, MonotonicClock, WallClock};
use crate::random::{Random, RandomSource};

/// A builder of a [`WasiCtx`]. By default, a guest has no arguments, no environment, no files and no
/// network, and its output is discarded.
///
/// The methods have the same names as in `wasmtime-wasi`.
///
/// ```
/// # #[cfg(feature = "std")] {
/// use weft_wasi::WasiCtx;
///
/// let wasi = WasiCtx::builder().args(["app", "-v"]).env("LANG", "C").inherit_stdio().build();
/// # }
/// ```
#[derive(Debug)]
#[must_use]
pub struct WasiCtxBuilder {
    pub(crate) context: WasiCtx,
}

impl WasiCtxBuilder {
    /// Makes a builder with the clocks and the randomness of a host. It also works without an operating
    /// system.
    ///
    /// ```
    /// use weft_wasi::WasiCtxBuilder;
    /// use weft_wasi::clocks::{MonotonicClock, Sleep, WallClock, WallTime};
    /// use weft_wasi::random::RandomSource;
    ///
    /// struct Board;
    ///
    /// impl WallClock for Board {
    ///     fn now(&self) -> WallTime {
    ///         WallTime::default()
    ///     }
    ///     fn resolution(&self) -> u64 {
    ///         1_000_000_000
    ///     }
    /// }
    ///
    /// impl MonotonicClock for Board {
    ///     fn now(&self) -> u64 {
    ///         0
    ///     }
    ///     fn resolution(&self) -> u64 {
    ///         1_000
    ///     }
    ///     fn sleep_until(&self, time: u64) -> Sleep {
    ///         // A timer of the board.
    ///         Box::pin(async move { assert_eq!(time, 0) })
    ///     }
    /// }
    ///
    /// impl RandomSource for Board {
    ///     fn fill(&mut self, bytes: &mut [u8]) {
    ///         bytes.fill(4);
    ///     }
    /// }
    ///
    /// let wasi = WasiCtxBuilder::with_sources(Board, Board, Board).arg("app").build();
    /// ```
    pub fn with_sources(
        wall_clock: impl WallClock,
        monotonic_clock: impl MonotonicClock,
        random: impl RandomSource,
    ) -> Self {
        let context = WasiCtx {
            cli: Cli::default(),
            clocks: Clocks::new(wall_clock, monotonic_clock),
            filesystem: Filesystem::default(),
            http: Http::default(),
            random: Random::new(random),
            sockets: Sockets::default(),
        };
        Self { context }
    }

    /// Makes a builder with the system's clocks and randomness.
    #[cfg(feature = "std")]
    pub fn new() -> Self {
        use crate::clocks::{SystemMonotonicClock, SystemWallClock};
        use crate::random::SystemRandom;
        Self::with_sources(SystemWallClock, SystemMonotonicClock::new(), SystemRandom)
    }

    /// Returns the context.
    #[must_use]
    pub fn build(self) -> WasiCtx {
        self.context
    }
}

#[cfg(feature = "std")]
impl Default for WasiCtxBuilder {
    fn default() -> Self {
        Self::new()
    }
}
