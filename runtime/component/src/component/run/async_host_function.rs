//! Host functions with Rust's own types that may wait, and the futures of all that do.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::Future;
use core::marker::PhantomData;
use core::pin::Pin;
use core::task::{Context as WakerContext, Poll};

use concurrent_queue::ConcurrentQueue;

use crate::abi::{HandleTypes, Lift, Lower};
use crate::component::definition::function_mismatch::{FunctionMismatch, check};
use crate::component::definition::function_type::FunctionType;
use crate::component::store::canonical::Lowered;
use crate::component::store::fault::Fault;
use crate::component::store::host_result::{HostError, HostFuture, HostResult};
use crate::core_value::CoreValue;
use crate::engine::CoreEngine;
use crate::machine::SubtaskId;

use super::context::{Caller, Context};
use super::deferred_call::Ended;
use super::host_function::TypedHostFunction;
use super::typed_host_function::vals;

/// A function that gives a future.
pub(crate) struct AsyncFunction<F, P, R, U> {
    function: F,
    /// A box of a future that was ready at once, for the next one.
    spare: ConcurrentQueue<Pin<Box<Option<U>>>>,
    types: PhantomData<fn(P) -> R>,
}

impl<F, P, R, U> AsyncFunction<F, P, R, U> {
    pub(crate) fn new(function: F) -> Self {
        Self { function, spare: ConcurrentQueue::bounded(1), types: PhantomData }
    }

    /// Puts a future into a box, where it stays until it is ready.
    fn boxed(&self, future: U) -> Pin<Box<Option<U>>> {
        match self.spare.pop() {
            Ok(mut spare) => {
                spare.set(Some(future));
                spare
            }
            Err(_) => Box::pin(Some(future)),
        }
    }

    /// Keeps the box of a future that is ready.
    fn reuse(&self, mut boxed: Pin<Box<Option<U>>>) {
        boxed.set(None);
        // If there is one already, one is enough.
        let _ = self.spare.push(boxed);
    }
}

/// The future of a host function that waits.
pub(crate) enum HostFunctionFuture {
    /// Its result is a value.
    Untyped(HostFuture),
    /// Its result is of a Rust type of its own.
    Typed(Pin<Box<dyn TypedFuture>>),
}

impl HostFunctionFuture {
    /// Polls it, for a call of this import.
    pub(crate) fn poll(
        &mut self,
        lowered: &Lowered,
        context: &mut WakerContext<'_>,
    ) -> Poll<HostResult> {
        match self {
            Self::Untyped(future) => future.as_mut().poll(context),
            Self::Typed(future) => future.as_mut().poll_for(lowered, context),
        }
    }
}

/// A future of a host function with Rust's own types.
pub(crate) trait TypedFuture: Send {
    /// Polls it, for a call of this import.
    fn poll_for(
        self: Pin<&mut Self>,
        lowered: &Lowered,
        context: &mut WakerContext<'_>,
    ) -> Poll<HostResult>;
}

/// The result of a host function with Rust's own types.
pub(crate) trait TypedResult {
    /// Returns it as a value.
    fn into_host_result(self, lowered: &Lowered) -> HostResult;
}

impl<R: Lower> TypedResult for Result<R, HostError> {
    fn into_host_result(self, lowered: &Lowered) -> HostResult {
        vals(&self?, lowered).map_err(HostError::from)
    }
}

impl<U: Future<Output: TypedResult> + Send> TypedFuture for Option<U> {
    fn poll_for(
        self: Pin<&mut Self>,
        lowered: &Lowered,
        context: &mut WakerContext<'_>,
    ) -> Poll<HostResult> {
        // It is emptied only when it is ready, and then not polled again.
        let Some(future) = self.as_pin_mut() else { return Poll::Pending };
        future.poll(context).map(|result| result.into_host_result(lowered))
    }
}

impl<E, T, F, P, R, U> TypedHostFunction<E, T> for AsyncFunction<F, P, R, U>
where
    E: CoreEngine,
    T: 'static,
    F: Fn(&mut Caller<'_, '_, E, T>, P) -> U + Send + Sync,
    U: Future<Output = Result<R, HostError>> + Send + 'static,
    P: for<'a> Lift<'a>,
    R: Lower + 'static,
{
    fn check(&self, ty: &FunctionType) -> Result<HandleTypes, FunctionMismatch> {
        check::<P, R>(ty)
    }

    fn call(
        &self,
        cx: &mut Context<'_, E, T>,
        subtask: SubtaskId,
        lowered: &Arc<Lowered>,
    ) -> Result<(), Fault> {
        let arguments = cx.lift_typed_arguments(subtask, lowered)?;
        let future = (self.function)(&mut Caller::new(cx), arguments);
        let future = HostFunctionFuture::Typed(self.boxed(future));
        cx.begin_waiting(subtask, lowered, future)
    }

    fn is_immediate(&self) -> bool {
        false
    }

    fn call_deferred(
        &self,
        cx: &mut Context<'_, E, T>,
        lowered: &Arc<Lowered>,
        arguments: &[CoreValue],
    ) -> Result<Ended<Option<CoreValue>>, Fault> {
        let lifted = cx.lift_deferred_arguments(lowered, arguments)?;
        let mut future = self.boxed((self.function)(&mut Caller::new(cx), lifted));
        let result = match future.as_mut().as_pin_mut() {
            Some(future) => cx.poll_deferred(|context| future.poll(context))?,
            None => None,
        };
        let Some(result) = result else {
            return cx.wait_made(lowered, HostFunctionFuture::Typed(future));
        };
        self.reuse(future);
        cx.typed_host_returns_deferred(lowered, arguments, result)
    }
}
