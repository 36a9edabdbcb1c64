//! The results of calls, from the return of the guest until the host asks for them.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;

use arrayvec::ArrayVec;

use crate::abi::{Options, Val};
use crate::component::definition::function_type::FunctionType;
use crate::error::{AbiError, Error};

/// The result of a call, until the host asks for it.
pub(crate) enum Outcome {
    /// A value. It may hold handles, which the host then has even if it doesn't ask for the result.
    Val(Option<Val>),
    /// A value with the type of the function, for a Rust type with handles.
    ValOf(Option<Val>, Arc<FunctionType>),
    /// A value that is only a few core values. It was lifted once, for its traps.
    Flat(FewBits, Options),
    /// An `Option` of a value of a Rust type, which has no handles.
    Boxed(Box<dyn Any + Send>),
}

impl Outcome {
    /// Returns the value, which may hold handles. Returns `None` if it can't hold any.
    pub(crate) fn into_val(self) -> Option<Val> {
        match self {
            Self::Val(val) | Self::ValOf(val, _) => val,
            Self::Flat(..) | Self::Boxed(_) => None,
        }
    }
}

/// A few core values. There is room for only a few, so that a call, which is moved more than once,
/// stays small.
pub(crate) type FewBits = ArrayVec<u64, 4>;

/// The boxes of earlier results, kept for later ones.
#[derive(Default)]
pub(crate) struct ResultBoxes(Vec<Box<dyn Any + Send>>);

impl ResultBoxes {
    /// The largest number of boxes that are kept.
    const MAX: usize = 16;

    /// Puts a value into a box: one of an earlier result, if there is one.
    pub(crate) fn put<R: Send + 'static>(&mut self, value: R) -> Box<dyn Any + Send> {
        let found = self.0.iter().position(|it| it.is::<Option<R>>());
        let Some(mut place) = found.map(|position| self.0.swap_remove(position)) else {
            return Box::new(Some(value));
        };
        if let Some(place) = place.downcast_mut() {
            *place = Some(value);
        }
        place
    }

    /// Takes the value out of a box, and keeps the box.
    pub(crate) fn take<R: 'static>(&mut self, mut place: Box<dyn Any + Send>) -> Result<R, Error> {
        let value = place.downcast_mut::<Option<R>>().and_then(Option::take);
        if self.0.len() < Self::MAX {
            self.0.push(place);
        }
        value.ok_or(AbiError::ValueMismatch.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_used_again_for_a_value_of_the_same_type() {
        let mut boxes = ResultBoxes::default();
        let first = boxes.put(7_u32);
        let address: *const () = (&raw const *first).cast();
        assert_eq!(boxes.take(first), Ok(7_u32));
        let other = boxes.put("text");
        let again = boxes.put(8_u32);
        assert_eq!((&raw const *again).cast::<()>(), address);
        assert_eq!((boxes.take(other), boxes.take(again)), (Ok("text"), Ok(8_u32)));
    }

    #[test]
    fn a_value_of_another_type_is_not_there() {
        let mut boxes = ResultBoxes::default();
        let value = boxes.put(7_u32);
        assert_eq!(boxes.take::<u64>(value), Err(AbiError::ValueMismatch.into()));
    }
}
