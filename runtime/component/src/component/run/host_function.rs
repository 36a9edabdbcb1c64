//! Host functions that guests call.

use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::future::Future;

use crate::abi::{HandleTypes, ResourceFacts, Val};
use crate::component::definition::function_mismatch::FunctionMismatch;
use crate::component::definition::function_type::FunctionType;
use crate::component::store::canonical::Lowered;
use crate::component::store::fault::Fault;
use crate::component::store::host_result::{HostError, HostFuture, HostResult};
use crate::core_value::CoreValue;
use crate::engine::CoreEngine;
use crate::limits::Heap;
use crate::machine::SubtaskId;
use crate::thread::ThreadDestructor;

use super::context::{Caller, Context};
use super::ended::Ended;
use super::host_resource::HostResourceType;

/// A host function.
pub(crate) struct HostFunction<E: CoreEngine, T: 'static> {
    /// The declared type, if there is one. A function without one accepts all arguments.
    pub(crate) declared: Option<DeclaredType<E, T>>,
    pub(crate) call: HostFunctionCall<E, T>,
}

/// The type of a host function, for any store.
pub(crate) struct DeclaredType<E: CoreEngine, T: 'static> {
    /// The numbers of resource types in it are positions among `resources`.
    pub(crate) ty: FunctionType,
    pub(crate) resources: Box<[HostResourceType<E, T>]>,
}

/// The closure of a host function.
type Closure<E, T, R> = dyn Fn(&mut Caller<'_, '_, E, T>, Vec<Val>) -> R + Send + Sync;

/// The form of a host function.
pub(crate) enum HostFunctionCall<E: CoreEngine, T: 'static> {
    /// It returns at once.
    Sync(Box<Closure<E, T, HostResult>>),
    /// It returns a future.
    Async(Box<Closure<E, T, HostFuture>>),
    /// Its types are Rust's own.
    Typed(Box<dyn TypedHostFunction<E, T>>),
}

impl<E: CoreEngine, T: 'static> HostFunctionCall<E, T> {
    /// Returns `true` if it returns at once.
    pub(crate) fn is_immediate(&self) -> bool {
        match self {
            Self::Sync(_) => true,
            Self::Async(_) => false,
            Self::Typed(function) => function.is_immediate(),
        }
    }

    /// Returns a host function that may wait.
    pub(crate) fn asynchronous<F: Future<Output = HostResult> + Send + 'static>(
        function: impl Fn(&mut Caller<'_, '_, E, T>, Vec<Val>) -> F + Send + Sync + 'static,
    ) -> Self {
        Self::Async(Box::new(move |cx, arguments| Box::pin(function(cx, arguments))))
    }
}

/// A host function whose types are Rust's own.
pub(crate) trait TypedHostFunction<E: CoreEngine, T: 'static>: Send + Sync {
    /// Compares it with a type. Returns the types of its handles.
    fn check(
        &self,
        ty: &FunctionType,
        facts: &dyn ResourceFacts,
    ) -> Result<HandleTypes, FunctionMismatch>;

    /// Returns `true` if it returns at once.
    fn is_immediate(&self) -> bool;

    /// Calls it for a guest whose call has no records. This is only for functions without handles.
    fn call_deferred(
        &self,
        cx: &mut Context<'_, E, T>,
        lowered: &Arc<Lowered>,
        arguments: &[CoreValue],
    ) -> Result<Ended<Option<CoreValue>>, Fault>;

    /// Calls it for a guest.
    fn call(
        &self,
        cx: &mut Context<'_, E, T>,
        subtask: SubtaskId,
        lowered: &Arc<Lowered>,
    ) -> Result<(), Fault>;
}

/// The function that is called with the values of threads that have ended.
pub(crate) type DestroyThreadLocal<E, T> = dyn Fn(&mut Caller<'_, '_, E, T>, &ThreadDestructor<Heap>) -> Result<(), HostError>
    + Send
    + Sync;
