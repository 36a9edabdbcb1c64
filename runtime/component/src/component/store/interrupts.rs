//! Interrupting a store from elsewhere.

use alloc::sync::Arc;
use core::fmt;
use core::sync::atomic::Ordering;

use super::beside::Beside;

/// A handle that interrupts what runs in a store, from any thread:
/// [`Store::interrupt_handle`](crate::component::Store::interrupt_handle) returns it.
///
/// It keeps nothing of the store alive. When the store is gone, it does nothing.
#[derive(Clone)]
pub struct InterruptHandle(Arc<Beside>);

impl InterruptHandle {
    pub(crate) const fn new(beside: Arc<Beside>) -> Self {
        Self(beside)
    }

    /// Interrupts what runs in the store: a call ends with
    /// [`CallError::Interrupted`](crate::component::CallError::Interrupted).
    ///
    /// If nothing runs, it stays requested until a call hears of it, or [`reset`](Self::reset) takes it
    /// back: the next that the store is driven for and that doesn't end at once, or the next whose guest
    /// the engine interrupts. A store that is [polled](crate::component::Store::poll) is driven for no
    /// call, so there only a guest that runs hears of it. The task that drives the store is woken.
    pub fn interrupt(&self) {
        self.0.is_interrupt_requested.store(true, Ordering::Release);
        self.0.woken.wake_driver();
    }

    /// Takes an interrupt back that no call has heard of. Returns `true` if there was one.
    pub fn reset(&self) -> bool {
        self.0.is_interrupt_requested.swap(false, Ordering::AcqRel)
    }

    /// Returns `true` if there is an interrupt that no call has heard of.
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
