//! The outcome of a poll of a store.

/// The work that is left in a [`Store`](super::Store) after a [`poll`](super::Store::poll).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PollProgress {
    /// `true` if something can still go on: the poll ended after its turns, or because the engine
    /// interrupted a guest. The waker was woken.
    pub can_go_on: bool,
    /// The number of calls that were begun and whose results were not taken.
    pub calls: usize,
    /// The number of threads of guests that have begun and not ended. Threads that were part of a
    /// trap are counted until their instance is [removed](super::Store::remove_instance).
    pub threads: usize,
    /// The number of waiting host functions, and of waiting host tasks that are futures. Each wakes
    /// the waker when it can go on.
    pub functions: usize,
}

impl PollProgress {
    /// Returns `true` if nothing will happen before the host begins something.
    #[must_use]
    pub const fn is_at_rest(&self) -> bool {
        !self.can_go_on && self.functions == 0
    }
}
