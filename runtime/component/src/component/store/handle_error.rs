//! The errors of handles that the host passes to guests.

use alloc::string::String;

use thiserror::Error;

/// The error of a handle that the host can't pass to a guest.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("at {path}: {problem}")]
pub struct HandleError {
    path: String,
    problem: HandleProblem,
}

/// The reason why a handle can't be passed to a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HandleProblem {
    /// It is a resource, stream or future of another type.
    #[error("the handle has another type")]
    OtherType,
    /// The host does not hold it: it never did, or has given it away or dropped it.
    #[error("the host does not hold this handle: it was given away or dropped, or never held")]
    NotHeld,
    /// The resource is lent to a call that has not returned.
    #[error("the resource is lent to a call that has not returned")]
    Lent,
    /// The end is a writable one: only readable ends can be passed.
    #[error("the end is a writable one: only a readable end can be passed")]
    NotReadable,
    /// A read of the end is under way, or the stream or future has ended.
    #[error("a read of the end is under way, or the end is done")]
    Busy,
}

impl HandleError {
    pub(crate) const fn new(path: String, problem: HandleProblem) -> Self {
        Self { path, problem }
    }

    /// Returns the place of the handle: the position of the value, followed by `.field`,
    /// `[element]` and `(case)`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the reason why the handle can't be passed.
    #[must_use]
    pub const fn problem(&self) -> HandleProblem {
        self.problem
    }

    /// Adds the name of the part that the handle is in.
    pub(crate) fn within(mut self, part: &str) -> Self {
        self.path.insert_str(0, part);
        self
    }
}
