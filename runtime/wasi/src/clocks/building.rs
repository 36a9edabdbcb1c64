//! Methods of the builder for clocks.

use alloc::boxed::Box;
use alloc::sync::Arc;

use super::{MonotonicClock, WallClock};
use crate::WasiCtxBuilder;

/// Clocks. By default, a guest has the clocks of the system.
impl WasiCtxBuilder {
    /// Sets the clock for date and time.
    pub fn wall_clock(mut self, clock: impl WallClock) -> Self {
        self.context.clocks.wall = Box::new(clock);
        self
    }

    /// Sets the clock with which guests measure time, and by which they sleep.
    pub fn monotonic_clock(mut self, clock: impl MonotonicClock) -> Self {
        self.context.clocks.monotonic = Arc::new(clock);
        self
    }
}
