//! The errors of resources whose values have another type, or are missing.

use core::fmt;

use thiserror::Error;

use crate::abi::ResourceKey;
use crate::error::Failure;

use super::call_error::CallError;
use super::fault::Fault;

/// The error of a resource that has no value of the Rust type that an [`Own`](crate::binding::Own)
/// or [`Borrow`](crate::binding::Borrow) names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub struct ResourceValueError {
    rust_type: &'static str,
    found: Found,
}

/// The thing that was found instead of the value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// The values of the resource type are of this Rust type.
    Values(&'static str),
    /// The resource type has no values.
    NoValues,
    /// The value was taken before.
    Gone,
}

impl ResourceValueError {
    /// Returns the error for a resource type whose values are of the type `found`, or has no
    /// values.
    pub(crate) fn other(rust_type: ResourceKey, found: Option<ResourceKey>) -> Self {
        let found = found.map_or(Found::NoValues, |found| Found::Values(found.name()));
        Self { rust_type: rust_type.name(), found }
    }

    /// Returns the error for a resource whose value was taken.
    pub(crate) fn gone(rust_type: ResourceKey) -> Self {
        Self { rust_type: rust_type.name(), found: Found::Gone }
    }

    /// Returns the path of the Rust type that the `Own` or `Borrow` names.
    #[must_use]
    pub const fn rust_type(&self) -> &'static str {
        self.rust_type
    }

    /// Returns the path of the Rust type of the values of the resource type. Returns `None` if the
    /// resource type has no values, or if the value was taken.
    #[must_use]
    pub const fn values(&self) -> Option<&'static str> {
        match self.found {
            Found::Values(found) => Some(found),
            Found::NoValues | Found::Gone => None,
        }
    }
}

impl fmt::Display for ResourceValueError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rust_type, found } = self;
        match found {
            Found::Values(found) => {
                write!(f, "expected a resource of `{rust_type}`, found one of `{found}`")
            }
            Found::NoValues => write!(
                f,
                "expected a resource of `{rust_type}`, found one without values: its type was not \
                 made by `HostResourceType::of`"
            ),
            Found::Gone => {
                write!(f, "expected a resource of `{rust_type}`, found one whose value was taken")
            }
        }
    }
}

/// The reasons why values could not be converted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum ValueFailure {
    #[error(transparent)]
    Failure(#[from] Failure),
    #[error(transparent)]
    Value(#[from] ResourceValueError),
}

impl From<ValueFailure> for Fault {
    fn from(failure: ValueFailure) -> Self {
        match failure {
            ValueFailure::Failure(failure) => Self::Failure(failure),
            ValueFailure::Value(error) => Self::ResourceValue(error),
        }
    }
}

impl From<ValueFailure> for CallError {
    fn from(failure: ValueFailure) -> Self {
        Fault::from(failure).into()
    }
}
