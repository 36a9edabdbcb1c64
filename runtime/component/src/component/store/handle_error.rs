//! The errors of handles that the host can't give.

use alloc::string::String;

use thiserror::Error;

/// A handle that the host gives to a guest can't be given.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("at {path}: {problem}")]
pub struct HandleError {
    path: String,
    problem: HandleProblem,
}

/// The reason why a handle can't be given to a guest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HandleProblem {
    /// It is a resource, stream or future of another type.
    #[error("the handle is of another type")]
    OtherType,
    /// The host does not hold it: it never did, or has given it away or dropped it.
    #[error("the host does not hold this")]
    NotHeld,
    /// The resource is lent to a call that goes on.
    #[error("the resource is lent to a call")]
    Lent,
    /// Only readable ends are given away.
    #[error("the end is a writable one")]
    NotReadable,
    /// A read of the end is under way, or it has come to its end.
    #[error("a read of the end is under way, or it is done")]
    Busy,
}

impl HandleError {
    pub(crate) const fn new(path: String, problem: HandleProblem) -> Self {
        Self { path, problem }
    }

    /// Returns the place of the handle: the position of the value, and `.field`, `[element]` and `(case)`
    /// within it.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Returns the reason why the handle can't be given.
    #[must_use]
    pub const fn problem(&self) -> HandleProblem {
        self.problem
    }

    /// Says that the handle is within a part with this name.
    pub(crate) fn within(mut self, part: &str) -> Self {
        self.path.insert_str(0, part);
        self
    }
}
