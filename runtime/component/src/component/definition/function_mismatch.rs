//! The comparison of the type of a function with Rust's own types.

use alloc::string::{String, ToString as _};

use thiserror::Error;

use crate::abi::{ComponentType, HandleTypes, Mismatch};

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

    /// Replaces the text of the type.
    pub(crate) fn of_type(self, ty: String) -> Self {
        Self { ty, ..self }
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
    let different = |part| move |mismatch| FunctionMismatch { ty: ty.to_string(), part, mismatch };
    let mut handles = HandleTypes::default();
    handles
        .check_list(&ty.params, &P::SHAPE)
        .map_err(different("the parameters are of other types"))?;
    handles
        .check_optional(ty.result(), &R::SHAPE)
        .map_err(different("the result is of another type"))?;
    Ok(handles)
}
