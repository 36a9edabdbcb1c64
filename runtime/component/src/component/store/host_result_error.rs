//! The errors of the results of host functions.

use alloc::string::String;

use thiserror::Error;

use crate::abi::Mismatch;

use super::handle_error::HandleError;

/// The error of a host function whose result can't be given to its caller.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the result of the host function `{function}` can't be given to its caller")]
pub struct HostResultError {
    function: String,
    #[source]
    problem: HostResultProblem,
}

/// The reason why the result of a host function can't be given to its caller.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HostResultProblem {
    /// The result has another type than the import.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// The host does not hold a handle in the result, or the handle has the wrong type.
    #[error(transparent)]
    Handle(#[from] HandleError),
}

impl HostResultError {
    pub(crate) fn new(function: String, problem: impl Into<HostResultProblem>) -> Self {
        Self { function, problem: problem.into() }
    }

    /// Returns the name of the import that the host function serves.
    #[must_use]
    pub fn function(&self) -> &str {
        &self.function
    }

    /// Returns the reason why the result can't be given to the caller.
    #[must_use]
    pub const fn problem(&self) -> &HostResultProblem {
        &self.problem
    }
}
