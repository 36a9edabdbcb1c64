//! The type of what goes through a stream or future that is served.

use alloc::vec::Vec;

use crate::abi::{ComponentType, HandleTypes, Lower, Type, TypeList, Val, to_vals};
use crate::component::store::call_error::CallError;
use crate::error::Failure;

use crate::component::run::copies::NOTHING;

/// The element of a stream, or the value of a future, as a type of the store, and the numbers of the
/// types of its handles.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) ty: Option<Type>,
    /// The same, as a list.
    pub(crate) types: TypeList,
    pub(crate) handles: HandleTypes,
    pub(crate) contains_float: bool,
}

impl Element {
    /// Checks that the type is that of `V`.
    pub(crate) fn of<V: ComponentType>(ty: Option<Type>) -> Result<Self, CallError> {
        let mut handles = HandleTypes::default();
        handles.check_optional(ty.as_ref(), &V::SHAPE).map_err(CallError::Elements)?;
        let types = TypeList::new(ty.clone()).map_err(CallError::ElementType)?;
        let contains_float = types.contains_float();
        Ok(Self { ty, types, handles, contains_float })
    }

    /// Returns a value as a [`Val`].
    pub(crate) fn val<V: Lower>(&self, value: &V) -> Result<Val, Failure> {
        Ok(to_vals(value, &self.types, &self.handles)?.pop().unwrap_or(NOTHING))
    }

    /// Returns values as [`Val`]s.
    pub(crate) fn vals<V: Lower>(&self, values: &[V]) -> Result<Vec<Val>, Failure> {
        values.iter().map(|value| self.val(value)).collect()
    }
}
