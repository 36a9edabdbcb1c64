//! The futures of host functions that wait.

use alloc::boxed::Box;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context as WakerContext, Poll};

use crate::abi::{FlatValues, Lower, LowerContext, Val, lower_flat_values};
use crate::component::store::canonical::Lowered;
use crate::component::store::host_result::{HostError, HostFuture};
use crate::component::store::host_values::HostValues;
use crate::component::store::resource_value_error::ValueFailure;
use crate::error::Failure;

/// The future of a host function that waits.
pub(crate) enum HostFunctionFuture {
    /// A future whose result is a value.
    Untyped(HostFuture),
    /// A future whose result has a Rust type of its own.
    Typed(Pin<Box<dyn TypedFuture>>),
}

impl HostFunctionFuture {
    /// Polls it for a call of this import. The values of resources in the result are added to
    /// `values`.
    pub(crate) fn poll(
        &mut self,
        lowered: &Lowered,
        values: &mut HostValues,
        context: &mut WakerContext<'_>,
    ) -> Poll<Result<Returned, HostError>> {
        match self {
            Self::Untyped(future) => future.as_mut().poll(context).map_ok(Returned::Val),
            Self::Typed(future) => future.as_mut().poll_for(lowered, values, context),
        }
    }
}

/// The result of a host function, before it is lowered.
pub(crate) enum Returned {
    /// A value, which may have handles.
    Val(Option<Val>),
    /// A value of a Rust type, without handles.
    Typed(Box<dyn LowerResult>),
}

/// A value of a Rust type that a host function has returned.
pub(crate) trait LowerResult {
    /// Lowers it, as at most `max` core values.
    fn lower(
        &self,
        cx: &mut dyn LowerContext,
        max: usize,
        out_param: Option<u64>,
    ) -> Result<FlatValues, Failure>;
}

impl<R: Lower> LowerResult for R {
    fn lower(
        &self,
        cx: &mut dyn LowerContext,
        max: usize,
        out_param: Option<u64>,
    ) -> Result<FlatValues, Failure> {
        lower_flat_values(cx, max, self, out_param)
    }
}

/// A future of a host function with Rust's own types.
pub(crate) trait TypedFuture: Send {
    /// Polls it for a call of this import.
    fn poll_for(
        self: Pin<&mut Self>,
        lowered: &Lowered,
        values: &mut HostValues,
        context: &mut WakerContext<'_>,
    ) -> Poll<Result<Returned, HostError>>;
}

/// The result of a host function with Rust's own types.
pub(crate) trait TypedResult {
    /// Converts it into a result that can be lowered.
    fn into_returned(
        self,
        lowered: &Lowered,
        values: &mut HostValues,
    ) -> Result<Returned, HostError>;
}

impl<R: Lower + 'static> TypedResult for Result<R, HostError> {
    fn into_returned(
        self,
        lowered: &Lowered,
        values: &mut HostValues,
    ) -> Result<Returned, HostError> {
        let result = self?;
        if result.has_handles() {
            return Ok(Returned::Val(vals(&result, lowered, values)?));
        }
        Ok(Returned::Typed(Box::new(result)))
    }
}

impl<U: Future<Output: TypedResult> + Send> TypedFuture for Option<U> {
    fn poll_for(
        self: Pin<&mut Self>,
        lowered: &Lowered,
        values: &mut HostValues,
        context: &mut WakerContext<'_>,
    ) -> Poll<Result<Returned, HostError>> {
        // It is empty only after it was ready, and is not polled again.
        let Some(future) = self.as_pin_mut() else { return Poll::Pending };
        future.poll(context).map(|result| result.into_returned(lowered, values))
    }
}

/// Converts a result into a value.
pub(crate) fn vals<R: Lower>(
    result: &R,
    lowered: &Lowered,
    values: &mut HostValues,
) -> Result<Option<Val>, ValueFailure> {
    Ok(values.vals_of(result, &lowered.ty.results, &lowered.handles)?.pop())
}
