//! Results of calls, as [`Val`]s or as Rust types.

use crate::error::{AbiError, Failure};

use super::handle_types::HandleTypes;
use super::image::from_vals_with;
use super::resource_values::ResourceValues;
use super::type_list::TypeList;
use super::val::Val;
use crate::abi::{Abi, CoreValueIter, Lift, LiftContext, LiftHandles, Shape, lift_flat_values};

/// A Rust type that the host can receive the result of a call as.
///
/// It is implemented for `Option<Val>`, and for each type that implements [`Lift`] and borrows
/// nothing. Both implementations are here, because only this crate can show that they do not
/// overlap. There is no need to implement it for other types.
pub trait ReturnedValue: Send + Sized + 'static {
    /// The shape of the Rust type. `None` for `Option<Val>`, which is a result of any type.
    const SHAPE: Option<Shape>;

    /// `true` if a value can contain handles.
    const HANDLES: bool;

    /// The layout and flat form, if its values are only their bits.
    const INLINE: Option<Abi>;

    /// Lifts a result of one of these types from at most `max_flat` core values.
    ///
    /// # Errors
    ///
    /// Those of lifting.
    fn lift_returned<H: LiftHandles>(
        cx: &mut LiftContext<'_, H>,
        types: &TypeList,
        max_flat: usize,
        values: &mut CoreValueIter<'_>,
    ) -> Result<Self, Failure>;

    /// Lifts a value that is only its bits.
    ///
    /// # Errors
    ///
    /// - [`AbiError::ValueMismatch`] if it is not [inline](Self::INLINE).
    /// - Those of lifting.
    fn lift_inline<H: LiftHandles>(
        cx: &mut LiftContext<'_, H>,
        values: &mut CoreValueIter<'_>,
    ) -> Result<Self, Failure>;

    /// Makes the result from a value of one of these types. The values of resources in it are
    /// taken out of `kept`. Without types, only an `Option<Val>` can be made, by taking the
    /// value.
    ///
    /// # Errors
    ///
    /// - [`AbiError::ValueMismatch`] if the value doesn't have the Rust type.
    /// - Those of [`ResourceValues::take`].
    fn from_val(
        val: &mut Option<Val>,
        types: Option<&TypeList>,
        kept: &mut dyn ResourceValues,
    ) -> Result<Self, Failure>;
}

impl ReturnedValue for Option<Val> {
    const SHAPE: Option<Shape> = None;
    const HANDLES: bool = true;
    const INLINE: Option<Abi> = None;

    fn lift_returned<H: LiftHandles>(
        cx: &mut LiftContext<'_, H>,
        types: &TypeList,
        max_flat: usize,
        values: &mut CoreValueIter<'_>,
    ) -> Result<Self, Failure> {
        Ok(types.lift_flat_values(cx, max_flat, values)?.pop())
    }

    fn lift_inline<H: LiftHandles>(
        _: &mut LiftContext<'_, H>,
        _: &mut CoreValueIter<'_>,
    ) -> Result<Self, Failure> {
        Err(AbiError::ValueMismatch.into())
    }

    fn from_val(
        val: &mut Self,
        _: Option<&TypeList>,
        _: &mut dyn ResourceValues,
    ) -> Result<Self, Failure> {
        Ok(val.take())
    }
}

impl<R: for<'a> Lift<'a> + Send + 'static> ReturnedValue for R {
    const SHAPE: Option<Shape> = Some(R::SHAPE);
    const HANDLES: bool = R::HANDLES;
    const INLINE: Option<Abi> = if R::INLINE { Some(R::ABI) } else { None };

    #[inline]
    fn lift_returned<H: LiftHandles>(
        cx: &mut LiftContext<'_, H>,
        _: &TypeList,
        max_flat: usize,
        values: &mut CoreValueIter<'_>,
    ) -> Result<Self, Failure> {
        lift_flat_values(cx, max_flat, values)
    }

    #[inline]
    fn lift_inline<H: LiftHandles>(
        cx: &mut LiftContext<'_, H>,
        values: &mut CoreValueIter<'_>,
    ) -> Result<Self, Failure> {
        if !R::INLINE {
            return Err(AbiError::ValueMismatch.into());
        }
        R::lift_flat(cx, values)
    }

    fn from_val(
        val: &mut Option<Val>,
        types: Option<&TypeList>,
        kept: &mut dyn ResourceValues,
    ) -> Result<Self, Failure> {
        let types = types.ok_or(AbiError::ValueMismatch)?;
        let mut handles = HandleTypes::default();
        let checked = handles.check_optional(types.types().next(), &R::SHAPE);
        checked.map_err(|_| AbiError::ValueMismatch)?;
        from_vals_with(val.as_slice(), types, &handles, kept)
    }
}
