//! The errors of imports: items that a linker lacks, or has with another type.

use alloc::boxed::Box;
use alloc::string::String;

use thiserror::Error;

use super::function_mismatch::FunctionMismatch;
use super::wrapped::Wrapped;
use crate::error::OneLine;

/// The reasons why a linker has nothing for an import, or nothing that can be used for it.
///
/// The lines of the message have at most 100 columns.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The linker has no item for the import.
    #[error("{}", Wrapped(format_args!(
        "the linker does not define the import {:#}: expected {expected}", OneLine(name)
    )))]
    Missing {
        /// The name of the import, after those of the instances that it is in.
        name: String,
        /// The type of the import.
        expected: String,
    },
    /// The item has another type.
    #[error("{}", Wrapped(format_args!(
        "the linker defines the import {:#} with another type: expected {expected}, found {given}",
        OneLine(name)
    )))]
    Mismatch {
        /// The name of the import, after those of the instances that it is in, and the part of it
        /// that has another type.
        name: String,
        /// The type that the import has.
        expected: String,
        /// The type of the item in the linker.
        given: String,
    },
    /// The host function has other Rust types.
    #[error("the host function for the import {:#} has another type", OneLine(name))]
    Function {
        /// The name of the import, after those of the instances that it is in.
        name: String,
        /// The difference between the types.
        #[source]
        mismatch: Box<FunctionMismatch>,
    },
    /// The instance is in another store.
    #[error(
        "the instance for the import {:#} is in another store: define an instance of the store in which \
         the component is instantiated",
        OneLine(name)
    )]
    OtherStore {
        /// The name of the import.
        name: String,
    },
    /// The instance was removed from its store.
    #[error(
        "the instance for the import {:#} was removed from its store: define another one",
        OneLine(name)
    )]
    InstanceRemoved {
        /// The name of the import.
        name: String,
    },
    /// The module or component was loaded for another engine.
    #[error(
        "the module or component for the import {:#} was loaded for another engine: load it for the \
         engine of the component that imports it",
        OneLine(name)
    )]
    OtherEngine {
        /// The name of the import.
        name: String,
    },
}

/// Joins the name of an import and that of an item in it.
pub(crate) fn within(outer: &str, inner: &str) -> String {
    let mut name = String::from(outer);
    name.push('/');
    name.push_str(inner);
    name
}
