//! The clocks of a host.

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

/// A clock that tells the date and time of day. It can be set, also back.
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
    /// Seconds, which are negative before that.
    pub seconds: i64,
    /// Nanoseconds after them, fewer than 1,000,000,000.
    pub nanoseconds: u32,
}

/// A clock that only goes forward, and can wake.
pub trait MonotonicClock: Send + Sync + 'static {
    /// Returns the time since some moment, in nanoseconds.
    fn now(&self) -> u64;

    /// Returns the time between two ticks, in nanoseconds.
    fn resolution(&self) -> u64;

    /// Returns a future that is ready at a time of this clock, and at once if that is past.
    fn sleep_until(&self, time: u64) -> Sleep;
}

/// A future that is ready at some time.
pub type Sleep = Pin<Box<dyn Future<Output = ()> + Send>>;
