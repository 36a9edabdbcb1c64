//! Host functions with Rust's own types that may wait.

use alloc::boxed::Box;
use alloc::sync::Arc;
use core::future::Future;
use core::marker::PhantomData;
use core::pin::Pin;

use concurrent_queue::ConcurrentQueue;

use crate::abi::{HandleTypes, Lift, Lower, ResourceFacts};
use crate::component::definition::function_mismatch::{FunctionMismatch, check_with};
use crate::component::definition::function_type::FunctionType;
use crate::component::store::canonical::Lowered;
use crate::component::store::fault::Fault;
use crate::component::store::host_result::HostError;
use crate::core_value::CoreValue;
use crate::engine::CoreEngine;
use crate::machine::SubtaskId;

use super::context::{Caller, Context};
use super::ended::Ended;
use super::host_function::TypedHostFunction;
use super::host_function_future::HostFunctionFuture;

/// A function that returns a future.
pub(crate) struct AsyncFunction<F, P, R, U> {
    function: F,
    /// A box of a future that was ready at once, kept for the next one.
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
        // One box is enough.
        let _ = self.spare.push(boxed);
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
    fn check(
        &self,
        ty: &FunctionType,
        facts: &dyn ResourceFacts,
    ) -> Result<HandleTypes, FunctionMismatch> {
        check_with::<P, R>(ty, facts)
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
