//! Handles as Rust types: resources, readable ends, error contexts.
//!
//! A store's number of a handle's type is known only at run time. The context returns it for the
//! handle's [`Shape`].

use crate::error::Failure;
use crate::handle::{BorrowHandle, ErrorContext, FutureHandle, OwnHandle, StreamHandle};
use crate::trap::EndKind;

use super::{ComponentType, Lift, Lower, ResourceKey, Shape};
use crate::abi::context::LoweringSteps as _;
use crate::abi::{Abi, CoreValueIter, FlatValues, LiftContext, LiftHandles, LowerContext};

/// Implements the traits of a handle, from its shape and the lifting and lowering of its index.
macro_rules! handle {
    ($(
        [$($parameters:tt)*] $ty:ty: $shape:expr,
        lift($handles:ident, $index:ident) $lift:expr,
        lower($self:ident, $cx:ident) $lower:expr;
    )*) => {$(
        impl<$($parameters)*> ComponentType for $ty {
            const ABI: Abi = Abi::HANDLE;
            const INLINE: bool = false;
            const HANDLES: bool = true;
            const SHAPE: Shape = $shape;
        }

        impl<$($parameters)*> Lower for $ty {
            fn lower_flat<C: LowerContext + ?Sized>(
                &self,
                cx: &mut C,
                flat: &mut FlatValues,
            ) -> Result<(), Failure> {
                let ($self, $cx) = (self, cx);
                let index = $lower;
                flat.push(index.into())
            }

            fn store<C: LowerContext + ?Sized>(
                &self,
                cx: &mut C,
                address: u64,
            ) -> Result<(), Failure> {
                let ($self, $cx) = (self, &mut *cx);
                let index = $lower;
                cx.write(address, index.to_le_bytes())
            }
        }

        impl<'l, $($parameters)*> Lift<'l> for $ty {
            fn lift_flat<H: LiftHandles>(
                cx: &mut LiftContext<'l, H>,
                values: &mut CoreValueIter<'_>,
            ) -> Result<Self, Failure> {
                let $index = u32::lift_flat(cx, values)?;
                let $handles = &mut cx.handles;
                $lift
            }

            fn load<H: LiftHandles>(
                cx: &mut LiftContext<'l, H>,
                bytes: &'l [u8],
            ) -> Result<Self, Failure> {
                let $index = u32::load(cx, bytes)?;
                let $handles = &mut cx.handles;
                $lift
            }
        }
    )*};
}

handle! {
    [R: ?Sized + 'static] OwnHandle<R>: Shape::Own(ResourceKey::of::<R>()),
    lift(handles, index) {
        let ty = handles.handle_type(&Self::SHAPE)?;
        handles.lift_own(ty, index).map(Self::from)
    },
    lower(own, cx) {
        let ty = cx.handle_type(&Self::SHAPE)?;
        cx.lower_own(ty, own.of_type(ty)?)?
    };

    ['b, R: ?Sized + 'static] BorrowHandle<'b, R>: Shape::Borrow(ResourceKey::of::<R>()),
    lift(handles, index) {
        let ty = handles.handle_type(&Self::SHAPE)?;
        handles.lift_borrow(ty, index).map(Self::from)
    },
    lower(borrow, cx) {
        let ty = cx.handle_type(&Self::SHAPE)?;
        cx.lower_borrow(ty, borrow.of_type(ty)?)?
    };

    [T: ComponentType + ?Sized] StreamHandle<T>: Shape::Stream(&T::SHAPE),
    lift(handles, index) {
        let ty = handles.handle_type(&Self::SHAPE)?;
        handles.lift_end(EndKind::Stream, ty, index).map(Self::from)
    },
    lower(stream, cx) {
        let ty = cx.handle_type(&Self::SHAPE)?;
        cx.lower_end(EndKind::Stream, ty, stream.end())?
    };

    [T: ComponentType + ?Sized] FutureHandle<T>: Shape::Future(&T::SHAPE),
    lift(handles, index) {
        let ty = handles.handle_type(&Self::SHAPE)?;
        handles.lift_end(EndKind::Future, ty, index).map(Self::from)
    },
    lower(future, cx) {
        let ty = cx.handle_type(&Self::SHAPE)?;
        cx.lower_end(EndKind::Future, ty, future.end())?
    };

    [] ErrorContext: Shape::ErrorContext,
    lift(handles, index) handles.lift_error_context(index).map(Self::from),
    lower(error_context, cx) cx.lower_error_context(error_context.id())?;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::{Options, StringEncoding};
    use crate::core_value::IntegerType;
    use crate::error::AbiError;

    enum File {}

    #[test]
    fn a_handle_whose_type_is_not_bound_is_not_lifted() {
        let options = Options::new(IntegerType::I32, StringEncoding::Utf8);
        let mut cx = LiftContext::new(&[1, 0, 0, 0], options);
        let unknown = Some(Failure::from(AbiError::UnknownHandleType));
        let bytes = cx.memory;
        assert_eq!(OwnHandle::<File>::load(&mut cx, bytes).err(), unknown);
        let mut values = CoreValueIter::new(&[1]);
        assert_eq!(StreamHandle::<u8>::lift_flat(&mut cx, &mut values).err(), unknown);
    }
}
