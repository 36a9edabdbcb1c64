//! The element types of streams and futures that are served.

use alloc::vec::Vec;

use crate::abi::{ComponentType, HandleTypes, Lower, Type, TypeList, Val};
use crate::component::store::call_error::CallError;
use crate::component::store::host_values::HostValues;
use crate::component::store::resource_value_error::ValueFailure;

use crate::component::run::copies::NOTHING;

/// The element of a stream, or the value of a future, as a type of the store, with the numbers of
/// the types of its handles.
#[derive(Debug)]
pub(crate) struct Element {
    pub(crate) ty: Option<Type>,
    /// The same type, as a list.
    pub(crate) types: TypeList,
    pub(crate) handles: HandleTypes,
    pub(crate) contains_float: bool,
}

impl Element {
    /// Checks that `ty` is the type of `V`.
    pub(crate) fn of<V: ComponentType>(ty: Option<Type>) -> Result<Self, CallError> {
        let mut handles = HandleTypes::default();
        handles.check_optional(ty.as_ref(), &V::SHAPE).map_err(CallError::Elements)?;
        let types = TypeList::new(ty.clone()).map_err(CallError::ElementType)?;
        let contains_float = types.contains_float();
        Ok(Self { ty, types, handles, contains_float })
    }

    /// Converts values to [`Val`]s. The values of resources in them are added to `kept`. If that
    /// fails, none is left there.
    pub(crate) fn vals<V: Lower>(
        &self,
        kept: &mut HostValues,
        values: &[V],
    ) -> Result<Vec<Val>, ValueFailure> {
        let vals = kept.each_val_of(values, &self.types, &self.handles)?;
        Ok(vals.into_iter().map(|val| val.unwrap_or(NOTHING)).collect())
    }
}
