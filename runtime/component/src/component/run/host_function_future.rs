//! The futures of host functions that wait.

use alloc::boxed::Box;
use core::future::Future;
use core::pin::Pin;
use core::task::{Context as WakerContext, Poll};

use crate::abi::{Lower, Val};
use crate::component::store::canonical::Lowered;
use crate::component::store::host_result::{HostError, HostFuture, HostResult};
use crate::component::store::host_values::HostValues;
use crate::component::store::resource_value_error::ValueFailure;

/// The future of a host function that waits.
pub(crate) enum HostFunctionFuture {
    /// Its result is a value.
    Untyped(HostFuture),
    /// Its result is of a Rust type of its own.
    Typed(Pin<Box<dyn TypedFuture>>),
}

impl HostFunctionFuture {
    /// Polls it, for a call of this import. The values of resources in the result are put into
    /// `values`.
    pub(crate) fn poll(
        &mut self,
        lowered: &Lowered,
        values: &mut HostValues,
        context: &mut WakerContext<'_>,
    ) -> Poll<HostResult> {
        match self {
            Self::Untyped(future) => future.as_mut().poll(context),
            Self::Typed(future) => future.as_mut().poll_for(lowered, values, context),
        }
    }
}

/// A future of a host function with Rust's own types.
pub(crate) trait TypedFuture: Send {
    /// Polls it, for a call of this import.
    fn poll_for(
        self: Pin<&mut Self>,
        lowered: &Lowered,
        values: &mut HostValues,
        context: &mut WakerContext<'_>,
    ) -> Poll<HostResult>;
}

/// The result of a host function with Rust's own types.
pub(crate) trait TypedResult {
    /// Returns it as a value.
    fn into_host_result(self, lowered: &Lowered, values: &mut HostValues) -> HostResult;
}

impl<R: Lower> TypedResult for Result<R, HostError> {
    fn into_host_result(self, lowered: &Lowered, values: &mut HostValues) -> HostResult {
        vals(&self?, lowered, values).map_err(HostError::from)
    }
}

impl<U: Future<Output: TypedResult> + Send> TypedFuture for Option<U> {
    fn poll_for(
        self: Pin<&mut Self>,
        lowered: &Lowered,
        values: &mut HostValues,
        context: &mut WakerContext<'_>,
    ) -> Poll<HostResult> {
        // It is emptied only when it is ready, and then not polled again.
        let Some(future) = self.as_pin_mut() else { return Poll::Pending };
        future.poll(context).map(|result| result.into_host_result(lowered, values))
    }
}

/// Returns a result as a value.
pub(crate) fn vals<R: Lower>(
    result: &R,
    lowered: &Lowered,
    values: &mut HostValues,
) -> Result<Option<Val>, ValueFailure> {
    Ok(values.vals_of(result, &lowered.ty.results, &lowered.handles)?.pop())
}
