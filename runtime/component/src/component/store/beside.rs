//! The things that a store shares with code beside it: one allocation for all of them.

use core::sync::atomic::AtomicBool;

use concurrent_queue::ConcurrentQueue;

use super::host_panic::HostPanic;
use super::waiting::Woken;

/// The things that a store shares with wakers, futures and handles, wherever they are.
pub(crate) struct Beside {
    /// The list of those that were woken, and the waker of the driver.
    pub(crate) woken: Woken,
    /// `true` if an interrupt is requested that no call has heard of.
    pub(crate) is_interrupt_requested: AtomicBool,
    /// The panics that belonged to somebody who is gone.
    pub(crate) late_panics: ConcurrentQueue<HostPanic>,
}

impl Default for Beside {
    fn default() -> Self {
        Self {
            woken: Woken::default(),
            is_interrupt_requested: AtomicBool::new(false),
            late_panics: ConcurrentQueue::unbounded(),
        }
    }
}
