//! Panics that continue at the embedder, after the store was driven.

use alloc::collections::VecDeque;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

use super::beside::Beside;
use super::host_panic::HostPanic;
use super::unwinding::catch;

/// The panics of a store that were caught, and that no result of a call has reported yet.
#[derive(Debug)]
pub(crate) struct Panics {
    /// The panics that belong to no open call.
    of_nobody: VecDeque<HostPanic>,
    /// The panics that belong to calls, since the store is driven. The calls have them, too.
    of_calls: VecDeque<HostPanic>,
    /// The panics that belonged to code beside the store that was dropped.
    late: LatePanics,
}

/// The panics that belonged to code beside the store, such as a future, that was dropped before it
/// learned of them. They then belong to no call.
#[derive(Clone, Default)]
pub(crate) struct LatePanics(Arc<Beside>);

impl LatePanics {
    /// Keeps a panic for the next time that the store is driven.
    pub(crate) fn add(&self, panic: HostPanic) {
        // The queue has no bounds, and is never closed.
        let _ = self.0.late_panics.push(panic);
    }

    /// Runs code of the host that returns nothing, such as a destructor or a waker. Its panic
    /// belongs to no call.
    pub(crate) fn guard(&self, run: impl FnOnce()) {
        if let Err(panic) = catch(run) {
            self.add(panic);
        }
    }

    /// Drops the values of a vector, even after a destructor panicked.
    pub(crate) fn clear<V>(&self, values: &mut Vec<V>) {
        while !values.is_empty() {
            self.guard(|| while values.pop().is_some() {});
        }
    }
}

impl fmt::Debug for LatePanics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("LatePanics").field(&self.0.late_panics.len()).finish()
    }
}

impl Panics {
    /// Returns an empty collection, for the store that shares these parts.
    pub(crate) const fn new(beside: Arc<Beside>) -> Self {
        let late = LatePanics(beside);
        Self { of_nobody: VecDeque::new(), of_calls: VecDeque::new(), late }
    }

    /// Records that the store is driven from now on.
    #[inline]
    pub(crate) fn begin_drive(&mut self) {
        if !self.of_calls.is_empty() {
            self.of_calls.clear();
        }
    }

    /// Keeps a panic that belongs to no call.
    pub(crate) fn add_of_nobody(&mut self, panic: HostPanic) {
        self.of_nobody.push_back(panic);
    }

    /// Keeps a panic that a call fails with.
    pub(crate) fn add_of_call(&mut self, panic: HostPanic) {
        self.of_calls.push_back(panic);
    }

    /// Returns `true` if there is a panic that belongs to no call.
    #[inline]
    pub(crate) fn has_of_nobody(&self) -> bool {
        !self.of_nobody.is_empty() || !self.late.0.late_panics.is_empty()
    }

    /// Takes the first panic that belongs to no call.
    #[inline]
    pub(crate) fn take_of_nobody(&mut self) -> Option<HostPanic> {
        self.of_nobody.pop_front().or_else(|| self.late.0.late_panics.pop().ok())
    }

    /// Returns the place for panics that code beside the store has not learned of.
    pub(crate) const fn late(&self) -> &LatePanics {
        &self.late
    }

    /// Takes the first panic, even if it belongs to a call.
    pub(crate) fn take_any(&mut self) -> Option<HostPanic> {
        self.take_of_nobody().or_else(|| self.of_calls.pop_front())
    }
}

#[cfg(test)]
mod tests {
    use alloc::boxed::Box;

    use super::*;

    fn panic(message: &'static str) -> HostPanic {
        HostPanic::new(Box::new(message))
    }

    #[test]
    fn panics_of_calls_are_for_who_drives_the_store_for_no_call() {
        let mut panics = Panics::new(Arc::default());
        panics.add_of_call(panic("a"));
        panics.add_of_nobody(panic("b"));
        let message = |panic: Option<HostPanic>| panic?.message().map(alloc::string::String::from);
        assert_eq!(message(panics.take_of_nobody()).as_deref(), Some("b"));
        assert_eq!(message(panics.take_of_nobody()), None);
        assert_eq!(message(panics.take_any()).as_deref(), Some("a"));
        panics.add_of_call(panic("c"));
        panics.begin_drive();
        assert_eq!(message(panics.take_any()), None);
    }
}
