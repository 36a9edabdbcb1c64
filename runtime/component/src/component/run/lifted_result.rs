//! The results of calls by the host: values of [`Val`], or Rust's own types.
//!
//! The result is lifted when the guest returns it. That can be long before the host asks for it, so
//! it is kept until then.

#![expect(private_interfaces, reason = "nobody else implements or calls what is sealed")]

use crate::abi::{CoreValueIter, Flattening, LiftContext, NoResourceValues, ReturnedValue, Val};
use crate::component::store::canonical::Lifted;
use crate::component::store::flat_values::bits;
use crate::component::store::host_handles::HostHandles;
use crate::component::store::outcome::{FewBits, Outcome, ResultBoxes};
use crate::component::store::resource_value_error::ValueFailure;
use crate::core_value::CoreValue;
use crate::engine::{CoreContext as _, CoreEngine};
use crate::error::{AbiError, Failure};

use super::context::Context;
use super::flat::NO_ADDRESSES;
use super::lifting::Source;

/// The result of a call: an `Option` of [`Val`], or any type that is lifted and owned.
///
/// For a [`TypedFunction`](crate::component::TypedFunction), it is the result type of the function.
pub trait LiftedResult: sealed::LiftedResult {}

impl<R: sealed::LiftedResult> LiftedResult for R {}

pub(crate) mod sealed {
    use super::{
        Context, CoreEngine, CoreValue, Failure, HostHandles, Lifted, Outcome, ResultBoxes,
        ValueFailure,
    };

    /// See [`LiftedResult`](super::LiftedResult).
    pub trait LiftedResult: Sized + Send + 'static {
        /// Lifts it from at most `max` flat values that the guest has returned.
        fn lift<E: CoreEngine, T: 'static>(
            cx: &mut Context<'_, E, T>,
            lifted: &Lifted<E::Function>,
            max: usize,
        ) -> Result<Outcome, Failure>;

        /// Lifts it at once from the core value that the guest has returned.
        fn lift_deferred<E: CoreEngine, T: 'static>(
            cx: &mut Context<'_, E, T>,
            lifted: &Lifted<E::Function>,
            value: Option<CoreValue>,
        ) -> Result<Self, Failure>;

        /// Takes it from the outcome. A destructor has no result.
        fn take(
            boxes: &mut ResultBoxes,
            handles: &mut HostHandles,
            outcome: Option<Outcome>,
        ) -> Result<Self, ValueFailure>;
    }
}

impl<E: CoreEngine, T: 'static> Context<'_, E, T> {
    /// Lifts the result that a guest has returned, as a value.
    fn lift_val(
        &mut self,
        lifted: &Lifted<E::Function>,
        max: usize,
    ) -> Result<Option<Val>, Failure> {
        let returned = self.returned();
        let mut values = CoreValueIter::new(&returned);
        let mut vals = self.data_mut().calls.values(&[]);
        self.lift(Source::without_call(lifted.options), None, |lifting| {
            lifted.ty.results.lift_flat_values_into(&mut vals, lifting, max, &mut values)
        })?;
        let val = vals.pop();
        self.data_mut().calls.reuse_values(vals);
        Ok(val)
    }
}

impl<R: ReturnedValue> sealed::LiftedResult for R {
    fn lift<E: CoreEngine, T: 'static>(
        cx: &mut Context<'_, E, T>,
        lifted: &Lifted<E::Function>,
        max: usize,
    ) -> Result<Outcome, Failure> {
        if R::HANDLES {
            let val = cx.lift_val(lifted, max)?;
            return Ok(match R::SHAPE {
                None => Outcome::Val(val),
                Some(_) => Outcome::ValOf(val, lifted.ty.clone()),
            });
        }
        let returned = cx.returned();
        let mut values = CoreValueIter::new(&returned);
        let source = Source::without_call(lifted.options);
        let (value, options) = cx.lift(source, None, |lifting| {
            let value = R::lift_returned(lifting, &lifted.ty.results, max, &mut values)?;
            Ok((value, lifting.options))
        })?;
        if let Some(abi) = R::INLINE
            && !abi.of(options.address_type).flat.exceed(max)
            && let Ok(few) = FewBits::try_from(returned.as_slice())
        {
            return Ok(Outcome::Flat(few, options));
        }
        Ok(Outcome::Boxed(cx.data_mut().result_boxes.put(value)))
    }

    #[inline]
    fn lift_deferred<E: CoreEngine, T: 'static>(
        cx: &mut Context<'_, E, T>,
        lifted: &Lifted<E::Function>,
        value: Option<CoreValue>,
    ) -> Result<Self, Failure> {
        let max = Flattening::Lift.max_flat_results();
        if R::SHAPE.is_none() {
            cx.data_mut().crossing.set_returned(value.as_slice())?;
            let val = cx.lift_val(lifted, max)?;
            let mut val = val;
            return R::from_val(&mut val, None, &mut NoResourceValues);
        }
        let bits = value.as_ref().map(bits);
        let mut values = CoreValueIter::new(bits.as_slice());
        if let Some(abi) = R::INLINE
            && !abi.narrow.flat.exceed(max)
        {
            return R::lift_inline(&mut LiftContext::new(&[], NO_ADDRESSES), &mut values);
        }
        cx.lift(Source::without_call(lifted.options), None, |lifting| {
            R::lift_returned(lifting, &lifted.ty.results, max, &mut values)
        })
    }

    fn take(
        boxes: &mut ResultBoxes,
        handles: &mut HostHandles,
        outcome: Option<Outcome>,
    ) -> Result<Self, ValueFailure> {
        let (mut val, ty) = match outcome {
            // A destructor has no result.
            None => (None, None),
            // Without the types, no Rust type can be made: the host asks for a type other than the
            // one that was lifted.
            Some(Outcome::Val(val)) => (val, None),
            Some(Outcome::ValOf(val, ty)) => (val, Some(ty)),
            Some(Outcome::Flat(flat, options)) => {
                let mut values = CoreValueIter::new(&flat);
                let lifted = R::lift_inline(&mut LiftContext::new(&[], options), &mut values);
                return lifted.map_err(|failure| lifted_before(failure).into());
            }
            Some(Outcome::Boxed(value)) => return Ok(boxes.take(value).map_err(Failure::from)?),
        };
        let types = ty.as_ref().map(|ty| &ty.results);
        let taken = R::from_val(&mut val, types, &mut handles.values);
        taken.map_err(|failure| {
            // Nothing else refers to its handles.
            handles.add_unclaimed(val);
            match handles.values.explain(failure) {
                ValueFailure::Failure(failure) => lifted_before(failure).into(),
                value @ ValueFailure::Value(_) => value,
            }
        })
    }
}

/// Returns the failure for a value that was lifted before and has not changed.
fn lifted_before(failure: Failure) -> Failure {
    match failure {
        Failure::Error(_) => failure,
        Failure::Trap(_) => AbiError::ValueMismatch.into(),
    }
}
