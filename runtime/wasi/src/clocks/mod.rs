//! `wasi:clocks`: the clocks of a host, which guests read and sleep by.
//!
//! A host can replace the system's clocks, for instance by one that stands still:
//!
//! ```
//! # #[cfg(feature = "std")] {
//! use weft_wasi::WasiCtx;
//! use weft_wasi::clocks::{WallClock, WallTime};
//!
//! struct Fixed(i64);
//!
//! impl WallClock for Fixed {
//!     fn now(&self) -> WallTime {
//!         WallTime { seconds: self.0, nanoseconds: 0 }
//!     }
//!     fn resolution(&self) -> u64 {
//!         1_000_000_000
//!     }
//! }
//!
//! let wasi = WasiCtx::builder().wall_clock(Fixed(1_700_000_000)).build();
//! # }
//! ```
//!
//! The package `weft-explore` has a virtual clock, for tests that run a guest under every schedule: sleeps
//! take no time there.

mod building;
mod context;
#[cfg(feature = "std")]
mod system;

use alloc::boxed::Box;
use core::future::Future;
use core::pin::Pin;

pub(crate) use context::Clocks;
#[cfg(feature = "std")]
pub use system::{SystemMonotonicClock, SystemWallClock};

/// A clock for date and time of day. It may be set back.
///
/// ```
/// use weft_wasi::clocks::{WallClock, WallTime};
///
/// /// It is always the same moment, so that a guest's results can be compared.
/// struct Fixed;
///
/// impl WallClock for Fixed {
///     fn now(&self) -> WallTime {
///         WallTime { seconds: 1_000_000_000, nanoseconds: 0 }
///     }
///
///     fn resolution(&self) -> u64 {
///         1_000_000_000
///     }
/// }
/// ```
pub trait WallClock: Send + Sync + 'static {
    /// Returns the time now.
    fn now(&self) -> WallTime;

    /// Returns the time between two ticks, in nanoseconds.
    fn resolution(&self) -> u64;
}

/// A time of a [`WallClock`], counted from 1970-01-01, 0:00 UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WallTime {
    /// The seconds. They are negative before 1970.
    pub seconds: i64,
    /// The nanoseconds after these seconds: less than 1,000,000,000.
    pub nanoseconds: u32,
}

/// A clock that only goes forward, and can wake tasks.
pub trait MonotonicClock: Send + Sync + 'static {
    /// Returns the time since a fixed moment, in nanoseconds.
    fn now(&self) -> u64;

    /// Returns the time between two ticks, in nanoseconds.
    fn resolution(&self) -> u64;

    /// Returns a future that is ready at a time of this clock, and at once if that is in the past.
    fn sleep_until(&self, time: u64) -> Sleep;

    /// Returns a future that is ready after some nanoseconds. Unless a clock does it otherwise, it
    /// [sleeps until](Self::sleep_until) the time that is as much later than [now](Self::now).
    fn sleep_for(&self, time: u64) -> Sleep {
        self.sleep_until(self.now().saturating_add(time))
    }
}

/// A future that is ready at a certain time.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;
