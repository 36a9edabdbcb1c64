//! Methods of the builder for the clocks of a program.

use alloc::boxed::Box;
use alloc::sync::Arc;

use super::{MonotonicClock, WallClock};
use crate::WasiCtxBuilder;

/// Clocks. Without these a guest has the system's.
impl WasiCtxBuilder {
    /// Sets the clock that tells the date.
    pub fn wall_clock(mut self, clock: impl WallClock) -> Self {
        self.context.clocks.wall = Box::new(clock);
        self
    }

    /// Sets the clock that guests measure time with, and sleep by.
    pub fn monotonic_clock(mut self, clock: impl MonotonicClock) -> Self {
        self.context.clocks.monotonic = Arc::new(clock);
        self
    }
}
