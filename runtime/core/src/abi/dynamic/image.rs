//! Rust values as [`Val`]s, and back, through a memory of the host. A value is lowered into it,
//! as into a guest's memory, and lifted from it again as the other kind.
//!
//! It is for values that have to wait, or in which the host has to find handles before anything
//! happens at a guest. All others go between Rust and a guest directly.

use alloc::vec::Vec;
use core::any::Any;

use crate::builtin::TypeIndex;
use crate::core_value::IntegerType;
use crate::error::{AbiError, Failure};
use crate::id::{EndId, ErrorContextId};
use crate::limit::MAX_FLAT_PARAMS;
use crate::trap::EndKind;

use super::handle_types::HandleTypes;
use super::resource_values::{NoResourceValues, ResourceValues, SharedValue};
use super::type_list::{LowerFailure, TypeList};
use super::val::Val;
use crate::abi::{
    CoreValueIter, Lift, LiftContext, LiftHandles, Lower, LowerContext, Options, Resource, Shape,
    StringEncoding, align_to, lift_flat_values, lower_flat_values,
};

/// A memory, and the objects of the handles in it. A handle is a position.
struct Image<'t> {
    memory: Vec<u8>,
    options: Options,
    handles: Vec<Handle>,
    types: &'t HandleTypes,
    values: &'t mut dyn ResourceValues,
}

/// The objects of an image's handles, for lifting.
struct Reading<'i> {
    handles: &'i [Handle],
    types: &'i HandleTypes,
    values: &'i mut dyn ResourceValues,
}

#[derive(Clone, Copy)]
enum Handle {
    Resource(Resource),
    End(EndId),
    ErrorContext(ErrorContextId),
}

/// Converts a Rust value to values of these types. Parameters of a function are a tuple.
///
/// Use it for a value that has to wait until a guest takes it, or whose handles have to be found
/// first. For a value that goes to a guest at once, lowering it directly is faster.
///
/// `handles` has the types of the handles in `T`, which a [check](HandleTypes::check_list) of
/// `types` has found.
///
/// ```
/// use weft_core::abi::{ComponentType, HandleTypes, Type, TypeList, Val, from_vals, to_vals};
///
/// let types = TypeList::new([Type::U32, Type::String])?;
/// let mut handles = HandleTypes::default();
/// handles.check_list(&types, &<(u32, String)>::SHAPE)?;
///
/// let values = to_vals(&(7_u32, "seven"), &types, &handles)?;
/// assert_eq!(values, [Val::U32(7), Val::String("seven".into())]);
/// let back: (u32, String) = from_vals(&values, &types, &handles)?;
/// assert_eq!(back, (7, "seven".into()));
/// # Ok::<(), Box<dyn core::error::Error>>(())
/// ```
///
/// # Errors
///
/// - [`AbiError::UnknownHandleType`] if `handles` lacks the type of a handle.
/// - [`AbiError::ValueMismatch`] if a resource has another type.
/// - [`AbiError::LiftedTooLarge`] if there is not enough memory.
pub fn to_vals<T: Lower>(
    value: &T,
    types: &TypeList,
    handles: &HandleTypes,
) -> Result<Vec<Val>, Failure> {
    to_vals_with(value, types, handles, &mut NoResourceValues)
}

/// Converts a Rust value to values of these types as [`to_vals`] does, for a value that may have
/// resources with values in it. Their values are put into `values`.
///
/// # Errors
///
/// Values that were put before stay in `values`.
///
/// - [`AbiError::UnknownHandleType`] if `handles` lacks the type of a handle.
/// - [`AbiError::ValueMismatch`] if a resource has another type.
/// - [`AbiError::ResourceValue`] if resources of a type have no values of its Rust type.
/// - [`AbiError::LiftedTooLarge`] if there is not enough memory.
pub fn to_vals_with<T: Lower>(
    value: &T,
    types: &TypeList,
    handles: &HandleTypes,
    values: &mut dyn ResourceValues,
) -> Result<Vec<Val>, Failure> {
    let mut image = Image::new(handles, values);
    let max = MAX_FLAT_PARAMS as usize;
    let flat = lower_flat_values(&mut image, max, value, None)?;
    types.lift_flat_values(&mut image.lifting(), max, &mut CoreValueIter::new(flat.as_slice()))
}

/// Converts values of these types to a Rust value: the reverse of [`to_vals`].
///
/// # Errors
///
/// - [`AbiError::ValueMismatch`] if the values have other types.
/// - [`AbiError::LiftedTooLarge`] if there is not enough memory.
pub fn from_vals<T: for<'a> Lift<'a>>(
    values: &[Val],
    types: &TypeList,
    handles: &HandleTypes,
) -> Result<T, Failure> {
    from_vals_with(values, types, handles, &mut NoResourceValues)
}

/// Converts values of these types to a Rust value as [`from_vals`] does, for a value that may
/// have resources with values in it. Their values are taken out of `kept`.
///
/// # Errors
///
/// - [`AbiError::ValueMismatch`] if the values have other types.
/// - [`AbiError::ResourceValue`] if a resource has no value of its Rust type.
/// - [`AbiError::LiftedTooLarge`] if there is not enough memory.
pub fn from_vals_with<T: for<'a> Lift<'a>>(
    values: &[Val],
    types: &TypeList,
    handles: &HandleTypes,
    kept: &mut dyn ResourceValues,
) -> Result<T, Failure> {
    let mut image = Image::new(handles, kept);
    let max = MAX_FLAT_PARAMS as usize;
    let flat = match types.lower_flat_values(&mut image, max, values, None) {
        Ok(flat) => flat,
        Err(LowerFailure::Failure(failure)) => return Err(failure),
        Err(LowerFailure::Mismatch(_)) => return Err(AbiError::ValueMismatch.into()),
    };
    lift_flat_values(&mut image.lifting(), max, &mut CoreValueIter::new(flat.as_slice()))
}

impl<'t> Image<'t> {
    const fn new(types: &'t HandleTypes, values: &'t mut dyn ResourceValues) -> Self {
        let options = Options::new(IntegerType::I64, StringEncoding::Utf8);
        Self { memory: Vec::new(), options, handles: Vec::new(), types, values }
    }

    /// Returns a context for lifting. It has no budget, because the host has had these values
    /// before.
    fn lifting(&mut self) -> LiftContext<'_, Reading<'_>> {
        let Self { memory, options, handles, types, values } = self;
        let reading = Reading { handles, types, values: &mut **values };
        LiftContext::with_handles(memory, *options, reading).with_budget(u64::MAX)
    }

    fn add(&mut self, handle: Handle) -> Result<u32, Failure> {
        let index = u32::try_from(self.handles.len()).map_err(|_| AbiError::LiftedTooLarge)?;
        self.handles.push(handle);
        Ok(index)
    }
}

impl Reading<'_> {
    fn handle(&self, index: u32) -> Result<Handle, Failure> {
        let found = usize::try_from(index).ok().and_then(|index| self.handles.get(index));
        Ok(*found.ok_or(AbiError::ValueMismatch)?)
    }

    fn resource(&self, index: u32) -> Result<Resource, Failure> {
        match self.handle(index)? {
            Handle::Resource(resource) => Ok(resource),
            _ => Err(AbiError::ValueMismatch.into()),
        }
    }
}

impl LowerContext for Image<'_> {
    fn options(&self) -> &Options {
        &self.options
    }

    fn memory_mut(&mut self) -> &mut [u8] {
        &mut self.memory
    }

    fn realloc(
        &mut self,
        old_address: u64,
        old_byte_length: u64,
        alignment: u32,
        new_byte_length: u64,
    ) -> Result<u64, Failure> {
        let too_large = || Failure::from(AbiError::LiftedTooLarge);
        let position = |address: u64| usize::try_from(address).map_err(|_| too_large());
        let start = u64::try_from(self.memory.len()).map_err(|_| too_large())?;
        let start = align_to(start, alignment);
        let end = position(start.checked_add(new_byte_length).ok_or_else(too_large)?)?;
        let more = end.checked_sub(self.memory.len()).ok_or_else(too_large)?;
        self.memory.try_reserve(more).map_err(|_| too_large())?;
        self.memory.resize(end, 0);
        let kept = old_byte_length.min(new_byte_length);
        let old_end = old_address.checked_add(kept).ok_or_else(too_large)?;
        let old = position(old_address)?..position(old_end)?;
        if old.end <= self.memory.len() {
            self.memory.copy_within(old, position(start)?);
        }
        Ok(start)
    }

    fn lower_own(&mut self, _: TypeIndex, resource: Resource) -> Result<u32, Failure> {
        self.add(Handle::Resource(resource))
    }

    fn lower_borrow(&mut self, _: TypeIndex, resource: Resource) -> Result<u32, Failure> {
        self.add(Handle::Resource(resource))
    }

    fn lower_end(&mut self, _: EndKind, _: TypeIndex, end: EndId) -> Result<u32, Failure> {
        self.add(Handle::End(end))
    }

    fn lower_error_context(&mut self, error_context: ErrorContextId) -> Result<u32, Failure> {
        self.add(Handle::ErrorContext(error_context))
    }

    fn handle_type(&self, shape: &Shape) -> Result<TypeIndex, Failure> {
        self.types.number(shape)
    }

    fn lower_value(&mut self, shape: &Shape, value: &dyn Any) -> Result<u32, Failure> {
        let ty = self.types.number(shape)?;
        let value = value.downcast_ref::<SharedValue>().ok_or(AbiError::ResourceValue)?;
        let representation = self.values.put(shape, ty, value)?;
        self.add(Handle::Resource(Resource { ty, representation }))
    }
}

impl LiftHandles for Reading<'_> {
    fn lift_own(&mut self, _: TypeIndex, index: u32) -> Result<Resource, Failure> {
        self.resource(index)
    }

    fn lift_borrow(&mut self, _: TypeIndex, index: u32) -> Result<Resource, Failure> {
        self.resource(index)
    }

    fn lift_end(&mut self, _: EndKind, _: TypeIndex, index: u32) -> Result<EndId, Failure> {
        match self.handle(index)? {
            Handle::End(end) => Ok(end),
            _ => Err(AbiError::ValueMismatch.into()),
        }
    }

    fn lift_error_context(&mut self, index: u32) -> Result<ErrorContextId, Failure> {
        match self.handle(index)? {
            Handle::ErrorContext(error_context) => Ok(error_context),
            _ => Err(AbiError::ValueMismatch.into()),
        }
    }

    fn handle_type(&self, shape: &Shape) -> Result<TypeIndex, Failure> {
        self.types.number(shape)
    }

    fn lift_value(
        &mut self,
        shape: &Shape,
        index: u32,
        place: &mut dyn Any,
    ) -> Result<(), Failure> {
        let resource = self.resource(index)?;
        let place = place.downcast_mut::<Option<SharedValue>>().ok_or(AbiError::ResourceValue)?;
        *place = Some(self.values.take(shape, resource)?);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use alloc::collections::BTreeMap;
    use alloc::string::String;

    use super::*;
    use crate::abi::{ComponentType, Type};
    use crate::handle::{BorrowHandle, OwnHandle};

    enum File {}

    const FILE: TypeIndex = TypeIndex(4);

    /// Converts there and back, with the types of the Rust type.
    fn round_trip<T>(value: T, types: &[Type]) -> Vec<Val>
    where
        T: ComponentType + Lower + for<'a> Lift<'a> + PartialEq + core::fmt::Debug,
    {
        let types = TypeList::new(types.iter().cloned()).unwrap();
        let mut handles = HandleTypes::default();
        handles.check_list(&types, &T::SHAPE).unwrap();
        let vals = to_vals(&value, &types, &handles).unwrap();
        assert_eq!(from_vals::<T>(&vals, &types, &handles), Ok(value));
        vals
    }

    #[test]
    fn values_come_back_as_they_went_in() {
        let map = BTreeMap::from([(1_u8, String::from("one"))]);
        let types = [
            Type::U32,
            Type::list(Type::String).unwrap(),
            Type::map(Type::U8, Type::String).unwrap(),
        ];
        let words = Vec::from(["a", "", "three"].map(String::from));
        let vals = round_trip((7_u32, words, map), &types);
        assert_eq!(vals.first(), Some(&Val::U32(7)));
        assert_eq!(round_trip((), &[]), []);
    }

    #[test]
    fn a_resource_gets_the_type_of_the_store() {
        let types = [Type::Own(FILE), Type::Borrow(FILE)];
        let list = TypeList::new(types).unwrap();
        let mut handles = HandleTypes::default();
        handles.check_list(&list, &<(OwnHandle<File>, BorrowHandle<'_, File>)>::SHAPE).unwrap();
        let vals =
            to_vals(&(OwnHandle::<File>::new(1), BorrowHandle::<File>::new(2)), &list, &handles);
        let resource = |representation| Resource { ty: FILE, representation };
        assert_eq!(vals, Ok(Vec::from([Val::Own(resource(1)), Val::Borrow(resource(2))])));
        let other = OwnHandle::<File>::from(Resource { ty: TypeIndex(5), representation: 1 });
        assert_eq!(
            to_vals(&(other, BorrowHandle::<File>::new(2)), &list, &handles),
            Err(AbiError::ValueMismatch.into())
        );
    }

    #[test]
    fn one_rust_type_is_not_two_resource_types() {
        let list = TypeList::new([Type::Own(FILE), Type::Own(TypeIndex(5))]).unwrap();
        let shape = <(OwnHandle<File>, OwnHandle<File>)>::SHAPE;
        let mismatch = HandleTypes::default().check_list(&list, &shape).unwrap_err();
        assert_eq!(mismatch.path(), "[1]");
    }

    #[test]
    fn another_type_is_reported_with_its_place() {
        let list = TypeList::new([Type::list(Type::option(Type::U8).unwrap()).unwrap()]).unwrap();
        let shape = <(Vec<Option<i8>>,)>::SHAPE;
        let mismatch = HandleTypes::default().check_list(&list, &shape).unwrap_err();
        assert_eq!(
            std::string::ToString::to_string(&mismatch),
            "at [0][](some): expected u8, found s8"
        );
    }
}
