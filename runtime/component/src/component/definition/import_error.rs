//! The errors of what is given for imports.

use alloc::boxed::Box;
use alloc::string::String;

use thiserror::Error;

use super::function_mismatch::FunctionMismatch;
use crate::error::OneLine;

/// An import is given nothing, or something that can't be used for it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ImportError {
    /// Nothing is given.
    #[error("the import {:#} is missing, which is to be: {expected}", OneLine(name))]
    Missing {
        /// The name of the import, with those of the instances that it is in before it.
        name: String,
        /// Its type.
        expected: String,
    },
    /// It is of another type.
    #[error("the import {:#} is to be: {expected}; and was given: {given}", OneLine(name))]
    Mismatch {
        /// The name of the import, with those of the instances that it is in before it, and
        /// what in it is of another type.
        name: String,
        /// What is expected.
        expected: String,
        /// What was given.
        given: String,
    },
    /// It is a host function with other Rust types.
    #[error("the import {:#} is given a host function of another type", OneLine(name))]
    Function {
        /// The name of the import, with those of the instances that it is in before it.
        name: String,
        /// The difference between the types.
        #[source]
        mismatch: Box<FunctionMismatch>,
    },
    /// It is an instance in another store.
    #[error("the import {:#} is given an instance of another store", OneLine(name))]
    OtherStore {
        /// The name of the import.
        name: String,
    },
    /// It is an instance that was removed from its store.
    #[error("the import {:#} is given an instance that was removed", OneLine(name))]
    InstanceRemoved {
        /// The name of the import.
        name: String,
    },
    /// It was loaded for another engine than the store's.
    #[error("the import {:#} is given what was loaded for another engine", OneLine(name))]
    OtherEngine {
        /// The name of the import.
        name: String,
    },
}

/// Joins the names of an import within an import.
pub(crate) fn within(outer: &str, inner: &str) -> String {
    let mut name = String::from(outer);
    name.push('/');
    name.push_str(inner);
    name
}
