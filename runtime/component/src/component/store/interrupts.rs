//! Interrupting a store from elsewhere.

use alloc::sync::Arc;
use core::fmt;
use core::sync::atomic::Ordering;

use super::beside::Beside;

/// A handle that interrupts the guests of a store, from any thread:
/// [`Store::interrupt_handle`](crate::component::Store::interrupt_handle) returns it.
///
/// It keeps nothing of the store alive. After the store was dropped, it does nothing.
#[derive(Clone)]
pub struct InterruptHandle(Arc<Beside>);

impl InterruptHandle {
    pub(crate) const fn new(beside: Arc<Beside>) -> Self {
        Self(beside)
    }

    /// Interrupts the guests of the store: a call ends with
    /// [`CallError::Interrupted`](crate::component::CallError::Interrupted).
    ///
    /// If nothing runs, the interrupt stays requested until it ends a call, or until
    /// [`reset`](Self::reset) removes it. It ends the next call for which the store is driven and
    /// that doesn't end at once, or the next call whose guest the engine interrupts. A store that
    /// is [polled](crate::component::Store::poll) is driven for no call, so that only a guest that
    /// runs is interrupted. The task that drives the store is woken.
    pub fn interrupt(&self) {
        self.0.is_interrupt_requested.store(true, Ordering::Release);
        self.0.woken.wake_driver();
    }

    /// Removes an interrupt that has ended no call yet. Returns `true` if there was one.
    pub fn reset(&self) -> bool {
        self.0.is_interrupt_requested.swap(false, Ordering::AcqRel)
    }

    /// Returns `true` if there is an interrupt that has ended no call yet.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.0.is_interrupt_requested.load(Ordering::Acquire)
    }
}

impl fmt::Debug for InterruptHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_requested = self.is_requested();
        f.debug_struct("InterruptHandle").field("is_requested", &is_requested).finish()
    }
}
