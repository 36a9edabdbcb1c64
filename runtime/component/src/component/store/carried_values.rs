//! Values that are made without a store, and moved to one later.

use alloc::vec::Vec;

use crate::abi::{
    HandleTypes, Lower, Resource, ResourceValues, Shape, SharedValue, TypeList, Val, to_vals_with,
};
use crate::builtin::TypeIndex;
use crate::error::{AbiError, Failure};

use super::host_values::HostValues;
use super::resource_value_error::ValueFailure;

/// Values, and the values of host resources in them. Until a store has the latter, each is
/// known by its position among them.
#[derive(Debug, Default)]
pub(crate) struct CarriedValues {
    vals: Vec<Val>,
    resources: Resources,
}

/// The values of resources.
#[derive(Debug, Default)]
struct Resources(Vec<(Shape, TypeIndex, SharedValue)>);

impl CarriedValues {
    /// Converts a Rust value to values of these types.
    pub(crate) fn new<T: Lower>(
        value: &T,
        types: &TypeList,
        handles: &HandleTypes,
    ) -> Result<Self, Failure> {
        let mut resources = Resources::default();
        let vals = to_vals_with(value, types, handles, &mut resources)?;
        Ok(Self { vals, resources })
    }

    /// Moves the values of resources to a store. Returns the values with the representations in the
    /// store. If that fails, nothing is left in the store.
    pub(crate) fn settle(mut self, values: &mut HostValues) -> Result<Vec<Val>, ValueFailure> {
        let Resources(resources) = self.resources;
        if resources.is_empty() {
            return Ok(self.vals);
        }
        let places = values.put_all(&resources)?;
        replace(&mut self.vals, &places);
        Ok(self.vals)
    }
}

impl From<Vec<Val>> for CarriedValues {
    fn from(vals: Vec<Val>) -> Self {
        Self { vals, resources: Resources::default() }
    }
}

impl ResourceValues for Resources {
    fn put(&mut self, shape: &Shape, ty: TypeIndex, value: &SharedValue) -> Result<u64, Failure> {
        let position = self.0.len();
        self.0.push((*shape, ty, value.clone()));
        u64::try_from(position).map_err(|_| AbiError::ResourceValue.into())
    }

    fn take(&mut self, _: &Shape, _: Resource) -> Result<SharedValue, Failure> {
        Err(AbiError::ResourceValue.into())
    }
}

/// Replaces positions by places in the store, each in a resource of its type.
fn replace(vals: &mut [Val], places: &[Resource]) {
    for val in vals {
        match val {
            Val::List(vals) | Val::Record(vals) => replace(vals, places),
            Val::Variant(_, Some(val)) => replace(core::slice::from_mut(val), places),
            Val::Own(resource) | Val::Borrow(resource) => {
                let place = usize::try_from(resource.representation).ok();
                let place = place.and_then(|position| places.get(position));
                if let Some(place) = place.filter(|place| place.ty == resource.ty) {
                    *resource = *place;
                }
            }
            _ => {}
        }
    }
}
