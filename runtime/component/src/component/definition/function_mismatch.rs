//! The comparison of the type of a function with Rust's own types.

use alloc::string::{String, ToString as _};

use thiserror::Error;

use crate::abi::{ComponentType, HandleTypes, Mismatch, NoResourceFacts, ResourceFacts};

use super::function_type::FunctionType;
use super::wrapped::Wrapped;

/// The difference between the type of a function and Rust types.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{}", Wrapped(format_args!("in `{ty}`, {part}")))]
pub struct FunctionMismatch {
    ty: String,
    part: &'static str,
    #[source]
    mismatch: Mismatch,
}

impl FunctionMismatch {
    /// Returns the type of the function, as WIT spells it.
    #[must_use]
    pub fn ty(&self) -> &str {
        &self.ty
    }

    /// Returns the part that differs, and where it is.
    #[must_use]
    pub const fn mismatch(&self) -> &Mismatch {
        &self.mismatch
    }
}

/// Compares the type of a function with Rust types. Returns the types of the handles in its
/// parameters and its result.
pub(crate) fn check<P: ComponentType, R: ComponentType>(
    ty: &FunctionType,
) -> Result<HandleTypes, FunctionMismatch> {
    check_with::<P, R>(ty, &NoResourceFacts)
}

/// Compares the type of a function with Rust types as [`check`] does, with the host's knowledge of
/// resource types.
pub(crate) fn check_with<P: ComponentType, R: ComponentType>(
    ty: &FunctionType,
    facts: &dyn ResourceFacts,
) -> Result<HandleTypes, FunctionMismatch> {
    let different = |part| {
        move |mismatch| {
            let ty = ty.with_names(facts).to_string();
            FunctionMismatch { ty, part, mismatch }
        }
    };
    let mut handles = HandleTypes::default();
    handles
        .check_list_with(&ty.params, &P::SHAPE, facts)
        .map_err(different("the parameters are of other types"))?;
    handles
        .check_optional_with(ty.result(), &R::SHAPE, facts)
        .map_err(different("the result is of another type"))?;
    Ok(handles)
}
