//! The outcome of letting a store run.

/// The work that is left in a [`Store`](super::Store) after a [`poll`](super::Store::poll).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PollProgress {
    /// `true` if something could have gone on, but for the number of turns that a poll may take, or
    /// because the engine interrupted a guest. The waker was woken.
    pub can_go_on: bool,
    /// The number of calls that were begun, and whose end was not taken yet.
    pub calls: usize,
    /// The number of threads of guests that have begun and not ended. Those that were part
    /// of a trap are among them until their instance is [removed](super::Store::remove_instance).
    pub threads: usize,
    /// The number of host functions and of host tasks made of futures that wait. Each wakes the
    /// waker when it can go on.
    pub functions: usize,
}

impl PollProgress {
    /// Returns `true` if nothing will happen any more before the host begins something.
    #[must_use]
    pub const fn is_at_rest(&self) -> bool {
        !self.can_go_on && self.functions == 0
    }
}
