//! The system's clocks.

use std::boxed::Box;
use std::future::ready;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::{MonotonicClock, Sleep, WallClock, WallTime};
use crate::runtime::enter;

/// The longest time of a single sleep: 1,000 years, so that no timer overflows.
const FOREVER: Duration = Duration::from_hours(1000 * 365 * 24);

/// The system's date and time.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemWallClock;

impl WallClock for SystemWallClock {
    fn now(&self) -> WallTime {
        SystemTime::now().into()
    }

    fn resolution(&self) -> u64 {
        1
    }
}

impl From<SystemTime> for WallTime {
    fn from(time: SystemTime) -> Self {
        let whole = |time: Duration| i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
        match time.duration_since(UNIX_EPOCH) {
            Ok(after) => Self { seconds: whole(after), nanoseconds: after.subsec_nanos() },
            Err(error) => {
                let before = error.duration();
                match before.subsec_nanos() {
                    0 => Self { seconds: -whole(before), nanoseconds: 0 },
                    nanoseconds => Self {
                        seconds: (-whole(before)).saturating_sub(1),
                        nanoseconds: 1_000_000_000 - nanoseconds,
                    },
                }
            }
        }
    }
}

/// The system's monotonic clock, with tokio's timers. It starts at zero when it is made.
#[derive(Clone, Copy, Debug)]
pub struct SystemMonotonicClock {
    start: Instant,
}

impl SystemMonotonicClock {
    /// Makes a clock that starts now.
    #[must_use]
    pub fn new() -> Self {
        Self { start: Instant::now() }
    }
}

impl Default for SystemMonotonicClock {
    fn default() -> Self {
        Self::new()
    }
}

impl MonotonicClock for SystemMonotonicClock {
    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn resolution(&self) -> u64 {
        1
    }

    fn sleep_until(&self, time: u64) -> Sleep {
        let left = Duration::from_nanos(time.saturating_sub(self.now()));
        if left.is_zero() {
            return Box::pin(ready(()));
        }
        Box::pin(enter(|| tokio::time::sleep(left.min(FOREVER))))
    }
}
