//! Conversion of values and types between wasmi and Weft.

use arrayvec::ArrayVec;
use wasmi::{F32, F64, FuncType, Val, ValType};

use super::stop_error;
use weft_core::abi::CoreFunctionType;
use weft_core::core_value::{CoreType, CoreValue};
use weft_core::engine::{CoreTrap, HostStop};
use weft_core::limit::MAX_FLAT_PARAMS;

/// The arguments of a call, at most as many as a lifted function can have.
pub(super) struct Values(ArrayVec<Val, { MAX_FLAT_PARAMS as usize + 1 }>);

impl Values {
    #[inline]
    pub(super) const fn new() -> Self {
        Self(ArrayVec::new_const())
    }

    /// Adds converted values. It adds them in place, because moving room for many takes longer
    /// than adding a few.
    #[inline]
    pub(super) fn add(&mut self, values: &[CoreValue]) -> Result<(), CoreTrap> {
        for value in values {
            self.0.try_push(wasmi_value(*value)?).map_err(|_| too_many())?;
        }
        Ok(())
    }

    #[inline]
    pub(super) fn as_slice(&self) -> &[Val] {
        &self.0
    }
}

#[cold]
fn too_many() -> CoreTrap {
    CoreTrap::Engine("a call has more arguments than a lifted function can have".into())
}

#[cold]
fn no_references() -> CoreTrap {
    CoreTrap::Engine("wasmi has no typed references to functions".into())
}

#[inline]
pub(super) fn wasmi_type(ty: CoreType) -> ValType {
    match ty {
        CoreType::I32 => ValType::I32,
        CoreType::I64 => ValType::I64,
        CoreType::F32 => ValType::F32,
        CoreType::F64 => ValType::F64,
        CoreType::Function => ValType::FuncRef,
    }
}

/// Converts a type; `None` for references and vectors.
pub(super) fn core_type(ty: ValType) -> Option<CoreType> {
    match ty {
        ValType::I32 => Some(CoreType::I32),
        ValType::I64 => Some(CoreType::I64),
        ValType::F32 => Some(CoreType::F32),
        ValType::F64 => Some(CoreType::F64),
        ValType::V128 | ValType::FuncRef | ValType::ExternRef => None,
    }
}

pub(super) fn function_type(ty: &CoreFunctionType) -> FuncType {
    FuncType::new(ty.params.iter().map(wasmi_type), ty.results.iter().map(wasmi_type))
}

#[inline]
pub(super) fn wasmi_value(value: CoreValue) -> Result<Val, CoreTrap> {
    Ok(match value {
        CoreValue::I32(it) => Val::I32(it.cast_signed()),
        CoreValue::I64(it) => Val::I64(it.cast_signed()),
        CoreValue::F32(bits) => Val::F32(F32::from_bits(bits)),
        CoreValue::F64(bits) => Val::F64(F64::from_bits(bits)),
        CoreValue::Function(_) => return Err(no_references()),
    })
}

/// Converts a value; `None` for references and vectors.
#[inline]
pub(super) fn core_value(value: &Val) -> Option<CoreValue> {
    match value {
        Val::I32(it) => Some(CoreValue::I32(it.cast_unsigned())),
        Val::I64(it) => Some(CoreValue::I64(it.cast_unsigned())),
        Val::F32(it) => Some(CoreValue::F32(it.to_bits())),
        Val::F64(it) => Some(CoreValue::F64(it.to_bits())),
        Val::V128(_) | Val::FuncRef(_) | Val::ExternRef(_) => None,
    }
}

/// Converts the arguments of a host function.
pub(super) fn arguments(
    values: &[Val],
) -> Result<ArrayVec<CoreValue, { MAX_FLAT_PARAMS as usize + 1 }>, wasmi::Error> {
    let mut arguments = ArrayVec::new();
    for value in values {
        let value = core_value(value).ok_or_else(|| stop_error(HostStop::Trap))?;
        arguments.try_push(value).map_err(|_| stop_error(HostStop::Trap))?;
    }
    Ok(arguments)
}

/// Returns the content of a place for a result before there is one.
#[inline]
pub(super) fn default_value(result: Option<CoreType>) -> Val {
    Val::default_for_ty(result.map_or(ValType::I32, wasmi_type))
}
