//! What a call of the host's comes to: as values of [`Val`], or as a Rust type of its own.
//!
//! The result is lifted when the guest returns it, which can be long before the host asks for it,
//! so it is kept until then.

#![expect(private_interfaces, reason = "nobody else implements or calls what is sealed")]

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::any::Any;

use arrayvec::ArrayVec;

use crate::abi::{CoreValueIter, LiftContext, Options, Peer, ReturnedValue, Val};
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::{Error, Failure};

use super::contexts::{Context, Source, lift};
use super::definition::FunctionType;
use super::state::{Lifted, State};
use super::transfer::returned;

/// The result of a call, until the host asks for it.
pub(crate) enum Outcome {
    /// It may hold handles, which the host has if it doesn't ask.
    Val(Option<Val>),
    /// The same, to be a Rust type with handles: with the type of the function.
    ValOf(Option<Val>, Arc<FunctionType>),
    /// A value that is nothing but a few core values, lifted once for its traps.
    Flat(FewBits, Options),
    /// An `Option` of a value of a Rust type, which has no handles.
    Boxed(Box<dyn Any + Send>),
}

/// So few core values that a call is no longer for them, which is moved more than once.
pub(crate) type FewBits = ArrayVec<u64, 4>;

/// Lifts the result that a guest returns: [`CallResult::lift`](sealed::CallResult::lift) of what
/// the host wants it to be.
pub(crate) type LiftResult<E, T> =
    fn(&mut Context<'_, E, T>, &Lifted<E>, usize) -> Result<Outcome, Failure>;

/// What a call gives: an `Option` of [`Val`], or any type that is lifted and owned.
///
/// Of a [`TypedFunction`](super::TypedFunction) it is the type that it was made with.
pub trait CallResult: sealed::CallResult {}

impl<R: sealed::CallResult> CallResult for R {}

pub(crate) mod sealed {
    use super::{Context, CoreEngine, Error, Failure, Lifted, Outcome, State};

    /// See [`CallResult`](super::CallResult).
    pub trait CallResult: Sized {
        /// Lifts it, from at most `max` flat values that the guest has returned.
        fn lift<E: CoreEngine, T: Send + 'static>(
            cx: &mut Context<'_, E, T>,
            lifted: &Lifted<E>,
            max: usize,
        ) -> Result<Outcome, Failure>;

        /// Takes it out of what was lifted; a destructor gives nothing at all.
        fn take<E: CoreEngine, T: Send + 'static>(
            state: &mut State<E, T>,
            outcome: Option<Outcome>,
        ) -> Result<Self, Error>;
    }
}

/// The source of a task's result.
const fn source<E: CoreEngine>(lifted: &Lifted<E>) -> Source {
    Source { options: lifted.options, call: None }
}

fn lift_val<E: CoreEngine, T: Send + 'static>(
    cx: &mut Context<'_, E, T>,
    lifted: &Lifted<E>,
    max: usize,
) -> Result<Option<Val>, Failure> {
    let returned = returned(cx);
    let mut values = CoreValueIter::new(&returned);
    let mut vals = cx.data_mut().values(&[]);
    let mut lifting = lift(cx, source(lifted), Peer::Host)?;
    lifted.ty.results.lift_flat_values_into(&mut vals, &mut lifting, max, &mut values)?;
    let val = vals.pop();
    cx.data_mut().reuse_values(vals);
    Ok(val)
}

impl<R: ReturnedValue> sealed::CallResult for R {
    fn lift<E: CoreEngine, T: Send + 'static>(
        cx: &mut Context<'_, E, T>,
        lifted: &Lifted<E>,
        max: usize,
    ) -> Result<Outcome, Failure> {
        if R::HANDLES {
            let val = lift_val(cx, lifted, max)?;
            return Ok(match R::SHAPE {
                None => Outcome::Val(val),
                Some(_) => Outcome::ValOf(val, lifted.ty.clone()),
            });
        }
        let returned = returned(cx);
        let mut values = CoreValueIter::new(&returned);
        let mut lifting = lift(cx, source(lifted), Peer::Host)?;
        let options = lifting.options;
        let value = R::lift_returned(&mut lifting, &lifted.ty.results, max, &mut values)?;
        if let Some(abi) = R::INLINE
            && !abi.of(options.address_type).flat.exceed(max)
            && let Ok(few) = FewBits::try_from(returned.as_slice())
        {
            return Ok(Outcome::Flat(few, options));
        }
        Ok(Outcome::Boxed(cx.data_mut().result_boxes.put(value)))
    }

    fn take<E: CoreEngine, T: Send + 'static>(
        state: &mut State<E, T>,
        outcome: Option<Outcome>,
    ) -> Result<Self, Error> {
        let taken = match outcome {
            // A destructor returns nothing at all.
            None => R::from_val(None, None),
            // Without the types, no Rust type can be made: the host asks for another one than the
            // result was lifted for.
            Some(Outcome::Val(val)) => R::from_val(val, None),
            Some(Outcome::ValOf(val, ty)) => R::from_val(val, Some(&ty.results)),
            Some(Outcome::Flat(flat, options)) => {
                let mut values = CoreValueIter::new(&flat);
                R::lift_inline(&mut LiftContext::new(&[], options), &mut values)
            }
            Some(Outcome::Boxed(value)) => return state.result_boxes.take(value),
        };
        taken.map_err(|failure| match failure {
            Failure::Error(error) => error,
            // It was lifted before, and the host has not changed it.
            Failure::Trap(_) => Error::ValueMismatch,
        })
    }
}

/// The boxes that results were in, for those to come.
#[derive(Default)]
pub(crate) struct ResultBoxes(Vec<Box<dyn Any + Send>>);

impl ResultBoxes {
    /// So many are kept.
    const MAX: usize = 16;

    fn put<R: Send + 'static>(&mut self, value: R) -> Box<dyn Any + Send> {
        let found = self.0.iter().position(|it| it.is::<Option<R>>());
        let Some(mut place) = found.map(|position| self.0.swap_remove(position)) else {
            return Box::new(Some(value));
        };
        if let Some(place) = place.downcast_mut() {
            *place = Some(value);
        }
        place
    }

    fn take<R: 'static>(&mut self, mut place: Box<dyn Any + Send>) -> Result<R, Error> {
        let value = place.downcast_mut::<Option<R>>().and_then(Option::take);
        if self.0.len() < Self::MAX {
            self.0.push(place);
        }
        value.ok_or(Error::ValueMismatch)
    }
}
