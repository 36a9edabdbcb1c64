//! The parts of a store that are shared with code beside it: one allocation for all of them.

use core::sync::atomic::AtomicBool;

use concurrent_queue::ConcurrentQueue;

use super::host_panic::HostPanic;
use super::waiting::Woken;

/// The parts of a store that are shared with wakers, futures and handles anywhere.
pub(crate) struct Beside {
    /// The list of wakers that were woken, and the waker of the driver.
    pub(crate) woken: Woken,
    /// `true` if an interrupt is requested that has ended no call yet.
    pub(crate) is_interrupt_requested: AtomicBool,
    /// The panics that belonged to futures and others that were dropped.
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
