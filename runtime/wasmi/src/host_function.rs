//! Host functions.
//!
//! wasmi calls a closure without allocating if it knows the closure's parameters at compile time.
//! So there is a closure for each likely signature: any number of `i32`, and up to four
//! parameters that are `i32` or `i64`. All others go through a list of values that wasmi
//! allocates for each call.

use arrayvec::ArrayVec;
use wasmi::{Caller, Error, Func, StoreContextMut};

use super::value::{function_type, wasmi_value};
use super::{Context, Inner, Wasmi, stop_error};
use weft_core::abi::{CoreFunctionType, FlatTypes};
use weft_core::core_value::CoreType::{I32, I64};
use weft_core::core_value::{CoreType, CoreValue};
use weft_core::engine::{HostFunctions, HostStop};

/// Creates the function that calls [`HostFunctions::call`] with `number`.
pub(super) fn new<D: HostFunctions<Wasmi>>(
    store: &mut StoreContextMut<'_, Inner<D>>,
    number: u32,
    ty: &CoreFunctionType,
) -> Func {
    by_signature(store, number, ty).unwrap_or_else(|| {
        Func::new(store, function_type(ty), move |caller, arguments, results| {
            let values = super::value::arguments(arguments)?;
            let result = call(caller, number, &values)?;
            for (place, value) in results.iter_mut().zip(result) {
                *place = wasmi_value(value).map_err(|_| stop_error(HostStop::Trap))?;
            }
            Ok(())
        })
    })
}

fn call<D: HostFunctions<Wasmi>>(
    mut caller: Caller<'_, Inner<D>>,
    number: u32,
    arguments: &[CoreValue],
) -> Result<Option<CoreValue>, Error> {
    use wasmi::AsContextMut as _;
    D::call(Context(caller.as_context_mut()), number, arguments).map_err(stop_error)
}

/// A parameter or result of a closure that wasmi calls.
trait Word: Sized {
    fn into_core_value(self) -> CoreValue;
    fn from_core_value(value: Option<CoreValue>) -> Option<Self>;
}

impl Word for u32 {
    fn into_core_value(self) -> CoreValue {
        CoreValue::I32(self)
    }

    fn from_core_value(value: Option<CoreValue>) -> Option<Self> {
        match value {
            Some(CoreValue::I32(it)) => Some(it),
            _ => None,
        }
    }
}

impl Word for u64 {
    fn into_core_value(self) -> CoreValue {
        CoreValue::I64(self)
    }

    fn from_core_value(value: Option<CoreValue>) -> Option<Self> {
        match value {
            Some(CoreValue::I64(it)) => Some(it),
            _ => None,
        }
    }
}

/// Converts a result. If it has another type than the signature's, which is a fault in Weft, the
/// guest traps.
fn result<W: Word>(value: Option<CoreValue>) -> Result<W, Error> {
    W::from_core_value(value).ok_or_else(|| stop_error(HostStop::Trap))
}

macro_rules! closures {
    ($store:ident, $number:ident, $ty:ident; $([$($name:ident $core:ident $rust:ident),*])*) => {
        match ($ty.0, $ty.1) {
            $(
                ([$($core),*], None) => Func::wrap(
                    $store,
                    move |caller: Caller<'_, Inner<D>>, $($name: $rust),*| -> Result<(), Error> {
                        call(caller, $number, &[$($name.into_core_value()),*]).map(|_| ())
                    },
                ),
                ([$($core),*], Some(I32)) => Func::wrap(
                    $store,
                    move |caller: Caller<'_, Inner<D>>, $($name: $rust),*| -> Result<u32, Error> {
                        result(call(caller, $number, &[$($name.into_core_value()),*])?)
                    },
                ),
                ([$($core),*], Some(I64)) => Func::wrap(
                    $store,
                    move |caller: Caller<'_, Inner<D>>, $($name: $rust),*| -> Result<u64, Error> {
                        result(call(caller, $number, &[$($name.into_core_value()),*])?)
                    },
                ),
            )*
            _ => return None,
        }
    };
}

fn by_signature<D: HostFunctions<Wasmi>>(
    store: &mut StoreContextMut<'_, Inner<D>>,
    number: u32,
    ty: &CoreFunctionType,
) -> Option<Func> {
    let params: ArrayVec<CoreType, { FlatTypes::CAPACITY }> = ty.params.iter().collect();
    let ty = (params.as_slice(), ty.results.get(0));
    Some(closures! {
        store, number, ty;
        []
        [a I32 u32]
        [a I64 u64]
        [a I32 u32, b I32 u32]
        [a I32 u32, b I64 u64]
        [a I64 u64, b I32 u32]
        [a I64 u64, b I64 u64]
        [a I32 u32, b I32 u32, c I32 u32]
        [a I32 u32, b I32 u32, c I64 u64]
        [a I32 u32, b I64 u64, c I32 u32]
        [a I32 u32, b I64 u64, c I64 u64]
        [a I64 u64, b I32 u32, c I32 u32]
        [a I64 u64, b I32 u32, c I64 u64]
        [a I64 u64, b I64 u64, c I32 u32]
        [a I64 u64, b I64 u64, c I64 u64]
        [a I32 u32, b I32 u32, c I32 u32, d I32 u32]
        [a I32 u32, b I32 u32, c I32 u32, d I64 u64]
        [a I32 u32, b I32 u32, c I64 u64, d I32 u32]
        [a I32 u32, b I32 u32, c I64 u64, d I64 u64]
        [a I32 u32, b I64 u64, c I32 u32, d I32 u32]
        [a I32 u32, b I64 u64, c I32 u32, d I64 u64]
        [a I32 u32, b I64 u64, c I64 u64, d I32 u32]
        [a I32 u32, b I64 u64, c I64 u64, d I64 u64]
        [a I64 u64, b I32 u32, c I32 u32, d I32 u32]
        [a I64 u64, b I32 u32, c I32 u32, d I64 u64]
        [a I64 u64, b I32 u32, c I64 u64, d I32 u32]
        [a I64 u64, b I32 u32, c I64 u64, d I64 u64]
        [a I64 u64, b I64 u64, c I32 u32, d I32 u32]
        [a I64 u64, b I64 u64, c I32 u32, d I64 u64]
        [a I64 u64, b I64 u64, c I64 u64, d I32 u32]
        [a I64 u64, b I64 u64, c I64 u64, d I64 u64]
        [a I32 u32, b I32 u32, c I32 u32, d I32 u32, e I32 u32]
        [a I32 u32, b I32 u32, c I32 u32, d I32 u32, e I32 u32, f I32 u32]
        [a I32 u32, b I32 u32, c I32 u32, d I32 u32, e I32 u32, f I32 u32, g I32 u32]
        [a I32 u32, b I32 u32, c I32 u32, d I32 u32, e I32 u32, f I32 u32, g I32 u32, h I32 u32]
        [a I32 u32, b I32 u32, c I32 u32, d I32 u32, e I32 u32, f I32 u32, g I32 u32, h I32 u32, i I32 u32]
        [a I32 u32, b I32 u32, c I32 u32, d I32 u32, e I32 u32, f I32 u32, g I32 u32, h I32 u32, i I32 u32, j I32 u32]
        [a I32 u32, b I32 u32, c I32 u32, d I32 u32, e I32 u32, f I32 u32, g I32 u32, h I32 u32, i I32 u32, j I32 u32, k I32 u32]
        [a I32 u32, b I32 u32, c I32 u32, d I32 u32, e I32 u32, f I32 u32, g I32 u32, h I32 u32, i I32 u32, j I32 u32, k I32 u32, l I32 u32]
        [a I32 u32, b I32 u32, c I32 u32, d I32 u32, e I32 u32, f I32 u32, g I32 u32, h I32 u32, i I32 u32, j I32 u32, k I32 u32, l I32 u32, m I32 u32]
        [a I32 u32, b I32 u32, c I32 u32, d I32 u32, e I32 u32, f I32 u32, g I32 u32, h I32 u32, i I32 u32, j I32 u32, k I32 u32, l I32 u32, m I32 u32, n I32 u32]
        [a I32 u32, b I32 u32, c I32 u32, d I32 u32, e I32 u32, f I32 u32, g I32 u32, h I32 u32, i I32 u32, j I32 u32, k I32 u32, l I32 u32, m I32 u32, n I32 u32, o I32 u32]
    })
}
