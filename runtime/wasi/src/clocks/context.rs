//! The clocks of one program.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;

use super::{MonotonicClock, WallClock};

/// The data of `wasi:clocks` for a guest.
pub(crate) struct Clocks {
    pub(crate) wall: Box<dyn WallClock>,
    /// The monotonic clock, which sleeping tasks share.
    pub(crate) monotonic: Arc<dyn MonotonicClock>,
}

impl Clocks {
    pub(crate) fn new(wall: impl WallClock, monotonic: impl MonotonicClock) -> Self {
        Self { wall: Box::new(wall), monotonic: Arc::new(monotonic) }
    }
}

impl fmt::Debug for Clocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clocks").finish_non_exhaustive()
    }
}
