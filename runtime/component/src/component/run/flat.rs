//! Values that consist only of core values: they are lifted and lowered without a guest's memory.

use crate::abi::{
    ComponentType, CoreValueIter, FlatValues, Lift, LiftContext, Lower, LowerContext, Options,
    Resource, StringEncoding,
};
use crate::builtin::TypeIndex;
use crate::core_value::{CoreValue, IntegerType};
use crate::error::{AbiError, Failure};
use crate::machine::{EndId, ErrorContextId};
use crate::trap::EndKind;

use super::transfer::{CoreValues, core_bits};

/// Options for values without addresses, for which the width of an address does not matter.
pub(crate) const NO_ADDRESSES: Options = Options::new(IntegerType::I32, StringEncoding::Utf8);

/// Returns `true` if values of a type consist of at most `max` core values.
pub(crate) const fn is_flat<V: ComponentType + ?Sized>(max: usize) -> bool {
    V::INLINE && !V::ABI.narrow.flat.exceed(max)
}

/// Lifts a [flat](is_flat) value.
#[inline]
pub(crate) fn lift_flat<V: for<'a> Lift<'a>>(values: &[CoreValue]) -> Result<V, Failure> {
    let flat = core_bits(values);
    V::lift_flat(&mut LiftContext::new(&[], NO_ADDRESSES), &mut CoreValueIter::new(&flat))
}

/// Lowers a [flat](is_flat) value that contains no float, and adds its core values to `values`.
#[inline]
pub(crate) fn lower_flat<V: Lower>(value: &V, values: &mut CoreValues) -> Result<(), Failure> {
    if !V::ABI.narrow.flat.exceed(0) {
        return Ok(());
    }
    let mut flat = FlatValues::EMPTY;
    value.lower_flat(&mut NoMemory, &mut flat)?;
    for (position, bits) in flat.as_slice().iter().enumerate() {
        let value = V::ABI.narrow.flat.core_value(position, *bits);
        let added = value.map(|value| values.try_push(value).is_ok());
        if added != Some(true) {
            return Err(AbiError::FlatValueCount.into());
        }
    }
    Ok(())
}

/// A guest into which only flat values are lowered.
struct NoMemory;

impl LowerContext for NoMemory {
    fn options(&self) -> &Options {
        &NO_ADDRESSES
    }

    fn memory_mut(&mut self) -> &mut [u8] {
        &mut []
    }

    fn realloc(&mut self, _: u64, _: u64, _: u32, _: u64) -> Result<u64, Failure> {
        Err(AbiError::NoRealloc.into())
    }

    fn lower_own(&mut self, _: TypeIndex, _: Resource) -> Result<u32, Failure> {
        Err(AbiError::ValueMismatch.into())
    }

    fn lower_borrow(&mut self, _: TypeIndex, _: Resource) -> Result<u32, Failure> {
        Err(AbiError::ValueMismatch.into())
    }

    fn lower_end(&mut self, _: EndKind, _: TypeIndex, _: EndId) -> Result<u32, Failure> {
        Err(AbiError::ValueMismatch.into())
    }

    fn lower_error_context(&mut self, _: ErrorContextId) -> Result<u32, Failure> {
        Err(AbiError::ValueMismatch.into())
    }
}
