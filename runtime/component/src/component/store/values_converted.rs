//! Conversion of Rust values of the host, with values of resources in them, to [`Val`]s and back.

use alloc::vec::Vec;

use crate::abi::{
    HandleTypes, Lift, Lower, Resource, ResourceValues, Shape, SharedValue, TypeList, Val,
    from_vals_with, to_vals_with,
};
use crate::builtin::TypeIndex;
use crate::error::Failure;

use super::host_values::HostValues;
use super::resource_value_error::ValueFailure;

impl HostValues {
    /// Converts a Rust value of the host, which a guest will get, to values of these types. If that
    /// fails, nothing is left here.
    pub(crate) fn vals_of<T: Lower>(
        &mut self,
        value: &T,
        types: &TypeList,
        handles: &HandleTypes,
    ) -> Result<Vec<Val>, ValueFailure> {
        let mut putting = Putting { values: self, put: Vec::new() };
        let vals = to_vals_with(value, types, handles, &mut putting);
        putting.finish(vals)
    }

    /// Converts Rust values of the host of one type, as [`vals_of`](Self::vals_of) does. Values
    /// without a type are empty.
    pub(crate) fn each_val_of<T: Lower>(
        &mut self,
        values: &[T],
        types: &TypeList,
        handles: &HandleTypes,
    ) -> Result<Vec<Option<Val>>, ValueFailure> {
        let mut putting = Putting { values: self, put: Vec::new() };
        let vals = values.iter().map(|value| {
            to_vals_with(value, types, handles, &mut putting).map(|mut vals| vals.pop())
        });
        let vals = vals.collect();
        putting.finish(vals)
    }

    /// Adds values of resources. If one can't be added, none is left here.
    pub(crate) fn put_all(
        &mut self,
        resources: &[(Shape, TypeIndex, SharedValue)],
    ) -> Result<Vec<Resource>, ValueFailure> {
        let mut putting = Putting { values: self, put: Vec::new() };
        let put = resources.iter().try_for_each(|(shape, ty, value)| {
            putting.put(shape, *ty, value)?;
            Ok(())
        });
        let places = putting.put.clone();
        putting.finish(put).map(|()| places)
    }

    /// Converts values that the host has got to a Rust value.
    pub(crate) fn value_of<T: for<'a> Lift<'a>>(
        &mut self,
        vals: &[Val],
        types: &TypeList,
        handles: &HandleTypes,
    ) -> Result<T, ValueFailure> {
        let value = from_vals_with(vals, types, handles, self);
        value.map_err(|failure| self.explain(failure))
    }
}

/// Values that are being added. If that fails or panics, they are removed again.
struct Putting<'a> {
    values: &'a mut HostValues,
    put: Vec<Resource>,
}

impl Putting<'_> {
    /// Keeps the values here, if there was no failure.
    fn finish<R>(mut self, result: Result<R, Failure>) -> Result<R, ValueFailure> {
        match result {
            Ok(result) => {
                self.put.clear();
                Ok(result)
            }
            Err(failure) => Err(self.values.explain(failure)),
        }
    }
}

impl ResourceValues for Putting<'_> {
    fn put(&mut self, shape: &Shape, ty: TypeIndex, value: &SharedValue) -> Result<u64, Failure> {
        let representation = self.values.put(shape, ty, value)?;
        self.put.push(Resource { ty, representation });
        Ok(representation)
    }

    fn take(&mut self, shape: &Shape, resource: Resource) -> Result<SharedValue, Failure> {
        self.values.take(shape, resource)
    }
}

impl Drop for Putting<'_> {
    fn drop(&mut self) {
        let put = core::mem::take(&mut self.put);
        self.values.drop_values(put);
    }
}
