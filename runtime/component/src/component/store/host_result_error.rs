//! The errors of what host functions return.

use alloc::string::String;

use thiserror::Error;

use crate::abi::Mismatch;

use super::handle_error::HandleError;

/// A host function returned a result that its caller can't be given.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the host function `{function}` returned a wrong result")]
pub struct HostResultError {
    function: String,
    #[source]
    problem: HostResultProblem,
}

/// The reason why the result of a host function can't be given to its caller.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HostResultProblem {
    /// It is not of the type that the import has.
    #[error(transparent)]
    Mismatch(#[from] Mismatch),
    /// A handle in it is none that the host has, or none of the right type.
    #[error(transparent)]
    Handle(#[from] HandleError),
}

impl HostResultError {
    pub(crate) fn new(function: String, problem: impl Into<HostResultProblem>) -> Self {
        Self { function, problem: problem.into() }
    }

    /// Returns the name of the import that the host function was given for.
    #[must_use]
    pub fn function(&self) -> &str {
        &self.function
    }

    /// Returns the reason why the result can't be given.
    #[must_use]
    pub const fn problem(&self) -> &HostResultProblem {
        &self.problem
    }
}
